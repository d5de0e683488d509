//! Digits through a model that was trained on digits: one by one, by the deployable core and by
//! `train::Predictor`, and 10,000 at once by `train::evaluate`, as many as MNIST has for testing. Elements
//! are images. Before, all ways give the same predictions under every instruction set.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use monolayer::Isa;
use std::hint::black_box;
use yardstick::inference::Trained;

fn inference(c: &mut Criterion) {
    for hidden in [100, 300] {
        let trained = Trained::digits(hidden);
        let mut group = c.benchmark_group(format!("1,000 digits one by one, M = {hidden}"));
        group.throughput(Throughput::Elements(trained.images.len() as u64));
        let mut scratch = trained.scratch();
        group.bench_function("infer::Model", |b| {
            b.iter(|| {
                trained.one_by_one(&mut scratch, |class| {
                    black_box(class);
                })
            });
        });
        for isa in Isa::available() {
            let mut predictor = trained.predictor(isa);
            group.bench_function(format!("Predictor, {}", isa.name()), |b| {
                b.iter(|| {
                    trained.one_by_one_on_host(&mut predictor, |class| {
                        black_box(class);
                    })
                });
            });
        }
        group.finish();

        let mut group = c.benchmark_group(format!("10,000 digits at once, M = {hidden}"));
        group.throughput(Throughput::Elements(trained.many.len() as u64));
        for isa in Isa::available() {
            group.bench_function(isa.name(), |b| b.iter(|| trained.evaluate(isa)));
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
