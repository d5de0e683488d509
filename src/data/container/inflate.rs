//! DEFLATE (RFC 1951), decoded into a window: memory is bounded whatever the stream claims.
//!
//! [`Input`] hands out bits of any [`Read`], [`Window`] keeps the 32 KiB that matches may reach back to and
//! the bytes that were not handed out yet, [`Decoder`] decodes from the one into the other until the window
//! is full or the stream ends, and can then go on.

use std::io::Read;

use crate::data::error::Error;
use huffman::{Entry, LONGEST, Table, incomplete};

mod huffman;

/// The three Huffman codes of a block, as messages name them.
const CODE_LENGTHS: &str = "code-length";
const LITERALS: &str = "literal/length";
const DISTANCES: &str = "distance";

/// Input bytes read at a time.
const CHUNK: usize = 1 << 16;
/// Zero bytes behind the end of the input: more than the decoder looks ahead.
const PADDING: usize = 32;

/// The next bits of the stream, first bit lowest. `Copy`, so that a loop can keep it in registers.
#[derive(Clone, Copy)]
struct Bits {
    /// At least `count` bits; those above agree with the input that follows.
    bits: u64,
    count: u32,
    /// Next byte of the buffer.
    at: usize,
}

impl Bits {
    /// Fills up to 56 bits or more. The caller has seen to it that 8 bytes follow.
    #[inline(always)]
    fn refill(&mut self, buffer: &[u8; CHUNK + PADDING]) {
        let next = buffer[self.at..self.at + 8].first_chunk().expect("a slice of 8");
        self.bits |= u64::from_le_bytes(*next) << self.count;
        self.at += (63 - self.count as usize) >> 3;
        self.count |= 56;
    }

    /// Keeps less than a byte: the others are the buffer's again.
    fn give_back(&mut self) {
        self.at -= (self.count / 8) as usize;
        self.count %= 8;
        self.bits &= (1 << self.count) - 1;
    }

    #[inline(always)]
    fn take(&mut self, count: u32) {
        self.bits >>= count;
        self.count -= count;
    }
}

/// A source read by bits and by bytes.
///
/// At its end it goes on with a few zero bytes, and whoever took one of those is told so by
/// [`Input::overruns`]: the decoder's loop needs no check of its own for the end.
pub(crate) struct Input<R> {
    source: R,
    buffer: Box<[u8; CHUNK + PADDING]>,
    next: Bits,
    end: usize,
    ended: bool,
    /// Offset of the buffer's first byte in the input.
    base: u64,
}

impl<R: Read> Input<R> {
    pub(crate) fn new(source: R) -> Self {
        let buffer = vec![0; CHUNK + PADDING].into_boxed_slice().try_into().expect("the same length");
        let next = Bits { bits: 0, count: 0, at: 0 };
        Self { source, buffer, next, end: 0, ended: false, base: 0 }
    }

    /// Offset of the byte that holds the next bit.
    pub(crate) fn offset(&self) -> u64 {
        let ahead = u64::from(self.next.count.div_ceil(8));
        (self.base + self.next.at as u64 - ahead).min(self.base + self.end as u64)
    }

    /// Whether the next `bits` bits, or some that were taken, lie behind the end.
    fn overruns(&self, bits: u32) -> bool {
        8 * self.next.at + bits as usize > 8 * self.end + self.next.count as usize
    }

    /// What is wrong with the next `bits` bits; those that were read behind the end only say that it came
    /// early.
    fn error(&self, error: Error, bits: u32) -> Error {
        let error = if self.overruns(bits) { self.truncated() } else { error };
        error.moved(|_| self.offset())
    }

    /// The input ended too early.
    fn truncated(&self) -> Error {
        Error::at(self.base + self.end as u64, "the end of the compressed data", "more of them")
    }

    /// End of what may be looked at.
    fn readable(&self) -> usize {
        self.end + if self.ended { PADDING } else { 0 }
    }

