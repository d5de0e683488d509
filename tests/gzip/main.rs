//! gzip and DEFLATE: agreement with a decoder that follows the RFC bit by bit, every rule broken once, and
//! damage of every kind to small files.

mod specification;
mod writer;

use std::io::Read;

use monolayer::data::{Error, Place};
use monolayer::internals::gzip::{self, Reader};
use writer::{Bits, Rng, Token, blocks, crc32, fixed_literal, member, tokens};

const LIMIT: usize = 1 << 24;

fn place() -> Place {
    Place::new("a.gz")
}

fn decompress(file: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    gzip::decompress(file, &place(), |_| Ok(limit as u64))
}

/// What was found where a rule was broken.
fn found(error: &Error) -> &str {
    error.rule().expect("a broken rule").0
}

/// What is wrong with a DEFLATE stream, wrapped in a member without trailer; its offset is that in the file
/// less 10.
fn fault_of(stream: &[u8]) -> Error {
    let mut file = member(&[], &[]);
    file.truncate(10);
    file.extend_from_slice(stream);
    decompress(&file, LIMIT).expect_err("a broken stream")
}

/// What was found in a broken stream of bits; zeros follow, so that its end is not what is wrong.
fn fault_of_bits(mut bits: Bits) -> String {
    bits.put(0, 64);
    bits.put(0, 64);
    let stream = bits.finish();
    let error = fault_of(&stream);
    let judged = specification::inflate(&stream).expect_err("the specification accepts this");
    assert_eq!(found(&error), judged);
    judged
}

fn decoded(stream: &[u8]) -> Vec<u8> {
    let (expected, _) = specification::inflate(stream).expect("the specification rejects this");
    let out = decompress(&member(stream, &expected), LIMIT).expect("a good stream");
    assert!(out == expected);
    out
}

#[test]
fn random_streams_agree_with_the_specification() {
    let mut rng = Rng(1);
    for round in 0..600 {
        let budget = if round % 60 == 0 { 400_000 } else { 1 + rng.below(3000) };
        let (stream, data) = blocks(&mut rng, budget);
        assert!(decoded(&stream) == data, "round {round}");
    }
}

#[test]
fn damaged_streams_agree_with_the_specification() {
    let mut rng = Rng(2);
    let (mut good, mut bad) = (0, std::collections::BTreeSet::new());
    for round in 0..20_000 {
        let (mut stream, _) = blocks(&mut rng, 40);
        for _ in 0..1 + rng.below(3) {
            let at = rng.below(8 * stream.len());
            stream[at / 8] ^= 1 << (at % 8);
        }
        match specification::inflate(&stream) {
            Ok((data, used)) => {
                good += 1;
                let out = decompress(&member(&stream[..used], &data), LIMIT);
                assert!(
                    out.unwrap_or_else(|error| panic!("round {round}: {error}")) == data,
                    "round {round}"
                );
            }
            Err(judged) => {
                assert_eq!(found(&fault_of(&stream)), judged, "round {round}");
                let letters = |c: char| c.is_ascii_alphabetic();
                bad.insert(judged.split(' ').filter(|word| word.chars().all(letters)).collect::<String>());
            }
        }
    }
    assert!(good > 1000 && bad.len() >= 12, "too tame: {good} {bad:?}");
}

/// The member that the damage tests start from: dynamic block with matches, name, comment, extra field.
fn small_file(header_checksum: bool) -> (Vec<u8>, Vec<u8>) {
    let mut rng = Rng(11);
    let tokens = tokens(&mut rng, 120, 0);
    let mut bits = Bits::default();
    writer::dynamic(&mut rng, &mut bits, &tokens, true);
    let data = writer::expand(&tokens, Vec::new());
    let mut file = member(&bits.finish(), &data);
    let mut optional = vec![3, 0, 7, 8, 9]; // FEXTRA
    optional.extend_from_slice(b"name\0comment\0");
    file[3] = 4 | 8 | 16 | if header_checksum { 2 } else { 0 };
    file.splice(10..10, optional.iter().copied());
    if header_checksum {
        let at = 10 + optional.len();
        let sum = crc32(&file[..at]) as u16;
        file.splice(at..at, sum.to_le_bytes());
    }
    (file, data)
}

