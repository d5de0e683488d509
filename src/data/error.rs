//! What can be wrong with data: one variant a way, and the words for people.

use super::content::Content;
use super::{gzip, png, tar};
use crate::store::{self, Printable};
use crate::weights::Picture;
use core::fmt;
use std::string::String;
use std::vec::Vec;

/// Data that cannot be used: the file, the byte where the trouble lies, and the rule that was broken.
#[derive(Debug)]
pub struct Error {
    file: String,
    offset: Option<u64>,
    fault: Fault,
}

impl Error {
    pub(super) fn at(file: &str, offset: u64, fault: Fault) -> Self {
        Self { file: file.into(), offset: Some(offset), fault }
    }

    /// A fault of a folder, or of a file as a whole.
    pub(super) fn of(file: &str, fault: Fault) -> Self {
        Self { file: file.into(), offset: None, fault }
    }

    /// There is no memory for `size` bytes of `file`.
    pub(super) fn memory(file: &str, size: usize) -> Self {
        Self::of(file, Fault::Memory { size: size as u64 })
    }

    pub(super) fn io(file: &str, error: store::Error) -> Self {
        Self::of(file, Fault::Store(error))
    }

    /// The file (`ARCHIVE: MEMBER` for one in an archive) or the folder.
    pub fn file(&self) -> &str {
        &self.file
    }

    /// The byte in the file; in what it decompresses to where [`Error::file`] says so.
    pub fn offset(&self) -> Option<u64> {
        self.offset
    }

    /// The rule that was broken.
    pub fn fault(&self) -> &Fault {
        &self.fault
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (&self.fault, self.offset) {
            (Fault::Store(error), _) => error.fmt(f), // names the file itself
            (fault, None) => write!(f, "{}: {fault}", Printable(&self.file)),
            (fault, Some(offset)) => write!(f, "{}, byte {offset}: {fault}", Printable(&self.file)),
        }
    }
}

impl std::error::Error for Error {}

