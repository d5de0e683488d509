//! Metrics (CONTRACT C14) against what plain counting over the samples gives.

use crate::lab::{Confusion, Scores};
use monolayer::data::Images;
use monolayer::rng::Rng;
use monolayer::train::{self, Config, Evaluation, Machine};

const CLASSES: usize = 7;

/// Images that a model learns in part: of each class a bright stripe, and noise.
fn images(count: usize, seed: u64) -> Images {
    let mut rng = Rng::new(seed, 0);
    let labels: Vec<u8> = (0..count).map(|_| rng.below(CLASSES as u32 - 1) as u8).collect();
    let pixels = labels.iter().flat_map(|&label| (0..28).map(move |i| (label, i))).map(|(label, i)| {
        let stripe = if i / 4 == usize::from(label) { 40 } else { 0 };
        (stripe + rng.below(120)) as u8
    });
    let pixels = pixels.collect();
    Images::new(28, pixels, labels)
}

/// Class 6 has no images, and is a class all the same.
fn evaluation() -> Evaluation {
    let config = Config { hidden: 20, epochs: 40, lr: 0.01, scale: 60.0, batch: 20, ..Config::default() };
    let fit = train::fit(&images(400, 1), CLASSES, &config, Machine::best()).unwrap();
    train::evaluate(&fit.network.params(), &images(300, 2), Machine::best()).unwrap()
}

#[test]
fn an_evaluation_says_what_it_counted() {
    let Evaluation { labels, predictions, probabilities, confusion, faults, .. } = evaluation();
    assert_eq!(labels, images(300, 2).labels());
    assert!((20..280).contains(&faults), "{faults} faults leave nothing to count");
    let wrong = labels.iter().zip(&predictions).filter(|(label, prediction)| label != prediction).count();
    assert_eq!(wrong, faults);
    for (row, &prediction) in probabilities.chunks_exact(CLASSES).zip(&predictions) {
        assert!(row.iter().all(|&p| p <= row[usize::from(prediction)]));
        assert!((row.iter().sum::<f32>() - 1.0).abs() < 1e-6);
    }
    for (at, &count) in confusion.iter().enumerate() {
        let here = |&(&t, &p): &(&u8, &u8)| (usize::from(t), usize::from(p)) == (at / CLASSES, at % CLASSES);
        assert_eq!(labels.iter().zip(&predictions).filter(here).count(), count as usize);
    }
}

#[test]
fn measures_by_class_follow_from_the_counts() {
    let Evaluation { labels, predictions, confusion, .. } = evaluation();
    let confusion = Confusion::new(&confusion, CLASSES);
    let mut sums = [0.0; 3];
    for class in 0..CLASSES {
        let is = |list: &[u8], n: usize| usize::from(list[n]) == class;
        let count = |f: &dyn Fn(usize) -> bool| (0..labels.len()).filter(|&n| f(n)).count() as f64;
        let hits = count(&|n| is(&labels, n) && is(&predictions, n));
        let false_alarms = count(&|n| !is(&labels, n) && is(&predictions, n));
        let misses = count(&|n| is(&labels, n) && !is(&predictions, n));
        if class == 6 {
            assert_eq!((confusion.images(6), confusion.recall(6)), (0, None));
            assert_eq!(false_alarms, 0.0, "a class of no images has its own test");
            continue;
        }
        let (precision, recall) = (hits / (hits + false_alarms), hits / (hits + misses));
        let f1 = 2.0 / (1.0 / precision + 1.0 / recall);
        let found = confusion.measures(class);
        for (i, expected) in [precision, recall, f1].into_iter().enumerate() {
            assert!((found[i].unwrap() - expected).abs() < 1e-15);
            sums[i] += expected / 6.0;
        }
    }
    let means = confusion.means().unwrap();
    for (found, expected) in means.into_iter().zip(sums) {
        assert!((found - expected).abs() < 1e-15);
    }
}

#[test]
fn ranks_and_calibration_follow_from_the_probabilities() {
    let Evaluation { labels, predictions, probabilities, faults, .. } = evaluation();
    let scores = Scores::new(&labels, &predictions, &probabilities, CLASSES);
    let rows: Vec<&[f32]> = probabilities.chunks_exact(CLASSES).collect();
    let top = scores.top(CLASSES);
    assert_eq!((top.len(), top[0], top[CLASSES - 1]), (CLASSES, (300 - faults) as u64, 300));
    for (k, &found) in (1..).zip(&top) {
        // No two probabilities of a row are equal here.
        let among = |&n: &usize| {
            let mut sorted = rows[n].to_vec();
            sorted.sort_by(|a, b| b.total_cmp(a));
            rows[n][usize::from(labels[n])] >= sorted[k - 1]
        };
        assert_eq!((0..300).filter(among).count() as u64, found, "top {k}");
    }

    // Bin by bin, by comparing with both of its bounds.
    let (mut error, mut images) = (0.0, 0);
    for (b, bin) in scores.bins().into_iter().enumerate() {
        let confidence = |n: usize| f64::from(rows[n][usize::from(predictions[n])]);
        let (low, high) = (b as f64 / 15.0, (b + 1) as f64 / 15.0);
        let inside: Vec<usize> = (0..300).filter(|&n| low < confidence(n) && confidence(n) <= high).collect();
        let right = inside.iter().filter(|&&n| labels[n] == predictions[n]).count();
        let sum: f64 = inside.iter().map(|&n| confidence(n)).sum();
        assert_eq!((bin.images, bin.right), (inside.len() as u64, right as u64), "bin {b}");
        assert!((bin.confidence - sum).abs() < 1e-12);
        if !inside.is_empty() {
            let size = inside.len() as f64;
            error += size / 300.0 * (right as f64 / size - sum / size).abs();
        }
        images += bin.images;
    }
    assert_eq!(images, 300);
    assert!(error > 0.01 && (scores.calibration_error().unwrap() - error).abs() < 1e-12, "{error}");
}
