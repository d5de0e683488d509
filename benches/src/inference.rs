//! The test digits through a trained model: one by one, as on a device and as on a host, and as a set.

use crate::sets::Set;
use monolayer::Isa;
use monolayer::data::Images;
use monolayer::infer::{Model, scratch_len};
use monolayer::train::{Evaluation, Machine, Network, Predictor, evaluate};
use monolayer::weights::{self, ModelFile, Picture};

/// A network of the digits, the model of its file, the test images, and these ten times over: as many as
/// MNIST has.
pub struct Trained {
    pub network: Network,
    pub model: Model<'static>,
    pub images: Images,
    pub many: Images,
}

impl Trained {
    /// After two epochs of the embedded digits; both ways give the same predictions, and most are right.
    pub fn digits(hidden: usize) -> Self {
        let network = Set::digits().train(hidden, 2, Machine::best()).network;
        let digits = monolayer::data::digits().unwrap();
        let names: Vec<&str> = digits.classes.iter().map(String::as_str).collect();
        let params = network.params();
        let picture = Picture { channels: 1, height: 28, width: 28 };
        let file = weights::to_vec(&params, weights::About::new(picture, &names))
            .expect("a model that can be saved");
        // Lives as long as the program.
        let file: &'static ModelFile = Box::leak(Box::new(ModelFile::new(file).expect("memory")));
        let model = Model::new(file.bytes()).expect("a file just written");
        let images = digits.test;
        let many = Images::new(images.features(), images.pixels().repeat(10), images.labels().repeat(10));
        let trained = Self { network, model, images, many };

        let (mut found, mut scratch) = (Vec::new(), trained.scratch());
        trained.one_by_one(&mut scratch, |class| found.push(class as u8));
        for isa in Isa::available() {
            let expected = trained.evaluate(isa);
            assert_eq!(found.repeat(10), expected.predictions, "{}: other predictions", isa.name());
            assert!(expected.faults < trained.many.len() / 5, "{} faults", expected.faults);
            let (mut predictor, mut alone) = (trained.predictor(isa), Vec::new());
            trained.one_by_one_on_host(&mut predictor, |class| alone.push(class as u8));
            assert_eq!(found, alone, "{}: other predictions one by one", isa.name());
        }
        trained
    }

    /// What [`Trained::one_by_one`] needs.
    pub fn scratch(&self) -> Vec<f32> {
        let params = self.model.view().params();
        vec![0.0; scratch_len(params.shape().hidden, params.shape().classes)]
    }

    /// Every image by itself through the deployable core; `each` is told its class.
    pub fn one_by_one(&self, scratch: &mut [f32], mut each: impl FnMut(usize)) {
        for pixels in self.images.pixels().chunks_exact(self.images.features()) {
            each(self.model.predict(pixels, scratch).expect("an image that fits"));
        }
    }

    /// The network, ready for an instruction set.
    pub fn predictor(&self, isa: Isa) -> Predictor {
        Predictor::new(&self.network.params(), Machine::new(isa, 1)).expect("a network just trained")
    }

    /// Every image by itself on the host; `each` is told its class.
    pub fn one_by_one_on_host(&self, predictor: &mut Predictor, mut each: impl FnMut(usize)) {
        for pixels in self.images.pixels().chunks_exact(self.images.features()) {
            each(predictor.predict(pixels).expect("an image that fits"));
        }
    }

    /// All images, ten times over, at once, one thread.
    pub fn evaluate(&self, isa: Isa) -> Evaluation {
        evaluate(&self.network.params(), &self.many, Machine::new(isa, 1)).expect("images that fit")
    }
}