    /// Reads on until at least [`PADDING`] bytes lie ahead, or the end does.
    #[cold]
    fn more(&mut self) -> Result<(), Error> {
        if self.ended {
            return Err(self.truncated());
        }
        self.next.give_back();
        self.buffer.copy_within(self.next.at..self.end, 0);
        self.base += self.next.at as u64;
        self.end -= self.next.at;
        self.next.at = 0;
        while self.end < PADDING && !self.ended {
            match self.source.read(&mut self.buffer[self.end..CHUNK]) {
                Ok(0) => {
                    self.ended = true;
                    self.buffer[self.end..self.end + PADDING].fill(0);
                }
                Ok(count) => self.end += count,
                Err(error) if error.kind() == std::io::ErrorKind::Interrupted => {}
                Err(error) => return Err(Error::read(self.offset(), error)),
            }
        }
        Ok(())
    }

    /// The next `count` bits, 16 at most, without taking them.
    fn peek(&mut self, count: u32) -> Result<u16, Error> {
        if self.next.count < count {
            if self.next.at + 8 > self.readable() {
                self.more()?;
            }
            self.next.refill(&self.buffer);
        }
        Ok((self.next.bits & ((1 << count) - 1)) as u16)
    }

    fn take(&mut self, count: u32) -> Result<u16, Error> {
        let bits = self.peek(count)?;
        self.next.take(count);
        if self.overruns(0) { Err(self.truncated()) } else { Ok(bits) }
    }

    /// Goes to the next whole byte, from which bytes can be taken.
    fn align(&mut self) {
        self.next.give_back();
        self.next.take(self.next.count);
    }

    /// The bytes that lie ready, at least one but at the end of the input. After [`Input::align`] only.
    pub(crate) fn bytes(&mut self) -> Result<&[u8], Error> {
        debug_assert_eq!(self.next.count, 0);
        if self.next.at >= self.end && !self.ended {
            self.more()?;
        }
        Ok(self.buffer[..self.end].get(self.next.at..).unwrap_or_default())
    }

    /// Takes `count` of [`Input::bytes`].
    pub(crate) fn skip(&mut self, count: usize) {
        self.next.at += count;
    }

    /// The next bytes. After [`Input::align`] only.
    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Error> {
        let mut array = [0; N];
        for byte in &mut array {
            let Some(&next) = self.bytes()?.first() else { return Err(self.truncated()) };
            *byte = next;
            self.skip(1);
        }
        Ok(array)
    }
}

/// How far back a match may reach.
const REACH: usize = 1 << 15;
/// New bytes for each time that the last [`REACH`] are moved to the front.
const FRESH: usize = 3 << 15;
/// Behind the place where decoding stops: three literals, a match of 258, and what copies write too much.
const SLACK: usize = 3 + 258 + COPY;
/// Bytes a match is copied by.
const COPY: usize = 16;

/// The output: the last 32 KiB, and what was not handed out yet.
struct Window {
    bytes: Box<[u8; REACH + FRESH + SLACK]>,
    end: usize,
    /// Where matches may reach to: the start of the stream, or of the window.
    floor: usize,
}

impl Window {
    fn new() -> Self {
        let bytes = vec![0; REACH + FRESH + SLACK].into_boxed_slice().try_into().expect("the same length");
        Self { bytes, end: 0, floor: 0 }
    }

    /// Makes room where none is left, forgetting all but what matches may reach; returns where new bytes
    /// begin.
    fn make_room(&mut self) -> usize {
        if self.end >= REACH + FRESH {
            let gone = self.end - REACH;
            self.bytes.copy_within(gone..self.end, 0);
            self.floor = self.floor.saturating_sub(gone);
            self.end = REACH;
        }
        self.end
    }
}

/// Copies `length` bytes from `distance` back, as if one by one, and writes up to 15 bytes more.
#[inline(always)]
fn copy_match(bytes: &mut [u8; REACH + FRESH + SLACK], end: usize, distance: usize, length: usize) {
    let (mut at, stop) = (end, end + length);
    let mut gap = distance;
    if distance == 1 {
        let run = [bytes[end - 1]; COPY];
        while at < stop {
            bytes[at..at + COPY].copy_from_slice(&run);
            at += COPY;
        }
        return;
    }
    // A match that overlaps itself repeats every `distance` bytes, and so every 2 x `distance` once those
    // stand.
    while gap < COPY && at < stop {
        bytes.copy_within(at - gap..at - gap + COPY, at);
        at += gap;
        gap *= 2;
    }
    while at < stop {
        bytes.copy_within(at - gap..at - gap + COPY, at);
        at += COPY;
    }
}

