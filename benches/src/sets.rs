//! Images to train on, and their epochs, timed.

use monolayer::Isa;
use monolayer::data::Images;
use monolayer::rng::Rng;
use monolayer::train::{self, Config, Machine, Session, Step};

/// Training images with a name.
pub struct Set {
    pub name: String,
    pub images: Images,
    pub classes: usize,
    step: Step,
}

impl Set {
    /// Images of handwriting, mostly 0.
    pub fn new(name: &str, images: Images, classes: usize) -> Self {
        Self { name: name.into(), images, classes, step: Step::Sum }
    }

    /// The 5,000 training images that come with the crate.
    pub fn digits() -> Self {
        let digits = monolayer::data::digits().unwrap();
        Self::new("digits", digits.train, digits.classes.len())
    }

    /// `count` images in the shape of CIFAR-10: 3,072 bytes, few of them 0, noise around a picture of each
    /// class.
    pub fn cifar_shaped(count: usize) -> Self {
        const FEATURES: usize = 3072;
        let mut rng = Rng::new(1, 1);
        let pictures: Vec<u8> = (0..10 * FEATURES).map(|_| rng.below(128) as u8).collect();
        let labels: Vec<u8> = (0..count).map(|_| rng.below(10) as u8).collect();
        let mut pixels = Vec::with_capacity(count * FEATURES);
        for &label in &labels {
            let picture = &pictures[usize::from(label) * FEATURES..][..FEATURES];
            pixels.extend(picture.iter().map(|byte| byte + (rng.next_u32() >> 25) as u8));
        }
        let images = Images::new(FEATURES, pixels, labels);
        Self { name: "CIFAR shape".into(), images, classes: 10, step: Step::Mean }
    }

    /// The first `count` images.
    pub fn first(&self, count: usize) -> Self {
        let features = self.images.features();
        let pixels = self.images.pixels()[..count * features].to_vec();
        let images = Images::new(features, pixels, self.images.labels()[..count].to_vec());
        Self { name: self.name.clone(), images, ..*self }
    }

    /// 4 N (D + 1) M: the floating-point operations of an epoch's two big products if no term is skipped.
    pub fn flops(&self, hidden: usize) -> f64 {
        4.0 * self.images.len() as f64 * (self.images.features() + 1) as f64 * hidden as f64
    }

    /// Trains `epochs` epochs with batches of 100 and tanh units.
    pub fn train(&self, hidden: usize, epochs: u32, machine: Machine) -> Trained {
        let config = Config { hidden, epochs, step: self.step, ..Config::default() };
        let trained = Session::new(&self.images, self.classes, &config, machine).and_then(|mut session| {
            let seconds = session.by_ref().map(|report| Ok(report?.seconds)).collect::<Result<_, _>>()?;
            Ok(Trained { seconds, network: session.into_state().network })
        });
        trained.unwrap_or_else(|error| panic!("{}: {error}", self.name))
    }

    /// Trains on the first images with every instruction set, one thread and two: the same bits, or a panic.
    pub fn check(&self, hidden: usize) {
        // Three batches, the last one short.
        let few = self.first(250.min(self.images.len()));
        let fingerprint =
            |isa, threads| few.train(hidden, 1, Machine::new(isa, threads)).network.params().fingerprint();
        let expected = fingerprint(Isa::Scalar, 1);
        for isa in Isa::available() {
            for threads in [1, 2] {
                let found = fingerprint(isa, threads);
                assert_eq!(found, expected, "{}, {}, {threads} threads", self.name, isa.name());
            }
        }
    }
}

/// A run's network and the seconds of each of its epochs.
pub struct Trained {
    pub seconds: Vec<f64>,
    pub network: train::Network,
}
