//! On the host: `quantise MODEL PIXELS OUT` writes the int8 model of a model file and training images, D bytes each.

use monolayer::simd::Isa;
use monolayer::train::{self, Machine};
use monolayer::weights::View;

fn main() {
    let [model, pixels, out] =
        std::env::args().skip(1).collect::<Vec<_>>().try_into().expect("MODEL PIXELS OUT");
    let read = |path: &str| std::fs::read(path).unwrap_or_else(|e| panic!("{path}: {e}"));
    let (file, pixels) = (read(&model), read(&pixels));
    let mut room = vec![0; file.len() + monolayer::weights::layout::ALIGN];
    let file = monolayer::weights::realign(&file, &mut room).expect("the room is large enough");
    let view = View::new(file).unwrap_or_else(|e| panic!("{model}: {e}"));
    let int8 =
        train::quantise(&view, &pixels, Machine::new(Isa::best(), 1)).unwrap_or_else(|e| panic!("{e}"));
    std::fs::write(&out, int8).unwrap_or_else(|e| panic!("{out}: {e}"));
}
