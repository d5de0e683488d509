//! The standard library in the place of semihosting, for the run on the host.

use std::io::{Read, Write};

/// A file, open for reading.
pub struct File(std::fs::File);

/// Opens the file `name`, which ends with a zero byte.
pub fn open(name: &[u8]) -> Option<File> {
    let name = std::str::from_utf8(name.strip_suffix(&[0])?).ok()?;
    std::fs::File::open(name).ok().map(File)
}

impl File {
    /// Fills `room`; gives how many bytes there were.
    pub fn read(&mut self, room: &mut [u8]) -> usize {
        let mut filled = 0;
        while let Some(rest @ [_, ..]) = room.get_mut(filled..) {
            match self.0.read(rest) {
                Ok(0) | Err(_) => break,
                Ok(count) => filled += count,
            }
        }
        filled
    }
}

/// Prints `text`, which ends with a zero byte.
pub fn print(text: &[u8]) {
    std::io::stdout().write_all(text.strip_suffix(&[0]).unwrap_or(text)).expect("stdout is open");
}

/// Ends the program with exit code 0 or 1.
pub fn exit(good: bool) -> ! {
    std::process::exit(i32::from(!good))
}
