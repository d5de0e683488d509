//! What this machine can do at most: multiply-adds on registers alone, and reading floats from each level of
//! memory.

use crate::shortest;
use monolayer::internals::simd::{Isa, Kernel, MAX_LANES, Scalar, Simd};
use std::hint::black_box;
use std::time::Duration;

/// Independent chains: two fused multiply-adds a cycle with a latency of four need eight; sixteen registers
/// hold twelve and the two factors.
const CHAINS: usize = 12;

/// How long a limit is tried for.
const WHILE: Duration = Duration::from_millis(40);

/// x ← fma(x, `factor`, `addend`), `steps` times, in every lane of chains that start at 0, 1, 2 ...; the sum
/// of the chains.
#[derive(Clone, Copy)]
struct FmaChains {
    factor: f32,
    addend: f32,
    steps: usize,
}

impl Kernel for FmaChains {
    type Output = [f32; MAX_LANES];

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> [f32; MAX_LANES] {
        let (factor, addend) = (s.splat(self.factor), s.splat(self.addend));
        let mut chains = [s.splat(0.0); CHAINS];
        for (i, x) in chains.iter_mut().enumerate() {
            *x = s.splat(i as f32);
        }
        for _ in 0..self.steps {
            for x in &mut chains {
                *x = s.fma(*x, factor, addend);
            }
        }
        let mut sum = s.splat(0.0);
        for x in chains {
            sum = s.add(sum, x);
        }
        let mut lanes = [0.0; MAX_LANES];
        s.store(sum, &mut lanes);
        lanes
    }
}

/// Floating-point operations a second, a fused multiply-add counted as two, of `threads` threads together.
pub fn peak(isa: Isa, threads: usize) -> f64 {
    let chains = |steps| FmaChains { factor: black_box(0.75), addend: black_box(1.0), steps };
    let (here, there) = (isa.run(chains(1000)), chains(1000).run(Scalar));
    let same = here[..isa.lanes()].iter().all(|x| x.to_bits() == there[0].to_bits());
    assert!(same, "{}: wrong sum", isa.name());

    // Long enough that starting a thread, some 50 microseconds, is nothing beside it.
    let steps = if threads == 1 { 100_000 } else { 2_000_000 };
    let seconds = shortest(WHILE, || {
        std::thread::scope(|scope| {
            for _ in 1..threads {
                scope.spawn(|| black_box(isa.run(chains(steps))));
            }
            black_box(isa.run(chains(steps)));
        });
    });
    (2 * steps * CHAINS * isa.lanes() * threads) as f64 / seconds
}

/// The sum of `values`, read `passes` times, through eight accumulators.
struct Read<'a> {
    values: &'a [f32],
    passes: usize,
}

impl Kernel for Read<'_> {
    type Output = f64;

    #[inline(always)]
    fn run<S: Simd>(self, s: S) -> f64 {
        let mut sums = [s.splat(0.0); 8];
        for _ in 0..self.passes {
            for block in black_box(self.values).chunks_exact(8 * S::LANES) {
                for (sum, values) in sums.iter_mut().zip(block.chunks_exact(S::LANES)) {
                    *sum = s.add(*sum, s.load(values));
                }
            }
        }
        let mut total = 0.0;
        for sum in sums {
            let mut lanes = [0.0; MAX_LANES];
            s.store(sum, &mut lanes);
            total += lanes[..S::LANES].iter().map(|&x| f64::from(x)).sum::<f64>();
        }
        total
    }
}

/// Bytes a second, read again and again from `values`, all of them 1.
pub fn bandwidth(isa: Isa, values: &[f32]) -> f64 {
    // Few enough passes for every lane's sum to be exact: below 2^24.
    let passes = (1 << 22) / values.len().min(1 << 22);
    let seconds = shortest(WHILE, || {
        let sum = isa.run(Read { values, passes });
        assert_eq!(sum, (passes * values.len()) as f64, "{}: wrong sum", isa.name());
    });
    (4 * passes * values.len()) as f64 / seconds
}

/// The processor's name, where Linux tells it.
pub fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|l| l.strip_prefix("model name")?.split_once(": "));
    name.map_or("unknown processor", |(_, name)| name).to_string()
}
