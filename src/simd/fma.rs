//! a · b + c with one rounding, for one lane, on any machine: CONTRACT C3.
//!
//! There are two implementations that agree bit for bit: the processor's own instruction where the target is
//! known to have one, and an exact emulation in f64 elsewhere. `f32::mul_add` is not used: it is not in
//! `core`, and without the instruction it is a call into a C library, some of which round twice.
//!
//! A stable compiler cannot see the float units of Arm's M profile and of RISC-V, and assembly can name Arm's
//! float registers only where `vfp2` is on. For one instruction instead of about a hundred, build with
//!
//! | target | `RUSTFLAGS` |
//! |---|---|
//! | Cortex-M4F (`thumbv7em-none-eabihf`) | `-C target-feature=+vfp2,-fp64 --cfg monolayer_fma` |
//! | Cortex-M7 with double precision | `-C target-cpu=cortex-m7 --cfg monolayer_fma` |
//! | RISC-V with F | `--cfg monolayer_fma` |
//!
//! (`-fp64` because `vfp2` also enables f64 instructions, which a Cortex-M4F does not have.)

/// a · b + c, rounded once (nearest, ties to even).
#[inline(always)]
pub fn fma(a: f32, b: f32, c: f32) -> f32 {
    instruction(a, b, c)
}

#[cfg(all(target_arch = "x86_64", target_feature = "fma"))]
#[inline(always)]
fn instruction(a: f32, b: f32, c: f32) -> f32 {
    use core::arch::x86_64::{_mm_cvtss_f32, _mm_fmadd_ss, _mm_set_ss};
    // SAFETY: the target was built with the feature `fma`.
    unsafe { _mm_cvtss_f32(_mm_fmadd_ss(_mm_set_ss(a), _mm_set_ss(b), _mm_set_ss(c))) }
}

#[cfg(all(target_arch = "aarch64", target_feature = "neon"))]
#[inline(always)]
fn instruction(a: f32, b: f32, c: f32) -> f32 {
    use core::arch::aarch64::{vdup_n_f32, vfma_f32, vget_lane_f32};
    // SAFETY: the target has NEON.
    unsafe { vget_lane_f32::<0>(vfma_f32(vdup_n_f32(c), vdup_n_f32(a), vdup_n_f32(b))) }
}

/// Cortex-M4F, M7, M33: 32-bit Arm without 64-bit atomics is the M profile, whose float units all have VFMA.
/// (An assembler for one without it would refuse the instruction.)
#[cfg(all(
    target_arch = "arm",
    target_abi = "eabihf",
    not(target_has_atomic = "64"),
    any(target_feature = "vfp2", monolayer_fma)
))]
#[inline(always)]
fn instruction(a: f32, b: f32, mut c: f32) -> f32 {
    // SAFETY: the instruction reads and writes the named registers and the float unit's status alone.
    unsafe {
        core::arch::asm!(
            "vfma.f32 {c}, {a}, {b}",
            a = in(sreg) a, b = in(sreg) b, c = inlateout(sreg) c,
            options(pure, nomem, nostack)
        );
    }
    c
}

#[cfg(all(any(target_arch = "riscv32", target_arch = "riscv64"), any(target_feature = "f", monolayer_fma)))]
#[inline(always)]
fn instruction(a: f32, b: f32, c: f32) -> f32 {
    let sum;
    // SAFETY: the instruction reads and writes the named registers and the float unit's status alone.
    unsafe {
        core::arch::asm!(
            "fmadd.s {sum}, {a}, {b}, {c}, rne",
            a = in(freg) a, b = in(freg) b, c = in(freg) c, sum = lateout(freg) sum,
            options(pure, nomem, nostack)
        );
    }
    sum
}

#[cfg(not(any(
    all(target_arch = "x86_64", target_feature = "fma"),
    all(target_arch = "aarch64", target_feature = "neon"),
    all(
        target_arch = "arm",
        target_abi = "eabihf",
        not(target_has_atomic = "64"),
        any(target_feature = "vfp2", monolayer_fma)
    ),
    all(any(target_arch = "riscv32", target_arch = "riscv64"), any(target_feature = "f", monolayer_fma)),
)))]
use fma_emulated as instruction;

/// a · b + c, rounded once, from f64 arithmetic alone; without a branch.
///
/// The f64 product of two f32 is exact (24 + 24 ≤ 53 bits, exponents within ±298). TwoSum (Knuth, TAOCP 2,
/// 4.2.2) gives the f64 sum s and its exact error e. If e is not 0, s is rounded to odd instead of to
/// nearest: it keeps a set last bit, or moves one ulp in the direction of e. A value rounded to odd in 53
/// bits and then to nearest in 24 (or fewer: subnormals) is rounded as if once (Boldo and Melquiond,
/// "Emulation of a FMA and correctly rounded sums", 2008). e is NaN when s is infinite; its comparison then
/// fails and s stays.
#[inline(always)]
pub fn fma_emulated(a: f32, b: f32, c: f32) -> f32 {
    let product = f64::from(a) * f64::from(b);
    let c = f64::from(c);
    let sum = product + c;
    let addend = sum - product;
    let error = (product - (sum - addend)) + (c - addend);

    // +1 ulp if the error points away from zero, as the sum does, else -1; nothing if it is 0 or NaN.
    let inexact_and_even = u64::from(error.abs() > 0.0) & !sum.to_bits() & 1;
    let direction = ((error.to_bits() ^ sum.to_bits()) as i64 >> 63) as u64 | 1;
    let odd = sum.to_bits().wrapping_add(inexact_and_even.wrapping_neg() & direction);
    f64::from_bits(odd) as f32
}
