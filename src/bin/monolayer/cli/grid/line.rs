//! A line of a grid's results: writing and reading it.

use crate::cli::console::printable;
use crate::cli::record;
use crate::lab;
use crate::lab::grid::{Finished, Job, Run, Score};
use monolayer::CONTRACT_VERSION;
use monolayer::data::Dataset;
use monolayer::json::{Json, Object};
use monolayer::train::{Config, Field, Machine};

/// The beginning of every line.
pub const START: &str = "{\"faults\":";

/// The run of `job` on `data`, without its score.
pub fn run(job: &Job, data: &Dataset) -> Run {
    Run {
        dataset: data.kind.name().into(),
        data: data.fingerprint,
        train_images: data.train.len() as u64,
        images: data.test.len() as u64,
        config: job.config.clone(),
        score: None,
    }
}

/// The object of a finished run, whose `score` it fills in.
pub fn write(run: &mut Run, finished: &Finished, machine: Machine) -> Object {
    let images = run.images as f64;
    let (trained, diverged) = match finished {
        Finished::Trained { fit, evaluation } => (Some((fit, evaluation)), None),
        Finished::Diverged { epoch } => (None, Some(*epoch)),
    };
    run.score = trained.map(|(fit, evaluation)| {
        let (params, lambda) = (fit.network.params(), run.config.lambda);
        Score {
            faults: evaluation.faults as u64,
            loss: lab::loss(evaluation.cross_entropy, lambda, fit.weights_norm, run.images as usize),
            fingerprint: params.fingerprint(),
        }
    });
    let score = run.score;
    let object = Object::new()
        .with("faults", score.map(|score| score.faults))
        .with("images", run.images)
        .with("accuracy", score.map(|score| (run.images - score.faults) as f64 / images))
        .with("loss", score.map(|score| score.loss))
        .with("cross_entropy", trained.map(|(_, evaluation)| evaluation.cross_entropy))
        .with("seconds", trained.map(|(fit, _)| fit.seconds))
        .with("isa", machine.isa.name())
        .with("threads", machine.threads)
        .with("fingerprint", score.map(|score| format!("{:016x}", score.fingerprint)))
        .with("config", record::object(&run.dataset, &run.config))
        .with("data", format!("{:016x}", run.data))
        .with("train_images", run.train_images)
        .with("contract", CONTRACT_VERSION);
    match diverged {
        Some(epoch) => object.with("diverged", epoch),
        None => object,
    }
}

/// Reads a line.
///
/// # Errors
/// Why it is no result of this program: it is no object, lacks a member, has one that is not what it should
/// be, or another numeric contract.
pub fn read(line: &str) -> Result<Run, String> {
    let members: Object = line.parse().map_err(|error| format!("it is no JSON object: {error}"))?;
    let members = Members { path: "", object: &members };
    let contract: u16 = members.number("contract")?;
    if contract != CONTRACT_VERSION {
        return Err(format!(
            "its weights follow numeric contract {contract}, this program's {CONTRACT_VERSION}"
        ));
    }
    let Json::Object(inner) = members.get("config")? else { return Err("its `config` is no object".into()) };
    let inner = Members { path: "config.", object: inner };
    let mut config = Config::default();
    // What is at its default may be left out, as a constant schedule is.
    let is_there = |field: &&Field| field.is_named(&config) || inner.object.get(field.name).is_some();
    for field in Field::ALL.iter().filter(is_there).collect::<Vec<_>>() {
        field.set(&mut config, inner.text(field.name)?).map_err(|error| error.to_string())?;
    }
    config.check().map_err(|error| error.to_string())?;
    let score = match members.get("faults")? {
        Json::Null => None,
        _ => Some(Score {
            faults: members.number("faults")?,
            loss: members.number("loss")?,
            fingerprint: members.hexadecimal("fingerprint")?,
        }),
    };
    let run = Run {
        dataset: inner.text("dataset")?.into(),
        data: members.hexadecimal("data")?,
        train_images: members.number("train_images")?,
        images: members.number("images")?,
        config,
        score,
    };
    match score {
        _ if run.images == 0 => Err("it was tested on no images".into()),
        Some(score) if score.faults > run.images => Err("it has more `faults` than `images`".into()),
        _ => Ok(run),
    }
}

/// The members of an object, and the prefix of their names in messages.
struct Members<'a> {
    path: &'static str,
    object: &'a Object,
}

impl<'a> Members<'a> {
    fn get(&self, name: &str) -> Result<&'a Json, String> {
        self.object.get(name).ok_or_else(|| format!("it has no `{}{name}`", self.path))
    }

    /// A word, or the digits of a number.
    fn text(&self, name: &str) -> Result<&'a str, String> {
        match self.get(name)? {
            Json::Text(text) | Json::Number(text) => Ok(text),
            _ => Err(format!("its `{}{name}` is neither a number nor a string", self.path)),
        }
    }

    fn number<T: std::str::FromStr>(&self, name: &str) -> Result<T, String> {
        let text = self.text(name)?;
        text.parse().map_err(|_| format!("its `{}{name}` is `{}`", self.path, printable(text)))
    }

    fn hexadecimal(&self, name: &str) -> Result<u64, String> {
        let digits = self.text(name)?;
        u64::from_str_radix(digits, 16).map_err(|_| format!("its `{name}` is no hexadecimal number"))
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
        let spaced = text.replace([':', ','], " : ");
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
            ("\"hidden\":300", "\"hidden\":0", "hidden is 0, expected an integer, 1 to 65536"),
            ("\"hidden\":300", "\"hidden\":-1", "hidden is -1, expected an integer, 1 to 65536"),
            ("\"lr\":1e-5,", "", "it has no `config.lr`"),
            ("\"tanh\"", "\"gelu\"", "activation is gelu, expected relu, cos, tanh or softplus"),
            ("\"step\":\"sum\"", "\"step\":1", "step is 1, expected sum or mean"),
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
