//! The dense products, for pixels that are mostly not 0 (CIFAR's).
//!
//! A register tile of R rows by V vectors of accumulators: rows are samples (forward) or features (update). Each
//! step of the sum loads V vectors, broadcasts R values and makes R · V multiply-adds. With L cycles of latency
//! and two multiply-adds a cycle at least 2 L accumulators (8 to 10 on today's processors) must be under way, and R + V
//! loads must fit in the cycles of R · V multiply-adds.

use super::{Ascent, PanelShape, Pixels, STRIP};
use crate::simd::bytes::prefetch_near;
use crate::simd::{Kernel, Simd};

/// One strip's pixels as numbers: S features of N samples.
#[derive(Clone, Copy)]
pub struct Values<'a> {
    /// (P, STRIP): sample by sample; rows beyond N are scratch. P is [`padded`](super::padded) of the batch.
    pub values: &'a [f32],
    /// S.
    pub features: usize,
    /// N.
    pub samples: usize,
}

/// Turns a strip's bytes into numbers. They are four times as large and kept no longer than they are needed: the
/// bytes of two batches fit a second-level cache, their numbers do not.
pub struct Convert<'a> {
    /// (N, STRIP): see [`Gather`](super::Gather).
    pub rows: &'a [u8],
    /// A byte's value.
    pub value: &'a Pixels,
    /// (≥ N, STRIP): the numbers.
    pub values: &'a mut [f32],
}

impl Kernel for Convert<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(self, s: S) {
        let places = self.values.chunks_exact_mut(S::LANES).zip(self.rows.chunks_exact(S::LANES));
        for (values, bytes) in places {
            s.store(self.value.quotients(s, s.load_u8(bytes)), values);
        }
    }
}

/// Cuts a panel's vectors into groups of at most `most`, all of them equally wide or one vector apart: the first lane
/// and the vectors of each.
fn groups(panel: PanelShape, most: usize) -> impl Iterator<Item = (usize, usize)> {
    let count = panel.vectors.div_ceil(most);
    let begin = move |group| panel.vectors * group / count;
    let lanes = panel.width / panel.vectors;
    (0..count).map(move |group| (begin(group) * lanes, begin(group + 1) - begin(group)))
}

/// z += x W, over one strip.
pub struct Forward<'a> {
    /// The strip.
    pub x: Values<'a>,
    /// (S, W): the panel's weights from the strip's features.
    pub w: &'a [f32],
    /// (≥ N + 7, W): the accumulators; rows beyond N are scratch.
    pub z: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
}

impl Kernel for Forward<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        let wide = S::REGISTERS >= 32;
        for (column, vectors) in groups(self.panel, if wide { 6 } else { 2 }) {
            match (wide, vectors) {
                (true, 6) => forward::<S, 4, 6>(s, &mut self, column),
                (true, 5) => forward::<S, 4, 5>(s, &mut self, column),
                (true, 4) => forward::<S, 5, 4>(s, &mut self, column),
                (true, 3) => forward::<S, 5, 3>(s, &mut self, column),
                (true, 2) => forward::<S, 8, 2>(s, &mut self, column),
                (false, 2) => forward::<S, 6, 2>(s, &mut self, column),
                _ => forward::<S, 8, 1>(s, &mut self, column),
            }
        }
    }
}

/// All samples, R at a time, past V vectors of the strip's weights.
#[inline(always)]
fn forward<S: Simd, const R: usize, const V: usize>(s: S, task: &mut Forward<'_>, column: usize) {
    let width = task.panel.width;
    let rows = task.x.samples.div_ceil(R) * R;
    let tiles = task.z[..rows * width].chunks_exact_mut(R * width);
    for (z, x) in tiles.zip(task.x.values.chunks_exact(R * STRIP)) {
        let mut acc = [[s.splat(0.0); V]; R];
        for r in 0..R {
            for v in 0..V {
                acc[r][v] = s.load(&z[r * width + column + v * S::LANES..]);
            }
        }
        for (d, w) in task.w.chunks_exact(width).enumerate().take(STRIP) {
            let w = &w[column..][..V * S::LANES];
            for r in 0..R {
                let x = s.splat(x[r * STRIP + d]);
                for v in 0..V {
                    acc[r][v] = s.fma(x, s.load(&w[v * S::LANES..]), acc[r][v]);
                }
            }
        }
        for r in 0..R {
            for v in 0..V {
                s.store(acc[r][v], &mut z[r * width + column + v * S::LANES..]);
            }
        }
    }
}

/// Takes the step of the weights from one strip's features: g = xᵀ delta, then w.
pub struct Update<'a> {
    /// The strip.
    pub x: Values<'a>,
    /// (≥ N, W).
    pub delta: &'a [f32],
    /// (S, W): the panel's weights from the strip's features.
    pub w: &'a mut [f32],
    /// The panel.
    pub panel: PanelShape,
    /// The step to take.
    pub ascent: Ascent,
}

impl Kernel for Update<'_> {
    type Output = ();
    #[inline(always)]
    fn run<S: Simd>(mut self, s: S) {
        // Narrower than forward: V columns of all deltas are led past each R features and must stay in the nearest cache.
        let wide = S::REGISTERS >= 32;
        for (column, vectors) in groups(self.panel, if wide { 4 } else { 2 }) {
            match (wide, vectors) {
                (true, 4) => update::<S, 5, 4>(s, &mut self, column),
                (true, 3) => update::<S, 8, 3>(s, &mut self, column),
                (true, 2) => update::<S, 8, 2>(s, &mut self, column),
                (false, 2) => update::<S, 6, 2>(s, &mut self, column),
                _ => update::<S, 8, 1>(s, &mut self, column),
            }
        }
    }
}

/// All features of the strip, R at a time, then four, then one at a time, against V vectors of the deltas.
#[inline(always)]
fn update<S: Simd, const R: usize, const V: usize>(s: S, task: &mut Update<'_>, column: usize) {
    let mut first = 0;
    while first + R <= task.x.features {
        update_tile::<S, R, V>(s, task, first, column);
        first += R;
    }
    while first + 4 <= task.x.features {
        update_tile::<S, 4, V>(s, task, first, column);
        first += 4;
    }
    while first < task.x.features {
        update_tile::<S, 1, V>(s, task, first, column);
        first += 1;
    }
}

/// Features `first .. first + R` against V vectors of the deltas.
#[inline(always)]
fn update_tile<S: Simd, const R: usize, const V: usize>(
    s: S,
    task: &mut Update<'_>,
    first: usize,
    column: usize,
) {
    let width = task.panel.width;
    for r in 0..R {
        // Needed when the sums are finished.
        prefetch_near(&task.w[(first + r) * width + column..][..V * S::LANES]);
    }
    let mut acc = [[s.splat(0.0); V]; R];
    let samples = task.x.values.chunks_exact(STRIP).zip(task.delta.chunks_exact(width)).take(task.x.samples);
    for (x, delta) in samples {
        let (x, delta) = (&x[first..][..R], &delta[column..][..V * S::LANES]);
        for r in 0..R {
            let x = s.splat(x[r]);
            for v in 0..V {
                acc[r][v] = s.fma(x, s.load(&delta[v * S::LANES..]), acc[r][v]);
            }
        }
    }
    for (r, acc) in acc.into_iter().enumerate() {
        for (v, g) in acc.into_iter().enumerate() {
            let w = &mut task.w[(first + r) * width + column + v * S::LANES..][..S::LANES];
            s.store(task.ascent.apply(s, s.load(w), g), w);
        }
    }
}
