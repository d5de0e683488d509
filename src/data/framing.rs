//! How the pictures of a data set are framed, so that others can be framed alike.

use super::images::Images;
use super::shape::squared;
use crate::weights::Picture;
use core::fmt;
use core::str::FromStr;

/// How grey pictures of something on a plain ground are framed. Written as `dark 20 mass`, or, where what is
/// on them is stretched to a size, as `light 28x28 box`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Framing {
    /// What lies around.
    pub ground: Ground,
    /// How large what is on them is.
    pub extent: Extent,
    /// What of it is in the middle.
    pub centre: Centre,
}

/// The ground of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ground {
    /// Near 0.
    Dark,
    /// Near 255.
    Light,
}

/// The size of what is on pictures, in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Extent {
    /// Of the longer side; the other is in proportion.
    Longer(u16),
    /// Height and width.
    Both(u16, u16),
}

/// What lies in the middle of pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Centre {
    /// The centre of mass.
    Mass,
    /// The middle of the smallest rectangle that has everything in it.
    Box,
}

/// The most pictures that are measured, spread evenly over all.
const MOST_MEASURED: usize = 1000;
/// The least side of pictures that can be framed.
const LEAST_SIDE: u16 = 8;
/// How far from the ground ink begins.
const INK: u8 = 32;
/// Parts of a pixel in which centres are measured.
const PARTS: u64 = 64;

impl Framing {
    /// That of MNIST, in pictures of another size in proportion: that of models that do not say theirs.
    pub fn of_mnist(picture: Picture) -> Self {
        let Picture { height, width, .. } = squared(picture).unwrap_or(picture);
        let side = height.min(width);
        let longer = ((u32::from(side) * 20 + 14) / 28).max(1) as u16;
        Self { ground: Ground::Dark, extent: Extent::Longer(longer), centre: Centre::Mass }
    }

    /// The line of a training text that has a framing.
    pub const KEY: &'static str = "framing";

    /// How these pictures are framed; `None` where they are not: colours, photographs, patterns.
    ///
    /// The ground is dark or light if three of five pixels at the pictures' edges are. The size is the median
    /// of the sizes; both sides count if nine of ten pictures have both. The centre is the one that varies
    /// less from picture to picture. A shape that is not known is taken for a square. Whole numbers
    /// throughout.
    pub fn of(images: &Images, picture: Picture) -> Option<Self> {
        let picture = squared(picture)?;
        let (height, width) = (picture.height, picture.width);
        if images.is_empty() || picture.channels != 1 || height.min(width) < LEAST_SIDE {
            return None;
        }
        let step = images.len().div_ceil(MOST_MEASURED);
        let measured = || (0..images.len()).step_by(step).map(|n| images.image(n));
        let (mut dark, mut light, mut all) = (0, 0, 0);
        for pixels in measured() {
            for value in edge(pixels, picture) {
                dark += usize::from(value < 64);
                light += usize::from(value > 191);
                all += 1;
            }
        }
        let ground = match (5 * dark >= 3 * all, 5 * light >= 3 * all) {
            (true, _) => Ground::Dark,
            (_, true) => Ground::Light,
            _ => return None,
        };
        let ink: Vec<Ink> = measured().filter_map(|pixels| Ink::of(pixels, picture, ground)).collect();
        let median = |of: &dyn Fn(&Ink) -> u64| {
            let mut all: Vec<u64> = ink.iter().map(of).collect();
            all.sort_unstable();
            all.get(all.len() / 2).copied()
        };
        let [rows, columns] = [median(&|ink| ink.height)?, median(&|ink| ink.width)?];
        let is_usual = |ink: &&Ink| ink.height.abs_diff(rows) <= 1 && ink.width.abs_diff(columns) <= 1;
        let extent = match 10 * ink.iter().filter(is_usual).count() >= 9 * ink.len() {
            true => Extent::Both(rows as u16, columns as u16),
            false => Extent::Longer(median(&|ink| ink.height.max(ink.width))? as u16),
        };
        let spread = |of: &dyn Fn(&Ink) -> u64| {
            let usual = median(of)?;
            Some(ink.iter().map(|ink| of(ink).abs_diff(usual)).sum::<u64>())
        };
        let by_mass = spread(&|ink| ink.mass[0])? + spread(&|ink| ink.mass[1])?;
        let by_box = spread(&|ink| ink.middle[0])? + spread(&|ink| ink.middle[1])?;
        let centre = if by_mass < by_box { Centre::Mass } else { Centre::Box };
        Some(Self { ground, extent, centre })
    }

    /// The framing that a training text has; of one that has none, MNIST's.
    pub fn of_training(text: &str, picture: Picture) -> Option<Self> {
        let line = text.lines().find_map(|line| line.strip_prefix(Self::KEY)?.strip_prefix('='));
        line.map_or_else(|| Some(Self::of_mnist(picture)), |framing| framing.parse().ok())
    }

