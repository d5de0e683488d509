//! HTML: escaping of text from outside, the page's frame, sections and tables.

use monolayer::store::Printable;

/// The style sheet, for light and dark, narrow and wide.
const STYLE: &str = include_str!("page.css");

/// Escapes text for an element or a quoted attribute: characters with a meaning in HTML as references,
/// control characters, which HTML forbids, as in a Rust string.
pub(super) fn escaped(text: &str) -> String {
    let mut out = String::new();
    for c in Printable(text).to_string().chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            _ => out.push(c),
        }
    }
    out
}

/// Escapes text and isolates its direction of writing from the text around it.
pub(super) fn isolated(text: &str) -> String {
    format!("<bdi>{}</bdi>", escaped(text))
}

/// A whole page. Its content security policy forbids the browser to load or run anything.
pub(super) fn page(title: &str, body: &str) -> String {
    let (title, version) = (escaped(title), env!("CARGO_PKG_VERSION"));
    format!(
        "<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n\
         <meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src \
         'unsafe-inline'; img-src data:\">\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>{title}</title>\n<link rel=\"icon\" \
         href=\"data:,\">\n<style>\n{STYLE}</style>\n</head>\n<body>\n<main>\n\
         {body}</main>\n<footer>monolayer {version}, numeric contract {}</footer>\n</body>\n</html>\n",
        monolayer::CONTRACT_VERSION
    )
}

/// A section of a page. `note` is HTML.
pub(super) fn section(title: &str, note: &str, body: &str) -> String {
    let note = if note.is_empty() { String::new() } else { format!("<p class=\"note\">{note}</p>\n") };
    format!("<section>\n<h2>{}</h2>\n{note}{body}</section>\n", escaped(title))
}

/// A table in a scroll box of its own, for where it is wider than the page. `head` and `rows` are HTML rows.
pub(super) fn table(class: &str, label: &str, head: &str, rows: &str) -> String {
    format!(
        "<div class=\"scroll\" tabindex=\"0\" role=\"region\" aria-label=\"{label}\"><table \
         class=\"{class}\">\n\
         <thead>{head}</thead>\n<tbody>\n{rows}</tbody>\n</table></div>\n"
    )
}

/// Key figures, side by side: names and values.
pub(super) fn figures<'a>(figures: impl IntoIterator<Item = (&'a str, String)>) -> String {
    let item = |(name, value): (&str, String)| {
        format!("<div><strong>{}</strong><span>{}</span></div>\n", escaped(&value), escaped(name))
    };
    format!("<div class=\"figures\">\n{}</div>\n", figures.into_iter().map(item).collect::<String>())
}

/// A list of names with their values.
pub(super) fn list<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> String {
    let items = pairs
        .map(|(name, value)| format!("<div><dt>{}</dt><dd>{}</dd></div>\n", escaped(name), isolated(value)));
    format!("<dl>\n{}</dl>\n", items.collect::<String>())
}

/// Charts beside each other where the page is wide enough.
pub(super) fn charts(charts: &str) -> String {
    format!("<div class=\"charts\">\n{charts}</div>\n")
}

/// A part that a click unfolds.
pub(super) fn folded(summary: &str, body: &str) -> String {
    format!("<details>\n<summary>{}</summary>\n{body}</details>\n", escaped(summary))
}

/// A command line that a click selects as a whole.
pub(super) fn command(line: &str) -> String {
    let note = "The command that repeats it, bit for bit, on any machine:";
    format!(
        "<p class=\"note\">{note}</p>\n<pre class=\"command\" tabindex=\"0\"><code>{}</code></pre>\n",
        escaped(line)
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_gets_out_of_its_place() {
        assert_eq!(escaped("<a href=\"x\">'&amp;'"), "&lt;a href=&quot;x&quot;&gt;&#39;&amp;amp;&#39;");
        assert_eq!(escaped("a\0b\u{1b}[2J\u{85}\n"), "a\\u{0}b\\u{1b}[2J\\u{85}\\n");
        assert_eq!(escaped("Zürich ほげ"), "Zürich ほげ");
        assert_eq!(isolated("\u{202e}x"), "<bdi>\u{202e}x</bdi>");
    }
}
