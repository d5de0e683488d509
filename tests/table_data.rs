//! A table from its file to a data set: made-up gestures, by tools/gestures.
#![cfg(feature = "std")]

use monolayer::data::{self, Dataset, Kind, Options};
use std::path::{Path, PathBuf};
use std::{env, fs, process};

/// 400 rows of 12 features, the label in the last column.
const GESTURES: &str = include_str!("data/gestures.csv");

fn load(path: &Path) -> Dataset {
    data::load(path, &Options::default()).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn gestures_are_a_table_of_four_classes() {
    let data = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/gestures.csv"));
    assert_eq!(
        (data.kind, &data.classes[..]),
        (Kind::Table, &["circle", "shake", "swipe", "tap"].map(Into::into)[..])
    );
    assert_eq!((data.train.features(), data.train.len() + data.test.len()), (12, 400));
    assert!((60..100).contains(&data.test.len()), "{}", data.test.len());
    let table = data.table.as_ref().unwrap();
    assert_eq!((table.label.as_deref(), table.label_at, table.names.len()), (Some("gesture"), 12, 12));
    assert!(data.notes.iter().any(|note| note.starts_with("label: gesture")), "{:?}", data.notes);
    assert!(data.notes.contains(&"constant, without effect: column firmware".into()), "{:?}", data.notes);
    assert_eq!(table.map[22..], [3.0, 0.0]);
    // The values far from all others do not stretch their columns: each of the rest has 50 bytes or more.
    for d in 0..11 {
        let mut used = [false; 256];
        (0..data.train.len()).for_each(|n| used[usize::from(data.train.image(n)[d])] = true);
        let count = used.iter().filter(|&&used| used).count();
        assert!(count >= 50 || (table.names[d] == "is_loud" && count == 2), "{}: {count}", table.names[d]);
    }
    assert_eq!(data.fingerprint, 0xc360_5a69_e3d1_1ccb, "as a program made from CONTRACT C19 alone finds it");
}

#[test]
fn the_order_of_lines_changes_no_bit_of_the_map() {
    let folder: PathBuf = env::temp_dir().join(format!("monolayer-table-{}", process::id()));
    fs::create_dir_all(&folder).unwrap();
    let mut lines: Vec<&str> = GESTURES.lines().collect();
    lines[1..].reverse();
    lines[1..].rotate_left(133);
    let path = folder.join("gestures.csv");
    fs::write(&path, lines.join("\r\n")).unwrap();
    let other = load(&path);
    fs::remove_dir_all(&folder).unwrap();
    let data = load(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/gestures.csv"));
    assert_eq!(other.table, data.table);
    assert_eq!((other.train.len(), other.notes), (data.train.len(), data.notes));
    assert_ne!(other.fingerprint, data.fingerprint);
}
