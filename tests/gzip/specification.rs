//! RFC 1951 bit by bit, with nothing clever: the judge.

/// The broken rule, as the decoder's message names it: what was found.
pub(crate) type Found = String;

const TRUNCATED: &str = "the end of the compressed data";

struct Stream<'a> {
    bytes: &'a [u8],
    /// Bits taken.
    at: usize,
}

impl Stream<'_> {
    fn bit(&mut self) -> Result<usize, Found> {
        let byte = self.bytes.get(self.at / 8).ok_or(TRUNCATED)?;
        let bit = byte >> (self.at % 8) & 1;
        self.at += 1;
        Ok(bit.into())
    }

    fn bits(&mut self, count: usize) -> Result<usize, Found> {
        let mut value = 0;
        for i in 0..count {
            value |= self.bit()? << i;
        }
        Ok(value)
    }
}

/// A code as pairs of (length, bits, highest first), one a symbol.
struct Code {
    codes: Vec<(usize, usize)>,
    alphabet: &'static str,
}

impl Code {
    fn new(lengths: &[usize], alphabet: &'static str) -> Result<Self, Found> {
        let used: Vec<usize> = lengths.iter().copied().filter(|length| *length > 0).collect();
        let sum: usize = used.iter().map(|length| 1 << (15 - length)).sum();
        if sum > 1 << 15 {
            return Err(format!("more {alphabet} codes than bit strings"));
        }
        let excused = matches!(used[..], [] | [1]) && alphabet != "code-length";
        if sum < 1 << 15 && !excused {
            return Err(format!("bit strings without a {alphabet} code"));
        }
        let mut codes = vec![(0, 0); lengths.len()];
        let mut code = 0;
        for length in 1..=15 {
            for symbol in (0..lengths.len()).filter(|symbol| lengths[*symbol] == length) {
                codes[symbol] = (length, code);
                code += 1;
            }
            code <<= 1;
        }
        Ok(Self { codes, alphabet })
    }

    fn symbol(&self, stream: &mut Stream<'_>) -> Result<usize, Found> {
        let (mut length, mut code) = (0, 0);
        loop {
            code = code << 1 | stream.bit()?;
            length += 1;
            if let Some(symbol) = self.codes.iter().position(|entry| *entry == (length, code)) {
                return Ok(symbol);
            }
            // All codes are complete, or of one bit at most.
            if self.codes.iter().all(|entry| entry.0 <= length) {
                return Err(format!("bits that are no {} code", self.alphabet));
            }
        }
    }
}

/// The data of a DEFLATE stream, and how many of the bytes it took.
pub(crate) fn inflate(bytes: &[u8]) -> Result<(Vec<u8>, usize), Found> {
    let mut stream = Stream { bytes, at: 0 };
    let mut out = Vec::new();
    loop {
        let last = stream.bit()? == 1;
        match stream.bits(2)? {
            0 => stored(&mut stream, &mut out)?,
            1 => {
                let lengths: Vec<usize> = (0..288)
                    .map(|symbol| match symbol {
                        0..144 => 8,
                        144..256 => 9,
                        256..280 => 7,
                        _ => 8,
                    })
                    .collect();
                let literals = Code::new(&lengths, "literal/length")?;
                let distances = Code::new(&[5; 32], "distance")?;
                coded(&mut stream, &mut out, &literals, &distances)?;
            }
            2 => {
                let (literals, distances) = codes(&mut stream)?;
                coded(&mut stream, &mut out, &literals, &distances)?;
            }
            _ => return Err("block type 3".into()),
        }
        if last {
            return Ok((out, stream.at.div_ceil(8)));
        }
    }
}

fn stored(stream: &mut Stream<'_>, out: &mut Vec<u8>) -> Result<(), Found> {
    stream.at = stream.at.next_multiple_of(8);
    let length = stream.bits(16)? as u16;
    let complement = stream.bits(16)? as u16;
    if length != !complement {
        return Err(format!("stored length {length:#06x} with check {complement:#06x}"));
    }
    for _ in 0..length {
        out.push(stream.bits(8)? as u8);
    }
    Ok(())
}

fn codes(stream: &mut Stream<'_>) -> Result<(Code, Code), Found> {
    let literals = stream.bits(5)? + 257;
    let distances = stream.bits(5)? + 1;
    let count = stream.bits(4)? + 4;
    if literals > 286 {
        return Err(format!("{literals} literal/length codes"));
    }
    if distances > 30 {
        return Err(format!("{distances} distance codes"));
    }
    let mut lengths = [0; 19];
    for i in 0..count {
        lengths[[16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15][i]] = stream.bits(3)?;
    }
    let code = Code::new(&lengths, "code-length")?;
    let mut lengths: Vec<usize> = Vec::new();
    let total = literals + distances;
    while lengths.len() < total {
        let (length, times) = match code.symbol(stream)? {
            16 => {
                let times = 3 + stream.bits(2)?;
                (*lengths.last().ok_or("a repeat of no code length")?, times)
            }
            17 => (0, 3 + stream.bits(3)?),
            18 => (0, 11 + stream.bits(7)?),
            length => (length, 1),
        };
        if times > total - lengths.len() {
            return Err(format!("a code length repeated {times} times"));
        }
        lengths.extend(std::iter::repeat_n(length, times));
    }
    let (literals, distances) = lengths.split_at(literals);
    if literals[256] == 0 {
        return Err("a block without a code for its end".into());
    }
    Ok((Code::new(literals, "literal/length")?, Code::new(distances, "distance")?))
}

/// Ranges as RFC 1951 lists them: bases and extra bits of the length symbols from 257, and of the distances.
fn ranges() -> [Vec<(usize, usize)>; 2] {
    let count_up = |first: usize, extras: Vec<usize>| {
        let mut base = first;
        let mut ranges = Vec::new();
        for extra in extras {
            ranges.push((base, extra));
            base += 1 << extra;
        }
        ranges
    };
    let mut lengths = count_up(3, (0..28).map(|i| if i < 8 { 0 } else { i / 4 - 1 }).collect());
    lengths.push((258, 0));
    [lengths, count_up(1, (0..30).map(|i| if i < 4 { 0 } else { i / 2 - 1 }).collect())]
}

fn coded(stream: &mut Stream<'_>, out: &mut Vec<u8>, literals: &Code, distances: &Code) -> Result<(), Found> {
    let [length_ranges, distance_ranges] = ranges();
    loop {
        let symbol = literals.symbol(stream)?;
        match symbol {
            0..256 => out.push(symbol as u8),
            256 => return Ok(()),
            286.. => return Err(format!("length symbol {symbol}")),
            _ => {
                let (base, extra) = length_ranges[symbol - 257];
                let length = base + stream.bits(extra)?;
                let symbol = distances.symbol(stream)?;
                if symbol >= 30 {
                    return Err(format!("distance symbol {symbol}"));
                }
                let (base, extra) = distance_ranges[symbol];
                let distance = base + stream.bits(extra)?;
                if distance > out.len() {
                    return Err(format!("a match {distance} bytes back"));
                }
                for _ in 0..length {
                    out.push(out[out.len() - distance]);
                }
            }
        }
    }
}