/// The ways data can be wrong.
#[derive(Debug)]
#[non_exhaustive]
pub enum Fault {
    /// The file could not be read.
    Store(store::Error),
    /// There is no memory for the data.
    Memory {
        /// Bytes they would take.
        size: u64,
    },
    /// The gzip layer is damaged.
    Gzip(gzip::Error),
    /// A gzip file in a gzip file.
    GzipTwice,
    /// The archive is damaged.
    Tar(tar::Error),
    /// The PNG picture is damaged, or too large.
    Png(png::Error),
    /// A picture on which there is nothing to fit.
    Blank,
    /// Pictures of so many pixels, of which nobody knows the height and width.
    NoShape {
        /// The pixels of one.
        features: usize,
    },
    /// An archive holds two files of one name, in two folders for one.
    Twice {
        /// The name.
        name: String,
    },
    /// Another sort of file than the one needed.
    Foreign {
        /// What its first bytes say that it is.
        found: Content,
        /// What was needed.
        expected: &'static str,
    },
    /// CIFAR as Python pickles.
    Pickle {
        /// The file to get instead.
        instead: &'static str,
    },
    /// One of CIFAR-10's training batches is not there.
    Batch {
        /// The missing file's name.
        name: &'static str,
    },
    /// The files of CIFAR-10 differ in length.
    Records {
        /// Records in this one.
        found: usize,
        /// Records in the first one.
        expected: usize,
    },
    /// A folder or archive without any data set.
    NoDataSet,
    /// A folder or archive with several data sets.
    Several(Vec<String>),
    /// An archive with more files than any data set has.
    Files {
        /// The most that are looked at.
        limit: usize,
    },
    /// A single file whose name does not tell its part in a data set.
    Nameless,
    /// A file of the set is not there.
    Missing {
        /// The missing file's name.
        name: String,
    },
    /// The file ends before what its header promises.
    Truncated {
        /// Bytes promised.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// The file goes on after what its header promises.
    Trailing {
        /// Bytes promised.
        expected: u64,
        /// Bytes there are.
        found: u64,
    },
    /// An IDX type byte that the format does not define.
    IdxType(u8),
    /// An IDX element type that this file may not have.
    ElementType {
        /// The type's name.
        found: &'static str,
        /// The types allowed.
        expected: &'static str,
    },
    /// A number of IDX dimensions that this file may not have.
    Dimensions {
        /// Dimensions in the header.
        found: u8,
        /// Dimensions allowed.
        expected: &'static str,
    },
    /// Images where labels belong, or the other way round.
    Swapped {
        /// What the file holds.
        found: &'static str,
        /// What it should hold.
        expected: &'static str,
    },
    /// IDX dimensions whose product no file can have.
    Overflow {
        /// Bytes there are.
        found: u64,
    },
    /// A dimension outside what is possible.
    Extent {
        /// The dimension.
        found: u64,
        /// The greatest possible.
        limit: u64,
    },
    /// Not one image.
    NoImages,
    /// Images and labels differ in number.
    Counts {
        /// Images there are.
        images: usize,
        /// Labels there are.
        labels: usize,
    },
    /// Training and test images differ in shape.
    Shape {
        /// Shape of these.
        found: Picture,
        /// Shape needed.
        expected: Picture,
    },
    /// A picture that does not have the model's shape.
    ModelShape {
        /// Its shape.
        found: Picture,
        /// The model's.
        expected: Picture,
    },
    /// A label outside 0..limit.
    Label {
        /// The label.
        found: i64,
        /// The number of classes allowed.
        limit: usize,
    },
    /// All labels are 0: there is nothing to tell apart.
    OneClass,
    /// The file is not a whole number of records.
    Record {
        /// Bytes in a record.
        size: usize,
        /// Bytes after the last whole one.
        left: usize,
    },
    /// A list of class names that is not one.
    Names {
        /// Usable names in the file.
        found: usize,
        /// Names needed.
        expected: usize,
    },
    /// A class name that is not UTF-8, has control characters or more than 64 bytes.
    Name,
    /// A character that cannot be part of a number.
    Digit(u8),
    /// A number above what its place allows.
    Number {
        /// The greatest allowed.
        limit: u32,
    },
    /// A row of text with another number of pixels than the first.
    Row {
        /// Pixels in this row.
        found: usize,
        /// Pixels in the first row.
        expected: usize,
    },
    /// A PGM or PPM whose greatest value is 0 or needs two bytes.
    MaxValue(u32),
    /// Pictures that do not have the model's number of pixels.
    Features {
        /// Pixels of these pictures.
        found: usize,
        /// Pixels the model takes.
        expected: usize,
    },
    /// CIFAR records for a model of other pictures.
    Cifar {
        /// Pixels the model takes.
        expected: usize,
    },
    /// Raw bytes that are not a whole number of pictures.
    RawLength {
        /// Bytes there are.
        found: usize,
        /// Bytes in a picture.
        features: usize,
    },
}

const FETCH_AGAIN: &str = "; fetch the file again";
const FREE_MEMORY: &str = "; end other programs or raise the limit (ulimit -v)";

fn gzip_advice(fault: &gzip::Fault) -> &'static str {
    match fault {
        gzip::Fault::Deflate(gzip::DeflateFault::Read(_)) => "",
        gzip::Fault::Memory { .. } => FREE_MEMORY,
        _ => FETCH_AGAIN,
    }
}

fn png_advice(fault: &png::Fault) -> &'static str {
    match fault {
        png::Fault::Size { .. } => "; save the picture smaller",
        png::Fault::Memory { .. } => FREE_MEMORY,
        _ => "; the file is damaged: save or fetch it again",
    }
}

fn reshape_advice(found: Picture, expected: Picture) -> &'static str {
    let sized = (found.height, found.width) == (expected.height, expected.width);
    match found.channels {
        3 if sized => "convert the picture to PGM",
        1 if sized => "convert the picture to PPM",
        channels if [1, 3, expected.channels].contains(&channels) => {
            "resize the picture, or have `predict --fit` do it"
        }
        _ => "give one channel, or red, green and blue",
    }
}

