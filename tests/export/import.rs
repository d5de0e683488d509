//! safetensors out and in again; other programs' spellings; and files that are wrong, byte by byte.

use super::arrays::{npy, zip};
use super::{Network, networks};
use monolayer::Activation;
use monolayer::export::safetensors;
use monolayer::import::{Error, Network as Imported};
use monolayer::rng::Rng;
use monolayer::weights::{About, Picture, to_vec};

/// A tensor for a file: its name, type, shape, values.
type Tensor<'a> = (&'a str, &'a str, &'a [usize], &'a [f32]);

/// A safetensors file.
fn file(tensors: &[Tensor]) -> Vec<u8> {
    let (mut entries, mut values) = (Vec::new(), Vec::new());
    for (name, kind, shape, floats) in tensors {
        let begin = values.len();
        values.extend(floats.iter().flat_map(|x| x.to_le_bytes()));
        let end = values.len();
        entries.push(format!(
            "\"{name}\":{{\"dtype\":\"{kind}\",\"shape\":{shape:?},\"data_offsets\":[{begin},{end}]}}"
        ));
    }
    with_header(&format!("{{{}}}", entries.join(",")), &values)
}

fn with_header(header: &str, values: &[u8]) -> Vec<u8> {
    [&(header.len() as u64).to_le_bytes()[..], header.as_bytes(), values].concat()
}

/// D = 3, M = 2, K = 4.
const W1: &[f32] = &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0];
const B1: &[f32] = &[7.0, 8.0];
const W2: &[f32] = &[9.0, 10.0, 11.0, 12.0, 13.0, 14.0, 15.0, 16.0];
const B2: &[f32] = &[17.0, 18.0, 19.0, 20.0];

fn two_layers(names: [&str; 4]) -> Vec<u8> {
    let [w1, b1, w2, b2] = names;
    file(&[(w1, "F32", &[2, 3], W1), (b1, "F32", &[2], B1), (w2, "F32", &[4, 2], W2), (b2, "F32", &[4], B2)])
}

#[track_caller]
fn assert_is_that_network(bytes: &[u8]) {
    let network = Imported::read(bytes).unwrap();
    let params = network.params(Activation::Cos, 2.0).unwrap();
    assert_eq!((params.shape().features, params.shape().hidden, params.shape().classes), (3, 2, 4));
    assert_eq!((params.shape().activation, params.shape().scale), (Activation::Cos, 2.0));
    assert_eq!(params.w1(), [7.0, 8.0, 1.0, 4.0, 2.0, 5.0, 3.0, 6.0]);
    let w2 = [17.0, 18.0, 19.0, 20.0, 9.0, 11.0, 13.0, 15.0, 10.0, 12.0, 14.0, 16.0];
    assert_eq!(params.w2(), w2);
}

#[test]
fn an_exported_model_comes_back_byte_for_byte() {
    for (name, mut network) in networks() {
        network.names[1] = "a \"b\" \\ é".into();
        let bytes = network.with_view(|view| safetensors::write(view).unwrap());
        let imported = Imported::read(&bytes).unwrap();
        let params = imported.params(imported.activation.unwrap(), imported.scale.unwrap()).unwrap();
        let names: Vec<&str> = imported.class_names.iter().map(String::as_str).collect();
        let training = imported.training.as_deref().unwrap();
        let about = About { training, map: imported.map(), ..About::new(imported.picture.unwrap(), &names) };
        let file = to_vec(&params, about).unwrap();
        assert_eq!(file, network.file(), "{name}");
        // What the format's own reader asks for.
        let length = u64::from_le_bytes(bytes[..8].try_into().unwrap());
        assert_eq!((length % 8, bytes[8]), (0, b'{'));
    }
}

