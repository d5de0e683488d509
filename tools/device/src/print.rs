//! A line of output, put together without the standard library's formatting, which is larger than a model.

use crate::semihosting;

/// A line of at most 126 characters; what goes beyond is left out.
pub struct Line {
    text: [u8; 128],
    len: usize,
}

impl Line {
    /// A line that begins with `text`.
    pub fn new(text: &str) -> Self {
        Self { text: [0; 128], len: 0 }.text(text)
    }

    /// Appends `text`.
    pub fn text(mut self, text: &str) -> Self {
        for &byte in text.as_bytes() {
            if let Some(place) = self.text.get_mut(self.len).filter(|_| self.len < 126) {
                *place = byte;
                self.len += 1;
            }
        }
        self
    }

    /// Appends `number` in decimal.
    pub fn number(self, number: u32) -> Self {
        let line = if number >= 10 { self.number(number / 10) } else { self };
        line.digit(number % 10)
    }

    /// Appends `number` in hexadecimal, 16 digits.
    pub fn hex(self, number: u64) -> Self {
        (0..16).rev().fold(self, |line, place| line.digit((number >> (4 * place)) as u32 & 15))
    }

    fn digit(self, digit: u32) -> Self {
        let byte = [b"0123456789abcdef"[digit as usize & 15]];
        self.text(core::str::from_utf8(&byte).unwrap_or("?"))
    }

    /// Prints it.
    pub fn print(mut self) {
        self.text[self.len] = b'\n';
        semihosting::print(&self.text[..self.len + 2]);
    }
}
