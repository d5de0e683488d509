//! Images of the data, of hidden units' weights and of confusion matrices, as PNG in data URLs.

use super::html::{escaped, isolated};
use monolayer::data::Images;
use monolayer::export::png::{Samples, address, encode};
use monolayer::weights::{Params, Picture, Shape};

/// Budget of bytes for the images of a section.
const MOST_BYTES: u64 = 1 << 20;

/// Shades of either sign in which a hidden unit is drawn.
const SHADES: u8 = 31;

/// Blue for weights below 0, orange-red above, more opaque the greater they are. Visible on light and dark.
const BELOW: [u8; 3] = [47, 112, 224];
const ABOVE: [u8; 3] = [222, 80, 38];

/// The number of images of this shape that fit the budget, at most `most`.
pub(super) fn affordable(picture: Picture, most: usize) -> usize {
    let each = picture.pixels().saturating_add(300);
    let fitting = MOST_BYTES / each;
    if fitting < most as u64 { fitting as usize } else { most }
}

/// Draws an image of the data.
pub(super) fn image(picture: Picture, pixels: &[u8]) -> String {
    let width = usize::from(picture.width);
    address(&match picture.channels {
        3 => encode(width, Samples::Colour, &interleaved(pixels)),
        _ => encode(width, Samples::Grey, pixels), // the planes of any other number one above the other
    })
}

/// Converts three planes to three bytes a pixel.
fn interleaved(planes: &[u8]) -> Vec<u8> {
    let size = planes.len() / 3;
    (0..size).flat_map(|pixel| [0, 1, 2].map(|plane| planes[plane * size + pixel])).collect()
}

/// Draws the weights from the pixels to hidden unit `unit`, the greatest in the strongest colour: for grey
/// images blue below 0 and red above; for colour images in their three channels, 0 in the middle of each.
pub(super) fn unit(params: &Params, picture: Picture, unit: usize) -> String {
    let Shape { features, hidden, .. } = params.shape();
    let weights = || (1..=features).map(|row| params.w1()[row * hidden + unit]);
    let most = weights().map(f32::abs).fold(0.0, |most, w| if w > most { w } else { most });
    let most = if most > 0.0 { most } else { 1.0 };
    let width = usize::from(picture.width);
    if picture.channels == 3 {
        let level = |w: f32| (w / most * 127.0 + 128.5) as u8; // the cast rounds down
        let planes: Vec<u8> = weights().map(level).collect();
        return address(&encode(width, Samples::Colour, &interleaved(&planes)));
    }
    let shades = f32::from(SHADES);
    let index = |w: f32| (w / most * shades + shades + 0.5) as u8;
    let palette: Vec<[u8; 4]> = (0..=2 * SHADES)
        .map(|index| {
            let [r, g, b] = if index < SHADES { BELOW } else { ABOVE };
            let distance = u16::from(index.abs_diff(SHADES));
            [r, g, b, (distance * 255 / u16::from(SHADES)) as u8]
        })
        .collect();
    address(&encode(width, Samples::Palette(&palette), &weights().map(index).collect::<Vec<_>>()))
}

