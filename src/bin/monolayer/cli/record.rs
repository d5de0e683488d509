//! The training section of a model file: `name=value` lines that say how the model was trained.

use monolayer::data::{Columns, Dataset, Framing};
use monolayer::json::{Json, Object};
use monolayer::train::{Config, Field, Range};
use monolayer::weights::Shape;

/// The training section of a model file. Nothing in it is trusted: what is missing or unreadable is null.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a>(pub &'a str);

/// Everything that decides a run's weights: the data, the configuration, and the images held out of training.
pub fn identity(data: &Dataset, config: &Config, held_out: usize, patience: Option<u32>) -> String {
    let mut out =
        format!("dataset={}\ndataset_fingerprint={:016x}\n{config}", data.kind.name(), data.fingerprint);
    if held_out > 0 {
        out += &format!("validation={held_out}\n");
    }
    out + &patience.map(|epochs| format!("patience={epochs}\n")).unwrap_or_default()
}

/// The training section of a model of that identity, trained in so many seconds. A table's columns are JSON,
/// which has any name on one line; pictures have their framing. `weights_norm` is |W|² before a centre was
/// folded into the weights, where there was one.
pub fn write(identity: &str, data: &Dataset, weights_norm: Option<f64>, seconds: f64) -> String {
    let norm = weights_norm.map(|norm| format!("weights_norm={norm:?}\n")).unwrap_or_default();
    let columns = data.table.as_ref().map(|table| {
        let columns = Object::new()
            .with("features", table.names.iter().map(String::as_str).collect::<Json>())
            .with("label", table.label.as_deref())
            .with("label_at", table.label_at);
        format!("columns={}\n", columns.text())
    });
    let framing = || match Framing::of(&data.train, data.picture) {
        Some(framing) => format!("{}={framing}\n", Framing::KEY),
        None => format!("{}=none\n", Framing::KEY),
    };
    let columns = columns.unwrap_or_else(framing);
    format!("{identity}{columns}{norm}seconds={seconds}\nversion={}\n", env!("CARGO_PKG_VERSION"))
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

    /// The columns of the table that the model was trained on; `None` where it was none.
    pub fn columns(self) -> Option<Columns> {
        let columns: Object = self.text("columns")?.parse().ok()?;
        let text = |json: &Json| if let Json::Text(text) = json { Some(text.clone()) } else { None };
        let Json::List(names) = columns.get("features")? else { return None };
        let Json::Number(label_at) = columns.get("label_at")? else { return None };
        let names: Vec<String> = names.iter().map(text).collect::<Option<_>>()?;
        let label = columns.get("label").and_then(text);
        Some(Columns { features: names.len(), names, label, label_at: Some(label_at.parse().ok()?) })
    }

    /// The configuration as JSON. Activation, hidden units and scale are the network's own.
    pub fn config(self, shape: Shape) -> Object {
        let Shape { activation, hidden, scale, .. } = shape;
        let own = Config { activation, hidden, scale, ..Config::default() };
        self.config_with(own, &[Field::ACTIVATION, Field::HIDDEN, Field::SCALE])
    }

    /// The configuration of a run that is not over.
    pub fn config_of_run(self) -> Object {
        self.config_with(Config::default(), &[])
    }

    /// The configuration, of which the fields `of_weights` are those of `own`.
    fn config_with(self, own: Config, of_weights: &[Field]) -> Object {
        let mut object = Object::new().with("dataset", self.text("dataset"));
        for field in Field::ALL {
            let (mut config, text) = (own.clone(), self.text(field.name));
            let is_own = of_weights.iter().any(|other| other.name == field.name);
            let is_known = is_own || text.is_some_and(|text| field.set(&mut config, text).is_ok());
            if text.is_some() || field.is_named(&config) {
                object = object.with(field.name, is_known.then(|| value(field, &config)));
            }
        }
        // Left out where the run has none.
        ["validation", "patience"].into_iter().fold(object, |object, key| {
            match self.text(key).and_then(|text| text.parse::<u64>().ok()) {
                Some(value) => object.with(key, value),
                None => object,
            }
        })
    }
}

/// A configuration on data of this kind, as JSON.
pub fn object(dataset: &str, config: &Config) -> Object {
    let named = Field::ALL.into_iter().filter(|field| field.is_named(config));
    named.fold(Object::new().with("dataset", dataset), |object, field| {
        object.with(field.name, value(field, config))
    })
}

