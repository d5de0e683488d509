//! The elementwise functions: error bounds in ULP against f64, the same bits on every instruction set,
//! special values, symmetry.
//!
//!     cargo test --test math_accuracy -- --ignored      every function on all 2^32 arguments: minutes

use monolayer::internals::math::{self, Activation};
use monolayer::internals::simd::{Isa, Kernel, Scalar, Simd};
use std::f32::consts::LN_2;
use std::thread;

#[allow(dead_code)] // Written for the derivation of the constants; here the judge of the f64 logarithm.
#[path = "../tools/coefficients/src/derive/dd.rs"]
mod dd;

/// A function of one f32: its name, its greatest error on all 2^32 arguments, f64's opinion, and a
/// fingerprint.
struct Function {
    name: &'static str,
    /// ULP, rounded up to three decimals: a looser bound fails as well.
    bound: f64,
    judge: fn(f64) -> f64,
    which: Which,
    /// FNV-1a-64 of the results for every 65,537th argument: part of contract version 1.
    fingerprint: u64,
}

#[derive(Clone, Copy, Debug)]
enum Which {
    Exp,
    Log1p,
    Tanh,
    Sin,
    Cos,
    Softplus,
    Logistic,
    Slope(Activation),
}

/// The error bounds.
const FUNCTIONS: [Function; 7] = [
    row(Which::Exp, "exp", 0.892, f64::exp, 0xDCEA_26D8_3875_FB0B),
    row(Which::Log1p, "log1p", 0.917, f64::ln_1p, 0xE5D4_B142_0774_458B),
    row(Which::Tanh, "tanh", 0.976, f64::tanh, 0x1A6A_AADE_A0A1_1795),
    row(Which::Sin, "sin", 0.884, f64::sin, 0xCCFE_8162_66C9_3143),
    row(Which::Cos, "cos", 0.881, f64::cos, 0x5C77_D56B_7EAB_2C5F),
    row(Which::Softplus, "softplus", 1.843, softplus, 0xE5C0_AC2E_B5D8_1E7B),
    row(Which::Logistic, "logistic", 0.962, logistic, 0x89CA_53EB_C2EA_036D),
];

const fn row(
    which: Which,
    name: &'static str,
    bound: f64,
    judge: fn(f64) -> f64,
    fingerprint: u64,
) -> Function {
    Function { which, name, bound, judge, fingerprint }
}

fn softplus(a: f64) -> f64 {
    if a.is_nan() { a } else { a.max(0.0) + (-a.abs()).exp().ln_1p() }
}

fn logistic(a: f64) -> f64 {
    1.0 / (1.0 + (-a).exp())
}

/// Arguments a kernel call, a multiple of every lane count.
const BLOCK: usize = 1024;

/// Applies a function to a block, in place.
struct Apply<'a> {
    which: Which,
    block: &'a mut [f32; BLOCK],
}

impl Kernel for Apply<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for v in self.block.chunks_exact_mut(S::LANES) {
            let x = s.load(v);
            let y = match self.which {
                Which::Exp => math::exp(s, x),
                Which::Log1p => math::log1p(s, x),
                Which::Tanh => math::tanh(s, x),
                Which::Sin => math::sin(s, x),
                Which::Cos => math::cos(s, x),
                Which::Softplus => math::softplus(s, x),
                Which::Logistic => math::logistic(s, x),
                Which::Slope(activation) => activation.value_and_slope(s, x).1,
            };
            s.store(y, v);
        }
    }
}

/// |got − want| in units of the last place that an f32 near `want` has; infinite where one is NaN alone.
fn ulps(got: f32, want: f64) -> f64 {
    if want.is_nan() || got.is_nan() {
        return if want.is_nan() && got.is_nan() { 0.0 } else { f64::INFINITY };
    }
    // From 2^128 less half an ulp on, f32 rounds to infinity.
    let overflows = want.abs() >= 2f64.powi(128) - 2f64.powi(103);
    if overflows && got.is_infinite() && (got > 0.0) == (want > 0.0) {
        return 0.0;
    }
    let exponent = ((want.to_bits() >> 52 & 0x7FF) as i32 - 1023).clamp(-126, 127);
    (f64::from(got) - want).abs() / 2f64.powi(exponent - 23)
}

