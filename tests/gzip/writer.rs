//! A DEFLATE writer that makes every kind of block, for streams that no compressor would choose.

/// xorshift64*.
pub(crate) struct Rng(pub(crate) u64);

impl Rng {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 8
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }
}

/// Bits, first bit lowest.
#[derive(Default)]
pub(crate) struct Bits {
    bytes: Vec<u8>,
    used: usize,
}

impl Bits {
    pub(crate) fn put(&mut self, value: u64, count: usize) {
        for i in 0..count {
            if self.used == 8 * self.bytes.len() {
                self.bytes.push(0);
            }
            *self.bytes.last_mut().unwrap() |= ((value >> i & 1) as u8) << (self.used % 8);
            self.used += 1;
        }
    }

    /// A Huffman code and its length: highest bit first.
    pub(crate) fn huffman(&mut self, (code, length): (u16, usize)) {
        for i in (0..length).rev() {
            self.put(u64::from(code >> i & 1), 1);
        }
    }

    pub(crate) fn finish(self) -> Vec<u8> {
        self.bytes
    }
}

#[derive(Clone, Copy, Debug)]
pub(crate) enum Token {
    Literal(u8),
    Match { length: usize, distance: usize },
}

/// What the tokens stand for, behind `out`.
pub(crate) fn expand(tokens: &[Token], mut out: Vec<u8>) -> Vec<u8> {
    for token in tokens {
        match *token {
            Token::Literal(byte) => out.push(byte),
            Token::Match { length, distance } => {
                for _ in 0..length {
                    out.push(out[out.len() - distance]);
                }
            }
        }
    }
    out
}

/// Random tokens for at least `budget` bytes, behind `before` bytes of output.
pub(crate) fn tokens(rng: &mut Rng, budget: usize, before: usize) -> Vec<Token> {
    let (spread, matches) = (1 + rng.below(256), rng.below(8));
    let mut tokens = Vec::new();
    let mut done = 0;
    while done < budget {
        if rng.below(8) < matches && before + done > 0 {
            let reach = (before + done).min(32768);
            let reach = if rng.below(2) == 0 { reach } else { reach.min(20) };
            let length = if rng.below(4) == 0 { 3 + rng.below(256) } else { 3 + rng.below(8) };
            tokens.push(Token::Match { length, distance: 1 + rng.below(reach) });
            done += length;
        } else {
            tokens.push(Token::Literal(rng.below(spread) as u8));
            done += 1;
        }
    }
    tokens
}

/// A whole random stream of all kinds of blocks, and its data.
pub(crate) fn blocks(rng: &mut Rng, budget: usize) -> (Vec<u8>, Vec<u8>) {
    let mut bits = Bits::default();
    let mut data = Vec::new();
    loop {
        let part = 1 + rng.below(budget);
        let last = rng.below(3) == 0 || data.len() > budget;
        match rng.below(4) {
            0 => {
                let bytes: Vec<u8> = (0..part.min(65535)).map(|_| rng.next() as u8).collect();
                stored(&mut bits, &bytes, last);
                data.extend(bytes);
            }
            kind => {
                let tokens = tokens(rng, part, data.len());
                match kind {
                    1 => fixed(&mut bits, &tokens, last),
                    _ => dynamic(rng, &mut bits, &tokens, last),
                }
                data = expand(&tokens, data);
            }
        }
        if last {
            return (bits.finish(), data);
        }
    }
}

pub(crate) fn stored(bits: &mut Bits, bytes: &[u8], last: bool) {
    bits.put(last.into(), 3);
    bits.used = 8 * bits.bytes.len();
    let length = bytes.len() as u64;
    bits.put(length, 16);
    bits.put(!length, 16);
    bits.bytes.extend_from_slice(bytes);
    bits.used = 8 * bits.bytes.len();
}