type Literals = Table<{ 1 << 11 }>;
type Distances = Table<{ 1 << 9 }>;

/// Decodes the DEFLATE streams of a source, one after the other.
pub(crate) struct Decoder<R> {
    pub(crate) input: Input<R>,
    window: Window,
    /// Decoded and not taken: from here to the window's end.
    fresh: usize,
    state: State,
    last_block: bool,
    literals: Literals,
    distances: Distances,
    code_lengths: Table<{ 1 << 7 }>,
}

/// Where the decoder is.
#[derive(Clone, Copy, Debug)]
enum State {
    BlockHeader,
    Stored { left: usize },
    Coded,
    Done,
}

impl<R: Read> Decoder<R> {
    /// A decoder of a source that does not begin with a stream: [`Decoder::begin`] comes first.
    pub(crate) fn new(source: R) -> Self {
        Self {
            input: Input::new(source),
            window: Window::new(),
            fresh: 0,
            state: State::Done,
            last_block: false,
            literals: Table::new(LITERALS),
            distances: Table::new(DISTANCES),
            code_lengths: Table::new(CODE_LENGTHS),
        }
    }

    /// A stream begins here. It may not reach back to the one before.
    pub(crate) fn begin(&mut self) {
        (self.state, self.last_block) = (State::BlockHeader, false);
        self.window.floor = self.window.end;
    }

    /// The decoded bytes that were not taken.
    pub(crate) fn ready(&self) -> &[u8] {
        &self.window.bytes[self.fresh..self.window.end]
    }

    /// Takes the first `count` bytes of [`Decoder::ready`].
    pub(crate) fn take(&mut self, count: usize) {
        assert!(count <= self.window.end - self.fresh, "more than is ready");
        self.fresh += count;
    }

    /// Decodes on after all that was ready, until the window is full or the stream ends; says whether it has
    /// ended. The input then stands at the first byte behind it. After an error nothing is ready.
    pub(crate) fn decode(&mut self) -> Result<bool, Error> {
        self.fresh = self.window.make_room();
        let ended = self.run();
        if ended.is_err() {
            self.fresh = self.window.end;
        }
        ended
    }

    fn run(&mut self) -> Result<bool, Error> {
        while self.window.end < REACH + FRESH {
            self.state = match self.state {
                State::BlockHeader if self.last_block => {
                    self.input.align();
                    State::Done
                }
                State::BlockHeader => self.block_header()?,
                State::Stored { left: 0 } => State::BlockHeader,
                State::Stored { left } => State::Stored { left: left - self.stored(left)? },
                State::Coded => self.coded()?,
                State::Done => return Ok(true),
            };
        }
        Ok(false)
    }

    fn block_header(&mut self) -> Result<State, Error> {
        let input = &mut self.input;
        self.last_block = input.take(1)? == 1;
        let offset = input.offset();
        match input.take(2)? {
            0 => {
                input.align();
                let offset = input.offset();
                let [length, complement] = [input.array()?, input.array()?].map(u16::from_le_bytes);
                if complement != !length {
                    let found = format!("stored length {length:#06x} with check {complement:#06x}");
                    return Err(Error::at(offset, found, format!("check {:#06x}", !length)));
                }
                return Ok(State::Stored { left: length.into() });
            }
            1 => {
                let mut literals = [8; 288]; // RFC 1951, section 3.2.6
                literals[144..256].fill(9);
                literals[256..280].fill(7);
                self.literals.build(&literals, literal_or_length).expect("the fixed code is complete");
                self.distances.build(&[5; 32], distance).expect("the fixed code is complete");
            }
            2 => self.dynamic_codes()?,
            _ => return Err(Error::at(offset, "block type 3", "0, 1 or 2")),
        }
        Ok(State::Coded)
    }

