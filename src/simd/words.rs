//! Checked views of bytes as words, in place: a device uses a model from flash without a copy.

/// Numbers of which every bit pattern is a value.
///
/// # Safety
/// Every bit pattern is a value, and no byte is padding.
pub unsafe trait Word: Copy {}

// SAFETY: every bit pattern is a number, or a NaN.
unsafe impl Word for f32 {}
// SAFETY: every bit pattern is a number.
unsafe impl Word for i8 {}
// SAFETY: every bit pattern is a number.
unsafe impl Word for i16 {}
// SAFETY: every bit pattern is a number.
unsafe impl Word for i32 {}

/// `bytes` as little-endian numbers; `None` unless they are aligned for these and a whole number of them.
pub fn of_bytes<T: Word>(bytes: &[u8]) -> Option<&[T]> {
    let start = bytes.as_ptr().cast::<T>();
    if !start.is_aligned() || bytes.len() % size_of::<T>() != 0 {
        return None;
    }
    // SAFETY: the bytes are borrowed for as long as the words, aligned, and every bit pattern is a word;
    // targets are little-endian (simd/mod.rs).
    Some(unsafe { core::slice::from_raw_parts(start, bytes.len() / size_of::<T>()) })
}

/// The bytes of `words`, little-endian.
pub fn to_bytes<T: Word>(words: &[T]) -> &[u8] {
    // SAFETY: words have no padding and u8 no alignment; targets are little-endian (simd/mod.rs).
    unsafe { core::slice::from_raw_parts(words.as_ptr().cast(), size_of_val(words)) }
}
