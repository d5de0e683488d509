//! Everything random follows from the seed, is what its publications say, and is fair: CONTRACT C7.

use monolayer::rng::{Rng, stream};

/// splitmix64 as published: a counter and a mixing function.
struct SplitMix64(u64);

impl SplitMix64 {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e3779b97f4a7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58476d1ce4e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d049bb133111eb);
        z ^ (z >> 31)
    }
}

/// xorshift64* with the shifts as 64 x 64 matrices over GF(2): the recurrence from its definition.
fn xorshift64star(state: &mut u64) -> u64 {
    let shift = |x: u64, by: i32| {
        (0..64)
            .filter(|&bit| (0..64).contains(&(bit - by)) && x >> (bit - by) & 1 == 1)
            .fold(0, |y, bit| y | 1 << bit)
    };
    for by in [-12, 25, -27] {
        *state ^= shift(*state, by);
    }
    (u128::from(*state) * 2685821657736338717 % (1 << 64)) as u64
}

#[test]
fn splitmix64_and_xorshift_are_the_published_ones() {
    // Known outputs of splitmix64 from state 1234567.
    let mut published = SplitMix64(1234567);
    assert_eq!([published.next(), published.next()], [6457827717110365317, 3203168211198807973]);

    for (seed, stream) in
        [(0, 0), (1, 0), (1, 1), (1, stream::epoch(1)), (u64::MAX, u64::MAX), (42, stream::epoch(9))]
    {
        let first = SplitMix64(seed).next();
        let mut state = SplitMix64(first.wrapping_add(stream)).next();
        let mut rng = Rng::new(seed, stream);
        for _ in 0..1000 {
            assert_eq!(rng.next_u64(), xorshift64star(&mut state), "seed {seed}, stream {stream}");
        }
    }
}

/// Computed by a program of a few lines in another language, from the publications.
#[test]
fn vectors_are_pinned() {
    let mut rng = Rng::new(1, stream::WEIGHTS);
    let vector = [7128516123424890602, 17570244622814186008, 6886836120189303481, 16615679064011016107];
    assert_eq!([(); 4].map(|()| rng.next_u64()), vector);
    let mut rng = Rng::new(1, stream::epoch(1));
    assert_eq!([(); 4].map(|()| rng.next_u32()), [1618997190, 2813562348, 386824671, 1455485953]);
    assert_eq!(
        [(); 4].map(|()| rng.uniform() * 16_777_216.0),
        [5170369.0, 16057209.0, 11789227.0, 7304452.0]
    );
    assert_eq!([(); 8].map(|()| rng.below(10)), [9, 9, 1, 3, 9, 1, 0, 6]);
    let mut order: [u32; 12] = core::array::from_fn(|i| i as u32);
    rng.shuffle(&mut order);
    assert_eq!(order, [0, 3, 5, 1, 11, 7, 4, 10, 9, 8, 6, 2]);
}

#[test]
fn no_state_is_zero() {
    // The seed whose state would be 0: undo both splitmix64 steps (each a bijection) for stream 0.
    let gamma = 0x9e3779b97f4a7c15_u64;
    let seed = unmix(0_u64.wrapping_sub(gamma)).wrapping_sub(gamma);
    let mut first = SplitMix64(SplitMix64(seed).next());
    assert_eq!(first.next(), 0, "this is the seed that was looked for");
    let mut rng = Rng::new(seed, 0);
    assert!((0..100).all(|_| rng.next_u64() != 0));
}

/// The inverse of splitmix64's mixing function.
fn unmix(mut z: u64) -> u64 {
    let unshift = |z: u64, by: u32| (0..64 / by + 1).fold(z, |x, _| z ^ (x >> by));
    // Newton's iteration for the inverse of an odd number modulo 2^64.
    let inverse = |n: u64| (0..6).fold(n, |x, _| x.wrapping_mul(2_u64.wrapping_sub(n.wrapping_mul(x))));
    z = unshift(z, 31).wrapping_mul(inverse(0x94d049bb133111eb));
    z = unshift(z, 27).wrapping_mul(inverse(0xbf58476d1ce4e5b9));
    unshift(z, 30)
}

