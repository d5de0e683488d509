//! A gzip file to decode: matches of up to 32 KB back, Huffman codes fixed (RFC 1951, 3.2.6), one block.

use monolayer::rng::Rng;

/// `len` bytes of words from a vocabulary of 2,000, the rare ones much rarer: about as regular as a text.
pub fn text(len: usize) -> Vec<u8> {
    let mut rng = Rng::new(1, 1);
    let mut word = |_| -> Vec<u8> {
        let letters = 2 + rng.below(8);
        (0..letters).map(|_| b'a' + rng.below(26) as u8).chain([b' ']).collect()
    };
    let words: Vec<Vec<u8>> = (0..2000).map(&mut word).collect();
    let mut text = Vec::with_capacity(len + 10);
    while text.len() < len {
        let most = 1 + rng.below(words.len() as u32);
        text.extend_from_slice(&words[rng.below(most) as usize]);
    }
    text.truncate(len);
    text
}

/// Bits, the first one lowest.
struct Bits {
    out: Vec<u8>,
    bits: u64,
    count: u32,
}

impl Bits {
    /// The lower `count` bits of `value`, at most 32.
    fn put(&mut self, value: u32, count: u32) {
        self.bits |= u64::from(value) << self.count;
        self.count += count;
        while self.count >= 8 {
            self.out.push(self.bits as u8);
            self.bits >>= 8;
            self.count -= 8;
        }
    }

    /// A Huffman code, whose first bit is the highest.
    fn code(&mut self, code: u32, count: u32) {
        self.put(code.reverse_bits() >> (32 - count), count);
    }

    /// A symbol of the literal/length code.
    fn symbol(&mut self, symbol: u32) {
        match symbol {
            0..144 => self.code(0x30 + symbol, 8),
            144..256 => self.code(0x190 + symbol - 144, 9),
            256..280 => self.code(symbol - 256, 7),
            _ => self.code(0xC0 + symbol - 280, 8),
        }
    }

    /// `length` (3 to 257) bytes from `distance` (1 to 32768) back. Symbols stand for ranges that double in
    /// size every four (lengths) and two (distances); the place in the range follows.
    fn copy(&mut self, length: usize, distance: usize) {
        let (length, distance) = (length as u32 - 3, distance as u32 - 1);
        let extra = length.checked_ilog2().unwrap_or(0).saturating_sub(2);
        self.symbol(257 + 4 * extra + (length >> extra));
        self.put(length & ((1 << extra) - 1), extra);
        let extra = distance.checked_ilog2().unwrap_or(0).saturating_sub(1);
        self.code(2 * extra + (distance >> extra), 5);
        self.put(distance & ((1 << extra) - 1), extra);
    }
}

/// The gzip file of `data`: at each place the last earlier one with the same four bytes is copied from.
pub fn compress(data: &[u8]) -> Vec<u8> {
    const FAR: usize = 1 << 15;
    let mut bits = Bits { out: vec![0x1F, 0x8B, 8, 0, 0, 0, 0, 0, 0, 255], bits: 0, count: 0 };
    bits.put(0b011, 3); // the last block; fixed codes
    let mut last = vec![usize::MAX; 1 << 16];
    let mut at = 0;
    while at < data.len() {
        let mut length = 0;
        let mut from = usize::MAX;
        if let Some(four) = data[at..].first_chunk::<4>() {
            let hash = u32::from_le_bytes(*four).wrapping_mul(0x9E37_79B1) >> 16;
            from = std::mem::replace(&mut last[hash as usize], at);
            if from != usize::MAX && at - from <= FAR {
                let pairs = data[from..].iter().zip(&data[at..]).take(257);
                length = pairs.take_while(|(a, b)| a == b).count();
            }
        }
        if length >= 4 {
            bits.copy(length, at - from);
            at += length;
        } else {
            bits.symbol(u32::from(data[at]));
            at += 1;
        }
    }
    bits.symbol(256);
    bits.put(0, 7); // to a whole byte
    let mut out = bits.out;
    out.extend(crc32(data).to_le_bytes());
    out.extend((data.len() as u32).to_le_bytes());
    out
}

/// RFC 1952's checksum.
fn crc32(data: &[u8]) -> u32 {
    let table: [u32; 256] = std::array::from_fn(|byte| {
        (0..8).fold(byte as u32, |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    });
    !data.iter().fold(!0, |crc, &byte| table[(crc as u8 ^ byte) as usize] ^ (crc >> 8))
}
