//! Every format that data come in, and every way they come broken: each error names the file, the offset and
//! the rule, and no input makes the readers panic.
#![cfg(feature = "std")]

use monolayer::data::{self, CifarLabels, Dataset, Error, Kind, Options};
use monolayer::store;
use monolayer::weights::Picture;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, process};

fn load(path: &Path, labels: CifarLabels) -> Result<Dataset, Error> {
    let mut options = Options::default();
    options.labels = labels;
    data::load(path, &options)
}

/// The file, folder or member that an error names.
fn place(error: &Error) -> String {
    error.place().unwrap().to_string()
}

/// All pictures of a file.
#[derive(Debug)]
struct Pictures {
    pixels: Vec<u8>,
    labels: Option<Vec<u8>>,
    features: usize,
}

impl Pictures {
    fn len(&self) -> usize {
        self.pixels.len() / self.features
    }

    fn is_empty(&self) -> bool {
        self.pixels.is_empty()
    }
}

fn load_pictures(path: &Path, model: Picture) -> Result<Pictures, Error> {
    let mut file = data::Pictures::open(path, model)?;
    let labels = file.labels().map(<[u8]>::to_vec);
    let mut pixels = Vec::new();
    while let Some(more) = file.next(2)? {
        pixels.extend_from_slice(more);
    }
    Ok(Pictures { pixels, labels, features: model.pixels() as usize })
}

// ---- files to read ----

/// A folder of its own, gone at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn new() -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("monolayer-formats-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let path = std::env::temp_dir().join(name);
        fs::create_dir(&path).unwrap();
        Self(path)
    }

    fn of(files: &[(&str, &[u8])]) -> Self {
        let folder = Self::new();
        for (name, bytes) in files {
            folder.write(name, bytes);
        }
        folder
    }

    fn write(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.0.join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, bytes).unwrap();
        path
    }

    fn load(&self) -> Result<Dataset, Error> {
        load(&self.0, CifarLabels::Fine)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn idx(element: u8, dims: &[u32], data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0, 0, element, dims.len() as u8];
    bytes.extend(dims.iter().flat_map(|dim| dim.to_be_bytes()));
    bytes.extend_from_slice(data);
    bytes
}

/// A gzip file of stored blocks.
fn gz(data: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    for chunk in data.chunks(0xffff) {
        let length = chunk.len() as u16;
        bytes.push(0);
        bytes.extend(length.to_le_bytes());
        bytes.extend((!length).to_le_bytes());
        bytes.extend_from_slice(chunk);
    }
    bytes.extend([1, 0, 0, 0xff, 0xff]);
    let crc = data.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    });
    bytes.extend((!crc).to_le_bytes());
    bytes.extend((data.len() as u32).to_le_bytes());
    bytes
}

fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, data) in files {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..108].copy_from_slice(b"0000644\0");
        header[124..136].copy_from_slice(format!("{:011o}\0", data.len()).as_bytes());
        header[136..148].copy_from_slice(b"00000000000\0");
        header[148..156].copy_from_slice(b"        ");
        header[156] = b'0';
        header[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
        header[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        bytes.extend_from_slice(&header);
        bytes.extend_from_slice(data);
        bytes.resize(bytes.len().next_multiple_of(512), 0);
    }
    bytes.resize(bytes.len() + 1024, 0);
    bytes
}

const TRAIN_IMAGES: &str = "train-images-idx3-ubyte";
const TRAIN_LABELS: &str = "train-labels-idx1-ubyte";
const TEST_IMAGES: &str = "t10k-images-idx3-ubyte";
const TEST_LABELS: &str = "t10k-labels-idx1-ubyte";

