//! a · b + c rounds once on every path (CONTRACT C3), and the other lane operations are those of IEEE 754
//! (CONTRACT C2).
//!
//! The judge is `f32::mul_add`, which the language promises to round once.

use monolayer::internals::simd::{Isa, Kernel, MAX_LANES, Simd, fma, fma_emulated};

/// Triples a call.
const BLOCK: usize = 1024;

/// d = fma(a, b, c), lane by lane.
struct Fma<'a> {
    a: &'a [f32],
    b: &'a [f32],
    c: &'a [f32],
    d: &'a mut [f32],
}

impl Kernel for Fma<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let operands = self.a.chunks(S::LANES).zip(self.b.chunks(S::LANES)).zip(self.c.chunks(S::LANES));
        for (((a, b), c), d) in operands.zip(self.d.chunks_mut(S::LANES)) {
            s.store(s.fma(s.load(a), s.load(b), s.load(c)), d);
        }
    }
}

/// The bits, with one pattern for every NaN: payloads are not promised.
fn bits(x: f32) -> u32 {
    if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() }
}

/// Holds every path against the judge; the triples are filled up to whole blocks with zeros.
fn check(triples: impl Iterator<Item = [f32; 3]>) {
    let mut triples = triples.peekable();
    let [mut a, mut b, mut c, mut d] = [[0.0f32; BLOCK]; 4];
    while triples.peek().is_some() {
        for i in 0..BLOCK {
            [a[i], b[i], c[i]] = triples.next().unwrap_or([0.0; 3]);
        }
        let wanted: [u32; BLOCK] = std::array::from_fn(|i| bits(a[i].mul_add(b[i], c[i])));
        let compare = |path: &str, d: &[f32; BLOCK]| {
            for i in 0..BLOCK {
                let (found, wanted) = (bits(d[i]), wanted[i]);
                assert!(
                    found == wanted,
                    "{path}: fma({:?}, {:?}, {:?}) = {:?}, not {:?}",
                    a[i],
                    b[i],
                    c[i],
                    d[i],
                    f32::from_bits(wanted)
                );
            }
        };
        compare("emulation", &std::array::from_fn(|i| fma_emulated(a[i], b[i], c[i])));
        compare("simd::fma", &std::array::from_fn(|i| fma(a[i], b[i], c[i])));
        for isa in Isa::available() {
            isa.run(Fma { a: &a, b: &b, c: &c, d: &mut d });
            compare(isa.name(), &d);
        }
    }
}

#[test]
fn all_triples_of_notable_values() {
    let mut values = Vec::new();
    for bits in [
        0x0000_0000, // 0
        0x0000_0001, // the least subnormal
        0x0000_0002,
        0x0000_0003,
        0x0040_0000,
        0x007F_FFFF, // the greatest subnormal
        0x0080_0000, // the least normal
        0x0080_0001,
        0x00FF_FFFF,
        0x0C80_0000, // 2^-102: times a number near 2^-24, a tie at the least normal
        0x1A00_0000, // 2^-75: its square is half the least subnormal
        0x1A00_0001,
        0x3380_0000, // 2^-24: half an ulp of 1
        0x3380_0001,
        0x337F_FFFF,
        0x3400_0000, // 2^-23: an ulp of 1
        0x3F00_0000, // 1/2
        0x3F7F_FFFF,
        0x3F80_0000, // 1
        0x3F80_0001,
        0x3FFF_FFFF,
        0x4040_0000, // 3
        0x4B80_0001, // 2^24 + 2
        0x5F7F_FFFF,
        0x5F80_0000, // 2^64: its square overflows
        0x7E80_0000,
        0x7F00_0000, // 2^127
        0x7F7F_FFFE,
        0x7F7F_FFFF, // the greatest
        0x7F80_0000, // infinity
        0x7FC0_0000, // NaN
    ] {
        values.extend([f32::from_bits(bits), -f32::from_bits(bits)]);
    }
    let v = &values;
    check(v.iter().flat_map(|&a| v.iter().flat_map(move |&b| v.iter().map(move |&c| [a, b, c]))));
}

/// splitmix64.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Any bits.
    fn any(&mut self) -> f32 {
        f32::from_bits(self.next() as u32)
    }

    /// ± a random mantissa times 2^e, e within `least..=greatest` (−126 to 127).
    fn of_exponent(&mut self, least: i32, greatest: i32) -> f32 {
        let n = self.next();
        let exponent = least + ((n >> 32) % (greatest - least + 1) as u64) as i32;
        f32::from_bits((n as u32 & 0x807F_FFFF) | ((exponent + 127) as u32) << 23)
    }
}

#[test]
fn random_triples() {
    let mut numbers = Numbers(1);
    let random = (0..600_000).map(|_| [numbers.any(), numbers.any(), numbers.any()]);
    check(random);
}