/// Calls `check` with blocks of the arguments whose bits are 0, `stride`, 2 `stride`, ... up to 2^32, on as
/// many threads as there are cores; returns the worst of what it gives (a measure and its argument).
fn sweep(stride: u64, check: impl Fn(&[f32; BLOCK]) -> (f64, f32) + Sync) -> (f64, f32) {
    let threads = thread::available_parallelism().map_or(1, |n| n.get() as u64);
    let (count, check) = ((1u64 << 32) / stride + 1, &check);
    let worst = |a: (f64, f32), b: (f64, f32)| if b.0 > a.0 { b } else { a };
    thread::scope(|scope| {
        let workers: Vec<_> = (0..threads)
            .map(|worker| {
                scope.spawn(move || {
                    let (from, to) = (count * worker / threads, count * (worker + 1) / threads);
                    (from..to).step_by(BLOCK).fold((0.0, 0.0), |found, start| {
                        let block =
                            std::array::from_fn(|i| f32::from_bits(((start + i as u64) * stride) as u32));
                        worst(found, check(&block))
                    })
                })
            })
            .collect();
        workers.into_iter().map(|w| w.join().expect("a worker")).fold((0.0, 0.0), worst)
    })
}

/// The greatest error of a function, and where.
fn greatest_error(function: &Function, isa: Isa, stride: u64) -> (f64, f32) {
    sweep(stride, |arguments| {
        let mut block = *arguments;
        isa.run(Apply { which: function.which, block: &mut block });
        let errors =
            arguments.iter().zip(&block).map(|(&x, &y)| (ulps(y, (function.judge)(f64::from(x))), x));
        errors.fold((0.0, 0.0), |worst, e| if e.0 > worst.0 { e } else { worst })
    })
}

/// Checks the table; the sweep must come within `slack` of each bound.
fn check_bounds(stride: u64, slack: f64) {
    let mut failed = Vec::new();
    for function in &FUNCTIONS {
        let (error, at) = greatest_error(function, Isa::best(), stride);
        println!("{:9} {error:.4} ULP at {at:?} ({:#010X})", function.name, at.to_bits());
        if error > function.bound || error < function.bound - slack {
            failed.push(function.name);
        }
    }
    assert!(failed.is_empty(), "a bound does not hold, or is looser than it need be: {failed:?}");
}

#[test]
fn errors_stay_within_their_bounds() {
    check_bounds(509, 0.15);
}

#[test]
#[ignore = "minutes: all 2^32 arguments of each function"]
fn errors_stay_within_their_bounds_everywhere() {
    check_bounds(1, 0.001);
}

/// The bits, with one pattern for every NaN: payloads are not promised.
fn bits(x: f32) -> u32 {
    if x.is_nan() { f32::NAN.to_bits() } else { x.to_bits() }
}

#[test]
fn every_instruction_set_gives_the_scalar_bits() {
    let slopes = Activation::ALL.map(Which::Slope);
    for which in FUNCTIONS.iter().map(|f| f.which).chain(slopes) {
        let (differences, at) = sweep(4099, |arguments| {
            let mut scalar = *arguments;
            Isa::Scalar.run(Apply { which, block: &mut scalar });
            for isa in Isa::available().skip(1) {
                let mut block = *arguments;
                isa.run(Apply { which, block: &mut block });
                let differing = (0..BLOCK).find(|&i| bits(block[i]) != bits(scalar[i]));
                if let Some(i) = differing {
                    return (1.0, arguments[i]);
                }
            }
            (0.0, 0.0)
        });
        assert!(differences == 0.0, "{which:?} of {at:?} ({:#010X}) differs from the scalar's", at.to_bits());
    }
}

#[test]
fn results_are_those_of_the_contract() {
    for function in &FUNCTIONS {
        let mut hash = FNV_START;
        for start in (0..65_536).step_by(BLOCK) {
            let mut block: [f32; BLOCK] =
                std::array::from_fn(|i| f32::from_bits((start + i as u32) * 65_537));
            Isa::Scalar.run(Apply { which: function.which, block: &mut block });
            hash = fnv(hash, block.iter().flat_map(|&y| bits(y).to_le_bytes()));
        }
        assert!(hash == function.fingerprint, "{}: found {hash:#018X}", function.name);
    }
}

const FNV_START: u64 = 0xCBF2_9CE4_8422_2325;

/// FNV-1a-64, continued from `hash`.
fn fnv(hash: u64, bytes: impl Iterator<Item = u8>) -> u64 {
    bytes.fold(hash, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01B3))
}

