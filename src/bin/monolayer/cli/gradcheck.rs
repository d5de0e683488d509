//! `gradcheck`: the analytic gradient against the slopes of what training raises.

use std::time::Instant;

use super::console::{Console, grouped, message, printable};
use super::inputs::{self, Data};
use super::words::Words;
use super::{Error, Given, Opt, recipe};
use monolayer::json::{Json, Object};
use monolayer::train::gradcheck::{Check, Deviation, Finding, Report, SLIGHT, TOLERANCE, Weights, gradcheck};
use monolayer::train::{Config, Machine};

pub fn run(given: &Given, console: &mut Console) -> Result<(), Error> {
    let machine = inputs::machine(given)?;
    let data = inputs::data(given)?;
    let check = check(given, &data)?;
    // The check at the reference's weights comes after that at the start weights, and does not replace it.
    let start = Check { weights: Weights::Start, ..check };
    let reference = Check { weights: Weights::Reference, centre: 0.0, scale: 1.0, ..check };
    let both = given.text(Opt::Weights).as_deref() == Some("reference");
    let (mut findings, mut printed) = (Vec::new(), Ok(()));
    for (index, check) in [start, reference].into_iter().take(1 + usize::from(both)).enumerate() {
        if index == 0 && !given.has(Opt::Quiet) {
            message(&headline(&data, &check));
        }
        let outcome = Outcome::of(check, &data, machine)?;
        printed = printed.and(match given.has(Opt::Json) {
            true => console.print_line_now(&outcome.json().text()),
            false => console.print_now(&(if index > 0 { "\n" } else { "" }.to_string() + &outcome.text())),
        });
        findings.extend(outcome.report.findings().into_iter().map(|finding| outcome.told(finding)));
    }
    match (findings.is_empty(), check.plant) {
        (true, None) => Ok(printed?),
        (true, Some(planted)) => Err(Error::Failed(format!(
            "gradient check: the error of --plant {planted} was not found: here it makes no difference of \
             {TOLERANCE:e}"
        ))),
        (false, planted) => {
            let meant = |planted| format!("\nas expected: --plant {planted} puts an error into the gradient");
            let meant = planted.map(meant).unwrap_or_default();
            Err(Error::Failed(format!("gradient check: {}{meant}", findings.join("; "))))
        }
    }
}

/// The check that the options describe.
///
/// # Errors
/// One of them cannot be had from the data.
fn check(given: &Given, data: &Data) -> Result<Check, Error> {
    let Config { activation, hidden, lambda, centre, scale, seed, .. } = recipe::config(given, data)?;
    Ok(Check {
        activation,
        hidden,
        lambda,
        centre,
        scale,
        seed,
        samples: given.get(Opt::Samples).unwrap_or_default(),
        epsilon: given.get(Opt::Epsilon).unwrap_or_default(),
        weights: Weights::Start,
        plant: given.get(Opt::Plant),
    })
}

/// What is checked.
fn headline(data: &Data, check: &Check) -> String {
    let (features, classes) = (data.set.picture.pixels(), data.set.classes.len() as u64);
    let hidden = check.hidden as u64;
    let weights = (features + 1).saturating_mul(hidden).saturating_add((hidden + 1).saturating_mul(classes));
    format!("checking {} weights on {} ({})\n", grouped(weights), printable(&data.name), data.set.kind.name())
}

/// (D, M, K) of the check that the reference program has.
const REFERENCE_SIZES: (usize, usize, usize) = (3072, 200, 10);

/// Its result, on other images and weights, with epsilon 1e-6.
const REFERENCE_PRINTED: &str = "the reference itself printed max |d| 3.6e-5 and 2.0e-7, after 3.5 hours\n";

/// A check and its result.
struct Outcome<'a> {
    check: Check,
    report: Report,
    data: &'a Data,
    machine: Machine,
    seconds: f64,
}

impl<'a> Outcome<'a> {
    fn of(check: Check, data: &'a Data, machine: Machine) -> Result<Self, Error> {
        let images = data.training()?;
        let begin = Instant::now();
        let report = gradcheck(images, data.set.classes.len(), &check, machine)?;
        Ok(Self { check, report, data, machine, seconds: begin.elapsed().as_secs_f64() })
    }

    /// The gradients that were compared: title, shape of the matrix, deviation, tolerance.
    fn rows(&self) -> Vec<(&'static str, [usize; 2], Deviation, f64)> {
        let Report { sizes: (features, hidden, classes), w1, w2, kernels, .. } = self.report;
        let (w1_shape, w2_shape) = ([hidden, features + 1], [classes, hidden + 1]);
        let mut rows = Vec::from([("dE/dW1", w1_shape, w1, TOLERANCE), ("dE/dW2", w2_shape, w2, TOLERANCE)]);
        if let Some([w1, w2]) = kernels {
            let tolerance = self.report.kernel_tolerance();
            rows.extend([("f32 dE/dW1", w1_shape, w1, tolerance), ("f32 dE/dW2", w2_shape, w2, tolerance)]);
        }
        rows
    }

