//! Rows to data sets, against naive versions.

use super::*;
use crate::data::error::Place;

/// A table without a header: rows of features, and a label for each.
fn table<L: ToString>(rows: &[(&[f32], L)]) -> Rows {
    let mut texts: Vec<String> = Vec::new();
    let mut labels = Vec::new();
    for (_, label) in rows {
        let label = label.to_string();
        let known = texts.iter().position(|text| *text == label);
        labels.push(known.unwrap_or(texts.len()) as u32);
        texts.extend(known.is_none().then_some(label));
    }
    Rows {
        place: Place::new("t.csv"),
        names: Vec::new(),
        values: rows.iter().flat_map(|(row, _)| row.iter().copied()).collect(),
        labels,
        texts,
        label: None,
        label_at: rows[0].0.len(),
        is_numbered: false,
        notes: vec!["label: last column".into()],
    }
}

/// A table of one feature, whose rows are of the classes a and b by turns.
fn column_of(values: &[f32]) -> Rows {
    let rows: Vec<_> = values.chunks(1).zip(["a", "b"].into_iter().cycle()).collect();
    table(&rows)
}

fn all() -> Options {
    Options { test_share: Some(0.0), ..Options::default() }
}

fn made(rows: Rows, options: &Options) -> Dataset {
    dataset(rows, None, options).unwrap_or_else(|error| panic!("{error}"))
}

fn message(rows: Rows, test: Option<Rows>, options: &Options) -> String {
    dataset(rows, test, options).unwrap_err().to_string()
}

/// The one pair of a table of these values.
fn pair(values: &[f32]) -> [f32; 2] {
    let map = made(column_of(values), &all()).table.unwrap().map;
    [map[0], map[1]]
}

/// Numbers that look random (xorshift64).
struct Random(u64);

impl Random {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 >> 16
    }

    fn below(&mut self, n: usize) -> usize {
        (self.next() % n as u64) as usize
    }

    fn shuffle<T>(&mut self, list: &mut [T]) {
        (1..list.len()).rev().for_each(|i| list.swap(i, self.below(i + 1)));
    }

    /// A value of one of several kinds: few different ones, many, outliers, both zeros.
    fn value(&mut self, kind: usize) -> f32 {
        let centred = self.below(2001) as f32 - 1000.0;
        match kind {
            0 => centred * 1e-3,
            1 => [0.0, -0.0, 1.0][self.below(3)],
            2 if self.below(50) == 0 => centred * 1e30,
            2 => centred + 1e4,
            3 => -7.25,
            _ => f32::from_bits((self.next() as u32 & 0x8fff_ffff) | 0x3000_0000),
        }
    }
}

/// The pair by the words of the specification, with a sort.
fn naive_pair(values: &[f32]) -> [f32; 2] {
    let mut sorted: Vec<f32> = values.iter().map(|&x| if x == 0.0 { 0.0 } else { x }).collect();
    sorted.sort_by(|a, b| a.partial_cmp(b).unwrap());
    let n = sorted.len();
    let k = ((n as f64 / 200.0).ceil() as usize).max(1).min((n - 1) / 2);
    let (mut low, mut high) = (sorted[k], sorted[n - 1 - k]);
    if low < high {
        let quarter = (high - low) / 4.0;
        (low, high) = (low - quarter, high + quarter);
    } else {
        (low, high) = (sorted[0], sorted[n - 1]);
    }
    [low, if low < high { 255.0 / (high - low) } else { 0.0 }]
}

fn bits(pair: [f32; 2]) -> [u32; 2] {
    pair.map(f32::to_bits)
}

#[test]
fn the_map_is_the_one_that_sorting_finds_whatever_the_order() {
    let mut random = Random(1);
    for n in (2..=21).chain([199, 200, 201, 399, 400, 401, 1003]) {
        for kind in 0..5 {
            let mut values: Vec<f32> = (0..n).map(|_| random.value(kind)).collect();
            let expected = bits(naive_pair(&values));
            for _ in 0..3 {
                assert_eq!(bits(pair(&values)), expected, "{n} values of kind {kind}");
                random.shuffle(&mut values);
                let zeros = values.iter_mut().filter(|x| **x == 0.0);
                zeros.for_each(|zero| *zero = -*zero);
            }
        }
    }
}