#[test]
fn every_truncation_is_an_error() {
    for header_checksum in [false, true] {
        let (file, data) = small_file(header_checksum);
        assert!(decompress(&file, data.len()).unwrap() == data);
        for length in 0..file.len() {
            let error = decompress(&file[..length], LIMIT).expect_err("a truncated file");
            assert_eq!(found(&error), "the end of the compressed data", "{length}: {error}");
            assert_eq!(error.offset(), Some(length as u64));
        }
    }
}

#[test]
fn every_bit_flip_is_noticed_or_harmless() {
    for header_checksum in [false, true] {
        let (file, data) = small_file(header_checksum);
        let mut harmless = 0;
        for at in 0..8 * file.len() {
            let mut flipped = file.clone();
            flipped[at / 8] ^= 1 << (at % 8);
            if let Ok(out) = decompress(&flipped, data.len()) {
                assert!(out == data, "bit {at}");
                harmless += 1;
            }
        }
        // Free: the filling of the last byte. Without a checksum of its own, also the header's text flag,
        // time, extra flags, system, extra field with its length, name and comment.
        let unchecked = 7 + if header_checksum { 0 } else { 1 + 8 * (4 + 1 + 1 + 2 + 3 + 4 + 7) };
        assert!(harmless <= unchecked, "{harmless}");
    }
}

#[test]
fn every_bit_flip_of_a_fixed_and_a_stored_block() {
    let mut rng = Rng(5);
    let tokens = tokens(&mut rng, 60, 0);
    let data = writer::expand(&tokens, Vec::new());
    let mut bits = Bits::default();
    writer::fixed(&mut bits, &tokens, false);
    writer::stored(&mut bits, b"the end", true);
    let data = [data.as_slice(), b"the end"].concat();
    let file = member(&bits.finish(), &data);
    for at in 80..8 * file.len() {
        let mut flipped = file.clone();
        flipped[at / 8] ^= 1 << (at % 8);
        if let Ok(out) = decompress(&flipped, data.len()) {
            assert!(out == data && at / 8 > 10, "bit {at}: only a stored block's filling is free");
        }
    }
}

#[test]
fn every_length_and_distance_edge() {
    let mut all = vec![Token::Literal(7)];
    for length in 3..=258 {
        all.push(Token::Match { length, distance: 1 });
        all.push(Token::Literal(length as u8));
        for distance in [2, 3, 5, 8, 15, 16, 17] {
            all.push(Token::Match { length, distance });
        }
    }
    for i in 0..40_000u32 {
        all.push(Token::Literal(((i * i) >> 7) as u8));
    }
    for bits in 0..=15 {
        for distance in [1 << bits, (1 << bits) + 1, (1 << bits) * 3 / 2].map(|d: usize| d.clamp(1, 32768)) {
            all.push(Token::Match { length: 30, distance });
        }
    }
    let mut bits = Bits::default();
    writer::fixed(&mut bits, &all, true);
    assert!(decoded(&bits.finish()) == writer::expand(&all, Vec::new()));
}

#[test]
fn length_258_has_two_codes() {
    let mut bits = Bits::default();
    bits.put(0b011, 3);
    bits.huffman(fixed_literal(u16::from(b'a')));
    bits.huffman(fixed_literal(284)); // 227 + 31
    bits.put(31, 5);
    bits.put(0, 5);
    bits.huffman(fixed_literal(256));
    assert_eq!(decoded(&bits.finish()).len(), 259);
}

// Blocks.

#[test]
fn reserved_block_type() {
    let mut bits = Bits::default();
    bits.put(0b111, 3);
    assert_eq!(fault_of_bits(bits), "block type 3");
}

#[test]
fn stored_length_is_checked() {
    let stream = [1, 5, 0, 0xFB, 0xFF, 1, 2, 3, 4, 5];
    let error = fault_of(&stream);
    assert_eq!(
        error.to_string(),
        "a.gz, byte 11: found stored length 0x0005 with check 0xfffb, expected check 0xfffa; fetch the file again"
    );
    assert_eq!(decoded(&[1, 5, 0, 0xFA, 0xFF, 1, 2, 3, 4, 5]), [1, 2, 3, 4, 5]);
    assert_eq!(decoded(&[0, 0, 0, 0xFF, 0xFF, 1, 1, 0, 0xFE, 0xFF, 9]), [9]);
}

