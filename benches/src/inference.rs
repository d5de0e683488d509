//! The test digits through a trained model: one by one as on a device, and as a set.

use crate::sets::Set;
use monolayer::data::Images;
use monolayer::infer::{Model, scratch_len};
use monolayer::simd::Isa;
use monolayer::train::{Evaluation, Machine, Network, evaluate};
use monolayer::weights::{self, Picture, layout};

/// A network of the digits, the model of its file, and the test images.
pub struct Trained {
    pub network: Network,
    pub model: Model<'static>,
    pub images: Images,
}

impl Trained {
    /// After two epochs of the embedded digits; both ways give the same predictions, and most are right.
    pub fn digits(hidden: usize) -> Self {
        let network = Set::digits().train(hidden, 2, Machine::best()).network;
        let digits = monolayer::data::digits();
        let names: Vec<&str> = digits.classes.iter().map(String::as_str).collect();
        let params = network.params();
        let picture = Picture { channels: 1, height: 28, width: 28 };
        let mut file = vec![0; weights::encoded_len(&params, &names, "").expect("a model that can be saved")];
        weights::encode(&mut file, &params, picture, &names, "").expect("a model that can be saved");
        // Lives as long as the program.
        let room = vec![0; file.len() + layout::ALIGN].leak();
        let file = weights::realign(&file, room).expect("room enough");
        let model = Model::new(file).expect("a file just written");
        let trained = Self { network, model, images: digits.test.expect("there are") };

        let (mut found, mut scratch) = (Vec::new(), trained.scratch());
        trained.one_by_one(&mut scratch, |class| found.push(class as u8));
        for isa in Isa::available() {
            let expected = trained.evaluate(isa);
            assert_eq!(found, expected.predictions, "{}: other predictions", isa.name());
            assert!(expected.faults < trained.images.len() / 5, "{} faults", expected.faults);
        }
        trained
    }

    /// What [`Trained::one_by_one`] needs.
    pub fn scratch(&self) -> Vec<f32> {
        let params = self.model.view().params();
        vec![0.0; scratch_len(params.hidden, params.classes)]
    }

    /// Every image by itself through the deployable core; `each` is told its class.
    pub fn one_by_one(&self, scratch: &mut [f32], mut each: impl FnMut(usize)) {
        for pixels in self.images.pixels().chunks_exact(self.images.features()) {
            each(self.model.predict(pixels, scratch).expect("an image that fits"));
        }
    }

    /// All images at once, one thread.
    pub fn evaluate(&self, isa: Isa) -> Evaluation {
        evaluate(&self.network.params(), &self.images, Machine::new(isa, 1)).expect("images that fit")
    }
}
