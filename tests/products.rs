//! Every product kernel equals the specification (CONTRACT C6, CONTRACT C12, CONTRACT C13) bit for bit: on
//! every instruction set of this machine, over random shapes with remainders, with poisoned margins, dense
//! and zero-skipping, however the units are cut.

use monolayer::Isa;
use monolayer::internals::linalg::{
    self, Ascend, Ascent, BiasForward, BiasGradient, Find, Gather, PanelShape, Panels, Pixels, STRIP, Strip,
    dense, head, single, sparse, specification,
};
use monolayer::rng::Rng;
use std::ops::Range;

/// What lies in margins that must not be read, and is looked for where they must not be written.
const POISON: f32 = f32::NAN;

struct Case {
    samples: usize,
    features: usize,
    hidden: usize,
    classes: usize,
    workers: usize,
    density: u32,
    scale: f32,
    rng: Rng,
}

impl Case {
    fn new(seed: u64) -> Self {
        let mut rng = Rng::new(seed, 7);
        let mut pick = |most: u32| 1 + rng.below(most) as usize;
        let (samples, features, hidden) = (pick(140), pick(200), pick(150));
        let (classes, workers) = (1 + pick(19), pick(4));
        let density = [5, 20, 60, 100][rng.below(4) as usize];
        let scale = [1.0, 255.0, 3.0][rng.below(3) as usize];
        Self { samples, features, hidden, classes, workers, density, scale, rng }
    }

    /// Random ones, and one for each width of a single panel of AVX-512: whole vectors, and half a one more.
    fn all(first_seed: u64) -> impl Iterator<Item = Self> {
        let widths = (0..32).map(|i| 4 * i + 1);
        let random = (first_seed..first_seed + 60).map(Self::new);
        random.chain(widths.map(move |hidden| Self {
            hidden,
            workers: 1,
            ..Self::new(first_seed + 60 + hidden as u64)
        }))
    }

    fn floats(&mut self, count: usize) -> Vec<f32> {
        (0..count)
            .map(|_| match self.rng.below(12) {
                0 => 0.0,
                1 => -0.0,
                2 => (self.rng.uniform() - 0.5) * f32::MIN_POSITIVE,
                _ => self.rng.uniform() * 2.0 - 1.0,
            })
            .collect()
    }

    /// Rows of a data set, more than the batch takes, and the batch's choice among them.
    fn pixels(&mut self) -> (Vec<u8>, Vec<u32>) {
        let rows = self.samples + 3;
        let pixels = (0..rows * self.features)
            .map(|_| if self.rng.below(100) < self.density { self.rng.below(256) as u8 } else { 0 })
            .collect();
        let mut order: Vec<u32> = (0..rows as u32).collect();
        self.rng.shuffle(&mut order);
        order.truncate(self.samples);
        (pixels, order)
    }

    fn ascent(&mut self) -> Ascent {
        Ascent { eta: 0.01, lambda: [0.0, 0.1][self.rng.below(2) as usize], raised: false }
    }
}

/// The columns of `panel` of a row-major (rows, hidden) matrix, padding zero.
fn cut(matrix: &[f32], hidden: usize, panel: PanelShape) -> Vec<f32> {
    let mut out = Vec::new();
    for row in matrix.chunks_exact(hidden) {
        out.extend_from_slice(&row[panel.first..][..panel.units]);
        out.resize(out.len() + panel.width - panel.units, 0.0);
    }
    out
}

/// Half a vector that is all padding, from which nothing may come, and which stays what it is.
fn idle_half(isa: Isa, panel: PanelShape) -> Range<usize> {
    let half = if isa.lanes() == 16 && panel.units + 8 <= panel.width { 8 } else { 0 };
    panel.width - half..panel.width
}

/// The same, poisoned there.
fn poisoned(mut matrix: Vec<f32>, isa: Isa, panel: PanelShape) -> Vec<f32> {
    matrix.chunks_exact_mut(panel.width).for_each(|row| row[idle_half(isa, panel)].fill(POISON));
    matrix
}

