//! Pictures of any size made to measure for a model, in whole numbers: the same on every machine.
//!
//! MNIST's makers scaled each digit into a box of 20 x 20 pixels, keeping its proportions, and put its centre
//! of mass into the middle of 28 x 28 (LeCun, Bottou, Bengio and Haffner, "Gradient-based learning applied to
//! document recognition", 1998, section III.A). All 60,000 training images have it within half a pixel of
//! pixel (14, 14), counted from 0, and 59,987 of them fill 20 pixels one way, the others 19.
//!
//! ```text
//! grey model: ink, how far a pixel is from the background, towards the darkest or the lightest,
//!             whichever is farther
//!             crop to the ink; scale to the box; stretch to 255; centre by mass
//! colour:     crop to the model's proportions, about the middle; scale
//! ```

use crate::weights::Picture;

/// There is nothing on the picture: all its pixels are alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Blank;

/// Sides of MNIST's pictures, and of the box in them that the digit fills.
const SIDE: usize = 28;
const BOX: usize = 20;

/// The picture of shape `found` in the shape `model`: for a grey model a drawing, light on black, as large
/// and in the same place as in MNIST (in a model of another size in proportion); for one of colours the
/// picture's middle.
///
/// # Errors
/// [`Blank`] where a drawing is wanted and there is none.
///
/// # Panics
/// If there are not as many pixels as the shape says, or none, or its channels are neither 1, nor the
/// model's, nor 3 where the model has 1.
pub fn fit(found: Picture, pixels: &[u8], model: Picture) -> Result<Vec<u8>, Blank> {
    let (height, width) = (usize::from(found.height), usize::from(found.width));
    assert!(!pixels.is_empty() && pixels.len() as u64 == found.pixels(), "as many pixels as the shape has");
    let area = height * width;
    if model.channels == 1 {
        let grey: Vec<u8> = (0..area).map(|at| luma(pixels, area, at)).collect();
        return drawing(Plane { width, pixels: &grey }, model);
    }
    let to = (usize::from(model.height), usize::from(model.width));
    let region = middle((height, width), to);
    let mut out = Vec::new();
    for channel in 0..usize::from(model.channels) {
        // A grey picture has one plane for all.
        let plane = &pixels[channel % usize::from(found.channels) * area..][..area];
        out.extend(scale(Plane { width, pixels: plane }, region, to));
    }
    Ok(out)
}

