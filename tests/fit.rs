//! Pictures made to measure: inverted, cropped, scaled and centred as MNIST was made.

use monolayer::data::{ErrorKind, Framing, Images, Pictures};
use monolayer::internals;
use monolayer::weights::Picture;
use std::fs;
use std::path::PathBuf;

const MNIST: Picture = Picture { channels: 1, height: 28, width: 28 };
const CIFAR: Picture = Picture { channels: 3, height: 32, width: 32 };

fn shape(channels: u16, height: usize, width: usize) -> Picture {
    Picture { channels, height: height as u16, width: width as u16 }
}

/// Framed as in MNIST; none of a blank picture.
fn fit(found: Picture, pixels: &[u8], model: Picture) -> Option<Vec<u8>> {
    internals::fit(found, pixels, model, Some(Framing::of_mnist(model))).unwrap()
}

/// A grey picture from a formula of row and column.
fn draw(height: usize, width: usize, value: impl Fn(usize, usize) -> u8) -> Vec<u8> {
    (0..height * width).map(|at| value(at / width, at % width)).collect()
}

fn fitted(height: usize, width: usize, value: impl Fn(usize, usize) -> u8) -> Vec<u8> {
    fit(shape(1, height, width), &draw(height, width, value), MNIST).unwrap()
}

/// Rows and columns with anything in them: first and last.
fn bounds(pixels: &[u8]) -> [usize; 4] {
    let rows: Vec<usize> = (0..28).filter(|y| pixels[28 * y..][..28].iter().any(|&v| v > 0)).collect();
    let columns: Vec<usize> = (0..28).filter(|x| (0..28).any(|y| pixels[28 * y + x] > 0)).collect();
    [rows[0], *rows.last().unwrap(), columns[0], *columns.last().unwrap()]
}

/// Rounded centre of mass, row and column.
fn centre(pixels: &[u8]) -> [usize; 2] {
    let mass: f64 = pixels.iter().map(|&v| f64::from(v)).sum();
    let mean = |place: fn(usize) -> usize| {
        pixels.iter().enumerate().map(|(at, &v)| f64::from(v) * place(at) as f64).sum::<f64>() / mass
    };
    [mean(|at| at / 28), mean(|at| at % 28)].map(|mean| (mean + 0.5).floor() as usize)
}

/// A seven.
fn seven(y: usize, x: usize, size: usize) -> bool {
    let stroke = size / 6;
    y < stroke || (size - x) * 2 >= y && (size - x) * 2 < y + 2 * stroke && x < size
}

#[test]
fn a_drawing_fills_the_box_and_lies_in_the_middle_whatever_its_size_place_and_shade() {
    let mut expected: Option<Vec<u8>> = None;
    for (top, left, ink, paper) in [(10, 10, 0, 255), (0, 0, 255, 0), (90, 3, 30, 200), (50, 80, 220, 40)] {
        let found = fitted(300, 340, |y, x| {
            let inside = y >= top && x >= left && y < top + 200 && x < left + 200;
            if inside && seven(y - top, x - left, 200) { ink } else { paper }
        });
        let [first_row, last_row, first_column, last_column] = bounds(&found);
        assert_eq!((last_row + 1 - first_row).max(last_column + 1 - first_column), 20);
        assert_eq!(centre(&found), [14, 14]);
        assert_eq!(found.iter().max(), Some(&255));
        let before = expected.get_or_insert(found.clone());
        let differ = before.iter().zip(&found).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(differ <= Some(1), "{differ:?}");
    }
}

#[test]
fn proportions_are_kept() {
    // A bar of 100 x 20 becomes 20 x 4, about pixel (14, 14).
    let found = fitted(150, 90, |y, x| if (10..110).contains(&y) && (60..80).contains(&x) { 0 } else { 255 });
    assert_eq!(bounds(&found), [4, 23, 12, 15]);
    assert!(found.iter().all(|&v| v == 0 || v == 255));
    // A line of one pixel stays one; a single point is a square as wide as the box.
    let found = fitted(200, 50, |y, x| if x == 7 && y > 3 { 255 } else { 0 });
    assert_eq!(bounds(&found), [4, 23, 14, 14]);
    assert_eq!(bounds(&fitted(9, 9, |y, x| if (y, x) == (2, 5) { 9 } else { 0 })), [4, 23, 4, 23]);
}