#[test]
fn pairs_by_hand() {
    // Two to four rows: nothing, or one at each end, is dropped.
    assert_eq!(pair(&[3.0, 1.0]), [0.5, 255.0 / 3.0]);
    assert_eq!(pair(&[5.0, 1.0, 3.0]), [1.0, 255.0 / 4.0]); // one is left: minimum to maximum
    assert_eq!(pair(&[-9.0, 1.0, 3.0, 99.0]), [0.5, 255.0 / 3.0]);
    // 0 and 1: bytes of 42 and 212.
    let data = made(column_of(&[0.0, 1.0, 1.0, 0.0, 1.0, 0.0]), &all());
    assert_eq!(data.table.as_ref().unwrap().map, [-0.25, 170.0]);
    assert_eq!(data.train.pixels(), [42, 212, 212, 42, 212, 42]);
    // One 1 among zeros is dropped at the end, and comes back where nothing else differs.
    let mut rare = [0.0; 30];
    rare[4] = 1.0;
    assert_eq!(pair(&rare), [0.0, 255.0]);
    // Constant, and a -0 that is no number of its own.
    assert_eq!(bits(pair(&[-0.0, 0.0, -0.0])), [0, 0]);
    let data = made(column_of(&[7.5; 5]), &all());
    assert_eq!(data.table.as_ref().unwrap().map, [7.5, 0.0]);
    assert_eq!(data.train.pixels(), [128; 5]);
    assert_eq!(data.notes[1], "constant, without effect: column 1");
}

#[test]
fn great_values_work_and_too_great_ones_are_named() {
    let data = made(column_of(&[1e37, -1e37, 1e37, -1e37, 0.0]), &all());
    // 42.5 and 127.5, but for the roundings of low and f.
    assert_eq!(data.train.pixels(), [212, 43, 212, 43, 127]);
    let rows = |x: f32| {
        let rows = [[1.0, x], [2.0, -x], [3.0, x], [4.0, -x]];
        table(
            &rows
                .iter()
                .map(Vec::from)
                .collect::<Vec<_>>()
                .iter()
                .zip("abab".chars())
                .map(|(row, label)| (&row[..], label))
                .collect::<Vec<_>>(),
        )
    };
    let expected = ", expected a span between 1e-36 and 3e38; give it in another unit, or leave it out";
    assert_eq!(
        message(rows(2e38), None, &all()),
        format!("t.csv: found values from -2e38 to 2e38 in column 2{expected}")
    );
    assert!(message(rows(1e-40), None, &all()).ends_with(&format!(" in column 2{expected}")));
    let mut named = rows(f32::MAX);
    named.names = vec!["ok".into(), "far".into()];
    assert!(message(named, None, &all()).contains(" in column far, expected"));
    // The label's place counts.
    let mut first = rows(f32::MAX);
    first.label_at = 0;
    assert!(message(first, None, &all()).contains(" in column 3, expected"));
    // An outlier may be anywhere: it is clamped.
    let mut values: Vec<f32> = (0..20).map(|n| n as f32).collect();
    (values[3], values[4]) = (f32::MAX, -f32::MAX);
    let data = made(column_of(&values), &all());
    assert_eq!((data.train.pixels()[3], data.train.pixels()[4]), (255, 0));
}

#[test]
fn the_map_is_of_the_training_rows_alone() {
    let train = column_of(&[1.0, 2.0, 3.0, 4.0, 5.0]);
    let test = column_of(&[0.0, 100.0]);
    let with = dataset(train, Some(test), &Options::default()).unwrap();
    let without = made(column_of(&[1.0, 2.0, 3.0, 4.0, 5.0]), &all());
    assert_eq!(with.table, without.table);
    assert_eq!(with.test.pixels(), [0, 255]);
    assert_eq!(with.test.labels(), [0, 1]);
    // After a split, of the rows that are left.
    let values: Vec<f32> = (0..100).map(|n| (n * n) as f32).collect();
    let data = made(column_of(&values), &Options::default());
    let words = |x: f32| [u64::from(x.to_bits())].into_iter();
    let kept: Vec<f32> = values.iter().copied().filter(|&x| !is_test(words(x), TEST_SHARE)).collect();
    assert!(kept.len() < 100);
    assert_eq!(data.table.unwrap().map, naive_pair(&kept));
}