#[test]
fn a_tables_map_comes_back_and_has_two_numbers_a_feature() {
    let network = Network::random(2, Activation::Tanh, [16, 3, 2], 64.0, 0.1).of_table();
    let bytes = network.with_view(|view| safetensors::write(view).unwrap());
    let imported = Imported::read(&bytes).unwrap();
    let about = |picture| {
        let training = imported.training.as_deref().unwrap();
        About { training, map: imported.map(), ..About::new(picture, &["class 0", "class 1"]) }
    };
    let params = imported.params(Activation::Tanh, 64.0).unwrap();
    assert_eq!(to_vec(&params, about(imported.picture.unwrap())), Ok(network.file()));

    let layers = |map: Tensor<'static>| {
        let (w1, w2): (&[f32], &[f32]) = (&[1.0; 8], &[1.0; 4]);
        let biases: &[f32] = &[0.0; 2];
        file(&[
            ("W1", "F32", &[2, 4], w1),
            ("b1", "F32", &[2], biases),
            ("W2", "F32", &[2, 2], w2),
            map,
            ("b2", "F32", &[2], biases),
        ])
    };
    // Four features are a row, not a square, where they have a map.
    let read = Imported::read(&layers(("features_map", "F32", &[4, 2], &[1.0; 8]))).unwrap();
    assert_eq!(read.picture, Some(Picture { channels: 1, height: 1, width: 4 }));
    assert_eq!(read.map().unwrap().pairs(), [1.0; 8]);
    let error = Imported::read(&layers(("features_map", "F32", &[2, 4], &[1.0; 8]))).unwrap_err();
    let message = "features_map has the shape [2, 4], expected (4, 2), low and f of each feature";
    assert_eq!(error.to_string(), message);
}

#[test]
fn every_natural_spelling_is_taken() {
    for names in [
        ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"],
        ["0.weight", "0.bias", "2.weight", "2.bias"],
        ["net.2.weight", "net.2.bias", "net.10.weight", "net.10.bias"],
        ["hidden.weight", "hidden.bias", "output.weight", "output.bias"],
        // Told apart by their shapes.
        ["fc.weight", "fc.bias", "classifier.weight", "classifier.bias"],
        ["W1", "b1", "W2", "b2"],
        ["w1", "b1", "w2", "b2"],
    ] {
        assert_is_that_network(&two_layers(names));
    }
    let w1 = [7.0, 1.0, 2.0, 3.0, 8.0, 4.0, 5.0, 6.0];
    let w2 = [17.0, 9.0, 10.0, 18.0, 11.0, 12.0, 19.0, 13.0, 14.0, 20.0, 15.0, 16.0];
    assert_is_that_network(&file(&[("W2", "F32", &[4, 3], &w2), ("W1", "F32", &[2, 4], &w1)]));

    // Where both orders fit, the names decide, and numbers in them are numbers.
    let (square, bias) = ([0.0; 4], [1.0; 2]);
    let layer = |name: &'static str| [format!("{name}.weight"), format!("{name}.bias")];
    let ([w2, b2], [w10, b10]) = (layer("l.2"), layer("l.10"));
    let bytes = file(&[
        (&w10, "F32", &[2, 2], &square),
        (&b10, "F32", &[2], &bias),
        (&w2, "F32", &[2, 2], &[5.0; 4]),
        (&b2, "F32", &[2], &bias),
    ]);
    assert_eq!(Imported::read(&bytes).unwrap().params(Activation::Tanh, 1.0).unwrap().w1()[2..], [5.0; 4]);
}

#[test]
fn a_picture_has_its_usual_shape() {
    for (features, picture) in [
        (784, Some((1, 28, 28))),
        (3072, Some((3, 32, 32))),
        (192, Some((3, 8, 8))),
        (10, Some((1, 1, 10))),
        (65535, Some((1, 1, 65535))),
        (65538, None),
    ] {
        let bytes = file(&[
            ("a.weight", "F32", &[1, features], &vec![0.0; features]),
            ("a.bias", "F32", &[1], &[0.0]),
            ("b.weight", "F32", &[2, 1], &[0.0; 2]),
            ("b.bias", "F32", &[2], &[0.0; 2]),
        ]);
        let picture = picture.map(|(channels, height, width)| Picture { channels, height, width });
        assert_eq!(Imported::read(&bytes).unwrap().picture, picture);
    }
}

