//! Output: results to stdout, messages to stderr, and the abilities of the terminal.

use std::io::{self, BufWriter, IsTerminal, Write};

use monolayer::store::Printable;

/// Columns of a terminal where COLUMNS is not set.
const USUAL_COLUMNS: usize = 80;

/// Where results and messages go.
pub struct Console {
    results: Box<dyn Write + Send>,
    /// The abilities of stdout.
    pub stdout: Screen,
    /// The abilities of stderr.
    pub stderr: Screen,
}

/// The abilities of one of the two outputs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// Whether lines can be rewritten: on a terminal, unless TERM is `dumb` or not set.
    pub live: bool,
    /// Whether colours are wanted: on a live terminal without NO_COLOR.
    pub colour: bool,
    /// Whether characters beyond ASCII are shown: on a terminal, in a UTF-8 locale.
    pub unicode: bool,
    /// Columns of a line.
    pub columns: usize,
}

/// The variables of the environment that say what a terminal can show.
#[derive(Clone, Debug, Default)]
struct Environment {
    columns: Option<String>,
    no_color: Option<String>,
    term: Option<String>,
    /// The first that is set and not empty of LC_ALL, LC_CTYPE and LANG.
    locale: Option<String>,
}

impl Console {
    /// This process's.
    pub fn of_this_process() -> Self {
        let environment = Environment::of_this_process();
        Self {
            results: Box::new(BufWriter::new(io::stdout())),
            stdout: Screen::new(io::stdout().is_terminal(), &environment),
            stderr: Screen::new(io::stderr().is_terminal(), &environment),
        }
    }

    /// From now on, results go to stderr: stdout carries the model.
    pub fn results_to_stderr(&mut self) {
        self.results = Box::new(BufWriter::new(io::stderr()));
        self.stdout = self.stderr;
    }

    /// Writes results.
    ///
    /// # Errors
    /// Writing failed, for example because the reader has closed the pipe.
    pub fn print(&mut self, text: &str) -> io::Result<()> {
        self.print_bytes(text.as_bytes())
    }

    /// Writes results that need not be Unicode.
    ///
    /// # Errors
    /// As [`Console::print`].
    pub fn print_bytes(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.results.write_all(bytes)
    }

    /// Writes a line of results and flushes it, for programs that follow the run.
    ///
    /// # Errors
    /// As [`Console::print`].
    pub fn print_line_now(&mut self, line: &str) -> io::Result<()> {
        self.print(line)?;
        self.print_now("\n")
    }

    /// Writes results and flushes them, before messages that come after them.
    ///
    /// # Errors
    /// As [`Console::print`].
    pub fn print_now(&mut self, text: &str) -> io::Result<()> {
        self.print(text)?;
        self.flush()
    }

    /// Flushes the results written so far.
    ///
    /// # Errors
    /// As [`Console::print`].
    pub fn flush(&mut self) -> io::Result<()> {
        self.results.flush()
    }
}

/// Writes to stderr; a failure to do so is ignored.
pub fn message(text: &str) {
    let mut stderr = io::stderr().lock();
    let _ = stderr.write_all(text.as_bytes()).and_then(|()| stderr.flush());
}

/// `text` with control characters escaped, so that names from files and arguments neither break lines nor
/// drive the terminal.
pub fn printable(text: &str) -> String {
    Printable(text).to_string()
}

/// A word for a shell, quoted if necessary.
pub fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "%+,-./:=@_".contains(c);
    match !word.is_empty() && word.chars().all(plain) {
        true => word.to_string(),
        false => format!("'{}'", word.replace('\'', "'\\''")),
    }
}

impl Environment {
    fn of_this_process() -> Self {
        let text = |name| std::env::var_os(name).map(|value| value.to_string_lossy().into_owned());
        let set = |name| text(name).filter(|value| !value.is_empty());
        Self {
            columns: text("COLUMNS"),
            no_color: set("NO_COLOR"),
            term: set("TERM"),
            locale: set("LC_ALL").or_else(|| set("LC_CTYPE")).or_else(|| set("LANG")),
        }
    }
}

impl Screen {
    /// Columns of a line that is redrawn: one stays free, because some terminals wrap a full line.
    pub fn line_columns(&self) -> usize {
        self.columns.saturating_sub(1)
    }