/// `found ..., expected ...; what to do`, but for the layers below, which have words of their own.
impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(error) => error.fmt(f),
            Self::Gzip(error) => write!(f, "{}{}", error.fault, gzip_advice(&error.fault)),
            Self::Tar(error) => match &error.fault {
                fault @ (tar::Fault::Read(_) | tar::Fault::Sparse) => fault.fmt(f),
                fault => write!(f, "{fault}{FETCH_AGAIN}"),
            },
            Self::Png(error) => write!(f, "{}{}", error.fault, png_advice(&error.fault)),
            Self::Memory { size } => write!(f, "no memory for {size} bytes{FREE_MEMORY}"),
            _ => {
                f.write_str("found ")?;
                self.found(f)?;
                f.write_str(", expected ")?;
                self.expected(f)
            }
        }
    }
}

impl Fault {
    /// Writes what there is.
    fn found(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(_) | Self::Gzip(_) | Self::Tar(_) | Self::Png(_) | Self::Memory { .. } => Ok(()),
            Self::GzipTwice => f.write_str("a gzip file inside the gzip file"),
            Self::Blank => f.write_str("a picture that is of one shade"),
            Self::NoShape { features } => {
                write!(f, "pictures of {features} pixels of unknown height and width")
            }
            Self::Twice { name } => write!(f, "a second {}", Printable(name)),
            Self::Foreign { found, .. } => write!(f, "{found}"),
            Self::Pickle { .. } => f.write_str("a Python pickle"),
            Self::NoDataSet => f.write_str("no data set"),
            Self::Several(sets) => write!(f, "several data sets ({})", Printable(&sets.join("; "))),
            Self::Batch { name } => write!(f, "no {name}"),
            Self::Records { found, .. } => write!(f, "{found} records"),
            Self::Files { limit } => write!(f, "more than {limit} files of data sets"),
            Self::Nameless => f.write_str("IDX data whose name does not tell images from labels"),
            Self::Missing { name } => write!(f, "no {}", Printable(name)),
            Self::Truncated { found, .. } => write!(f, "the end of the file after {found} bytes"),
            Self::Trailing { found, .. } | Self::Overflow { found } => write!(f, "{found} bytes"),
            Self::IdxType(found) => write!(f, "IDX element type {found:#04x}"),
            Self::ElementType { found, .. } => write!(f, "elements of type {found}"),
            Self::Dimensions { found, .. } => write!(f, "{found} dimensions"),
            Self::Swapped { found, .. } => f.write_str(found),
            Self::Extent { found, .. } => write!(f, "a size of {found}"),
            Self::NoImages => f.write_str("0 images"),
            Self::Counts { labels, .. } => write!(f, "{labels} labels"),
            Self::Shape { found, .. } | Self::ModelShape { found, .. } => {
                write!(f, "pictures of {} (channels x height x width)", Shape(*found))
            }
            Self::Label { found, .. } => write!(f, "label {found}"),
            Self::OneClass => f.write_str("no label but 0"),
            Self::Record { left, .. } => write!(f, "{left} bytes after the last whole record"),
            Self::Names { found, .. } => write!(f, "{found} class names"),
            Self::Name => f.write_str("a class name that is not plain text"),
            Self::Digit(found) => write!(f, "{:?}", char::from(*found)),
            Self::Number { limit } => write!(f, "a number above {limit}"),
            Self::Row { found, .. } => write!(f, "a row of {found} pixels"),
            Self::MaxValue(found) => write!(f, "a greatest value of {found}"),
            Self::Features { found, .. } => write!(f, "pictures of {found} pixels"),
            Self::Cifar { .. } => f.write_str("CIFAR records, pictures of 3 x 32 x 32"),
            Self::RawLength { found, .. } => write!(f, "{found} bytes of no known format"),
        }
    }

    /// Writes what should be there, and what to do about it.
    fn expected(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Store(_) | Self::Gzip(_) | Self::Tar(_) | Self::Png(_) | Self::Memory { .. } => Ok(()),
            Self::GzipTwice => f.write_str("the data themselves; gunzip it once"),
            Self::Blank => f.write_str("a drawing on it, darker or lighter than its edge"),
            Self::NoShape { .. } => f.write_str("both to be known; leave out --fit"),
            Self::Twice { .. } => f.write_str("one of each; unpack the archive and give a folder"),
            Self::Foreign { found, expected } => write!(f, "{expected}{}", found.advice()),
            Self::Pickle { instead } => write!(f, "binary records; get {instead} instead"),
            Self::NoDataSet => f.write_str(
                "IDX (train-images-idx3-ubyte and its like), CIFAR (data_batch_1.bin, train.bin)\n\
                 or text rows (train0.txt); give the folder that holds them, or a .tar.gz with them",
            ),
            Self::Several(_) => f.write_str("one; give one of its files, or a folder with one set"),
            Self::Batch { .. } => {
                f.write_str("all five batches, or data_batch_1.bin alone; fetch or unpack it too")
            }
            Self::Records { expected, .. } => {
                write!(
                    f,
                    "{expected} as in the first file; each of CIFAR-10 has 10000: fetch those that have not"
                )
            }
            Self::Files { .. } => f.write_str("one data set; unpack the archive and give a folder"),
            Self::Nameless => {
                f.write_str("a name such as train-images-idx3-ubyte; rename it, or give the set's folder")
            }
            Self::Missing { .. } => f.write_str("it beside the others; fetch or unpack it too"),
            Self::Truncated { expected, .. } => {
                write!(f, "{expected} bytes; half a download? fetch it again")
            }
            Self::Trailing { expected, .. } => write!(f, "the file to end after {expected}; fetch it again"),
            Self::Overflow { .. } => f.write_str("more than 2^64 by the header; fetch the file again"),
            Self::IdxType(_) => f.write_str("08, 09, 0b, 0c, 0d or 0e; fetch the file again"),
            Self::ElementType { expected, .. } => write!(f, "{expected}; convert the file"),
            Self::Dimensions { expected, .. } => write!(f, "{expected}; convert the file"),
            Self::Swapped { expected, .. } => write!(f, "{expected}; are images and labels swapped?"),
            Self::Extent { limit, .. } => write!(f, "1 to {limit}; convert the file"),
            Self::NoImages => f.write_str("at least 1; fetch or make the file again"),
            Self::Counts { images, .. } => {
                write!(f, "one for each of the {images} images; do the two files belong together?")
            }
            Self::Shape { expected, .. } => {
                write!(f, "{} as for training; do the files belong together?", Shape(*expected))
            }
            Self::ModelShape { found, expected } => {
                write!(f, "the model's {}; {}", Shape(*expected), reshape_advice(*found, *expected))
            }
            Self::Label { limit, .. } => write!(f, "0 to {}; is it the right file?", limit - 1),
            Self::OneClass => f.write_str("at least two classes; is it the right file?"),
            Self::Record { size, .. } => {
                write!(f, "records of {size} bytes; half a download? fetch it again")
            }
            Self::Names { expected, .. } => write!(f, "{expected}, one a line; mend or remove the file"),
            Self::Name => f.write_str("printable UTF-8 of at most 64 bytes, one name a line"),
            Self::Digit(_) => f.write_str("numbers separated by white space"),
            Self::Number { limit } => write!(f, "0 to {limit}"),
            Self::Row { expected, .. } => write!(f, "{expected} as in the first row"),
            Self::MaxValue(_) => f.write_str("1 to 255; convert the picture to 8 bits"),
            Self::Features { expected, .. } => {
                write!(f, "the model's {expected}; resize them or use another model")
            }
            Self::Cifar { expected } => {
                write!(f, "pictures of the model's {expected} pixels; use a model that was trained on CIFAR")
            }
            Self::RawLength { features, .. } => {
                write!(f, "IDX, CIFAR records, PNG, PGM, PPM, or {features} raw bytes a picture")
            }
        }
    }
}

/// A picture's shape for people.
struct Shape(Picture);

impl fmt::Display for Shape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Picture { channels, height, width } = self.0;
        write!(f, "{channels} x {height} x {width}")
    }
}
