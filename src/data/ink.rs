//! The ink on a picture of paper or of a board: what is written, without the paper, its shadows and its dirt.
//!
//! ```text
//! 1. The picture in blocks, so that its longer side has at most 1,024 pixels.
//! 2. The paper: in each of 96 x 96 tiles the level that a quarter of its pixels are beyond, away from the
//!    ink; tiles full of ink are filled from their neighbours (a morphological closing); between the tiles'
//!    middles it is linear.
//! 3. A pixel's distance from the paper, towards the ink, in parts of the paper, as shadows dim both. Ink is
//!    what is beyond Otsu's threshold and the noise.
//! 4. Rules, which are thin straight lines from edge to edge, are taken out.
//! 5. Connected components: those at the picture's edge, specks and what lies apart are taken out. To the
//!    rest its grey edges are added.
//! ```
//!
//! Otsu's threshold: "A threshold selection method from gray-level histograms", 1979. Everything but that is
//! in whole numbers, and its sums are exact: the result is the same on every machine.

use super::error::{Error, reserve, zeros};
use super::luma::luma;

/// The longer side of what is looked at.
const MOST_ACROSS: usize = 1024;
/// Tiles along the longer side, and the least side of one, in pixels.
const TILES: usize = 96;
const LEAST_TILE: usize = 4;
/// Tiles to either side that may be full of ink.
const REACH: usize = 18;
/// Rules are at most one part in so many of the picture thick, and rise by at most one part in so many of
/// their length.
const THIN: usize = 64;
const SLANT: usize = 16;
/// A component of less than one part in so many of the greatest is a speck.
const SPECK: u64 = 20;
/// The width of an edge, one part in so many of the drawing.
const EDGE: usize = 20;
/// What is no larger than one part in so many of the picture does not stand for the drawing.
const SMALL: usize = 16;

/// One channel.
pub(super) struct Plane {
    pub(super) width: usize,
    pub(super) pixels: Vec<u8>,
}

/// A rectangle of pixels, not empty.
#[derive(Clone, Copy)]
pub(super) struct Region {
    pub(super) top: usize,
    pub(super) left: usize,
    pub(super) height: usize,
    pub(super) width: usize,
}

/// The ink's distances from the paper, 0 elsewhere, and where it lies; `None` where there is none.
///
/// `pixels` are a grey plane, or three of colours, of `size` (height, width).
pub(super) fn find(size: (usize, usize), pixels: &[u8]) -> Result<Option<(Plane, Region)>, Error> {
    let mut plane = in_blocks(size, pixels)?;
    subtract_paper(&mut plane)?;
    let Some(Levels { noise, ink }) = Levels::of(&plane.pixels) else { return Ok(None) };
    let mut is_ink = zeros::<bool>(plane.pixels.len())?;
    is_ink.iter_mut().zip(&plane.pixels).for_each(|(is_ink, &far)| *is_ink = far > ink);
    let without_rules = without_rules(&is_ink, plane.width)?;
    let is_ink = if without_rules.contains(&true) { without_rules } else { is_ink };
    let mut drawing = drawing(is_ink, &plane)?;
    add_edges(&mut drawing, &plane, noise)?;
    let mut bounds = Bounds::NONE;
    for (at, (far, is_ink)) in plane.pixels.iter_mut().zip(&drawing).enumerate() {
        if *is_ink {
            bounds.add(at / plane.width, at % plane.width);
        } else {
            *far = 0;
        }
    }
    Ok(Some((plane, bounds.region())))
}

