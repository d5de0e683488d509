//! What one core of this machine can do at most: the yardstick for every figure in LOG.md.
//!
//! For each instruction set: fused multiply-adds on registers alone, and reading floats from the first cache,
//! the second and memory. Each figure is the best of many short runs, and each run's answer is checked.

use monolayer::simd::{Isa, Kernel, MAX_LANES, Scalar, Simd};
use std::hint::black_box;
use std::time::{Duration, Instant};

/// Independent chains: two fused multiply-adds a cycle with a latency of four need eight; sixteen registers
/// hold twelve and the two factors.
const CHAINS: usize = 12;

/// x ← fma(x, `factor`, `addend`), `steps` times, in every lane of chains that start at 0, 1, 2 ...; the sum
/// of the chains.
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

/// The shortest time of `work`, tried for a quarter of a second and at least three times.
fn shortest(mut work: impl FnMut()) -> f64 {
    let (begin, mut best, mut runs) = (Instant::now(), Duration::MAX, 0);
    while runs < 3 || begin.elapsed() < Duration::from_millis(250) {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed());
        runs += 1;
    }
    best.as_secs_f64()
}

/// Billions of floating-point operations a second, a fused multiply-add counted as two.
fn peak(isa: Isa) -> f64 {
    let chains = |steps| FmaChains { factor: black_box(0.75), addend: black_box(1.0), steps };
    let (here, there) = (isa.run(chains(1000)), chains(1000).run(Scalar));
    assert!(
        here[..isa.lanes()].iter().all(|x| x.to_bits() == there[0].to_bits()),
        "{}: wrong sum",
        isa.name()
    );

    let steps = 100_000;
    let seconds = shortest(|| {
        black_box(isa.run(chains(steps)));
    });
    (2 * steps * CHAINS * isa.lanes()) as f64 / seconds / 1e9
}

/// Billions of bytes a second, read again and again from `values`, all of them 1.
fn bandwidth(isa: Isa, values: &[f32]) -> f64 {
    // Few enough passes for every lane's sum to be exact: below 2^24.
    let passes = (1 << 22) / values.len().min(1 << 22);
    let passes = passes.max(1);
    let seconds = shortest(|| {
        let sum = isa.run(Read { values, passes });
        assert_eq!(sum, (passes * values.len()) as f64, "{}: wrong sum", isa.name());
    });
    (4 * passes * values.len()) as f64 / seconds / 1e9
}

/// The processor's name, where Linux tells it.
fn processor() -> String {
    let text = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = text.lines().find_map(|l| l.strip_prefix("model name")?.split_once(": "));
    name.map_or("unknown processor", |(_, name)| name).to_string()
}

fn main() {
    println!("{}, {}, one thread", processor(), std::env::consts::ARCH);
    println!("{:8} {:>14} {:>12} {:>12} {:>12}", "", "fma", "16 KiB", "512 KiB", "256 MiB");
    let values = vec![1.0; 64 << 20];
    for isa in Isa::available() {
        let [first, second, memory] = [4 << 10, 128 << 10, 64 << 20].map(|n| bandwidth(isa, &values[..n]));
        println!(
            "{:8} {:7.1} GFLOP/s {first:7.1} GB/s {second:7.1} GB/s {memory:7.1} GB/s",
            isa.name(),
            peak(isa)
        );
    }
}