/// A field's value: a string where it is a word, else a number.
fn value(field: Field, config: &Config) -> Json {
    let text = field.text(config);
    match field.range {
        Range::OneOf(_) => text.into(),
        _ => Json::Number(text.strip_suffix(".0").unwrap_or(&text).into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use monolayer::Activation;
    use monolayer::data::{Images, Table};

    #[test]
    fn what_training_writes_is_read_back() {
        let config = Config { lr: 1e-5, scale: 0.1, seed: u64::MAX, ..Config::default() };
        let images = Images::new(1, vec![0], vec![0]);
        let picture = monolayer::weights::Picture { channels: 1, height: 1, width: 1 };
        let names = vec!["0".into(), "1".into()];
        let kind = monolayer::data::Kind::Idx;
        let mut data = Dataset::new(kind, picture, names, images, Images::default());
        data.fingerprint = 0xab;
        let text = write(&identity(&data, &config, 0, None), &data, None, 1.5);
        let record = Record(&text);
        let activation = Activation::Tanh;
        let shape = Shape { activation, features: 1, hidden: 300, classes: 2, scale: 0.1 };
        assert_eq!(
            record.config(shape).text(),
            "{\"dataset\":\"idx\",\"activation\":\"tanh\",\"hidden\":300,\"lr\":1e-5,\"lambda\":0.01,\"batch\":100,\
             \"epochs\":20,\"step\":\"sum\",\"scale\":0.1,\"seed\":18446744073709551615}"
        );
        let config = Config { schedule: monolayer::train::Schedule::Cosine, ..config };
        let text = write(&identity(&data, &config, 10, Some(3)), &data, Some(2.5), 1.5);
        let json = Record(&text).config(shape).text();
        assert!(json.ends_with(",\"schedule\":\"cosine\",\"validation\":10,\"patience\":3}"), "{json}");
        assert_eq!(Record(&text).real("weights_norm"), Some(2.5));
        assert_eq!((record.text("weights_norm"), record.text("framing")), (None, Some("none")));
        assert_eq!(record.text("dataset_fingerprint"), Some("00000000000000ab"));
        assert_eq!(record.real("seconds"), Some(1.5));
        assert_eq!(record.text("version"), Some(env!("CARGO_PKG_VERSION")));
    }

    #[test]
    fn any_name_of_a_column_is_read_back() {
        let mut table = Table::default();
        table.names = ["a\nb=c", "\"d\"", "", "\u{7f}é"].map(String::from).into();
        table.label = Some("x\r\n".into());
        table.label_at = 4;
        let picture = monolayer::weights::Picture { channels: 1, height: 1, width: 4 };
        let (kind, empty) = (monolayer::data::Kind::Table, Images::default());
        let mut data = Dataset::new(kind, picture, Vec::new(), empty.clone(), empty);
        data.table = Some(table.clone());
        let text = write("dataset=table\n", &data, None, 1.0);
        let columns = Record(&text).columns().unwrap();
        assert_eq!((columns.features, columns.label_at), (4, Some(4)));
        assert_eq!((columns.names, columns.label), (table.names, table.label));
        assert_eq!(text.lines().count(), 4, "{text}");
        data.table = Some(Table::default());
        let text = write("", &data, None, 1.0);
        assert_eq!(Record(&text).columns().map(|columns| (columns.features, columns.label)), Some((0, None)));
        for text in ["", "columns=", "columns={}", "columns={\"features\":[1],\"label_at\":1}"] {
            assert_eq!(Record(text).columns(), None, "{text}");
        }
    }

    #[test]
    fn a_strange_section_is_null_not_an_error() {
        let activation = Activation::Tanh;
        let shape = Shape { activation, features: 1, hidden: 1, classes: 2, scale: 0.1 };
        for text in ["", "lr", "lr=\nseed=-1\nlambda=nan", "=\n=\n\n", "lr=1e999"] {
            let record = Record(text);
            assert_eq!((record.real("lr"), record.real("lambda")), (None, None));
            let config = record.config(shape);
            for name in ["lr", "lambda", "seed", "dataset"] {
                assert_eq!(config.get(name), Some(&Json::Null), "{name} of {text:?}");
            }
            assert_eq!(config.get("hidden"), Some(&1u32.into()));
            assert_eq!(config.get("schedule"), None);
        }
    }
}
