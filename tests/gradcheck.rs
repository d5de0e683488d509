//! The gradient check: passed where nothing is wrong, not where an error is planted, nor where it says
//! nothing.
#![cfg(feature = "std")]

use monolayer::Activation;
use monolayer::Isa;
use monolayer::data::Images;
use monolayer::internals::linalg::Pixels;
use monolayer::rng::Rng;
use monolayer::train::gradcheck::{Check, Finding, Plant, Report, Weights, gradcheck};
use monolayer::train::{Error, Machine, Products};
#[cfg(feature = "digits")]
use std::process::Command;

/// Random pictures, two thirds of the pixels not 0, in `classes` classes.
fn images(count: usize, features: usize, classes: u32) -> Images {
    let mut rng = Rng::new(9, 0);
    let pixel = |rng: &mut Rng| if rng.below(3) == 0 { 0 } else { rng.below(256) as u8 };
    let pixels = (0..count * features).map(|_| pixel(&mut rng)).collect();
    Images::new(features, pixels, (0..count).map(|_| rng.below(classes) as u8).collect())
}

fn run(images: &Images, classes: usize, check: Check) -> Report {
    gradcheck(images, classes, &check, Machine::best()).unwrap()
}

/// Small enough for a test of every kind.
fn small(activation: Activation) -> Check {
    Check { activation, hidden: 40, ..Check::default() }
}

#[test]
fn a_right_gradient_passes() {
    let images = images(30, 150, 4);
    for activation in Activation::ALL {
        for check in [
            small(activation),
            Check { samples: 1, ..small(activation) },
            Check { samples: 1000, seed: 3, ..small(activation) },
            Check { hidden: 1, ..small(activation) },
            Check { lambda: 0.0, ..small(activation) },
            Check { lambda: 3.0, ..small(activation) },
            Check { scale: 1.0, ..small(activation) },
            Check { scale: 2000.0, ..small(activation) },
            Check { epsilon: 1e-5, ..small(activation) },
        ] {
            let report = run(&images, 4, check);
            assert_eq!(report.findings(), [], "{check:?} {report:?}");
            assert_eq!((report.sizes, report.samples), ((150, check.hidden, 4), check.samples.min(30)));
            // The differences are not the gradient itself, and of a gradient that is there.
            assert!(report.w1.greatest_difference > 0.0 && report.w1.greatest > 1e-3 && report.lit >= 90);
            let [w1, w2] = report.kernels.unwrap();
            assert_eq!((w1.greatest, w2.greatest), (report.w1.greatest, report.w2.greatest));
            assert!(w1.greatest_difference > 0.0 && w2.greatest_difference > 0.0);
        }
    }
}

#[test]
fn every_planted_error_is_found_where_it_is() {
    let images = images(30, 150, 4);
    for activation in Activation::ALL {
        for plant in Plant::ALL {
            for samples in [1, 5, 30] {
                let check = Check { plant: Some(plant), samples, ..small(activation) };
                let expected: &[Finding] = match plant {
                    Plant::W1 | Plant::Activation => &[Finding::W1],
                    Plant::W2 => &[Finding::W2],
                    Plant::Lambda => &[Finding::W1, Finding::W2],
                };
                let report = run(&images, 4, check);
                assert_eq!(report.findings(), expected, "{check:?} {report:?}");
                assert_eq!(plant.to_string().parse(), Ok(plant));
            }
        }
    }
    // What makes no difference cannot be found.
    let check = Check { plant: Some(Plant::Lambda), lambda: 0.0, ..small(Activation::Tanh) };
    assert_eq!(run(&images, 4, check).findings(), []);
}

#[test]
fn saturated_units_are_no_proof() {
    let images = images(30, 400, 4);
    let reference = Check { weights: Weights::Reference, scale: 1.0, ..small(Activation::Tanh) };
    let report = run(&images, 4, reference);
    assert_eq!((report.findings(), report.carrying), (vec![Finding::Uninformative], 0), "{report:?}");
    assert!(report.kernels.is_none() && report.lit > 300);
    // Where the data part of dE/dW1 is 0, even a wrong derivative passes as dE/dW1.
    let wrong = Check { plant: Some(Plant::Activation), ..reference };
    assert_eq!(run(&images, 4, wrong).findings(), [Finding::Uninformative]);
    for activation in [Activation::Cos, Activation::Softplus] {
        let report = run(&images, 4, Check { activation, ..reference });
        assert!(!report.findings().contains(&Finding::Uninformative), "{activation:?} {report:?}");
    }
}

