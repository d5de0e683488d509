//! What is read of small tables, and the words of every error.

use super::*;
use crate::data::dataset::Label;
use crate::data::error::ErrorKind;

fn with(text: &[u8], options: &Options, like: Option<&Columns>) -> Result<Rows, String> {
    read(text, &Place::new("t.csv"), options, like).map_err(|error| error.to_string())
}

fn table(text: &str) -> Rows {
    with(text.as_bytes(), &Options::default(), None).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn error(text: &str) -> String {
    let error = with(text.as_bytes(), &Options::default(), None).expect_err(text);
    error.strip_prefix("t.csv").unwrap_or_else(|| panic!("{error}")).to_owned()
}

fn labelled(label: Label) -> Options {
    Options { label: Some(label), ..Options::default() }
}

fn ignoring(names: &[&str]) -> Options {
    Options { ignore: names.iter().map(|name| name.to_string()).collect(), ..Options::default() }
}

/// Names, label's name, its place, and its texts by row.
fn columns(rows: &Rows) -> (String, Option<&str>, usize, String) {
    let texts: Vec<&str> = rows.labels.iter().map(|&label| rows.texts[label as usize].as_str()).collect();
    (rows.names.join(" "), rows.label.as_deref(), rows.label_at, texts.join(" "))
}

const PLAIN: &str = "a,b,class\n1.5,-2,x\n.25,1e2,y\n3,4,x\n";

#[test]
fn every_dialect_gives_the_same_rows() {
    let expected = table(PLAIN);
    assert_eq!(columns(&expected), ("a b".into(), Some("class"), 2, "x y x".into()));
    assert_eq!(expected.values, [1.5, -2.0, 0.25, 100.0, 3.0, 4.0]);
    assert_eq!(expected.notes, ["label: class (2 classes)"]);
    for text in [
        PLAIN.replace(',', ";"),
        PLAIN.replace(',', "\t"),
        PLAIN.replace(',', " "),
        PLAIN.replace(',', "  \t"),
        PLAIN.replace(',', " , "),
        PLAIN.replace('\n', "\r\n"),
        PLAIN.replace('\n', "\r"),
        PLAIN.replace('\n', "\n \n\r\n"),
        PLAIN.replace(',', ";").replace('.', ","),
        format!("\u{feff}{PLAIN}"),
        format!("# {PLAIN}"),
        PLAIN.trim_end().to_owned(),
        PLAIN.replace("class", "\"class\"").replace("1.5", "\" 1.5\"").replace('x', "\"x \""),
        PLAIN.replace("a,", ",a,").replace("1.5", "0,1.5").replace(".25", "1,.25").replace("3,", "2,3,"),
        PLAIN.replace('\n', ",\n"),
    ] {
        let rows = table(&text);
        assert_eq!((columns(&rows), &rows.values), (columns(&expected), &expected.values), "{text}");
    }
}

#[test]
fn quotes_hold_anything() {
    let rows = table("\"a,1\",\"b\n2\",\"c\"\"3\",\"class\"\n1,2,3,\"x,\"\"\ny\"\n4,5,6,z\n");
    assert_eq!(columns(&rows), ("a,1 b\n2 c\"3".into(), Some("class"), 3, "x,\"\ny z".into()));
    assert_eq!(error("\"a\nb\",c,class\n1,2,x\n\n1,,x\n").split(':').next(), Some(", line 5"));
}

#[test]
fn the_label_is_found_in_this_order() {
    for (text, label, at) in [
        ("a,y,class\n1,2,3\n", "class", 2),
        ("Target,y,a\n1,2,3\n", "Target", 0),
        ("a,y,kind\n1,2,x\n", "kind", 2),
        ("kind,y,a\nx,1,2\n", "kind", 0),
        ("a,y,b\n1,2,3\n", "y", 1),
    ] {
        assert_eq!(columns(&table(text)).1, Some(label), "{text}");
        assert_eq!(table(text).label_at, at, "{text}");
    }
    let refused = |text: &str| {
        let error = read(text.as_bytes(), &Place::new("t.csv"), &Options::default(), None).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::NoLabel, "{error}");
        error.to_string()
    };
    assert_eq!(
        refused("a,b\n1,2\n"),
        "t.csv: found no column named label, class or target, and no text in the first or the last alone, \
         expected a label; say which column it is: the first (column a), the last (column b) or another"
    );
    refused("x,y,b\n1,2,3\n");
    refused("1,2,3\n4,5,6\n");
    refused("a,b,c\nt,1,u\n");
    assert_eq!(
        refused("class,target,a\n1,2,3\n"),
        "t.csv: found column class and column target, expected one label; say which column it is"
    );
    let first = with(b"a,b,class\n1,2,3\n", &labelled(Label::First), None).unwrap();
    assert_eq!(columns(&first), ("b class".into(), Some("a"), 0, "1".into()));
    let named = with(b"a,b,class\n1,2,3\n", &labelled(Label::Named("b".into())), None).unwrap();
    assert_eq!(columns(&named), ("a class".into(), Some("b"), 1, "2".into()));
    let last = with(b"1,2,3\n4,5,6\n", &labelled(Label::Last), None).unwrap();
    assert_eq!(
        (columns(&last), &last.notes[..]),
        ((String::new(), None, 2, "3 6".into()), &["label: the last column (2 classes)".to_owned()][..])
    );
    let missing = |text: &[u8]| with(text, &labelled(Label::Named("q".into())), None).unwrap_err();
    assert_eq!(missing(b"a,b,c\n1,2,3\n"), "t.csv: found no column q, expected one of a, b, c");
    assert_eq!(
        missing(b"1,2,3\n4,5,6\n"),
        "t.csv: found no header, so no column q, expected the first or the last as the label"
    );
}

