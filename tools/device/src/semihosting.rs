//! The few calls of Arm's semihosting that are needed, as QEMU answers them on Arm and RISC-V; under
//! WebAssembly the page or program around the module answers them in the same way. ("Semihosting for AArch32
//! and AArch64", Arm.)

const SYS_OPEN: usize = 0x01;
const SYS_WRITE0: usize = 0x04;
const SYS_READ: usize = 0x06;
const SYS_EXIT: usize = 0x18;

/// Why a program ends: `ADP_Stopped_ApplicationExit`, and one of the other reasons.
const ENDED: usize = 0x20026;
const FAILED: usize = 0x20023;

/// A file of the machine around this one, open for reading.
pub struct File(usize);

/// Opens the file `name`, which ends with a zero byte.
pub fn open(name: &[u8]) -> Option<File> {
    const BINARY: usize = 1;
    let handle = call(SYS_OPEN, &[name.as_ptr() as usize, BINARY, name.len() - 1]);
    (handle != usize::MAX).then_some(File(handle))
}

impl File {
    /// Fills `room`; gives how many bytes there were.
    pub fn read(&mut self, room: &mut [u8]) -> usize {
        // The answer is how many bytes were left out.
        room.len() - call(SYS_READ, &[self.0, room.as_mut_ptr() as usize, room.len()])
    }
}

/// Prints `text`, which ends with a zero byte.
pub fn print(text: &[u8]) {
    trap(SYS_WRITE0, text.as_ptr() as usize);
}

/// Ends the machine with exit code 0 or 1.
pub fn exit(good: bool) -> ! {
    let reason = if good { ENDED } else { FAILED };
    if cfg!(target_pointer_width = "64") {
        call(SYS_EXIT, &[reason, usize::from(!good)]);
    } else {
        trap(SYS_EXIT, reason);
    }
    loop {}
}

fn call(operation: usize, arguments: &[usize]) -> usize {
    trap(operation, arguments.as_ptr() as usize)
}

#[cfg(target_arch = "arm")]
fn trap(operation: usize, argument: usize) -> usize {
    let answer;
    // SAFETY: the break point that stands for semihosting on M-profile; it may read and write what `argument`
    // leads to.
    unsafe { core::arch::asm!("bkpt #0xab", inlateout("r0") operation => answer, in("r1") argument) };
    answer
}

#[cfg(target_arch = "aarch64")]
fn trap(operation: usize, argument: usize) -> usize {
    let answer;
    // SAFETY: the halt that stands for semihosting; it may read and write what `argument` leads to.
    unsafe { core::arch::asm!("hlt #0xf000", inlateout("x0") operation => answer, in("x1") argument) };
    answer
}

#[cfg(target_arch = "riscv32")]
fn trap(operation: usize, argument: usize) -> usize {
    let answer;
    // SAFETY: the three instructions, in one page, that stand for semihosting; they may read and write what
    // `argument` leads to.
    unsafe {
        core::arch::asm!(
            ".balign 16", ".option push", ".option norvc",
            "slli x0, x0, 0x1f", "ebreak", "srai x0, x0, 7",
            ".option pop",
            inlateout("a0") operation => answer, in("a1") argument,
        );
    }
    answer
}

#[cfg(target_family = "wasm")]
fn trap(operation: usize, argument: usize) -> usize {
    #[link(wasm_import_module = "host")]
    unsafe extern "C" {
        fn semihosting(operation: usize, argument: usize) -> usize;
    }
    // SAFETY: the module is instantiated with that function; it reads and writes what `argument` leads to.
    unsafe { semihosting(operation, argument) }
}
