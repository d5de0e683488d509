//! Subnormal deltas, made quick.
//!
//! Softplus units whose pre-activation is some −90 have a slope of exp(−90), a subnormal number; on raw
//! pixels a twentieth of all have. Many processors take a hundred times as long for a multiply-add with a
//! subnormal factor, and each delta is a factor once for each pixel: an epoch of CIFAR-10 took minutes. So
//! deltas are multiplied by 2^64 first, and the finished gradient by 2^−64
//! ([`Ascent::raised`](crate::linalg::Ascent)), where that changes no bit. That is so where pixels are whole
//! numbers and no sum reaches 2^63: every delta, and so every product and every sum, is a multiple of 2^−149.
//! Below 2^−126, where subnormals round to that multiple, the sum is itself one of them and nothing is
//! rounded; raised, it has at most the same 24 bits. Above, both round to 24 bits. Either way the raised sum
//! is 2^64 times the other one.

use crate::linalg::{Pixels, RAISED};
use crate::simd::{Kernel, MAX_LANES, Simd};

/// The greatest delta that may be raised, for sums over `samples`; `None` where pixels are not whole numbers.
pub(super) fn limit(value: &Pixels, samples: usize) -> Option<f32> {
    let table = value.table();
    let whole = |x: f32| x <= 65_536.0 && (x as u32) as f32 == x;
    if !table.iter().all(|&x| whole(x)) {
        return None;
    }
    // 2^62 leaves two more bits than the sum needs. Pixels grow with their bytes.
    Some(f32::from_bits((127 + 62) << 23) / (table[255] * samples as f32))
}

/// Raises a panel's deltas if one of them is subnormal and none above `limit`; says whether it did.
pub(super) struct Raise<'a> {
    /// (N, W).
    pub(super) delta: &'a mut [f32],
    pub(super) limit: f32,
}

impl Kernel for Raise<'_> {
    type Output = bool;
    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> bool {
        let (zero, normal) = (s.splat(0.0), s.splat(f32::MIN_POSITIVE));
        let (mut greatest, mut subnormal) = (zero, s.splat_i32(0));
        for delta in self.delta.chunks_exact(S::LANES) {
            let size = s.abs(s.load(delta));
            greatest = s.select(s.lt(greatest, size), size, greatest);
            subnormal = s.or_i32(subnormal, s.bits(s.select(s.lt(size, normal), size, zero)));
        }
        let mut lanes = [0.0; MAX_LANES];
        s.store(greatest, &mut lanes);
        let in_reach = lanes[..S::LANES].iter().all(|&greatest| greatest <= self.limit);
        if !in_reach || !s.any(s.lt(zero, s.f32_from_bits(subnormal))) {
            return false;
        }
        for delta in self.delta.chunks_exact_mut(S::LANES) {
            s.store(s.mul(s.load(delta), s.splat(RAISED)), delta);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::linalg::{Ascend, Ascent, specification};
    use crate::rng::Rng;
    use crate::simd::{Isa, fma};

    #[test]
    fn whole_pixels_may_be_raised() {
        for scale in [1.0, 0.5, 0.125, 1.0 / 256.0] {
            let limit = limit(&Pixels::new(scale), 100).unwrap();
            assert!(limit * 100.0 * (255.0 / scale) < f32::MAX / RAISED, "{scale}");
        }
        for scale in [255.0, 2.0, 0.3, 1e-9] {
            assert_eq!(limit(&Pixels::new(scale), 100), None, "{scale}");
        }
    }

    /// A number of either sign, with an exponent field below `exponents`: of a few bits, which make ties, or
    /// of all.
    fn number(rng: &mut Rng, exponents: u32) -> f32 {
        let mantissa = [0x8000_0000, 0x8070_0000, 0x807F_FFFF, 0x8000_000F][rng.below(4) as usize];
        f32::from_bits(rng.next_u32() & mantissa | rng.below(exponents) << 23)
    }

    #[test]
    fn raised_deltas_lead_to_the_same_weights() {
        let (samples, features, hidden) = (7, 3, 16);
        let mut rng = Rng::new(26, 1);
        let isas: Vec<Isa> = Isa::available().collect();
        let mut raised_runs = 0;
        for round in 0..20_000 {
            // Of some units all deltas are subnormal or 0, of others some, of others few.
            let delta: Vec<f32> =
                (0..samples * hidden).map(|i| number(&mut rng, [1, 1, 2, 130][i % 4])).collect();
            let w: Vec<f32> = (0..(features + 1) * hidden).map(|_| number(&mut rng, 135)).collect();
            let x: Vec<f32> = (0..samples * features).map(|_| rng.below(256) as f32).collect();
            let lambda = [0.0, 0.01, 0.25, 3.0][round % 4];
            let ascent = Ascent { eta: 0.75, lambda, raised: false };
            let mut expected = w.clone();
            specification::update(&x, &delta, &mut expected, hidden, ascent);

            let mut raised_delta = delta.clone();
            let limit = limit(&Pixels::new(1.0), samples).unwrap();
            let raised = Isa::best().run(Raise { delta: &mut raised_delta, limit });
            assert_eq!(raised, delta.iter().any(|x| x.is_subnormal()));
            raised_runs += u32::from(raised);
            let mut gradient = Vec::new();
            for (row, m) in (0..=features).flat_map(|row| (0..hidden).map(move |m| (row, m))) {
                let x = |n: usize| if row == 0 { 1.0 } else { x[n * features + row - 1] };
                gradient.push((0..samples).fold(0.0, |sum, n| fma(x(n), raised_delta[n * hidden + m], sum)));
            }
            let mut found = w.clone();
            let ascent = Ascent { raised, ..ascent };
            isas[round % isas.len()].run(Ascend { w: &mut found, gradient: &mut gradient, ascent });
            let bits = |w: &[f32]| w.iter().map(|w| w.to_bits()).collect::<Vec<_>>();
            assert_eq!(bits(&found), bits(&expected), "{round}");
        }
        assert!(raised_runs > 10_000);
        let mut large = [f32::from_bits(1), 1e30];
        assert!(!Isa::Scalar.run(Raise { delta: &mut large, limit: 1e9 }), "the sums might overflow");
        assert_eq!(large, [f32::from_bits(1), 1e30]);
    }
}
