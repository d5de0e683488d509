//! NumPy's archives: each array a tensor, and what is a single value or a text a note.

use super::Error;
use super::error::shown;
use super::safetensors::{File, Tensor};
use crate::data::container::zip;
use crate::data::error::{Place, reserve};
use crate::data::format::npy::Array;

/// What the arrays `mean` and `std` may have: the most features of a network.
const MOST_LISTED: usize = 1 << 24;

/// Whether a file begins as an archive does.
pub(super) fn is_archive(bytes: &[u8]) -> bool {
    zip::is_zip(bytes)
}

/// The archive's tensors and notes, and the values of the former, f32 little-endian. Doubles and integers are
/// rounded once.
///
/// # Errors
/// It is no archive of arrays, damaged, or there is no memory for it.
pub(super) fn read(bytes: &[u8]) -> Result<(File, Vec<u8>), Error> {
    let wrong = |error: crate::data::error::Error| Error::new(error.to_string());
    let mut archive = Vec::new();
    reserve(&mut archive, bytes.len()).map_err(wrong)?;
    archive.extend_from_slice(bytes);
    let mut archive = zip::Archive::new(archive, Place::new("the archive")).map_err(wrong)?;
    let (mut file, mut values) = (File { tensors: Vec::new(), notes: Vec::new() }, Vec::new());
    for n in 0..archive.files().len() {
        let path = archive.files()[n].name.clone();
        let Some(name) = path.strip_suffix(".npy") else {
            return Err(Error::new(format!(
                "{} in the archive, expected arrays alone, as numpy.savez writes them; torch.save's files are for \
                 PyTorch: safetensors.torch.save_file(model.state_dict(), FILE)",
                shown(&path)
            )));
        };
        let array =
            Array::read(archive.read(n).map_err(wrong)?, archive.place().member(&path)).map_err(wrong)?;
        let count: usize = array.shape.iter().product();
        if array.is_text() || array.shape.is_empty() || matches!(name, "mean" | "std") && count <= MOST_LISTED
        {
            let separator = if array.is_text() { "\n" } else { "," };
            let texts: Vec<String> = (0..count).map(|n| array.text(n)).collect();
            file.notes.push((name.to_owned(), texts.join(separator)));
            continue;
        }
        let begin = values.len() as u64;
        reserve(&mut values, 4 * count).map_err(wrong)?;
        for n in 0..count {
            values.extend((array.number(n).unwrap_or(f64::NAN) as f32).to_le_bytes());
        }
        file.tensors.push(Tensor::of_floats(name.to_owned(), array.shape, begin));
    }
    Ok((file, values))
}