/// Of one image of these pixels: whether its check is informative, pixels not 0, and those that carry a
/// gradient.
fn informative(bytes: &[u8], scale: f32) -> (bool, usize, usize) {
    let images = Images::new(bytes.len(), bytes.to_vec(), vec![0]);
    let report = run(&images, 2, Check { scale, ..small(Activation::Softplus) });
    (!report.findings().contains(&Finding::Uninformative), report.lit, report.carrying)
}

#[test]
fn half_of_the_pixels_that_are_not_0_must_carry_a_gradient() {
    assert_eq!(informative(&[0, 0, 0], 255.0), (false, 0, 0), "a black image tells nothing of W1");
    assert_eq!(informative(&[0, 9, 1], 255.0), (true, 2, 2));
    // The data part of one image is delta x, and x is 1 for the biases: under this scale 7 is just above 1e-4
    // of it.
    for (bytes, expected) in [
        (&[7u8, 6] as &[u8], (true, 2, 1)),
        (&[6, 6, 7], (false, 3, 1)),
        (&[6, 0, 7, 0, 0], (true, 2, 1)),
        (&[6, 6, 255, 7], (true, 4, 2)),
        (&[6, 6, 6, 255, 7], (false, 5, 2)),
    ] {
        assert_eq!(informative(bytes, 65_535.0), expected, "{bytes:?}");
    }
}

#[test]
fn neither_threads_nor_instruction_set_show() {
    let images = images(12, 70, 3);
    for activation in Activation::ALL {
        let check = Check { hidden: 21, ..small(activation) };
        let expected = gradcheck(&images, 3, &check, Machine::new(Isa::Scalar, 1)).unwrap();
        for isa in Isa::available() {
            for threads in [1, 2, 3, 64] {
                for products in [Products::Dense, Products::ZeroSkipping] {
                    let machine = Machine { isa, threads, products };
                    assert_eq!(gradcheck(&images, 3, &check, machine).unwrap(), expected, "{machine:?}");
                }
            }
        }
    }
}

#[test]
fn the_sample_and_the_weights_follow_from_the_seed() {
    let images = images(30, 150, 4);
    let of = |seed| run(&images, 4, Check { seed, ..small(Activation::Tanh) });
    assert_eq!(of(1), of(1));
    assert_ne!(of(1).w1, of(2).w1);
}

#[test]
fn extremes_end_in_a_finding_or_an_error() {
    let (wide, classes) = (images(3, 2, 2), 2);
    for activation in Activation::ALL {
        for scale in [1e-45, 1e-30, 1e-6, 65_535.0] {
            for epsilon in [1e-300, 1e-45, 1.0] {
                for lambda in [0.0, 3e38] {
                    for weights in [Weights::Start, Weights::Reference] {
                        let check = Check { scale, epsilon, lambda, weights, ..small(activation) };
                        let report = run(&wide, classes, check);
                        assert_ne!(report.findings(), [], "{check:?} {report:?}");
                    }
                }
            }
        }
    }
    // As many classes as there may be, and one pixel.
    let many = images(40, 1, 128);
    assert_eq!(run(&many, 128, Check { samples: 40, ..small(Activation::Cos) }).findings(), []);
    let wrong = |check: Check| gradcheck(&wide, classes, &check, Machine::best()).unwrap_err();
    let setting = |error: Error| if let Error::Setting { name, .. } = error { name } else { "" };
    assert_eq!(setting(wrong(Check { hidden: 0, ..Check::default() })), "hidden");
    assert_eq!(setting(wrong(Check { scale: 0.0, ..Check::default() })), "scale");
    assert_eq!(setting(wrong(Check { centre: f32::INFINITY, ..Check::default() })), "centre");
    assert_eq!(setting(wrong(Check { lambda: -1.0, ..Check::default() })), "lambda");
    assert_eq!(setting(wrong(Check { samples: 0, ..Check::default() })), "samples");
    for epsilon in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        assert_eq!(setting(wrong(Check { epsilon, ..Check::default() })), "epsilon");
    }
    let none = Images::new(2, vec![], vec![]);
    let error = gradcheck(&none, 2, &Check::default(), Machine::best()).unwrap_err();
    assert_eq!(error, Error::Input("there are no images".into()));
}

