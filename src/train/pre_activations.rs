//! The hidden units' pre-activations of pictures in the order in which they are stored, for testing, block by block.

use super::Error;
use super::batch::Source;
use super::buffer::{Buffer, filled};
use super::network::Panel;
use crate::linalg::{Find, Gather, PanelShape, Pixels, STRIP, dense, padded, rows, sparse, strips};
use crate::simd::Isa;
use std::ops::Range;
use std::vec::Vec;

/// Pictures that are led past the weights together: so many that a strip of weights is worth its way into the nearest
/// cache, so few that their sums, 480 bytes a unit, stay in the next one; whole register tiles of 4, 5, 6 and 8.
pub(super) const BLOCK: usize = 120;

/// What pre-activations are made of.
#[derive(Clone, Copy)]
pub(super) struct Hidden<'a> {
    /// The weights.
    pub(super) panels: &'a [Panel],
    /// D.
    pub(super) features: usize,
    /// The value of each byte.
    pub(super) value: &'a Pixels,
    /// What computes them.
    pub(super) isa: Isa,
    /// Whether pixels are mostly 0.
    pub(super) skip_zeros: bool,
}

/// A worker's memory, for blocks of n pictures.
pub(super) struct PreActivations<'a> {
    hidden: Hidden<'a>,
    /// (n, STRIP): one strip, see [`Gather`].
    rows: Vec<u8>,
    /// (R): what is not 0 in it; empty where zeros are not skipped.
    masks: Vec<u64>,
    /// (P, STRIP): its numbers; empty where zeros are skipped.
    numbers: Buffer,
    /// (P, W) of each panel in turn.
    sums: Buffer,
    /// P.
    padded: usize,
    /// Pictures of the block.
    count: usize,
}

impl<'a> PreActivations<'a> {
    /// Room for blocks of `samples` pictures, or of [`BLOCK`].
    pub(super) fn new(hidden: Hidden<'a>, samples: usize) -> Result<Self, Error> {
        let size = usize::min(BLOCK, samples);
        let padded = padded(size);
        let (masks, numbers) = if hidden.skip_zeros { (rows(size), 0) } else { (0, padded) };
        Ok(Self {
            hidden,
            rows: filled(0, size * STRIP)?,
            masks: filled(0, masks)?,
            numbers: Buffer::zeros(numbers, STRIP)?,
            sums: Buffer::zeros(padded, hidden.panels.iter().map(|panel| panel.shape.width).sum())?,
            padded,
            count: 0,
        })
    }

    /// Goes to the block of `pixels`, (·, D), that begins with picture `first`; gives its pictures. A strip is gathered, and
    /// its nonzero pixels found or its numbers made, once for all panels. Meanwhile the next block is asked for.
    pub(super) fn go_to(&mut self, pixels: &[u8], first: usize) -> usize {
        let Self { hidden, rows, masks, numbers, sums, padded, count } = self;
        let Hidden { panels, features, value, isa, skip_zeros } = *hidden;
        let source = Source { pixels: &pixels[first * features..], features };
        let order: [u32; 2 * BLOCK] = std::array::from_fn(|n| n as u32);
        let left = source.pixels.len() / features;
        *count = usize::min(BLOCK, left);
        let (order, next) = order[..usize::min(2 * BLOCK, left)].split_at(*count);
        let rows = &mut rows[..*count * STRIP];
        for index in 0..strips(features) {
            source.ask_ahead(index, strips(features), order, next);
            let strip = source.strip(index, order);
            isa.run(Gather { strip, rows });
            if skip_zeros {
                isa.run(Find { rows, by_sample: masks, by_feature: &mut [] });
            } else {
                isa.run(dense::Convert { rows, value, values: numbers });
            }
            for state in panels {
                let (panel, bias, w) = (state.shape, state.bias(index), state.strip(index));
                let z = &mut sums[place(*padded, panel)];
                if skip_zeros {
                    isa.run(sparse::Forward { rows, masks, value: value.table(), w, bias, z, panel });
                } else {
                    let w = &w[..strip.count() * panel.width];
                    let x = dense::Values { values: numbers, samples: *count };
                    isa.run(dense::Forward { x, w, bias, z, panel });
                }
            }
        }
        *count
    }

    /// (n, W): the block's sums of a panel's units, but for the + 0 that finishes them; the padding may be anything.
    pub(super) fn of(&mut self, panel: PanelShape) -> &mut [f32] {
        &mut self.sums[place(self.padded, panel)][..self.count * panel.width]
    }
}

/// Where a panel's sums are, `padded` rows of them: panels begin at multiples of the lanes, so that they lie side by side.
fn place(padded: usize, panel: PanelShape) -> Range<usize> {
    padded * panel.first..padded * (panel.first + panel.width)
}
