//! An epoch: shuffling, assembly, steps and cost, as `train::fit` reports it. Elements are floating-point
//! operations of the two big products, those that are skipped included. Before, all instruction sets and
//! numbers of threads give the same weights on the first images.

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use monolayer::Isa;
use monolayer::train::Machine;
use std::time::Duration;
use yardstick::sets::Set;
use yardstick::vector_sets;

fn epochs(c: &mut Criterion) {
    for set in [Set::digits(), Set::cifar_shaped(2_000)] {
        for hidden in [100, 300] {
            set.check(hidden);
            let mut group = c.benchmark_group(format!("epoch of {}, M = {hidden}", set.name));
            group.sampling_mode(SamplingMode::Flat);
            group.throughput(Throughput::Elements(set.flops(hidden) as u64));
            let mut ways: Vec<(Isa, usize)> = vector_sets().into_iter().map(|isa| (isa, 1)).collect();
            ways.push((Isa::best(), 2));
            for (isa, threads) in ways {
                group.bench_function(format!("{}, threads: {threads}", isa.name()), |b| {
                    b.iter_custom(|count| {
                        let trained = set.train(hidden, count as u32, Machine::new(isa, threads));
                        Duration::from_secs_f64(trained.seconds.iter().sum())
                    });
                });
            }
            group.finish();
        }
    }
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(20);
    targets = epochs
}
criterion_main!(all);
