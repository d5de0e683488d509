//! Checked views of bytes as words, in place and without a copy: what lets a device use a model from flash.

/// `bytes` as little-endian f32; `None` unless they start at a multiple of 4 and are a whole number of words.
pub fn as_f32(bytes: &[u8]) -> Option<&[f32]> {
    // SAFETY: every bit pattern is an f32 and an f32 has no padding; targets are little-endian (simd/mod.rs).
    let (before, words, after) = unsafe { bytes.align_to::<f32>() };
    (before.is_empty() && after.is_empty()).then_some(words)
}

/// The bytes of `words`, little-endian.
pub fn bytes_of_f32(words: &[f32]) -> &[u8] {
    // SAFETY: an f32 has no padding and u8 no alignment; targets are little-endian (simd/mod.rs).
    let (_, bytes, _) = unsafe { words.align_to::<u8>() };
    bytes
}
