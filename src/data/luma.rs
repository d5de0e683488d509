//! Colours as greys.

/// Pixel `at` of a picture in planes of `area` pixels as a grey: of colours 0.299 red + 0.587 green + 0.114
/// blue (ITU-R BT.601), to the nearest.
pub(crate) fn luma(pixels: &[u8], area: usize, at: usize) -> u8 {
    if pixels.len() == area {
        return pixels[at];
    }
    let [red, green, blue] = [0, 1, 2].map(|channel| u32::from(pixels[channel * area + at]));
    ((299 * red + 587 * green + 114 * blue + 500) / 1000) as u8
}
