//! What this machine can do at most, and how near the crate comes to it: figures that can be compared between
//! machines, because each is also given as a share of a floor that was measured in the same run: the
//! time that the floating-point operations take at the peak of one core, 4 N (D + 1) M for an epoch, none
//! skipped.
//!
//!     cargo run --release [-- DATA]
//!
//! DATA is a folder, file or archive of a data set, MNIST for one; without it, and beside it, the embedded
//! digits and noise in the shape of CIFAR-10 are trained on. Everything is checked first, then measured in
//! rounds, one measurement of each kind a round, so that a slow minute of a shared machine falls on all
//! alike. Work of less than some milliseconds is repeated, and the shortest time is the round's.

use monolayer::Isa;
use monolayer::data::{self, Options};
use monolayer::train::Machine;
use std::hint::black_box;
use std::path::Path;
use yardstick::growth::{self, Growth};
use yardstick::inference::Trained;
use yardstick::operands::{Floats, Kind, Operands};
use yardstick::sets::Set;
use yardstick::table::{self, Floor, Limits, Line};
use yardstick::{gzip, limits, vector_sets};

/// Measurements of each kind.
const ROUNDS: usize = 7;

/// Samples a block of the product of 1024: as many as leave the sums of all panels in a second-level cache.
const BLOCK: usize = 205;

/// The products alone: on a batch of 100 as in training, and 1024 x 1024 x 1024.
fn products<'a>(lines: &mut Vec<Line<'a>>, digits: &Set, dense: &Set) {
    for isa in vector_sets() {
        for (set, kind) in [(dense, Kind::Dense), (digits, Kind::ZeroSkipping)] {
            for hidden in [100, 300] {
                let features = set.images.features();
                let pixels = &set.images.pixels()[..100 * features];
                let operands = || {
                    let mut operands = Operands::new(isa, pixels, features, hidden, 100);
                    operands.check(kind, 100);
                    operands
                };
                let floor = Floor::Flops(isa, 2.0 * (pixels.len() * hidden) as f64);
                let name = |product| {
                    format!("{} {product}, 100 x {features} x {hidden}, {}", kind.name(), isa.name())
                };
                let (mut forward, mut update) = (operands(), operands());
                lines.push(Line::short(name("forward"), floor, 1, move || forward.forward(kind)));
                lines.push(Line::short(name("update"), floor, 1, move || update.update(kind)));
            }
        }
        let pixels = &dense.images.pixels()[..1 << 20];
        let mut cube = Operands::new(isa, pixels, 1024, 1024, BLOCK);
        cube.check(Kind::Dense, 32);
        let name = format!("dense forward, 1024 x 1024 x 1024, {}", isa.name());
        let floor = Floor::Flops(isa, 2.0 * f64::from(1 << 30));
        lines.push(Line::short(name, floor, 1, move || cube.forward(Kind::Dense)));
    }
}

/// Epochs, as `train::fit` reports their times; on the first images every way gives the scalar code's
/// weights.
fn epochs<'a>(lines: &mut Vec<Line<'a>>, set: &'a Set) {
    for hidden in [100, 300] {
        set.check(hidden);
        let (best, others) = (Isa::best(), vector_sets().into_iter().skip(1));
        let mut ways = vec![(best, 1), (best, 2)];
        ways.extend(others.map(|isa| (isa, 1)));
        for (isa, threads) in ways {
            let name = format!("{} epoch, M = {hidden}, {}, threads: {threads}", set.name, isa.name());
            // Short ones more often: in the first, a system may not have spread the threads over its
            // processors yet.
            let count = if set.flops(hidden) < 1e11 { 3 } else { 1 };
            let mut line = Line::new(name, Floor::Flops(isa, set.flops(hidden)), move |seconds| {
                seconds.extend(set.train(hidden, count, Machine::new(isa, threads)).seconds);
            });
            line.twin = threads == 2;
            lines.push(line);
        }
    }
}