#[test]
fn streams_of_a_seed_share_nothing() {
    let mut heads: Vec<u64> = Vec::new();
    for seed in 0..10 {
        heads.push(Rng::new(seed, stream::WEIGHTS).next_u64());
        heads.extend((0..1000).map(|epoch| Rng::new(seed, stream::epoch(epoch)).next_u64()));
    }
    heads.sort_unstable();
    heads.dedup();
    assert_eq!(heads.len(), 10 * 1001);

    // Neighbouring streams do not correlate: their bits agree half the time. 2^20 bits, 5 standard
    // deviations.
    for (a, b) in [(stream::WEIGHTS, stream::epoch(0)), (stream::epoch(0), stream::epoch(1)), (0, 1)] {
        let (mut a, mut b) = (Rng::new(1, a), Rng::new(1, b));
        let agree: u32 = (0..1 << 15).map(|_| (!(a.next_u32() ^ b.next_u32())).count_ones()).sum();
        assert!(agree.abs_diff(1 << 19) < 5 * 512, "{agree} of 2^20 bits agree");
    }
}

#[test]
fn uniforms_are_multiples_of_2_to_the_minus_24_and_fill_the_interval() {
    const DRAWS: u32 = 1 << 20;
    let mut rng = Rng::new(7, 7);
    let (mut sum, mut squares, mut bins) = (0.0, 0.0, [0_u32; 256]);
    for _ in 0..DRAWS {
        let u = rng.uniform();
        let scaled = u * 16_777_216.0;
        assert!((0.0..1.0).contains(&u) && scaled as u32 as f32 == scaled, "{u}");
        sum += f64::from(u);
        squares += f64::from(u) * f64::from(u);
        bins[(u * 256.0) as usize] += 1;
    }
    let n = f64::from(DRAWS);
    // Five standard deviations: of the mean sqrt(1/12 / n), of the mean square sqrt(4/45 / n).
    assert!((sum / n - 0.5).abs() < 5.0 * (1.0 / 12.0 / n).sqrt());
    assert!((squares / n - 1.0 / 3.0).abs() < 5.0 * (4.0 / 45.0 / n).sqrt());
    assert_fair(&bins);
}

#[test]
fn normals_are_box_muller_of_two_uniforms() {
    let mut rng = Rng::new(1, stream::WEIGHTS);
    let mut uniforms = rng.clone();
    for _ in 0..100_000 {
        let (u1, u2) = (f64::from(uniforms.uniform()), f64::from(uniforms.uniform()));
        let expected = (-2.0 * (-u1).ln_1p()).sqrt() * (std::f64::consts::TAU * u2).cos();
        let z = f64::from(rng.normal());
        // The angle, at most 2 pi, is rounded to f32 twice over: 2^-21 absolute, times a radius of at most
        // 5.77.
        assert!((z - expected).abs() < 5e-6, "{z}, expected {expected} from {u1}, {u2}");
    }
    assert_eq!(rng, uniforms, "two uniforms each");
}

#[test]
fn normals_are_pinned() {
    let mut rng = Rng::new(1, stream::WEIGHTS);
    let vector = [
        0x3f71_d6d0,
        0x3f48_e73c,
        0x3e98_5c3f,
        0x3f34_4c2f,
        0xbf5a_a39e,
        0x4008_ff19,
        0xbe81_2a8f,
        0x3fcf_961c,
    ];
    assert_eq!([(); 8].map(|()| rng.normal().to_bits()), vector);
    let hash = (0..100_000).fold(0_u64, |hash, _| hash.rotate_left(7) ^ u64::from(rng.normal().to_bits()));
    assert_eq!(hash, 0x950e_05a5_9bf6_51cc, "the next 100,000");
}

