//! Pictures by class, in folders and archives, and NumPy's arrays: the same data however they come.
#![cfg(feature = "std")]

mod arrays;

use arrays::{npy, zip};
use monolayer::data::{self, Dataset, Error, Kind, Options};
use monolayer::weights::Picture;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::{fs, process};

/// A folder of its own, gone at the end of the test.
struct Folder(PathBuf);

impl Folder {
    fn of(files: &[(String, Vec<u8>)]) -> Self {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("monolayer-pictures-{}-{}", process::id(), COUNT.fetch_add(1, Ordering::Relaxed));
        let folder = Self(std::env::temp_dir().join(name));
        for (name, bytes) in files {
            let path = folder.0.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, bytes).unwrap();
        }
        folder
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn tar(files: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for (name, data) in files {
        let mut header = [0_u8; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[124..136].copy_from_slice(format!("{:011o}\0", data.len()).as_bytes());
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

/// A PGM of 2 x 2 pixels.
fn grey(value: u8) -> Vec<u8> {
    [b"P5 2 2 255\n", &[value, 1, 2, 3][..]].concat()
}

fn colour(value: u8) -> Vec<u8> {
    [b"P6 2 2 255\n", &[value, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11][..]].concat()
}

fn file(name: &str, bytes: Vec<u8>) -> (String, Vec<u8>) {
    (name.to_owned(), bytes)
}

fn load(files: &[(String, Vec<u8>)], options: &Options) -> Result<Dataset, Error> {
    data::load(&Folder::of(files).0, options)
}

#[track_caller]
fn refused(files: &[(String, Vec<u8>)], words: &str) {
    let text = load(files, &Options::default()).expect_err("it cannot be read").to_string();
    assert!(text.contains(words), "{text}");
}

fn halves() -> Vec<(String, Vec<u8>)> {
    vec![
        file("train/10/a.pgm", grey(10)),
        file("train/10/b.PGM", grey(11)),
        file("train/9/c.pgm", grey(9)),
        file("train/.hidden/c.pgm", grey(9)),
        file("test/9/Thumbs.db", vec![1]),
        file("test/9/d.pgm", grey(99)),
        file("readme.txt", vec![1]),
    ]
}

#[test]
fn the_same_from_folder_tar_and_zip_at_any_depth() {
    let expected = load(&halves(), &Options::default()).unwrap();
    assert_eq!(expected.kind, Kind::Pictures);
    assert_eq!(expected.classes, ["9", "10"]);
    assert_eq!(expected.picture, Picture { channels: 1, height: 2, width: 2 });
    assert_eq!((expected.train.labels(), expected.test.labels()), (&[0, 1, 1][..], &[0][..]));
    assert_eq!(expected.train.image(1), [10, 1, 2, 3]);
    for (train, test) in [("set/Training", "set/TESTING"), ("train", "test")] {
        let files: Vec<_> = halves()
            .into_iter()
            .map(|(name, bytes)| (name.replace("train", train).replace("test", test), bytes))
            .rev()
            .collect();
        for packed in [file("a.tar", tar(&files)), file("a.zip", zip(&files)), file("a", zip(&files))] {
            let folder = Folder::of(std::slice::from_ref(&packed));
            let data = data::load(&folder.0.join(&packed.0), &Options::default()).unwrap();
            assert_eq!((data.fingerprint, &data.classes), (expected.fingerprint, &expected.classes));
        }
        assert_eq!(load(&files, &Options::default()).unwrap().fingerprint, expected.fingerprint);
    }
}

#[test]
fn the_split_goes_by_content() {
    let files = |order: usize| -> Vec<_> {
        (0..200).map(|n| file(&format!("{}/{}.pgm", n % 2, (n * order) % 211), grey(n as u8))).collect()
    };
    let data = load(&files(1), &Options::default()).unwrap();
    assert!((20..60).contains(&data.test.len()) && data.train.len() + data.test.len() == 200);
    assert_eq!(data.notes.len(), 1, "{:?}", data.notes);
    let sorted = |data: &Dataset| {
        let mut tested: Vec<_> = (0..data.test.len()).map(|n| data.test.image(n)[0]).collect();
        tested.sort_unstable();
        tested
    };
    assert_eq!(sorted(&data), sorted(&load(&files(7), &Options::default()).unwrap()));
    let mut options = Options::default();
    options.test_share = Some(0.0);
    assert_eq!(load(&files(1), &options).unwrap().train.len(), 200);
}

#[test]
fn the_test_half_may_lie_elsewhere() {
    let files =
        [("a", 1), ("b", 2), ("c", 3)].map(|(class, value)| file(&format!("{class}/1.pgm"), grey(value)));
    let test = Folder::of(&[file("b/1.pgm", grey(4)), file("c/1.ppm", colour(5))]);
    let mut options = Options::default();
    options.test = Some(test.0.clone());
    let data = load(&files, &options).unwrap();
    assert_eq!((data.train.labels(), data.test.labels()), (&[0, 1, 2][..], &[1, 2][..]));
    let text = load(&files[..2], &options).unwrap_err().to_string();
    assert!(text.contains("found class c, expected those of the training half"), "{text}");
}

#[test]
fn greys_and_colours_sizes_and_fitting() {
    let mut options = Options::default();
    options.test_share = Some(0.0);
    let files = [file("a/1.pgm", grey(7)), file("b/2.ppm", colour(50))];
    let data = load(&files, &options).unwrap();
    assert_eq!(data.picture.channels, 3);
    assert_eq!(data.train.image(0), [7, 1, 2, 3, 7, 1, 2, 3, 7, 1, 2, 3]);
    assert_eq!(data.train.image(1), [50, 3, 6, 9, 1, 4, 7, 10, 2, 5, 8, 11]);
    options.grey = true;
    assert_eq!(load(&files, &options).unwrap().picture.channels, 1);
    options.grey = false;
    // Colours that are greys are greys.
    let files = [file("a/1.pgm", grey(7)), file("b/2.ppm", [b"P6 2 2 255\n", &[5; 12][..]].concat())];
    assert_eq!(load(&files, &options).unwrap().picture.channels, 1);

    let wide = [b"P5 4 1 255\n", &[0, 9, 9, 0][..]].concat();
    let files = [file("a/1.pgm", grey(7)), file("b/2.pgm", wide)];
    refused(&files, "b/2.pgm: found pictures of 1 x 1 x 4 (channels x height x width), expected 2 x 2 as ");
    options.size = Some((28, 28));
    let text = load(&files, &options).unwrap_err().to_string();
    assert!(text.contains("a/1.pgm") && text.contains("expected 28 x 28; resize it"), "{text}");
    options.fit = true;
    let data = load(&files, &options).unwrap();
    assert_eq!(data.picture, Picture { channels: 1, height: 28, width: 28 });
    assert_eq!(data.train.len(), 2);
}

#[test]
fn what_is_wrong_with_folders_is_told() {
    let jpeg = b"\xff\xd8\xff\xe0\0\x10JFIF".to_vec();
    refused(&[file("a/1.pgm", grey(1)), file("b/2.jpg", jpeg)], "magick FILE -auto-orient picture.png");
    refused(
        &[file("a/1.pgm", grey(1)), file("b/2.pgm", grey(1)), file("b/notes", vec![b'x'])],
        "b/notes, byte 0: found bytes of no",
    );
    refused(&[file("a/1.pgm", grey(1))], "found a picture in no class's folder");
    refused(
        &[file("train/a/1.pgm", grey(1)), file("test/a/1.pgm", grey(1))],
        "found pictures of one class alone (a)",
    );
    refused(
        &[file("train/a/1.pgm", grey(1)), file("train/b/1.pgm", grey(1)), file("test/c/1.pgm", grey(1))],
        "found class c, which has no pictures for training",
    );
    refused(
        &[file("train/a/1.pgm", grey(1)), file("test/b/1.pgm", grey(1)), file("val/c/1.pgm", grey(1))],
        "found pictures in val, expected no other folders",
    );
    let folder = Folder::of(&[file("a/1.pgm", grey(1)), file("b/1.pgm", grey(1))]);
    fs::create_dir(folder.0.join("c")).unwrap();
    let text = data::load(&folder.0, &Options::default()).unwrap_err().to_string();
    assert!(text.contains("found nothing in c, expected at least one picture"), "{text}");
}

#[test]
fn arrays_of_every_kind_give_the_same_pictures() {
    let mut options = Options::default();
    options.test_share = Some(0.0);
    let pixels: Vec<u8> = (0..12).map(|n| n * 20).collect();
    let floats = |big: bool| -> Vec<u8> {
        pixels
            .iter()
            .flat_map(|&x| if big { f32::from(x).to_be_bytes() } else { f32::from(x).to_le_bytes() })
            .collect()
    };
    let samples = [
        npy("|u1", "(3, 2, 2)", &pixels),
        npy("|u1", "(3, 2, 2, 1)", &pixels),
        npy("<f4", "(3, 2, 2)", &floats(false)),
        npy(">f4", "(3, 1, 2, 2)", &floats(true)),
    ];
    let labels = [
        npy("|u1", "(3,)", &[2, 0, 1]),
        npy("<i8", "(3, 1)", &[2_u64, 0, 1].map(u64::to_le_bytes).concat()),
        npy(">i2", "(3,)", &[0, 2, 0, 0, 0, 1]),
        npy("|b1", "(3, 3)", &[0, 0, 1, 1, 0, 0, 0, 1, 0]),
        npy("<U1", "(3,)", b"2\0\0\x000\0\0\x001\0\0\0"),
    ];
    let mut fingerprint = None;
    for (x, y) in samples.iter().zip(&labels).chain(labels.iter().map(|y| (&samples[0], y))) {
        for [x_name, y_name] in
            [["X.npy", "y.npy"], ["x_train.npy", "y_train.npy"], ["data.npy", "target.npy"]]
        {
            let arrays = [file(x_name, x.clone()), file(y_name, y.clone())];
            let in_archive = load(&[file("set.npz", zip(&arrays))], &options).unwrap();
            assert_eq!(in_archive.classes, ["0", "1", "2"]);
            assert_eq!(in_archive.train.labels(), [2, 0, 1]);
            assert_eq!(*fingerprint.get_or_insert(in_archive.fingerprint), in_archive.fingerprint);
            assert_eq!(load(&arrays, &options).unwrap().fingerprint, in_archive.fingerprint);
        }
    }
    let last =
        [file("X.npy", npy("|u1", "(2, 1, 2, 3)", &pixels)), file("y.npy", npy("|u1", "(2,)", &[0, 1]))];
    let data = load(&last, &options).unwrap();
    assert_eq!(data.train.image(0), [0, 60, 20, 80, 40, 100]);
    assert_eq!(data.notes, ["(2, 1, 2, 3) has its channels last"]);
}

#[test]
fn what_is_wrong_with_arrays_is_told() {
    let pair = |x: Vec<u8>, y: Vec<u8>| [file("X.npy", x), file("y.npy", y)];
    let labels = || npy("|u1", "(2,)", &[0, 1]);
    let half = npy("<f4", "(2, 1, 1)", &[0.5_f32, 1.0].map(f32::to_le_bytes).concat());
    refused(
        &pair(half, labels()),
        "found 0.5 in sample 0, expected whole numbers from 0 to 255; save (X * 255)",
    );
    refused(&[file("X.npy", labels())], "found X.npy without labels, expected y.npy beside it");
    refused(&[file("weights.npy", labels())], "found arrays weights.npy, expected x_train");
    refused(
        &pair(npy("|u1", "(3, 1, 1)", &[1, 2, 3]), labels()),
        "found labels of shape (2,), expected one for each",
    );
    refused(&pair(npy("|O", "(2, 1, 1)", &[1, 2]), labels()), "elements of type \"|O\"");
    refused(&pair(npy("|u1", "(2, 1, 1)", &[1]), labels()), "half a download?");
    let fortran = npy("|u1", "(2, 1, 1)", &[1, 2]);
    let fortran = String::from_utf8_lossy(&fortran[10..]).replace("False", "True ");
    let fortran =
        [b"\x93NUMPY\x01\0", &(fortran.len() as u16 - 2).to_le_bytes()[..], fortran.as_bytes()].concat();
    refused(&pair(fortran, labels()), "save np.ascontiguousarray(ARRAY)");
}

/// Every truncation and bit of an array and of an archive of arrays: an error or a data set, never a panic.
#[test]
fn damage_is_never_a_panic() {
    let arrays =
        [file("X.npy", npy("<i2", "(2, 1, 1)", &[1, 0, 2, 0])), file("y.npy", npy("|u1", "(2,)", &[0, 1]))];
    let folder = Folder::of(&arrays);
    let (path, whole) = (folder.0.join("X.npy"), &arrays[0].1);
    let mut options = Options::default();
    options.test_share = Some(0.0);
    assert!(data::load(&path, &options).is_ok());
    for bit in 0..8 * whole.len() {
        let mut flipped = whole.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        fs::write(&path, &flipped).unwrap();
        let _ = data::load(&path, &options);
        fs::write(&path, &whole[..bit / 8]).unwrap();
        assert!(data::load(&path, &options).is_err());
    }
}

/// Any data may be tested on a half that lies elsewhere, by the names of its classes.
#[test]
fn a_test_half_may_lie_elsewhere() {
    let idx = |prefix: &str, pixels: &[u8], labels: &[u8]| {
        let count = labels.len() as u8;
        let side = [0, 0, 0, 1, 0, 0, 0, (pixels.len() / labels.len()) as u8];
        let images = [&[0, 0, 8, 3, 0, 0, 0, count][..], &side, pixels].concat();
        let labels = [&[0, 0, 8, 1, 0, 0, 0, count][..], labels].concat();
        vec![
            file(&format!("{prefix}-images-idx3-ubyte"), images),
            file(&format!("{prefix}-labels-idx1-ubyte"), labels),
        ]
    };
    let train = idx("train", &[1, 2, 3, 4], &[0, 1]);
    let mut options = Options::default();
    let elsewhere = Folder::of(&idx("t10k", &[5, 6, 7, 8], &[1, 0]));
    options.test = Some(elsewhere.0.clone());
    let set = load(&train, &options).unwrap();
    assert_eq!(
        (set.train.pixels(), set.test.pixels(), set.test.labels()),
        (&[1, 2, 3, 4][..], &[5, 6, 7, 8][..], &[1, 0][..])
    );
    // In the place of the set's own half.
    let both = [train.clone(), idx("t10k", &[7, 7], &[1])].concat();
    assert_eq!(load(&both, &options).unwrap().test, set.test);
    for (test, words) in [
        (
            idx("t10k", &[5, 6, 7, 8, 9, 10], &[1, 0]),
            "found pictures of 1 x 1 x 3 (channels x height x width), expected the shape",
        ),
        (idx("t10k", &[5, 6, 7, 8], &[2, 0]), "found class 2, expected those of the training half"),
    ] {
        let elsewhere = Folder::of(&test);
        options.test = Some(elsewhere.0.clone());
        let text = load(&train, &options).unwrap_err().to_string();
        assert!(text.contains(words), "{text}");
    }
}