#[test]
fn the_first_line_is_a_header_if_it_says_so() {
    for (text, has_header) in [
        ("5.1,3.5,setosa\n4.9,3,virginica\n", false),
        ("setosa,5.1\nsetosa,4.9\n", false),
        ("1,2,y\n3,4,n\n5,6,y\n", false),
        ("1,?,a\n2,3,b\n", false),
        ("w,h,kind\n1,2,a\n", true),
        ("0,1,2,kind\n4,5,6,a\n7,8,9,b\n", true),
        ("1,2,label\n3,4,5\n", true),
    ] {
        let found = with(text.as_bytes(), &Options::default(), None);
        let has = match &found {
            Ok(rows) => !rows.names.is_empty(),
            Err(error) => !error.contains("line 1"), // the missing value
        };
        assert_eq!(has, has_header, "{text}: {found:?}");
    }
}

#[test]
fn columns_of_no_use_are_left_out_and_said() {
    for text in [
        ",a,b,class\n0,5,6,x\n1,7,8,y\n",
        "\"\",a,b,class\n1,5,6,x\n2,7,8,y\n",
        "Unnamed: 0,a,b,class\n0,5,6,x\n1,7,8,y\n",
    ] {
        let rows = table(text);
        assert_eq!(columns(&rows), ("a b".into(), Some("class"), 2, "x y".into()));
        assert_eq!(rows.values, [5.0, 6.0, 7.0, 8.0]);
        assert_eq!(rows.notes[0], "left out: the first column, which has no name and counts the rows");
    }
    let rows =
        with(b"id,a,colour,class\n7,1,red,x\n9,2,blue,y\n", &ignoring(&["id", "colour"]), None).unwrap();
    assert_eq!(
        (columns(&rows), &rows.values[..]),
        (("a".into(), Some("class"), 1, "x y".into()), &[1.0, 2.0][..])
    );
    let wrong = with(b"id,a,class\n1,2,x\n", &ignoring(&["Id"]), None).unwrap_err();
    assert_eq!(wrong, "t.csv: found no column Id to leave out, expected one of id, a, class");
    let wrong = with(b"1,2,x\n1,2,y\n", &ignoring(&["id"]), None).unwrap_err();
    assert_eq!(
        wrong,
        "t.csv: found no header, so no column id, expected one that names the columns to leave out; add it as \
         the first line"
    );
}