#[track_caller]
fn assert_panel(name: &str, isa: Isa, got: &[f32], want: &[f32], hidden: usize, panel: PanelShape) {
    for (row, (got, want)) in got.chunks_exact(panel.width).zip(want.chunks_exact(hidden)).enumerate() {
        for unit in 0..panel.units {
            let (got, want) = (got[unit], want[panel.first + unit]);
            assert_eq!(got.to_bits(), want.to_bits(), "{name} {isa:?} row {row} unit {unit}: {got} {want}");
        }
        assert!(got[idle_half(isa, panel)].iter().all(|x| x.is_nan()), "{name} {isa:?} row {row}: padding");
    }
}

/// A strip's buffers, poisoned, then filled.
struct Gathered {
    rows: Vec<u8>,
    by_sample: Vec<u64>,
    by_feature: Vec<u64>,
    values: Vec<f32>,
}

impl Gathered {
    fn new(isa: Isa, strip: Strip<'_>, value: &Pixels) -> Self {
        let samples = strip.samples.len();
        let places = linalg::rows(samples);
        let mut rows = vec![77; places * STRIP];
        let (mut by_sample, mut by_feature) = (vec![u64::MAX; places], vec![u64::MAX; places]);
        let mut values = vec![POISON; linalg::padded(samples) * STRIP];
        isa.run(Gather { strip, rows: &mut rows });
        assert!(rows[samples * STRIP..].iter().all(|&byte| byte == 77));
        let whole = &rows[..samples * STRIP];
        isa.run(Find { rows: whole, by_sample: &mut by_sample, by_feature: &mut by_feature });
        isa.run(dense::Convert { rows: whole, value, values: &mut values });
        Self { rows, by_sample, by_feature, values }
    }
}

#[test]
fn big_products_equal_the_specification() {
    for mut case in Case::all(0) {
        let (samples, features, hidden) = (case.samples, case.features, case.hidden);
        let (pixels, order) = case.pixels();
        let value = Pixels::new(case.scale);
        let x: Vec<f32> = order
            .iter()
            .flat_map(|&n| &pixels[n as usize * features..][..features])
            .map(|&byte| f32::from(byte) / case.scale)
            .collect();
        let w1 = case.floats((features + 1) * hidden);
        let delta = case.floats(samples * hidden);
        let ascent = case.ascent();

        let mut want_a = vec![0.0; samples * hidden];
        specification::forward(&x, &w1, &mut want_a, hidden);
        let mut want_w1 = w1.clone();
        specification::update(&x, &delta, &mut want_w1, hidden, ascent);

        for isa in Isa::available() {
            for panel in Panels::new(hidden, isa.lanes(), case.workers).shapes() {
                let width = panel.width;
                let w = poisoned(cut(&w1, hidden, panel), isa, panel);
                let mut delta = poisoned(cut(&delta, hidden, panel), isa, panel);
                delta.resize(linalg::rows(samples) * width, POISON);
                let (mut z_dense, mut z_sparse) =
                    (vec![POISON; linalg::padded(samples) * width], vec![POISON; samples * width]);
                let (mut w_dense, mut w_sparse) = (w.clone(), w.clone());
                // The sum of the biases' gradient goes on from batch part to batch part.
                let mut gradient = vec![0.0; width];
                let (early, late) = delta[..samples * width].split_at(samples / 3 * width);
                isa.run(BiasGradient { delta: early, gradient: &mut gradient });
                isa.run(BiasGradient { delta: late, gradient: &mut gradient });
                isa.run(Ascend { w: &mut w_dense[..width], gradient: &mut gradient.clone(), ascent });
                isa.run(Ascend { w: &mut w_sparse[..width], gradient: &mut gradient, ascent });
                assert!(gradient.iter().all(|g| g.to_bits() == 0));
                for first in (0..features).step_by(STRIP) {
                    let strip = Strip { pixels: &pixels, features, first, samples: &order };
                    let gathered = Gathered::new(isa, strip, &value);
                    let count = strip.count();
                    let rows = (first + 1) * width..(first + 1 + count) * width;
                    let x = dense::Values { values: &gathered.values, samples };
                    let bias = (first == 0).then_some(&w[..width]);
                    isa.run(dense::Forward { x, w: &w[rows.clone()], bias, z: &mut z_dense, panel });
                    isa.run(dense::Update { x, delta: &delta, w: &mut w_dense[rows.clone()], panel, ascent });
                    let value = value.table();
                    let mut whole = w[rows.clone()].to_vec();
                    whole.resize(STRIP * width, POISON);
                    let (w, z) = (&whole, &mut z_sparse);
                    let Gathered { rows: bytes, by_sample: masks, by_feature, .. } = &gathered;
                    let batch = &bytes[..samples * STRIP];
                    isa.run(sparse::Forward { rows: batch, masks, value, w, bias, z, panel });
                    let (masks, delta, w) = (by_feature, &delta, &mut w_sparse[rows]);
                    isa.run(sparse::Update { rows: bytes, masks, value, delta, w, panel, ascent });
                }
                for z in [&mut z_dense, &mut z_sparse] {
                    z.iter_mut().for_each(|z| *z += 0.0);
                }
                assert_panel("dense forward", isa, &z_dense[..samples * width], &want_a, hidden, panel);
                assert_panel("sparse forward", isa, &z_sparse, &want_a, hidden, panel);
                assert_panel("dense update", isa, &w_dense, &want_w1, hidden, panel);
                assert_panel("sparse update", isa, &w_sparse, &want_w1, hidden, panel);
            }
        }
    }
}

