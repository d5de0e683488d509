//! Pictures in a terminal: two pixels above each other a character.

use super::console::Screen;

/// Columns between two pictures.
const GAP: usize = 2;

/// Pixels below this are paper, in 0..=255, where a character can only be ink or paper.
const INK: u8 = 96;

/// Characters from paper to ink, for terminals with ASCII only.
const SHADES: &[u8; 10] = b" .:-=+*#%@";

/// A part of a picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    pub left: usize,
    pub top: usize,
    pub width: usize,
    pub height: usize,
}

/// A grey picture with a line of text under it.
pub struct Drawing {
    /// Row-major, of the width that all drawings of a row have.
    pub pixels: Vec<u8>,
    pub caption: String,
    /// Whether to mark the caption.
    pub wrong: bool,
}

/// How many pictures of `width` pixels fit side by side.
pub fn fitting(width: usize, screen: Screen) -> usize {
    screen.columns.saturating_add(GAP) / (width + GAP)
}

/// The smallest frame that holds the ink of a picture, `width` pixels a row.
pub fn ink_box(pixels: &[u8], width: usize) -> Frame {
    let inked = || (0..pixels.len()).filter(|&i| pixels[i] >= INK).map(|i| (i % width, i / width));
    let left = inked().map(|(x, _)| x).min().unwrap_or(0);
    let top = inked().map(|(_, y)| y).min().unwrap_or(0);
    let right = inked().map(|(x, _)| x + 1).max().unwrap_or(1);
    let bottom = inked().map(|(_, y)| y + 1).max().unwrap_or(1);
    Frame { left, top, width: right - left, height: bottom - top }
}

/// The part of a picture in a frame of the size of `cell`, about the middle of its own `ink`; paper where
/// that goes beyond the picture.
pub fn cut(pixels: &[u8], width: usize, ink: Frame, cell: Frame) -> Vec<u8> {
    let height = pixels.len() / width;
    // Both sizes may be odd: what is left over goes to the right and below.
    let (left, top) = ((cell.width - ink.width) / 2, (cell.height - ink.height) / 2);
    let source = |x: usize, y: usize| {
        let (x, y) = ((ink.left + x).checked_sub(left)?, (ink.top + y).checked_sub(top)?);
        (x < width && y < height).then(|| pixels[y * width + x])
    };
    let places = (0..cell.height).flat_map(|y| (0..cell.width).map(move |x| (x, y)));
    places.map(|(x, y)| source(x, y).unwrap_or(0)).collect()
}

/// The drawings side by side, pictures of `width` pixels a row; nothing where none are given.
pub fn row(drawings: &[Drawing], width: usize, screen: Screen) -> String {
    let mut out = String::new();
    let height = drawings.iter().map(|drawing| drawing.pixels.len() / width).max().unwrap_or(0);
    for y in (0..height).step_by(2) {
        let cells = drawings.iter().map(|drawing| {
            let pixel = |x, y: usize| drawing.pixels.get(y * width + x).copied().unwrap_or(0);
            (0..width).map(|x| character(pixel(x, y), pixel(x, y + 1), screen.unicode)).collect()
        });
        out += &joined(cells);
    }
    let captions = drawings.iter().map(|drawing| {
        let text: String = drawing.caption.chars().take(width).collect();
        let blank = " ".repeat(width - text.chars().count());
        match drawing.wrong && screen.colour {
            true => format!("\x1b[31m{text}\x1b[0m{blank}"),
            false => text + &blank,
        }
    });
    if !drawings.is_empty() {
        out += &joined(captions);
    }
    out
}

/// One line of the cells, the gap between them, without blanks at its end.
fn joined(cells: impl Iterator<Item = String>) -> String {
    let line = cells.collect::<Vec<_>>().join(&" ".repeat(GAP));
    format!("{}\n", line.trim_end())
}

/// The character for a pixel and the one below it.
fn character(upper: u8, lower: u8, unicode: bool) -> char {
    if !unicode {
        let mean = (usize::from(upper) + usize::from(lower)) / 2;
        return char::from(SHADES[mean * (SHADES.len() - 1) / 255]);
    }
    match (upper >= INK, lower >= INK) {
        (false, false) => ' ',
        (true, false) => '▀',
        (false, true) => '▄',
        (true, true) => '█',
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Screen = Screen { live: false, colour: false, unicode: false, columns: 20 };

    fn drawings() -> Vec<Drawing> {
        let pixels = vec![255, 0, 0, 255, 255, 0];
        vec![
            Drawing { pixels: pixels.clone(), caption: "7".into(), wrong: false },
            Drawing { pixels, caption: "long".into(), wrong: true },
        ]
    }

    #[test]
    fn half_blocks_where_the_terminal_has_them() {
        let unicode = Screen { unicode: true, ..PLAIN };
        assert_eq!(row(&drawings(), 2, unicode), "▀▄  ▀▄\n▀   ▀\n7   lo\n");
        let colour = Screen { colour: true, ..unicode };
        assert!(row(&drawings(), 2, colour).ends_with("7   \x1b[31mlo\x1b[0m\n"));
    }

    #[test]
    fn ascii_elsewhere() {
        assert_eq!(row(&drawings(), 2, PLAIN), "==  ==\n=   =\n7   lo\n");
        assert_eq!(row(&[], 2, PLAIN), "");
    }

    #[test]
    #[rustfmt::skip]
    fn pictures_are_cut_around_their_ink() {
        let picture = [
            0,  0,   0,   0, 0,
            0,  9, 100, 200, 0,
            0, 95,  96,   0, 0,
            0,  0,   0,  50, 0,
        ];
        let ink = ink_box(&picture, 5);
        assert_eq!(ink, Frame { left: 2, top: 1, width: 2, height: 2 });
        assert_eq!(cut(&picture, 5, ink, ink), [100, 200, 96, 0]);
        assert_eq!(cut(&picture, 5, ink, Frame { width: 4, height: 3, ..ink }), [
            9, 100, 200, 0,
            95, 96, 0, 0,
            0, 0, 50, 0,
        ]);
        let larger = cut(&picture, 5, ink, Frame { width: 9, height: 8, ..ink });
        assert_eq!(larger.len(), 72);
        assert_eq!(larger.iter().map(|&p| u32::from(p)).sum::<u32>(), picture.iter().map(|&p| u32::from(p)).sum());
        assert_eq!(ink_box(&[0; 20], 5), Frame { left: 0, top: 0, width: 1, height: 1 });
    }

    #[test]
    fn no_more_than_fit() {
        for (columns, width, count) in [
            (80, 28, 2),
            (80, 20, 3),
            (28, 28, 1),
            (27, 28, 0),
            (1, 1, 1),
            (58, 28, 2),
            (usize::MAX, usize::MAX - GAP, 1),
        ] {
            assert_eq!(fitting(width, Screen { columns, ..PLAIN }), count);
        }
    }
}