#[test]
fn a_centre_belongs_to_the_gradient() {
    for (centre, scale) in [(128.0, 64.0), (33.3, 78.6)] {
        for activation in Activation::ALL {
            let report =
                run(&images(5, 40, 3), 3, Check { activation, hidden: 9, centre, scale, ..Check::default() });
            assert_eq!(report.findings(), [], "{report:?}");
            // Dark pixels too have an x.
            assert_eq!(report.lit, 40);
            let planted =
                Check { activation, hidden: 9, centre, scale, plant: Some(Plant::W1), ..Check::default() };
            assert_eq!(run(&images(5, 40, 3), 3, planted).findings(), [Finding::W1]);
        }
    }
}

/// The check's own numbers, from nothing of it: every weight of a small network, whole forward passes, std's
/// functions.
#[test]
fn a_gradient_is_what_whole_forward_passes_give() {
    let (features, hidden, classes, scale) = (6, 3, 3, 255.0);
    let images = images(1, features, 3);
    let value = Pixels::new(scale);
    let x: Vec<f64> = std::iter::once(1.0)
        .chain(images.image(0).iter().map(|&p| f64::from(value.table()[usize::from(p)])))
        .collect();
    for activation in Activation::ALL {
        let check = Check { activation, hidden, scale, weights: Weights::Reference, ..Check::default() };
        let report = run(&images, classes, check);
        let mut rng = Rng::new(check.seed, monolayer::rng::stream::GRADIENT_CHECK);
        let w1: Vec<f64> = (0..(features + 1) * hidden).map(|_| f64::from(rng.uniform())).collect();
        let w2: Vec<f64> = (0..(hidden + 1) * classes).map(|_| f64::from(rng.uniform())).collect();
        let h = |a: f64| match activation {
            Activation::Softplus => a.exp().ln_1p(),
            Activation::Tanh => a.tanh(),
            Activation::Cos => a.cos(),
            Activation::Relu => a.max(0.0),
            other => unreachable!("{other}"),
        };
        let objective = |w1: &[f64], w2: &[f64]| {
            let sum = |x: &[f64], w: &[f64], width: usize, at: usize| -> f64 {
                x.iter().enumerate().map(|(k, x)| x * w[k * width + at]).sum()
            };
            let z: Vec<f64> =
                std::iter::once(1.0).chain((0..hidden).map(|m| h(sum(&x, w1, hidden, m)))).collect();
            let v: Vec<f64> = (0..classes).map(|k| sum(&z, w2, classes, k)).collect();
            let normaliser: f64 = v.iter().map(|v| v.exp()).sum();
            let norm: f64 = w1.iter().chain(w2).map(|w| w * w).sum();
            v[usize::from(images.labels()[0])] - normaliser.ln() - f64::from(0.01f32) / 2.0 * norm
        };
        let greatest = |weights: &[f64], objective: &dyn Fn(&[f64]) -> f64| {
            let slope = |i: usize| {
                let at = |by: f64| {
                    let mut moved = weights.to_vec();
                    moved[i] += by;
                    objective(&moved)
                };
                (at(1e-5) - at(-1e-5)) / 2e-5
            };
            (0..weights.len()).map(|i| slope(i).abs()).fold(0.0, f64::max)
        };
        for (found, expected) in [
            (report.w1.greatest, greatest(&w1, &|w1| objective(w1, &w2))),
            (report.w2.greatest, greatest(&w2, &|w2| objective(&w1, w2))),
        ] {
            assert!((found - expected).abs() < 1e-9 * expected, "{activation:?}: {found} {expected}");
        }
    }
}

/// Exit status, results and messages of `monolayer gradcheck --hidden 20` and these words, on the embedded
/// digits.
#[cfg(feature = "digits")]
fn command(words: &str) -> (i32, String, String) {
    let words = format!("gradcheck --hidden 20 {words}");
    let output =
        Command::new(env!("CARGO_BIN_EXE_monolayer")).args(words.split_whitespace()).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
}