#[test]
fn reserved_length_and_distance_symbols() {
    for symbol in [286, 287] {
        let mut bits = Bits::default();
        bits.put(0b011, 3);
        bits.huffman(fixed_literal(symbol));
        assert_eq!(fault_of_bits(bits), format!("length symbol {symbol}"));
    }
    for symbol in [30, 31] {
        let mut bits = Bits::default();
        bits.put(0b011, 3);
        bits.huffman(fixed_literal(65));
        bits.huffman(fixed_literal(257));
        bits.huffman((symbol, 5));
        assert_eq!(fault_of_bits(bits), format!("distance symbol {symbol}"));
    }
}

#[test]
fn a_match_may_not_reach_before_the_start() {
    let far = |literals: usize, symbol: u16| {
        let mut bits = Bits::default();
        bits.put(0b011, 3);
        for _ in 0..literals {
            bits.huffman(fixed_literal(65));
        }
        bits.huffman(fixed_literal(257));
        bits.huffman((symbol, 5));
        bits.huffman(fixed_literal(256));
        bits
    };
    for (literals, symbol, back) in [(0, 0, 1), (2, 2, 3)] {
        assert_eq!(fault_of_bits(far(literals, symbol)), format!("a match {back} bytes back"));
        let error = fault_of(&far(literals, symbol).finish());
        assert!(
            error.to_string().contains(&format!("expected at most the {literals} bytes before it")),
            "{error}"
        );
    }
    assert_eq!(decoded(&far(3, 2).finish()), [65; 6]);

    // Nor into the member before.
    let mut file = member(&[1, 3, 0, 0xFC, 0xFF, 1, 2, 3], &[1, 2, 3]);
    let second = file.len() as u64;
    file.extend(member(&far(2, 2).finish(), &[65; 5]));
    let error = decompress(&file, LIMIT).unwrap_err();
    assert!(error.offset() > Some(second));
    assert!(
        error.to_string().contains("found a match 3 bytes back, expected at most the 2 bytes before it"),
        "{error}"
    );
}

// The codes of dynamic blocks.

/// A dynamic block's header with these lengths, each written by itself.
fn header(literals: &[u8], distances: &[u8]) -> Bits {
    let mut bits = Bits::default();
    writer::plain_codes(&mut bits, literals, distances);
    bits
}

/// 258 lengths: the end of block and others as given.
fn literal_lengths(given: &[(usize, u8)]) -> Vec<u8> {
    let mut lengths = vec![0; 258];
    for &(symbol, length) in given {
        lengths[symbol] = length;
    }
    lengths
}

#[test]
fn counts_of_codes() {
    for count in [287, 288] {
        let fault = fault_of_bits(header(&vec![8; count], &[1, 1]));
        assert_eq!(fault, format!("{count} literal/length codes"));
    }
    for count in [31, 32] {
        let fault = fault_of_bits(header(&literal_lengths(&[(0, 1), (256, 1)]), &vec![5; count]));
        assert_eq!(fault, format!("{count} distance codes"));
    }
}

#[test]
fn unbalanced_codes() {
    let over_subscribed = |code| format!("more {code} codes than bit strings");
    let incomplete = |code| format!("bit strings without a {code} code");
    let (literals, distances, code_lengths) = ("literal/length", "distance", "code-length");
    let good = literal_lengths(&[(65, 1), (256, 1)]);
    let over = literal_lengths(&[(65, 1), (66, 1), (256, 1)]);
    let under = literal_lengths(&[(65, 2), (66, 2), (256, 2)]);
    let far_under = literal_lengths(&[(65, 15), (256, 15)]);
    assert_eq!(fault_of_bits(header(&over, &[1, 1])), over_subscribed(literals));
    assert_eq!(fault_of_bits(header(&under, &[1, 1])), incomplete(literals));
    assert_eq!(fault_of_bits(header(&far_under, &[1, 1])), incomplete(literals));
    assert_eq!(fault_of_bits(header(&good, &[1, 1, 1])), over_subscribed(distances));
    assert_eq!(fault_of_bits(header(&good, &[1, 2])), incomplete(distances));
    assert_eq!(fault_of_bits(header(&good, &[2])), incomplete(distances), "one code, two bits");
    assert_eq!(fault_of_bits(header(&literal_lengths(&[(256, 2)]), &[1, 1])), incomplete(literals));
    let endless = literal_lengths(&[(65, 1), (66, 1)]);
    assert_eq!(fault_of_bits(header(&endless, &[1, 1])), "a block without a code for its end");

    for (lengths, over) in
        [([1, 1, 1, 0], true), ([1, 2, 0, 0], false), ([1, 0, 0, 0], false), ([0; 4], false)]
    {
        let mut bits = Bits::default();
        bits.put(0b101, 3);
        bits.put(0, 5 + 5 + 4); // 257 and 1 code, 4 code lengths: of 16, 17, 18, 0
        for length in lengths {
            bits.put(length, 3);
        }
        let fault = fault_of_bits(bits);
        match over {
            true => assert_eq!(fault, over_subscribed(code_lengths)),
            false => assert_eq!(fault, incomplete(code_lengths)),
        }
    }
}

