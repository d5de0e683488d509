//! Pictures of any size made to measure for a model, in whole numbers: the same on every machine.
//!
//! MNIST's makers scaled each digit into a box of 20 x 20 pixels, keeping its proportions, and put its centre
//! of mass into the middle of 28 x 28 (LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to
//! document recognition", 1998, section III.A). Other data are framed otherwise, and [`Framing`] is how those
//! of a model were.
//!
//! ```text
//! framed:      a picture of the model's size that is framed so: as it is; else
//!              the ink, see `ink`; crop to it; scale to the box; stretch to 255; to the middle by mass or by
//!              the box; light on dark, or dark on light
//! not framed:  crop to the model's proportions, about the middle; scale
//! ```

use super::error::{Error, reserve, zeros};
use super::framing::{Centre, Extent, Framing, Ground};
use super::ink::{self, Plane, Region};
use super::luma::luma;
use crate::weights::Picture;

/// The picture of shape `found` in the shape `model`, framed as the model's pictures are; where these are not
/// framed, the picture's middle. None where a drawing is wanted and there is none.
///
/// # Errors
/// An allocation fails.
///
/// # Panics
/// If there are not as many pixels as the shape says, or none, or its channels are neither 1, nor the
/// model's, nor 3 where the model has 1.
pub fn fit(
    found: Picture,
    pixels: &[u8],
    model: Picture,
    framing: Option<Framing>,
) -> Result<Option<Vec<u8>>, Error> {
    let (height, width) = (usize::from(found.height), usize::from(found.width));
    assert!(!pixels.is_empty() && pixels.len() as u64 == found.pixels(), "as many pixels as the shape has");
    let area = height * width;
    let mut out = Vec::new();
    reserve(&mut out, model.pixels() as usize)?;
    if let Some(framing) = framing.filter(|_| model.channels == 1) {
        if (found.height, found.width) == (model.height, model.width) {
            out.extend((0..area).map(|at| luma(pixels, area, at)));
            if framing.holds_for(&out, model) {
                return Ok(Some(out));
            }
        }
        let ink = ink::find((height, width), pixels)?;
        return ink.map(|(plane, region)| framed(&plane, region, model, framing)).transpose();
    }
    let to = (usize::from(model.height), usize::from(model.width));
    let region = middle((height, width), to);
    if found.channels == 3 && model.channels == 1 {
        let mut plane = zeros(area)?;
        plane.iter_mut().enumerate().for_each(|(at, grey)| *grey = luma(pixels, area, at));
        return Ok(Some(scale(&plane, width, region, to)));
    }
    for channel in 0..usize::from(model.channels) {
        // A grey picture has one plane for all.
        let plane = &pixels[channel % usize::from(found.channels) * area..][..area];
        out.extend(scale(plane, width, region, to));
    }
    Ok(Some(out))
}

/// The ink in `region`, framed.
fn framed(ink: &Plane, region: Region, model: Picture, framing: Framing) -> Result<Vec<u8>, Error> {
    let (height, width) = (usize::from(model.height), usize::from(model.width));
    let to = match framing.extent {
        Extent::Both(rows, columns) => (usize::from(rows), usize::from(columns)),
        Extent::Longer(side) => {
            // Both sides by one factor.
            let longer = region.height.max(region.width);
            let scaled = |length: usize| share(length, side.into(), longer);
            (scaled(region.height), scaled(region.width))
        }
    };
    let to = (to.0.clamp(1, height), to.1.clamp(1, width));
    let mut small = scale(&ink.pixels, ink.width, region, to);
    let greatest = u32::from(small.iter().copied().max().unwrap_or(0)).max(1);
    for value in &mut small {
        *value = ((u32::from(*value) * 255 + greatest / 2) / greatest) as u8;
    }
    // Nothing over the edge.
    let (top, left) = match framing.centre {
        Centre::Box => ((height - to.0) / 2, (width - to.1) / 2),
        Centre::Mass => {
            let centre = mass_centre(&small, to.1);
            (
                (height / 2).saturating_sub(centre.0).min(height - to.0),
                (width / 2).saturating_sub(centre.1).min(width - to.1),
            )
        }
    };
    let mut out = zeros(height * width)?;
    for (y, row) in small.chunks_exact(to.1).enumerate() {
        out[(top + y) * width + left..][..to.1].copy_from_slice(row);
    }
    if framing.ground == Ground::Light {
        out.iter_mut().for_each(|value| *value = 255 - *value);
    }
    Ok(out)
}