/// Shrinking takes means over areas: a box of 3 x 3 pixels each, here of 60 x 60.
#[test]
fn pixels_are_means_of_the_areas_under_them() {
    let value = |y: usize, x: usize| (y * 7 + x * 11 + y * x) as u8 / 2 + 100;
    let found = fitted(200, 200, |y, x| {
        let inside = (10..70).contains(&y) && (10..70).contains(&x);
        if inside { value(y - 10, x - 10) } else { 0 }
    });
    let mean = |y: usize, x: usize| {
        let sum: u32 = (0..9).map(|i| u32::from(value(3 * y + i / 3, 3 * x + i % 3))).sum();
        (sum + 4) / 9
    };
    let most = (0..400).map(|at| mean(at / 20, at % 20)).max().unwrap();
    let [top, _, left, _] = bounds(&found);
    for (y, x) in (0..400).map(|at| (at / 20, at % 20)) {
        let stretched = (mean(y, x) * 255 + most / 2) / most;
        assert_eq!(u32::from(found[28 * (top + y) + left + x]), stretched, "{y}, {x}");
    }
}

#[test]
fn noise_on_the_paper_is_no_drawing() {
    let noise = |y: usize, x: usize| ((y * 7919 + x * 104_729 + y * x * 31) % 17) as u8;
    let clean = fitted(120, 120, |y, x| {
        if (21..81).contains(&y) && (31..91).contains(&x) && seven(y - 21, x - 31, 60) { 40 } else { 200 }
    });
    let noisy = fitted(120, 120, |y, x| {
        let ink = (21..81).contains(&y) && (31..91).contains(&x) && seven(y - 21, x - 31, 60);
        noise(y, x) + if ink { 32 } else { 192 }
    });
    let differ = clean.iter().zip(&noisy).map(|(a, b)| a.abs_diff(*b)).max();
    assert!(differ <= Some(30), "{differ:?}");
}

#[test]
fn nothing_is_cut_off_and_nothing_panics_in_any_small_picture() {
    // All ink of a heavy corner and a long thin tail stays, although its centre of mass is far from its
    // middle.
    let found = fitted(200, 200, |y, x| if y < 30 && x < 30 || y < 200 && x == y { 255 } else { 0 });
    let [top, bottom, left, right] = bounds(&found);
    assert_eq!((bottom - top, right - left), (19, 19));
    // Every two-valued picture up to 3 x 3, in models of odd sizes.
    for (height, width) in (1..=3).flat_map(|h| (1..=3).map(move |w| (h, w))) {
        for bits in 0..1_u32 << (height * width) {
            let pixels = draw(height, width, |y, x| if bits >> (y * width + x) & 1 == 1 { 200 } else { 90 });
            for model in [MNIST, shape(1, 1, 1), shape(1, 2, 7), shape(1, 9, 5), CIFAR, shape(3, 1, 4)] {
                if model == shape(1, height, width) {
                    continue;
                }
                let blank = model.channels == 1 && (bits == 0 || bits + 1 == 1 << (height * width));
                match fit(shape(1, height, width), &pixels, model) {
                    Some(found) => assert_eq!((found.len() as u64, blank), (model.pixels(), false)),
                    None => assert!(blank, "{height} x {width}, {bits:b}"),
                }
            }
        }
    }
    assert_eq!(fit(shape(3, 1, 1), &[1, 2, 3], MNIST), None);
}

#[test]
fn colours_are_scaled_about_the_middle() {
    // 64 x 96: the middle 64 columns; each pixel the mean of 2 x 2.
    let value = |c: usize, y: usize, x: usize| (c * 40 + y + x) as u8;
    let pixels: Vec<u8> = (0..3).flat_map(|c| draw(64, 96, move |y, x| value(c, y, x))).collect();
    let found = fit(shape(3, 64, 96), &pixels, CIFAR).unwrap();
    for (at, &pixel) in found.iter().enumerate() {
        let (c, y, x) = (at / 1024, at / 32 % 32, at % 32);
        // The mean of v, v + 1, v + 1 and v + 2.
        assert_eq!(pixel, value(c, 2 * y, 2 * x + 16) + 1);
    }
    // Grey becomes three equal planes; twice as large, between two pixels are quarters.
    let found = fit(shape(1, 2, 2), &[0, 100, 0, 100], shape(3, 4, 4)).unwrap();
    assert_eq!(found, [0, 25, 75, 100].repeat(12));
    let same: Vec<u8> = (0..3072).map(|at| (at * 7 % 256) as u8).collect();
    assert_eq!(fit(CIFAR, &same, CIFAR).unwrap(), same);
    // Colours for a model of greys are 0.299 red, 0.587 green and 0.114 blue.
    let stripe = |channel: usize, x: usize| if x / 10 == channel { 200 } else { 0 };
    let pixels: Vec<u8> = (0..3).flat_map(|channel| draw(28, 30, move |_, x| stripe(channel, x))).collect();
    let found = internals::fit(shape(3, 28, 30), &pixels, MNIST, None).unwrap().unwrap();
    assert_eq!([0, 14, 27].map(|x| found[14 * 28 + x]), [60, 117, 23]);
}