#[test]
#[cfg(feature = "digits")]
fn the_command_says_what_it_checked_and_ends_with_1_where_it_failed() {
    for activation in Activation::ALL.map(Activation::name) {
        let (status, text, messages) = command(&format!("--activation {activation}"));
        assert_eq!(
            (status, messages.as_str()),
            (0, "checking 15,910 weights on the embedded digits (digits)\n")
        );
        for part in [
            &format!("784 pixels -> 20 {activation} units -> 10 classes"),
            "\ndE/dW1            (20, 785) ",
            "\ndE/dW2             (10, 21) ",
            "\nf32 dE/dW1 ",
            "carry a gradient\nseconds ",
        ] {
            assert!(text.contains(part), "no `{part}` in {text}");
        }
        assert!(!text.contains("FAILED") && text.lines().all(|line| line.len() <= 80), "{text}");
        for plant in Plant::ALL.map(|plant| plant.to_string()) {
            let (status, text, messages) =
                command(&format!("--activation {activation} --plant {plant} --quiet"));
            assert_eq!(status, 1, "{messages}");
            let gradient = if plant == "w2" { "dE/dW2" } else { "dE/dW1" };
            let failed = |line: &str| line.starts_with(gradient) && line.ends_with("  FAILED");
            assert!(text.lines().any(failed) && text.contains("planted      an error: "), "{text}");
            assert!(
                messages
                    .starts_with(&format!("monolayer: gradient check: {gradient} and E's slope differ by "))
            );
            assert!(
                messages.lines().count() == 2 && messages.contains(&format!("--plant {plant} ")),
                "{messages}"
            );
        }
    }
    let (status, _, messages) = command("--plant lambda --lambda 0 --quiet");
    assert_eq!(status, 1);
    assert!(messages.starts_with("monolayer: gradient check: the error of --plant lambda was not found"));
}

#[test]
#[cfg(feature = "digits")]
fn the_references_weights_are_checked_at_beside_the_start_weights() {
    let (status, text, messages) = command("--weights reference --quiet");
    assert_eq!(status, 1);
    let at = |part: &str| text.find(part).unwrap_or_else(|| panic!("no `{part}` in {text}"));
    assert!(at("W1 as training starts") < at("THE REFERENCE'S SETTING"), "{text}");
    assert!(
        at("pixels divided by 255") < at("pixels divided by 1\n")
            && at("UNINFORMATIVE") > at("divided by 1\n")
    );
    assert!(
        messages.starts_with("monolayer: gradient check: at the reference's weights uninformative: 0 of ")
    );
    assert_eq!(command("--weights reference --activation cos --quiet").0, 0);

    let (status, text, _) = command("--weights reference --json");
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((status, lines.len()), (1, 2));
    let start = r#"{"passed":true,"weights":"start","plant":null,"gradients":[{"gradient":"dE/dW1","shape":[20,785],"#;
    assert!(lines[0].starts_with(start), "{text}");
    assert!(lines[1].starts_with(r#"{"passed":false,"weights":"reference","#) && !lines[1].contains("f32"));
    for part in [
        r#""informative":false,"pixels":"#,
        r#""pixels_with_gradient":0,"#,
        r#""config":{"dataset":"digits","activation":"tanh","hidden":20,"samples":5,"lambda":0.01,"scale":1,"epsilon":1e-6,"seed":1}}"#,
    ] {
        assert!(lines[1].contains(part), "no {part} in {}", lines[1]);
    }
}

#[test]
#[cfg(feature = "digits")]
fn what_gradcheck_does_not_take_ends_with_2() {
    for (words, message) in [
        ("--epsilon 0", "--epsilon: found `0`; expected a number > 0 and <= 1 that a 32-bit float can hold"),
        ("--samples 0", "--samples: found `0`; expected an integer, 1 to 1000"),
        ("--plant w3", "--plant: found `w3`; expected w1, w2, activation or lambda; did you mean `w1`?"),
        ("--weights end", "--weights: found `end`; expected start or reference"),
        ("--lr 1", "--lr is not an option of gradcheck; "),
        ("--sample 3", "unknown option `--sample`; did you mean `--samples`?"),
        ("digits", "gradcheck: unexpected `digits`; "),
    ] {
        let (status, text, messages) = command(words);
        assert_eq!((status, text.as_str()), (2, ""), "{messages}");
        assert!(messages.starts_with(&format!("monolayer: {message}")), "{messages}");
    }
    let (_, text, _) = command("--help");
    assert!(
        text.contains("hidden units [an integer, 1 to 65536; default: 200, in recipe table 32]"),
        "{text}"
    );
}
