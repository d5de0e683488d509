//! Rows of int8, each times a pixel, added to sums of 32 bits: two rows at a time, for the processors that
//! multiply two halves of a word at once (Arm's DSP extension: Cortex-M4, M7, most M33).
//!
//! A stable compiler is not told of the extension: build with `RUSTFLAGS="--cfg monolayer_dsp"` where it is
//! there.

use core::marker::PhantomData;

/// Sums a tile: the int8 of one word.
pub const QUAD: usize = 4;

/// Two rows and their factors. C's layout: assembly reads it.
#[repr(C)]
#[derive(Clone, Copy)]
struct Pair {
    /// The first row's factor and, 16 bits up, the second's.
    factors: u32,
    rows: [*const i8; 2],
}

/// Up to 2 N rows that wait to be added.
pub struct Rows<'a, const N: usize> {
    pairs: [Pair; N],
    filled: usize,
    /// Of every row: what the pointers stand for.
    columns: usize,
    rows: PhantomData<&'a [i8]>,
}

impl<'a, const N: usize> Rows<'a, N> {
    /// None yet; all will have so many columns.
    pub fn new(columns: usize) -> Self {
        let none = Pair { factors: 0, rows: [core::ptr::null(); 2] };
        Self { pairs: [none; N], filled: 0, columns, rows: PhantomData }
    }

    /// Takes in a row with its factor, unless it has another length; gives whether there is room for one
    /// more.
    #[inline(always)]
    pub fn push(&mut self, factor: u8, row: &'a [i8]) -> bool {
        if let (true, Some(pair)) = (row.len() == self.columns, self.pairs.get_mut(self.filled / 2)) {
            // An odd row is paired with itself, 0 times.
            *pair = match self.filled % 2 {
                0 => Pair { factors: u32::from(factor), rows: [row.as_ptr(); 2] },
                _ => Pair {
                    factors: pair.factors | u32::from(factor) << 16,
                    rows: [pair.rows[0], row.as_ptr()],
                },
            };
            self.filled += 1;
        }
        self.filled < 2 * N
    }

    /// sums += factor · row for all rows, which are then forgotten; wraps. Sums beyond the rows' columns, or
    /// beyond their last whole [`QUAD`], stay what they are.
    #[inline(always)]
    pub fn add_to(&mut self, sums: &mut [i32]) {
        let pairs = self.pairs.get(..self.filled.div_ceil(2)).unwrap_or(&[]);
        for (tile, sums) in sums.chunks_exact_mut(QUAD).take(self.columns / QUAD).enumerate() {
            if let Some(sums) = sums.first_chunk_mut() {
                // SAFETY: every pair's rows came from slices of `columns` weights, which live as long as 'a.
                *sums = unsafe { add_quad(*sums, pairs, tile * QUAD) };
            }
        }
        self.filled = 0;
    }
}

/// sums + factor · row for every row of `pairs`, the columns from `first` on.
///
/// # Safety
/// Every row has [`QUAD`] weights from `first` on.
#[cfg(not(all(target_arch = "arm", any(target_feature = "dsp", monolayer_dsp))))]
#[inline(always)]
unsafe fn add_quad(mut sums: [i32; QUAD], pairs: &[Pair], first: usize) -> [i32; QUAD] {
    for pair in pairs {
        crate::simd::keep_rolled();
        for (row, factor) in pair.rows.into_iter().zip([pair.factors & 0xFFFF, pair.factors >> 16]) {
            // SAFETY: as the caller promises; an array of bytes has no alignment.
            let row = unsafe { *row.add(first).cast::<[i8; QUAD]>() };
            for (sum, weight) in sums.iter_mut().zip(row) {
                *sum = sum.wrapping_add((factor as i32).wrapping_mul(i32::from(weight)));
            }
        }
    }
    sums
}

/// sums + factor · row for every row of `pairs`, the columns from `first` on: for each row one load of four
/// weights, two instructions that make halves of them, and four that multiply and add.
///
/// # Safety
/// Every row has [`QUAD`] weights from `first` on.
#[cfg(all(target_arch = "arm", any(target_feature = "dsp", monolayer_dsp)))]
#[inline(always)]
unsafe fn add_quad(mut sums: [i32; QUAD], pairs: &[Pair], first: usize) -> [i32; QUAD] {
    let [a, b, c, d] = &mut sums;
    let range = pairs.as_ptr_range();
    if range.is_empty() {
        return sums;
    }
    // SAFETY: reads `pairs`, of which there is one at least, and four weights of each of their rows, as the
    // caller promises; words of weights need no alignment on these processors. All registers that change are
    // named.
    unsafe {
        core::arch::asm!(
            "2:",
            "ldmia r9!, {{r4, r5, r8}}",
            "ldr r5, [r5, {first}]",
            "ldr r8, [r8, {first}]",
            "sxtb16 {half}, r5",
            "sxtb16 r5, r5, ror #8",
            "smlabb r0, {half}, r4, r0",
            "smlatb r2, {half}, r4, r2",
            "sxtb16 {half}, r8",
            "sxtb16 r8, r8, ror #8",
            "smlabb r1, r5, r4, r1",
            "smlatb r3, r5, r4, r3",
            "smlabt r0, {half}, r4, r0",
            "smlatt r2, {half}, r4, r2",
            "smlabt r1, r8, r4, r1",
            "smlatt r3, r8, r4, r3",
            "cmp r9, {end}",
            "bne 2b",
            first = in(reg) first,
            end = in(reg) range.end,
            half = out(reg) _,
            inout("r0") *a, inout("r1") *b, inout("r2") *c, inout("r3") *d,
            out("r4") _, out("r5") _, out("r8") _,
            inout("r9") range.start => _,
            options(pure, readonly, nostack)
        );
    }
    sums
}