/// Pixel `at` of a picture in planes of `area` pixels as a grey: of colours 0.299 red + 0.587 green + 0.114
/// blue (ITU-R BT.601), to the nearest.
pub(crate) fn luma(pixels: &[u8], area: usize, at: usize) -> u8 {
    if pixels.len() == area {
        return pixels[at];
    }
    let [red, green, blue] = [0, 1, 2].map(|channel| u32::from(pixels[channel * area + at]));
    ((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8
}

/// One channel.
#[derive(Clone, Copy)]
struct Plane<'a> {
    width: usize,
    pixels: &'a [u8],
}

/// A rectangle of pixels, not empty.
#[derive(Clone, Copy)]
struct Region {
    top: usize,
    left: usize,
    height: usize,
    width: usize,
}

/// A drawing as MNIST has it.
fn drawing(grey: Plane, model: Picture) -> Result<Vec<u8>, Blank> {
    let (height, width) = (usize::from(model.height), usize::from(model.width));
    let ink = Ink::of(grey);
    let region = ink.region().ok_or(Blank)?;
    // 20 for 28; both sides by one factor, the longer one to the box's.
    let side = ((height.min(width) * BOX + SIDE / 2) / SIDE).max(1);
    let longer = region.height.max(region.width);
    let scaled = |length: usize| share(length, side, longer).max(1);
    let to = (scaled(region.height), scaled(region.width));
    let mut small = scale(Plane { width: grey.width, pixels: &ink.pixels }, region, to);
    let greatest = u32::from(small.iter().copied().max().filter(|&most| most > 0).ok_or(Blank)?);
    for value in &mut small {
        *value = ((u32::from(*value) * 255 + greatest / 2) / greatest) as u8;
    }
    let centre = mass_centre(&small, to.1);
    // The centre of mass to the middle pixel, but nothing over the edge.
    let top = (height / 2).saturating_sub(centre.0).min(height - to.0);
    let left = (width / 2).saturating_sub(centre.1).min(width - to.1);
    let mut out = vec![0; height * width];
    for (y, row) in small.chunks_exact(to.1).enumerate() {
        out[(top + y) * width + left..][..to.1].copy_from_slice(row);
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
    let nearest = |moment: u64| ((2 * moment + mass) / (2 * mass)) as usize;
    (nearest(down), nearest(right))
}

/// side * by / of, to the nearest.
fn share(side: usize, by: usize, of: usize) -> usize {
    let [side, by, of] = [side, by, of].map(|length| length as u64);
    ((2 * side * by + of) / (2 * of)) as usize
}

/// How far each pixel is from the background, on the side where the ink is; 0 for what is too near to it.
struct Ink {
    width: usize,
    pixels: Vec<u8>,
    /// A pixel of more than this is certainly no background.
    certain: u8,
}

impl Ink {
    /// The background is the median of the picture's edge. Ink is dark if the darkest pixel is farther from
    /// that than the lightest. What is not farther than a sixteenth of the farthest, or than six times the
    /// median distance of all pixels (0 in a drawing, four standard deviations in the noise of a photograph),
    /// is paper.
    fn of(grey: Plane) -> Self {
        let background = edge_median(grey);
        let lightest = grey.pixels.iter().copied().max().unwrap_or(background);
        let darkest = grey.pixels.iter().copied().min().unwrap_or(background);
        let dark = background - darkest > lightest - background;
        let farthest = if dark { background - darkest } else { lightest - background };
        let mut distances = [0; 256];
        for value in grey.pixels {
            distances[usize::from(value.abs_diff(background))] += 1;
        }
        let noise = median(&distances);
        let half = farthest / 2;
        let paper = (farthest / 16).max(noise.saturating_mul(6)).min(half);
        let distance = |value: u8| match dark {
            true => background.saturating_sub(value),
            false => value.saturating_sub(background),
        };
        let clean = |value| Some(distance(value)).filter(|&ink| ink > paper).unwrap_or(0);
        let pixels = grey.pixels.iter().map(|&value| clean(value)).collect();
        // Where there is noise, some of it is beyond any bound; but not halfway to the ink.
        Self { width: grey.width, pixels, certain: if noise == 0 { 0 } else { half } }
    }

    /// The smallest rectangle that has all ink in it.
    fn region(&self) -> Option<Region> {
        let inked = |ink: &u8| *ink > self.certain;
        let rows = || self.pixels.chunks_exact(self.width);
        let top = rows().position(|row| row.iter().any(inked))?;
        let bottom = rows().rposition(|row| row.iter().any(inked))?;
        let (mut left, mut right) = (self.width, 0);
        for row in rows() {
            left = row.iter().position(inked).map_or(left, |at| left.min(at));
            right = row.iter().rposition(inked).map_or(right, |at| right.max(at));
        }
        Some(Region { top, left, height: bottom + 1 - top, width: right + 1 - left })
    }
}

/// The median of the pixels at the edge.
fn edge_median(grey: Plane) -> u8 {
    let mut counts = [0; 256];
    let rows = grey.pixels.len() / grey.width;
    for (y, row) in grey.pixels.chunks_exact(grey.width).enumerate() {
        let step = if y == 0 || y + 1 == rows { 1 } else { (grey.width - 1).max(1) };
        for &value in row.iter().step_by(step) {
            counts[usize::from(value)] += 1;
        }
    }
    median(&counts)
}

/// The (lower) median of values of which so many each were seen.
fn median(counts: &[u64; 256]) -> u8 {
    let total: u64 = counts.iter().sum();
    let mut seen = 0;
    let reaches_half = |&count: &u64| {
        seen += count;
        2 * seen >= total
    };
    counts.iter().position(reaches_half).unwrap_or(0) as u8
}

/// The largest region in the middle of `from` (rows, columns) that has the proportions of `to`.
fn middle(from: (usize, usize), to: (usize, usize)) -> Region {
    let height = from.0.min(share(from.1, to.0, to.1)).max(1);
    let width = from.1.min(share(from.0, to.1, to.0)).max(1);
    Region { top: (from.0 - height) / 2, left: (from.1 - width) / 2, height, width }
}

/// The region's pixels as `to` (rows, columns): means over areas where it shrinks, linear between pixels
/// where it grows; every weight a whole number.
fn scale(from: Plane, region: Region, to: (usize, usize)) -> Vec<u8> {
    let across: Vec<Window> = (0..to.1).map(|x| Window::of(region.width, to.1, x)).collect();
    let mut out = Vec::with_capacity(to.0 * to.1);
    let mut sums = vec![0; to.1];
    for y in 0..to.0 {
        let down = Window::of(region.height, to.0, y);
        sums.fill(0);
        for (weight, row) in down.weights.iter().zip(region.top + down.start..) {
            let row = &from.pixels[row * from.width + region.left..][..region.width];
            for (sum, window) in sums.iter_mut().zip(&across) {
                let terms = window.weights.iter().zip(&row[window.start..]);
                *sum += weight * terms.map(|(weight, &value)| weight * u64::from(value)).sum::<u64>();
            }
        }
        let total = |window: &Window| down.total() * window.total();
        out.extend(sums.iter().zip(&across).map(|(sum, window)| {
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
