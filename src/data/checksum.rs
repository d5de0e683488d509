//! The checksums of gzip, zip and PNG, for files of any size.
//!
//! `weights` has a CRC-32 of its own, with 64 bytes of tables instead of 16 KB: devices pay for them, and a
//! model file is small.

/// Bytes taken at a time: sixteen table look-ups that do not wait for each other, instead of sixteen that do.
const WIDE: usize = 16;

/// `TABLES[j][b]`: the remainder of byte `b` followed by `j` zero bytes.
static TABLES: [[u32; 256]; WIDE] = tables();

const fn tables() -> [[u32; 256]; WIDE] {
    let mut tables = [[0u32; 256]; WIDE];
    let mut byte = 0;
    while byte < 256 {
        let mut remainder = byte as u32;
        let mut zeros = 0;
        while zeros < WIDE {
            let mut bit = 0;
            while bit < 8 {
                remainder = (remainder >> 1) ^ (0xEDB8_8320 & (remainder & 1).wrapping_neg());
                bit += 1;
            }
            tables[zeros][byte] = remainder;
            zeros += 1;
        }
        byte += 1;
    }
    tables
}

/// CRC-32 of gzip and zip (RFC 1952, section 8): reflected polynomial 0xEDB88320, start and final value
/// inverted.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Crc32(u32);

impl Crc32 {
    pub(crate) const fn new() -> Self {
        Self(!0)
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        let (blocks, rest) = bytes.split_at(bytes.len() - bytes.len() % WIDE);
        for block in blocks.chunks_exact(WIDE) {
            let state = self.0.to_le_bytes();
            self.0 = 0;
            for (j, &byte) in block.iter().enumerate() {
                // The running remainder is 4 bytes long, and so only meets the block's first 4.
                let byte = if j < 4 { byte ^ state[j] } else { byte };
                self.0 ^= TABLES[WIDE - 1 - j][usize::from(byte)];
            }
        }
        for &byte in rest {
            self.0 = (self.0 >> 8) ^ TABLES[0][usize::from(byte ^ self.0 as u8)];
        }
    }

    pub(crate) const fn value(self) -> u32 {
        !self.0
    }
}

/// Adler-32 of zlib (RFC 1950, section 8.2): two sums modulo 65,521.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Adler32 {
    a: u32,
    b: u32,
}

impl Adler32 {
    pub(crate) const fn new() -> Self {
        Self { a: 1, b: 0 }
    }

    pub(crate) fn update(&mut self, bytes: &[u8]) {
        const MODULUS: u32 = 65_521;
        // So many bytes of 255 cannot overflow b.
        for part in bytes.chunks(5552) {
            for &byte in part {
                self.a += u32::from(byte);
                self.b += self.a;
            }
            self.a %= MODULUS;
            self.b %= MODULUS;
        }
    }

    pub(crate) const fn value(self) -> u32 {
        self.b << 16 | self.a
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(bytes: &[u8]) -> u32 {
        let mut crc = Crc32::new();
        crc.update(bytes);
        crc.value()
    }

    #[test]
    fn known_values() {
        assert_eq!(of(b""), 0);
        assert_eq!(of(b"123456789"), 0xCBF4_3926); // the check value of every CRC catalogue
        assert_eq!(of(b"The quick brown fox jumps over the lazy dog"), 0x414F_A339);
    }

    #[test]
    fn adler_is_that_of_the_example() {
        let adler = |bytes: &[u8]| {
            let mut sum = Adler32::new();
            sum.update(bytes);
            sum.value()
        };
        assert_eq!(adler(b"Wikipedia"), 0x11E6_0398);
        assert_eq!(adler(b""), 1);
        assert_eq!(adler(&[255; 1 << 17]), {
            let (a, b) = (0..1u64 << 17).fold((1u64, 0u64), |(a, b), _| (a + 255, b + a + 255));
            (((b % 65_521) << 16) | (a % 65_521)) as u32
        });
    }

    #[test]
    fn any_split_gives_the_sum_of_the_whole() {
        let bytes: std::vec::Vec<u8> = (0..100u32).map(|i| (i * i * 7 + 3) as u8).collect();
        for cut in 0..=bytes.len() {
            let mut crc = Crc32::new();
            crc.update(&bytes[..cut]);
            crc.update(&bytes[cut..]);
            assert_eq!(crc.value(), of(&bytes), "cut at {cut}");
        }
    }
}