/// Samples one by one, where they lie.
#[test]
fn the_product_of_one_sample_equals_the_specification() {
    for mut case in Case::all(400) {
        let (samples, features, hidden) = (case.samples, case.features, case.hidden);
        let (pixels, _) = case.pixels();
        let pixels = &pixels[..samples * features];
        let value = Pixels::new(case.scale);
        let x: Vec<f32> = pixels.iter().map(|&byte| f32::from(byte) / case.scale).collect();
        let w1 = case.floats((features + 1) * hidden);
        let mut want = vec![0.0; samples * hidden];
        specification::forward(&x, &w1, &mut want, hidden);

        for isa in Isa::available() {
            for panel in Panels::new(hidden, isa.lanes(), case.workers).shapes() {
                let w = &poisoned(cut(&w1, hidden, panel), isa, panel);
                let (width, value) = (panel.width, value.table());
                let mut z = vec![POISON; samples * width];
                let mut places = vec![u32::MAX; linalg::strips(features) * STRIP];
                for (sample, z) in pixels.chunks_exact(features).zip(z.chunks_exact_mut(width)) {
                    let count = isa.run(single::List { sample, places: &mut places });
                    let nonzero = (0..features as u32).filter(|&d| sample[d as usize] != 0);
                    assert!(places[..count].iter().copied().eq(nonzero), "{isa:?}");
                    let places = &places[..count];
                    isa.run(single::Forward { sample, places, value, w, z, panel });
                }
                z.iter_mut().for_each(|z| *z += 0.0);
                assert_panel("one by one", isa, &z, &want, hidden, panel);
            }
        }
    }
}

