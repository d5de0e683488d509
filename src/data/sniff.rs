//! The kind of a file by its first bytes: people hand over all sorts of files under the right name.

use super::container::{gzip, tar, zip};
use super::error::{Error, ErrorKind};
use crate::weights::layout::MAGIC;

/// A kind of file: its name in messages, what to do about it as their end, and whether a file begins as one.
type Kind = (&'static str, &'static str, fn(&[u8]) -> bool);

const SAVE_AS_PNG: &str =
    "; save it as PNG with any program that shows pictures, or: magick FILE -auto-orient picture.png";
const GET_OTHERS: &str = "; get the data as IDX or CIFAR binary files instead";
const SAVE_AS_CSV: &str = "; save it as CSV, one sample a line";
const UNPACK: &str = "; unpack it first";
const NUMPY: &str = "; save its arrays with Python as .npz (numpy.savez) instead";

/// The kinds that are told apart; the first that accepts the bytes counts.
static KINDS: [Kind; 31] = [
    ("an empty file", "; fetch the file again", <[u8]>::is_empty),
    ("a gzip file", "", gzip::is_gzip),
    ("an IDX file", "", is_idx),
    ("a PGM or PPM picture", "", is_netpbm),
    ("a PBM, PAM or PFM picture", "; convert the picture to PGM, PPM or PNG", is_other_netpbm),
    ("a PNG picture", "; pictures are for prediction", is_png),
    ("a JPEG picture", SAVE_AS_PNG, |b| matches!(b, [0xff, 0xd8, 0xff, 0xdb | 0xe0..=0xef, ..])),
    ("a GIF picture", SAVE_AS_PNG, |b| matches!(b, [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..])),
    ("a WebP picture", SAVE_AS_PNG, |b| b.starts_with(b"RIFF") && b.get(8..12) == Some(b"WEBP")),
    ("a BMP picture", SAVE_AS_PNG, is_bmp),
    ("a TIFF picture", SAVE_AS_PNG, |b| b.starts_with(b"II*\0") || b.starts_with(b"MM\0*")),
    ("a HEIC or AVIF picture", SAVE_AS_PNG, is_heif),
    ("a zip archive (or .npz)", GET_OTHERS, zip::is_zip),
    ("a Parquet table", SAVE_AS_CSV, |b| b.starts_with(b"PAR1")),
    ("an Arrow or Feather table", SAVE_AS_CSV, |b| b.starts_with(b"ARROW1\0\0") || b.starts_with(b"FEA1")),
    ("an SQLite database", SAVE_AS_CSV, |b| b.starts_with(b"SQLite format 3\0")),
    ("an Excel workbook (.xls)", SAVE_AS_CSV, |b| b.starts_with(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")),
    ("R data", SAVE_AS_CSV, |b| b.starts_with(b"RDX2\n") || b.starts_with(b"RDX3\n")),
    ("an ARFF table", "; remove all lines up to @data and save the rest as CSV", is_arff),
    // Version 7.3 is HDF5 behind the same words.
    (
        "a MATLAB file (.mat)",
        "; save its arrays with Python as .npz (scipy.io.loadmat, or h5py for version 7.3; numpy.savez)",
        |b| b.starts_with(b"MATLAB 5.0 MAT-file") || b.starts_with(b"MATLAB 7.3 MAT-file"),
    ),
    ("an HDF5 file", NUMPY, |b| b.starts_with(b"\x89HDF\r\n\x1a\n")),
    ("a bzip2 file", UNPACK, |b| matches!(b, [b'B', b'Z', b'h', b'1'..=b'9', 0x31, 0x41, 0x59, 0x26, ..])),
    ("an xz file", UNPACK, |b| b.starts_with(b"\xfd7zXZ\0")),
    ("a Zstandard file", UNPACK, |b| b.starts_with(b"\x28\xb5\x2f\xfd")),
    ("a 7-Zip archive", UNPACK, |b| b.starts_with(b"7z\xbc\xaf\x27\x1c")),
    ("a RAR archive", UNPACK, |b| b.starts_with(b"Rar!\x1a\x07")),
    ("a NumPy array (.npy)", GET_OTHERS, |b| b.starts_with(b"\x93NUMPY")),
    (
        "a Python pickle",
        "; get cifar-10-binary.tar.gz or cifar-100-binary.tar.gz instead, or the IDX files of MNIST",
        is_pickle,
    ),
    ("a monolayer model", "; a model is no data", is_model),
    (TAR, "; unpack it and give its files, or load the archive as a data set", tar::is_header),
    ("a web page (HTML)", "; a server's error page was saved under this name: fetch the file again", is_html),
];

/// The error for contents that are not of the kind that they should be.
pub(crate) fn foreign(bytes: &[u8], expected: &str) -> Error {
    let &(found, advice, _) = kind_of(bytes).unwrap_or(&("bytes of no known format", "", |_| true));
    let error = Error::at(0, found, format!("{expected}{advice}"));
    if is_model(bytes) { error.with_kind(ErrorKind::Model) } else { error }
}

/// Whether the bytes are of a kind that is known.
pub(crate) fn is_known(bytes: &[u8]) -> bool {
    kind_of(bytes).is_some()
}

fn kind_of(bytes: &[u8]) -> Option<&'static Kind> {
    KINDS.iter().find(|(.., begins)| begins(bytes))
}

/// Whether these are the first bytes of a tar archive, and of nothing else.
pub(crate) fn is_tar(head: &[u8]) -> bool {
    kind_of(head).is_some_and(|kind| kind.0 == TAR)
}

const TAR: &str = "a tar archive";

pub(crate) fn is_idx(bytes: &[u8]) -> bool {
    matches!(bytes, [0, 0, 0x08 | 0x09 | 0x0b..=0x0e, 1..=4, ..])
}

/// PGM or PPM.
pub(crate) fn is_netpbm(bytes: &[u8]) -> bool {
    matches!(bytes, [b'P', b'2' | b'3' | b'5' | b'6', b' ' | b'\t' | b'\n' | b'\r' | b'#', ..])
}

fn is_other_netpbm(bytes: &[u8]) -> bool {
    matches!(bytes, [b'P', b'1' | b'4' | b'7' | b'F' | b'f', b' ' | b'\t' | b'\n' | b'\r' | b'#', ..])
}

pub(crate) fn is_png(bytes: &[u8]) -> bool {
    bytes.starts_with(b"\x89PNG")
}

/// Two letters are few: the reserved bytes and the length of the next header as well.
fn is_bmp(bytes: &[u8]) -> bool {
    matches!(bytes, [b'B', b'M', _, _, _, _, 0, 0, 0, 0, _, _, 0, 0, 12 | 40..=124, 0, 0, 0, ..])
}

/// A file of the type's boxes ("ftyp") of a brand that holds still pictures.
fn is_heif(bytes: &[u8]) -> bool {
    let brands: [&[u8; 4]; 6] = [b"heic", b"heix", b"heim", b"mif1", b"msf1", b"avif"];
    let is_known = |brand: &[u8]| brands.iter().any(|known| brand.starts_with(*known));
    matches!(bytes, [0, 0, 0, _, b'f', b't', b'y', b'p', brand @ ..] if is_known(brand))
}

/// The opcode PROTO of protocols 2 to 5, and STOP at the very end.
pub(crate) fn is_pickle(bytes: &[u8]) -> bool {
    begins_as_pickle(bytes) && bytes.ends_with(b".")
}

/// Whether these may be the first bytes of a pickle, the end of which was not seen.
pub(crate) fn begins_as_pickle(head: &[u8]) -> bool {
    matches!(head, [0x80, 2..=5, ..])
}

fn is_model(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC)
}

/// A tag or a declaration after optional byte order mark and white space.
fn is_html(bytes: &[u8]) -> bool {
    let text = without_mark(bytes).trim_ascii_start();
    [&b"<!doctype"[..], b"<html", b"<?xml", b"<head", b"<body"]
        .iter()
        .any(|tag| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)))
}

/// `@relation` behind comments and empty lines, as Weka writes it.
fn is_arff(bytes: &[u8]) -> bool {
    let mut lines = without_mark(bytes).split(|&byte| byte == b'\n').map(<[u8]>::trim_ascii);
    let first = lines.find(|line| !line.is_empty() && !line.starts_with(b"%"));
    first.and_then(|line| line.get(..9)).is_some_and(|start| start.eq_ignore_ascii_case(b"@relation"))
}

/// A text without its byte order mark.
pub(crate) fn without_mark(text: &[u8]) -> &[u8] {
    text.strip_prefix(b"\xef\xbb\xbf").unwrap_or(text)
}