/// The means of square blocks, as large as they have to be; colours as greys.
fn in_blocks((height, width): (usize, usize), pixels: &[u8]) -> Result<Plane, Error> {
    let (area, side) = (height * width, height.max(width).div_ceil(MOST_ACROSS));
    let across = width.div_ceil(side);
    let (mut out, mut sums) = (Vec::new(), zeros::<u64>(across)?);
    reserve(&mut out, height.div_ceil(side) * across)?;
    for top in (0..height).step_by(side) {
        let rows = side.min(height - top);
        sums.fill(0);
        for row in top..top + rows {
            let places = (row * width..(row + 1) * width).step_by(side);
            for (sum, first) in sums.iter_mut().zip(places) {
                let block = first..(first + side).min((row + 1) * width);
                *sum += block.map(|at| u64::from(luma(pixels, area, at))).sum::<u64>();
            }
        }
        for (block, &sum) in sums.iter().enumerate() {
            let count = (rows * side.min(width - block * side)) as u64;
            out.push(((2 * sum + count) / (2 * count)) as u8);
        }
    }
    Ok(Plane { width: across, pixels: out })
}

/// What is known of a tile.
#[derive(Clone, Copy, Default)]
struct Tile {
    least: u8,
    lower_quarter: u8,
    median: u8,
    upper_quarter: u8,
    greatest: u8,
}

/// From grey values to distances from the paper, towards the ink.
fn subtract_paper(plane: &mut Plane) -> Result<(), Error> {
    let (width, height) = (plane.width, plane.pixels.len() / plane.width);
    let side = height.max(width).div_ceil(TILES).max(LEAST_TILE);
    let grid = Grid { columns: width.div_ceil(side), rows: height.div_ceil(side) };
    let tiles: Vec<Tile> = grid.map(|row, column| {
        let mut counts = [0; 256];
        for y in row * side..height.min((row + 1) * side) {
            let end = width.min((column + 1) * side);
            plane.pixels[y * width + column * side..y * width + end]
                .iter()
                .for_each(|&value| counts[usize::from(value)] += 1);
        }
        let [least, lower_quarter, median, upper_quarter, greatest] =
            [0, 1, 2, 3, 4].map(|quarters| quantile(&counts, quarters));
        Tile { least, lower_quarter, median, upper_quarter, greatest }
    });
    let is_light = is_light(grid, &tiles, plane);
    // Light ink is dark ink on the negative.
    if is_light {
        plane.pixels.iter_mut().for_each(|value| *value = 255 - *value);
    }
    let level = |tile: &Tile| if is_light { 255 - tile.lower_quarter } else { tile.upper_quarter };
    let levels: Vec<u8> = tiles.iter().map(level).collect();
    let paper = grid.in_reach(&grid.in_reach(&levels, u8::max), u8::min);
    // In units of half pixels, tile i has its middle at (2 i + 1) side.
    let between = |at: usize, count: usize| {
        let place = (2 * at + 1).saturating_sub(side).min(2 * side * (count - 1));
        let first = place / (2 * side);
        (first, (first + 1).min(count - 1), place % (2 * side))
    };
    for y in 0..height {
        let (above, below, down) = between(y, grid.rows);
        for x in 0..width {
            let (left, right, across) = between(x, grid.columns);
            let level = |row: usize| {
                let [left, right] =
                    [left, right].map(|column| usize::from(paper[row * grid.columns + column]));
                left * (2 * side - across) + right * across
            };
            let level = (level(above) * (2 * side - down) + level(below) * down) / (4 * side * side);
            let value = &mut plane.pixels[y * width + x];
            *value = (level.saturating_sub((*value).into()) * 255 / level.max(1)) as u8;
        }
    }
    Ok(())
}

/// Whether the ink is lighter than the ground. Ink is dark if the tiles' darkest pixels are much farther from
/// what is usual around them than the lightest; where so much is ink that neither is, if the darkest pixel is
/// farther from the median of the picture's edge than the lightest.
fn is_light(grid: Grid, tiles: &[Tile], plane: &Plane) -> bool {
    let (mut dark, mut light) = (0, 0);
    for (at, tile) in tiles.iter().enumerate() {
        let mut counts = [0; 256];
        grid.around(at).for_each(|other| counts[usize::from(tiles[other].median)] += 1);
        let usual = quantile(&counts, 2);
        dark += u64::from(usual.saturating_sub(tile.least)).pow(2);
        light += u64::from(tile.greatest.saturating_sub(usual)).pow(2);
    }
    if dark.max(light) > 4 * dark.min(light) {
        return light > dark;
    }
    let mut counts = [0; 256];
    let last = plane.pixels.len() - plane.width;
    for (at, &value) in plane.pixels.iter().enumerate() {
        let is_at_the_edge = at < plane.width || at >= last || (at + 1) % plane.width < 2;
        counts[usize::from(value)] += u64::from(is_at_the_edge);
    }
    let usual = quantile(&counts, 2);
    let least = tiles.iter().map(|tile| tile.least).min().unwrap_or(usual);
    let greatest = tiles.iter().map(|tile| tile.greatest).max().unwrap_or(usual);
    greatest.saturating_sub(usual) >= usual.saturating_sub(least)
}

