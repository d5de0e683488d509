//! The two big products alone, on operands cut and laid out as training has them.

use monolayer::Isa;
use monolayer::internals::linalg::{
    Ascent, Find, Gather, PanelShape, Panels, Pixels, STRIP, Strip, dense, padded, rows, sparse,
    specification, strips,
};
use monolayer::rng::Rng;
use std::ops::{Deref, DerefMut};

/// f32 that begin at a cache line, so that no vector lies across two.
pub struct Floats {
    data: Vec<f32>,
    start: usize,
    len: usize,
}

impl Floats {
    /// So many, all 0.
    pub fn zeros(len: usize) -> Self {
        let data = vec![0.0; len + 16];
        let start = data.as_ptr().align_offset(64).min(16);
        Self { data, start, len }
    }
}

impl Deref for Floats {
    type Target = [f32];
    fn deref(&self) -> &[f32] {
        &self.data[self.start..][..self.len]
    }
}

impl DerefMut for Floats {
    fn deref_mut(&mut self) -> &mut [f32] {
        &mut self.data[self.start..][..self.len]
    }
}

/// A panel of hidden units.
struct Panel {
    shape: PanelShape,
    /// (whole strips of D, W): the weights, no biases.
    w: Floats,
    /// For each block of samples (P, W): the sums.
    z: Vec<Floats>,
    /// (R, W): the deltas of the first block.
    delta: Floats,
}

/// Up to 64 features of a block of samples.
struct Bytes {
    features: usize,
    rows: Vec<u8>,
    by_sample: Vec<u64>,
    by_feature: Vec<u64>,
}

/// A block of samples: a batch, or a part of a product with more samples than a batch has.
struct Block {
    /// Its rows of the pixels.
    samples: Vec<u32>,
    strips: Vec<Bytes>,
}

/// Which kernels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    Dense,
    ZeroSkipping,
}

impl Kind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Dense => "dense",
            Self::ZeroSkipping => "zero-skipping",
        }
    }
}

/// So small a step that no number of repetitions takes the weights anywhere.
const ASCENT: Ascent = Ascent { eta: 1e-9, lambda: 1e-3, raised: false };

/// N samples of D features, in blocks, the weights to M hidden units, and as many deltas.
pub struct Operands {
    isa: Isa,
    pixels: Vec<u8>,
    features: usize,
    hidden: usize,
    value: Pixels,
    blocks: Vec<Block>,
    panels: Vec<Panel>,
    scratch: Floats,
}

impl Operands {
    /// Of `pixels`, (N, `features`), in blocks of at most `block` samples, and random weights and deltas.
    pub fn new(isa: Isa, pixels: &[u8], features: usize, hidden: usize, block: usize) -> Self {
        let order: Vec<u32> = (0..(pixels.len() / features) as u32).collect();
        let blocks = order.chunks(block).map(|order| gathered(isa, pixels, features, order)).collect();
        let mut rng = Rng::new(1, 1);
        let mut panel = |shape: PanelShape| {
            let mut panel = Panel {
                shape,
                w: Floats::zeros(strips(features) * STRIP * shape.width),
                z: order.chunks(block).map(|o| Floats::zeros(padded(o.len()) * shape.width)).collect(),
                delta: Floats::zeros(rows(block) * shape.width),
            };
            for (matrix, count) in [(&mut panel.w, features), (&mut panel.delta, block)] {
                for row in matrix.chunks_exact_mut(shape.width).take(count) {
                    row[..shape.units].iter_mut().for_each(|w| *w = rng.uniform() - 0.5);
                }
            }
            panel
        };
        let panels = Panels::new(hidden, isa.lanes(), 1).shapes().map(&mut panel).collect();
        let scratch = Floats::zeros(STRIP * padded(block));
        let value = Pixels::new(255.0);
        Self { isa, pixels: pixels.to_vec(), features, hidden, value, blocks, panels, scratch }
    }

    /// z += x W: strip by strip, the bytes made numbers where the kernels want numbers, as in training.
    pub fn forward(&mut self, kind: Kind) {
        let Self { isa, value, blocks, panels, scratch, .. } = self;
        for (b, block) in blocks.iter().enumerate() {
            for (index, strip) in block.strips.iter().enumerate() {
                let x = block.values(*isa, kind, strip, value, scratch);
                for Panel { shape, w, z, .. } in panels.iter_mut() {
                    let (panel, z) = (*shape, &mut z[b][..]);
                    let w = &w[index * STRIP * panel.width..][..STRIP * panel.width];
                    match x {
                        Some(x) => {
                            let w = &w[..strip.features * panel.width];
                            isa.run(dense::Forward { x, w, bias: None, z, panel });
                        }
                        None => {
                            let Bytes { rows, by_sample: masks, .. } = strip;
                            let (rows, value) = (&rows[..block.samples.len() * STRIP], value.table());
                            let bias = None;
                            isa.run(sparse::Forward { rows, masks, value, w, bias, z, panel });
                        }
                    }
                }
            }
        }
    }

