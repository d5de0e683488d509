//! The hidden units' pre-activations of pictures in the order in which they are stored, for testing, block by
//! block.

use super::batch::{Gathered, Source};
use super::buffer::{Buffer, filled};
use super::floats::Floats;
use super::{Error, Machine};
use crate::linalg::{PanelShape, STRIP, padded, rows, strips};
use std::ops::Range;

/// Samples that are led past the weights together: large enough to amortise loading a strip into the
/// first-level cache, small enough that their sums, 480 bytes a unit, stay in the second; whole register
/// tiles of 4, 5, 6 and 8.
pub(super) const BLOCK: usize = 120;

/// A worker's memory, for blocks of n pictures.
pub(super) struct PreActivations<'a> {
    model: &'a Floats,
    /// One strip.
    gathered: Gathered,
    /// (Q): what is not 0 in it; empty where zeros are not skipped.
    masks: Vec<u64>,
    /// (N + 7, STRIP): its numbers; empty where zeros are skipped.
    numbers: Buffer,
    /// (N + 7, W) of each panel in turn.
    sums: Buffer,
    /// N + 7.
    padded: usize,
    /// Pictures of the block.
    count: usize,
}

impl<'a> PreActivations<'a> {
    /// Room for blocks of `samples` pictures, or of [`BLOCK`], to be led past `model`'s hidden units.
    pub(super) fn new(model: &'a Floats, skip_zeros: bool, samples: usize) -> Result<Self, Error> {
        let size = usize::min(BLOCK, samples);
        let padded = padded(size);
        let (masks, numbers) = if skip_zeros { (rows(size), 0) } else { (0, padded) };
        Ok(Self {
            model,
            gathered: Gathered { rows: filled(0, size * STRIP)?, by_feature: Vec::new() },
            masks: filled(0, masks)?,
            numbers: Buffer::zeros(numbers, STRIP)?,
            sums: Buffer::zeros(padded, model.panels.iter().map(|panel| panel.shape.width).sum())?,
            padded,
            count: 0,
        })
    }

    /// Goes to the block of `pixels`, (·, D), that begins with picture `first`; gives its pictures. A strip
    /// is gathered, and its nonzero pixels found or its numbers made, once for all panels. Meanwhile the next
    /// block is asked for.
    pub(super) fn go_to(&mut self, pixels: &[u8], first: usize) -> usize {
        let Self { model, gathered, masks, numbers, sums, padded, count } = self;
        let Floats { machine: Machine { isa, .. }, shape, ref value, ref panels, .. } = **model;
        let features = shape.features;
        let source = Source { pixels: &pixels[first * features..], features };
        let order: [u32; 2 * BLOCK] = std::array::from_fn(|n| n as u32);
        let left = source.pixels.len() / features;
        *count = usize::min(BLOCK, left);
        let (order, next) = order[..usize::min(2 * BLOCK, left)].split_at(*count);
        for index in 0..strips(features) {
            source.ask_ahead(index, strips(features), order, next);
            let strip = source.strip(index, order);
            gathered.fill(isa, strip, masks);
            let x = gathered.features(masks, numbers, (isa, value, *count));
            for panel in panels {
                panel.forward(isa, strip, x, &mut sums[place(*padded, panel.shape)]);
            }
        }
        *count
    }

    /// (n, W): the block's sums of a panel's units, but for the + 0 that finishes them; the padding may be
    /// anything.
    pub(super) fn of(&mut self, panel: PanelShape) -> &mut [f32] {
        &mut self.sums[place(self.padded, panel)][..self.count * panel.width]
    }
}

/// Where a panel's sums are, `padded` rows of them: panels begin at multiples of the lanes, so that they lie
/// side by side.
fn place(padded: usize, panel: PanelShape) -> Range<usize> {
    padded * panel.first..padded * (panel.first + panel.width)
}
