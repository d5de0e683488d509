//! Canonical Huffman codes (RFC 1951, section 3.2.2) as look-up tables.
//!
//! A table is indexed by the next bits of the stream, first bit lowest. Codes longer than the table's width
//! lead through it into a second one. Every entry says how many bits to take and what they stand for, extra
//! bits included, so that a length or a distance costs one look-up, two shifts and a mask.

use crate::data::error::Error;

/// The longest code of the format, in bits.
pub(crate) const LONGEST: usize = 15;

/// What a code stands for, and how many bits it takes. Packed: the tables must stay in the first-level cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry(u32);

// bits 0..8 what to take, code and extra bits together; 8..12 the code alone (the width, for a subtable);
// 12..16 one of these, or none for a length or distance; 16..32 the value (the start, for a subtable).
const LITERAL: u32 = 1 << 15;
const SUBTABLE: u32 = 1 << 14;
const END: u32 = 1 << 13;
const INVALID: u32 = 1 << 12;

impl Entry {
    /// A code that nothing was assigned to.
    pub(crate) const UNASSIGNED: Self = Self(INVALID | (0xFFFF << 16));

    pub(crate) const fn literal(value: u16) -> Self {
        Self(LITERAL | (value as u32) << 16)
    }

    /// The end of the block.
    pub(crate) const END: Self = Self(END);

    /// A symbol that has a code, but no meaning.
    pub(crate) const fn invalid(symbol: u16) -> Self {
        Self(INVALID | (symbol as u32) << 16)
    }

    /// A length or distance: `base` plus the `extra` bits that follow the code.
    pub(crate) const fn range(base: u16, extra: u16) -> Self {
        Self(extra as u32 | (base as u32) << 16)
    }

    const fn subtable(start: usize, width: u32) -> Self {
        Self(SUBTABLE | width << 8 | (start as u32) << 16)
    }

    /// The same meaning, for a code of `bits` bits.
    const fn with_code(self, bits: u32) -> Self {
        Self(self.0 + (bits << 8 | bits))
    }

    /// Bits to take: the code and its extra bits. Below 64, for the compiler to see.
    #[inline(always)]
    pub(crate) const fn bits(self) -> u32 {
        self.0 & 63
    }

    #[inline(always)]
    pub(crate) const fn is_literal(self) -> bool {
        self.0 & LITERAL != 0
    }

    /// Neither a literal nor a range.
    #[inline(always)]
    pub(crate) const fn is_special(self) -> bool {
        self.0 & (SUBTABLE | END | INVALID) != 0
    }

    #[inline(always)]
    pub(crate) const fn is_end(self) -> bool {
        self.0 & END != 0
    }

    /// The literal, or the number of an invalid symbol.
    #[inline(always)]
    pub(crate) const fn value(self) -> u16 {
        (self.0 >> 16) as u16
    }

    /// The length or distance, from the bits that begin with the code.
    #[inline(always)]
    pub(crate) const fn ranged(self, stream: u64) -> usize {
        let taken = stream & ((1 << self.bits()) - 1);
        (self.0 >> 16) as usize + (taken >> (self.0 >> 8 & 15)) as usize
    }
}

/// The error for a code that leaves bit strings without a meaning.
pub(crate) fn incomplete(code: &str) -> Error {
    Error::new(format!("bit strings without a {code} code"), "one for each")
}

/// Decoding table of one code; `SIZE` is 2^width of its first level.
pub(crate) struct Table<const SIZE: usize> {
    /// The code's name in messages.
    name: &'static str,
    first: Box<[Entry; SIZE]>,
    second: Vec<Entry>,
}

impl<const SIZE: usize> Table<SIZE> {
    const WIDTH: u32 = SIZE.trailing_zeros();

    pub(crate) fn new(name: &'static str) -> Self {
        Self { name, first: Box::new([Entry::UNASSIGNED; SIZE]), second: Vec::new() }
    }

    /// The entry of the code that `stream` begins with, where it fits the first level; else special.
    #[inline(always)]
    pub(crate) fn first(&self, stream: u64) -> Entry {
        self.first[stream as usize & (SIZE - 1)]
    }

