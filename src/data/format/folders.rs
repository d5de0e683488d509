//! Pictures by class: one folder a class, PNG, PGM or PPM files in it; below folders for training and for
//! testing, or without them.

use super::PICTURES;
use crate::data::classes::{check_name, in_order};
use crate::data::container::contents::UNSTATED;
use crate::data::container::members::{Members, folder_of, plain_name};
use crate::data::dataset::{Dataset, Kind, MAX_CLASSES, Options, TEST_SHARE};
use crate::data::error::{Error, reserve};
use crate::data::fit::fit;
use crate::data::framing::Framing;
use crate::data::images::Images;
use crate::data::luma::luma;
use crate::data::shape::pictures_of;
use crate::data::sniff;
use crate::data::split::{self, is_test};
use crate::data::wanted::Wanted;
use crate::store::Printable;
use crate::weights::Picture;

/// Ends of names that pictures have, those of formats that are not read among them: so that a folder of these
/// is known for what it is.
const SUFFIXES: [&str; 16] = [
    "png", "pgm", "ppm", "pnm", "jpg", "jpeg", "jpe", "gif", "webp", "bmp", "tif", "tiff", "heic", "heif",
    "avif", "pbm",
];

/// Names of the folders of the halves, in small letters.
const TRAIN: [&str; 2] = ["train", "training"];
const TEST: [&str; 2] = ["test", "testing"];

/// Whether a file is a picture by its name or its first bytes.
pub(crate) fn is_picture(path: &str, head: &[u8]) -> bool {
    is_picture_name(path) || sniff::is_png(head) || sniff::is_netpbm(head)
}

pub(crate) fn is_picture_name(path: &str) -> bool {
    let suffix = plain_name(path).rsplit_once('.').map_or("", |(_, suffix)| suffix);
    SUFFIXES.iter().any(|known| suffix.eq_ignore_ascii_case(known))
}

/// Whether there are pictures, and no more than that is known.
pub(crate) fn has_pictures(members: &Members) -> bool {
    members.paths().any(is_picture_name)
}

/// The files of one half, class by class: the class's name, and the members.
type Classes = Vec<(String, Vec<usize>)>;

/// The pictures below the folders of their classes, training and test half.
struct Layout {
    train: Classes,
    test: Classes,
}

impl Layout {
    /// The layout of all pictures, whatever folders lie above those of halves and classes.
    fn of(members: &Members) -> Result<Self, Error> {
        let root = common_folder(members);
        let inner = |path: &str| match root.is_empty() {
            true => Some(path.to_owned()),
            false => path.strip_prefix(root)?.strip_prefix('/').map(ToOwned::to_owned),
        };
        let has_halves = members.paths().filter(|path| is_picture_name(path)).any(|path| {
            let first = inner(path).unwrap_or_default();
            half_of(first.split('/').next().unwrap_or_default()).is_some() && first.contains('/')
        });
        let mut layout = Self { train: Vec::new(), test: Vec::new() };
        let is_test = half_of(root.rsplit('/').next().unwrap_or_default()) == Some(true);
        for (n, path) in members.paths().enumerate() {
            let Some(below) = inner(path) else { continue };
            let lies_loose = |below: &str| !below.contains('/') && is_picture_name(path);
            let wrong =
                |found: &str, expected: &str| Err(Error::new(found, expected).of(&members.place_of(n)));
            let (half, below) = match below.split_once('/') {
                Some((half, rest)) if has_halves => match half_of(half) {
                    Some(is_test) => (is_test, rest),
                    None if is_picture_name(path) => {
                        let expected = "no other folders beside those for training and testing; move it away";
                        return wrong(&format!("pictures in {}", Printable(half)), expected);
                    }
                    None => continue,
                },
                _ => (is_test, &below[..]),
            };
            if lies_loose(below) {
                let expected = "each in the folder of its class, one folder a class; move it there";
                return wrong("a picture in no class's folder", expected);
            }
            let Some((class, _)) = below.split_once('/') else { continue };
            let classes = if half { &mut layout.test } else { &mut layout.train };
            // The paths are in order: a class's files lie together.
            match classes.last_mut().filter(|(name, _)| name == class) {
                Some((_, files)) => files.push(n),
                None => classes.push((class.to_owned(), vec![n])),
            }
        }
        layout.check(members, root)?;
        Ok(layout)
    }

    /// Refuses what cannot be classes.
    fn check(&mut self, members: &Members, root: &str) -> Result<(), Error> {
        for half in [&mut self.train, &mut self.test] {
            in_order(half, |class| &class.0);
        }
        if let Some(empty) = members.empty().find(|empty| is_class_folder(empty, root)) {
            let expected = "at least one picture in each class's folder; remove the folder";
            return Err(Error::new(format!("nothing in {}", Printable(empty)), expected).of(&members.place));
        }
        for (name, files) in self.train.iter().chain(&self.test) {
            check_name(name).map_err(|error| error.of(&members.place_of(files[0])))?;
        }
        let first = if self.train.is_empty() { &self.test } else { &self.train };
        match first.len() {
            2..=MAX_CLASSES => Ok(()),
            1 => {
                let found = format!("pictures of one class alone ({})", Printable(&first[0].0));
                Err(Error::new(found, "at least two folders, one a class").of(&members.place))
            }
            found => {
                let expected = format!("2 to {MAX_CLASSES}; give the folder that holds those of the classes");
                Err(Error::new(format!("{found} folders of pictures"), expected).of(&members.place))
            }
        }
    }
}