/// An archive of arrays of f64, or of texts where the type says so.
fn npz(arrays: &[(&str, &[usize], &[f64])], activation: &str) -> Vec<u8> {
    let floats = |values: &[f64]| values.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<_>>();
    let shape = |sizes: &[usize]| sizes.iter().map(|size| format!("{size},")).collect::<String>();
    let member = |&(name, sizes, values): &(&str, &[usize], &[f64])| {
        (format!("{name}.npy"), npy("<f8", &format!("({})", shape(sizes)), &floats(values)))
    };
    let mut members: Vec<_> = arrays.iter().map(member).collect();
    if !activation.is_empty() {
        let text: Vec<u8> = activation.chars().flat_map(|c| u32::from(c).to_le_bytes()).collect();
        members.push(("activation.npy".into(), npy(&format!("<U{}", activation.len()), "()", &text)));
    }
    zip(&members)
}

/// W1 (3, 2), b1, W2 (2, 4), b2: a row an input.
type Arrays = [Vec<f64>; 4];

fn rows_of_inputs() -> Arrays {
    let floats = |values: &[f32]| values.iter().map(|&x| f64::from(x)).collect::<Vec<_>>();
    let turned = |values: &[f32], columns: usize| {
        let rows = values.len() / columns;
        (0..values.len()).map(|at| f64::from(values[at % rows * columns + at / rows])).collect::<Vec<_>>()
    };
    [turned(W1, 3), floats(B1), turned(W2, 2), floats(B2)]
}

#[test]
fn archives_of_keras_scikit_learn_and_numpy_are_the_same_network() {
    let [w1, b1, w2, b2] = &rows_of_inputs();
    let (s1, s2, s3, s4): (&[usize], &[usize], &[usize], &[usize]) = (&[3, 2], &[2], &[2, 4], &[4]);
    for names in [
        ["dense/kernel:0", "dense/bias:0", "dense_1/kernel:0", "dense_1/bias:0"],
        ["a.kernel", "a.bias", "b.kernel", "b.bias"],
        ["coefs_0", "intercepts_0", "coefs_1", "intercepts_1"],
        ["arr_0", "arr_1", "arr_2", "arr_3"],
        ["arr_0", "arr_2", "arr_1", "arr_3"],
        // A row is an input where only that fits.
        ["W1", "b1", "W2", "b2"],
        ["fc1.weight", "fc1.bias", "fc2.weight", "fc2.bias"],
    ] {
        let file =
            npz(&[(names[0], s1, w1), (names[1], s2, b1), (names[2], s3, w2), (names[3], s4, b2)], "relu");
        assert_is_that_network(&file);
        let network = Imported::read(&file).unwrap();
        assert_eq!((network.is_transposed, network.activation), (true, Some(Activation::Relu)), "{names:?}");
    }
    let own = Network::random(3, Activation::Cos, [12, 5, 3], 100.0, 0.5);
    let read = Imported::read(&own.with_view(|view| monolayer::export::npz::write(view).unwrap())).unwrap();
    assert_eq!(read.params(Activation::Cos, 100.0).unwrap().fingerprint(), own.params().fingerprint());
    assert_eq!(
        (read.activation, read.scale, read.is_transposed),
        (Some(Activation::Cos), Some(100.0), false)
    );
    assert_eq!(read.class_names, own.names);
    // More layers, and what is no number.
    let more = npz(&[("coefs_0", s1, w1), ("coefs_1", s3, w2), ("coefs_2", s4, b2)], "");
    let error = Imported::read(&more).unwrap_err().to_string();
    assert!(
        error.starts_with("its tensors are coefs_0, coefs_1, coefs_2; expected those of two layers"),
        "{error}"
    );
    let flat = npz(&[("arr_0", &[6], w1), ("arr_1", s2, b1), ("arr_2", s3, w2), ("arr_3", s4, b2)], "");
    let error = Imported::read(&flat).unwrap_err().to_string();
    assert_eq!(error, "arrays of other dimensions, expected two of two dimensions and two of one");
    let torch = zip(&[("archive/data.pkl".into(), vec![1])]);
    let error = Imported::read(&torch).unwrap_err().to_string();
    assert!(error.starts_with("archive/data.pkl in the archive, expected arrays alone"), "{error}");
    let file = npz(&[("W1", s1, w1), ("b1", s2, b1), ("W2", s3, w2), ("b2", s4, b2)], "tanh");
    for length in 0..file.len() {
        assert_readable(&Imported::read(&file[..length]).unwrap_err());
    }
    let large = npz(&[("W1", s1, &[1e300; 6]), ("b1", s2, b1), ("W2", s3, w2), ("b2", s4, b2)], "tanh");
    assert!(
        Imported::read(&large).unwrap_err().to_string().contains("a weight of W1 is inf, expected a finite")
    );
}

