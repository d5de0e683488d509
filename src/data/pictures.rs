//! Pictures to be labelled: any format that gives D bytes a picture.

use super::container::contents::Contents;
use super::container::members::plain_name;
use super::error::{Error, ErrorKind, reserve};
use super::fit::fit;
use super::format::{PICTURES, PictureReader, idx};
use super::framing::Framing;
use super::shape::{no_shape, not_the_models, squared};
use super::sniff::foreign;
use super::wanted::{Block, Wanted};
use crate::weights::Picture;
use std::path::Path;

/// Reads pictures of D pixels each for a model.
///
/// ```no_run
/// # use monolayer::{data::Pictures, weights::Picture};
/// # let model = Picture { channels: 1, height: 28, width: 28 };
/// let mut pictures = Pictures::open("drawing.png".as_ref(), model)?;
/// while let Some(pixels) = pictures.next(100)? {
///     // (N, D): at most 100 pictures
/// }
/// # Ok::<(), monolayer::data::Error>(())
/// ```
pub struct Pictures {
    contents: Contents,
    /// Where the next picture is.
    at: usize,
    format: &'static PictureReader,
    wanted: Wanted,
    /// How pictures to be fitted are framed; none for photographs.
    framing: Option<Framing>,
    /// The number of the next picture that is fitted, from 0.
    index: u64,
    /// Pictures that were read.
    block: Block,
    /// Bytes of the block that were handed out, or fitted.
    done: usize,
    fitted: Vec<u8>,
    /// What was wrong behind pictures that were handed out.
    late: Option<Error>,
}

impl Pictures {
    /// Opens a file, or, for "-", standard input; raw or gzip.
    ///
    /// The format is the first of these that the content shows:
    /// 1. IDX, by its four magic bytes: u8 images with D pixels each, in the model's shape where both have
    ///    one; channels last, and EMNIST's by the file's name transposed, as [`load`](super::load) has
    ///    them.
    /// 2. PGM or PPM, by `P2`, `P3`, `P5` or `P6` and white space: one or more pictures of the model's height
    ///    and width. PPM becomes planes (red, green, blue); a greatest value other than 255 is scaled to it.
    /// 3. PNG of the model's height and width, set upright by its eXIf chunk. Of PNG, PGM and PPM colours
    ///    become grey for a model of greys (programs save grey pictures either way), greys three equal planes
    ///    for one of colours.
    /// 4. A web page, another format of pictures, tables, arrays or archives, a model or an empty file: an
    ///    error that says so.
    /// 5. CIFAR records, where D is 3,072: a multiple of 3,073 bytes with every label below 10, else a
    ///    multiple of 3,074 with every label below 100. (3,073 raw pictures are as long as 3,072 records: the
    ///    labels decide.)
    /// 6. Text rows, where the first line is D numbers from 0 to 255 between white space or commas: D > 1 on
    ///    each line.
    /// 7. Raw bytes: a multiple of D.
    ///
    /// # Errors
    /// [`Error`] where the file cannot be read, or is none of these, or breaks its format's rules.
    ///
    /// # Panics
    /// If `model` has no pixels.
    pub fn open(path: &Path, model: Picture) -> Result<Self, Error> {
        Self::of_file(path, model, false, None)
    }

    /// Opens a file as [`open`](Self::open) does. Its pictures, of PNG, PGM, PPM and IDX of any size, are
    /// fitted, each when it is asked for: greys are framed as `framing` says, crops, scale, ground and place;
    /// of colours, and of greys without a framing, the middle is scaled. A model of greys whose shape is not
    /// known (1 x 1 x D) is taken for a square one. Small pictures in a large number become much more than
    /// the file.
    ///
    /// # Errors
    /// As for `open`, and where the model cannot be square.
    ///
    /// # Panics
    /// If `model` has no pixels.
    pub fn open_to_fit(path: &Path, model: Picture, framing: Option<Framing>) -> Result<Self, Error> {
        Self::of_file(path, model, true, framing)
    }

