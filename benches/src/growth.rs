//! How the cost grows when the hidden units, the images or the pixels are doubled: linearly, or a table says
//! where not.

use crate::sets::Set;
use crate::shortest;
use crate::table::time;
use monolayer::Isa;
use monolayer::data::Images;
use monolayer::train::{Machine, Predictor};
use std::hint::black_box;
use std::time::Duration;

/// How long short work is repeated for.
const WHILE: Duration = Duration::from_millis(10);

/// What is timed, one thread: an epoch, a test on as many images, one image.
const WORK: [&str; 3] = ["epoch", "set", "one image"];

/// One size, and the seconds of each kind of work, a figure a round.
pub struct Growth {
    /// M, N or D, and how much of it.
    letter: char,
    size: usize,
    hidden: usize,
    set: Set,
    predictor: Predictor,
    seconds: [Vec<f64>; 3],
}

impl Growth {
    fn new(letter: char, size: usize, hidden: usize, set: Set) -> Self {
        let machine = Machine::new(Isa::best(), 1);
        let network = set.first(250).train(hidden, 1, machine).network;
        let predictor = Predictor::new(&network.params(), machine).expect("a network just trained");
        Self { letter, size, hidden, set, predictor, seconds: Default::default() }
    }

    /// A round.
    pub fn measure(&mut self) {
        let Self { set, predictor, .. } = self;
        let machine = Machine::new(Isa::best(), 1);
        let epochs = set.train(self.hidden, 2, machine).seconds;
        let evaluate = || {
            black_box(predictor.evaluate(&set.images).expect("images that fit"));
        };
        let many = shortest(WHILE, evaluate);
        let pass = shortest(WHILE, || {
            for n in 0..250 {
                black_box(predictor.predict(set.images.image(n)).expect("an image that fits"));
            }
        });
        let found = [epochs.into_iter().fold(f64::INFINITY, f64::min), many, pass / 250.0];
        self.seconds.iter_mut().zip(found).for_each(|(all, new)| all.push(new));
    }
}

/// Every size: 5,000 digits of 784 pixels and 100 hidden units, but for the size that is doubled. Pictures of
/// half the pixels are every second row of the digits', of twice as many two digits: all are as black as each
/// other.
pub fn all(digits: &Set) -> Vec<Growth> {
    let set = || digits.first(digits.images.len());
    let by_hidden = (4..=11).map(|log| (1 << log, set())).map(|(m, set)| Growth::new('M', m, m, set));
    let by_images = [8, 4, 2, 1].map(|part| digits.first(digits.images.len() / part));
    let by_images = by_images.map(|set| Growth::new('N', set.images.len(), 100, set));
    let by_pixels = [half_rows(digits), set(), twice(digits)];
    let by_pixels = by_pixels.map(|set| Growth::new('D', set.images.features(), 100, set));
    by_hidden.chain(by_images).chain(by_pixels).collect()
}

/// Every second row of each picture of 28 pixels a row.
fn half_rows(digits: &Set) -> Set {
    let rows = digits.images.pixels().chunks_exact(28).step_by(2);
    of(digits, digits.images.features() / 2, rows.flatten().copied().collect())
}

/// Each picture twice.
fn twice(digits: &Set) -> Set {
    let pictures = digits.images.pixels().chunks_exact(digits.images.features());
    of(digits, 2 * digits.images.features(), pictures.flat_map(|picture| picture.repeat(2)).collect())
}

fn of(digits: &Set, features: usize, pixels: Vec<u8>) -> Set {
    let images = Images::new(features, pixels, digits.images.labels().to_vec());
    Set::new(&digits.name, images, digits.classes)
}

/// The best of the rounds, and how many times that of the size before it is.
pub fn print(growths: &[Growth]) {
    let head = WORK.map(|work| format!("{work:>12} {:>6}", "times"));
    println!("\n{:8} {}", "Doubled", head.concat());
    let mut before: Option<(char, [f64; 3])> = None;
    for Growth { letter, size, seconds, .. } in growths {
        let best = seconds.each_ref().map(|all| all.iter().copied().fold(f64::INFINITY, f64::min));
        let last = before.filter(|(last, _)| last == letter);
        let cells = best.iter().enumerate().map(|(i, seconds)| {
            let times = last.map_or(String::new(), |(_, last)| format!("{:.2}", seconds / last[i]));
            format!("{:>12} {times:>6}", time(*seconds))
        });
        println!("{letter} {size:6} {}", cells.collect::<String>());
        before = Some((*letter, best));
    }
}