#[test]
fn special_values() {
    const INF: f32 = f32::INFINITY;
    const NAN: f32 = f32::NAN;
    const TINY: f32 = 1e-45;
    let s = Scalar;
    // (name, function, (argument, result)...)
    type Case = (&'static str, fn(f32) -> f32, &'static [(f32, f32)]);
    #[rustfmt::skip]
    let cases: [Case; 9] = [
        ("exp", |x| math::exp(Scalar, x), &[
            (0.0, 1.0), (-0.0, 1.0), (TINY, 1.0), (-TINY, 1.0), (INF, INF), (-INF, 0.0), (NAN, NAN), (f32::MAX, INF),
            (f32::MIN, 0.0), (88.722_84, INF), (-103.972_084, 0.0), (-103.972_07, TINY), (-87.336_55, 1.175_490_7e-38),
        ]),
        ("log1p", |x| math::log1p(Scalar, x), &[
            (0.0, 0.0), (-0.0, -0.0), (TINY, TINY), (-TINY, -TINY), (INF, INF), (-INF, NAN), (NAN, NAN), (-1.0, -INF),
            (-1.000_000_1, NAN), (f32::MIN, NAN), (f32::MAX, 88.722_84), (1.0, LN_2),
        ]),
        ("tanh", |x| math::tanh(Scalar, x), &[
            (0.0, 0.0), (-0.0, -0.0), (TINY, TINY), (-TINY, -TINY), (INF, 1.0), (-INF, -1.0), (NAN, NAN), (9.011, 1.0),
            (f32::MAX, 1.0), (f32::MIN, -1.0),
        ]),
        ("sin", |x| math::sin(Scalar, x), &[
            (0.0, 0.0), (-0.0, -0.0), (TINY, TINY), (-TINY, -TINY), (INF, NAN), (-INF, NAN), (NAN, NAN),
        ]),
        ("cos", |x| math::cos(Scalar, x), &[
            (0.0, 1.0), (-0.0, 1.0), (TINY, 1.0), (INF, NAN), (-INF, NAN), (NAN, NAN),
        ]),
        ("softplus", |x| math::softplus(Scalar, x), &[
            (0.0, LN_2), (-0.0, LN_2), (INF, INF), (-INF, 0.0), (NAN, NAN), (f32::MAX, f32::MAX), (f32::MIN, 0.0),
            (20.0, 20.0), (-103.972_07, TINY),
        ]),
        ("logistic", |x| math::logistic(Scalar, x), &[
            (0.0, 0.5), (-0.0, 0.5), (INF, 1.0), (-INF, 0.0), (NAN, NAN), (f32::MAX, 1.0), (f32::MIN, 0.0), (20.0, 1.0),
            (-103.972_07, TINY),
        ]),
        ("relu", |x| math::relu(Scalar, x), &[
            (0.0, 0.0), (-0.0, 0.0), (TINY, TINY), (-TINY, 0.0), (INF, INF), (-INF, 0.0), (NAN, NAN),
        ]),
        ("slope of relu", |x| Activation::Relu.value_and_slope(Scalar, x).1, &[
            (0.0, 0.0), (-0.0, 0.0), (TINY, 1.0), (-TINY, 0.0), (INF, 1.0), (-INF, 0.0), (NAN, 0.0),
        ]),
    ];
    for (name, function, table) in cases {
        for &(x, want) in table {
            let got = function(x);
            assert!(bits(got) == bits(want), "{name}({x:?}) is {got:?}, not {want:?}");
        }
    }
    assert_eq!(math::sin_cos(s, 0.0), (0.0, 1.0));
}

#[test]
fn symmetries_ranges_and_slopes() {
    let s = Scalar;
    let (wrong, at) = sweep(16_411, |arguments| {
        for &x in arguments.iter().filter(|x| !x.is_nan()) {
            let (sin, cos) = math::sin_cos(s, x);
            let (z, e) = (math::tanh(s, x), math::exp(s, x));
            let mut right = bits(math::tanh(s, -x)) == bits(-z);
            right &= bits(math::sin(s, -x)) == bits(-sin) && bits(math::sin(s, x)) == bits(sin);
            right &= bits(math::cos(s, -x)) == bits(cos) && bits(math::cos(s, x)) == bits(cos);
            right &= z.abs() <= 1.0 && e >= 0.0 && (!x.is_finite() || (sin.abs() <= 1.0 && cos.abs() <= 1.0));
            right &= (0.0..=1.0).contains(&math::logistic(s, x)) && math::softplus(s, x) >= x.max(0.0);
            let slopes = [math::logistic(s, x), s.fma(-z, z, 1.0), -sin, if x > 0.0 { 1.0 } else { 0.0 }];
            for (activation, slope) in Activation::ALL.into_iter().zip(slopes) {
                let pair = activation.value_and_slope(s, x);
                right &= bits(pair.0) == bits(activation.value(s, x)) && bits(pair.1) == bits(slope);
            }
            if !right {
                return (1.0, x);
            }
        }
        (0.0, 0.0)
    });
    assert!(wrong == 0.0, "at {at:?} ({:#010X})", at.to_bits());
}

