//! A line of a grid's results: what is written of a run, and read again.

use crate::cli::json::{Json, Object};
use crate::lab::grid::{Finished, Job, Run, Score};
use crate::lab::{self};
use monolayer::Activation;
use monolayer::CONTRACT_VERSION;
use monolayer::data::Dataset;
use monolayer::train::{Config, Machine, Step, weights_norm};

/// What every line begins with.
pub const START: &str = "{\"faults\":";

/// Arrays and objects within each other, at most: a line has two.
const DEEPEST: usize = 8;

/// The run that `job` is on `data`, without what comes out of it.
pub fn run(job: &Job, data: &Dataset) -> Run {
    Run {
        dataset: data.kind.name().into(),
        data: data.fingerprint,
        train_images: data.train.as_ref().map_or(0, |images| images.len() as u64),
        images: data.test.as_ref().map_or(0, |images| images.len() as u64),
        config: job.config.clone(),
        score: None,
    }
}

/// The object of a finished run, whose `score` it fills in.
pub fn write(run: &mut Run, finished: &Finished, machine: Machine) -> Object {
    let images = run.images as f64;
    let (mut accuracy, mut cross_entropy, mut seconds, mut diverged) = (None, None, None, None);
    match finished {
        Finished::Trained { fit, evaluation } => {
            let params = fit.network.params();
            let norm = weights_norm(&params);
            run.score = Some(Score {
                faults: evaluation.faults as u64,
                loss: lab::loss(evaluation.cross_entropy, run.config.lambda, norm, run.images as usize),
                fingerprint: params.fingerprint(),
            });
            accuracy = Some((run.images - evaluation.faults as u64) as f64 / images);
            cross_entropy = Some(evaluation.cross_entropy);
            seconds = Some(fit.seconds);
        }
        Finished::Diverged { epoch } => diverged = Some(*epoch),
    }
    let score = run.score;
    let object = Object::new()
        .with("faults", score.map(|score| score.faults))
        .with("images", run.images)
        .with("accuracy", accuracy)
        .with("loss", score.map(|score| score.loss))
        .with("cross_entropy", cross_entropy)
        .with("seconds", seconds)
        .with("isa", machine.isa.name())
        .with("threads", machine.threads)
        .with("fingerprint", score.map(|score| format!("{:016x}", score.fingerprint)))
        .with("config", config(&run.dataset, &run.config))
        .with("data", format!("{:016x}", run.data))
        .with("train_images", run.train_images)
        .with("contract", u32::from(CONTRACT_VERSION));
    match diverged {
        Some(epoch) => object.with("diverged", epoch),
        None => object,
    }
}

fn config(dataset: &str, config: &Config) -> Object {
    Object::new()
        .with("dataset", dataset)
        .with("activation", config.activation.name())
        .with("hidden", config.hidden)
        .with("lr", config.lr)
        .with("lambda", config.lambda)
        .with("batch", config.batch)
        .with("epochs", config.epochs)
        .with("step", config.step.name())
        .with("scale", Json::Single(config.scale))
        .with("seed", config.seed)
}

/// Why a line is no result of this program.
pub type Why = String;