/// The tiles of a picture.
#[derive(Clone, Copy)]
struct Grid {
    rows: usize,
    columns: usize,
}

impl Grid {
    fn map<T>(self, tile: impl Fn(usize, usize) -> T) -> Vec<T> {
        (0..self.rows * self.columns).map(|at| tile(at / self.columns, at % self.columns)).collect()
    }

    /// Some of the tiles in reach.
    fn around(self, at: usize) -> impl Iterator<Item = usize> {
        let range = |place: usize, count: usize| {
            let step = count.div_ceil(TILES / 4);
            (place % step..count).step_by(step).filter(move |n| n.abs_diff(place) <= REACH)
        };
        let (row, column) = (at / self.columns, at % self.columns);
        let columns = move || range(column, self.columns);
        range(row, self.rows).flat_map(move |row| columns().map(move |column| row * self.columns + column))
    }

    /// For each tile the greatest or the least level of those in reach.
    fn in_reach(self, levels: &[u8], pick: impl Fn(u8, u8) -> u8) -> Vec<u8> {
        let near = |at: usize, count: usize| at.saturating_sub(REACH)..count.min(at + REACH + 1);
        let across = self.map(|row, column| {
            let level = |column| levels[row * self.columns + column];
            near(column, self.columns).map(level).fold(level(column), &pick)
        });
        self.map(|row, column| {
            let level = |row| across[row * self.columns + column];
            near(row, self.rows).map(level).fold(level(row), &pick)
        })
    }
}

/// The value that so many quarters of all are at most; the least for 0.
fn quantile(counts: &[u64; 256], quarters: u64) -> u8 {
    let wanted = (quarters * counts.iter().sum::<u64>()).max(1);
    let mut seen = 0;
    let reached = counts.iter().position(|&count| {
        seen += count;
        4 * seen >= wanted
    });
    reached.unwrap_or(0) as u8
}

/// What is beyond `noise` may be an edge of ink, beyond `ink` it is ink.
struct Levels {
    noise: u8,
    ink: u8,
}

impl Levels {
    /// Noise is up to a sixteenth of the farthest, or six times the median distance (0 in a drawing, four
    /// standard deviations in a photograph), but at most half of the farthest.
    fn of(distances: &[u8]) -> Option<Self> {
        let mut counts = [0; 256];
        distances.iter().for_each(|&far| counts[usize::from(far)] += 1);
        let farthest = quantile(&counts, 4);
        let [usual, far] = [2, 3].map(|quarters| quantile(&counts, quarters));
        let noise =
            (farthest / 16).max(usual.saturating_add((far - usual).saturating_mul(6))).min(farthest / 2);
        (farthest > 0).then(|| Self { noise, ink: otsu(&counts).max(noise) })
    }
}

/// The threshold, the greatest value of the lower class, that has the greatest variance between the classes;
/// 0 where there are not two.
fn otsu(counts: &[u64; 256]) -> u8 {
    let weighted =
        || counts.iter().enumerate().map(|(value, &count)| (count as f64, value as f64 * count as f64));
    let (all, total) = weighted().fold((0.0, 0.0), |(n, sum), (count, value)| (n + count, sum + value));
    let (mut below, mut sum, mut best, mut threshold) = (0.0, 0.0, 0.0, 0);
    for (at, (count, value)) in weighted().enumerate() {
        below += count;
        sum += value;
        let above = all - below;
        // (mean - other mean)² · below · above, which needs no division by 0.
        let apart = sum * above - (total - sum) * below;
        if below > 0.0 && above > 0.0 && apart * apart / (below * above) > best {
            best = apart * apart / (below * above);
            threshold = at;
        }
    }
    threshold as u8
}