#[test]
fn head_products_equal_the_specification() {
    for mut case in Case::all(200) {
        let (samples, hidden, classes) = (case.samples, case.hidden, case.classes);
        let z = case.floats(samples * hidden);
        let slope = case.floats(samples * hidden);
        let error = case.floats(samples * classes);
        let w2 = case.floats((hidden + 1) * classes);
        let ascent = case.ascent();

        let mut want_logits = vec![0.0; samples * classes];
        specification::forward(&z, &w2, &mut want_logits, classes);
        let mut want_delta = slope.clone();
        specification::deltas(&error, &w2, &mut want_delta, classes);
        let sum = |unit| want_delta[unit..].iter().step_by(hidden).fold(0.0, |sum, delta| sum + delta);
        let want_gradient: Vec<f32> = (0..hidden).map(sum).collect();
        let mut want_w2 = w2.clone();
        specification::update(&z, &error, &mut want_w2, classes, ascent);

        for isa in Isa::available() {
            let padded = head::padded_classes(classes, isa.lanes());
            let whole = PanelShape { first: 0, units: classes, width: padded };
            let error = poisoned(cut(&error, classes, whole), isa, whole);
            let mut bias = poisoned(cut(&w2[..classes], classes, whole), isa, whole);
            let mut logits = vec![0.0; samples * padded];
            isa.run(BiasForward { bias: &bias, logits: &mut logits });
            for panel in Panels::new(hidden, isa.lanes(), case.workers).shapes() {
                let width = panel.width;
                let rows = (1 + panel.first) * classes..(1 + panel.first + panel.units) * classes;
                let by_unit = poisoned(cut(&w2[rows.clone()], classes, whole), isa, whole);
                let mut by_class = vec![0.0; classes * width];
                for (unit, row) in w2[rows.clone()].chunks_exact(classes).enumerate() {
                    for (class, &w) in row.iter().enumerate() {
                        by_class[class * width + unit] = w;
                    }
                }
                let mut by_class = poisoned(by_class, isa, panel);
                let z = poisoned(cut(&z, hidden, panel), isa, panel);
                isa.run(head::Logits { z: &z, panel, w2: &by_unit, logits: &mut logits });

                let mut slope = poisoned(cut(&slope, hidden, panel), isa, panel);
                // The sum of the biases' gradient goes on from batch part to batch part.
                let mut gradient = poisoned(vec![0.0; width], isa, panel);
                let part = samples / 3;
                let (early, late) = slope.split_at_mut(part * width);
                for (slope, error) in [(early, &error[..part * padded]), (late, &error[part * padded..])] {
                    let bias_gradient = &mut gradient;
                    isa.run(head::Deltas { error, w2: &by_class, slope, bias_gradient, panel });
                }
                assert_panel("deltas", isa, &slope, &want_delta, hidden, panel);
                assert_panel("bias gradient", isa, &gradient, &want_gradient, hidden, panel);

                let mut gradient = vec![0.0; classes * width];
                for (z, error) in [
                    (&z[..part * width], &error[..part * padded]),
                    (&z[part * width..], &error[part * padded..]),
                ] {
                    isa.run(head::Gradient { error, z, gradient: &mut gradient, panel });
                }
                isa.run(Ascend { w: &mut by_class, gradient: &mut gradient, ascent });
                let mut w2_by_unit = vec![0.0; width * padded];
                head::by_unit(&by_class, width, &mut w2_by_unit);
                for (unit, want) in want_w2[rows].chunks_exact(classes).enumerate() {
                    for (class, want) in want.iter().enumerate() {
                        assert_eq!(by_class[class * width + unit].to_bits(), want.to_bits(), "{isa:?}");
                        assert_eq!(w2_by_unit[unit * padded + class].to_bits(), want.to_bits(), "{isa:?}");
                    }
                }
            }
            let mut gradient = vec![0.0; padded];
            isa.run(BiasGradient { delta: &error, gradient: &mut gradient });
            isa.run(Ascend { w: &mut bias, gradient: &mut gradient, ascent });
            assert_panel("head bias", isa, &bias, &want_w2[..classes], classes, whole);
            logits.iter_mut().for_each(|logit| *logit += 0.0);
            assert_panel("logits", isa, &logits, &want_logits, classes, whole);
        }
    }
}
