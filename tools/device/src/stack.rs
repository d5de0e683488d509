//! How much stack a call takes: paint below the stack pointer, call, and look how deep the paint is gone.
//! WebAssembly's stack is the one in memory; values that its machine keeps elsewhere are not counted.

/// The deepest call that can be measured; the M0 has 16 KB of memory in all.
#[cfg(any(target_os = "none", target_family = "wasm"))]
const DEPTH: usize = 8192;

/// Bytes of stack that `call` takes, its own frame included; nothing on the host. `None`: more than can be
/// measured.
#[inline(never)]
pub fn taken(call: impl FnOnce()) -> Option<usize> {
    #[cfg(not(any(target_os = "none", target_family = "wasm")))]
    {
        call();
        Some(0)
    }
    #[cfg(any(target_os = "none", target_family = "wasm"))]
    {
        const PAINT: u32 = 0xA5A5_5A5A;
        /// What `paint` itself may have on the stack.
        const MARGIN: usize = 64;
        let top = pointer();
        let bottom = (top - DEPTH) as *mut u32;
        let words = (DEPTH - MARGIN) / 4;
        for word in 0..words {
            // SAFETY: below the stack pointer, and above the end of what the program has in memory.
            unsafe { bottom.add(word).write_volatile(PAINT) };
        }
        call();
        // SAFETY: as above.
        let untouched =
            (0..words).take_while(|&word| unsafe { bottom.add(word).read_volatile() } == PAINT).count();
        (untouched > 0).then(|| DEPTH - 4 * untouched)
    }
}

#[cfg(all(target_os = "none", target_arch = "arm"))]
fn pointer() -> usize {
    let sp;
    // SAFETY: reads a register.
    unsafe { core::arch::asm!("mov {}, sp", out(reg) sp) };
    sp
}

#[cfg(all(target_os = "none", target_arch = "riscv32"))]
fn pointer() -> usize {
    let sp;
    // SAFETY: reads a register.
    unsafe { core::arch::asm!("mv {}, sp", out(reg) sp) };
    sp
}

#[cfg(all(target_os = "none", target_arch = "aarch64"))]
fn pointer() -> usize {
    let sp;
    // SAFETY: reads a register.
    unsafe { core::arch::asm!("mov {}, sp", out(reg) sp) };
    sp
}

#[cfg(target_family = "wasm")]
fn pointer() -> usize {
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        fn stack_pointer() -> usize;
    }
    // SAFETY: the module is instantiated with that function; it reads a global.
    unsafe { stack_pointer() }
}