/// A seven on paper, dark, with something else on it.
fn paper(spoil: impl Fn(usize, usize, u8) -> u8) -> Vec<u8> {
    fitted(400, 400, |y, x| {
        let ink = (90..310).contains(&y) && (80..300).contains(&x) && seven(y - 90, x - 80, 220);
        spoil(y, x, if ink { 40 } else { 215 })
    })
}

#[test]
fn what_lies_on_the_paper_beside_the_drawing_is_left_out() {
    let clean = paper(|_, _, value| value);
    let darker = |value: u8, by: u8| value.saturating_sub(by);
    let noise = |y: usize, x: usize| ((y * 7919 + x * 104_729 + y * x * 31) % 13) as u8;
    type Spoil<'a> = &'a dyn Fn(usize, usize, u8) -> u8;
    let spoilt: [(&str, Spoil); 16] = [
        ("a dot", &|y, x, value| if (y, x) == (8, 8) { 0 } else { value }),
        ("a speck", &|y, x, value| if y / 4 == 95 && x / 4 == 3 { 0 } else { value }),
        ("dust", &|y, x, value| if (y * 31 + x * 17) % 4001 == 0 { 30 } else { value }),
        ("a frame", &|y, x, value| if y < 9 || x < 9 || y > 390 || x > 390 { 0 } else { value }),
        ("a frame inside", &|y, x, value| {
            if [20, 380].iter().any(|&at| y == at || x == at) { 0 } else { value }
        }),
        ("half a frame", &|y, x, value| if y < 30 || x > 380 { 5 } else { value }),
        ("a strip", &|_, x, value| if x < 20 { 70 } else { value }),
        ("a tilted strip", &|y, x, value| if 6 * x < y + 60 { 60 } else { value }),
        ("a shadow", &|y, x, value| if x + y > 600 { value / 10 * 7 } else { value }),
        ("a falling light", &|_, x, value| (usize::from(value) * (800 - x) / 800) as u8),
        ("rules", &|y, _, value| if y % 40 == 20 { darker(value, 40) } else { value }),
        ("strong rules", &|y, _, value| if y % 40 < 2 { darker(value, 110) } else { value }),
        ("tilted rules", &|y, x, value| if (y + x / 30) % 40 < 2 { darker(value, 110) } else { value }),
        ("squares", &|y, x, value| if y % 25 == 0 || x % 25 == 0 { darker(value, 60) } else { value }),
        ("a hole", &|y, x, value| {
            if y.abs_diff(200).pow(2) + x.abs_diff(30).pow(2) < 120 { 0 } else { value }
        }),
        ("grain", &|y, x, value| value - noise(y, x)),
    ];
    for (what, spoil) in spoilt {
        for negative in [false, true] {
            let found = paper(|y, x, value| {
                let value = spoil(y, x, value);
                if negative { 255 - value } else { value }
            });
            // The box may begin a pixel earlier or later.
            let apart = |shift: isize| {
                let moved =
                    |at: usize| at.checked_add_signed(shift).and_then(|at| found.get(at)).unwrap_or(&0);
                (0..784).filter(|&at| clean[at].abs_diff(*moved(at)) > 80).count()
            };
            let apart = [-29, -28, -27, -1, 0, 1, 27, 28, 29].map(apart).into_iter().min();
            assert!(apart <= Some(24), "{what}, {negative}: {apart:?} pixels");
        }
    }
}

#[test]
fn a_picture_is_framed_as_the_models_are() {
    let pixels = draw(100, 120, |y, x| if (20..80).contains(&y) && (30..60).contains(&x) { 20 } else { 230 });
    let framed = |framing: &str| {
        let framing = framing.parse().unwrap();
        internals::fit(shape(1, 100, 120), &pixels, MNIST, Some(framing)).unwrap().unwrap()
    };
    let box_of = |found: &[u8]| bounds(found);
    assert_eq!(box_of(&framed("dark 20 mass")), [4, 23, 9, 18]);
    assert_eq!(box_of(&framed("dark 20 box")), [4, 23, 9, 18]);
    assert_eq!(box_of(&framed("dark 28 box")), [0, 27, 7, 20]);
    assert_eq!(box_of(&framed("dark 28x28 box")), [0, 27, 0, 27]);
    let light: Vec<u8> = framed("light 20 box").iter().map(|value| 255 - value).collect();
    assert_eq!(light, framed("dark 20 box"));
    // Photographs are scaled.
    let found = internals::fit(shape(1, 100, 120), &pixels, MNIST, None).unwrap().unwrap();
    assert!(found.iter().all(|&value| value >= 20) && found[0] == 230 && found[14 * 28 + 9] == 20);
    // A picture of the model's size that is framed so is left alone, whatever its greys.
    let own = draw(
        28,
        28,
        |y, x| if (4..24).contains(&y) && (9..19).contains(&x) { (90 + y + x) as u8 } else { 0 },
    );
    assert_eq!(fit(MNIST, &own, MNIST), Some(own));
}