/// Reads a line.
///
/// # Errors
/// It is no object, lacks a member, has one that is not what it should be, or another numeric contract.
pub fn read(line: &str) -> Result<Run, Why> {
    let mut members = Members { rest: line.trim(), found: Vec::new() };
    members.value("", 0).filter(|()| members.rest.is_empty()).ok_or("it is no JSON object")?;
    let members = members.found;
    let text = |name: &str| {
        let found = members.iter().find(|(path, _)| path == name).map(|(_, token)| &**token);
        found.ok_or_else(|| format!("it has no `{name}`"))
    };
    let contract: u16 = parsed("contract", text("contract")?)?;
    if contract != CONTRACT_VERSION {
        return Err(format!(
            "its weights follow numeric contract {contract}, this program's {CONTRACT_VERSION}"
        ));
    }
    let named = |name: &str, known: Option<()>| known.ok_or_else(|| format!("its `{name}` is unknown"));
    let activation = text("config.activation")?.parse::<Activation>().ok();
    named("config.activation", activation.map(drop))?;
    let step = Step::from_name(text("config.step")?);
    named("config.step", step.map(drop))?;
    let default = Config::default();
    let config = Config {
        activation: activation.unwrap_or(default.activation),
        hidden: parsed("config.hidden", text("config.hidden")?)?,
        lr: parsed("config.lr", text("config.lr")?)?,
        lambda: parsed("config.lambda", text("config.lambda")?)?,
        batch: parsed("config.batch", text("config.batch")?)?,
        epochs: parsed("config.epochs", text("config.epochs")?)?,
        step: step.unwrap_or(default.step),
        scale: parsed("config.scale", text("config.scale")?)?,
        seed: parsed("config.seed", text("config.seed")?)?,
        ..default
    };
    config.check().map_err(|error| error.to_string())?;
    let hex = |name: &str| {
        let digits = text(name)?;
        u64::from_str_radix(digits, 16).map_err(|_| format!("its `{name}` is no hexadecimal number"))
    };
    let score = match text("faults")? {
        "null" => None,
        faults => Some(Score {
            faults: parsed("faults", faults)?,
            loss: parsed("loss", text("loss")?)?,
            fingerprint: hex("fingerprint")?,
        }),
    };
    let run = Run {
        dataset: text("config.dataset")?.into(),
        data: hex("data")?,
        train_images: parsed("train_images", text("train_images")?)?,
        images: parsed("images", text("images")?)?,
        config,
        score,
    };
    match score {
        _ if run.images == 0 => Err("it was tested on no images".into()),
        Some(score) if score.faults > run.images => Err("it has more `faults` than `images`".into()),
        _ => Ok(run),
    }
}

fn parsed<T: core::str::FromStr>(name: &str, text: &str) -> Result<T, Why> {
    text.parse().map_err(|_| format!("its `{name}` is `{}`", crate::cli::console::printable(text)))
}

/// The members of a JSON object, those of inner objects by their path: `config.lr`. Numbers and words are kept as
/// they stand, texts without their quotes; a text that needs escapes, which none of ours do, keeps them. Lists are
/// passed over.
struct Members<'a> {
    rest: &'a str,
    found: Vec<(String, String)>,
}