#[test]
fn random_triples_that_cancel() {
    let mut numbers = Numbers(2);
    check((0..600_000).map(|i| {
        let (a, b) = (numbers.of_exponent(-60, 60), numbers.of_exponent(-60, 60));
        // c = -a b, and a few units beside it.
        [a, b, f32::from_bits((-(a * b)).to_bits().wrapping_add(i % 7).wrapping_sub(3))]
    }));
}

#[test]
fn random_triples_with_subnormal_results() {
    let mut numbers = Numbers(3);
    check((0..600_000).map(|i| {
        let a = numbers.of_exponent(-100, -20);
        let exponent = (a.to_bits() >> 23 & 0xFF) as i32 - 127;
        // The product's exponent lies around -160..-124, the addend's below -126 half of the time.
        let b = numbers.of_exponent((-160 - exponent).max(-126), (-124 - exponent).min(127));
        let c = if i % 2 == 0 {
            f32::from_bits(numbers.next() as u32 & 0x807F_FFFF)
        } else {
            numbers.of_exponent(-126, -120)
        };
        [a, b, c]
    }));
}

#[test]
fn random_triples_around_overflow() {
    let mut numbers = Numbers(4);
    check((0..600_000).map(|_| {
        let a = numbers.of_exponent(20, 100);
        let exponent = (a.to_bits() >> 23 & 0xFF) as i32 - 127;
        [a, numbers.of_exponent(125 - exponent, 127 - exponent), numbers.of_exponent(100, 127)]
    }));
}

#[test]
fn random_triples_near_ties() {
    let mut numbers = Numbers(5);
    check((0..600_000).map(|i| {
        // c's half ulp is 2^(e - 24); a b is that, or beside it by one unit of a.
        let c = numbers.of_exponent(-90, 100);
        let exponent = (c.to_bits() >> 23 & 0xFF) as i32 - 127;
        let power = |e: i32| f32::from_bits(((e + 127) as u32) << 23);
        let half = exponent - 24;
        let a = f32::from_bits(power(half / 2).to_bits().wrapping_add(i % 3).wrapping_sub(1));
        [if i & 8 == 0 { a } else { -a }, power(half - half / 2), c]
    }));
}

/// Every other arithmetic operation, lane by lane, each into a row of `out`.
struct Operations<'a> {
    a: &'a [f32; MAX_LANES],
    b: &'a [f32; MAX_LANES],
    out: &'a mut [[f32; MAX_LANES]; 9],
}

impl Kernel for Operations<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for lane in (0..MAX_LANES).step_by(S::LANES) {
            let (a, b) = (s.load(&self.a[lane..]), s.load(&self.b[lane..]));
            let results = [
                s.add(a, b),
                s.sub(a, b),
                s.mul(a, b),
                s.div(a, b),
                s.sqrt(a),
                s.select(s.lt(a, b), a, b),
                s.select(s.eq(a, b), a, b),
                s.copysign(a, b),
                s.neg(s.abs(a)),
            ];
            for (out, result) in self.out.iter_mut().zip(results) {
                s.store(result, &mut out[lane..]);
            }
        }
    }
}

#[test]
fn the_other_operations_are_ieee() {
    let mut numbers = Numbers(6);
    let odd = [0, 1, 0x007F_FFFF, 0x0080_0000, 0x3F80_0000, 0x7F7F_FFFF, 0x7F80_0000, 0x7FC0_0000];
    for round in 0..60_000 {
        let mut draw = || {
            let n = numbers.next();
            let odd = f32::from_bits(odd[(n >> 40) as usize % 8] | (n as u32 & 0x8000_0000));
            if n >> 60 == 0 { odd } else { f32::from_bits(n as u32) }
        };
        let a: [f32; MAX_LANES] = std::array::from_fn(|_| draw());
        let b: [f32; MAX_LANES] = std::array::from_fn(|i| if (i + round) % 9 == 0 { a[i] } else { draw() });
        for isa in Isa::available() {
            let mut out = [[0.0; MAX_LANES]; 9];
            isa.run(Operations { a: &a, b: &b, out: &mut out });
            for i in 0..MAX_LANES {
                let (a, b) = (a[i], b[i]);
                let wanted = [
                    a + b,
                    a - b,
                    a * b,
                    a / b,
                    a.sqrt(),
                    if a < b { a } else { b },
                    if a == b { a } else { b },
                    a.copysign(b),
                    -a.abs(),
                ];
                for (operation, wanted) in wanted.into_iter().enumerate() {
                    let found = out[operation][i];
                    let name = isa.name();
                    assert!(
                        bits(found) == bits(wanted),
                        "{name}, operation {operation} of {a:?}, {b:?}: {found:?}"
                    );
                }
            }
        }
    }
}