    fn text(&self) -> String {
        let Check { activation, lambda, centre, scale, seed, epsilon, weights: weights_are, plant, .. } =
            self.check;
        let Report { sizes: (features, hidden, classes), samples, lit, carrying, .. } = self.report;
        let weights = match weights_are {
            Weights::Start => "W1 as training starts, W2 normal with variance 1/(M+1)",
            Weights::Reference => "THE REFERENCE'S SETTING: all uniform in [0, 1), raw pixels",
        };
        let Words { samples: images, features: pixels, .. } = self.data.words();
        let less = if centre == 0.0 { String::new() } else { format!("less {centre}, ") };
        let mut out = format!(
            "data         {} ({})\nweights      {weights}\nnetwork      {features} {pixels} -> {hidden} {} \
             units -> {classes} classes\n\
             sample       {samples} {images}, seed {seed}, {pixels} {less}divided by {scale}\n\
             step         epsilon {epsilon:?}, lambda {lambda}\n",
            printable(&self.data.name),
            self.data.set.kind.name(),
            activation.name(),
        );
        if let Some(plant) = plant {
            out += &format!("planted      an error: {plant}\n");
        }
        out +=
            &format!("\n{:<10}  {:>15}  {:>8}  of max |g|  relative norm\n", "gradient", "shape", "max |d|");
        for (title, [rows, columns], deviation, tolerance) in self.rows() {
            let shape = format!("({rows}, {columns})");
            let verdict = if deviation.within(tolerance) { "" } else { "  FAILED" };
            out += &format!(
                "{title:<10}  {shape:>15}  {:>8.1e}  {:>10.1e}  {:>13.1e}{verdict}\n",
                deviation.greatest_difference,
                share(&deviation),
                deviation.relative_norm()
            );
        }
        if (weights_are, self.report.sizes) == (Weights::Reference, REFERENCE_SIZES) {
            out += REFERENCE_PRINTED;
        }
        let informative = if self.is_informative() { "" } else { "  UNINFORMATIVE" };
        out + &format!(
            "\n{pixels:<12} {} of {} that are not 0 carry a gradient{informative}\nseconds      {:.2}\n",
            grouped(carrying as u64),
            grouped(lit as u64),
            self.seconds
        )
    }

    fn json(&self) -> Object {
        let Check { activation, hidden, lambda, centre, scale, seed, epsilon, weights, plant, .. } =
            self.check;
        let Report { samples, lit, carrying, .. } = self.report;
        let deviations = self.rows().into_iter().map(|(title, shape, deviation, tolerance)| {
            Object::new()
                .with("gradient", title)
                .with("shape", shape.into_iter().collect::<Json>())
                .with("max_difference", deviation.greatest_difference)
                .with("max_gradient", deviation.greatest)
                .with("relative_norm", deviation.relative_norm())
                .with("tolerance", tolerance)
                .with("passed", deviation.within(tolerance))
        });
        let config = Object::new()
            .with("dataset", self.data.set.kind.name())
            .with("activation", activation.name())
            .with("hidden", hidden)
            .with("samples", samples)
            .with("lambda", lambda)
            .with("scale", scale)
            .with("epsilon", epsilon)
            .with("seed", seed);
        let config = if centre == 0.0 { config } else { config.with("centre", centre) };
        Object::new()
            .with("passed", self.report.findings().is_empty())
            .with("weights", if weights == Weights::Start { "start" } else { "reference" })
            .with("plant", plant.map(|plant| plant.to_string()))
            .with("gradients", deviations.collect::<Json>())
            .with("informative", self.is_informative())
            .with("pixels", lit)
            .with("pixels_with_gradient", carrying)
            .with("seconds", self.seconds)
            .with("isa", self.machine.isa.name())
            .with("threads", self.machine.threads)
            .with("config", config)
    }

    fn is_informative(&self) -> bool {
        !self.report.findings().contains(&Finding::Uninformative)
    }

    /// A note on tolerances: a change of a pre-activation by epsilon / scale · 255 must neither vanish in
    /// rounding nor be so great that h is no longer linear.
    fn far_from_default(&self) -> &'static str {
        let (Check { plant, epsilon, scale, .. }, default) = (&self.check, Check::default());
        let is_far = plant.is_none() && (*epsilon, *scale) != (default.epsilon, default.scale);
        if is_far { " (which is for the default --epsilon and --scale)" } else { "" }
    }

    /// A finding in words for the message that the program ends with.
    fn told(&self, finding: Finding) -> String {
        let Report { w1, w2, kernels, lit, carrying, .. } = &self.report;
        let pixels = self.data.words().features;
        let apart = |name: &str, other: &str, deviation: &Deviation, tolerance: f64| {
            let (share, norm) = (share(deviation), deviation.relative_norm());
            format!(
                "{name} and {other} differ by {share:.1e} of the greatest, {norm:.1e} in norm, expected at \
                 most {tolerance:.0e}"
            )
        };
        let text = match finding {
            Finding::NotFinite => "a gradient is not finite; a greater --scale may help".to_string(),
            Finding::Uninformative => format!(
                "uninformative: {carrying} of {lit} {pixels} carry |dE/dW1 + lambda W1| of {SLIGHT:e} of its \
                 greatest, \
                 expected half of them: the units are saturated, and any gradient would pass"
            ),
            Finding::W1 => apart("dE/dW1", "E's slope", w1, TOLERANCE) + self.far_from_default(),
            Finding::W2 => apart("dE/dW2", "E's slope", w2, TOLERANCE) + self.far_from_default(),
            Finding::Kernels => {
                let tolerance = self.report.kernel_tolerance();
                let worse = kernels.iter().flatten().find(|part| !part.within(tolerance)).unwrap_or(w1);
                apart("the f32 kernels", "the gradient", worse, tolerance)
            }
        };
        match self.check.weights {
            Weights::Start => text,
            Weights::Reference => format!("at the reference's weights {text}"),
        }
    }
}

/// max |d| / max |g|.
fn share(deviation: &Deviation) -> f64 {
    match deviation.greatest_difference {
        0.0 => 0.0,
        greatest => greatest / deviation.greatest,
    }
}