/// Numbers from splitmix64.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Within ±`range`.
    fn within(&mut self, range: f32) -> f32 {
        ((self.next() >> 40) as f32 / 8_388_608.0 - 1.0) * range
    }
}

struct Softmax<'a> {
    logits: &'a mut [f32],
    stride: usize,
    classes: usize,
    normalisers: &'a mut [(f32, f32)],
}

impl Kernel for Softmax<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        math::softmax(s, self.logits, self.stride, self.classes, self.normalisers);
    }
}

#[test]
fn softmax_gives_the_row_definition_bits_on_every_instruction_set() {
    const ROWS: usize = 37;
    let mut numbers = Numbers(1);
    let odd = [f32::INFINITY, f32::NEG_INFINITY, f32::NAN, 0.0, -0.0, f32::MAX, f32::MIN, 1e-45];
    for classes in 1..=128usize {
        let stride = classes.div_ceil(16) * 16;
        let mut logits: Vec<f32> = (0..ROWS * stride).map(|_| numbers.within(60.0)).collect();
        // The last rows hold values that no training should give; the padding holds anything.
        for (i, v) in logits.iter_mut().enumerate().skip((ROWS - 12) * stride) {
            if numbers.next() & 3 == 0 {
                *v = odd[(i + numbers.next() as usize % 8) % 8];
            }
        }
        let mut rows = logits.clone();
        let wanted: Vec<(f32, f32)> =
            rows.chunks_mut(stride).map(|row| math::softmax_row(&mut row[..classes])).collect();
        for isa in Isa::available() {
            let mut found = logits.clone();
            let mut normalisers = [(0.0, 0.0); ROWS];
            isa.run(Softmax { logits: &mut found, stride, classes, normalisers: &mut normalisers });
            for (row, (found, wanted)) in found.chunks(stride).zip(rows.chunks(stride)).enumerate() {
                let same = (0..classes).all(|k| bits(found[k]) == bits(wanted[k]));
                let padding = found[classes..].iter().all(|y| y.to_bits() == 0);
                assert!(same && padding, "{} classes, row {row}, {}", classes, isa.name());
            }
            let pair = |&(max, sum): &(f32, f32)| (bits(max), bits(sum));
            assert!(
                normalisers.iter().map(pair).eq(wanted.iter().map(pair)),
                "{classes} classes, {}",
                isa.name()
            );
        }
    }
}

#[test]
fn softmax_is_the_softmax() {
    let mut numbers = Numbers(2);
    for classes in 1..=128 {
        let logits: Vec<f32> = (0..classes).map(|_| numbers.within(20.0)).collect();
        let mut y = logits.clone();
        let (max, sum) = math::softmax_row(&mut y);
        let exact: Vec<f64> = logits.iter().map(|&v| (f64::from(v) - f64::from(max)).exp()).collect();
        let exact_sum: f64 = exact.iter().sum();
        assert!(logits.iter().all(|&v| v <= max) && logits.contains(&max));
        assert!((f64::from(sum) / exact_sum - 1.0).abs() < 1e-6);
        for (&y, e) in y.iter().zip(exact) {
            // The difference v - m, up to 40 of it, is rounded: that is 2^-19 relative to e^(v - m).
            assert!((f64::from(y) / (e / exact_sum) - 1.0).abs() < 4e-6);
        }
    }
}