/// The smallest value, number of extra bits and symbol of the range that a length or distance lies in.
fn range(value: usize, first: usize, group: u32, symbol: usize) -> (usize, usize, usize) {
    let (mut base, mut at) = (first, 0);
    loop {
        let extra = (at / (1 << group)).max(1) - 1;
        if value < base + (1 << extra) {
            return (base, extra, symbol + at);
        }
        base += 1 << extra;
        at += 1;
    }
}

fn length_range(length: usize) -> (usize, usize, usize) {
    if length == 258 { (258, 0, 285) } else { range(length, 3, 2, 257) }
}

fn distance_range(distance: usize) -> (usize, usize, usize) {
    range(distance, 1, 1, 0)
}

pub(crate) fn fixed_literal(symbol: u16) -> (u16, usize) {
    match symbol {
        0..=143 => (0b0011_0000 + symbol, 8),
        144..=255 => (0b1_1001_0000 + symbol - 144, 9),
        256..=279 => (symbol - 256, 7),
        _ => (0b1100_0000 + symbol - 280, 8),
    }
}

fn write_tokens(
    bits: &mut Bits,
    tokens: &[Token],
    literal: impl Fn(usize) -> (u16, usize),
    distance_code: impl Fn(usize) -> (u16, usize),
) {
    for token in tokens {
        match *token {
            Token::Literal(byte) => bits.huffman(literal(byte.into())),
            Token::Match { length, distance } => {
                let (base, extra, symbol) = length_range(length);
                bits.huffman(literal(symbol));
                bits.put((length - base) as u64, extra);
                let (base, extra, symbol) = distance_range(distance);
                bits.huffman(distance_code(symbol));
                bits.put((distance - base) as u64, extra);
            }
        }
    }
    bits.huffman(literal(256));
}

pub(crate) fn fixed(bits: &mut Bits, tokens: &[Token], last: bool) {
    bits.put(0b010 | u64::from(last), 3);
    write_tokens(bits, tokens, |symbol| fixed_literal(symbol as u16), |symbol| (symbol as u16, 5));
}

/// A dynamic block with codes of random shape: complete, but otherwise as unlikely as they come.
pub(crate) fn dynamic(rng: &mut Rng, bits: &mut Bits, tokens: &[Token], last: bool) {
    let (mut literals, mut distances) = (vec![false; 286], vec![false; 30]);
    literals[256] = true;
    for token in tokens {
        match *token {
            Token::Literal(byte) => literals[usize::from(byte)] = true,
            Token::Match { length, distance } => {
                literals[length_range(length).2] = true;
                distances[distance_range(distance).2] = true;
            }
        }
    }
    let literals = random_lengths(rng, &literals, 257);
    let distances = random_lengths(rng, &distances, 1);
    bits.put(0b100 | u64::from(last), 3);
    let all = [literals.as_slice(), &distances].concat();
    write_codes(bits, literals.len(), distances.len(), &repeats(rng, &all));
    let (literal, distance) = (canonical(&literals), canonical(&distances));
    write_tokens(bits, tokens, |symbol| literal[symbol], |symbol| distance[symbol]);
}

/// Lengths of a random complete code over the symbols used (a single one: one bit), at least `least` of them.
fn random_lengths(rng: &mut Rng, used: &[bool], least: usize) -> Vec<u8> {
    let count = used.iter().filter(|used| **used).count();
    let mut leaves: Vec<u8> = vec![if count == 1 { 1 } else { 0 }];
    let lopsided = rng.below(2) == 0;
    while leaves.len() < count {
        let at = if lopsided && rng.below(8) > 0 { leaves.len() - 1 } else { rng.below(leaves.len()) };
        if leaves[at] < 15 {
            leaves[at] += 1;
            leaves.push(leaves[at]);
        }
    }
    let mut lengths: Vec<u8> = vec![0; used.len()];
    for (length, _) in lengths.iter_mut().zip(used).filter(|(_, used)| **used) {
        *length = leaves.swap_remove(rng.below(leaves.len()));
    }
    while lengths.len() > least && *lengths.last().unwrap() == 0 {
        lengths.pop();
    }
    lengths
}