/// One image as on a device and as on a host, and 10,000 at once; the floor is the dense forward product's.
fn inference<'a>(lines: &mut Vec<Line<'a>>, trained: &'a [(usize, Trained)]) {
    for (hidden, trained) in trained {
        let flops = 2.0 * ((trained.images.features() + 1) * hidden) as f64;
        let (best, count) = (Isa::best(), trained.images.len());
        let mut scratch = trained.scratch();
        let name = format!("one digit by infer::Model, M = {hidden}");
        lines.push(Line::short(name, Floor::Flops(best, flops), count, move || {
            trained.one_by_one(&mut scratch, |class| {
                black_box(class);
            });
        }));
        for isa in vector_sets() {
            let mut predictor = trained.predictor(isa);
            let name = format!("one digit by Predictor, M = {hidden}, {}", isa.name());
            lines.push(Line::short(name, Floor::Flops(isa, flops), count, move || {
                trained.one_by_one_on_host(&mut predictor, |class| {
                    black_box(class);
                });
            }));
            let many = trained.many.len();
            let name = format!("{many} digits by evaluate, M = {hidden}, {}", isa.name());
            let floor = Floor::Flops(isa, flops * many as f64);
            lines.push(Line::short(name, floor, 1, move || {
                black_box(trained.evaluate(isa));
            }));
        }
    }
}

fn decompress(file: &[u8]) -> Result<Vec<u8>, data::Error> {
    monolayer::internals::gzip::decompress(file, &data::Place::new("bench"), |_| Ok(u64::MAX))
}

/// The embedded digits, and words compressed here.
fn inflate<'a>(lines: &mut Vec<Line<'a>>, text: &[u8]) {
    let digits = &include_bytes!("../digits/train-images-idx3-ubyte.gz")[..];
    let images = decompress(digits).expect("a whole file");
    assert_eq!(images[16..], *Set::digits().images.pixels());
    let file = gzip::compress(text);
    assert!(decompress(&file).is_ok_and(|found| found == text));
    for (name, file, len) in [("digits", digits.to_vec(), images.len()), ("words", file, text.len())] {
        let name =
            format!("inflate, {name}, {:.1} MB to {:.1} MB", file.len() as f64 / 1e6, len as f64 / 1e6);
        lines.push(Line::short(name, Floor::Bytes(len as f64), 1, move || {
            black_box(decompress(&file).is_ok());
        }));
    }
}

/// The training images of the data set that the argument names.
fn given() -> Option<Set> {
    let path = std::env::args_os().nth(1)?;
    let data = data::load(Path::new(&path), &Options::default()).unwrap_or_else(|error| {
        eprintln!("{error}");
        std::process::exit(1);
    });
    if data.train.is_empty() {
        eprintln!("{}: no training images", Path::new(&path).display());
        std::process::exit(1);
    }
    Some(Set::new(data.kind.name(), data.train, data.classes.len()))
}

fn main() {
    let sets: Vec<Set> =
        [Some(Set::digits()), given(), Some(Set::cifar_shaped(10_000))].into_iter().flatten().collect();
    let (digits, dense) = (&sets[0], &sets[sets.len() - 1]);
    let trained = [100, 300].map(|hidden| (hidden, Trained::digits(hidden)));
    let mut lines = Vec::new();
    products(&mut lines, digits, dense);
    sets.iter().for_each(|set| epochs(&mut lines, set));
    inference(&mut lines, &trained);
    inflate(&mut lines, &gzip::text(20_000_000));

    let mut growths = growth::all(digits);

    let mut ones = Floats::zeros(64 << 20);
    ones.fill(1.0);
    let mut limits: Vec<Limits> = Isa::available().map(Limits::new).collect();
    for round in 1..=ROUNDS {
        eprint!("\rround {round} of {ROUNDS}");
        limits.iter_mut().for_each(|limits| limits.measure(&ones));
        lines.iter_mut().for_each(Line::measure);
        growths.iter_mut().for_each(Growth::measure);
    }
    eprintln!();
    println!("{}, {}, {ROUNDS} rounds", limits::processor(), std::env::consts::ARCH);
    table::print(&mut lines, &mut limits);
    growth::print(&growths);
}