/// The hidden units by descending influence on the logits: unit, class whose logit it raises most, class
/// whose logit it lowers most.
pub(super) fn influences(params: &Params) -> Vec<(usize, usize, usize)> {
    let Shape { hidden, classes, .. } = params.shape();
    let row = |unit: usize| &params.w2()[(unit + 1) * classes..][..classes];
    // A constant added to all logits changes nothing: the influence is the spread of a unit's weights around
    // their mean.
    let influence = |unit: usize| {
        let mean = row(unit).iter().fold(0.0, |sum, &w| sum + f64::from(w)) / classes as f64;
        row(unit).iter().fold(0.0, |sum, &w| sum + (f64::from(w) - mean) * (f64::from(w) - mean))
    };
    let mut order: Vec<(f64, usize)> = (0..hidden).map(|unit| (influence(unit), unit)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    // The first of equals.
    let extreme = |unit: usize, sign: f32| {
        let is_beyond = |class: usize, best: usize| row(unit)[class] * sign > row(unit)[best] * sign;
        (1..classes).fold(0, |best, class| if is_beyond(class, best) { class } else { best })
    };
    order.into_iter().map(|(_, unit)| (unit, extreme(unit, 1.0), extreme(unit, -1.0))).collect()
}

/// A gallery of images, each given as its address, its alternative text and the HTML below it.
pub(super) fn gallery(class: &str, pictures: impl Iterator<Item = (String, String, String)>) -> String {
    let items = pictures.map(|(address, text, below)| {
        format!("<li><img src=\"{address}\" alt=\"{}\">{below}</li>\n", escaped(&text))
    });
    format!("<ul class=\"{class}\">\n{}</ul>\n", items.collect::<String>())
}

/// An entry of the gallery: test image `n`, its predicted and its true class.
pub(super) fn mistake(
    images: &Images,
    picture: Picture,
    n: usize,
    [predicted, is]: [&str; 2],
    confidence: f32,
) -> (String, String, String) {
    let percent = confidence * 100.0;
    let below = format!(
        "<strong>{}</strong> {percent:.1} %<br><span>is {}</span>",
        isolated(predicted),
        isolated(is)
    );
    (image(picture, images.image(n)), format!("test image {n}: {is}, predicted as {predicted}"), below)
}

/// Draws a square matrix of counts, row by row, a pixel each: one colour for the diagonal, one for the rest,
/// more opaque the greater the count.
pub(super) fn matrix(counts: &[u32], classes: usize) -> String {
    const LEVELS: u32 = 127;
    let on_diagonal = |index: usize| index % (classes + 1) == 0;
    let most = |diagonal: bool| {
        let counts = counts.iter().enumerate().filter(|(index, _)| on_diagonal(*index) == diagonal);
        counts.map(|(_, &count)| count).max().unwrap_or(0).max(1)
    };
    let greatest = [most(false), most(true)];
    let mut palette = vec![[0; 4]; 256];
    for level in 0..=LEVELS {
        let opacity = (level * 255 / LEVELS) as u8;
        let [[a, b, c], [d, e, f]] = [ABOVE, BELOW];
        palette[level as usize] = [a, b, c, opacity];
        palette[level as usize + 128] = [d, e, f, opacity];
    }
    let level = |(index, &count): (usize, &u32)| {
        let diagonal = on_diagonal(index);
        let share = u64::from(count) * u64::from(LEVELS) / u64::from(greatest[usize::from(diagonal)]);
        let shown = if count > 0 { share.max(12) } else { 0 };
        shown as u8 + if diagonal { 128 } else { 0 }
    };
    let samples: Vec<u8> = counts.iter().enumerate().map(level).collect();
    address(&encode(classes, Samples::Palette(&palette), &samples))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_are_interleaved() {
        assert_eq!(interleaved(&[1, 2, 3, 4, 5, 6]), [1, 3, 5, 2, 4, 6]);
    }

    #[test]
    fn the_most_influential_units_come_first() {
        let activation = monolayer::Activation::Tanh;
        let shape = Shape { activation, features: 1, hidden: 3, classes: 2, scale: 1.0 };
        // Biases; a unit that raises both alike; a weak one; a strong one.
        let w2 = [9.0, 0.0, 5.0, 5.0, 0.1, 0.0, -1.0, 1.0];
        let params = Params::new(shape, &[0.0; 6], &w2).unwrap();
        assert_eq!(influences(&params), [(2, 1, 0), (1, 0, 1), (0, 0, 0)]);
    }

    #[test]
    fn pictures_that_would_fill_the_page_are_left_out() {
        let of = |width| affordable(Picture { channels: 3, height: 65_535, width }, 24);
        assert_eq!((of(1), of(6), of(65_535)), (5, 0, 0));
        assert_eq!(affordable(Picture { channels: 1, height: 28, width: 28 }, 24), 24);
    }
}