/// The ink without rules: straight lines from edge to edge, at most some degrees from level or upright, that
/// are thin across.
fn without_rules(is_ink: &[bool], width: usize) -> Result<Vec<bool>, Error> {
    let height = is_ink.len() / width;
    let thin = height.max(width).div_ceil(THIN);
    let mut out = Vec::new();
    reserve(&mut out, is_ink.len())?;
    out.extend(is_ink);
    // Rows, then columns: how many, how long, from one to the next, and along one.
    for (lines, length, to_next, along) in [(height, width, width, 1), (width, height, 1, width)] {
        let is_thin = |line: usize, at: usize| {
            let is_ink = |line: &usize| is_ink[line * to_next + at * along];
            let before = (0..line).rev().take(thin).take_while(is_ink).count();
            before + (line + 1..lines).take(thin).take_while(is_ink).count() < thin
        };
        let most = length / SLANT;
        for first in 0..lines {
            for slant in -(most as isize)..=most as isize {
                // The line that begins at `first` and ends `slant` farther on, where it is on the picture.
                let line = |at: usize| first.checked_add_signed(slant * at as isize / length as isize);
                let is_inked = |at: &usize| {
                    line(*at).is_some_and(|line| line < lines && is_ink[line * to_next + at * along])
                };
                let inked = |step: usize| (0..length).step_by(step).filter(is_inked).count() * step;
                if 3 * length <= 4 * inked(8) + 32 && 3 * length <= 4 * inked(1) {
                    for at in (0..length).filter(is_inked) {
                        let line = line(at).unwrap_or(0);
                        out[line * to_next + at * along] &= !is_thin(line, at);
                    }
                }
            }
        }
    }
    Ok(out)
}

/// The places that touch the one at `at`.
fn neighbours(at: usize, plane: &Plane) -> impl Iterator<Item = usize> {
    let (width, height) = (plane.width, plane.pixels.len() / plane.width);
    let (y, x) = (at / width, at % width);
    let rows = y.saturating_sub(1)..height.min(y + 2);
    rows.flat_map(move |y| (x.saturating_sub(1)..width.min(x + 2)).map(move |x| y * width + x))
}

/// The rows and columns that something is in: first and last.
#[derive(Clone, Copy)]
struct Bounds {
    top: usize,
    bottom: usize,
    left: usize,
    right: usize,
}

impl Bounds {
    const NONE: Self = Self { top: usize::MAX, bottom: 0, left: usize::MAX, right: 0 };

    fn add(&mut self, y: usize, x: usize) {
        (self.top, self.bottom) = (self.top.min(y), self.bottom.max(y));
        (self.left, self.right) = (self.left.min(x), self.right.max(x));
    }

    fn region(self) -> Region {
        let Self { top, bottom, left, right } = self;
        Region { top, left, height: bottom + 1 - top, width: right + 1 - left }
    }

    /// The longer side.
    fn longer(self) -> usize {
        self.region().height.max(self.region().width)
    }
}

/// Ink that is connected.
#[derive(Clone, Copy)]
struct Component {
    /// One of its pixels.
    start: usize,
    bounds: Bounds,
    /// The sum of its distances from the paper.
    mass: u64,
    /// Whether it has a pixel in the middle half of the picture, both ways.
    is_in_the_middle: bool,
}