/// Whether an empty folder stands where those of classes do.
fn is_class_folder(empty: &str, root: &str) -> bool {
    let parent = folder_of(empty);
    parent == root
        || (folder_of(parent) == root && half_of(parent.rsplit('/').next().unwrap_or(parent)).is_some())
}

/// Which half a folder of this name holds: whether that for testing.
fn half_of(folder: &str) -> Option<bool> {
    let is = |names: [&str; 2]| names.iter().any(|name| folder.eq_ignore_ascii_case(name));
    if is(TRAIN) { Some(false) } else { is(TEST).then_some(true) }
}

/// The folder that all pictures lie below, as far down as that is so.
fn common_folder(members: &Members) -> &str {
    let mut folders = members.paths().filter(|path| is_picture_name(path)).map(folder_of);
    let mut common = folders.next().unwrap_or_default();
    for folder in folders {
        while !(common.is_empty()
            || folder == common
            || folder.strip_prefix(common).is_some_and(|rest| rest.starts_with('/')))
        {
            common = folder_of(common);
        }
    }
    common
}

/// Loads the pictures of all classes.
///
/// # Errors
/// They lie otherwise than in one folder a class; one cannot be read or has another size; no memory.
pub(crate) fn load(members: &mut Members, options: &Options) -> Result<Dataset, Error> {
    let layout = Layout::of(members)?;
    let first = if layout.train.is_empty() { &layout.test } else { &layout.train };
    let names: Vec<String> = first.iter().map(|class| class.0.clone()).collect();
    if let Some((name, files)) = layout.test.iter().find(|(name, _)| !names.contains(name)) {
        let found = format!("class {}, which has no pictures for training", Printable(name));
        let expected = "the classes of the training half alone; move the folder away";
        return Err(Error::new(found, expected).of(&members.place_of(files[0])));
    }
    // Grey until a colour is seen: then once more, with three planes.
    let size = options.size.map(|size| (size, None));
    let mut reader = Reader { options, channels: 1, size: size.clone(), framing: None };
    let mut halves = reader.halves(members, &layout, &names)?;
    if halves.is_none() {
        reader = Reader { options, channels: 3, size, framing: None };
        halves = reader.halves(members, &layout, &names)?;
    } else if let (true, Some([train, test]), Some(((height, width), _))) =
        (options.fit, &halves, &reader.size)
    {
        // Greys that are drawings and no photographs: once more, framed.
        let picture = Picture { channels: 1, height: *height, width: *width };
        if Framing::of(train.non_empty().unwrap_or(test), picture).is_some() {
            reader.framing = Some(Framing::of_mnist(picture));
            halves = reader.halves(members, &layout, &names)?;
        }
    }
    let ([train, test], ((height, width), _)) = halves.zip(reader.size).expect("grey, or else of colours");
    let picture = Picture { channels: reader.channels, height, width };
    dataset(members, picture, names, train, test, options)
}

/// The data set of these halves. Where there is none to test on, and a share for it is asked for, it is taken
/// out of the training half.
pub(crate) fn dataset(
    members: &Members,
    picture: Picture,
    names: Vec<String>,
    mut train: Images,
    mut test: Images,
    options: &Options,
) -> Result<Dataset, Error> {
    let mut notes = Vec::new();
    let share = options.test_share.unwrap_or(TEST_SHARE);
    let is_split = test.is_empty() && share > 0.0;
    if is_split {
        let all = train.len();
        let is_taken = |n: &u32| is_test(words(train.image(*n as usize)), share);
        let taken: Vec<u32> = (0..all as u32).filter(is_taken).collect();
        test = train.take_out(&taken).map_err(|_| Error::memory(taken.len() * train.features()))?;
        // A class with samples for testing alone.
        let missing = test.labels().iter().find(|label| !train.labels().contains(label));
        if let Some(&class) = missing {
            let name = Printable(&names[usize::from(class)]);
            let found = format!("no picture of class {name} to train on, of {all} in all");
            let expected = "some of each; give more pictures, or a smaller share for testing";
            return Err(Error::new(found, expected).of(&members.place));
        }
        if test.is_empty() {
            let found = format!("{all} pictures, none of which is in the share of {share} for testing");
            let expected = "more pictures, a greater share, or none";
            return Err(Error::new(found, expected).of(&members.place));
        }
        notes.push(split::note("pictures", train.len(), test.len()));
    }
    let mut data = Dataset::new(Kind::Pictures, picture, names, train, test);
    (data.is_split, data.notes) = (is_split, notes);
    Ok(data)
}

/// The bytes as little-endian words, the last one filled up with zeros.
fn words(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.chunks(8).map(|chunk| {
        let mut word = [0; 8];
        word[..chunk.len()].copy_from_slice(chunk);
        u64::from_le_bytes(word)
    })
}