/// The probabilities of a network for a picture.
fn probabilities(network: &Imported, picture: &[u8]) -> Vec<f32> {
    let params = network.params(network.activation.unwrap(), 255.0).unwrap();
    let machine = monolayer::train::Machine::best();
    let mut predictor = monolayer::train::Predictor::new(&params, machine).unwrap();
    predictor.probabilities(picture).unwrap().to_vec()
}

#[test]
fn one_output_the_logistic_function_and_moments_are_folded() {
    let mut rng = Rng::new(4, 0);
    let mut numbers = |count: usize| (0..count).map(|_| f64::from(rng.uniform()) - 0.5).collect::<Vec<_>>();
    let ([w1, b1, w2, b2], picture) = ([4 * 3, 3, 3, 1].map(&mut numbers), [3, 200, 90, 255]);
    let file = |more: &[(&str, &[usize], &[f64])]| {
        let own: [(&str, &[usize], &[f64]); 4] = [
            ("coefs_0", &[4, 3], &w1),
            ("coefs_1", &[3, 1], &w2),
            ("intercepts_0", &[3], &b1),
            ("intercepts_1", &[1], &b2),
        ];
        npz(&[&own, more].concat(), "logistic")
    };
    let output = |x: [f64; 4]| {
        let logistic = |a: f64| 1.0 / (1.0 + (-a).exp());
        let unit = |m: usize| logistic(b1[m] + (0..4).map(|d| x[d] * w1[3 * d + m]).sum::<f64>());
        logistic(b2[0] + (0..3).map(|m| unit(m) * w2[m]).sum::<f64>())
    };
    let near = |network: &Imported, expected: f64| {
        let found = probabilities(network, &picture);
        assert!(found.len() == 2 && (f64::from(found[1]) - expected).abs() < 1e-6, "{found:?}, {expected}");
    };
    let mut network = Imported::read(&file(&[])).unwrap();
    assert!(network.is_logistic && network.class_names == ["0", "1"] && network.moments.is_none());
    network.fold_logistic();
    assert_eq!((network.is_logistic, network.activation), (false, Some(Activation::Tanh)));
    let pixels = picture.map(|byte| f64::from(byte) / 255.0);
    near(&network, output(pixels));
    // One mean and deviation of pixels.
    let mut one = network.clone();
    one.standardise(&[0.1307], &[0.3081]).unwrap();
    near(&one, output(pixels.map(|x| (x - 0.1307) / 0.3081)));
    assert!(one.map().is_none());
    // One a feature, from the file: the bytes of a map.
    let (mean, std) = ([10.0, -3.0, 0.5, 1e4], [2.0, 0.25, 1e-3, 900.0]);
    let mut table = Imported::read(&file(&[("mean", &[4], &mean), ("std", &[4], &std)])).unwrap();
    table.fold_logistic();
    assert_eq!(table.moments, Some([mean.to_vec(), std.to_vec()]));
    table.standardise(&mean, &std).unwrap();
    let pairs = table.map().unwrap().pairs().to_vec();
    assert_eq!(pairs[..4], [2.0, 15.9375, -4.0, 127.5]);
    let at = |d: usize| f64::from(pairs[2 * d]) + f64::from(picture[d]) / f64::from(pairs[2 * d + 1]);
    near(&table, output(std::array::from_fn(|d| (at(d) - mean[d]) / std[d])));
    // What does not fit.
    for (mean, std, part) in [
        (
            &[0.0, 1.0][..],
            &[1.0, 1.0][..],
            "2 means and 2 deviations, expected 1 of each or 4 (one a feature)",
        ),
        (&[0.0], &[1.0, 1.0], "1 means and 2 deviations"),
        (&[0.0], &[0.0], "mean 0 and deviation 0 (number 0), expected finite numbers, the deviation above 0"),
        (&[f64::NAN], &[1.0], "mean NaN"),
        (&[0.0], &[1e-300], "weights infinite"),
    ] {
        let error = network.clone().standardise(mean, std).unwrap_err();
        assert!(error.to_string().contains(part), "{error}");
    }
    assert!(
        table.standardise(&[0.0], &[1.0]).unwrap_err().to_string().contains("a map of features and means")
    );
    // Colours: a mean a channel.
    let colours = npz(
        &[
            ("arr_0", &[12, 1], &[1.0; 12]),
            ("arr_1", &[1], &[0.0]),
            ("arr_2", &[1, 2], &[1.0, 0.0]),
            ("arr_3", &[2], &[0.0; 2]),
        ],
        "tanh",
    );
    let mut network = Imported::read(&colours).unwrap();
    network.standardise(&[0.0, 0.0, 1.0], &[1.0, 2.0, 4.0]).unwrap();
    let w1 = network.params(Activation::Tanh, 255.0).unwrap().w1().to_vec();
    assert_eq!(w1, [-1.0, 1.0, 1.0, 1.0, 1.0, 0.5, 0.5, 0.5, 0.5, 0.25, 0.25, 0.25, 0.25]);
}