#[test]
fn labels_are_trimmed_texts() {
    let rows = table("a,class\n1,1\n2,1.0\n3,\" 1 \"\n4, 1\n");
    assert_eq!((rows.texts, rows.labels), (vec!["1".to_owned(), "1.0".into()], vec![0, 1, 0, 0]));
    let many = |labels: &dyn Fn(usize) -> String| {
        (0..129)
            .map(|i| format!("{i},{}\n", labels(i)))
            .fold(String::from("a,class\n"), |all, row| all + &row)
    };
    assert_eq!(
        error(&many(&|i| format!("{i}.5"))),
        ", line 130: found more than 128 different numbers in column class, expected at most 128 classes; this \
         looks like regression, or another column is the label"
    );
    assert_eq!(
        error(&many(&|i| format!("c{i}"))),
        ", line 130: found more than 128 different texts in column class, expected at most 128 classes; is \
         another column the label?"
    );
    assert_eq!(table(&many(&|i| format!("c{}", i % 128))).texts.len(), 128);
}

#[test]
fn errors_have_the_line_and_what_to_do() {
    let number = "a number; encode the column as numbers, or leave it out";
    let missing = "a number; fill it in, or leave out the line or the column";
    for (text, expected) in [
        ("a,b,class\n1,red,x\n", format!(", line 2: found \"red\" in column b, expected {number}")),
        ("a,b,class\n1,2,x\n\n1,oops,x\n", format!(", line 4: found \"oops\" in column b, expected {number}")),
        ("a,b,class\n1,2,x\n1,,x\n", format!(", line 3: found a missing value in column b, expected {missing}")),
        ("a,b,class\n?,2,x\n", format!(", line 2: found a missing value in column a, expected {missing}")),
        ("a,b,class\n1,NA,x\n", format!(", line 2: found a missing value in column b, expected {missing}")),
        ("1,nan,x\n1,2,y\n", format!(", line 1: found a missing value in column 2, expected {missing}")),
        (
            "a,class\n1e39,x\n",
            ", line 2: found \"1e39\" in column a, expected a number that f32 can hold, to 3.4e38".into(),
        ),
        (
            "a,class\n-inf,x\n",
            ", line 2: found \"-inf\" in column a, expected a number that f32 can hold, to 3.4e38".into(),
        ),
        (
            "a,class\n1,?\n",
            ", line 2: found a missing label in column class, expected a label; fill it in, or leave out the line"
                .into(),
        ),
        // Sizes above the table.
        ("178,class\n1,2,x\n1,2,y\n", ", line 2: found 3 fields, expected 2 as in line 1".into()),
        ("a,b,class\n1,2,x\n1,2\n", ", line 3: found 2 fields, expected 3 as in line 1".into()),
        ("a,b,class\n1,2,x\n1,2,3,x\n", ", line 3: found 4 fields, expected 3 as in line 1".into()),
        (
            "a,b,class\n1,2,x\n# 1\n",
            ", line 3: found a comment, expected a row; remove the lines that begin with #".into(),
        ),
        (
            "a,b,class\n1,2,x\n1,\"2,x\n",
            ", line 3: found a quote that is not closed, expected a second one at the field's end; close it, or \
             remove it"
                .into(),
        ),
        ("a,a,class\n1,2,x\n", ", line 1: found a second column a, expected one of each name; rename one".into()),
        (
            "a,,class\n1,2,x\n",
            ", line 1: found no name for column 2, expected a name for each; name it, or remove the column".into(),
        ),
        ("a,class\n", ": found a table without rows, expected a row for each sample".into()),
        ("", ": found a table without rows, expected a row for each sample".into()),
        ("\u{feff}\n\r\n", ": found a table without rows, expected a row for each sample".into()),
        (
            "abc\ndef\n",
            ", line 1: found 1 field, expected columns separated by commas, semicolons, tabs or blanks".into(),
        ),
    ] {
        assert_eq!(error(text), expected, "{text}");
    }
    let utf16 = with(b"\xff\xfea\0,\0", &Options::default(), None).unwrap_err();
    assert_eq!(utf16, "t.csv, byte 0: found text in UTF-16, expected UTF-8; save the file as UTF-8");
    let latin = with(b"gr\xf6\xdfe,class\n1,x\n", &Options::default(), None).unwrap_err();
    assert_eq!(
        latin,
        "t.csv, line 1: found a name that is no UTF-8, expected text in UTF-8; save the file as UTF-8"
    );
}

