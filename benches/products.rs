//! The two big products alone, a batch of 100 against 100 and 300 hidden units, under each instruction set:
//! zero-skipping on digits, dense on noise in the shape of CIFAR-10. Elements are floating-point operations,
//! those that are skipped included. Both products are held against plain loops, bit for bit, before they are
//! timed.

use criterion::{Criterion, SamplingMode, Throughput, criterion_group, criterion_main};
use monolayer::Isa;
use yardstick::operands::{Kind, Operands};
use yardstick::sets::Set;

fn products(c: &mut Criterion) {
    let sets = [(Kind::ZeroSkipping, Set::digits()), (Kind::Dense, Set::cifar_shaped(100))];
    for (kind, set) in &sets {
        let features = set.images.features();
        let pixels = &set.images.pixels()[..100 * features];
        for hidden in [100, 300] {
            let mut group = c.benchmark_group(format!("{}, 100 x {features} x {hidden}", kind.name()));
            group.sampling_mode(SamplingMode::Flat);
            group.throughput(Throughput::Elements((2 * pixels.len() * hidden) as u64));
            for isa in Isa::available() {
                let mut operands = Operands::new(isa, pixels, features, hidden, 100);
                operands.check(*kind, 100);
                group.bench_function(format!("forward, {}", isa.name()), |b| {
                    b.iter(|| operands.forward(*kind));
                });
                group.bench_function(format!("update, {}", isa.name()), |b| {
                    b.iter(|| operands.update(*kind));
                });
            }
            group.finish();
        }
    }
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(20);
    targets = products
}
criterion_main!(all);