/// A message is one or two lines without control characters.
#[track_caller]
fn assert_readable(error: &Error) {
    let text = error.to_string();
    assert!((1..=2).contains(&text.lines().count()) && text.len() < 600, "{text}");
    assert!(!text.chars().any(|c| c.is_control() && c != '\n'), "{text:?}");
}

#[test]
fn each_wrong_thing_is_named() {
    let fc = |dtype: &str, shape: &str, offsets: &str| {
        format!("{{\"fc1.weight\":{{\"dtype\":{dtype},\"shape\":{shape},\"data_offsets\":{offsets}}}}}")
    };
    for (header, values, start) in [
        // The format.
        ("", 0, "byte 8: the header ends, expected an object: `{`"),
        ("[]", 0, "byte 8: the header has `[`, expected an object: `{`"),
        ("{}x", 0, "byte 10: the header has `x`, expected nothing more"),
        ("{\"a\":1}", 0, "byte 13: the header has `1`, expected an object: `{`"),
        (
            "{\"a\":{\"b\":1}}",
            0,
            "byte 18: the value of `b`, expected those of dtype, shape and data_offsets",
        ),
        ("{\"a\":{}}", 0, "byte 13: a has no dtype, expected"),
        ("{\"a\x1b\":{}}", 0, "byte 11: the header has `\\u{1b}`, expected the rest of a string"),
        (&fc("\"F32\"", "[1]", "[0]"), 4, "byte 22: fc1.weight has no data_offsets"),
        (
            &fc("\"F32\"", "[1]", "[0,4,4]"),
            4,
            "byte 69: the header has `4`, expected an array of two numbers",
        ),
        (
            &fc("\"F32\"", "[1,1,1,1,1,1,1,1,1]", "[0,4]"),
            4,
            "byte 62: the header has `1`, expected an array of at most",
        ),
        (&fc("\"F32\"", "[-1]", "[0,4]"), 4, "byte 46: the header has `-`, expected a whole number"),
        (
            &fc("\"F32\"", "[2]", "[0,4]"),
            4,
            "byte 22: fc1.weight has data_offsets 0 to 4, but its shape calls for 8 bytes",
        ),
        (&fc("\"F32\"", "[1]", "[4,0]"), 4, "byte 22: fc1.weight has data_offsets 4 to 0"),
        (
            &fc("\"F32\"", "[9223372036854775807,2,4]", "[0,4]"),
            4,
            "byte 22: fc1.weight has data_offsets 0 to 4, but its shape calls for more",
        ),
        (
            &fc("\"F32\"", "[1]", "[4,8]"),
            8,
            "byte 22: fc1.weight begins 4 bytes after the header, expected 0",
        ),
        (&fc("\"F32\"", "[2]", "[0,8]"), 4, "cut off: "),
        (&fc("\"F32\"", "[1]", "[0,4]"), 8, ""),
        (&fc("\"Q4\"", "[1]", "[0,4]"), 4, "byte 22: fc1.weight is Q4, expected F32\nin PyTorch"),
        // The network.
        ("{}", 0, "its tensors are none; expected those of two layers"),
        (&fc("\"F32\"", "[1]", "[0,4]"), 4, "its tensors are fc1.weight; expected those of two layers"),
    ] {
        let error = Imported::read(&with_header(header, &vec![0; values])).unwrap_err();
        assert_readable(&error);
        assert!(error.to_string().starts_with(start), "{error}\nexpected {start}");
    }
    for (bytes, start) in [
        (&b""[..], "cut off: 0 bytes, expected 8"),
        (b"\x02\0\0\0\0\0\0\0{", "cut off: 9 bytes, expected 10"),
        (b"PK\x03\x04\0\0\0\x01\0", "the archive, byte 9: found no end of the zip archive"),
        (b"\x80\x02}q\0.\0\0\0", "a Python pickle"),
        (
            b"\xff\xff\xff\xff\xff\xff\xff\xff",
            "not a safetensors file: byte 0: a header of 18446744073709551615 bytes",
        ),
        (b"\x03\0\0\0\0\0\0\0{\"\xff", "byte 10: the header is not UTF-8"),
    ] {
        let error = Imported::read(bytes).unwrap_err();
        assert_readable(&error);
        assert!(error.to_string().starts_with(start), "{error}");
    }
}