    /// Whether a picture of the model's own shape is framed so: to a pixel, and an eighth of the size.
    pub(super) fn holds_for(self, pixels: &[u8], picture: Picture) -> bool {
        let Some(ink) = Ink::of(pixels, picture, self.ground) else { return false };
        let is_near = |found: u64, side: u16| found.abs_diff(side.into()) <= 1 + u64::from(side) / 8;
        let has_size = match self.extent {
            Extent::Longer(side) => is_near(ink.height.max(ink.width), side),
            Extent::Both(rows, columns) => is_near(ink.height, rows) && is_near(ink.width, columns),
        };
        let centre = if self.centre == Centre::Mass { ink.mass } else { ink.middle };
        let sides = [picture.height, picture.width].map(u64::from);
        has_size && centre.iter().zip(sides).all(|(at, side)| at.abs_diff(PARTS * side / 2) <= PARTS)
    }

    /// Whether a picture looks like the negative of those framed so: most of its edge is of the other
    /// ground.
    pub fn is_opposite(self, pixels: &[u8], picture: Picture) -> bool {
        let Some(picture) = squared(picture).filter(|picture| picture.channels == 1) else { return false };
        let (mut other, mut all) = (0, 0);
        for value in edge(pixels, picture) {
            other += usize::from(if self.ground == Ground::Dark { value > 191 } else { value < 64 });
            all += 1;
        }
        5 * other >= 4 * all
    }
}

/// The pixels at the edge of a grey picture.
fn edge(pixels: &[u8], picture: Picture) -> impl Iterator<Item = u8> {
    let (height, width) = (usize::from(picture.height), usize::from(picture.width));
    (0..height).flat_map(move |y| {
        let step = if y == 0 || y + 1 == height { 1 } else { (width - 1).max(1) };
        pixels[y * width..][..width].iter().step_by(step).copied()
    })
}

/// What is on a picture; centres in parts of a pixel, of which the first pixel's middle has a half.
struct Ink {
    height: u64,
    width: u64,
    /// Row and column of the centre of mass.
    mass: [u64; 2],
    /// Row and column of the box's middle.
    middle: [u64; 2],
}

impl Ink {
    fn of(pixels: &[u8], picture: Picture, ground: Ground) -> Option<Self> {
        let width = usize::from(picture.width);
        let (mut first, mut last) = ([u64::MAX; 2], [0; 2]);
        let (mut mass, mut moments) = (0, [0; 2]);
        for (at, &value) in pixels.iter().enumerate() {
            let far = if ground == Ground::Dark { value } else { 255 - value };
            if far < INK {
                continue;
            }
            mass += u64::from(far);
            for (side, place) in [at / width, at % width].into_iter().enumerate() {
                let place = place as u64;
                first[side] = first[side].min(place);
                last[side] = last[side].max(place + 1);
                moments[side] += u64::from(far) * (2 * place + 1);
            }
        }
        (mass > 0).then(|| Self {
            height: last[0] - first[0],
            width: last[1] - first[1],
            mass: moments.map(|moment| (PARTS / 2 * moment + mass / 2) / mass),
            middle: [0, 1].map(|side| PARTS / 2 * (first[side] + last[side])),
        })
    }
}

impl fmt::Display for Framing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.ground == Ground::Dark { "dark " } else { "light " })?;
        match self.extent {
            Extent::Longer(side) => write!(f, "{side}")?,
            Extent::Both(rows, columns) => write!(f, "{rows}x{columns}")?,
        }
        f.write_str(if self.centre == Centre::Mass { " mass" } else { " box" })
    }
}

/// A text is no framing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoFraming;

impl FromStr for Framing {
    type Err = NoFraming;

    fn from_str(text: &str) -> Result<Self, NoFraming> {
        let mut words = text.split(' ');
        let mut word = || words.next().ok_or(NoFraming);
        let ground = match word()? {
            "dark" => Ground::Dark,
            "light" => Ground::Light,
            _ => return Err(NoFraming),
        };
        let side = |text: &str| text.parse().ok().filter(|&side| side > 0).ok_or(NoFraming);
        let extent = match word()? {
            both if both.contains('x') => {
                let (rows, columns) = both.split_once('x').ok_or(NoFraming)?;
                Extent::Both(side(rows)?, side(columns)?)
            }
            longer => Extent::Longer(side(longer)?),
        };
        let centre = match word()? {
            "mass" => Centre::Mass,
            "box" => Centre::Box,
            _ => return Err(NoFraming),
        };
        words.next().is_none().then_some(Self { ground, extent, centre }).ok_or(NoFraming)
    }
}