    /// Follows an entry into the second level: the entry and the bits that were passed on the way.
    #[inline(always)]
    pub(crate) fn resolve(&self, entry: Entry, stream: u64) -> (Entry, u32) {
        if entry.0 & SUBTABLE == 0 {
            return (entry, 0);
        }
        let below = (stream >> Self::WIDTH) & ((1 << (entry.0 >> 8 & 15)) - 1);
        (self.second[usize::from(entry.value()) + below as usize], Self::WIDTH)
    }

    /// Makes this the table of the canonical code with these lengths; 0 is a symbol without a code.
    ///
    /// No code at all is accepted, and so is a single code of one bit: RFC 1951 asks for both in the distance
    /// code, and zlib reads both everywhere but in the code of code lengths.
    ///
    /// # Panics
    /// A length above [`LONGEST`].
    pub(crate) fn build(&mut self, lengths: &[u8], meaning: fn(u16) -> Entry) -> Result<(), Error> {
        let over_subscribed = || Error::new(format!("more {} codes than bit strings", self.name), "one each");
        let mut count = [0u32; LONGEST + 1];
        for &length in lengths {
            count[usize::from(length)] += 1;
        }
        count[0] = 0;
        let used: u32 = count.iter().sum();
        let mut next = [0u32; LONGEST + 1]; // the next code of each length, first bit highest
        let mut free: u32 = 1; // bit strings of this length that no shorter code begins
        for length in 1..=LONGEST {
            next[length] = (next[length - 1] + count[length - 1]) << 1;
            free = (free << 1).checked_sub(count[length]).ok_or_else(over_subscribed)?;
        }
        if free > 0 && used > 0 && !(used == 1 && count[1] == 1) {
            return Err(incomplete(self.name));
        }

        self.first.fill(Entry::UNASSIGNED);
        self.second.clear();
        if count[Self::WIDTH as usize + 1..].iter().any(|&long| long > 0) {
            self.reserve_subtables(lengths, next);
        }
        for (symbol, &length) in (0..).zip(lengths).filter(|(_, length)| **length > 0) {
            let meaning = meaning(symbol);
            let code = reversed(&mut next, length);
            let length = u32::from(length);
            if length <= Self::WIDTH {
                for slot in self.first[code..].iter_mut().step_by(1 << length) {
                    *slot = meaning.with_code(length);
                }
            } else {
                let entry = self.first[code & (SIZE - 1)];
                let (start, width) = (usize::from(entry.value()), entry.0 >> 8 & 15);
                let below = length - Self::WIDTH;
                let slots = &mut self.second[start..start + (1 << width)];
                for slot in slots[code >> Self::WIDTH..].iter_mut().step_by(1 << below) {
                    *slot = meaning.with_code(below);
                }
            }
        }
        Ok(())
    }

    /// Gives each first-level slot that long codes share a subtable as wide as the longest of them needs.
    fn reserve_subtables(&mut self, lengths: &[u8], mut next: [u32; LONGEST + 1]) {
        let mut longest = [0u8; SIZE];
        for &length in lengths.iter().filter(|length| **length > 0) {
            let code = reversed(&mut next, length);
            if u32::from(length) > Self::WIDTH {
                let slot = &mut longest[code & (SIZE - 1)];
                *slot = length.max(*slot);
            }
        }
        for (slot, &length) in self.first.iter_mut().zip(&longest).filter(|(_, length)| **length > 0) {
            let width = u32::from(length) - Self::WIDTH;
            *slot = Entry::subtable(self.second.len(), width);
            self.second.resize(self.second.len() + (1 << width), Entry::UNASSIGNED);
        }
    }
}

/// The next code of this length, as it lies in the stream: first bit lowest.
fn reversed(next: &mut [u32; LONGEST + 1], length: u8) -> usize {
    let code = next[usize::from(length)];
    next[usize::from(length)] += 1;
    (code.reverse_bits() >> (32 - u32::from(length))) as usize
}