#[test]
fn each_tensor_that_does_not_fit_is_named() {
    let w1: Tensor = ("W1", "F32", &[2, 3], W1);
    let b1: Tensor = ("b1", "F32", &[2], B1);
    let w2: Tensor = ("W2", "F32", &[4, 2], W2);
    let b2: Tensor = ("b2", "F32", &[4], B2);
    let nan = [1.0, 2.0, 3.0, 4.0, f32::NAN, 6.0];
    let infinite = [17.0, f32::NEG_INFINITY, 19.0, 20.0];
    let many = vec![0.0; 129 * 2];
    for (tensors, part) in [
        (vec![("W1", "F16", &[4, 3][..], W1), b1, w2, b2], "W1 is F16, expected F32\nin PyTorch"),
        (vec![("W1", "F64", &[3], W1), b1, w2, b2], "W1 is F64, expected F32\nin PyTorch"),
        (vec![("W1", "F32", &[6], W1), b1, w2, b2], "W1 has the shape [6], expected two dimensions"),
        (
            vec![("W1", "F32", &[3, 2], W1), b1, w2, b2],
            "b1 has the shape [2], expected (3), one for each row of W1",
        ),
        (vec![w1, ("b1", "F32", &[2, 1], B1), w2, b2], "b1 has the shape [2, 1], expected (2)"),
        (
            vec![w1, b1, ("W2", "F32", &[2, 4], W2), ("b2", "F32", &[2], B1)],
            "W1 gives 2 values, but W2 takes 4",
        ),
        (vec![w1, b1, w2, b2, ("b3", "F32", &[2], B1)], "its tensors are b1, b2, b3, W1, W2; expected"),
        (vec![w1, b1, w2, ("c2", "F32", &[4], B2)], "its tensors are b1, c2, W1, W2; expected"),
        (vec![w1, w2, b2], "its tensors are b2, W1, W2; expected"),
        (vec![("W1", "F32", &[2, 3], &nan), b1, w2, b2], "a weight of W1 is NaN, expected a finite number"),
        (
            vec![w1, b1, w2, ("b2", "F32", &[4], &infinite)],
            "a weight of b2 is -inf, expected a finite number",
        ),
        (
            vec![("W1", "F32", &[0, 3], &[]), ("b1", "F32", &[0], &[]), ("W2", "F32", &[4, 0], &[]), b2],
            "W1: 0 hidden units",
        ),
        (vec![("W1", "F32", &[2, 0], &[]), b1, w2, b2], "W1: 0 pixels, expected 1 to 16777216"),
        (
            vec![w1, b1, ("W2", "F32", &[129, 2], &many), ("b2", "F32", &[129], &many[..129])],
            "W2: 129 classes, expected 1 to 128",
        ),
        (
            vec![("W1", "F32", &[2, 0], &[]), ("W2", "F32", &[4, 2], W2)],
            "W1 has the shape [2, 0], expected a column",
        ),
    ] {
        let error = Imported::read(&file(&tensors)).unwrap_err();
        assert_readable(&error);
        assert!(error.to_string().contains(part), "{error}\nexpected {part}");
    }
    // The offset is that of the weight itself.
    let bytes = file(&[("W1", "F32", &[2, 3], &nan), b1, w2, b2]);
    let at = bytes.len() - 4 * (6 + 2 + 8 + 4) + 16;
    assert!(Imported::read(&bytes).unwrap_err().to_string().starts_with(&format!("byte {at}: ")));
    let twice = "{\"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]},\
                 \"a\":{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}";
    let error = Imported::read(&with_header(twice, b"")).unwrap_err().to_string();
    assert!(error.starts_with("byte 66: the value of a name that has one already"), "{error}");
}