/// Row and column of the pixel at the centre of mass.
fn mass_centre(pixels: &[u8], width: usize) -> (usize, usize) {
    let (mut mass, mut down, mut right) = (0, 0, 0);
    for (at, &value) in pixels.iter().enumerate() {
        let value = u64::from(value);
        mass += value;
        down += value * (at / width) as u64;
        right += value * (at % width) as u64;
    }
    let mass = mass.max(1);
    let nearest = |moment: u64| ((2 * moment + mass) / (2 * mass)) as usize;
    (nearest(down), nearest(right))
}

/// side * by / of, to the nearest.
fn share(side: usize, by: usize, of: usize) -> usize {
    let [side, by, of] = [side, by, of].map(|length| length as u64);
    ((2 * side * by + of) / (2 * of)) as usize
}

/// The largest region in the middle of `from` (rows, columns) that has the proportions of `to`.
fn middle(from: (usize, usize), to: (usize, usize)) -> Region {
    let height = from.0.min(share(from.1, to.0, to.1)).max(1);
    let width = from.1.min(share(from.0, to.1, to.0)).max(1);
    Region { top: (from.0 - height) / 2, left: (from.1 - width) / 2, height, width }
}

/// The pixels of a region of rows of `across` as `to` (rows, columns): means over areas where it shrinks,
/// linear between pixels where it grows; every weight a whole number.
fn scale(from: &[u8], across: usize, region: Region, to: (usize, usize)) -> Vec<u8> {
    let columns: Vec<Window> = (0..to.1).map(|x| Window::of(region.width, to.1, x)).collect();
    let mut out = Vec::with_capacity(to.0 * to.1);
    let mut sums = vec![0; to.1];
    for y in 0..to.0 {
        let down = Window::of(region.height, to.0, y);
        sums.fill(0);
        for (weight, row) in down.weights.iter().zip(region.top + down.start..) {
            let row = &from[row * across + region.left..][..region.width];
            for (sum, window) in sums.iter_mut().zip(&columns) {
                let terms = window.weights.iter().zip(&row[window.start..]);
                *sum += weight * terms.map(|(weight, &value)| weight * u64::from(value)).sum::<u64>();
            }
        }
        let total = |window: &Window| down.total() * window.total();
        out.extend(sums.iter().zip(&columns).map(|(sum, window)| {
            let total = total(window);
            ((sum + total / 2) / total) as u8
        }));
    }
    out
}

/// The pixels that one pixel of the result comes from, along one side.
struct Window {
    start: usize,
    weights: Vec<u64>,
}

impl Window {
    /// Of `from` pixels made `to`, those for pixel `at`. Shrinking: how much of each lies under it. Growing:
    /// a triangle about its middle that reaches one pixel to either side.
    fn of(from: usize, to: usize, at: usize) -> Self {
        let [from, to, at] = [from, to, at].map(|length| length as u64);
        let weight = |j: u64| {
            if to <= from {
                ((at + 1) * from).min((j + 1) * to).saturating_sub((at * from).max(j * to))
            } else {
                (2 * to).saturating_sub(((2 * at + 1) * from).abs_diff((2 * j + 1) * to))
            }
        };
        let mut near = (at * from / to).saturating_sub(1)..from.min((at + 1) * from / to + 2);
        while weight(near.start) == 0 {
            near.start += 1;
        }
        let weights = near.clone().map(weight).take_while(|&weight| weight > 0).collect();
        Self { start: near.start as usize, weights }
    }

    fn total(&self) -> u64 {
        self.weights.iter().sum()
    }
}
