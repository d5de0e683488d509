//! Tables from files: rows to be labelled, read in passing, and which files are tables.
#![cfg(feature = "std")]

use monolayer::data::{self, Columns, ErrorKind, Options, TableRows};
use std::fs;
use std::path::{Path, PathBuf};

/// A folder that is removed with its value.
struct Folder(PathBuf);

impl Folder {
    fn new(name: &str) -> Self {
        let path = std::env::temp_dir().join(format!("monolayer-tables-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&path);
        fs::create_dir_all(&path).unwrap();
        Self(path)
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> PathBuf {
        let path = self.0.join(name);
        fs::write(&path, bytes).unwrap();
        path
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn columns(names: &[&str], features: usize, label_at: usize) -> Columns {
    let label = (!names.is_empty()).then(|| "class".into());
    let names = names.iter().map(|name| name.to_string()).collect();
    Columns { features, names, label, label_at: Some(label_at) }
}

/// The values of all rows, their lines, and their labels.
type All = (Vec<f32>, Vec<String>, Vec<Option<String>>);

fn all(rows: &mut TableRows, most: usize) -> Result<All, data::Error> {
    let mut out = All::default();
    while let Some(block) = rows.next(most)? {
        assert!((1..=most).contains(&block.len()));
        out.0.extend(block.values());
        for n in 0..block.len() {
            out.1.push(String::from_utf8(block.line_with(n, "p q")).unwrap());
            out.2.push(block.label(n).map(str::to_owned));
        }
    }
    Ok(out)
}

fn open(path: &Path, columns: &Columns) -> TableRows {
    TableRows::open(path, columns.clone()).unwrap()
}

/// A gzip file of stored blocks.
fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut out = vec![0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255];
    let mut parts = bytes.chunks(60_000).peekable();
    while let Some(part) = parts.next() {
        out.push(u8::from(parts.peek().is_none()));
        out.extend((part.len() as u16).to_le_bytes());
        out.extend((!(part.len() as u16)).to_le_bytes());
        out.extend(part);
    }
    let crc = bytes.iter().fold(!0u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    });
    out.extend((!crc).to_le_bytes());
    out.extend((bytes.len() as u32).to_le_bytes());
    out
}

#[test]
fn rows_go_by_name_with_a_header() {
    let folder = Folder::new("names");
    let model = columns(&["a", "b"], 2, 2);
    let path = folder.write("t.csv", "\u{feff}id,b,class,a\r\n7,1.5,\"x, y\",2\r\n\r\n8,3,,4");
    for path in [path.clone(), folder.write("t.csv.gz", gzip(&fs::read(&path).unwrap()))] {
        let mut rows = open(&path, &model);
        assert_eq!(rows.notes(), ["ignored: id"]);
        assert_eq!(rows.header_with("prediction").unwrap(), b"id,b,class,a,prediction");
        let (values, lines, labels) = all(&mut rows, 1).unwrap();
        assert_eq!(values, [2.0, 1.5, 4.0, 3.0]);
        assert_eq!(lines, ["7,1.5,\"x, y\",2,p q", "8,3,,4,p q"]);
        assert_eq!(labels, [Some("x, y".into()), Some(String::new())]);
    }
    let mut rows = open(&folder.write("b.txt", "a b\n1 2\n"), &model);
    let (values, lines, labels) = all(&mut rows, 9).unwrap();
    assert_eq!((values, lines, labels), (vec![1.0, 2.0], vec!["1 2 \"p q\"".into()], vec![None]));
    let wrong =
        TableRows::open(&folder.write("w.csv", "a;c\n1;2\n"), model.clone()).err().unwrap().to_string();
    assert!(
        wrong.ends_with("w.csv, line 1: found no column b, expected the 2 columns of the training rows"),
        "{wrong}"
    );
}

#[test]
fn rows_go_by_place_without_a_header() {
    let folder = Folder::new("places");
    for (text, model, label) in [
        ("1,2\n3,4\n", columns(&["a", "b"], 2, 2), None),
        ("1,2,x\n3,4,y\n", columns(&[], 2, 2), Some("x")),
        ("x;1,0;2\ny;3;4\n", columns(&[], 2, 0), Some("x")),
        ("1\tx\t2\n3\ty\t4\n", columns(&["a", "b"], 2, 1), Some("x")),
        ("l,k,m\n1,x,2\n3,y,4\n", columns(&[], 2, 1), Some("x")),
    ] {
        let (values, _, labels) = all(&mut open(&folder.write("t", text), &model), 100).unwrap();
        assert_eq!(values, [1.0, 2.0, 3.0, 4.0], "{text}");
        assert_eq!(labels[0].as_deref(), label, "{text}");
    }
    let single = all(&mut open(&folder.write("t", "5\n6\n"), &columns(&[], 1, 1)), 100).unwrap();
    assert_eq!(single.0, [5.0, 6.0]);
    let wrong = TableRows::open(&folder.write("t", "1,2,3,4\n"), columns(&[], 2, 2)).err().unwrap();
    assert_eq!(wrong.line_number(), Some(1));
    assert!(all(&mut open(&folder.write("t", ""), &columns(&[], 2, 2)), 1).unwrap().0.is_empty());
}

/// The rows before a bad one are handed out; after it there are no more.
#[test]
fn a_bad_row_comes_behind_the_good_ones() {
    let folder = Folder::new("late");
    let mut rows = open(&folder.write("t.csv", "a,b\n1,2\n3,4\n5,\n6,7\n"), &columns(&["a", "b"], 2, 2));
    assert_eq!(rows.next(100).unwrap().unwrap().values(), [1.0, 2.0, 3.0, 4.0]);
    let error = rows.next(100).unwrap_err();
    assert_eq!((error.line_number(), error.kind(), error.column()), (Some(4), ErrorKind::Column, Some("b")));
    let text = error.to_string();
    assert!(text.ends_with("t.csv, line 4: found a missing value in column b, expected a number; fill it in, or leave out the line or the column"), "{text}");
    assert!(rows.next(100).unwrap().is_none());
}

#[test]
fn rows_of_any_length_cross_the_buffer() {
    let folder = Folder::new("long");
    let row = |n: usize| format!("{n},\"{}\n{}\"\n", "q\"\"".repeat(n * 37 % 9000), "z".repeat(n % 70));
    let text: String = (0..400).map(row).collect();
    for path in [folder.write("t", &text), folder.write("t.gz", gzip(text.as_bytes()))] {
        let (values, _, labels) = all(&mut open(&path, &columns(&[], 1, 1)), 7).unwrap();
        assert!(values.iter().copied().eq((0..400u16).map(f32::from)));
        let expected = |n: usize| format!("{}\n{}", "q\"".repeat(n * 37 % 9000), "z".repeat(n % 70));
        for (n, label) in labels.iter().enumerate() {
            assert_eq!(label.as_deref(), Some(expected(n).trim()), "{n}");
        }
    }
    let endless = folder.write("e", format!("1,\"{}", "x".repeat(17 << 20)));
    let error = TableRows::open(&endless, columns(&[], 1, 1)).err().unwrap().to_string();
    assert!(
        error.contains("line 1: found a row of more than 16777216 bytes, expected shorter ones; is a quote"),
        "{error}"
    );
}

#[test]
fn pixels_are_whole_numbers_of_a_byte() {
    let folder = Folder::new("pixels");
    let mut rows = open(&folder.write("t", "0,255\n7,3.0\n"), &columns(&[], 2, 2));
    assert_eq!(rows.next(9).unwrap().unwrap().pixels().unwrap(), [0, 255, 7, 3]);
    for bad in ["256", "-1", "0.5"] {
        let mut rows = open(&folder.write("t", format!("0,255\n7,{bad}\n")), &columns(&[], 2, 2));
        let error = rows.next(9).unwrap().unwrap().pixels().unwrap_err().to_string();
        let end = format!("t, line 2: found a pixel of {bad}, expected whole numbers from 0 to 255");
        assert!(error.ends_with(&end), "{error}");
    }
}

/// Errors of the reader of tables show that `load` took the file for one.
#[test]
fn load_knows_tables_by_their_content_and_halves_by_their_names() {
    let folder = Folder::new("load");
    let load = |path: &Path| data::load(path, &Options::default()).unwrap_err().to_string();
    let bad = "a,b,class\n1,2,x\n3,oops,y\n";
    for (name, bytes) in [("t.csv", bad.into()), ("t", bad.into()), ("t.csv.gz", gzip(bad.as_bytes()))] {
        let error = load(&folder.write(name, bytes));
        assert!(error.contains("line 3: found \"oops\" in column b"), "{error}");
    }
    let error = data::load_stream("s", bad.as_bytes(), &Options::default()).unwrap_err().to_string();
    assert!(error.starts_with("s, line 3: "), "{error}");
    folder.write("train.csv", bad.replace("oops", "4"));
    folder.write("test.tsv.gz", gzip(b"class\ta\nx\t1\n"));
    for path in [folder.0.clone(), folder.0.join("train.csv")] {
        let error = load(&path);
        assert!(error.contains("test.tsv.gz (decompressed), line 1: found no column b"), "{error}");
    }
    folder.write("test.csv", "a,b\n1,2\n");
    let error = load(&folder.0);
    assert!(error.contains("found both test.csv and test.tsv, expected one of them"), "{error}");
}
