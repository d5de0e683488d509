//! Digits through a model that was trained on digits: the deployable core, image by image, and `train::evaluate`, all
//! 1,000 test images at once. Elements are images. Before, both give the same predictions under every instruction set.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use monolayer::simd::Isa;
use std::hint::black_box;
use yardstick::inference::Trained;

fn inference(c: &mut Criterion) {
    for hidden in [100, 300] {
        let trained = Trained::digits(hidden);
        let mut scratch = trained.scratch();
        let mut group = c.benchmark_group(format!("1,000 digits, M = {hidden}"));
        group.throughput(Throughput::Elements(trained.images.len() as u64));
        group.bench_function("infer::Model, one by one", |b| {
            b.iter(|| {
                trained.one_by_one(&mut scratch, |class| {
                    black_box(class);
                })
            });
        });
        for isa in Isa::available() {
            group.bench_function(format!("evaluate, {}", isa.name()), |b| {
                b.iter(|| trained.evaluate(isa));
            });
        }
        group.finish();
    }
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(10);
    targets = inference
}
criterion_main!(all);
