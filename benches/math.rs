//! Elementwise functions, a thousand values at a time, under each instruction set of this machine.
//!
//! Before it is timed, each function's answers are held against std's f64 function, and against the scalar
//! code's answers bit for bit.

use criterion::{
    BenchmarkGroup, Criterion, Throughput, criterion_group, criterion_main, measurement::WallTime,
};
use monolayer::internals::math;
use monolayer::internals::simd::{Isa, Kernel, Simd};
use std::hint::black_box;

/// A whole number of vectors of any instruction set.
const COUNT: usize = 1024;

/// One function over a slice, as a kernel.
trait Map {
    fn new<'a>(src: &'a [f32], dst: &'a mut [f32]) -> impl Kernel<Output = ()> + 'a;
}

macro_rules! maps {
    ($($name:ident = $function:path;)*) => {$(
        struct $name<'a> { src: &'a [f32], dst: &'a mut [f32] }

        impl Kernel for $name<'_> {
            type Output = ();
            #[inline(always)]
            fn run<S: Simd>(self, s: S) {
                for (x, y) in self.src.chunks_exact(S::LANES).zip(self.dst.chunks_exact_mut(S::LANES)) {
                    s.store($function(s, s.load(x)), y);
                }
            }
        }

        impl Map for $name<'_> {
            fn new<'a>(src: &'a [f32], dst: &'a mut [f32]) -> impl Kernel<Output = ()> + 'a {
                $name { src, dst }
            }
        }
    )*};
}

maps! {
    Exp = math::exp;
    Log1p = math::log1p;
    Tanh = math::tanh;
    Sin = math::sin;
    Cos = math::cos;
    Softplus = math::softplus;
    Logistic = math::logistic;
}

/// The largest distance of `values` from `judge`, in units of the last place of an f32.
fn ulps(src: &[f32], values: &[f32], judge: fn(f64) -> f64) -> f64 {
    let distance = |(&x, &y): (&f32, &f32)| {
        let exact = judge(f64::from(x));
        let place = f64::from(f32::from_bits((exact as f32).to_bits() + 1) - exact as f32).abs();
        (f64::from(y) - exact).abs() / place
    };
    src.iter().zip(values).map(distance).fold(0.0, f64::max)
}

/// Times one function on numbers spread evenly over `range`.
fn function<M: Map>(c: &mut Criterion, name: &str, range: [f32; 2], judge: fn(f64) -> f64) {
    let step = (range[1] - range[0]) / COUNT as f32;
    let src: Vec<f32> = (0..COUNT).map(|i| range[0] + (i as f32 + 0.5) * step).collect();
    let (mut scalar, mut dst) = (vec![0.0; COUNT], vec![0.0; COUNT]);
    Isa::Scalar.run(M::new(&src, &mut scalar));
    let error = ulps(&src, &scalar, judge);
    assert!(error <= 2.0, "{name}: {error} ulp");

    let mut group: BenchmarkGroup<WallTime> = c.benchmark_group(name);
    group.throughput(Throughput::Elements(COUNT as u64));
    for isa in Isa::available() {
        isa.run(M::new(&src, &mut dst));
        let same = scalar.iter().zip(&dst).all(|(a, b)| a.to_bits() == b.to_bits());
        assert!(same, "{name}: {} and scalar differ", isa.name());
        group.bench_function(isa.name(), |b| b.iter(|| isa.run(M::new(black_box(&src), &mut dst))));
    }
    group.finish();
}

fn functions(c: &mut Criterion) {
    function::<Exp>(c, "exp", [-20.0, 0.0], f64::exp);
    function::<Log1p>(c, "log1p", [-0.9, 20.0], f64::ln_1p);
    function::<Tanh>(c, "tanh", [-8.0, 8.0], f64::tanh);
    function::<Sin>(c, "sin", [-30.0, 30.0], f64::sin);
    function::<Cos>(c, "cos", [-30.0, 30.0], f64::cos);
    function::<Cos>(c, "cos, raw pixels", [-4000.0, 4000.0], f64::cos);
    function::<Softplus>(c, "softplus", [-20.0, 20.0], |x| x.max(0.0) + (-x.abs()).exp().ln_1p());
    function::<Logistic>(c, "logistic", [-20.0, 20.0], |x| 1.0 / (1.0 + (-x).exp()));
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(20);
    targets = functions
}
criterion_main!(all);