impl Members<'_> {
    fn take(&mut self, sign: char) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(sign)?.trim_start();
        Some(())
    }

    fn value(&mut self, path: &str, depth: usize) -> Option<()> {
        match self.rest.chars().next()? {
            '{' if depth < DEEPEST => self.list(path, '{', '}', depth),
            '[' if depth < DEEPEST && depth > 0 => self.list(path, '[', ']', depth),
            _ if depth == 0 => None,
            '"' => {
                let text = self.text()?;
                self.found.push((path.into(), text));
                Some(())
            }
            _ => {
                let word = |c: char| c.is_ascii_alphanumeric() || "+-.".contains(c);
                let end = self.rest.find(|c| !word(c)).unwrap_or(self.rest.len());
                let (text, rest) = self.rest.split_at(end);
                self.found.push((path.into(), text.into()));
                self.rest = rest;
                (!text.is_empty()).then_some(())
            }
        }
    }

    /// What is between brackets, parted by commas; with names where the brackets are braces.
    fn list(&mut self, path: &str, open: char, close: char, depth: usize) -> Option<()> {
        self.take(open)?;
        let kept = self.found.len();
        if self.take(close).is_some() {
            return Some(());
        }
        loop {
            if open == '{' {
                let name = self.text()?;
                self.take(':')?;
                let inner = if path.is_empty() { name } else { format!("{path}.{name}") };
                self.value(&inner, depth + 1)?;
            } else {
                self.value("", depth + 1)?;
                self.found.truncate(kept);
            }
            if self.take(close).is_some() {
                return Some(());
            }
            self.take(',')?;
        }
    }

    fn text(&mut self) -> Option<String> {
        let inner = self.rest.trim_start().strip_prefix('"')?;
        let mut escaped = false;
        let end = inner.find(|c| {
            let ends = c == '"' && !escaped;
            escaped = c == '\\' && !escaped;
            ends
        })?;
        self.rest = &inner[end + 1..];
        Some(inner[..end].into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use monolayer::Isa;

    fn example() -> Run {
        Run {
            dataset: "mnist".into(),
            data: 0xabc,
            train_images: 60_000,
            images: 10_000,
            config: Config { lr: 1e-5, scale: 0.1, seed: u64::MAX, ..Config::default() },
            score: None,
        }
    }

    #[test]
    fn what_is_written_is_read_again() {
        let machine = Machine::new(Isa::Scalar, 1);
        let mut run = example();
        let text = write(&mut run, &Finished::Diverged { epoch: 3 }, machine).text();
        assert_eq!(read(&text), Ok(run.clone()));
        assert!(
            text.starts_with(START) && text.contains("\"faults\":null") && text.ends_with("\"diverged\":3}"),
            "{text}"
        );

        run.score = Some(Score { faults: 250, loss: 1.0 / 3.0, fingerprint: 1 });
        let text = text.replace("\"faults\":null", "\"faults\":250");
        let text = text.replace("\"loss\":null", "\"loss\":0.3333333333333333");
        let text = text.replace("\"fingerprint\":null", "\"fingerprint\":\"0000000000000001\"");
        assert_eq!(read(&text), Ok(run.clone()));
        let spaced = text.replace([':', ','], " : ").replacen(" : ", ":", 0);
        assert!(read(&spaced).is_err());
        let spaced = text.replace(':', " :\t").replace(',', " , ").replace('}', " } ");
        assert_eq!(read(&spaced), Ok(run.clone()));
        let more = text.replacen('{', "{\"a\\\"\":[[1,{\"faults\":9}],\"\\\\\",[]],\"b\":{},\"c\":true,", 1);
        assert_eq!(read(&more), Ok(run), "what is not known is passed over");
    }

    #[test]
    fn what_is_no_result_is_refused() {
        let mut run = example();
        let line = write(&mut run, &Finished::Diverged { epoch: 3 }, Machine::new(Isa::Scalar, 1)).text();
        for length in 0..line.len() {
            assert!(read(&line[..length]).is_err(), "{length}");
        }
        for (from, to, why) in [
            ("\"contract\":1", "\"contract\":2", "its weights follow numeric contract 2, this program's 1"),
            ("\"hidden\":300", "\"hidden\":0", "hidden is 0, expected 1 to 65536"),
            ("\"hidden\":300", "\"hidden\":-1", "its `config.hidden` is `-1`"),
            ("\"lr\":1e-5,", "", "it has no `config.lr`"),
            ("\"tanh\"", "\"relu\"", "its `config.activation` is unknown"),
            ("\"step\":\"sum\"", "\"step\":1", "its `config.step` is unknown"),
            ("0abc", "0xyz", "its `data` is no hexadecimal number"),
            ("\"images\":10000", "\"images\":0", "it was tested on no images"),
            (
                "\"faults\":null",
                "\"faults\":10001,\"fingerprint\":\"1\",\"loss\":1",
                "it has more `faults` than",
            ),
            ("}", "}}", "it is no JSON object"),
            ("{", "[", "it is no JSON object"),
        ] {
            assert!(line.contains(from), "{from}");
            let why_not = read(&line.replacen(from, to, 1)).unwrap_err();
            assert!(why_not.starts_with(why), "{why_not}");
        }
        assert!(read(&"[".repeat(100_000)).is_err() && read(&"{\"a\":".repeat(100_000)).is_err());
    }
}