    /// Reads the two codes of a dynamic block (RFC 1951, section 3.2.7).
    fn dynamic_codes(&mut self) -> Result<(), Error> {
        let input = &mut self.input;
        let start = input.offset();
        let literals = usize::from(input.take(5)?) + 257;
        let distances = usize::from(input.take(5)?) + 1;
        let code_lengths = usize::from(input.take(4)?) + 4;
        for (found, most, code) in [(literals, 286, LITERALS), (distances, 30, DISTANCES)] {
            if found > most {
                return Err(Error::at(start, format!("{found} {code} codes"), format!("at most {most}")));
            }
        }
        let wrong = |error: Error| error.moved(|_| start);
        let mut lengths = [0u8; 19];
        for &symbol in &CODE_LENGTH_ORDER[..code_lengths] {
            lengths[symbol] = input.take(3)? as u8;
        }
        self.code_lengths.build(&lengths, Entry::literal).map_err(wrong)?;
        if lengths.iter().filter(|length| **length > 0).count() < 2 {
            return Err(wrong(incomplete(CODE_LENGTHS)));
        }

        // One list: a repeat may run from the first code into the second.
        let mut lengths = [0u8; 286 + 30];
        let total = literals + distances;
        let mut given = 0;
        while given < total {
            let (length, times) = self.code_length(lengths[..given].last().copied(), total - given)?;
            lengths[given..given + times].fill(length);
            given += times;
        }
        let (literals, distances) = lengths[..total].split_at(literals);
        if literals[256] == 0 {
            return Err(Error::at(start, "a block without a code for its end", "one"));
        }
        self.literals.build(literals, literal_or_length).map_err(wrong)?;
        self.distances.build(distances, distance).map_err(wrong)
    }

    /// The next code length and how often it stands, `left` at most.
    fn code_length(&mut self, previous: Option<u8>, left: usize) -> Result<(u8, usize), Error> {
        let input = &mut self.input;
        let entry = self.code_lengths.first(input.peek(7)?.into());
        let offset = input.offset();
        input.take(entry.bits())?;
        let (length, times) = match entry.value() {
            16 => {
                let times = usize::from(input.take(2)?) + 3;
                let nothing = || Error::at(offset, "a repeat of no code length", "one before it");
                (previous.ok_or_else(nothing)?, times)
            }
            17 => (0, usize::from(input.take(3)?) + 3),
            18 => (0, usize::from(input.take(7)?) + 11),
            length => (length as u8, 1),
        };
        if times > left {
            let found = format!("a code length repeated {times} times");
            return Err(Error::at(offset, found, format!("at most {left}")));
        }
        Ok((length, times))
    }

    /// Decodes literals and matches until the block ends or the window is full.
    fn coded(&mut self) -> Result<State, Error> {
        let Self { input, window, literals, distances, .. } = self;
        while window.end < REACH + FRESH {
            if input.next.at + LOOK_AHEAD > input.readable() {
                input.more()?;
            }
            match symbols(literals, distances, input, window) {
                Stop::Fault(error, bits) => return Err(input.error(error, bits)),
                _ if input.overruns(0) => return Err(input.truncated()),
                Stop::EndOfBlock => return Ok(State::BlockHeader),
                Stop::NoRoom => {}
            }
        }
        Ok(State::Coded)
    }

    /// Copies bytes of a stored block, as many as are ready, wanted and fit; returns how many.
    fn stored(&mut self, left: usize) -> Result<usize, Error> {
        let Self { input, window, .. } = self;
        let ready = input.bytes()?;
        let count = left.min(ready.len()).min(REACH + FRESH - window.end);
        window.bytes[window.end..window.end + count].copy_from_slice(&ready[..count]);
        window.end += count;
        input.skip(count);
        if count == 0 { Err(input.truncated()) } else { Ok(count) }
    }
}

