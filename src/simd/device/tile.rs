//! Rows of f32, each times a number, added to sums: what inference on a device consists of. Ten sums stay in
//! registers while sixteen rows are added to them.

use crate::simd::{fma, keep_rolled};
use core::marker::PhantomData;
use core::mem::MaybeUninit;

/// The sums of a tile: with ten weights and a factor they fit the 32 float registers of a Cortex-M4F, and ten
/// classes, or a round number of hidden units, leave no rest.
const TILE: usize = 10;

/// The rows that one pass over the sums adds.
const GROUP: usize = 16;

/// A row and what it is multiplied by.
#[derive(Clone, Copy)]
struct Term {
    factor: f32,
    row: *const f32,
}

/// Rows that wait to be added.
pub struct Rows<'a> {
    /// The first `filled` are.
    terms: [MaybeUninit<Term>; GROUP],
    filled: usize,
    /// Of every row: what the pointers stand for.
    columns: usize,
    rows: PhantomData<&'a [f32]>,
}

impl<'a> Rows<'a> {
    /// None yet; all will have so many columns.
    #[inline(always)]
    pub fn new(columns: usize) -> Self {
        Self { terms: [const { MaybeUninit::uninit() }; GROUP], filled: 0, columns, rows: PhantomData }
    }

    /// Takes in a row with its factor, unless it has another length; adds all to `sums` when as many wait as
    /// can.
    #[inline(always)]
    pub fn push(&mut self, sums: &mut [f32], factor: f32, row: &'a [f32]) {
        if row.len() != self.columns {
            return;
        }
        if let Some(place) = self.terms.get_mut(self.filled) {
            *place = MaybeUninit::new(Term { factor, row: row.as_ptr() });
            self.filled += 1;
        }
        if self.filled == GROUP {
            self.add_to(sums);
        }
    }

    /// sums += factor · row for all rows, in order, each product one [`fma`]; the rows are then forgotten.
    /// Sums beyond the rows' columns stay what they are.
    #[inline(never)]
    pub fn add_to(&mut self, sums: &mut [f32]) {
        let terms = self.terms.get(..self.filled).unwrap_or(&[]);
        self.filled = 0;
        let sums = sums.get_mut(..self.columns).unwrap_or(&mut []);
        let mut first = 0;
        let mut tiles = sums.chunks_exact_mut(TILE);
        for tile in &mut tiles {
            let Some(tile) = tile.first_chunk_mut() else { continue };
            let mut acc = *tile;
            for term in terms {
                keep_rolled();
                // SAFETY: the first `filled` terms were written, and each one's row came from a slice of
                // `columns` floats, which lives as long as 'a; there are that many sums, and `first` + TILE
                // is not beyond them.
                let (factor, row) = unsafe {
                    let Term { factor, row } = term.assume_init();
                    (factor, &*row.add(first).cast::<[f32; TILE]>())
                };
                acc = fma_tile(acc, factor, row);
            }
            *tile = acc;
            first += TILE;
        }
        for (column, sum) in tiles.into_remainder().iter_mut().enumerate() {
            for term in terms {
                keep_rolled();
                // SAFETY: as above; the column is one of the sums'.
                let (factor, weight) = unsafe {
                    let Term { factor, row } = term.assume_init();
                    (factor, *row.add(first + column))
                };
                *sum = fma(factor, weight, *sum);
            }
        }
    }
}

/// acc + x · row, each one [`fma`].
#[cfg(not(all(
    target_arch = "arm",
    target_abi = "eabihf",
    not(target_has_atomic = "64"),
    any(target_feature = "vfp2", monolayer_fma)
)))]
#[inline(always)]
fn fma_tile(mut acc: [f32; TILE], x: f32, row: &[f32; TILE]) -> [f32; TILE] {
    acc.iter_mut().zip(row).for_each(|(sum, &weight)| *sum = fma(x, weight, *sum));
    acc
}

/// acc + x · row, each one [`fma`]. One load fetches all weights, which takes 11 cycles, not 20: the compiler
/// does not number its registers so that it could.
#[cfg(all(
    target_arch = "arm",
    target_abi = "eabihf",
    not(target_has_atomic = "64"),
    any(target_feature = "vfp2", monolayer_fma)
))]
#[inline(always)]
fn fma_tile(mut acc: [f32; TILE], x: f32, row: &[f32; TILE]) -> [f32; TILE] {
    let [a, b, c, d, e, f, g, h, i, j] = &mut acc;
    // SAFETY: reads the ten floats of `row`, which are aligned; all registers that change are named.
    unsafe {
        core::arch::asm!(
            "vldmia {row}, {{s10-s19}}",
            "vfma.f32 s0, {x}, s10",
            "vfma.f32 s1, {x}, s11",
            "vfma.f32 s2, {x}, s12",
            "vfma.f32 s3, {x}, s13",
            "vfma.f32 s4, {x}, s14",
            "vfma.f32 s5, {x}, s15",
            "vfma.f32 s6, {x}, s16",
            "vfma.f32 s7, {x}, s17",
            "vfma.f32 s8, {x}, s18",
            "vfma.f32 s9, {x}, s19",
            row = in(reg) row.as_ptr(),
            x = in(sreg) x,
            inout("s0") *a, inout("s1") *b, inout("s2") *c, inout("s3") *d, inout("s4") *e,
            inout("s5") *f, inout("s6") *g, inout("s7") *h, inout("s8") *i, inout("s9") *j,
            out("s10") _, out("s11") _, out("s12") _, out("s13") _, out("s14") _,
            out("s15") _, out("s16") _, out("s17") _, out("s18") _, out("s19") _,
            options(pure, readonly, nostack)
        );
    }
    acc
}