    fn of_file(path: &Path, model: Picture, fit: bool, framing: Option<Framing>) -> Result<Self, Error> {
        assert!(model.pixels() > 0, "a model's picture has pixels");
        let is_emnist =
            path.file_name().is_some_and(|name| idx::is_emnist(plain_name(&name.to_string_lossy())));
        let mut wanted = Wanted { model, fit, is_emnist };
        let mut contents = Contents::read(path, &|head| idx::promised_pictures(head, &wanted))?;
        if fit {
            wanted.model = squared(model).ok_or_else(|| no_shape(model).of(&contents.place))?;
        }
        let format = PICTURES.iter().find(|format| (format.begins)(&contents.bytes)).ok_or_else(|| {
            foreign(&contents.bytes, "PNG, PGM, PPM, IDX, CIFAR records or raw bytes").of(&contents.place)
        })?;
        let mut at = 0;
        let mut read = || {
            let mut block = (format.next)(&mut contents.bytes, &mut at, &wanted)?;
            while !fit && at < contents.bytes.len() {
                let more = (format.next)(&mut contents.bytes, &mut at, &wanted)?.pixels;
                reserve(&mut block.pixels, more.len())?;
                block.pixels.extend(more);
            }
            Ok(block)
        };
        let block = read().map_err(|error: Error| error.of(&contents.place))?;
        let (done, fitted, late) = (0, Vec::new(), None);
        Ok(Self { contents, at, format, wanted, framing, index: 0, block, done, fitted, late })
    }

    /// The labels, where the format has them: CIFAR records (of CIFAR-100 the fine ones).
    pub fn labels(&self) -> Option<&[u8]> {
        self.block.labels.as_deref()
    }

    /// The pixels of the next pictures, (N, D) row-major, at most `most` of them; none at the end.
    ///
    /// # Errors
    /// The next picture breaks a rule; or there is nothing on it to fit ([`ErrorKind::Blank`]), and the call
    /// after this goes on behind it. Those before it were handed out.
    pub fn next(&mut self, most: usize) -> Result<Option<&[u8]>, Error> {
        let length = most.max(1).saturating_mul(self.wanted.model.pixels() as usize);
        if !self.wanted.fit {
            let start = self.done;
            self.done = self.block.pixels.len().min(start.saturating_add(length));
            return Ok(Some(&self.block.pixels[start..self.done]).filter(|pixels| !pixels.is_empty()));
        }
        self.fitted.clear();
        while self.fitted.len() < length && self.late.is_none() {
            match self.fit_one() {
                Ok(true) => {}
                Ok(false) => break,
                Err(error) => self.late = Some(error.of(&self.contents.place)),
            }
        }
        if !self.fitted.is_empty() {
            return Ok(Some(&self.fitted));
        }
        self.late.take().map_or(Ok(None), Err)
    }

    /// Appends the next picture, fitted; says whether there was one.
    fn fit_one(&mut self) -> Result<bool, Error> {
        let (found, model) = (self.block.shape, self.wanted.model);
        if self.done == self.block.pixels.len() {
            if self.at >= self.contents.bytes.len() {
                return Ok(false);
            }
            self.block = (self.format.next)(&mut self.contents.bytes, &mut self.at, &self.wanted)?;
            self.done = 0;
            return self.fit_one();
        }
        let is_grey_of_colours = (found.channels, model.channels) == (3, 1);
        if found.channels != 1 && found.channels != model.channels && !is_grey_of_colours {
            return Err(not_the_models(found, model));
        }
        let original = &self.block.pixels[self.done..][..found.pixels() as usize];
        let fitted = fit(found, original, model, self.framing)?;
        self.done += original.len();
        self.index += 1;
        let fitted = fitted.ok_or_else(|| {
            let found = format!("picture {}, which is of one shade", self.index - 1);
            let expected = "a drawing on it, darker or lighter than its edge";
            Error::new(found, expected).with_kind(ErrorKind::Blank)
        })?;
        reserve(&mut self.fitted, fitted.len())?;
        self.fitted.extend(fitted);
        Ok(true)
    }
}