#[test]
fn normals_have_the_moments_and_the_quantiles_of_the_normal_distribution() {
    const DRAWS: u32 = 1 << 20;
    // The quantiles of 1/8 .. 7/8.
    const EIGHTHS: [f32; 7] = [-1.1503494, -0.6744898, -0.3186394, 0.0, 0.3186394, 0.6744898, 1.1503494];
    let mut rng = Rng::new(11, stream::WEIGHTS);
    let (mut powers, mut bins) = ([0.0; 4], [0; 8]);
    for _ in 0..DRAWS {
        let z = rng.normal();
        assert!(z.abs() < 5.77);
        (1..).zip(&mut powers).for_each(|(power, sum)| *sum += f64::from(z).powi(power));
        bins[EIGHTHS.iter().filter(|&&quantile| quantile < z).count()] += 1;
    }
    let n = f64::from(DRAWS);
    // E z^p = 0, 1, 0, 3; Var z^p = E z^2p - (E z^p)^2 = 1, 2, 15, 96. Five standard deviations.
    for ((sum, mean), variance) in
        powers.into_iter().zip([0.0, 1.0, 0.0, 3.0]).zip([1.0, 2.0, 15.0, 96.0_f64])
    {
        assert!((sum / n - mean).abs() < 5.0 * (variance / n).sqrt(), "{} instead of {mean}", sum / n);
    }
    assert_fair(&bins);
}

#[test]
fn bounded_integers_are_fair_and_in_range() {
    let mut rng = Rng::new(3, 0);
    for n in [1, 2, 3, 10, 127, 1000] {
        let mut bins = vec![0; n as usize];
        (0..200 * n).for_each(|_| bins[rng.below(n) as usize] += 1);
        assert_fair(&bins);
    }
    // A quarter of the draws has to be refused here; without that, every third number would come twice as
    // often.
    let mut bins = [0; 3];
    (0..30_000).for_each(|_| bins[(rng.below(3 << 30) % 3) as usize] += 1);
    assert_fair(&bins);
    assert!((0..1000).all(|_| rng.below(u32::MAX) < u32::MAX));
}

#[test]
fn every_order_of_four_is_equally_likely() {
    let mut rng = Rng::new(5, 0);
    let mut counts = [0; 24];
    for _ in 0..24_000 {
        let mut order = [0, 1, 2, 3];
        rng.shuffle(&mut order);
        let mut sorted = order;
        sorted.sort_unstable();
        assert_eq!(sorted, [0, 1, 2, 3]);
        // The order's number in the factorial system.
        let smaller_after = |i: usize| order[i + 1..].iter().filter(|&&x| x < order[i]).count();
        counts[smaller_after(0) * 6 + smaller_after(1) * 2 + smaller_after(2)] += 1;
    }
    assert_fair(&counts);
}

#[test]
fn shuffles_of_any_length_keep_every_item() {
    for len in [0, 1, 2, 60_000] {
        let mut order: Vec<u32> = (0..len).collect();
        Rng::new(1, stream::epoch(1)).shuffle(&mut order);
        assert!(len < 3 || order.iter().zip(0..).any(|(&item, place)| item != place));
        order.sort_unstable();
        assert!(order.into_iter().eq(0..len));
    }
}

/// Chi-square against equal shares, within six standard deviations on both sides: too even is not fair
/// either.
fn assert_fair(counts: &[u32]) {
    let expected = f64::from(counts.iter().sum::<u32>()) / counts.len() as f64;
    let chi2: f64 = counts.iter().map(|&count| (f64::from(count) - expected).powi(2) / expected).sum();
    let freedom = counts.len() as f64 - 1.0;
    assert!((chi2 - freedom).abs() <= 6.0 * (2.0 * freedom).sqrt(), "chi-square {chi2} at {freedom} degrees");
}

#[test]
fn many_normals_are_the_same_as_one_by_one() {
    for isa in monolayer::Isa::available() {
        for count in [0, 1, 15, 16, 63, 64, 65, 1000] {
            let (mut one, mut many) = (Rng::new(8, 9), Rng::new(8, 9));
            let mut normals = vec![f32::NAN; count];
            many.normals(isa, &mut normals);
            assert!(
                normals.iter().all(|normal| normal.to_bits() == one.normal().to_bits()),
                "{isa:?} {count}"
            );
            assert_eq!(one, many);
        }
    }
}