#[test]
fn how_pictures_are_framed_is_measured() {
    let images = |n: usize, height: usize, width: usize, value: &dyn Fn(usize, usize, usize) -> u8| {
        let pixels = (0..n).flat_map(|at| draw(height, width, move |y, x| value(at, y, x))).collect();
        Images::new(height * width, pixels, vec![0; n])
    };
    let framing = |images: &Images, picture| Framing::of(images, picture).map(|framing| framing.to_string());
    // Bars of 20 rows in the middle, and a foot that moves their mass.
    let bar = |n: usize, y: usize, x: usize| {
        (4..24).contains(&y) && (12..16 + if y > 20 { n } else { 0 }).contains(&x)
    };
    let ink = |is: bool| if is { 250 } else { 3 };
    let found = images(9, 28, 28, &|n, y, x| ink(bar(n, y, x)));
    assert_eq!(framing(&found, MNIST).as_deref(), Some("dark 20 mass"));
    let found = images(9, 28, 28, &|n, y, x| 255 - ink(bar(n, y, x)));
    assert_eq!(framing(&found, MNIST).as_deref(), Some("light 20 mass"));
    assert_eq!(framing(&found, shape(1, 1, 784)).as_deref(), Some("light 20 mass"), "a square");
    let found = images(9, 30, 40, &|n, y, x| {
        ink((5..25).contains(&y) && (10..30).contains(&x) && (y + x) % (n + 2) == 0
            || [(5, 10), (24, 29)].contains(&(y, x)))
    });
    assert_eq!(framing(&found, shape(1, 30, 40)).as_deref(), Some("dark 20x20 box"));
    // Photographs, colours, blank pictures, pictures of next to nothing.
    let grain = images(9, 28, 28, &|n, y, x| ((n + 7) * (y * 31 + x * 57 + y * x * 13)) as u8);
    let colours = Images::new(3 * 784, vec![0; 3 * 784], vec![0]);
    let blank = images(3, 28, 28, &|_, _, _| 0);
    let small = images(3, 4, 4, &|_, y, x| ink(y * x == 1));
    let tall = shape(3, 28, 28);
    for (images, picture) in [(&grain, MNIST), (&colours, tall), (&blank, MNIST), (&small, shape(1, 4, 4))] {
        assert_eq!(framing(images, picture), None, "{picture:?}");
    }
    for text in
        ["", "dark", "dark 20", "dark 0 box", "dark 20 mass x", "grey 20 mass", "dark 20x mass", "none"]
    {
        assert!(text.parse::<Framing>().is_err(), "{text}");
    }
    assert_eq!(Framing::of_training("lr=1\nframing=none\n", MNIST), None);
    assert_eq!(
        Framing::of_training("lr=1\n", MNIST).map(|framing| framing.to_string()).as_deref(),
        Some("dark 20 mass")
    );
    let is_opposite = |text: &str, value| text.parse::<Framing>().unwrap().is_opposite(&[value; 784], MNIST);
    assert!(is_opposite("dark 20 mass", 240) && is_opposite("light 20 mass", 9));
    assert!(!is_opposite("dark 20 mass", 120) && !is_opposite("light 20 mass", 240));
}

struct File(PathBuf);

impl File {
    fn new(name: &str, bytes: &[u8]) -> Self {
        let path = std::env::temp_dir().join(format!("monolayer-fit-{}-{name}", std::process::id()));
        fs::write(&path, bytes).unwrap();
        Self(path)
    }

    /// The pixels of all its pictures, made to measure.
    fn fitted(&self, model: Picture) -> Result<Vec<u8>, monolayer::data::Error> {
        let mut pictures = Pictures::open_to_fit(&self.0, model, Some(Framing::of_mnist(model)))?;
        let mut pixels = Vec::new();
        while let Some(picture) = pictures.next(1)? {
            assert_eq!(picture.len() as u64, model.pixels());
            pixels.extend_from_slice(picture);
        }
        Ok(pixels)
    }
}

