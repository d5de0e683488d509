//! Pictures of the data, and of hidden units' weights.

use super::html::{escaped, isolated};
use monolayer::data::Images;
use monolayer::export::png::{Samples, address, encode};
use monolayer::weights::{Params, Picture, Shape};

/// Bytes that the pictures of a section may have together.
const MOST_BYTES: u64 = 1 << 20;

/// A hidden unit is drawn in so many shades of either sign.
const SHADES: u8 = 31;

/// Blue for weights below 0, orange-red above; the more opaque, the greater. Both are seen on light and on dark.
const BELOW: [u8; 3] = [47, 112, 224];
const ABOVE: [u8; 3] = [222, 80, 38];

/// How many pictures of this shape a section may have, of the `most` that it would.
pub(super) fn affordable(picture: Picture, most: usize) -> usize {
    let each = picture.pixels().saturating_add(300);
    let fitting = MOST_BYTES / each;
    if fitting < most as u64 { fitting as usize } else { most }
}

/// A picture of the data.
pub(super) fn image(picture: Picture, pixels: &[u8]) -> String {
    let width = usize::from(picture.width);
    address(&match picture.channels {
        3 => encode(width, Samples::Colour, &interleaved(pixels)),
        _ => encode(width, Samples::Grey, pixels), // the planes of any other number one above the other
    })
}

/// Three planes to three bytes a pixel.
fn interleaved(planes: &[u8]) -> Vec<u8> {
    let size = planes.len() / 3;
    (0..size).flat_map(|pixel| [0, 1, 2].map(|plane| planes[plane * size + pixel])).collect()
}

/// The weights from the pixels to hidden unit `unit`, their greatest as the strongest colour. A grey picture's are
/// blue below 0 and red above; a coloured one's are its three colours, 0 in the middle of each.
pub(super) fn unit(params: &Params, picture: Picture, unit: usize) -> String {
    let Shape { features, hidden, .. } = params.shape();
    let weights = || (1..=features).map(|row| params.w1()[row * hidden + unit]);
    let size = |w: f32| if w < 0.0 { -w } else { w };
    let most = weights().map(size).fold(0.0, |most, w| if w > most { w } else { most });
    let most = if most > 0.0 { most } else { 1.0 };
    let width = usize::from(picture.width);
    if picture.channels == 3 {
        let level = |w: f32| (w / most * 127.0 + 128.5) as u8; // the cast rounds down
        return address(&encode(
            width,
            Samples::Colour,
            &interleaved(&weights().map(level).collect::<Vec<_>>()),
        ));
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

/// What hidden units do to the classes: of each, in the order of their influence, its number and the classes whose
/// logits it raises and lowers the most.
pub(super) fn influences(params: &Params) -> Vec<(usize, usize, usize)> {
    let Shape { hidden, classes, .. } = params.shape();
    let row = |unit: usize| &params.w2()[(unit + 1) * classes..][..classes];
    // A constant added to all logits changes nothing, so what counts is how far a unit's weights are from their mean.
    let influence = |unit: usize| {
        let mean = row(unit).iter().fold(0.0, |sum, &w| sum + f64::from(w)) / classes as f64;
        row(unit).iter().fold(0.0, |sum, &w| sum + (f64::from(w) - mean) * (f64::from(w) - mean))
    };
    let mut order: Vec<(f64, usize)> = (0..hidden).map(|unit| (influence(unit), unit)).collect();
    order.sort_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let extreme = |unit: usize, sign: f32| {
        let mut best = 0;
        for class in 1..classes {
            if row(unit)[class] * sign > row(unit)[best] * sign {
                best = class;
            }
        }
        best
    };
    order.into_iter().map(|(_, unit)| (unit, extreme(unit, 1.0), extreme(unit, -1.0))).collect()
}

/// Pictures in rows, from address, text for those who do not see it, and HTML below.
pub(super) fn gallery(class: &str, pictures: impl Iterator<Item = (String, String, String)>) -> String {
    let items = pictures.map(|(address, text, below)| {
        format!("<li><img src=\"{address}\" alt=\"{}\">{below}</li>\n", escaped(&text))
    });
    format!("<ul class=\"{class}\">\n{}</ul>\n", items.collect::<String>())
}

/// The picture of test image `n`, with what it is taken for.
pub(super) fn mistake(
    images: &Images,
    picture: Picture,
    n: usize,
    [taken, is]: [&str; 2],
    confidence: f32,
) -> (String, String, String) {
    let percent = confidence * 100.0;
    let below =
        format!("<strong>{}</strong> {percent:.1} %<br><span>is {}</span>", isolated(taken), isolated(is));
    (image(picture, images.image(n)), format!("test image {n}: {is}, taken for {taken}"), below)
}

/// A square of counts, row by row, as a picture: a pixel each, the diagonal and the rest in a colour each, each the more
/// opaque the greater its count among them.
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