    /// The step of W from the first block.
    pub fn update(&mut self, kind: Kind) {
        let Self { isa, value, blocks, panels, scratch, .. } = self;
        let block = &blocks[0];
        for (index, strip) in block.strips.iter().enumerate() {
            let x = block.values(*isa, kind, strip, value, scratch);
            for Panel { shape, w, delta, .. } in panels.iter_mut() {
                let (panel, ascent) = (*shape, ASCENT);
                let w = &mut w[index * STRIP * panel.width..][..strip.features * panel.width];
                match x {
                    Some(x) => isa.run(dense::Update { x, delta, w, panel, ascent }),
                    None => {
                        let Bytes { rows, by_feature: masks, .. } = strip;
                        let value = value.table();
                        isa.run(sparse::Update { rows, masks, value, delta, w, panel, ascent });
                    }
                }
            }
        }
    }

    /// Holds both products, with kernels of `kind`, against plain loops, bit for bit: the sums of the first
    /// `samples` samples, and the weights' step if there is but one block. To be called first.
    pub fn check(&mut self, kind: Kind, samples: usize) {
        let features = self.features;
        let x: Vec<f32> = self.pixels.iter().map(|&byte| f32::from(byte) / 255.0).collect();
        let mut w1 = vec![0.0; self.hidden];
        w1.extend(self.gather(features, |panel| &panel.w));
        let mut sums = vec![0.0; samples * self.hidden];
        specification::forward(&x[..samples * features], &w1, &mut sums, self.hidden);
        self.forward(kind);
        let found = self.gather(samples.min(self.blocks[0].samples.len()), |panel| &panel.z[0]);
        let context = format!("{}, {}", kind.name(), self.isa.name());
        assert!(same(&found, &sums[..found.len()]), "{context}: wrong sums");

        if let [block] = &self.blocks[..] {
            let delta = self.gather(block.samples.len(), |panel| &panel.delta);
            specification::update(&x, &delta, &mut w1, self.hidden, ASCENT);
            self.update(kind);
            let found = self.gather(features, |panel| &panel.w);
            assert!(same(&found, &w1[self.hidden..]), "{context}: wrong step");
        }
    }

    /// The first `count` rows of a matrix that is cut into panels, whole and without padding.
    fn gather(&self, count: usize, matrix: impl Fn(&Panel) -> &[f32]) -> Vec<f32> {
        let mut whole = vec![0.0; count * self.hidden];
        for panel in &self.panels {
            let PanelShape { first, units, width, .. } = panel.shape;
            for (whole, cut) in whole.chunks_exact_mut(self.hidden).zip(matrix(panel).chunks_exact(width)) {
                whole[first..][..units].copy_from_slice(&cut[..units]);
            }
        }
        whole
    }
}

impl Block {
    /// The strip's numbers, for the kernels that want numbers.
    fn values<'a>(
        &self,
        isa: Isa,
        kind: Kind,
        strip: &Bytes,
        value: &Pixels,
        scratch: &'a mut Floats,
    ) -> Option<dense::Values<'a>> {
        if kind == Kind::ZeroSkipping {
            return None;
        }
        let values = &mut scratch[..padded(self.samples.len()) * STRIP];
        isa.run(dense::Convert { rows: &strip.rows[..self.samples.len() * STRIP], value, values });
        Some(dense::Values { values, samples: self.samples.len() })
    }
}

fn gathered(isa: Isa, pixels: &[u8], features: usize, order: &[u32]) -> Block {
    let strips = (0..features).step_by(STRIP).map(|first| {
        let strip = Strip { pixels, features, first, samples: order };
        let places = rows(order.len());
        let mut rows = vec![0; places * STRIP];
        let (mut by_sample, mut by_feature) = (vec![0; places], vec![0; places]);
        isa.run(Gather { strip, rows: &mut rows });
        let whole = &rows[..order.len() * STRIP];
        isa.run(Find { rows: whole, by_sample: &mut by_sample, by_feature: &mut by_feature });
        Bytes { features: strip.count(), rows, by_sample, by_feature }
    });
    Block { samples: order.to_vec(), strips: strips.collect() }
}

/// Whether finished sums (+ 0) are the same, bit for bit.
fn same(found: &[f32], expected: &[f32]) -> bool {
    found.len() == expected.len()
        && found.iter().zip(expected).all(|(a, b)| (a + 0.0).to_bits() == (b + 0.0).to_bits())
}