/// Four training and two test images of 2 x 3 pixels, three classes.
fn small_set() -> [(&'static str, Vec<u8>); 4] {
    let pixels: Vec<u8> = (0..36).map(|i| i * 7).collect();
    [
        (TRAIN_IMAGES, idx(8, &[4, 2, 3], &pixels[..24])),
        (TRAIN_LABELS, idx(8, &[4], &[0, 1, 2, 1])),
        (TEST_IMAGES, idx(8, &[2, 2, 3], &pixels[24..])),
        (TEST_LABELS, idx(8, &[2], &[2, 0])),
    ]
}

fn small_folder() -> Folder {
    let folder = Folder::new();
    for (name, bytes) in small_set() {
        folder.write(name, &bytes);
    }
    folder
}

/// The small set with one file replaced, which makes it wrong.
fn broken(name: &str, bytes: &[u8]) -> Error {
    let folder = small_folder();
    folder.write(name, bytes);
    folder.load().expect_err("a broken file was accepted")
}

fn says(error: &Error, words: &str) -> bool {
    error.to_string().contains(words)
}

/// Whether a file could not be opened or read.
fn is_of_store(error: &Error) -> bool {
    std::error::Error::source(error).is_some_and(|source| source.is::<store::Error>())
}

/// Whether the gzip layer is damaged: a rule is broken, and the place is not in what it decompresses to.
fn is_packed(error: &Error) -> bool {
    error.rule().is_some() && error.place().is_some_and(|place| !place.is_decompressed())
}

/// Asserts that `error` names the file, the offset and the rule, in its accessors and in words.
#[track_caller]
fn names(error: &Error, file: &str, offset: u64, rule: &str) {
    let text = error.to_string();
    assert!(place(error).contains(file), "file: {text}");
    assert_eq!(error.offset(), Some(offset), "offset: {text}");
    assert!(text.contains(file) && text.contains(&format!("byte {offset}")), "{text}");
    assert!(text.contains(rule), "rule {rule:?}: {text}");
    assert!(text.lines().count() <= 2 && text.contains("found"), "{text}");
}

/// Asserts that `error` names the file, the line and the rule.
#[track_caller]
fn names_line(error: &Error, file: &str, line: u64, rule: &str) {
    let text = error.to_string();
    assert_eq!((error.line_number(), error.offset()), (Some(line), None), "{text}");
    assert!(text.contains(&format!("{file}, line {line}: found ")) && text.contains(rule), "{text}");
}

// ---- IDX ----

#[test]
fn what_macos_keeps_beside_files_is_not_looked_at() {
    let (images, labels) = (idx(8, &[2, 1, 2], &[1, 2, 3, 4]), idx(8, &[2], &[0, 1]));
    let files = [("train-images-idx3-ubyte", &images), ("train-labels-idx1-ubyte", &labels)];
    let folder = Folder::new();
    for (name, bytes) in files {
        folder.write(name, bytes);
        folder.write(&format!("._{name}"), b"\0\x05\x16\x07\0\x02\0\0Mac OS X");
    }
    assert_eq!(folder.load().unwrap().train.pixels(), [1, 2, 3, 4]);
}

#[test]
fn idx_goes_by_either_spelling_raw_or_gzip() {
    let expected = small_folder().load().unwrap();
    assert_eq!(expected.kind, Kind::Idx);
    assert_eq!(expected.picture, Picture { channels: 1, height: 2, width: 3 });
    assert_eq!(expected.classes, ["0", "1", "2"]);
    let (train, test) = (&expected.train, &expected.test);
    assert_eq!((train.labels(), test.labels()), (&[0, 1, 2, 1][..], &[2, 0][..]));
    assert_eq!(
        (train.image(1), test.image(0)),
        (&[42, 49, 56, 63, 70, 77][..], &[168, 175, 182, 189, 196, 203][..])
    );
    assert_eq!(expected.fingerprint, 0x494b_d6c2_5e13_4b21);

    for (test_word, separator, compress, suffix) in [
        ("t10k", "-", true, ".gz"),
        ("t10k", "-", true, ""), // gzip is told by its content
        ("t10k", ".", false, ""),
        ("t10k", ".", true, ".gz"),
        ("test", "-", false, ""),
        ("test", ".", true, ".gz"),
        ("t10k", "-", false, ".gz"), // and so is what is not
    ] {
        let folder = Folder::new();
        for (name, bytes) in small_set() {
            let name = name.replace("t10k", test_word).replace("-idx", &format!("{separator}idx"));
            folder.write(&format!("{name}{suffix}"), &if compress { gz(&bytes) } else { bytes });
        }
        let data = folder.load().unwrap_or_else(|error| panic!("{test_word} {separator} {suffix}: {error}"));
        assert_eq!(data.fingerprint, expected.fingerprint, "{test_word} {separator} {suffix}");
    }
}

#[test]
fn idx_loads_from_a_file_an_archive_or_an_inner_folder() {
    let folder = small_folder();
    let expected = folder.load().unwrap().fingerprint;
    for name in [TRAIN_IMAGES, TEST_LABELS] {
        assert_eq!(load(&folder.0.join(name), CifarLabels::Fine).unwrap().fingerprint, expected);
    }
    let set = small_set();
    let members: Vec<(String, Vec<u8>)> =
        set.iter().rev().map(|(name, b)| (format!("a/{name}.gz"), gz(b))).collect();
    let members: Vec<(&str, &[u8])> = members.iter().map(|(name, b)| (name.as_str(), b.as_slice())).collect();
    let archive = folder.write("set.tar.gz", &gz(&tar(&members)));
    assert_eq!(load(&archive, CifarLabels::Fine).unwrap().fingerprint, expected);
    let outer = Folder::new();
    for (name, bytes) in set {
        outer.write(&format!("MNIST/raw/{name}"), &bytes);
    }
    assert_eq!(outer.load().unwrap().fingerprint, expected);
}

#[test]
fn idx_halves_and_prefixes() {
    let set = small_set();
    let folder = Folder::of(&[(TRAIN_IMAGES, &set[0].1), (TRAIN_LABELS, &set[1].1)]);
    let data = folder.load().unwrap();
    assert!(!data.train.is_empty() && data.test.is_empty());
    let folder = Folder::of(&[(TEST_IMAGES, &set[2].1), (TEST_LABELS, &set[3].1)]);
    let data = folder.load().unwrap();
    assert!(data.train.is_empty() && !data.test.is_empty());
    assert_eq!(data.classes.len(), 3);

    let two = small_folder();
    for (name, bytes) in &set[..2] {
        two.write(&format!("emnist-letters-{name}"), bytes);
    }
    let error = two.load().unwrap_err();
    assert!(says(&error, "found several data sets (IDX emnist-letters-...; IDX), expected one;"), "{error}");
    let one = load(&two.0.join(format!("emnist-letters-{TRAIN_IMAGES}")), CifarLabels::Fine).unwrap();
    assert!(one.test.is_empty());

    let lone = Folder::of(&[(TRAIN_IMAGES, &set[0].1)]);
    let error = lone.load().unwrap_err();
    assert!(says(&error, &format!("found no {TRAIN_LABELS}, expected it beside")), "{error}");
    let lone = Folder::of(&[(TEST_LABELS, &set[3].1)]);
    let error = lone.load().unwrap_err();
    assert!(says(&error, &format!("found no {TEST_IMAGES}, expected it beside")), "{error}");
    let nameless = Folder::new().write("data.idx", &set[0].1);
    assert!(is_of_store(&load(&nameless, CifarLabels::Fine).unwrap_err()), "folder is gone");
    let folder = Folder::new();
    let nameless = folder.write("data.idx", &set[0].1);
    let error = load(&nameless, CifarLabels::Fine).unwrap_err();
    names(&error, "data.idx", 0, "rename it");
}

#[test]
fn idx_images_have_two_to_four_dimensions() {
    let pixels: Vec<u8> = (0..24).collect();
    let shapes: [(&[u32], [u16; 3]); 3] =
        [(&[2, 12], [1, 1, 12]), (&[2, 3, 4], [1, 3, 4]), (&[2, 3, 2, 2], [3, 2, 2])];
    for (dims, [channels, height, width]) in shapes {
        let labels = idx(8, &[2], &[0, 1]);
        let folder = Folder::of(&[(TRAIN_IMAGES, &idx(8, dims, &pixels)), (TRAIN_LABELS, &labels)]);
        let data = folder.load().unwrap();
        assert_eq!(data.picture, Picture { channels, height, width });
        assert_eq!(data.train.pixels(), pixels);
    }
}

/// (N, H, W, C) from (N, C, H, W) of two images.
fn channels_last(planes: &[u8], channels: usize, area: usize) -> Vec<u8> {
    let images = planes.chunks(channels * area);
    images
        .flat_map(|image| (0..channels * area).map(move |i| image[i % channels * area + i / channels]))
        .collect()
}

#[test]
fn channels_last_become_planes() {
    let pixels: Vec<u8> = (0..60).collect();
    let labels = idx(8, &[2], &[0, 1]);
    let last = channels_last(&pixels, 3, 10);
    let note = "images: 5 x 2 x 3, channels last, read as planes";
    for (dims, bytes, notes) in
        [([2, 5, 2, 3], &last, vec![note.to_owned()]), ([2, 3, 5, 2], &pixels, Vec::new())]
    {
        let file = idx(8, &dims, bytes);
        let names = [TRAIN_IMAGES, TEST_IMAGES, TRAIN_LABELS, TEST_LABELS];
        let folder =
            Folder::of(&[(names[0], &file), (names[1], &file), (names[2], &labels), (names[3], &labels)]);
        let data = folder.load().unwrap();
        assert_eq!(data.picture, Picture { channels: 3, height: 5, width: 2 });
        assert_eq!((data.train.pixels(), data.test.pixels()), (&pixels[..], &pixels[..]));
        assert_eq!(data.notes, notes, "once, for both halves");
        let model = data.picture;
        assert_eq!(pictures(&file, model).unwrap().pixels, pixels);
        assert_eq!(pictures(&gz(&file), model).unwrap().pixels, pixels);
        let other = Picture { height: 2, width: 5, ..model };
        names_shape(&pictures(&file, other).unwrap_err());
    }
    // One channel: nothing to move; ends that could both be channels are planes, and so are others.
    for (dims, [channels, height, width]) in [
        ([2, 6, 5, 1], [1, 6, 5]),
        ([2, 1, 6, 5], [1, 6, 5]),
        ([2, 3, 10, 1], [3, 10, 1]),
        ([2, 1, 10, 3], [1, 10, 3]),
        ([2, 3, 2, 5], [3, 2, 5]),
        ([2, 5, 3, 2], [5, 3, 2]),
        ([2, 2, 3, 5], [2, 3, 5]),
    ] {
        let folder = Folder::of(&[(TRAIN_IMAGES, &idx(8, &dims, &pixels)), (TRAIN_LABELS, &labels)]);
        let data = folder.load().unwrap();
        assert_eq!(data.picture, Picture { channels, height, width }, "{dims:?}");
        assert_eq!(data.train.pixels(), pixels);
    }
}

fn names_shape(error: &Error) {
    names(
        error,
        "picture",
        8,
        "found pictures of 3 x 5 x 2 (channels x height x width), expected the model's",
    );
}

#[test]
fn emnist_is_turned_and_named() {
    let stored: Vec<u8> = (0..12).collect();
    let turned = [0, 2, 4, 1, 3, 5, 6, 8, 10, 7, 9, 11];
    let images = idx(8, &[2, 3, 2], &stored);
    let letters = [(1, 'A'), (2, 'B'), (3, 'C')];
    let mapping: String =
        letters.iter().map(|&(n, c)| format!("{n} {} {}\r\n", c as u32, c as u32 + 32)).collect();
    let mapping = format!("\u{feff}{mapping}");
    let folder = Folder::of(&[
        ("emnist-letters-train-images-idx3-ubyte", &images),
        ("emnist-letters-train-labels-idx1-ubyte", &idx(8, &[2], &[1, 2])),
        ("emnist-letters-mapping.txt", mapping.as_bytes()),
    ]);
    let data = folder.load().unwrap();
    assert_eq!(data.picture, Picture { channels: 1, height: 2, width: 3 });
    assert_eq!((data.kind, data.train.pixels()), (Kind::Idx, &turned[..]));
    assert_eq!(data.classes, ["0", "Aa", "Bb"]);
    assert_eq!(data.notes, ["images: EMNIST's, transposed", "classes: named by emnist-letters-mapping.txt"]);
    let path = folder.0.join("emnist-letters-train-images-idx3-ubyte");
    assert_eq!(load_pictures(&path, GREY).unwrap().pixels, turned);
    let mut options = Options::default();
    options.no_transpose = true;
    let plain = data::load(&folder.0, &options).unwrap();
    assert_eq!(plain.picture, Picture { channels: 1, height: 3, width: 2 });
    assert_eq!((plain.train.pixels(), plain.notes.len()), (&stored[..], 1));
    // Colours, as planes and channels last: both to the transposed planes.
    let colours: Vec<u8> = (0..60).collect();
    let expected: Vec<u8> =
        colours.chunks(10).flat_map(|plane| [0, 2, 4, 6, 8, 1, 3, 5, 7, 9].map(|at| plane[at])).collect();
    let model = Picture { channels: 3, height: 2, width: 5 };
    for (dims, bytes) in [([2, 3, 5, 2], &colours), ([2, 5, 2, 3], &channels_last(&colours, 3, 10))] {
        let path = folder.write("emnist-x-train-images-idx3-ubyte", &idx(8, &dims, bytes));
        assert_eq!(load_pictures(&path, model).unwrap().pixels, expected, "{dims:?}");
    }
    // In an archive; a file of digits only, whose codes are one each; and as MNIST without the prefix.
    let labels = idx(8, &[2], &[0, 1]);
    let archive = folder.write(
        "gzip.tar",
        &tar(&[
            ("gzip/emnist-digits-train-images-idx3-ubyte.gz", &gz(&images)),
            ("gzip/emnist-digits-train-labels-idx1-ubyte.gz", &gz(&labels)),
            ("gzip/emnist-digits-mapping.txt", b"0 48\n1 49\n2 50\n"),
        ]),
    );
    let data = load(&archive, CifarLabels::Fine).unwrap();
    assert_eq!((data.train.pixels(), &data.classes[..]), (&turned[..], &["0".to_owned(), "1".into()][..]));
    let folder = Folder::of(&[(TRAIN_IMAGES, &images), (TRAIN_LABELS, &labels)]);
    assert_eq!(folder.load().unwrap().train.pixels(), stored);
}

#[test]
fn a_broken_mapping_names_the_line() {
    let cases: [(&[u8], u64, &str); 6] = [
        (b"0 48\n1 x\n", 2, "a word that is no number"),
        (b"0 48\n\n128 49\n", 3, "a label above 127"),
        (b"0 48\n0 49\n", 2, "a label for the second time"),
        (b"0\n", 1, "codes of no characters"),
        (b"0 48\n1 32\n", 2, "codes of no characters, expected 1 to 8 ASCII codes from 33 to 126"),
        (b"0 -1\n", 1, "a word that is no number"),
    ];
    let set = small_set();
    let folder = Folder::new();
    for (name, bytes) in &set {
        folder.write(&format!("emnist-a-{name}"), bytes);
    }
    for (bytes, line, rule) in cases {
        folder.write("emnist-a-mapping.txt", bytes);
        names_line(&folder.load().unwrap_err(), "emnist-a-mapping.txt", line, rule);
    }
    folder.write("emnist-a-mapping.txt", b"<html>");
    names(&folder.load().unwrap_err(), "emnist-a-mapping.txt", 0, "web page");
}

#[test]
fn little_endian_idx_is_told() {
    let pixels = [0; 24];
    let swapped = |element: u8, dims: &[u32], data: &[u8]| {
        idx(element, &dims.iter().map(|dim| dim.swap_bytes()).collect::<Vec<_>>(), data)
    };
    let rule = "found little-endian sizes, expected big-endian numbers";
    names(&broken(TRAIN_IMAGES, &swapped(8, &[4, 2, 3], &pixels)), TRAIN_IMAGES, 4, rule);
    names(&broken(TRAIN_IMAGES, &swapped(8, &[4, 6], &pixels)), TRAIN_IMAGES, 4, rule);
    names(&broken(TRAIN_LABELS, &swapped(8, &[4], &[0, 1, 2, 1])), TRAIN_LABELS, 4, rule);
    names(&broken(TRAIN_LABELS, &gz(&swapped(12, &[4], &[0; 16]))), TRAIN_LABELS, 4, rule);
    names(&pictures(&swapped(8, &[4, 2, 3], &pixels), GREY).unwrap_err(), "picture", 4, rule);
    let mut whole = swapped(8, &[4, 2, 3], &pixels);
    whole[..4].reverse();
    names(&broken(TRAIN_IMAGES, &whole), TRAIN_IMAGES, 0, "found a little-endian IDX header");
}

#[test]
fn labels_in_one_column_are_read_and_one_hot_ones_told() {
    let set = small_set();
    let folder = Folder::of(&[(TRAIN_IMAGES, &set[0].1), (TRAIN_LABELS, &idx(8, &[4, 1], &[0, 1, 2, 1]))]);
    assert_eq!(folder.load().unwrap().train.labels(), [0, 1, 2, 1]);
    let one_hot = [1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 1, 0];
    let rule = "found one-hot labels in 3 columns, expected one class number a sample";
    names(&broken(TRAIN_LABELS, &idx(8, &[4, 3], &one_hot)), TRAIN_LABELS, 8, rule);
    let wide: Vec<u8> = one_hot.iter().flat_map(|&one| i32::from(one).to_be_bytes()).collect();
    names(&broken(TRAIN_LABELS, &idx(12, &[4, 3], &wide)), TRAIN_LABELS, 8, rule);
    let reals = idx(13, &[4, 3], &[0; 48]);
    names(&broken(TRAIN_LABELS, &reals), TRAIN_LABELS, 2, "expected u8 or i32, one class number a sample");
    // Two ones, or none, in a row: no such labels.
    for at in [1, 0] {
        let mut bad = one_hot;
        bad[at] ^= 1;
        names(
            &broken(TRAIN_LABELS, &idx(8, &[4, 3], &bad)),
            TRAIN_LABELS,
            3,
            "are images and labels swapped?",
        );
    }
}

#[test]
fn files_of_one_role_are_not_mixed() {
    let [_, _, images, labels] = small_set();
    let folder = small_folder();
    folder.write("test-images-idx3-ubyte", &images.1);
    folder.write("test-labels-idx1-ubyte", &labels.1);
    let error = folder.load().unwrap_err();
    let both = "found both t10k-images-idx3-ubyte and test-images-idx3-ubyte, expected one test half; move";
    assert!(says(&error, both), "{error}");
    // Kaggle's archive has every file in both spellings.
    let folder = small_folder();
    let expected = folder.load().unwrap();
    assert!(expected.notes.is_empty());
    for (name, bytes) in small_set() {
        folder.write(&name.replace("-idx", ".idx"), &bytes);
    }
    let data = folder.load().unwrap();
    assert_eq!((data.fingerprint, data.notes.len()), (expected.fingerprint, 4));
    assert_eq!(
        data.notes[0],
        "left out: train-images.idx3-ubyte, another spelling of train-images-idx3-ubyte"
    );
}

#[test]
fn qmnist_labels_are_the_first_of_eight_columns() {
    let mut columns = Vec::new();
    for label in [0_i32, 1, 2, 1] {
        columns.extend([label, 9, -1, 900, 7, 6, 5, i32::MIN].iter().flat_map(|value| value.to_be_bytes()));
    }
    let set = small_set();
    let folder = Folder::of(&[
        ("qmnist-train-images-idx3-ubyte", &set[0].1),
        ("qmnist-train-labels-idx2-int", &idx(0x0c, &[4, 8], &columns)),
    ]);
    assert_eq!(folder.load().unwrap().train.labels(), [0, 1, 2, 1]);
    let plain: Vec<u8> = [0_i32, 1, 2, 1].iter().flat_map(|value| value.to_be_bytes()).collect();
    let folder = Folder::of(&[(TRAIN_IMAGES, &set[0].1), (TRAIN_LABELS, &idx(0x0c, &[4], &plain))]);
    assert_eq!(folder.load().unwrap().train.labels(), [0, 1, 2, 1]);
    for bad in [-1_i32, 128, 256, i32::MIN] {
        let mut columns = columns.clone();
        columns[2 * 32..][..4].copy_from_slice(&bad.to_be_bytes());
        names(
            &broken(TRAIN_LABELS, &idx(0x0c, &[4, 8], &columns)),
            TRAIN_LABELS,
            12 + 64,
            &format!("found label {bad}, expected 0 to 127"),
        );
    }
}

/// One line a rule: the file replaced, its new bytes, the offset and words of the rule.
#[test]
fn broken_idx_names_file_offset_and_rule() {
    let pixels = [0; 24];
    let images = |dims: &[u32]| idx(8, dims, &pixels);
    let labels = |labels: &[u8]| idx(8, &[labels.len() as u32], labels);
    let huge = idx(8, &[1 << 31, 28, 28], &[0; 24]);
    assert_eq!(huge.len(), 40);
    let mut long = images(&[4, 2, 3]);
    long.push(0);
    let cases: Vec<(&str, Vec<u8>, u64, &str)> = vec![
        (TRAIN_IMAGES, huge, 40, "expected 1683627180048 bytes"),
        (TRAIN_IMAGES, idx(8, &[u32::MAX; 4], &[0; 20]), 4, "expected more than 2^64"),
        (TRAIN_IMAGES, idx(14, &[1 << 31, 1 << 31], &[0; 28]), 4, "expected more than 2^64"),
        (TRAIN_IMAGES, images(&[4, 2, 3])[..39].to_vec(), 39, "expected 40 bytes; half a download?"),
        (TRAIN_IMAGES, images(&[4, 2, 3])[..10].to_vec(), 10, "expected 16 bytes"),
        (TRAIN_IMAGES, vec![0, 0], 2, "expected 4 bytes"),
        (TRAIN_IMAGES, long, 40, "expected the file to end after 40"),
        (TRAIN_IMAGES, idx(10, &[24], &pixels), 2, "IDX element type 0x0a"),
        (TRAIN_IMAGES, idx(8, &[], &[]), 3, "found 0 dimensions, expected 1 to 4"),
        (TRAIN_IMAGES, idx(8, &[1, 1, 1, 4, 6], &pixels), 3, "found 5 dimensions"),
        (TRAIN_IMAGES, idx(9, &[4, 2, 3], &pixels), 2, "elements of type i8, expected u8"),
        (TRAIN_IMAGES, idx(11, &[4, 3], &pixels), 2, "elements of type i16"),
        (TRAIN_IMAGES, idx(12, &[1, 2, 3], &pixels), 2, "elements of type i32"),
        (TRAIN_IMAGES, idx(13, &[1, 2, 3], &pixels), 2, "elements of type f32"),
        (TRAIN_IMAGES, idx(14, &[1, 3], &pixels), 2, "elements of type f64"),
        (TRAIN_IMAGES, labels(&[0, 1, 2, 1]), 3, "found labels, expected images; are images"),
        (TRAIN_LABELS, images(&[4, 2, 3]), 3, "found images, expected labels; are images"),
        (TRAIN_LABELS, idx(12, &[4], &[0; 16]), 8, "no label but 0"),
        (TRAIN_LABELS, idx(13, &[4], &[0; 16]), 2, "elements of type f32, expected u8 or i32"),
        (TRAIN_LABELS, idx(12, &[4, 1, 1], &[0; 16]), 3, "found 3 dimensions, expected 1 or 2 for labels"),
        (TRAIN_LABELS, idx(12, &[4, 0], &[]), 8, "found a size of 0"),
        (TRAIN_LABELS, labels(&[0, 1, 2]), 4, "found 3 labels, expected one for each of the 4 images"),
        (TRAIN_LABELS, labels(&[0, 1, 200, 1]), 10, "found label 200, expected 0 to 127"),
        (TRAIN_LABELS, labels(&[0; 4]), 8, "no label but 0"),
        (TEST_LABELS, labels(&[2, 3]), 9, "found label 3, expected 0 to 2"),
        (TEST_IMAGES, idx(8, &[2, 3, 2], &[0; 12]), 8, "found pictures of 1 x 3 x 2"),
        (TRAIN_IMAGES, idx(8, &[0, 2, 3], &[]), 4, "found 0 images"),
        (TRAIN_IMAGES, idx(8, &[4, 0, 3], &[]), 8, "found a size of 0, expected 1 to 65535"),
        (TRAIN_IMAGES, idx(8, &[1 << 31, 0], &[]), 8, "found a size of 0"),
        (TRAIN_IMAGES, idx(8, &[4, 65_536], &[0; 4 << 16]), 8, "found a size of 65536"),
        (TRAIN_IMAGES, gz(&gz(&images(&[4, 2, 3]))), 0, "gzip file inside the gzip file"),
    ];
    for (file, bytes, offset, rule) in cases {
        names(&broken(file, &bytes), file, offset, rule);
    }
}

#[test]
fn other_sorts_of_file_are_told_by_name() {
    let mut tarred = tar(&[("x", b"y")]);
    tarred[0] = b'x';
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("an empty file", vec![], "an empty file"),
        (
            "a web page (HTML)",
            b"\n <!DOCTYPE html><html>404</html>".to_vec(),
            "error page was saved under this name",
        ),
        ("a web page (HTML)", b"<HTML>".to_vec(), "web page"),
        ("a PNG picture", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR".to_vec(), "PNG picture"),
        ("a JPEG picture", b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec(), "magick FILE -auto-orient picture.png"),
        ("a GIF picture", b"GIF89a\x10\0\x10\0".to_vec(), "save it as PNG with any program"),
        ("a WebP picture", b"RIFF\x24\0\0\0WEBPVP8 ".to_vec(), "WebP picture"),
        ("a BMP picture", b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0".to_vec(), "BMP picture"),
        ("a TIFF picture", b"II*\0\x08\0\0\0".to_vec(), "TIFF picture"),
        ("an Arrow or Feather table", b"ARROW1\0\0\xff".to_vec(), "save it as CSV"),
        ("an Arrow or Feather table", b"FEA1\0\0\0\0".to_vec(), "save it as CSV"),
        ("an SQLite database", b"SQLite format 3\0".to_vec(), "save it as CSV"),
        ("an Excel workbook (.xls)", b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1".to_vec(), "save it as CSV"),
        ("R data", b"RDX3\nX\n".to_vec(), "save it as CSV"),
        ("an ARFF table", b"% 1. Title\r\n%\r\n\r\n@RELATION iris\r\n".to_vec(), "save the rest as CSV"),
        ("a MATLAB file (.mat)", b"MATLAB 5.0 MAT-file, Platform: GLNXA64".to_vec(), "scipy.io.loadmat"),
        ("a MATLAB file (.mat)", b"MATLAB 7.3 MAT-file, Platform: PCWIN64".to_vec(), "h5py for version 7.3"),
        ("an HDF5 file", b"\x89HDF\r\n\x1a\n\0".to_vec(), "numpy.savez"),
        ("a bzip2 file", b"BZh91AY&SY".to_vec(), "unpack it first"),
        ("an xz file", b"\xfd7zXZ\0\0\x04".to_vec(), "unpack it first"),
        ("a Zstandard file", b"\x28\xb5\x2f\xfd\x04".to_vec(), "unpack it first"),
        ("a 7-Zip archive", b"7z\xbc\xaf\x27\x1c\0\x04".to_vec(), "unpack it first"),
        ("a RAR archive", b"Rar!\x1a\x07\x01\0".to_vec(), "unpack it first"),
        ("a zip archive (or .npz)", b"PK\x03\x04\x14\0".to_vec(), "zip archive (or .npz)"),
        ("a Parquet table", b"PAR1\x15\x04PAR1".to_vec(), "Parquet"),
        ("a NumPy array (.npy)", b"\x93NUMPY\x01\0".to_vec(), "NumPy array"),
        ("a Python pickle", b"\x80\x02}q\x01.".to_vec(), "get cifar-10-binary.tar.gz"),
        ("a PGM or PPM picture", b"P5 2 3 255\n......".to_vec(), "PGM or PPM"),
        ("a tar archive", tarred, "unpack it and give its files"),
        ("a PBM, PAM or PFM picture", b"P7\nWIDTH 2\n".to_vec(), "PBM, PAM or PFM picture"),
        ("a monolayer model", b"\x9dmono\r\n\n\x01\0".to_vec(), "a monolayer model, expected"),
        ("bytes of no known format", b"hello".to_vec(), "bytes of no known format"),
    ];
    for (content, bytes, rule) in cases {
        let error = broken(TRAIN_IMAGES, &bytes);
        names(&error, TRAIN_IMAGES, 0, rule);
        assert!(error.rule().is_some_and(|(found, _)| found == content), "{error}");
        let error = broken(TRAIN_IMAGES, &gz(&bytes));
        names(&error, &format!("{TRAIN_IMAGES} (decompressed)"), 0, rule);
        if !matches!(content, "a tar archive" | "a zip archive (or .npz)") {
            let folder = Folder::new();
            let error = load(&folder.write("stray", &bytes), CifarLabels::Fine).unwrap_err();
            names(&error, "stray", 0, if content == "a Python pickle" { "binary.tar.gz" } else { rule });
        }
    }
    assert!(says(&Folder::new().load().unwrap_err(), "found no data set, expected IDX"));
    let folder = Folder::of(&[("notes.md", b"hello"), ("a/b", b"x"), ("a/c", b"x")]);
    assert!(says(&folder.load().unwrap_err(), "found no data set, but a/, notes.md, expected IDX"));
    let error = load(&folder.0.join("data_batch_1.bin"), CifarLabels::Fine).unwrap_err();
    assert!(says(&error, "found no data_batch_1.bin, expected it beside"), "{error}");
    let error = load(&folder.0.join("nothing"), CifarLabels::Fine).unwrap_err();
    assert!(is_of_store(&error) && error.to_string().contains("nothing"), "{error}");
}

/// A gzip file becomes no longer than the IDX header in it says, however long it would be.
#[test]
fn compressed_headers_are_held_against_the_contents() {
    let folder = small_folder();
    folder.write(TRAIN_IMAGES, &gz(&idx(8, &[4, 2, 3], &vec![0; 1 << 20])));
    let error = folder.load().unwrap_err();
    assert!(is_packed(&error) && error.offset().is_some(), "{error}");
    assert!(error.to_string().contains("longer than the 40 bytes"), "{error}");
    let error = broken(TRAIN_IMAGES, &gz(&idx(8, &[1 << 31, 28, 28], &[0; 24])));
    names(&error, &format!("{TRAIN_IMAGES} (decompressed)"), 40, "expected 1683627180048 bytes");
}

#[test]
fn half_a_gzip_file_names_the_offset() {
    let whole = gz(&small_set()[0].1);
    for end in 2..whole.len() {
        let error = broken(TRAIN_IMAGES, &whole[..end]);
        assert!(
            place(&error).ends_with(TRAIN_IMAGES) && error.offset().is_some_and(|at| at <= end as u64),
            "{error}"
        );
        assert!(is_packed(&error), "{error}");
        assert!(error.to_string().ends_with("; fetch the file again"), "{error}");
    }
}

#[test]
fn every_truncation_and_every_header_bit_of_idx() {
    for (name, bytes) in small_set() {
        let folder = small_folder();
        let header = if name.contains("images") { 16 } else { 8 };
        for end in 0..bytes.len() {
            folder.write(name, &bytes[..end]);
            let error = folder.load().expect_err("truncated");
            assert!(place(&error).ends_with(name) && error.offset() == Some(end as u64), "{end}: {error}");
        }
        for bit in 0..8 * bytes.len() {
            let mut flipped = bytes.clone();
            flipped[bit / 8] ^= 1 << (bit % 8);
            folder.write(name, &flipped);
            match folder.load() {
                Ok(data) => {
                    assert!(bit >= 8 * header && data.kind == Kind::Idx, "{name} bit {bit} was accepted")
                }
                Err(error) => assert!(error.offset().is_some() && place(&error).contains("-idx"), "{error}"),
            }
        }
    }
}

// ---- CIFAR ----

/// `count` records with `head` label bytes each, told apart by their pixels.
fn records(head: usize, labels: &[u8], tag: u8) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (n, record) in labels.chunks(head).enumerate() {
        bytes.extend_from_slice(record);
        bytes.extend((0..3072_usize).map(|i| tag ^ (n * 31 + i) as u8));
    }
    bytes
}

const META: &[u8] = b"airplane\nautomobile\nbird\ncat\ndeer\ndog\nfrog\nhorse\nship\ntruck\n\n";

fn small_cifar() -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<(String, Vec<u8>)> = (1..=5)
        .map(|batch| {
            (format!("data_batch_{batch}.bin"), records(1, &[batch, 10 - 2 * batch.min(5), 9], batch))
        })
        .collect();
    files.push(("test_batch.bin".into(), records(1, &[3, 9, 3], 77)));
    files
}

fn cifar_folder(files: &[(String, Vec<u8>)]) -> Folder {
    let folder = Folder::new();
    for (name, bytes) in files {
        folder.write(name, bytes);
    }
    folder
}

#[test]
fn cifar_10_is_the_same_from_folder_parent_and_archive_in_any_order() {
    let files = small_cifar();
    let expected = cifar_folder(&files).load().unwrap();
    assert_eq!(
        (expected.kind, expected.picture),
        (Kind::Cifar10, Picture { channels: 3, height: 32, width: 32 })
    );
    assert_eq!(expected.classes[9], "truck");
    let train = &expected.train;
    assert_eq!(train.labels(), [1, 8, 9, 2, 6, 9, 3, 4, 9, 4, 2, 9, 5, 0, 9]);
    assert_eq!(train.image(14), &files[4].1[2 * 3073 + 1..]);
    assert_eq!(expected.test.labels(), [3, 9, 3]);

    let parent = Folder::new();
    for (name, bytes) in &files {
        parent.write(&format!("cifar-10-batches-bin/{name}"), bytes);
    }
    assert_eq!(parent.load().unwrap().fingerprint, expected.fingerprint);
    let single = parent.0.join("cifar-10-batches-bin/data_batch_3.bin");
    assert_eq!(load(&single, CifarLabels::Fine).unwrap().fingerprint, expected.fingerprint);

    let mut order = vec![("cifar-10-batches-bin/readme.html".to_string(), b"<html>".to_vec())];
    for i in [3, 5, 0, 4, 2, 1] {
        order.push((format!("cifar-10-batches-bin/{}", files[i].0), files[i].1.clone()));
    }
    order.insert(2, ("cifar-10-batches-bin/batches.meta.txt".into(), META.to_vec()));
    let members: Vec<(&str, &[u8])> =
        order.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
    for (name, archive) in
        [("c.tar", tar(&members)), ("c.tar.gz", gz(&tar(&members))), ("misnamed", gz(&tar(&members)))]
    {
        let folder = Folder::new();
        let data = load(&folder.write(name, &archive), CifarLabels::Fine).unwrap();
        assert_eq!((data.kind, data.fingerprint), (Kind::Cifar10, expected.fingerprint), "{name}");
        assert_eq!(data.classes, expected.classes);
    }
}

#[test]
fn an_incomplete_cifar_10_is_told() {
    let files = small_cifar();
    // Batches made by hand: the first alone, and a test batch of any length.
    let data = cifar_folder(&files[..1]).load().unwrap();
    assert_eq!((data.train.labels(), data.test.len()), (&[1, 8, 9][..], 0));
    let data = cifar_folder(&files[5..]).load().unwrap();
    assert!(data.train.is_empty() && data.classes.len() == 10);
    let pair = Folder::of(&[("data_batch_1.bin", &files[0].1), ("test_batch.bin", &files[5].1[..3073])]);
    assert_eq!(pair.load().unwrap().test.labels(), [3]);

    for missing in 0..5 {
        let mut fewer = files.clone();
        fewer.remove(missing);
        let error = cifar_folder(&fewer).load().unwrap_err();
        assert!(says(&error, &format!("found no {},", files[missing].0)), "{error}");
        assert!(error.to_string().contains("expected all five batches"), "{error}");
    }
    for odd in 1..6 {
        let mut cut = files.clone();
        cut[odd].1.truncate(2 * 3073);
        let rule = "found 2 records, expected 3 as in the first file; each of CIFAR-10 has 10000";
        names(&cifar_folder(&cut).load().unwrap_err(), &files[odd].0, 0, rule);
    }
}

/// Archives older than POSIX have no mark: the checksum tells them.
#[test]
fn an_archive_from_before_posix() {
    let batch = records(1, &[0, 1], 5);
    let mut archive = tar(&[("data_batch_1.bin", &batch)]);
    archive[156..].iter_mut().take(356).for_each(|byte| *byte = 0);
    archive[148..156].copy_from_slice(b"        ");
    let sum: u32 = archive[..512].iter().map(|&byte| u32::from(byte)).sum();
    archive[148..156].copy_from_slice(format!("{sum:6o}\0 ").as_bytes());
    let folder = Folder::new();
    let data = load(&folder.write("old.tar", &archive), CifarLabels::Fine).unwrap();
    assert_eq!(data.train.labels(), [0, 1]);
    let data = data::load_stream("stdin", &archive[..], &Options::default()).unwrap();
    assert_eq!(data.train.labels(), [0, 1]);
    let error = data::load_stream("stdin", &b"hello"[..], &Options::default()).unwrap_err();
    names(&error, "stdin", 0, "found bytes of no known format");
}

/// What has no end, such as a device, is told by its beginning.
#[cfg(unix)]
#[test]
fn endless_zeros_are_no_data_set() {
    let path = std::path::Path::new("/dev/zero");
    names(&load(path, CifarLabels::Fine).unwrap_err(), "/dev/zero", 0, "bytes of no known format");
}

/// 7-Zip unpacks `NAME.gz` to `NAME/NAME`.
#[test]
fn a_folder_under_a_files_name_is_looked_into() {
    let expected = small_folder().load().unwrap().fingerprint;
    for suffix in ["", ".gz"] {
        let folder = Folder::new();
        for (name, bytes) in small_set() {
            folder.write(&format!("{name}{suffix}/{}", name.replace("-idx", ".idx")), &bytes);
        }
        assert_eq!(folder.load().unwrap().fingerprint, expected);
        let inner = folder.0.join(format!("{TRAIN_IMAGES}{suffix}/train-images.idx3-ubyte"));
        assert_eq!(load(&inner, CifarLabels::Fine).unwrap().fingerprint, expected);
    }
}

#[test]
fn names_are_shown_without_control_characters() {
    let folder = Folder::new();
    let archive = tar(&[("a\x1b[31m\n/data_batch_1.bin", b"x")]);
    let text = load(&folder.write("c.tar", &archive), CifarLabels::Fine).unwrap_err().to_string();
    assert!(text.contains("c.tar: a\\u{1b}[31m\\n/data_batch_1.bin, byte 0: "), "{text}");
    let text = load(&folder.write("b\n\x07", b"hello"), CifarLabels::Fine).unwrap_err().to_string();
    assert!(text.contains("/b\\n\\u{7}, byte 0: "), "{text}");
    folder.write("\x07train-images", b"");
    folder.write("\x08train-images", b"");
    let text = folder.load().unwrap_err().to_string();
    assert!(!text.contains(char::is_control), "{text}");
}

#[test]
fn cifar_100_has_two_labels() {
    // (coarse, fine) pairs
    let train = records(2, &[4, 0, 19, 99, 3, 42], 1);
    let test = records(2, &[19, 98], 2);
    let folder = Folder::of(&[("cifar-100-binary/train.bin", &train), ("cifar-100-binary/test.bin", &test)]);
    let fine = folder.load().unwrap();
    assert_eq!((fine.kind, fine.classes.len(), fine.classes[99].as_str()), (Kind::Cifar100, 100, "worm"));
    assert_eq!(fine.train.labels(), [0, 99, 42]);
    let coarse = load(&folder.0, CifarLabels::Coarse).unwrap();
    assert_eq!((coarse.classes.len(), coarse.classes[0].as_str()), (20, "aquatic_mammals"));
    assert_eq!(coarse.train.labels(), [4, 19, 3]);
    assert_eq!(coarse.train.image(2), &train[2 * 3074 + 2..]);
    assert_ne!(fine.fingerprint, coarse.fingerprint);

    let names_file: String = (0..20).map(|k| format!("super {k}\r\n")).collect();
    folder.write("cifar-100-binary/coarse_label_names.txt", names_file.as_bytes());
    assert_eq!(load(&folder.0, CifarLabels::Coarse).unwrap().classes[19], "super 19");
    let error =
        load(&folder.write("cifar-100-binary/test.bin", &records(2, &[20, 5], 2)), CifarLabels::Coarse);
    names(&error.unwrap_err(), "test.bin", 0, "found label 20, expected 0 to 19");
    let ten = folder.write("cifar-100-binary/test.bin", &records(1, &[9, 5], 2));
    for labels in [CifarLabels::Fine, CifarLabels::Coarse] {
        let error = load(&ten, labels).unwrap_err();
        names(
            &error,
            "test.bin",
            0,
            "found records of CIFAR-10, expected CIFAR-100's, as the file's name says",
        );
    }
}

#[test]
fn a_byte_order_mark_and_line_ends_are_no_part_of_a_name() {
    let folder = cifar_folder(&small_cifar());
    let lines = core::str::from_utf8(META).unwrap().replace('\n', "\r\n");
    folder.write("batches.meta.txt", format!("\u{feff}{lines}").as_bytes());
    let data = folder.load().unwrap();
    assert_eq!((data.classes[0].as_str(), data.classes[9].as_str()), ("airplane", "truck"));
    folder.write("batches.meta.txt", b"\xef\xbb\xbfone\ntwo\n");
    names(&folder.load().unwrap_err(), "batches.meta.txt", 11, "found 2 class names, expected 10");
}

#[test]
fn broken_cifar_names_file_offset_and_rule() {
    let batch = "data_batch_2.bin";
    let cases: Vec<(&str, Vec<u8>, u64, &str)> = vec![
        (batch, records(1, &[1, 2, 10], 0), 6146, "found label 10, expected 0 to 9"),
        (
            batch,
            records(1, &[1, 2], 0)[..6145].to_vec(),
            3073,
            "found 3072 bytes after the last whole record",
        ),
        (batch, vec![7], 0, "found 1 bytes after the last whole record, expected records of 3073 bytes"),
        (batch, vec![], 0, "an empty file"),
        (batch, b"<!doctype html>".to_vec(), 0, "web page"),
        (batch, gz(&gz(&records(1, &[1], 0))), 0, "gzip file inside"),
        ("test_batch.bin", records(1, &[11], 0), 0, "found label 11, expected 0 to 9"),
        (
            batch,
            records(2, &[1, 2, 3, 99], 0),
            0,
            "found records of CIFAR-100, expected CIFAR-10's, as the file",
        ),
        (batch, records(2, &[1, 2, 3, 99], 0), 0, "name CIFAR-100's files train.bin and test.bin"),
        ("batches.meta.txt", b"one\ntwo\n".to_vec(), 8, "found 2 class names, expected 10"),
        ("batches.meta.txt", b"one\nt\x1bwo\n".to_vec(), 4, "printable UTF-8"),
        ("batches.meta.txt", b"one\n\xff\xfe\n".to_vec(), 4, "printable UTF-8"),
    ];
    for (file, bytes, offset, rule) in cases {
        let folder = cifar_folder(&small_cifar());
        folder.write(file, &bytes);
        names(&folder.load().unwrap_err(), file, offset, rule);
        let mut files = small_cifar();
        files.retain(|(name, _)| name != file);
        files.push((file.into(), bytes));
        let members: Vec<(&str, &[u8])> =
            files.iter().map(|(name, bytes)| (name.as_str(), bytes.as_slice())).collect();
        let error = load(&folder.write("c.tar.gz", &gz(&tar(&members))), CifarLabels::Fine).unwrap_err();
        names(&error, &format!("c.tar.gz: {file}"), offset, rule);
    }
    let folder = Folder::of(&[
        ("data_batch_1.bin", &records(1, &[0, 1, 4], 0)),
        ("test_batch.bin", &records(1, &[5], 0)),
    ]);
    names(&folder.load().unwrap_err(), "test_batch.bin", 0, "found label 5, expected 0 to 4");
    let folder = Folder::new();
    let twice =
        tar(&[("a/test_batch.bin", &records(1, &[1], 0)), ("b/test_batch.bin", &records(1, &[1], 0))]);
    let error = load(&folder.write("c.tar", &twice), CifarLabels::Fine).unwrap_err();
    assert!(says(&error, "c.tar: found several data sets (a: CIFAR-10; b: CIFAR-10)"), "{error}");
    let twice =
        tar(&[("a/test_batch.bin", &records(1, &[1], 0)), ("./a/test_batch.bin", &records(1, &[1], 0))]);
    let error = load(&folder.write("c.tar", &twice), CifarLabels::Fine).unwrap_err();
    assert!(says(&error, "c.tar: found a second a/test_batch.bin"), "{error}");
}

#[test]
fn pickles_are_told_with_the_file_to_get() {
    let pickle: &[u8] = b"\x80\x02}q\x01(U\x0bbatch_labelq\x02u.";
    for (folder, file, instead) in [
        ("cifar-10-batches-py", "data_batch_1", "get cifar-10-binary.tar.gz instead"),
        ("cifar-10-batches-py", "test_batch", "get cifar-10-binary.tar.gz instead"),
        ("cifar-100-python", "train", "get cifar-100-binary.tar.gz instead"),
    ] {
        let member = format!("{folder}/{file}");
        let outer = Folder::of(&[(&member, pickle)]);
        names(&outer.load().unwrap_err(), &member, 0, instead);
        names(&load(&outer.0.join(folder), CifarLabels::Fine).unwrap_err(), &member, 0, instead);
        names(&load(&outer.0.join(&member), CifarLabels::Fine).unwrap_err(), &member, 0, instead);
        let archive = outer.write("python.tar.gz", &gz(&tar(&[(&member, pickle)])));
        names(
            &load(&archive, CifarLabels::Fine).unwrap_err(),
            &format!("python.tar.gz: {member}"),
            0,
            instead,
        );
    }
    let folder = Folder::new();
    let error = load(&folder.write("mnist.pkl.gz", &gz(pickle)), CifarLabels::Fine).unwrap_err();
    names(&error, "mnist.pkl.gz (decompressed)", 0, "MNIST's IDX files");
    // Folders of pictures are often called train and test.
    let folder = Folder::of(&[("train/0.png", b"\x89PNG"), ("test/0.png", b"\x89PNG")]);
    assert!(says(&folder.load().unwrap_err(), "found a picture in no class's folder, expected each in"));
}

#[test]
fn a_damaged_archive_is_never_a_panic() {
    let (train, test) = (records(1, &[0, 1], 5), records(1, &[1], 6));
    let archive = tar(&[("data_batch_1.bin", &train), ("test_batch.bin", &test)]);
    let expected = {
        let folder = Folder::new();
        load(&folder.write("c.tar", &archive), CifarLabels::Fine).unwrap().fingerprint
    };
    let folder = Folder::new();
    let contents_end = archive.len() - 1024;
    for end in (0..contents_end).step_by(61 * 8) {
        let error =
            load(&folder.write("c.tar", &archive[..end]), CifarLabels::Fine).expect_err("half an archive");
        assert!(
            place(&error).ends_with("c.tar") && error.offset().is_some_and(|at| at <= end as u64),
            "{error}"
        );
    }
    let compressed = gz(&archive);
    for end in (2..compressed.len()).step_by(509).chain(compressed.len() - 12..compressed.len()) {
        let error =
            load(&folder.write("c.tar", &compressed[..end]), CifarLabels::Fine).expect_err("half a download");
        assert!(is_packed(&error), "{error}");
        assert!(
            place(&error).ends_with("c.tar") && error.offset().is_some_and(|at| at <= end as u64),
            "{error}"
        );
    }
    for bit in (80..8 * compressed.len()).step_by(3989) {
        let mut flipped = compressed.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        let error = load(&folder.write("c.tar", &flipped), CifarLabels::Fine).expect_err("a flipped bit");
        assert!(place(&error).contains("c.tar") && error.offset().is_some(), "bit {bit}: {error}");
    }
    // The archive's own tests try every bit.
    for bit in (0..512 * 8).step_by(7) {
        let mut flipped = archive.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        match load(&folder.write("c.tar", &flipped), CifarLabels::Fine) {
            Ok(data) => assert_eq!(data.fingerprint, expected, "bit {bit}"),
            Err(error) => assert!(place(&error).contains("c.tar"), "{error}"),
        }
    }
}

// ---- text rows ----

#[test]
fn text_rows_are_one_file_a_class() {
    let folder = Folder::of(&[
        ("train0.txt", b"0 1 2 255\n3 4 5 6\n"),
        ("train2.txt", b"  9 9\t9 9  \r\n\n"),
        ("train10.txt", b"1 1 1 1"),
        ("test2.txt", b"7 7 7 7\n"),
        ("train01.txt", b"not part of it"),
    ]);
    let data = folder.load().unwrap();
    assert_eq!((data.kind, data.classes.len()), (Kind::Text, 11));
    assert_eq!(data.picture, Picture { channels: 1, height: 2, width: 2 });
    let train = data.train;
    assert_eq!(train.labels(), [0, 0, 2, 10]);
    assert_eq!(train.pixels(), [0, 1, 2, 255, 3, 4, 5, 6, 9, 9, 9, 9, 1, 1, 1, 1]);
    assert_eq!(data.test.labels(), [2]);
    assert_eq!(load(&folder.0.join("train2.txt"), CifarLabels::Fine).unwrap().fingerprint, data.fingerprint);
}

#[test]
fn broken_text_names_file_offset_and_rule() {
    let cases: [(&str, &[u8], u64, &str); 3] = [
        ("train1.txt", b"<html>\n", 0, "web page"),
        ("test1.txt", b"1 2 3 4\n", 0, "found pictures of 1 x 2 x 2"),
        ("test7.txt", b"1 2 3\n", 0, "found label 7, expected 0 to 1"),
    ];
    for (file, bytes, offset, rule) in cases {
        let folder = Folder::of(&[("train0.txt", b"1 2 3\n"), ("train1.txt", b"1 2 3\n"), (file, bytes)]);
        names(&folder.load().unwrap_err(), file, offset, rule);
    }
    let lines: [(&[u8], u64, &str); 8] = [
        (b"1 2 3\n4 5 256\n", 2, "found a number above 255"),
        (b"1 2 3\r\n\r\n4 5\r\n", 3, "found a row of 2 pixels, expected 3 as in the first row"),
        (b"1 2 3\n4 -5 6\n", 2, "found '-', expected numbers separated by white space or commas"),
        (b"1 2 3\n4 99999999999999999999 6\n", 2, "above 255"),
        (b"1,2,3\n4,,6\n", 2, "found a comma without a number before it"),
        (b",1,2,3\n", 1, "found a comma without a number before it"),
        (b"1,2,3\n4.0,5,6", 2, "found '.'"),
        (b"1;2;3", 1, "found ';'"),
    ];
    for (bytes, line, rule) in lines {
        let folder = Folder::of(&[("train0.txt", b"1 2 3\n"), ("train1.txt", bytes)]);
        names_line(&folder.load().unwrap_err(), "train1.txt", line, rule);
    }
    let folder = Folder::of(&[("train0.txt", b"\n"), ("train1.txt", b"")]);
    names(&folder.load().unwrap_err(), "train1.txt", 0, "found 0 images");
    let folder = Folder::of(&[("train0.txt", b"1 2\n")]);
    names(&folder.load().unwrap_err(), "train0.txt", 0, "no label but 0");
}

#[test]
fn text_rows_with_commas_and_a_mark_are_trained_on_and_predicted() {
    let rows: [&[u8]; 5] = [
        b"1 2 3 4 5 255\n6 7 8 9 10 11\n",
        b"1,2,3,4,5,255\r\n6,7,8,9,10,11\r\n",
        b"1, 2, 3, 4, 5, 255,\n\n6 ,7\t,8,9,10,11",
        b"\xef\xbb\xbf1,2,3,4,5,255\n6,7,8,9,10,11\n",
        b"  \n001 002 003 004 005 255\n 006 007 008 009 010 011\n",
    ];
    let pixels = [1, 2, 3, 4, 5, 255, 6, 7, 8, 9, 10, 11];
    for bytes in rows {
        let folder = Folder::of(&[("train0.txt", bytes), ("train1.txt", bytes)]);
        let train = folder.load().unwrap().train;
        assert_eq!((train.labels(), train.pixels()), (&[0, 0, 1, 1][..], &pixels.repeat(2)[..]));
        let found = load_pictures(&folder.0.join("train1.txt"), GREY).unwrap();
        assert_eq!((found.pixels, found.labels), (pixels.to_vec(), None));
        assert_eq!(pictures(&gz(bytes), GREY).unwrap().pixels, pixels);
    }
    names_line(
        &pictures(b"1 2 3 4 5 6\n1 2 3 4 5\n", GREY).unwrap_err(),
        "picture",
        2,
        "found a row of 5 pixels, expected 6 as the model takes",
    );
    names_line(
        &pictures(b"1 2 3\n4", GREY).unwrap_err(),
        "picture",
        1,
        "found a row of 3 pixels, expected 6",
    );
    names_line(&pictures(b"1 2 3 4 5 6\n1 2 x", GREY).unwrap_err(), "picture", 2, "found 'x'");
    // Raw bytes that happen to be digits and blanks.
    for raw in [b"123456", b"1 2 34", b"      ", b"\n\n\n\n1\n"] {
        assert_eq!(pictures(raw, GREY).unwrap().pixels, raw);
    }
}

#[test]
fn one_class_alone_is_refused_in_every_format() {
    let set = small_set();
    for labels in [[0; 4], [3; 4]] {
        let rule = format!("found no label but {}, expected at least two classes", labels[0]);
        let error = broken(TRAIN_LABELS, &idx(8, &[4], &labels));
        names(&error, TRAIN_LABELS, 8, &rule);
        let test = Folder::of(&[(TEST_IMAGES, &set[2].1), (TEST_LABELS, &idx(8, &[2], &labels[..2]))]);
        names(&test.load().unwrap_err(), TEST_LABELS, 8, &rule);
        let folder = Folder::of(&[("data_batch_1.bin", &records(1, &labels, 0))]);
        names(&folder.load().unwrap_err(), "data_batch_1.bin", 0, &rule);
        let folder = Folder::of(&[("train.bin", &records(2, &labels, 0))]);
        names(&folder.load().unwrap_err(), "train.bin", 1, &rule);
        let name = format!("train{}.txt", labels[0]);
        let folder = Folder::of(&[(name.as_str(), b"1 2\n3 4\n")]);
        names(&folder.load().unwrap_err(), &name, 0, &rule);
    }
}

// ---- pictures to predict ----

const GREY: Picture = Picture { channels: 1, height: 2, width: 3 };
const RGB: Picture = Picture { channels: 3, height: 1, width: 2 };
const CIFAR: Picture = Picture { channels: 3, height: 32, width: 32 };

fn pictures(bytes: &[u8], picture: Picture) -> Result<Pictures, Error> {
    let folder = Folder::new();
    load_pictures(&folder.write("picture", bytes), picture)
}

#[test]
fn pictures_of_every_format() {
    let pixels: Vec<u8> = vec![10, 20, 30, 40, 50, 255];
    let cases: Vec<Vec<u8>> = vec![
        pixels.clone(),
        idx(8, &[1, 2, 3], &pixels),
        idx(8, &[1, 6], &pixels),
        gz(&idx(8, &[1, 2, 3], &pixels)),
        [b"P5 3 2 255\n", pixels.as_slice()].concat(),
        [b"P5# made by hand\n#\n3 # wide\n2\t255 ", pixels.as_slice()].concat(),
        [b"P5 3 2 255# the last of the head\n", pixels.as_slice()].concat(),
        [b"P5#\r3 2#\r\n255#\r", pixels.as_slice()].concat(),
        b"P2\n# plain\n3 2\n255\n10 20 30\n40 50 255\n".to_vec(),
        gz(b"P2 3 2 255 10 20 30 40 50 255"),
    ];
    for bytes in cases {
        let found = pictures(&bytes, GREY).unwrap_or_else(|error| panic!("{bytes:?}: {error}"));
        assert_eq!((&found.pixels, found.len(), &found.labels), (&pixels, 1, &None), "{bytes:?}");
    }
    // After one white space the pixels begin, with whatever they do.
    let like_a_comment = b"#\n3456";
    assert_eq!(
        pictures(&[b"P5 3 2 255\n", &like_a_comment[..]].concat(), GREY).unwrap().pixels,
        like_a_comment
    );
    let two = [b"P5 3 2 255\n", pixels.as_slice(), b"\nP2 3 2 5 0 1 2 3 4 5"].concat();
    let two = pictures(&two, GREY).unwrap();
    assert_eq!((two.len(), &two.pixels[6..]), (2, &[0, 51, 102, 153, 204, 255][..]));
    // 100 of 255 and 7: v * 255 / max to the nearest
    assert_eq!(pictures(b"P2 3 2 7 0 1 2 3 4 7", GREY).unwrap().pixels, [0, 36, 73, 109, 146, 255]);
    // Interleaved becomes planes.
    for bytes in [&b"P3 2 1 255 1 2 3 4 5 6"[..], b"P6 2 1 255 \x01\x02\x03\x04\x05\x06"] {
        assert_eq!(pictures(bytes, RGB).unwrap().pixels, [1, 4, 2, 5, 3, 6]);
    }
    // A model whose shape is not known takes any with as many pixels.
    let unknown = Picture { channels: 1, height: 1, width: 6 };
    assert_eq!(pictures(b"P2 3 2 255 1 2 3 4 5 6", unknown).unwrap().len(), 1);
    assert_eq!(pictures(b"P3 2 1 255 1 2 3 4 5 6", unknown).unwrap().len(), 1);
}

/// Of images that are not the model's, nothing is decompressed but the header: that the rest is damaged is
/// not seen.
#[test]
fn colours_and_16_bits_are_read_as_of_png() {
    // (299 r + 587 g + 114 b) / 1000 to the nearest; greys for colours thrice.
    let grey = Picture { channels: 1, height: 1, width: 2 };
    for bytes in [&b"P3 2 1 255 200 100 50 0 0 255"[..], b"P6 2 1 255 \xc8\x64\x32\0\0\xff"] {
        assert_eq!(pictures(bytes, grey).unwrap().pixels, [124, 29]);
    }
    for bytes in [&b"P2 2 1 255 7 9"[..], b"P5 2 1 255 \x07\x09"] {
        assert_eq!(pictures(bytes, RGB).unwrap().pixels, [7, 9, 7, 9, 7, 9]);
    }
    // Two bytes a value, to 8 bits as 16 bits of PNG: v * 255 / 65535 to the nearest.
    let values = [0_u16, 128, 129, 385, 386, 65_535];
    let expected = [0, 0, 1, 1, 2, 255];
    let raw: Vec<u8> = values.iter().flat_map(|value| value.to_be_bytes()).collect();
    assert_eq!(pictures(&[b"P5 3 2 65535\n", &raw[..]].concat(), GREY).unwrap().pixels, expected);
    assert_eq!(pictures(b"P2 3 2 65535 0 128 129 385 386 65535", GREY).unwrap().pixels, expected);
    let two = [b"P6 2 1 65535\n", &raw[..], b"\nP6 2 1 1000 ", b"\x03\xe8\0\0\x01\xf4\0\0\0\0\0\0"].concat();
    let two = pictures(&two, RGB).unwrap();
    assert_eq!(two.pixels, [0, 1, 0, 2, 1, 255, 255, 0, 0, 0, 128, 0]);
}

#[test]
fn images_of_another_size_are_refused_before_they_are_decompressed() {
    let mut bytes = gz(&idx(8, &[300, 2, 500], &vec![0; 300_000]));
    *bytes.last_mut().unwrap() ^= 1;
    for (shape, rule) in [
        (GREY, "found pictures of 1000 pixels, expected the model's 6"),
        (Picture { channels: 1, height: 25, width: 40 }, "1 x 2 x 500"),
        (Picture { channels: 1, height: 1, width: 1000 }, "the file is damaged"),
    ] {
        let error = pictures(&bytes, shape).unwrap_err();
        assert!(error.to_string().contains(rule), "{error}");
    }
}

#[test]
fn cifar_records_are_told_from_raw_bytes() {
    let ten = pictures(&records(1, &[3, 9], 1), CIFAR).unwrap();
    assert_eq!((ten.len(), ten.labels.as_deref()), (2, Some(&[3, 9][..])));
    assert_eq!(ten.pixels[3072..], records(1, &[3, 9], 1)[3074..]);
    let hundred = pictures(&records(2, &[3, 99], 1), CIFAR).unwrap();
    assert_eq!((hundred.len(), hundred.labels.as_deref()), (1, Some(&[99][..])));
    let raw = pictures(&[200; 2 * 3072], CIFAR).unwrap();
    assert_eq!((raw.len(), raw.labels), (2, None));
    // As long as 3,072 records: the labels decide.
    let raw = pictures(&vec![200; 3072 * 3073], CIFAR).unwrap();
    assert_eq!((raw.len(), raw.labels), (3073, None));
    let labelled = pictures(&vec![9; 3072 * 3073], CIFAR).unwrap();
    assert_eq!((labelled.len(), labelled.labels.map(|labels| labels.len())), (3072, Some(3072)));
    // Another model: no records.
    let other = pictures(&[1; 3073], Picture { channels: 1, height: 1, width: 3073 }).unwrap();
    assert_eq!((other.len(), other.labels), (1, None));
}

#[test]
fn broken_pictures_name_file_offset_and_rule() {
    let cases: Vec<(Vec<u8>, u64, &str)> = vec![
        (
            records(1, &[3, 9], 0),
            0,
            "found CIFAR records, pictures of 3 x 32 x 32, expected pictures of the model's 6",
        ),
        (idx(8, &[1, 3, 2], &[0; 6]), 8, "found pictures of 1 x 3 x 2"),
        (b"P4 8 1\nx".to_vec(), 0, "convert the picture to PGM"),
        (tar(&[("x", b"y")]), 0, "unpack it"),
        (vec![], 0, "an empty file"),
        (idx(8, &[1, 2, 2], &[0; 4]), 8, "found pictures of 4 pixels, expected the model's 6"),
        (idx(8, &[6], &[0; 6]), 3, "found labels, expected images"),
        (idx(8, &[1 << 31, 2, 3], &[0; 24]), 40, "expected 12884901904 bytes"),
        (
            b"P5 2 3 255\n123456".to_vec(),
            3,
            "found pictures of 1 x 3 x 2 (channels x height x width), expected the model's 1 x 2 x 3; resize",
        ),
        (b"P6 2 3 255\n".to_vec(), 3, "expected the model's 1 x 2 x 3; resize the picture"),
        (b"P6 3 2 255\n".to_vec(), 11, "expected 29 bytes"),
        (b"P5 3 2 255\n12345".to_vec(), 16, "expected 17 bytes"),
        (b"P5 3 2 255\n1234567".to_vec(), 17, "expected the file to end after 17"),
        (b"P5 3 2 256\n123456".to_vec(), 17, "expected 23 bytes"),
        (b"P5 3 2 65536\n123456123456".to_vec(), 7, "greatest value of 65536, expected 1 to 65535"),
        (b"P5 3 2 256\n\x01\x00\x01\x0112345678".to_vec(), 13, "above 256"),
        (b"P5 3 2 0\n123456".to_vec(), 7, "greatest value of 0"),
        (b"P5 3 99999999999 255\n".to_vec(), 5, "above 65535"),
        (b"P5 3 2 100\n1234\xff6".to_vec(), 15, "above 100"),
        (b"P2 3 2 9 1 2 3 4 5 10".to_vec(), 19, "above 9"),
        (b"P2 3 2 9 1 2 3 4 5".to_vec(), 18, "half a download?"),
        (b"P2 3 2 9 1 2 x 4 5 6".to_vec(), 13, "found 'x', expected numbers"),
        (b"P2 3 2 9 1 2 3x 4 5 6".to_vec(), 14, "found 'x', expected numbers"),
        (b"P2 3".to_vec(), 4, "half a download?"),
        (
            b"\x89PNG\r\n\x1a\n1234".to_vec(),
            12,
            "found the end of the PNG file, expected more of it; the file is damaged",
        ),
        (b"\0\0\0\x18ftypheic\0\0\0\0".to_vec(), 0, "found a HEIC or AVIF picture"),
        (
            b"\xff\xd8\xff\xe0".to_vec(),
            0,
            "found a JPEG picture, expected PNG, PGM, PPM, IDX, CIFAR records or raw bytes; save it as PNG",
        ),
        (gz(&gz(&[1; 6])), 0, "gzip file inside"),
    ];
    for (bytes, offset, rule) in cases {
        names(&pictures(&bytes, GREY).unwrap_err(), "picture", offset, rule);
    }
    let error = pictures(&[1; 13], GREY).unwrap_err();
    assert!(
        error.offset().is_none()
            && says(
                &error,
                "found 13 bytes of no known format, expected IDX, CIFAR records, PNG, PGM, PPM, or 6 raw bytes or numbers"
            ),
        "{error}"
    );
}

#[test]
fn every_truncation_and_every_bit_of_a_picture() {
    for whole in [
        &b"P5 3 2 100\n123456"[..],
        b"P2 3 2 9 1 2 3 4 5 6\n",
        b"P3#\n2 1 9 1 2 3 4 5 6",
        b"P6 2 1 255\n123456",
    ] {
        let model = if matches!(whole[1], b'3' | b'6') { RGB } else { GREY };
        let folder = Folder::new();
        for end in 0..whole.len() {
            let path = folder.write("picture", &whole[..end]);
            if let Err(error) = load_pictures(&path, model) {
                let placed = error.offset().is_some() || says(&error, "bytes of no known format");
                assert!(place(&error).ends_with("picture") && placed, "{error}");
            } else {
                assert!(whole[1] <= b'3' && end + 1 == whole.len() || end == 6, "{end} of {whole:?}");
            }
        }
        for bit in 0..8 * whole.len() {
            let mut flipped = whole.to_vec();
            flipped[bit / 8] ^= 1 << (bit % 8);
            match load_pictures(&folder.write("picture", &flipped), model) {
                Ok(pictures) => assert!(!pictures.is_empty()),
                Err(error) => {
                    let placed = error.offset().is_some() || says(&error, "bytes of no known format");
                    assert!(place(&error).ends_with("picture") && placed, "{error}")
                }
            }
        }
    }
}

// ---- the embedded digits ----

#[cfg(feature = "digits")]
#[test]
fn the_embedded_digits_are_pinned() {
    let data = monolayer::data::digits().unwrap();
    assert_eq!((data.kind, data.fingerprint), (Kind::Digits, 0xd9b0_bc9c_d894_5ca0));
    assert_eq!(data.picture, Picture { channels: 1, height: 28, width: 28 });
    assert_eq!(data.classes, ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"]);
    let (train, test) = (data.train, data.test);
    for (images, count) in [(&train, 500), (&test, 100)] {
        for class in 0..10 {
            assert_eq!(images.labels().iter().filter(|&&label| label == class).count(), count);
        }
    }
    // The first images of MNIST's two halves, a 5 and a 7, are of rank 0 of their class.
    assert_eq!((train.labels()[0], test.labels()[0]), (5, 7));
    let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("digits");
    let read = load(&folder, CifarLabels::Fine).unwrap();
    assert_eq!((read.kind, read.fingerprint), (data.kind, data.fingerprint), "the same as a folder");
}