#[test]
fn one_distance_code_or_none() {
    let lengths = literal_lengths(&[(65, 2), (66, 2), (256, 2), (257, 2)]);
    // Canonical: 65 is 00, 66 is 01, 256 is 10, 257 is 11.
    for distances in [&[1][..], &[0]] {
        let mut bits = header(&lengths, distances);
        bits.huffman((0b00, 2));
        bits.huffman((0b10, 2));
        assert_eq!(decoded(&bits.finish()), b"A", "without a match");
    }
    let mut bits = header(&lengths, &[1]);
    bits.huffman((0b00, 2));
    bits.huffman((0b11, 2));
    bits.huffman((0, 1));
    bits.huffman((0b10, 2));
    assert_eq!(decoded(&bits.finish()), b"AAAA");

    for (distances, code) in [(&[1][..], 1), (&[0], 0)] {
        let mut bits = header(&lengths, distances);
        bits.huffman((0b00, 2));
        bits.huffman((0b11, 2));
        bits.huffman((code, 1));
        assert_eq!(fault_of_bits(bits), "bits that are no distance code");
    }
    // The same licence for a block that holds nothing but its end.
    let mut bits = header(&literal_lengths(&[(256, 1)]), &[0]);
    bits.huffman((0, 1));
    assert_eq!(decoded(&bits.finish()), b"");
}

#[test]
fn repeats_of_code_lengths() {
    use writer::Repeat::{Length, Previous, Zeros};
    let block = |commands: &[writer::Repeat], distances: usize| {
        let mut bits = Bits::default();
        writer::codes(&mut bits, 258, distances, commands);
        bits
    };
    assert_eq!(fault_of_bits(block(&[Previous(3)], 1)), "a repeat of no code length");
    // 255 zeros, four codes of 2 bits and a length too many.
    for (last, times) in [(Previous(6), 6), (Zeros(138), 138)] {
        let bits = || block(&[Zeros(138), Zeros(117), Length(2), last], 3);
        assert_eq!(fault_of_bits(bits()), format!("a code length repeated {times} times"));
        let stream = [&bits().finish()[..], &[0; 16]].concat();
        assert!(fault_of(&stream).to_string().contains("expected at most 5"));
    }
    // 254 zeros, then seven codes of 2 bits: 254 to 257, and on into the distances 0 to 2; one by itself.
    let mut bits = block(&[Zeros(138), Zeros(116), Length(2), Previous(6), Length(2)], 4);
    for (code, length) in [(0b00, 2), (0b11, 2), (0b00, 2), (0b10, 2)] {
        bits.huffman((code, length));
    }
    assert_eq!(decoded(&bits.finish()), [254; 4]);
}

// gzip itself.

const HELLO: &[u8] = b"hello";
const HELLO_STORED: &[u8] = &[1, 5, 0, 0xFA, 0xFF, b'h', b'e', b'l', b'l', b'o'];

#[test]
fn several_members_and_padding() {
    let one = member(HELLO_STORED, HELLO);
    let empty = member(&[3, 0], b"");
    let file = [one.clone(), empty, one.clone(), vec![0; 700]].concat();
    assert_eq!(decompress(&file, 10).unwrap(), b"hellohello");

    for (garbage, offset) in [(&[0, 0, 9][..], 2), (&[0x1F, 0x8C], 0), (&[1], 0), (&[0, 0x1F, 0x8B], 1)] {
        let error = decompress(&[&one, garbage].concat(), LIMIT).unwrap_err();
        assert!(found(&error).ends_with(" after the end"), "{error}");
        assert_eq!(error.offset(), Some(one.len() as u64 + offset));
    }
    for length in 1..one.len() {
        assert!(decompress(&[&one, &one[..length]].concat(), LIMIT).is_err());
    }
}

