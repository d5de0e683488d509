//! Start-up of a bare program that QEMU runs in user mode: memory and the stack are there already.

#[cfg(target_arch = "riscv32")]
core::arch::global_asm!(
    ".globl _start",
    "_start:",
    ".option push",
    ".option norelax",
    "la gp, __global_pointer$",
    ".option pop",
    "call program",
);

#[cfg(target_arch = "aarch64")]
core::arch::global_asm!(".globl _start", "_start:", "bl program");