impl Drop for File {
    fn drop(&mut self) {
        let _ = fs::remove_file(&self.0);
    }
}

#[test]
fn files_of_every_format_are_fitted() {
    let pixels = draw(40, 30, |y, x| if (5..25).contains(&y) && (9..12).contains(&x) { 3 } else { 250 });
    let expected = fit(shape(1, 40, 30), &pixels, MNIST).unwrap();
    let pgm = [b"P5 30 40 255\n", &pixels[..]].concat();
    let ppm = [&b"P6 30 40 255\n"[..], &pixels.iter().flat_map(|&v| [v; 3]).collect::<Vec<_>>()].concat();
    let idx = [&[0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 40, 0, 0, 0, 30][..], &pixels].concat();
    for (name, bytes) in [("pgm", &pgm), ("ppm", &ppm), ("idx", &idx)] {
        let file = File::new(name, bytes);
        assert_eq!(file.fitted(MNIST).unwrap(), expected, "{name}");
        // A model of 784 pixels, and nothing else known of it.
        assert_eq!(file.fitted(shape(1, 1, 784)).unwrap(), expected, "{name}");
        assert!(Pictures::open(&file.0, MNIST).is_err());
        let error = file.fitted(shape(1, 1, 785)).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::UnknownShape, "{error}");
        assert!(error.to_string().contains("pictures of 785 pixels of unknown height"), "{error}");
    }
    let two = File::new("two", &[&pgm[..], b"\n", &ppm].concat());
    assert_eq!(two.fitted(MNIST).unwrap(), expected.repeat(2));
    let raw = File::new("raw", &draw(28, 28, |y, x| if y == 3 && x > 20 { 9 } else { 0 }));
    assert_eq!(bounds(&raw.fitted(MNIST).unwrap())[2..], [4, 23]);
    // Planes of which nobody knows what they are.
    for channels in [2, 4] {
        let bytes =
            [&[0, 0, 8, 4, 0, 0, 0, 1, 0, 0, 0, channels, 0, 0, 0, 1, 0, 0, 0, 2][..], &[7; 8]].concat();
        let error = File::new("planes", &bytes[..20 + 2 * usize::from(channels)]).fitted(MNIST).unwrap_err();
        assert!(error.to_string().contains("expected the model's 1 x 28 x 28; give one channel"), "{error}");
    }
    // Nor are there colours where the model has other planes.
    let ppm = File::new("ppm", b"P6 1 1 255\n123");
    for channels in [2, 4] {
        let error = ppm.fitted(Picture { channels, ..MNIST }).unwrap_err().to_string();
        assert!(error.contains(&format!("expected the model's {channels} x 28 x 28")), "{error}");
    }
    let error = File::new("blank", b"P5 2 2 255\n    ").fitted(MNIST).unwrap_err();
    assert!(error.to_string().contains("of one shade, expected a drawing"), "{error}");
    for (bytes, rule) in [
        (&b"P5 60000 60000 255\n12"[..], "expected 3600000019 bytes"),
        (b"P2 60000 60000 255\n1 2", "half a download?"),
        (b"P5 0 7 255\n", "a size of 0"),
        (b"GIF89a.....", "found a GIF picture"),
    ] {
        let error = File::new("claim", bytes).fitted(MNIST).unwrap_err();
        assert!(error.to_string().contains(rule), "{error}");
    }
}

/// MNIST's own pictures, inverted, enlarged and put elsewhere, come back as they were.
#[cfg(feature = "digits")]
#[test]
fn digits_come_back_from_large_white_paper() {
    let digits = monolayer::data::digits().unwrap();
    let images = &digits.test;
    let (mut same, mut sum, mut pixels) = (0, 0_u64, 0_u64);
    for n in 0..images.len() {
        let image = images.image(n);
        let found = fitted(150, 140, |y, x| match (y.checked_sub(7), x.checked_sub(23)) {
            (Some(y), Some(x)) if y < 112 && x < 112 => 255 - image[y / 4 * 28 + x / 4],
            _ => 255,
        });
        assert_eq!(centre(&found), [14, 14], "image {n}");
        sum += image.iter().zip(&found).map(|(a, b)| u64::from(a.abs_diff(*b))).sum::<u64>();
        pixels += image.len() as u64;
        same += usize::from(image == found);
    }
    println!("{same} of {} equal, mean difference {}", images.len(), sum as f64 / pixels as f64);
    assert!(same > 0 && sum < 5 * pixels, "{same} equal, mean difference {}", sum as f64 / pixels as f64);
}