#[test]
fn classes_are_in_the_order_of_numbers_or_of_bytes() {
    let names = |labels: &[&str]| {
        let rows: Vec<_> = labels.iter().map(|label| (&[1.0_f32][..], *label)).collect();
        made(table(&rows), &all()).classes
    };
    assert_eq!(names(&["10", "9", "-1.5", "2e0", "9"]), ["-1.5", "2e0", "9", "10"]);
    assert_eq!(names(&["1.0", "1", "0"]), ["0", "1", "1.0"]);
    assert_eq!(names(&["10", "9", "x"]), ["10", "9", "x"]);
    assert_eq!(names(&["é", "b", "B", "nan"]), ["B", "b", "nan", "é"]);
    let many: Vec<String> = (0..128).rev().map(|n| n.to_string()).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    assert_eq!(names(&many)[127], "127");
    // The labels follow.
    let data = made(table(&[(&[0.0], "b"), (&[1.0], "a"), (&[2.0], "b")]), &all());
    assert_eq!(data.train.labels(), [1, 0, 1]);
    assert_eq!((data.kind, data.picture.width), (Kind::Table, 1));
}

#[test]
fn numbered_classes_are_those_up_to_the_greatest() {
    let numbered = |labels: &[&str]| {
        let rows: Vec<_> = labels.iter().map(|label| (&[1.0_f32][..], *label)).collect();
        Rows { is_numbered: true, ..table(&rows) }
    };
    let data = made(numbered(&["3", "1", "3"]), &all());
    assert_eq!(data.classes, ["0", "1", "2", "3"]);
    assert_eq!(data.train.labels(), [3, 1, 3]);
    // A class that the training rows lack but that is below K is one.
    let data = dataset(numbered(&["3", "1"]), Some(numbered(&["2"])), &all()).unwrap();
    assert_eq!(data.test.labels(), [2]);
    assert!(message(numbered(&["3", "1"]), Some(numbered(&["0", "4"])), &all()).contains("label 4 in row 2"));
    assert!(message(numbered(&["3", "128"]), None, &all()).contains("label 128 in row 2, expected 0 to 127"));
    assert!(message(numbered(&["3", "3"]), None, &all()).contains("one class alone (3)"));
}

#[test]
fn labels_that_make_no_classes_are_refused() {
    let rows =
        |labels: &[&str]| table(&labels.iter().map(|label| (&[1.0_f32][..], *label)).collect::<Vec<_>>());
    assert_eq!(
        message(rows(&["a", "a"]), None, &all()),
        "t.csv: found one class alone (a), expected rows of at least two classes"
    );
    let many: Vec<_> = (0..129).map(|n| (&[1.0_f32][..], n)).collect();
    assert_eq!(
        message(table(&many), None, &all()),
        "t.csv: found 129 classes, expected 2 to 128; this looks like regression, or another column is the label"
    );
    assert_eq!(
        message(rows(&["a", "b"]), Some(rows(&["b", "c", "c"])), &all()),
        "t.csv: found label c in row 2, expected a class that a training row has; move a row of it there, or \
         remove all of it"
    );
    assert!(message(rows(&["a", "b\u{1b}[2J"]), None, &all()).contains("class name"));
}

/// 200 rows of two features and three classes, a tenth of them twice.
fn many() -> Vec<([f32; 2], &'static str)> {
    let mut random = Random(7);
    let mut rows: Vec<_> =
        (0..180).map(|_| ([random.value(0), random.value(2)], ["x", "y", "z"][random.below(3)])).collect();
    rows.extend_from_within(..20);
    rows
}

