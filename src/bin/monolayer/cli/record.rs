//! How a model was trained, as its file says: the `key=value` lines of the training section.

use super::json::{Json, Object};
use monolayer::data::Dataset;
use monolayer::train::Config;
use monolayer::weights::Shape;

/// The training section of a model file. Nothing in it is trusted: what is missing or unreadable is null.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a>(pub &'a str);

/// What a run's weights follow from: the data and the configuration, and what is held out of training.
pub fn identity(data: &Dataset, config: &Config, held_out: usize, patience: Option<u32>) -> String {
    let mut out =
        format!("dataset={}\ndataset_fingerprint={:016x}\n{config}", data.kind.name(), data.fingerprint);
    if held_out > 0 {
        out += &format!("validation={held_out}\n");
    }
    out + &patience.map(|epochs| format!("patience={epochs}\n")).unwrap_or_default()
}

/// The training section of a model of that identity, trained in so many seconds.
pub fn write(identity: &str, seconds: f64) -> String {
    format!("{identity}seconds={seconds}\nversion={}\n", env!("CARGO_PKG_VERSION"))
}

impl<'a> Record<'a> {
    /// Its lines.
    pub fn lines(self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.0.lines().filter_map(|line| line.split_once('='))
    }

    /// The value of a key.
    pub fn text(self, key: &str) -> Option<&'a str> {
        self.lines().find(|(k, _)| *k == key).map(|(_, value)| value)
    }

    /// The value of a key that has a finite number.
    pub fn real(self, key: &str) -> Option<f64> {
        self.text(key)?.parse().ok().filter(|x: &f64| x.is_finite())
    }

    fn whole(self, key: &str) -> Option<u64> {
        self.text(key)?.parse().ok()
    }

    /// The configuration, for programs; what the weights themselves tell is taken from them.
    pub fn config(self, shape: Shape) -> Object {
        let Shape { activation, hidden, scale, .. } = shape;
        let config = Object::new()
            .with("dataset", self.text("dataset"))
            .with("activation", activation.name())
            .with("hidden", hidden)
            .with("lr", self.real("lr"))
            .with("lambda", self.real("lambda"))
            .with("batch", self.whole("batch"))
            .with("epochs", self.whole("epochs"))
            .with("step", self.text("step"))
            .with("scale", Json::Single(scale))
            .with("seed", self.whole("seed"));
        // What most runs do not have is not mentioned.
        let config = match self.text("schedule") {
            Some(schedule) => config.with("schedule", schedule),
            None => config,
        };
        ["validation", "patience"].into_iter().fold(config, |config, key| match self.whole(key) {
            Some(value) => config.with(key, value),
            None => config,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use monolayer::Activation;

    #[test]
    fn what_training_writes_is_read_back() {
        let config = Config { lr: 1e-5, scale: 0.1, seed: u64::MAX, ..Config::default() };
        let images = monolayer::data::Images::new(1, vec![0], vec![0]);
        let data = Dataset {
            kind: monolayer::data::Kind::Idx,
            picture: monolayer::weights::Picture { channels: 1, height: 1, width: 1 },
            classes: vec!["0".into(), "1".into()],
            train: Some(images),
            test: None,
            fingerprint: 0xab,
        };
        let text = write(&identity(&data, &config, 0, None), 1.5);
        let record = Record(&text);
        let activation = Activation::Tanh;
        let shape = Shape { activation, features: 1, hidden: 300, classes: 2, scale: 0.1 };
        assert_eq!(
            record.config(shape).text(),
            "{\"dataset\":\"idx\",\"activation\":\"tanh\",\"hidden\":300,\"lr\":1e-5,\"lambda\":0.01,\"batch\":100,\
             \"epochs\":20,\"step\":\"sum\",\"scale\":0.1,\"seed\":18446744073709551615}"
        );
        let config = Config { schedule: monolayer::train::Schedule::Cosine, ..config };
        let text = write(&identity(&data, &config, 10, Some(3)), 1.5);
        let json = Record(&text).config(shape).text();
        assert!(json.ends_with(",\"schedule\":\"cosine\",\"validation\":10,\"patience\":3}"), "{json}");
        assert_eq!(record.text("dataset_fingerprint"), Some("00000000000000ab"));
        assert_eq!(record.real("seconds"), Some(1.5));
        assert_eq!(record.text("version"), Some(env!("CARGO_PKG_VERSION")));
    }

    #[test]
    fn a_strange_section_is_null_not_an_error() {
        for text in ["", "lr", "lr=\nseed=-1\nlambda=nan", "=\n=\n\n", "lr=1e999"] {
            let record = Record(text);
            assert_eq!((record.real("lr"), record.real("lambda"), record.whole("seed")), (None, None, None));
        }
    }
}