/// The inner loop, which runs while [`LOOK_AHEAD`] input bytes and the window's slack are ahead:
///
/// ```text
/// refill to 56 bits
/// up to 3 literals, each at most 11 bits: on the third, start anew
/// refill, since a match may take 15 + 5 + 15 + 13 = 48
/// follow a long code into its subtable; a literal: start anew; the end: leave
/// length, distance, copy
/// ```
fn symbols(
    literals: &Literals,
    distances: &Distances,
    input: &mut Input<impl Read>,
    window: &mut Window,
) -> Stop {
    let readable = input.readable();
    let (mut next, mut end) = (input.next, window.end);
    let (bytes, buffer) = (&mut *window.bytes, &*input.buffer);
    let mut stop = Stop::NoRoom;
    while end < REACH + FRESH && next.at + LOOK_AHEAD <= readable {
        next.refill(buffer);
        let mut entry = literals.first(next.bits);
        if entry.is_literal() {
            put_literal(&mut next, entry, bytes, &mut end);
            entry = literals.first(next.bits);
            if entry.is_literal() {
                put_literal(&mut next, entry, bytes, &mut end);
                entry = literals.first(next.bits);
                if entry.is_literal() {
                    put_literal(&mut next, entry, bytes, &mut end);
                    continue;
                }
            }
            next.refill(buffer);
        }
        if entry.is_special() {
            let passed;
            (entry, passed) = literals.resolve(entry, next.bits);
            if entry.is_special() && !entry.is_end() {
                stop = meaningless(entry, LITERALS);
                break;
            }
            next.take(passed);
            if entry.is_end() {
                next.take(entry.bits());
                stop = Stop::EndOfBlock;
                break;
            }
            if entry.is_literal() {
                put_literal(&mut next, entry, bytes, &mut end);
                continue;
            }
        }
        let length = entry.ranged(next.bits);
        next.take(entry.bits());
        let (entry, passed) = distances.resolve(distances.first(next.bits), next.bits);
        if entry.is_special() {
            stop = meaningless(entry, DISTANCES);
            break;
        }
        let (distance, most) = (entry.ranged(next.bits >> passed), end - window.floor);
        if distance > most {
            stop = Stop::Fault(too_far(distance, most), passed + entry.bits());
            break;
        }
        next.take(passed + entry.bits());
        copy_match(bytes, end, distance, length);
        end += length;
    }
    (input.next, window.end) = (next, end);
    stop
}

/// Input bytes that one round of the inner loop may look at: two refills.
const LOOK_AHEAD: usize = 16;

/// Why the inner loop stopped.
enum Stop {
    /// No input ahead, or the window is full.
    NoRoom,
    EndOfBlock,
    /// What is wrong with the next so many bits.
    Fault(Error, u32),
}

#[inline(always)]
fn put_literal(next: &mut Bits, entry: Entry, bytes: &mut [u8; REACH + FRESH + SLACK], end: &mut usize) {
    next.take(entry.bits());
    bytes[*end] = entry.value() as u8;
    *end += 1;
}

#[cold]
fn too_far(distance: usize, most: usize) -> Error {
    Error::new(format!("a match {distance} bytes back"), format!("at most the {most} bytes before it"))
}

/// What is wrong with a code that stands for nothing.
#[cold]
fn meaningless(entry: Entry, code: &str) -> Stop {
    let found = entry.value();
    let (error, bits) = match (entry, code) {
        // Only a code of one bit leaves one unassigned.
        (Entry::UNASSIGNED, _) => {
            (Error::new(format!("bits that are no {code} code"), "one of the block's"), 1)
        }
        (_, DISTANCES) => (Error::new(format!("distance symbol {found}"), "at most 29"), entry.bits()),
        _ => (Error::new(format!("length symbol {found}"), "at most 285"), entry.bits()),
    };
    Stop::Fault(error, bits)
}

/// The order in which a dynamic block gives the lengths of the code-length code: those rarely used last.
const CODE_LENGTH_ORDER: [usize; 19] = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15];

/// The meaning of a literal or length symbol: bytes, the end, then lengths 3 to 258: eight without extra
/// bits, four for each number of extra bits up to 5, the longest by itself (RFC 1951, section 3.2.5).
fn literal_or_length(symbol: u16) -> Entry {
    match symbol {
        0..256 => Entry::literal(symbol),
        256 => Entry::END,
        257..265 => Entry::range(symbol - 254, 0),
        265..285 => {
            let (extra, within) = ((symbol - 261) / 4, (symbol - 261) % 4);
            Entry::range(3 + ((4 + within) << extra), extra)
        }
        285 => Entry::range(258, 0),
        _ => Entry::invalid(symbol),
    }
}

/// The meaning of a distance symbol: 1 to 32,768, four without extra bits, two for each number of extra bits
/// up to 13.
fn distance(symbol: u16) -> Entry {
    match symbol {
        0..4 => Entry::range(symbol + 1, 0),
        4..30 => {
            let (extra, within) = (symbol / 2 - 1, symbol % 2);
            Entry::range(1 + ((2 + within) << extra), extra)
        }
        _ => Entry::invalid(symbol),
    }
}

const _: () = assert!(LONGEST + 5 + LONGEST + 13 <= 56, "a match fits one refill");
