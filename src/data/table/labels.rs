//! The classes of a table: the distinct labels of its training rows, in order.

use crate::data::classes::{check_name, in_order};
use crate::data::dataset::MAX_CLASSES;
use crate::data::error::Error;
use crate::data::rows::Rows;
use crate::store::Printable;

/// The classes, by name.
pub(super) struct Classes {
    /// (K), in the order of the classes.
    pub(super) names: Vec<String>,
}

impl Classes {
    /// The classes of the training rows.
    pub(super) fn of(train: &Rows) -> Result<Self, Error> {
        let wrong = |found: String, expected: &str| Err(Error::new(found, expected).of(&train.place));
        match &train.texts[..] {
            [] => return wrong("no labels".into(), "at least two classes"),
            [one] => {
                let found = format!("one class alone ({})", Printable(one));
                return wrong(found, "rows of at least two classes");
            }
            more if more.len() > MAX_CLASSES => {
                let is_number = |text: &String| text.parse::<f64>().is_ok();
                let expected = match more.iter().all(is_number) {
                    true => "2 to 128; this looks like regression, or another column is the label",
                    false => "2 to 128; is another column the label?",
                };
                return wrong(format!("{} classes", more.len()), expected);
            }
            _ => {}
        }
        let mut names = train.texts.clone();
        if train.is_numbered {
            let mut count = 0;
            for (n, name) in names.iter().enumerate() {
                let number = name.parse().ok().filter(|&number: &usize| number < MAX_CLASSES);
                let number = number.ok_or_else(|| of_row(train, n, "0 to 127, the number of a class"))?;
                count = count.max(number + 1);
            }
            names = (0..count).map(|class| class.to_string()).collect();
        }
        for name in &names {
            check_name(name).map_err(|error| error.of(&train.place))?;
        }
        in_order(&mut names, |name| name);
        Ok(Self { names })
    }

    /// The class of each of the distinct labels of `rows`.
    ///
    /// # Errors
    /// The first row that is of none of the classes.
    pub(super) fn of_texts(&self, rows: &Rows) -> Result<Vec<u8>, Error> {
        let class = |(n, text): (usize, &String)| {
            let class = self.names.iter().position(|name| name == text);
            class.map(|class| class as u8).ok_or_else(|| {
                let expected = "a class that a training row has; move a row of it there, or remove all of it";
                of_row(rows, n, expected)
            })
        };
        rows.texts.iter().enumerate().map(class).collect()
    }
}

/// The error for the first row that has label `text`, an index.
fn of_row(rows: &Rows, text: usize, expected: &str) -> Error {
    let row = rows.labels.iter().position(|&label| label as usize == text).map_or(0, |row| row + 1);
    Error::new(format!("label {} in row {row}", Printable(&rows.texts[text])), expected).of(&rows.place)
}