#[test]
fn names_of_a_file_neither_flood_nor_drive_the_terminal() {
    let name = "\\u001b[31m".to_string() + &"x".repeat(100_000);
    let header = format!("{{\"{name}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}}}");
    assert_readable(&Imported::read(&with_header(&header, b"")).unwrap_err());
    let many: Vec<String> = (0..2000)
        .map(|i| format!("\"{i}\":{{\"dtype\":\"F32\",\"shape\":[0],\"data_offsets\":[0,0]}}"))
        .collect();
    let error = Imported::read(&with_header(&format!("{{{}}}", many.join(",")), b"")).unwrap_err();
    assert!(error.to_string().contains(": more than 1000 names; expected the two layers"), "{error}");
    let deep = "{\"a\":".repeat(100_000);
    assert_readable(&Imported::read(&with_header(&deep, b"")).unwrap_err());
}

#[test]
fn no_truncation_and_no_flipped_bit_is_more_than_an_error() {
    let network = Network::random(1, Activation::Tanh, [2, 2, 2], 255.0, 0.5);
    let bytes = network.with_view(|view| safetensors::write(view).unwrap());
    let whole = Imported::read(&bytes).unwrap();
    for length in 0..bytes.len() {
        assert_readable(&Imported::read(&bytes[..length]).unwrap_err());
    }
    let error = Imported::read(&[&bytes[..], b"\0"].concat()).unwrap_err().to_string();
    assert!(error.starts_with(&format!("{} bytes, but its tensors end after", bytes.len() + 1)), "{error}");
    let values = bytes.len() - 4 * 12;
    let (mut refused, mut changed) = (0, 0);
    let mut copy = bytes.clone();
    for bit in 0..8 * bytes.len() {
        copy[bit / 8] ^= 1 << (bit % 8);
        match Imported::read(&copy) {
            Err(error) => {
                assert_readable(&error);
                refused += 1;
            }
            // A flipped bit of a weight, of a name or of a text is another network, not a wrong file.
            Ok(network) => changed += usize::from(bit / 8 >= values && network != whole),
        }
        copy[bit / 8] ^= 1 << (bit % 8);
    }
    assert_eq!(changed, 8 * 4 * 12, "no weight of this network is a bit away from infinity");
    assert!(refused > 1000, "{refused}");
    // Bytes at random, in the header most of all.
    let mut rng = Rng::new(5, 0);
    for _ in 0..200_000 {
        let mut copy = bytes.clone();
        for _ in 0..=rng.below(4) {
            let at = rng.below(copy.len() as u32) as usize;
            copy[at] =
                [b'{', b'"', b',', b'[', b'}', b'9', b'\\', rng.next_u32() as u8][rng.below(8) as usize];
        }
        if let Err(error) = Imported::read(&copy) {
            assert_readable(&error);
        }
    }
}
