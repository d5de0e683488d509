//! One pixel's, or one unit's, share of ten sums at once: the step that inference on a device consists of.

#[allow(unused_imports)]
use super::fma;

/// The sums of a tile: with ten weights and some pixels they fit the 32 float registers of a Cortex-M4F, and ten
/// classes, or a round number of hidden units, leave no rest.
pub const TILE: usize = 10;

/// acc + x · row, each one [`fma`].
#[cfg(not(all(
    target_arch = "arm",
    target_abi = "eabihf",
    not(target_has_atomic = "64"),
    any(target_feature = "vfp2", monolayer_fma)
)))]
#[inline(always)]
pub fn fma_tile(mut acc: [f32; TILE], x: f32, row: &[f32; TILE]) -> [f32; TILE] {
    acc.iter_mut().zip(row).for_each(|(sum, &weight)| *sum = fma(x, weight, *sum));
    acc
}

/// acc + x · row, each one [`fma`]. One load fetches all weights, which takes 11 cycles, not 20: the compiler does
/// not number its registers so that it could.
#[cfg(all(
    target_arch = "arm",
    target_abi = "eabihf",
    not(target_has_atomic = "64"),
    any(target_feature = "vfp2", monolayer_fma)
))]
#[inline(always)]
pub fn fma_tile(mut acc: [f32; TILE], x: f32, row: &[f32; TILE]) -> [f32; TILE] {
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

/// An empty instruction in a loop: where code is small it must stay so. For Arm the compiler writes short loops out
/// four times over, and `opt-level = "s"`, which would keep it from that, doubles or trebles the instructions that run.
#[inline(always)]
pub fn keep_rolled() {
    #[cfg(target_arch = "arm")]
    // SAFETY: does nothing.
    unsafe {
        core::arch::asm!("", options(nomem, nostack, preserves_flags));
    }
}
