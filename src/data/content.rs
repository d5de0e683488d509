//! What a file is, by its first bytes: people hand over all sorts of files under the right name.

use super::tar;
use crate::weights::layout::MAGIC;
use core::fmt;

/// The sorts of file that are told apart, to say what was found in place of what was needed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Content {
    /// No bytes at all.
    Empty,
    /// A gzip file.
    Gzip,
    /// A tar archive.
    Tar,
    /// IDX data.
    Idx,
    /// PGM or PPM pictures.
    Netpbm,
    /// A picture of a format related to these: PBM, PAM or PFM.
    OtherNetpbm,
    /// A page of the web, mostly an error page saved in place of the file.
    Html,
    /// A PNG picture.
    Png,
    /// A JPEG picture.
    Jpeg,
    /// A GIF picture.
    Gif,
    /// A WebP picture.
    WebP,
    /// A BMP picture.
    Bmp,
    /// A TIFF picture.
    Tiff,
    /// A HEIC or AVIF picture, as telephones take them.
    Heif,
    /// A zip archive, which is also what .npz is.
    Zip,
    /// A Parquet table.
    Parquet,
    /// A NumPy array.
    Npy,
    /// A Python pickle.
    Pickle,
    /// A model file.
    Model,
    /// None of these.
    Unknown,
}

impl Content {
    /// The sort of file that `bytes` are.
    pub(super) fn of(bytes: &[u8]) -> Self {
        match bytes {
            [] => Self::Empty,
            [0x1f, 0x8b, ..] => Self::Gzip,
            [0, 0, 0x08 | 0x09 | 0x0b..=0x0e, 1..=4, ..] => Self::Idx,
            [b'P', b'2' | b'3' | b'5' | b'6', b' ' | b'\t' | b'\n' | b'\r' | b'#', ..] => Self::Netpbm,
            [b'P', b'1' | b'4' | b'7' | b'F' | b'f', b' ' | b'\t' | b'\n' | b'\r' | b'#', ..] => {
                Self::OtherNetpbm
            }
            [0x89, b'P', b'N', b'G', ..] => Self::Png,
            [0xff, 0xd8, 0xff, 0xdb | 0xe0..=0xef, ..] => Self::Jpeg,
            [b'G', b'I', b'F', b'8', b'7' | b'9', b'a', ..] => Self::Gif,
            [b'R', b'I', b'F', b'F', _, _, _, _, b'W', b'E', b'B', b'P', ..] => Self::WebP,
            // Two letters are few: the reserved bytes and the length of the next header as well.
            [b'B', b'M', _, _, _, _, 0, 0, 0, 0, _, _, 0, 0, 12 | 40..=124, 0, 0, 0, ..] => Self::Bmp,
            [b'I', b'I', 42, 0, ..] | [b'M', b'M', 0, 42, ..] => Self::Tiff,
            [0, 0, 0, _, b'f', b't', b'y', b'p', brand @ ..] if is_heif(brand) => Self::Heif,
            [b'P', b'K', 3, 4, ..] => Self::Zip,
            [b'P', b'A', b'R', b'1', ..] => Self::Parquet,
            [0x93, b'N', b'U', b'M', b'P', b'Y', ..] => Self::Npy,
            // PROTO opcode of protocols 2 to 5, and STOP at the very end.
            [0x80, 2..=5, .., b'.'] => Self::Pickle,
            _ if bytes.starts_with(&MAGIC) => Self::Model,
            _ if tar::is_header(bytes) => Self::Tar,
            _ if is_html(bytes) => Self::Html,
            _ => Self::Unknown,
        }
    }

    /// The sort of file that begins with `head`: a pickle is taken for one before its end was seen.
    pub(super) fn of_head(head: &[u8]) -> Self {
        match head {
            [0x80, 2..=5, ..] => Self::Pickle,
            _ => Self::of(head),
        }
    }

    /// What to do about it, as the end of a message.
    pub(super) fn advice(self) -> &'static str {
        match self {
            Self::Empty => "; fetch the file again",
            Self::Html => "; a server's error page was saved under this name: fetch the file again",
            Self::OtherNetpbm => "; convert the picture to PGM, PPM or PNG",
            Self::Jpeg | Self::Gif | Self::WebP | Self::Bmp | Self::Tiff | Self::Heif => {
                "; save it as PNG with any program that shows pictures, or: magick FILE picture.png"
            }
            Self::Png => "; `predict` takes pictures",
            Self::Zip | Self::Npy | Self::Parquet => "; get the data as IDX or CIFAR binary files instead",
            Self::Pickle => {
                "; get cifar-10-binary.tar.gz or cifar-100-binary.tar.gz instead, or the IDX files of MNIST"
            }
            Self::Tar => "; unpack it and give its files (--data takes the archive itself)",
            Self::Model => "; give it as --model",
            Self::Gzip | Self::Idx | Self::Netpbm | Self::Unknown => "",
        }
    }
}

/// Whether a file of the type's boxes ("ftyp") is of a brand that holds still pictures.
fn is_heif(brand: &[u8]) -> bool {
    let brands: [&[u8; 4]; 6] = [b"heic", b"heix", b"heim", b"mif1", b"msf1", b"avif"];
    brands.iter().any(|known| brand.starts_with(*known))
}

/// A tag or a declaration after optional byte order mark and white space.
fn is_html(bytes: &[u8]) -> bool {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes).trim_ascii_start();
    [&b"<!doctype"[..], b"<html", b"<?xml", b"<head", b"<body"]
        .iter()
        .any(|tag| text.get(..tag.len()).is_some_and(|start| start.eq_ignore_ascii_case(tag)))
}

impl fmt::Display for Content {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Empty => "an empty file",
            Self::Gzip => "a gzip file",
            Self::Tar => "a tar archive",
            Self::Idx => "an IDX file",
            Self::Netpbm => "a PGM or PPM picture",
            Self::Html => "a web page (HTML)",
            Self::OtherNetpbm => "a PBM, PAM or PFM picture",
            Self::Png => "a PNG picture",
            Self::Jpeg => "a JPEG picture",
            Self::Gif => "a GIF picture",
            Self::WebP => "a WebP picture",
            Self::Bmp => "a BMP picture",
            Self::Tiff => "a TIFF picture",
            Self::Heif => "a HEIC or AVIF picture",
            Self::Zip => "a zip archive (or .npz)",
            Self::Parquet => "a Parquet table",
            Self::Npy => "a NumPy array (.npy)",
            Self::Pickle => "a Python pickle",
            Self::Model => "a monolayer model",
            Self::Unknown => "bytes of no known format",
        })
    }
}
