//! IDX, the format of MNIST: a typed, big-endian array with its dimensions in front.

use crate::weights::Picture;

/// The contents of a file of images: (N, H, W), or, where there are several planes, (N, H, W, channels). The
/// pixels are (N, channels, H, W) row-major; `None` where they are no whole images, more than the header can
/// count, or the allocation fails.
pub fn images(picture: Picture, pixels: &[u8]) -> Option<Vec<u8>> {
    let Picture { channels, height, width } = picture;
    let each = usize::try_from(picture.pixels()).ok().filter(|&each| each > 0)?;
    let (images, plane) = (pixels.len() / each, each / usize::from(channels));
    let count = u32::try_from(images).ok().filter(|_| pixels.len() % each == 0)?;
    let [channels, height, width] = [channels, height, width].map(u32::from);
    if channels == 1 {
        return array(&[count, height, width], pixels.len(), pixels.iter().copied());
    }
    let last = pixels
        .chunks_exact(each)
        .flat_map(|image| (0..plane).flat_map(move |at| image.iter().skip(at).step_by(plane).copied()));
    array(&[count, height, width, channels], pixels.len(), last)
}

/// The contents of a file of labels; `None` where there are more than the header can count, or the allocation
/// fails.
pub fn labels(labels: &[u8]) -> Option<Vec<u8>> {
    array(&[u32::try_from(labels.len()).ok()?], labels.len(), labels.iter().copied())
}

/// An array of `count` elements of u8 with these dimensions; `None` where the allocation fails.
fn array(dims: &[u32], count: usize, elements: impl Iterator<Item = u8>) -> Option<Vec<u8>> {
    let mut out = Vec::new();
    out.try_reserve_exact(count.checked_add(4 + 4 * dims.len())?).ok()?;
    out.extend([0, 0, 0x08, dims.len() as u8]);
    dims.iter().for_each(|dim| out.extend(dim.to_be_bytes()));
    out.extend(elements);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn planes_become_channels_and_headers_count() {
        let grey = Picture { channels: 1, height: 1, width: 2 };
        assert_eq!(
            images(grey, &[1, 2, 3, 4]),
            Some(b"\0\0\x08\x03\0\0\0\x02\0\0\0\x01\0\0\0\x02\x01\x02\x03\x04".to_vec())
        );
        let colour = Picture { channels: 3, ..grey };
        let found = images(colour, &[1, 2, 3, 4, 5, 6]).unwrap();
        assert_eq!(found[..4], [0, 0, 8, 4]);
        assert_eq!(found[4..20], [0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 2, 0, 0, 0, 3]);
        assert_eq!(found[20..], [1, 3, 5, 2, 4, 6]);
        assert_eq!(images(colour, &[0; 5]), None);
        assert_eq!(labels(&[7, 9]), Some(b"\0\0\x08\x01\0\0\0\x02\x07\x09".to_vec()));
    }
}
