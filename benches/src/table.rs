//! Measurements in rounds, and the tables they are printed as.

use crate::{limits, shortest};
use monolayer::Isa;
use std::time::Duration;

/// How long short work is repeated for.
const WHILE: Duration = Duration::from_millis(30);

/// What a figure is compared with.
#[derive(Clone, Copy)]
pub enum Floor {
    /// Seconds of so many floating-point operations at the peak of one core with this instruction set.
    Flops(Isa, f64),
    /// Nothing: so many bytes come out.
    Bytes(f64),
}

/// Does it and appends the seconds of each time.
type Work<'a> = Box<dyn FnMut(&mut Vec<f64>) + 'a>;

/// One kind of work: a line of the table.
pub struct Line<'a> {
    name: String,
    floor: Floor,
    /// Whether the line before is the same work on one thread, this one on two.
    pub twin: bool,
    work: Work<'a>,
    seconds: Vec<f64>,
}

impl<'a> Line<'a> {
    /// Work that takes its own time.
    pub fn new(name: String, floor: Floor, work: impl FnMut(&mut Vec<f64>) + 'a) -> Self {
        Self { name, floor, twin: false, work: Box::new(work), seconds: Vec::new() }
    }

    /// Of short work, which is repeated; `times` is what it counts for.
    pub fn short(name: String, floor: Floor, times: usize, mut work: impl FnMut() + 'a) -> Self {
        Self::new(name, floor, move |seconds| seconds.push(shortest(WHILE, &mut work) / times as f64))
    }

    /// A round.
    pub fn measure(&mut self) {
        (self.work)(&mut self.seconds);
    }
}

/// The limits of one instruction set, a figure a round.
pub struct Limits {
    isa: Isa,
    /// Multiply-adds of one thread, of two; bytes from 16 KiB, 512 KiB, 8 MiB, 256 MiB; all in 10^9 a second.
    figures: [Vec<f64>; 6],
}

impl Limits {
    /// Not measured yet.
    pub fn new(isa: Isa) -> Self {
        Self { isa, figures: Default::default() }
    }

    /// A round; `ones` is 2^26 numbers 1 that begin at a cache line.
    pub fn measure(&mut self, ones: &[f32]) {
        let isa = self.isa;
        let read = |count| limits::bandwidth(isa, &ones[..count]);
        let peaks = [1, 2].map(|threads| limits::peak(isa, threads));
        let found = peaks.into_iter().chain([4 << 10, 128 << 10, 2 << 20, 64 << 20].map(read));
        self.figures.iter_mut().zip(found).for_each(|(all, new)| all.push(new / 1e9));
    }

    fn print(&mut self) {
        print!("{:8}", self.isa.name());
        for figures in &mut self.figures {
            let (median, (_, best)) = (median(figures), extremes(figures));
            print!(" {median:7.1} ({best:6.1})");
        }
        println!();
    }
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn extremes(values: &[f64]) -> (f64, f64) {
    let least = values.iter().copied().fold(f64::INFINITY, f64::min);
    (least, values.iter().copied().fold(0.0, f64::max))
}

/// Seconds as people read them.
pub(crate) fn time(seconds: f64) -> String {
    match seconds {
        s if s < 1e-3 => format!("{:.2} µs", s * 1e6),
        s if s < 1.0 => format!("{:.2} ms", s * 1e3),
        s => format!("{s:.3} s"),
    }
}

/// All tables.
pub fn print(lines: &mut [Line<'_>], limits: &mut [Limits]) {
    let head =
        ["1 thread", "2 threads", "16 KiB", "512 KiB", "8 MiB", "256 MiB"].map(|head| format!("{head:>17}"));
    println!(
        "At most, median (best): multiply-adds in GFLOP/s; reading, one thread, in GB/s\n{:8}{}",
        "",
        head.concat()
    );
    limits.iter_mut().for_each(Limits::print);
    print_shares(lines, limits);
    print_threads(lines, limits);
}

/// Floors of the median come from the median peak, those of the best from the best peak.
fn print_shares(lines: &mut [Line<'_>], limits: &mut [Limits]) {
    println!(
        "\n{:52} {:>10} {:>10} {:>10} {:>13} {:>11} {:>12}",
        "Work", "floor", "median", "best", "median/floor", "best/floor", "of the peak"
    );
    for Line { name, floor, seconds, .. } in lines {
        let (median_time, (best_time, _)) = (median(seconds), extremes(seconds));
        let (floor, shares) = match *floor {
            Floor::Bytes(bytes) => {
                let [median, best] = [median_time, best_time].map(|seconds| bytes / seconds / 1e6);
                (String::new(), format!("{median:8.0} MB/s {best:6.0} MB/s"))
            }
            Floor::Flops(isa, flops) => {
                let of_isa = limits.iter_mut().find(|limits| limits.isa == isa).expect("all were measured");
                let peaks = &mut of_isa.figures[0];
                let (median_peak, (_, best_peak)) = (median(peaks) * 1e9, extremes(peaks));
                let floor = flops / median_peak;
                let (median, best) = (median_time / floor, best_time * best_peak * 1e9 / flops);
                (time(floor), format!("{median:13.2} {best:11.2} {:10.0} %", 100.0 / median))
            }
        };
        println!("{name:52} {floor:>10} {:>10} {:>10} {shares}", time(median_time), time(best_time));
    }
}

/// How much faster two threads were: the machine itself, and each kind of work that ran on one and on two.
fn print_threads(lines: &mut [Line<'_>], limits: &mut [Limits]) {
    println!("\n{:52} {:>10} {:>10}", "Two threads, times as fast as one", "medians", "best");
    let [one, two, ..] = &mut limits.last_mut().expect("there is one").figures;
    let best = extremes(two).1 / extremes(one).1;
    println!("{:52} {:10.2} {best:10.2}", "multiply-adds on registers alone", median(two) / median(one));
    for i in 1..lines.len() {
        if let [one, two @ Line { twin: true, .. }] = &mut lines[i - 1..=i] {
            let best = extremes(&one.seconds).0 / extremes(&two.seconds).0;
            let medians = median(&mut one.seconds) / median(&mut two.seconds);
            println!("{:52} {medians:10.2} {best:10.2}", one.name.trim_end_matches(", threads: 1"));
        }
    }
}