/// Code and length of each symbol (RFC 1951, section 3.2.2): codes of one length ascend, after those shorter.
fn canonical(lengths: &[u8]) -> Vec<(u16, usize)> {
    let mut codes = vec![(0, 0); lengths.len()];
    let mut code = 0u32;
    for length in 1..=15u8 {
        for (symbol, _) in lengths.iter().enumerate().filter(|(_, l)| **l == length) {
            codes[symbol] = (code as u16, length.into());
            code += 1;
        }
        code <<= 1;
    }
    codes
}

/// The ways to write code lengths.
#[derive(Clone, Copy)]
pub(crate) enum Repeat {
    Length(u8),
    Previous(usize),
    Zeros(usize),
}

/// Code lengths, runs sometimes written as repeats.
fn repeats(rng: &mut Rng, lengths: &[u8]) -> Vec<Repeat> {
    let mut commands = Vec::new();
    let mut at = 0;
    while at < lengths.len() {
        let run = lengths[at..].iter().take_while(|length| **length == lengths[at]).count();
        let repeat = 3.max(run.min(3 + rng.below(136)));
        if run < 3 || rng.below(4) == 0 {
            commands.push(Repeat::Length(lengths[at]));
            at += 1;
        } else if lengths[at] == 0 {
            commands.push(Repeat::Zeros(repeat));
            at += repeat;
        } else if at > 0 && lengths[at - 1] == lengths[at] {
            commands.push(Repeat::Previous(repeat.min(6)));
            at += repeat.min(6);
        } else {
            commands.push(Repeat::Length(lengths[at]));
            at += 1;
        }
    }
    commands
}

/// A last dynamic block's header, every length by itself.
pub(crate) fn plain_codes(bits: &mut Bits, literals: &[u8], distances: &[u8]) {
    let lengths: Vec<_> = literals.iter().chain(distances).map(|&length| Repeat::Length(length)).collect();
    codes(bits, literals.len(), distances.len(), &lengths);
}

/// A last dynamic block's header, as told.
pub(crate) fn codes(bits: &mut Bits, literals: usize, distances: usize, commands: &[Repeat]) {
    bits.put(0b101, 3);
    write_codes(bits, literals, distances, commands);
}

/// Counts and code lengths; the code-length code gives 13 symbols 4 bits and 6 symbols 5.
fn write_codes(bits: &mut Bits, literals: usize, distances: usize, commands: &[Repeat]) {
    let lengths: Vec<u8> = (0..19).map(|symbol| if symbol < 13 { 4 } else { 5 }).collect();
    let code = canonical(&lengths);
    bits.put(literals as u64 - 257, 5);
    bits.put(distances as u64 - 1, 5);
    bits.put(19 - 4, 4);
    for symbol in [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15] {
        bits.put(lengths[symbol].into(), 3);
    }
    for command in commands {
        let (symbol, value, extra) = match *command {
            Repeat::Length(length) => (length.into(), 0, 0),
            Repeat::Previous(times) => (16, times - 3, 2),
            Repeat::Zeros(times) if times < 11 => (17, times - 3, 3),
            Repeat::Zeros(times) => (18, times - 11, 7),
        };
        bits.huffman(code[symbol]);
        bits.put(value as u64, extra);
    }
}

/// CRC-32 bit by bit.
pub(crate) fn crc32(bytes: &[u8]) -> u32 {
    let mut crc = !0u32;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 };
        }
    }
    !crc
}

/// A gzip member around a stream.
pub(crate) fn member(stream: &[u8], data: &[u8]) -> Vec<u8> {
    let mut file = vec![0x1F, 0x8B, 8, 0, 1, 2, 3, 4, 0, 255];
    file.extend_from_slice(stream);
    file.extend_from_slice(&crc32(data).to_le_bytes());
    file.extend_from_slice(&(data.len() as u32).to_le_bytes());
    file
}
