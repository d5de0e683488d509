//! CRC-32 (ISO 3309, the reflected polynomial 0xEDB88320 of gzip and PNG), four bits a step: 64 bytes of
//! table, not 1024, because a device pays for them. CONTRACT C16 says what it is taken of.

use crate::simd::keep_rolled;

const TABLE: [u32; 16] = table();

const fn table() -> [u32; 16] {
    let mut table = [0; 16];
    let mut nibble = 0;
    while nibble < 16 {
        let mut rest = nibble as u32;
        let mut bit = 0;
        while bit < 4 {
            rest = (rest >> 1) ^ if rest & 1 == 1 { 0xEDB8_8320 } else { 0 };
            bit += 1;
        }
        table[nibble] = rest;
        nibble += 1;
    }
    table
}

/// The CRC-32 of `before` followed by `after`.
pub(super) fn crc32(before: &[u8], after: &[u8]) -> u32 {
    !continued(continued(!0, before), after)
}

#[inline(never)]
fn continued(crc: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(crc, |crc, &byte| {
        keep_rolled();
        let crc = crc ^ u32::from(byte);
        let crc = (crc >> 4) ^ TABLE[(crc & 15) as usize];
        (crc >> 4) ^ TABLE[(crc & 15) as usize]
    })
}
