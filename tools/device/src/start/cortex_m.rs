//! Start-up of a Cortex-M: vectors, memory, the FPU where there is one, then the program.

unsafe extern "C" {
    fn program() -> !;
    /// Ends of sections, from the linker script: their addresses are what counts.
    static mut __bss_start: u32;
    static mut __bss_end: u32;
    static mut __data_start: u32;
    static mut __data_end: u32;
    static __data_load: u32;
    static __stack_top: u32;
}

/// What the processor reads at address 0: where the stack begins, then where it goes on reset and on each
/// fault.
#[repr(C)]
struct Vectors {
    stack: *const u32,
    reset: unsafe extern "C" fn() -> !,
    faults: [extern "C" fn() -> !; 14],
}

// SAFETY: it is never written.
unsafe impl Sync for Vectors {}

#[used]
#[unsafe(link_section = ".vectors")]
static VECTORS: Vectors = Vectors { stack: &raw const __stack_top, reset: _start, faults: [fault; 14] };

extern "C" fn fault() -> ! {
    crate::semihosting::print(b"fault\n\0");
    crate::semihosting::exit(false)
}

/// Fills memory as the program expects it and starts it.
///
/// # Safety
/// To be called by the processor, once.
#[unsafe(no_mangle)]
unsafe extern "C" fn _start() -> ! {
    // SAFETY: the linker script's sections, of whole words, which nobody has used yet; volatile, so that no
    // call to memset or memcpy takes their place. CPACR gives the program the FPU.
    unsafe {
        let mut word = &raw mut __bss_start;
        while word < &raw mut __bss_end {
            word.write_volatile(0);
            word = word.add(1);
        }
        let (mut word, mut load) = (&raw mut __data_start, &raw const __data_load);
        while word < &raw mut __data_end {
            word.write_volatile(load.read_volatile());
            (word, load) = (word.add(1), load.add(1));
        }
        if cfg!(target_abi = "eabihf") {
            const CPACR: *mut u32 = 0xE000_ED88 as *mut u32;
            CPACR.write_volatile(CPACR.read_volatile() | 0xF << 20);
            core::arch::asm!("dsb", "isb");
        }
        program()
    }
}
