//! The centre c (CONTRACT C20): training sees x = (byte - c) / scale, everything after it byte / scale.
//!
//! A unit's pre-activation is its bias plus the sum of w (b - c) / s. With x = b / s it is the same if the
//! bias is less by c / s times the sum of w. So a trained network is folded: its biases take up the centre,
//! and neither the model file nor a device needs it.

use super::buffer::filled;
use super::{Error, Network};
use crate::data::Images;
use crate::math::double::sqrt;
use crate::simd::fma;
use crate::weights::Shape;

/// The mean and the standard deviation of all bytes of `images`: a centre and a scale for them.
///
/// # Errors
/// [`Error::Input`] if there are no images, or all bytes are the same.
pub fn standardisation(images: &Images) -> Result<(f32, f32), Error> {
    let pixels = images.pixels();
    super::expect(!pixels.is_empty(), || "there are no images".into())?;
    let (mut sum, mut squares) = (0u64, 0u64);
    for &pixel in pixels {
        sum += u64::from(pixel);
        squares += u64::from(pixel) * u64::from(pixel);
    }
    // The variance times the square of the count is a whole number: nothing cancels.
    let count = pixels.len();
    let variance = count as u128 * u128::from(squares) - u128::from(sum) * u128::from(sum);
    super::expect(variance > 0, || {
        format!("all pixels are {}, expected pixels that differ: their deviation is the scale", pixels[0])
    })?;
    let count = count as f64;
    Ok(((sum as f64 / count) as f32, (sqrt(variance as f64) / count) as f32))
}

/// (D): whether a feature's byte is the centre in every sample, so that its x is always 0; empty where the
/// centre is 0.
pub(super) fn constants(images: &Images, centre: f32) -> Result<Vec<bool>, Error> {
    if centre == 0.0 {
        return Ok(Vec::new());
    }
    let mut constant = filled(true, images.features())?;
    for n in 0..images.len() {
        for (constant, &pixel) in constant.iter_mut().zip(images.image(n)) {
            *constant &= f32::from(pixel) == centre;
        }
        if !constant.contains(&true) {
            break;
        }
    }
    Ok(constant)
}

/// A copy of a network, folded; of a `centre` other than 0 and the features that [`constants`] found. A bias
/// may not be finite.
pub(super) fn folded(network: &Network, centre: f32, constant: &[bool]) -> Result<Network, Error> {
    let mut folded = network.try_clone()?;
    let Shape { hidden, scale, .. } = folded.params().shape();
    let (bias, rows) = folded.weights_mut().0.split_at_mut(hidden);
    let constant = rows.chunks_exact_mut(hidden).zip(constant).filter(|(_, constant)| **constant);
    constant.for_each(|(row, _)| row.fill(0.0));
    let mut sums = filled(0.0f32, hidden)?;
    for row in rows.chunks_exact(hidden) {
        sums.iter_mut().zip(row).for_each(|(sum, w)| *sum += w);
    }
    for (bias, sum) in bias.iter_mut().zip(sums) {
        *bias = fma(-(centre / scale), sum, *bias);
    }
    Ok(folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mean_and_deviation_are_rounded_once() {
        let of = |pixels: &[u8]| standardisation(&Images::new(1, pixels.to_vec(), vec![0; pixels.len()]));
        assert_eq!(of(&[0, 255]), Ok((127.5, 127.5)));
        assert_eq!(of(&[1, 2, 3, 4]), Ok((2.5, 1.25f64.sqrt() as f32)));
        assert_eq!(of(&[255, 255, 254]), Ok((764.0 / 3.0, (2.0f64.sqrt() / 3.0) as f32)));
        // A difference of 1 in a million bytes.
        let mut pixels = vec![255; 1_000_000];
        pixels[7] = 254;
        assert_eq!(of(&pixels).unwrap().1, (999_999.0f64.sqrt() / 1e6) as f32);
        let error = of(&[9, 9, 9]).unwrap_err().to_string();
        assert_eq!(error, "all pixels are 9, expected pixels that differ: their deviation is the scale");
        assert_eq!(of(&[]), Err(Error::Input("there are no images".into())));
    }

    #[test]
    fn constants_are_at_the_centre_in_every_sample() {
        let images = Images::new(4, vec![128, 7, 128, 0, 128, 7, 127, 0], vec![0, 1]);
        assert_eq!(constants(&images, 128.0), Ok(vec![true, false, false, false]));
        assert_eq!(constants(&images, 7.0), Ok(vec![false, true, false, false]));
        assert_eq!(constants(&images, 127.5), Ok(vec![false; 4]));
        assert_eq!(constants(&images, 0.0), Ok(Vec::new()));
    }
}