#[test]
fn header_rules() {
    let good = member(HELLO_STORED, HELLO);
    let with = |at: usize, byte: u8| {
        let mut file = good.clone();
        file[at] = byte;
        let error = decompress(&file, LIMIT).unwrap_err();
        (found(&error).to_owned(), error.offset().unwrap(), error.to_string())
    };
    let wrong = |at, byte, rule: &str, offset: u64| {
        let (found, place, text) = with(at, byte);
        assert!(found.contains(rule) && place == offset, "{text}");
        text
    };
    wrong(0, 0x50, "50 8b", 0);
    wrong(1, 0x9D, "1f 9d", 0);
    wrong(2, 7, "compression method 7", 2);
    for bit in 5..8 {
        wrong(3, 1 << bit, "header flags", 3);
    }
    assert!(wrong(3, 2, "a header with checksum", 10).contains("expected 0501"));
    let end = good.len();
    wrong(end - 8, !good[end - 8], "data with CRC-32", end as u64 - 8);
    assert!(wrong(end - 1, 1, "5 bytes of data", end as u64 - 4).contains("expected 16777221"));
    assert!(gzip::is_gzip(&good) && !gzip::is_gzip(b"\x1f") && !gzip::is_gzip(b""));
    let page = decompress(b"<html>", LIMIT).unwrap_err().to_string();
    assert_eq!(page, "a.gz, byte 0: found 3c 68, expected 1f 8b, as gzip files begin; fetch the file again");
}

#[test]
fn the_limit_is_exact() {
    let mut zeros = vec![Token::Literal(0)];
    zeros.extend([Token::Match { length: 258, distance: 1 }; 4000]);
    let mut bits = Bits::default();
    writer::fixed(&mut bits, &zeros, true);
    let data = vec![0; 1 + 258 * 4000];
    let file = member(&bits.finish(), &data);
    assert!(decompress(&file, data.len()).unwrap() == data);
    for limit in [0, 1, 4000, data.len() - 1] {
        let error = decompress(&file, limit).unwrap_err();
        assert_eq!(found(&error), format!("data longer than the {limit} bytes expected here"));
    }
}

// In passing.

/// Hands out a few bytes at a time, with interruptions, and fails at the end if told to.
struct Drip<'a> {
    left: &'a [u8],
    rng: Rng,
    fails: bool,
}

impl Read for Drip<'_> {
    fn read(&mut self, out: &mut [u8]) -> std::io::Result<usize> {
        let count = self.rng.below(40).min(self.left.len()).min(out.len());
        if count == 0 && (!self.left.is_empty() || self.fails) {
            let kind = if self.left.is_empty() {
                std::io::ErrorKind::TimedOut
            } else {
                std::io::ErrorKind::Interrupted
            };
            return Err(kind.into());
        }
        out[..count].copy_from_slice(&self.left[..count]);
        self.left = &self.left[count..];
        Ok(count)
    }
}

#[test]
fn reading_in_passing_gives_the_same() {
    let mut rng = Rng(8);
    for budget in [10, 3000, 400_000] {
        let (mut file, mut all) = (Vec::new(), Vec::new());
        for _ in 0..3 {
            let (stream, data) = blocks(&mut rng, budget);
            file.extend(member(&stream, &data));
            all.extend(data);
        }
        let mut reader = Reader::new(Drip { left: &file, rng: Rng(9), fails: false }, place());
        let mut out = Vec::new();
        let mut piece = vec![0; 5000];
        loop {
            let want = 1 + rng.below(piece.len());
            match reader.read(&mut piece[..want]).unwrap() {
                0 => break,
                count => out.extend_from_slice(&piece[..count]),
            }
        }
        assert!(out == all);

        let mut reader =
            Reader::new(Drip { left: &file[..file.len() - 1], rng: Rng(9), fails: true }, place());
        let error = reader.read_to_end(&mut Vec::new()).unwrap_err();
        let error = error.get_ref().unwrap().downcast_ref::<Error>().unwrap();
        let source = std::error::Error::source(error).unwrap().downcast_ref::<std::io::Error>().unwrap();
        assert_eq!(source.kind(), std::io::ErrorKind::TimedOut, "{error}");
    }
}
