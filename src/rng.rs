//! The named xorshift generator and everything random that training needs: CONTRACT C7.
//!
//! [`Rng`] is **xorshift64\*** (Vigna, "An experimental exploration of Marsaglia's xorshift generators,
//! scrambled", ACM TOMS 42(4), 2016: shifts 12, 25, 27, factor 2685821657736338717). It has one word of state
//! and a period of 2^64 − 1. Its upper 32 bits pass BigCrush, and nothing here uses the lower ones.
//! xorshift128+ is not used: no run needs the period of its two words of state, and its lowest bit is linear.
//!
//! Each purpose draws from a [`stream`] of its own, which does not depend on how much another draws: the
//! order of epoch e follows from the seed and e alone, and so a run can be resumed. Streams start at places
//! in one cycle of 2^64 − 1 that splitmix64 scatters: two of a thousand streams of 2^20 draws overlap with a
//! probability of about 10^-7.

use crate::math;
use crate::simd::{Isa, Kernel, Scalar, Simd};

/// The streams of a seed.
pub mod stream {
    /// The start weights.
    pub const WEIGHTS: u64 = 0;
    /// The weights of a gradient check that does not use the start weights.
    pub const GRADIENT_CHECK: u64 = 0x6C68;
    /// The choice of the samples held out of training.
    pub const HELD_OUT: u64 = 1;

    /// The order of the samples in epoch `epoch`: CONTRACT C9.
    pub const fn epoch(epoch: u32) -> u64 {
        (1 << 32) | epoch as u64
    }
}

/// A xorshift64\* generator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rng {
    /// Never 0, which xorshift cannot leave.
    state: u64,
}

impl Rng {
    /// The generator of stream `stream` of `seed`.
    ///
    /// The state is mix(mix(seed + γ) + stream + γ) with splitmix64's increment γ and mixing function: two
    /// streams of one seed, or one stream of two seeds, start with different states, but for the one that
    /// would be 0.
    pub const fn new(seed: u64, stream: u64) -> Self {
        let state = splitmix64(splitmix64(seed).wrapping_add(stream));
        // 0 is the state of one (seed, stream) in 2^64; any other number will do.
        Self { state: if state == 0 { GAMMA } else { state } }
    }

    /// The next 64 bits; the upper half is the better one.
    pub const fn next_u64(&mut self) -> u64 {
        self.state ^= self.state >> 12;
        self.state ^= self.state << 25;
        self.state ^= self.state >> 27;
        // Wraps: the scrambler is a product modulo 2^64.
        self.state.wrapping_mul(2_685_821_657_736_338_717)
    }

    /// The upper half of the next 64 bits.
    pub const fn next_u32(&mut self) -> u32 {
        (self.next_u64() >> 32) as u32
    }

    /// A multiple of 2^-24 in [0, 1), all equally likely.
    pub const fn uniform(&mut self) -> f32 {
        // Both steps are exact: 24 bits fit an f32, and the factor is a power of two.
        (self.next_u32() >> 8) as f32 * (1.0 / 16_777_216.0)
    }

    /// A number from the standard normal distribution: sqrt(−2 log1p(−u1)) · cos(2π u2), with u1 drawn first
    /// (Box and Muller, "A note on the generation of random normal deviates", 1958; the sine branch is left
    /// out, so that each call takes exactly two uniforms). At most 5.77 in magnitude, since 1 − u1 ≥ 2^-24.
    pub fn normal(&mut self) -> f32 {
        let (u1, u2) = (self.uniform(), self.uniform());
        box_muller(Scalar, u1, u2)
    }

    /// Fills `out` with the numbers of as many calls of [`Rng::normal`], faster.
    pub fn normals(&mut self, isa: Isa, out: &mut [f32]) {
        for out in out.chunks_mut(CHUNK) {
            let (mut u1, mut u2) = ([0.0; CHUNK], [0.0; CHUNK]);
            for (u1, u2) in u1.iter_mut().zip(&mut u2).take(out.len()) {
                (*u1, *u2) = (self.uniform(), self.uniform());
            }
            isa.run(BoxMuller { u1: &mut u1, u2: &u2 });
            out.copy_from_slice(&u1[..out.len()]);
        }
    }

    /// A whole number in 0..n, all equally likely (Lemire, "Fast random integer generation in an interval",
    /// 2019).
    ///
    /// # Panics
    /// If `n` is 0.
    pub const fn below(&mut self, n: u32) -> u32 {
        assert!(n > 0, "no number is below 0");
        // Of the 2^32 draws, 2^32 mod n are too many for equal shares: those whose product's low half is less
        // than that remainder. The remainder is less than n, so the division is needed only where the low
        // half is too.
        loop {
            let product = self.next_u32() as u64 * n as u64;
            let low = product as u32;
            if low >= n || low >= n.wrapping_neg() % n {
                return (product >> 32) as u32;
            }
        }
    }

    /// Fills `order` with 0, 1, ... in random order, all orders equally likely.
    ///
    /// # Panics
    /// As [`shuffle`](Self::shuffle).
    pub fn permutation(&mut self, order: &mut [u32]) {
        (0..).zip(order.iter_mut()).for_each(|(n, place)| *place = n);
        self.shuffle(order);
    }

    /// Puts `items` into random order, all orders equally likely (Fisher and Yates; Durstenfeld's form, from
    /// the last place down).
    ///
    /// # Panics
    /// If there are more than 2^32 − 1 of them.
    pub fn shuffle(&mut self, items: &mut [u32]) {
        let len = u32::try_from(items.len()).expect("at most 2^32 - 1 items");
        for place in (1..len).rev() {
            items.swap(place as usize, self.below(place + 1) as usize);
        }
    }
}

/// Normals at a time: whole vectors of any instruction set.
const CHUNK: usize = 64;

/// Turns pairs of uniforms into normals, in place of the first ones.
struct BoxMuller<'a> {
    u1: &'a mut [f32; CHUNK],
    u2: &'a [f32; CHUNK],
}

impl Kernel for BoxMuller<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        for (u1, u2) in self.u1.chunks_exact_mut(S::LANES).zip(self.u2.chunks_exact(S::LANES)) {
            s.store(box_muller(s, s.load(u1), s.load(u2)), u1);
        }
    }
}

/// sqrt(−2 log1p(−u1)) · cos(2π u2).
#[inline(always)]
fn box_muller<S: Simd>(s: S, u1: S::F32, u2: S::F32) -> S::F32 {
    let radius = s.sqrt(s.mul(s.splat(-2.0), math::log1p(s, s.neg(u1))));
    s.mul(radius, math::cos(s, s.mul(s.splat(core::f32::consts::TAU), u2)))
}

/// splitmix64's increment: 2^64 / φ, odd.
const GAMMA: u64 = 0x9E37_79B9_7F4A_7C15;

/// The first output of splitmix64 from state `seed` (Steele, Lea and Flood, "Fast splittable pseudorandom
/// number generators", 2014; Vigna's constants): a permutation of the 64-bit words.
const fn splitmix64(seed: u64) -> u64 {
    let mut z = seed.wrapping_add(GAMMA);
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}