/// Reads pictures of one size and one number of planes.
struct Reader<'a> {
    options: &'a Options,
    channels: u16,
    /// Height and width, and the file that they are of; that of the first picture, if not asked for.
    size: Option<((u16, u16), Option<String>)>,
    /// How pictures to be fitted are framed; none for photographs.
    framing: Option<Framing>,
}

impl Reader<'_> {
    /// Both halves; none where one plane is wanted and a picture of colours is found.
    fn halves(
        &mut self,
        members: &mut Members,
        layout: &Layout,
        names: &[String],
    ) -> Result<Option<[Images; 2]>, Error> {
        let mut halves = [Images::default(), Images::default()];
        for (half, classes) in halves.iter_mut().zip([&layout.train, &layout.test]) {
            let (mut pixels, mut labels) = (Vec::new(), Vec::new());
            for (name, files) in classes {
                let label = names.iter().position(|known| known == name).unwrap_or(0) as u8;
                for &n in files {
                    match self.picture(members, n)? {
                        Some(picture) => {
                            reserve(&mut pixels, picture.len())?;
                            reserve(&mut labels, 1)?;
                            pixels.extend(picture);
                            labels.push(label);
                        }
                        None => return Ok(None),
                    }
                }
            }
            *half = Images::new(pixels.len().checked_div(labels.len()).unwrap_or(0), pixels, labels);
        }
        Ok(Some(halves))
    }

    /// The pixels of member `n`; none where one plane is wanted and it has colours.
    fn picture(&mut self, members: &mut Members, n: usize) -> Result<Option<Vec<u8>>, Error> {
        let contents = members.read(n, UNSTATED)?;
        let place = contents.place.clone();
        let (found, pixels) = contents.parse(decode)?;
        let (found, pixels) = match self.channels {
            1 if found.channels == 3 && !self.options.grey => return Ok(None),
            1 => greyed(found, pixels),
            _ => (found, pixels),
        };
        self.sized(found, pixels, &place.to_string()).map(Some).map_err(|error| error.of(&place))
    }

    /// The picture in the size and with the planes of all.
    fn sized(&mut self, found: Picture, mut pixels: Vec<u8>, file: &str) -> Result<Vec<u8>, Error> {
        if self.size.is_none() && self.options.fit {
            return Err(Error::new("pictures to be fitted, but to no size", "a height and a width"));
        }
        let ((height, width), first) =
            self.size.get_or_insert_with(|| ((found.height, found.width), Some(file.to_owned())));
        let model = Picture { channels: self.channels, height: *height, width: *width };
        if self.options.fit {
            let blank = "a drawing on it, darker or lighter than its edge; remove the file";
            let fitted = fit(found, &pixels, model, self.framing)?;
            return fitted.ok_or_else(|| Error::new("a picture that is of one shade", blank));
        }
        if (found.height, found.width) != (model.height, model.width) {
            let as_where = first.as_ref().map_or(String::new(), |first| format!(" as {}", Printable(first)));
            let expected = format!(
                "{} x {}{as_where}; resize it, or have all fitted to one size",
                model.height, model.width
            );
            return Err(Error::new(pictures_of(found), expected));
        }
        if found.channels < model.channels {
            let area = pixels.len();
            reserve(&mut pixels, 2 * area)?;
            pixels.extend_from_within(..);
            pixels.extend_from_within(..area);
        }
        Ok(pixels)
    }
}

/// The one picture in a file; of colours that are all greys, one plane.
fn decode(mut bytes: Vec<u8>) -> Result<(Picture, Vec<u8>), Error> {
    let any = Wanted { model: Picture { channels: 1, height: 1, width: 1 }, fit: true, is_emnist: false };
    let is_readable = sniff::is_png(&bytes) || sniff::is_netpbm(&bytes);
    let format = PICTURES.iter().find(|format| is_readable && (format.begins)(&bytes));
    let format =
        format.ok_or_else(|| sniff::foreign(&bytes, "PNG, PGM or PPM pictures alone in a class's folder"))?;
    let mut at = 0;
    let block = (format.next)(&mut bytes, &mut at, &any)?;
    if at < bytes.len() {
        return Err(Error::at(at as u64, "a second picture", "one a file; split the file"));
    }
    let area = usize::from(block.shape.height) * usize::from(block.shape.width);
    let is_grey = || {
        block.pixels[..area] == block.pixels[area..2 * area]
            && block.pixels[area..2 * area] == block.pixels[2 * area..]
    };
    let is_grey = block.shape.channels == 3 && is_grey();
    Ok(if is_grey { greyed(block.shape, block.pixels) } else { (block.shape, block.pixels) })
}

/// The picture with one plane.
fn greyed(shape: Picture, mut pixels: Vec<u8>) -> (Picture, Vec<u8>) {
    let area = usize::from(shape.height) * usize::from(shape.width);
    if shape.channels == 3 {
        (0..area).for_each(|at| pixels[at] = luma(&pixels, area, at));
        pixels.truncate(area);
    }
    (Picture { channels: 1, ..shape }, pixels)
}