#[test]
fn test_rows_go_by_name_else_by_place() {
    let like = table("a,b,class\n1,2,x\n").columns();
    let read = |text: &str| with(text.as_bytes(), &Options::default(), Some(&like));
    let rows = read("id,class,b,note,a\n9,y,4,hello,3\n").unwrap();
    assert_eq!((&rows.values[..], &rows.texts[..]), (&[3.0, 4.0][..], &["y".to_owned()][..]));
    assert_eq!(rows.notes, ["ignored: id, note"]);
    assert_eq!(read("3;4,5;y\n").unwrap().values, [3.0, 4.5]);
    assert_eq!(
        read("a,class\n1,x\n").unwrap_err(),
        "t.csv, line 1: found no column b, expected the 2 columns of the training rows"
    );
    assert_eq!(
        read("a,b\n1,2\n").unwrap_err(),
        "t.csv: found rows without a label, expected the column class to test on; rows without it are for prediction"
    );
    assert_eq!(
        read("1,2,3,4\n").unwrap_err(),
        "t.csv, line 1: found 4 fields, expected 2, or 3 with the label as number 3"
    );
    let first = with(b"x,1,2\ny,3,4\n", &Options::default(), None).unwrap().columns();
    let rows = with(b"kind,l,r\nz,5,6\n", &Options::default(), Some(&first)).unwrap();
    assert_eq!((&rows.values[..], &rows.texts[..]), (&[5.0, 6.0][..], &["z".to_owned()][..]));
}

#[test]
fn tables_are_told_from_other_texts() {
    let pixels: String = (0..784).map(|i| format!(",pixel{i}")).collect();
    for text in [
        PLAIN,
        "1 2\n3 4\n",
        "1;2;3\n4;5;6\n7;8\n",
        "label,a\n3,4",
        &format!("label{pixels}\n1{}", ",0".repeat(784)),
    ] {
        assert!(is_table(text.as_bytes(), true), "{text}");
    }
    let prose = "It was the best of times,\nit was the worst of times, it was the age of wisdom, 1859\n";
    for text in [
        "",
        "\n\n",
        prose,
        "{\"a\": 1, \"b\": 2}\n",
        "<a>1,2</a>\n",
        "a,b\nc,d\n",
        "1\n2\n3\n",
        "1,2\0\n",
        "hello",
    ] {
        assert!(!is_table(text.as_bytes(), true), "{text}");
    }
    assert!(!is_table(&[0x89, b'P', b'N', b'G', b',', b'1', b'\n'], true));
}

/// Every truncation, every byte replaced, and bytes at random: an answer or an error.
#[test]
fn nothing_panics() {
    let gnarly = "\u{feff}\"a \"\"q\"\"\",b\t,\"c\nd\",class\r\n\"1\",-2.5e3 , 3.,\"x, y\"\r\n\r\n4,5,6,\u{e4}\n?,1e99,,\"";
    let like = table(PLAIN).columns();
    let try_all = |bytes: &[u8]| {
        for options in [Options::default(), labelled(Label::First), labelled(Label::Last), ignoring(&["b"])] {
            let _ = with(bytes, &options, None);
        }
        let _ = with(bytes, &Options::default(), Some(&like));
        let _ = is_table(bytes, true);
        let _ = is_table(bytes, false);
    };
    for end in 0..=gnarly.len() {
        try_all(&gnarly.as_bytes()[..end]);
        for byte in [b'"', b',', b'\n', b' ', 0xff, 0] {
            let mut bytes = gnarly.as_bytes().to_vec();
            *bytes.get_mut(end).unwrap_or(&mut 0) = byte;
            try_all(&bytes);
        }
    }
    let mut rng = crate::rng::Rng::new(3, 0);
    let letters = b"\"\",,;\t \n\n\r10.-ea#?\xff";
    for _ in 0..5000 {
        let length = rng.below(60);
        let bytes: Vec<u8> = (0..length).map(|_| letters[rng.below(letters.len() as u32) as usize]).collect();
        try_all(&bytes);
    }
}