impl Component {
    /// Takes the component of `start` out of `is_ink` and calls `each` with its pixels.
    fn take(
        start: usize,
        is_ink: &mut [bool],
        plane: &Plane,
        mut each: impl FnMut(usize),
    ) -> Result<Self, Error> {
        let (width, height) = (plane.width, plane.pixels.len() / plane.width);
        let middle = |at: usize, side: usize| (side..=3 * side).contains(&(4 * at + 2));
        let mut out = Self { start, bounds: Bounds::NONE, mass: 0, is_in_the_middle: false };
        let mut stack = Vec::from([start]);
        is_ink[start] = false;
        while let Some(at) = stack.pop() {
            each(at);
            let (y, x) = (at / width, at % width);
            out.bounds.add(y, x);
            out.mass += u64::from(plane.pixels[at]);
            out.is_in_the_middle |= middle(y, height) && middle(x, width);
            reserve(&mut stack, 8)?;
            stack.extend(neighbours(at, plane).filter(|&other| core::mem::take(&mut is_ink[other])));
        }
        Ok(out)
    }

    fn is_at_the_edge(&self, plane: &Plane) -> bool {
        let Bounds { top, bottom, left, right } = self.bounds;
        top == 0 || left == 0 || bottom + 1 == plane.pixels.len() / plane.width || right + 1 == plane.width
    }

    /// What counts for a drawing: much ink over some distance, not a blot.
    fn weight(&self) -> u64 {
        self.mass * self.bounds.longer() as u64
    }

    /// Whether it is a part of the drawing whose greatest component is `main`: no speck, and not apart.
    fn belongs_to(&self, main: &Self) -> bool {
        let near = main.bounds.longer() / 4;
        let overlap =
            |first: usize, last: usize, of: usize, to: usize| first <= to + near && of <= last + near;
        let (own, other) = (self.bounds, main.bounds);
        SPECK * self.mass >= main.mass
            && overlap(own.top, own.bottom, other.top, other.bottom)
            && overlap(own.left, own.right, other.left, other.right)
    }
}

/// The components that are the drawing.
fn drawing(mut is_ink: Vec<bool>, plane: &Plane) -> Result<Vec<bool>, Error> {
    let mut out = zeros(is_ink.len())?;
    let mut left = zeros::<bool>(is_ink.len())?;
    left.copy_from_slice(&is_ink);
    let mut components = Vec::new();
    for at in 0..left.len() {
        if left[at] {
            reserve(&mut components, 1)?;
            components.push(Component::take(at, &mut left, plane, |_| {})?);
        }
    }
    // What touches the edge is a shadow, a frame, the table: unless there is nothing else of any size.
    let side = plane.width.max(plane.pixels.len() / plane.width);
    let is_inside = |part: &Component| !part.is_at_the_edge(plane) && part.bounds.longer() * SMALL >= side;
    for rule in [&is_inside as &dyn Fn(&Component) -> bool, &|part| part.is_in_the_middle, &|_| true] {
        if components.iter().any(rule) {
            components.retain(rule);
            break;
        }
    }
    let mut main = components.first().copied();
    for part in &components {
        main = main.filter(|main| main.weight() >= part.weight()).or(Some(*part));
    }
    for part in components.iter().filter(|part| main.is_some_and(|main| part.belongs_to(&main))) {
        Component::take(part.start, &mut is_ink, plane, |at| out[at] = true)?;
    }
    Ok(out)
}

/// Adds the grey edges of the ink: what is beyond the noise, falls off from it, and is no farther away than a
/// twentieth of the drawing's longer side.
fn add_edges(drawing: &mut [bool], plane: &Plane, noise: u8) -> Result<(), Error> {
    let mut bounds = Bounds::NONE;
    let (mut front, mut next) = (Vec::new(), Vec::new());
    for at in (0..drawing.len()).filter(|&at| drawing[at]) {
        bounds.add(at / plane.width, at % plane.width);
        reserve(&mut front, 1)?;
        front.push(at);
    }
    for _ in 0..bounds.longer().div_ceil(EDGE) {
        for at in front.drain(..) {
            for other in neighbours(at, plane) {
                if !drawing[other] && (noise + 1..=plane.pixels[at]).contains(&plane.pixels[other]) {
                    drawing[other] = true;
                    reserve(&mut next, 1)?;
                    next.push(other);
                }
            }
        }
        core::mem::swap(&mut front, &mut next);
    }
    Ok(())
}
