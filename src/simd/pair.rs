//! Two vectors as one: a function of many dependent steps, such as those of `math`, then takes each step for
//! both, and the steps of one hide the latency of the other's.

use super::Simd;

/// The lanes of two vectors of S.
#[derive(Clone, Copy, Debug)]
pub struct Pair<S>(pub S);

/// Implements methods of [`Simd`] as S's on both halves.
macro_rules! on_both {
    ($($name:ident ( $($arg:ident : $kind:ident),* ) -> $ret:ident;)*) => {
        $(#[inline(always)]
        fn $name(self, $($arg: [S::$kind; 2]),*) -> [S::$ret; 2] {
            [self.0.$name($($arg[0]),*), self.0.$name($($arg[1]),*)]
        })*
    };
}

impl<S: Simd> Simd for Pair<S> {
    const LANES: usize = 2 * S::LANES;
    const REGISTERS: usize = S::REGISTERS / 2;
    type F32 = [S::F32; 2];
    type I32 = [S::I32; 2];
    type Mask = [S::Mask; 2];
    type Half = S;

    #[inline(always)]
    fn half(self) -> S {
        self.0
    }
    #[inline(always)]
    fn splat(self, x: f32) -> [S::F32; 2] {
        [self.0.splat(x); 2]
    }
    #[inline(always)]
    fn load(self, src: &[f32]) -> [S::F32; 2] {
        [self.0.load(src), self.0.load(&src[S::LANES..])]
    }
    #[inline(always)]
    fn store(self, v: [S::F32; 2], dst: &mut [f32]) {
        self.0.store(v[0], dst);
        self.0.store(v[1], &mut dst[S::LANES..]);
    }
    #[inline(always)]
    fn load_u8(self, src: &[u8]) -> [S::F32; 2] {
        [self.0.load_u8(src), self.0.load_u8(&src[S::LANES..])]
    }
    #[inline(always)]
    fn any(self, mask: [S::Mask; 2]) -> bool {
        self.0.any(mask[0]) || self.0.any(mask[1])
    }
    #[inline(always)]
    fn shl_i32(self, a: [S::I32; 2], n: i32) -> [S::I32; 2] {
        [self.0.shl_i32(a[0], n), self.0.shl_i32(a[1], n)]
    }
    #[inline(always)]
    fn sar_i32(self, a: [S::I32; 2], n: i32) -> [S::I32; 2] {
        [self.0.sar_i32(a[0], n), self.0.sar_i32(a[1], n)]
    }
    on_both! {
        add(a: F32, b: F32) -> F32;
        sub(a: F32, b: F32) -> F32;
        mul(a: F32, b: F32) -> F32;
        div(a: F32, b: F32) -> F32;
        sqrt(a: F32) -> F32;
        fma(a: F32, b: F32, c: F32) -> F32;
        lt(a: F32, b: F32) -> Mask;
        eq(a: F32, b: F32) -> Mask;
        select(mask: Mask, yes: F32, no: F32) -> F32;
        bits(a: F32) -> I32;
        f32_from_bits(a: I32) -> F32;
        add_i32(a: I32, b: I32) -> I32;
        sub_i32(a: I32, b: I32) -> I32;
        and_i32(a: I32, b: I32) -> I32;
        or_i32(a: I32, b: I32) -> I32;
        xor_i32(a: I32, b: I32) -> I32;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::math::Activation;
    use crate::simd::{Isa, Kernel};
    use std::vec::Vec;

    /// Functions that use nearly all operations, in place.
    struct Apply<'a>(Activation, &'a mut [f32], &'a mut [f32]);

    impl Kernel for Apply<'_> {
        type Output = ();
        #[inline(always)]
        fn run<S: Simd>(self, s: S) {
            let s = Pair(s);
            for (z, slope) in self.1.chunks_exact_mut(2 * S::LANES).zip(self.2.chunks_exact_mut(2 * S::LANES))
            {
                let (value, derivative) = self.0.value_and_slope(s, s.sqrt(s.load(z)));
                s.store(s.div(value, s.load(slope)), z);
                s.store(derivative, slope);
            }
        }
    }

    #[test]
    fn both_vectors_have_the_bits_of_one() {
        // In each vector some lanes that take the cosine's slow path, and some that do not.
        let all: Vec<f32> = (0..64).map(|n| (n * n) as f32 * if n % 5 == 0 { 1e9 } else { 0.037 }).collect();
        for activation in Activation::ALL {
            let s = crate::simd::Scalar;
            let one = |&z: &f32| {
                let (value, derivative) = activation.value_and_slope(s, s.sqrt(z));
                [(value / 3.0).to_bits(), derivative.to_bits()]
            };
            let expected: Vec<_> = all.iter().map(one).collect();
            for isa in Isa::available() {
                let (mut z, mut slope) = (all.clone(), std::vec![3.0; 64]);
                isa.run(Apply(activation, &mut z, &mut slope));
                let found: Vec<_> = z.iter().zip(&slope).map(|(z, h)| [z.to_bits(), h.to_bits()]).collect();
                assert_eq!(found, expected, "{activation:?} {isa:?}");
            }
        }
    }
}