#[test]
fn double_logarithm() {
    /// ULP, rounded up to two decimals.
    const BOUND: f64 = 0.90;
    let mut numbers = Numbers(3);
    let mut worst = (0.0, 0.0);
    for i in 0..40_000 {
        let bits = numbers.next() >> 1;
        let x = match i % 4 {
            // Any, near 1, softmax sums, around the changes of exponent.
            0 => f64::from_bits(bits),
            1 => 1.0 + (bits as f64 / 2f64.powi(63) - 0.5) * 2f64.powi(-(i % 50)),
            2 => 1.0 + bits as f64 / 2f64.powi(63) * 127.0,
            _ => {
                std::f64::consts::SQRT_2
                    * 2f64.powi(i % 9 - 4)
                    * (1.0 + (bits as f64 / 2f64.powi(63) - 0.5) * 1e-3)
            }
        };
        if x.is_finite() && x >= f64::MIN_POSITIVE {
            let (got, want) = (math::double::ln(x), dd::Dd::from(x).ln());
            let error = (dd::Dd::from(got) - want).abs().hi / ulp(want.hi);
            worst = if error > worst.0 { (error, x) } else { worst };
        }
    }
    println!("double::ln {:.4} ULP at {:?}", worst.0, worst.1);
    assert!(worst.0 <= BOUND && worst.0 > BOUND - 0.1, "{} ULP at {:?}", worst.0, worst.1);

    #[rustfmt::skip]
    let special = [
        (1.0, 0.0),
        (0.0, f64::NEG_INFINITY),
        (-0.0, f64::NEG_INFINITY),
        (f64::INFINITY, f64::INFINITY),
        (-1.0, f64::NAN),
        (f64::NEG_INFINITY, f64::NAN),
        (f64::NAN, f64::NAN),
        (5e-324, -744.440_071_921_381_2),
        (f64::MAX, 709.782_712_893_384),
        (f64::MIN_POSITIVE, -708.396_418_532_264_1),
    ];
    for (x, want) in special {
        let got = math::double::ln(x);
        assert!(got == want || (got.is_nan() && want.is_nan()), "ln({x:?}) is {got:?}, not {want:?}");
    }
}

/// Losses and costs are made of this function's bits.
#[test]
fn double_logarithms_are_those_of_the_contract() {
    let mut numbers = Numbers(4);
    let results = (0..8_000u64).map(|i| {
        let bits = numbers.next() >> 1;
        let x = match i % 4 {
            // Any positive number, subnormals included; around 1, closer and closer; softmax sums of f32;
            // sums in f64.
            0 => f64::from_bits(bits % f64::INFINITY.to_bits()),
            1 => f64::from_bits(
                1f64.to_bits().wrapping_add_signed(((bits >> 12) as i64 - (1 << 50)) >> (i % 50)),
            ),
            2 => f64::from(1.0 + (bits >> 40) as f32 / 65_536.0),
            _ => 1.0 + (bits >> 11) as f64 / (1u64 << 52) as f64 * 127.0,
        };
        math::double::ln(x)
    });
    let hash = fnv(FNV_START, results.flat_map(|y| y.to_bits().to_le_bytes()));
    assert!(hash == 0x5C51_5F2B_F99A_4CB2, "found {hash:#018X}");
}

/// e^x in double-double.
fn dd_exp(x: f64) -> dd::Dd {
    let e = dd::Dd::from(x.abs()).exp();
    if x < 0.0 { dd::Dd::ONE / e } else { e }
}

/// sin(x) and cos(x) in double-double, for |x| ≤ 2^23: less its multiple of π/2.
fn dd_sin_cos(x: f64) -> (dd::Dd, dd::Dd) {
    let half_pi = dd::Dd { hi: std::f64::consts::FRAC_PI_2, lo: 6.123_233_995_736_766e-17 };
    let n = (x / half_pi.hi).round();
    let rest = dd::Dd::from(x) - dd::Dd::from(n) * half_pi;
    let (sin, cos) = (rest.sin(), rest.cos());
    [(sin, cos), (cos, -sin), (-sin, -cos), (-cos, sin)][n.rem_euclid(4.0) as usize]
}