fn tabled(rows: &[([f32; 2], &'static str)]) -> Rows {
    table(&rows.iter().map(|(row, label)| (&row[..], *label)).collect::<Vec<_>>())
}

#[test]
fn a_split_goes_by_content_alone() {
    let mut rows = many();
    let data = made(tabled(&rows), &Options::default());
    assert_eq!((data.train.len() + data.test.len(), data.train.features()), (200, 2));
    assert!((25..60).contains(&data.test.len()), "{}", data.test.len());
    assert_eq!(
        data.notes[1],
        format!(
            "split: {} rows to train on, {} to test on, chosen by their content",
            data.train.len(),
            data.test.len()
        )
    );
    let sorted = |images: &Images| {
        let image = |n: usize| (images.image(n).to_vec(), images.labels()[n]);
        let mut all: Vec<_> = (0..images.len()).map(image).collect();
        all.sort();
        all
    };
    let mut random = Random(3);
    for _ in 0..5 {
        random.shuffle(&mut rows);
        let other = made(tabled(&rows), &Options::default());
        assert_eq!(other.table, data.table);
        assert_eq!(sorted(&other.train), sorted(&data.train));
        assert_eq!(sorted(&other.test), sorted(&data.test));
    }
    // Other labels and -0: the same sides. Rows that are there twice are on one.
    let side = |data: &Dataset| data.test.pixels().to_vec();
    let zeros = |zero: f32| {
        let rows: Vec<_> = (0..60).map(|n| ([zero, n as f32], ["x", "y"][n % 2])).collect();
        side(&made(tabled(&rows), &Options::default()))
    };
    assert_eq!(zeros(0.0), zeros(-0.0));
    let half = made(tabled(&many()), &Options { test_share: Some(0.5), ..Options::default() });
    assert!((70..130).contains(&half.test.len()));
}

#[test]
fn which_rows_are_tested_on_stays_as_it_is() {
    let rows: Vec<_> = (0..40).map(|n| ([n as f32, 0.5], ["x", "y"][n % 2])).collect();
    let taken = |n: &usize| is_test(rows[*n].0.map(|x| u64::from(x.to_bits())).into_iter(), TEST_SHARE);
    let taken: Vec<usize> = (0..40).filter(taken).collect();
    assert_eq!(taken, [0, 5, 7, 14, 20, 25, 28, 29, 32, 33, 35, 39], "pinned");
    assert_eq!(made(tabled(&rows), &Options::default()).test.len(), taken.len());
}

#[test]
fn a_split_that_leaves_nothing_is_refused() {
    let same = [([1.0, 2.0], "x"), ([1.0, 2.0], "y"), ([1.0, 2.0], "x")];
    let expected = "expected more rows, another share, 0 to train on all, or a test half of its own";
    let found = message(tabled(&same), None, &Options::default());
    assert_eq!(
        found,
        format!("t.csv: found 3 rows, of which a share of 0.2 to test on leaves none to test on, {expected}")
    );
    let most = Options { test_share: Some(0.999_999), ..Options::default() };
    let found = message(tabled(&same), None, &most);
    assert!(found.contains("leaves none to train on"), "{found}");
    // The one row of a class, wherever it is taken.
    let options = Options::default();
    let lone = (0..100)
        .map(|n| [n as f32, -3.0])
        .find(|row| is_test(row.map(|x| u64::from(x.to_bits())).into_iter(), TEST_SHARE));
    let mut rows = many();
    rows.push((lone.unwrap(), "rare"));
    let found = message(tabled(&rows), None, &options);
    assert_eq!(
        found,
        format!(
            "t.csv: found no row of class rare to train on, as all are in the share to test on, {expected}"
        )
    );
    for share in [-0.1, 1.0, f64::NAN] {
        let wrong = Options { test_share: Some(share), ..Options::default() };
        assert!(message(tabled(&rows), None, &wrong).contains("expected 0 to below 1"));
    }
    // 0 trains on all, without a note; a test half of its own needs no share.
    let data = made(tabled(&rows), &all());
    assert_eq!((data.train.len(), data.test.len(), data.notes.len()), (201, 0, 1));
}

#[test]
fn pixels_are_known_by_name_number_and_value() {
    let rows = |features: usize, greatest: f32, names: &[&str]| {
        let mut row = vec![0.0; features];
        row[features / 2] = greatest;
        let mut rows = table(&[(&row[..], "a"), (&row[..], "b")]);
        rows.names = names.iter().map(ToString::to_string).collect();
        rows
    };
    let shape = |rows: Rows| {
        let data = made(rows, &all());
        let Picture { channels, height, width } = data.picture;
        assert_eq!(data.table.is_none(), data.kind == Kind::Pictures);
        data.table.is_none().then_some((channels, height, width))
    };
    assert_eq!(shape(rows(784, 255.0, &[])), Some((1, 28, 28)));
    assert_eq!(shape(rows(3072, 128.0, &[])), Some((3, 32, 32)));
    assert_eq!(shape(rows(256, 128.0, &[])), Some((1, 16, 16)));
    for other in [rows(784, 127.0, &[]), rows(784, 256.0, &[]), rows(784, 200.5, &[]), rows(784, -1.0, &[])] {
        assert_eq!(shape(other), None);
    }
    assert_eq!(shape(rows(64, 255.0, &[])), None);
    assert_eq!(shape(rows(257, 255.0, &[])), None);
    for names in [["pixel0", "pixel1", "pixel2"], ["Pixel_1", "pixel2", "pixel"], ["1x1", "1x2", "12x30"]] {
        assert_eq!(shape(rows(3, 255.0, &names)), Some((3, 1, 1)));
    }
    assert_eq!(shape(rows(2, 255.0, &["pixel0", "pixel1"])), Some((1, 1, 2)));
    for names in [["pixel0", "pixel1", "age"], ["x", "y", "z"], ["1x", "1x2", "1x3"]] {
        assert_eq!(shape(rows(3, 255.0, &names)), None);
    }
    assert!(made(rows(784, 255.0, &[]), &all()).notes[1].starts_with("pixels: 784 whole numbers"));
}

#[test]
fn whether_features_are_mapped_can_be_asked_for() {
    let rows = || table(&[(&[200.0, 16.0, -0.0, 1.0], "a"), (&[3.0, 4.0, 5.0, 6.0], "b")]);
    let never = Options { map: Mapping::Never, ..all() };
    let data = made(rows(), &never);
    assert_eq!((data.picture.height, data.picture.width), (2, 2));
    assert_eq!(data.train.pixels(), [200, 16, 0, 1, 3, 4, 5, 6]);
    let pixels = || {
        let row = vec![255.0; 256];
        table(&[(&row[..], "a"), (&row[..], "b")])
    };
    let always = Options { map: Mapping::Always, ..all() };
    assert_eq!(made(pixels(), &always).table.unwrap().map.len(), 512);
    let mut wrong = rows();
    wrong.values[6] = 5.5;
    let expected = "expected a whole number from 0 to 255, as for pixels; map the features to bytes";
    assert_eq!(message(wrong, None, &never), format!("t.csv: found 5.5 in row 2, column 3, {expected}"));
    // A test half of other values.
    let mut test = pixels();
    test.values[256] = 256.0;
    let found = message(pixels(), Some(test), &Options::default());
    assert_eq!(found, format!("t.csv: found 256 in row 2, column 1, {expected}"));
}

#[test]
fn halves_of_other_widths_are_refused() {
    let found = message(column_of(&[1.0, 2.0]), Some(table(&[(&[1.0, 2.0][..], "a")])), &Options::default());
    assert_eq!(
        found,
        "t.csv: found rows of 2 features, expected 1 as for training; do the files belong together?"
    );
    let wide = vec![0.0; 65_536];
    let found = message(table(&[(&wide[..], "a"), (&wide[..], "b")]), None, &all());
    assert_eq!(found, "t.csv: found rows of 65536 features, expected 1 to 65535");
    assert!(message(table(&[(&[][..], "a"), (&[][..], "b")]), None, &all()).contains("0 features"));
    let empty = Rows { values: Vec::new(), labels: Vec::new(), texts: Vec::new(), ..column_of(&[1.0]) };
    assert!(message(empty, None, &all()).contains("no rows"));
}

#[test]
fn few_rows_of_any_kind_make_a_data_set() {
    let mut random = Random(5);
    for n in 2..=20 {
        let rows: Vec<_> = (0..n)
            .map(|n| ([random.value(1), random.value(3)], if n % 2 == 0 { "a" } else { "b" }))
            .collect();
        let data = made(tabled(&rows), &all());
        assert_eq!(data.train.len(), n);
        assert_eq!(data.train.pixels()[1], 128);
        // A split works or says why.
        if let Err(error) = dataset(tabled(&rows), None, &Options::default()) {
            assert!(error.to_string().contains("expected more rows, another share"), "{error}");
        }
    }
}

/// MNIST as a table, with a header as Kaggle's, is MNIST.
#[cfg(feature = "digits")]
#[test]
fn a_table_of_the_digits_is_the_digits() {
    let digits = crate::data::digits().unwrap();
    let of = |images: &Images, names: bool| {
        let values: Vec<f32> = images.pixels().iter().map(|&pixel| f32::from(pixel)).collect();
        let rows: Vec<_> = values.chunks_exact(784).zip(images.labels()).collect();
        let mut rows = table(&rows);
        rows.names = (0..784 * usize::from(names)).map(|n| format!("pixel{n}")).collect();
        rows
    };
    for names in [true, false] {
        let (train, test) = (of(&digits.train, names), of(&digits.test, names));
        let data = dataset(train, Some(test), &Options::default()).unwrap();
        assert_eq!((data.kind, data.fingerprint), (Kind::Digits, digits.fingerprint));
        assert_eq!((data.classes, data.picture), (digits.classes.clone(), digits.picture));
        assert_eq!((data.train == digits.train, data.test == digits.test), (true, true));
    }
}