    fn new(terminal: bool, environment: &Environment) -> Self {
        let live = terminal && environment.term.as_deref().is_some_and(|term| term != "dumb");
        let locale = environment.locale.as_deref().unwrap_or_default().to_ascii_lowercase();
        let columns = environment.columns.as_deref().and_then(|text| text.parse().ok()).filter(|&n| n > 0);
        Self {
            live,
            colour: live && environment.no_color.is_none(),
            unicode: terminal && (locale.contains("utf-8") || locale.contains("utf8")),
            columns: columns.unwrap_or(USUAL_COLUMNS),
        }
    }
}

/// 1234567 as "1,234,567".
pub fn grouped(n: u64) -> String {
    let digits = n.to_string();
    let (first, rest) = digits.split_at(1 + (digits.len() - 1) % 3);
    let mut out = String::from(first);
    for three in rest.as_bytes().chunks_exact(3) {
        out.push(',');
        out.extend(three.iter().copied().map(char::from));
    }
    out
}

/// Splits `text` into lines of at most `columns` characters where its spaces allow, the second and later
/// indented by `indent`.
pub fn wrapped(text: &str, indent: usize, columns: usize) -> String {
    let mut out = String::new();
    let mut used = indent;
    for word in text.split_whitespace() {
        let length = word.chars().count();
        if out.is_empty() {
            used += length;
        } else if used + 1 + length > columns {
            out.push('\n');
            out.push_str(&" ".repeat(indent));
            used = indent + length;
        } else {
            out.push(' ');
            used += 1 + length;
        }
        out.push_str(word);
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn environment() -> Environment {
        let set = |text: &str| Some(text.to_owned());
        Environment { term: set("xterm"), locale: set("en_GB.UTF-8"), ..Environment::default() }
    }

    #[test]
    fn a_screen_honours_the_environment() {
        let usual = Screen::new(true, &environment());
        assert_eq!(usual, Screen { live: true, colour: true, unicode: true, columns: 80 });
        let piped = Screen::new(false, &environment());
        assert_eq!(piped, Screen { live: false, colour: false, unicode: false, columns: 80 });
        let dumb = Screen::new(true, &Environment { term: Some("dumb".to_owned()), ..environment() });
        assert_eq!(dumb, Screen { live: false, colour: false, ..usual });
        let unknown = Screen::new(true, &Environment { term: None, ..environment() });
        assert_eq!(unknown, dumb);
        let plain = Screen::new(true, &Environment { no_color: Some("1".to_owned()), ..environment() });
        assert_eq!(plain, Screen { colour: false, ..usual });
        let c = Screen::new(true, &Environment { locale: Some("C".to_owned()), ..environment() });
        assert_eq!(c, Screen { unicode: false, ..usual });
    }

    #[test]
    fn columns_are_a_positive_number_or_eighty() {
        for (text, columns) in [("132", 132), ("1", 1), ("0", 80), ("", 80), ("-5", 80), ("wide", 80)] {
            let screen = Screen::new(true, &Environment { columns: Some(text.to_owned()), ..environment() });
            assert_eq!(screen.columns, columns, "{text}");
        }
    }

    #[test]
    fn numbers_are_grouped() {
        for (n, text) in
            [(0, "0"), (999, "999"), (1000, "1,000"), (60_000, "60,000"), (1_234_567, "1,234,567")]
        {
            assert_eq!(grouped(n), text);
        }
    }

    #[test]
    fn control_characters_are_escaped() {
        assert_eq!(printable("ünï a\x1b[31m\n\u{9b}"), "ünï a\\u{1b}[31m\\n\\u{9b}");
    }

    #[test]
    fn lines_wrap_at_spaces() {
        assert_eq!(wrapped("aa bb cc dd", 2, 7), "aa bb\n  cc dd");
        assert_eq!(wrapped("unbreakable x", 0, 4), "unbreakable\nx");
        assert_eq!(wrapped("", 4, 10), "");
    }

    #[test]
    fn words_are_quoted_where_a_shell_would_read_more_into_them() {
        for (word, expected) in [
            ("data/mnist", "data/mnist"),
            ("1e-5", "1e-5"),
            ("", "''"),
            ("my data", "'my data'"),
            ("it's", "'it'\\''s'"),
            ("$(x)", "'$(x)'"),
            ("~", "'~'"),
        ] {
            assert_eq!(quoted(word), expected);
        }
    }
}