/// The gradient check's functions. Bounds are ULP, rounded up to one decimal.
#[test]
fn double_functions() {
    use dd::Dd;
    use math::double;
    type Judged = (&'static str, f64, f64, fn(f64) -> f64, fn(f64) -> Dd);
    let functions: [Judged; 7] = [
        ("exp", 0.9, 600.0, double::exp, dd_exp),
        ("log1p", 1.1, 1.0, |x| double::log1p_of_fraction(x.abs()), |x| (Dd::ONE + Dd::from(x.abs())).ln()),
        ("softplus", 1.7, 20.0, double::softplus, |x| (Dd::ONE + dd_exp(x)).ln()),
        ("logistic", 1.8, 600.0, double::logistic, |x| Dd::ONE / (Dd::ONE + dd_exp(-x))),
        ("tanh", 2.3, 25.0, double::tanh, |x| Dd::from(x).tanh()),
        ("sin", 0.8, 8_388_608.0, |x| double::sin_cos(x).0, |x| dd_sin_cos(x).0),
        ("cos", 0.8, 8_388_608.0, |x| double::sin_cos(x).1, |x| dd_sin_cos(x).1),
    ];
    let mut failures = Vec::new();
    for (name, bound, range, ours, judge) in functions {
        let (mut numbers, mut worst) = (Numbers(5), (0.0, 0.0));
        for i in 0..12_000 {
            // Of all magnitudes from a millionth of the range on.
            let x = (numbers.next() as f64 / 2f64.powi(63) - 1.0) * range * 2f64.powi(-(i % 20));
            let (got, want) = (ours(x), judge(x));
            let error = (Dd::from(got) - want).abs().hi / ulp(want.hi);
            worst = if error > worst.0 { (error, x) } else { worst };
        }
        println!("double::{name} {:.4} ULP at {:?}", worst.0, worst.1);
        if worst.0 > bound || worst.0 <= bound - 0.1 {
            failures.push((name, bound, worst));
        }
    }
    assert!(failures.is_empty(), "{failures:?}");
}

#[test]
fn double_functions_at_their_limits() {
    use math::double;
    let same = |got: f64, want: f64, what: &str| {
        assert!(
            got.to_bits() == want.to_bits() || (got.is_nan() && want.is_nan()),
            "{what}: {got:e} {want:e}"
        );
    };
    for (x, want) in [
        (0.0, 1.0),
        (-0.0, 1.0),
        (f64::INFINITY, f64::INFINITY),
        (f64::NEG_INFINITY, 0.0),
        (709.79, f64::INFINITY),
        (-745.2, 0.0),
        (-745.0, 5e-324),
        (f64::NAN, f64::NAN),
    ] {
        same(double::exp(x), want, "exp");
    }
    let tiny = 1e-300;
    for (x, want) in [
        (0.0, 0.0),
        (-0.0, -0.0),
        (f64::INFINITY, 1.0),
        (f64::NEG_INFINITY, -1.0),
        (tiny, tiny),
        (-25.0, -1.0),
        (f64::NAN, f64::NAN),
    ] {
        same(double::tanh(x), want, "tanh");
    }
    for (x, want) in [(1e6, 1e6), (-1e6, 0.0), (f64::INFINITY, f64::INFINITY), (f64::NAN, f64::NAN)] {
        same(double::softplus(x), want, "softplus");
    }
    for (x, want) in [(1e6, 1.0), (-1e6, 0.0), (0.0, 0.5), (f64::NAN, f64::NAN)] {
        same(double::logistic(x), want, "logistic");
    }
    for x in [f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 8_388_609.0, -1e300] {
        same(double::sin_cos(x).0, f64::NAN, "sin");
        same(double::sin_cos(x).1, f64::NAN, "cos");
    }
    for (x, want) in
        [(0.0, 0.0), (-0.0, -0.0), (f64::INFINITY, f64::INFINITY), (-1.0, f64::NAN), (f64::NAN, f64::NAN)]
    {
        same(double::sqrt(x), want, "sqrt");
    }
    let mut numbers = Numbers(6);
    for _ in 0..10_000 {
        let x = f64::from_bits(numbers.next() >> 1);
        if x.is_normal() {
            assert!((double::sqrt(x) - x.sqrt()).abs() <= ulp(x.sqrt()), "sqrt of {x:e}");
        }
    }
    same(double::sin_cos(0.0).0, 0.0, "sin");
    same(double::sin_cos(0.0).1, 1.0, "cos");
    same(double::log1p_of_fraction(0.0), 0.0, "log1p");
    same(double::log1p_of_fraction(tiny), tiny, "log1p");
    for i in 0..2000 {
        let x = f64::from(i) * 0.37 - 370.0;
        let close = |got: f64, want: f64| (got - want).abs() <= 4e-16 * want.abs();
        assert!(close(double::exp(x), x.exp()) && close(double::tanh(x), x.tanh()), "{x}");
    }
}

/// The last place's unit of a normal f64.
fn ulp(x: f64) -> f64 {
    f64::from_bits(x.abs().to_bits() & !((1 << 52) - 1)) * 2f64.powi(-52)
}
