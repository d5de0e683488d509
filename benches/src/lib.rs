//! What the benchmarks and the program `machine` share: the machine's own limits, and work with known
//! answers.

pub mod growth;
pub mod gzip;
pub mod inference;
pub mod limits;
pub mod operands;
pub mod sets;
pub mod table;

use monolayer::Isa;
use std::time::{Duration, Instant};

/// The shortest time of `work` in seconds, tried for `at_least` and at least three times.
///
/// On a shared machine the shortest of many short runs is what the code takes; the others tell of the
/// neighbours.
pub fn shortest(at_least: Duration, mut work: impl FnMut()) -> f64 {
    let (begin, mut best, mut runs) = (Instant::now(), Duration::MAX, 0);
    while runs < 3 || begin.elapsed() < at_least {
        let start = Instant::now();
        work();
        best = best.min(start.elapsed());
        runs += 1;
    }
    best.as_secs_f64()
}

/// The instruction sets of this machine that have vectors, the fastest first; scalar code where none has.
pub fn vector_sets() -> Vec<Isa> {
    let mut sets: Vec<Isa> = Isa::available().filter(|isa| isa.lanes() > 1).collect();
    sets.reverse();
    if sets.is_empty() { vec![Isa::best()] } else { sets }
}
