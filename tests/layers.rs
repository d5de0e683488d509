//! The code polices itself: who may use whom, where `unsafe` may stand, what stays out of the numeric
//! contract.
//!
//! The sources are read as text: comments, strings and `#[cfg(test)]` items are taken out, the rest is cut
//! into tokens, and each rule below is a search over tokens. That is not a compiler: a rule can be fooled on
//! purpose, not by accident. Every rule is itself tested, on a small offence that it must see and an innocent
//! neighbour that it must not.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fs;
use std::path::Path;
use std::sync::LazyLock;

/// Names that `core` does not have, and macros.
const NOT_IN_CORE: &str = "std alloc Vec String Box Rc Arc HashMap to_vec to_string to_owned";
const MACROS_NOT_IN_CORE: &str = "format vec";

/// Float functions of std that take no argument but the number. Ours take a token first, `s.sqrt(x)` and
/// `exp(s, x)`, so that empty parentheses tell the two apart.
const FLOAT_UNARY: &str = "acos acosh asin asinh atan atanh cbrt ceil cos cosh exp exp2 exp_m1 floor fract gamma \
    ln ln_1p ln_gamma log10 log2 round round_ties_even sin sin_cos sinh sqrt tan tanh trunc";

/// Float functions of std that take more; no method of ours has such a name.
const FLOAT_MORE: &str = "atan2 div_euclid hypot log mul_add powf powi rem_euclid";

/// Names that floats share with integers; after `f32::` there is no doubt.
const FLOAT_EXTREMES: &str = "clamp max maximum midpoint min minimum";

/// Where promised numbers are made.
const CONTRACT: &str = "simd math linalg rng infer train export import lab";

/// The layers of the command, below src/bin/monolayer; they name the library's as `monolayer::layer`.
const COMMAND: &str = "lab cli main";

/// What the crate's root offers beside its layers.
const ROOT: [&str; 4] = ["CONTRACT_VERSION", "Activation", "Isa", "numeric"];

/// Names of counts, which tell `min` and `max` of integers from those of floats.
const COUNTS: &str = "classes features hidden lanes len samples slack vectors width";

const INTEGERS: &str = "i8 i16 i32 i64 i128 isize u8 u16 u32 u64 u128 usize";

/// Names of `std::fs`, and methods of `Path` that look at the file system.
const FILE_SYSTEM: &str = "OpenOptions canonicalize exists fs is_dir is_file metadata read_dir read_link \
    symlink_metadata try_exists";

const NETWORK: &str = "TcpListener TcpStream ToSocketAddrs UdpSocket UnixDatagram UnixListener UnixStream";

const PRINTING: &str = "print println eprint eprintln dbg";

/// Module names that say nothing of what is inside.
const IDLE: &str = "utils util common prelude helpers misc";

const FILE_LINES: usize = 750;
const FUNCTION_LINES: usize = 75;
/// A `fmt` that has a message for each kind of error is a list, not a routine.
const FMT_LINES: usize = 120;

/// Whether `word` is one of `list`.
fn listed(list: &str, word: &str) -> bool {
    list.split_whitespace().any(|w| w == word)
}

// ---------------------------------------------------------------------------------------------- the table

/// One row of the table in src/lib.rs.
#[derive(Debug)]
struct Row {
    module: String,
    /// `core` only.
    above_std: bool,
    /// The paths after `crate::` that it may name; its own are always free.
    may_use: Vec<String>,
}

/// The table of `lib`'s documentation. A row may use the rows above it, or paths in them, or the root's
/// constant.
fn table(lib: &str) -> Result<Vec<Row>, String> {
    let mut rows: Vec<Row> = Vec::new();
    let mut above_std = true;
    for line in lib.lines().filter_map(|line| line.strip_prefix("//! |")) {
        let columns: Vec<&str> = line.split('|').map(str::trim).collect();
        let [layer, module, _, may_use, ""] = columns[..] else { return Err(format!("columns: {line}")) };
        above_std &= module != "the std line";
        if !layer.starts_with('L') {
            continue;
        }
        let free: Vec<String> =
            rows.iter().map(|row| row.module.clone()).chain(ROOT.map(String::from)).collect();
        let may_use = match may_use {
            "`core`" | "`std`" => Vec::new(),
            "all above" => free,
            list => {
                let path = |entry: &str| {
                    let path = entry.trim().strip_prefix('`')?.strip_suffix('`')?;
                    free.iter().any(|f| f == path.split("::").next().unwrap()).then(|| path.into())
                };
                let paths = list.split(',').map(|entry| path(entry).ok_or(format!("{module} uses {entry}")));
                paths.collect::<Result<_, _>>()?
            }
        };
        rows.push(Row { module: module.trim_matches(['[', '`', ']']).into(), above_std, may_use });
    }
    Ok(rows)
}

/// The crate's own.
static TABLE: LazyLock<Vec<Row>> = LazyLock::new(|| table(include_str!("../src/lib.rs")).unwrap());

/// Characters in a line of code.
static MAX_WIDTH: LazyLock<usize> = LazyLock::new(|| {
    let width = |line: &str| line.strip_prefix("max_width = ")?.parse().ok();
    include_str!("../rustfmt.toml").lines().find_map(width).unwrap()
});

// ---------------------------------------------------------------------------------------------- reading

/// One word, number, `::` or other character of the code, and the line it stands on, from 1.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Token<'a> {
    text: &'a str,
    line: usize,
}

/// One source file.
struct Source {
    /// Its path below src/ or src/bin/monolayer/, with `/`.
    name: String,
    text: String,
    /// `text` with every comment and the inside of every string and character turned to spaces.
    code: String,
    /// Declared under `#[cfg(test)]`: no part of the product.
    test: bool,
}

impl Source {
    fn new(name: &str, text: &str) -> Self {
        Self { name: name.into(), text: text.into(), code: strip(text), test: false }
    }

    /// The layer: the first component of the name.
    fn layer(&self) -> &str {
        self.name.split(['/', '.']).next().unwrap()
    }

    /// All tokens, tests included.
    fn tokens(&self) -> Vec<Token<'_>> {
        tokens(&self.code)
    }

    /// The tokens of the product.
    fn product(&self) -> Vec<Token<'_>> {
        if self.test { Vec::new() } else { without_tests(&self.tokens()) }
    }

    fn at(&self, line: usize, what: impl std::fmt::Display) -> String {
        let folder = if listed(COMMAND, self.layer()) { "bin/monolayer/" } else { "" };
        format!("src/{folder}{}:{line}: {what}", self.name)
    }
}

/// `text`, as long and with the same lines, with spaces for comments and for what quotes enclose.
fn strip(text: &str) -> String {
    let bytes = text.as_bytes();
    let mut out = bytes.to_vec();
    let mut blank = |from: usize, to: usize| {
        out[from..to].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = b' ');
    };
    let find = |from: usize, what: &str| text[from..].find(what).map_or(bytes.len(), |i| from + i);
    let mut i = 0;
    while i < bytes.len() {
        let rest = &bytes[i..];
        let end = if rest.starts_with(b"//") {
            find(i, "\n")
        } else if rest.starts_with(b"/*") {
            block_comment_end(bytes, i)
        } else if let Some(hashes) = raw_string(bytes, i) {
            let close = format!("\"{}", "#".repeat(hashes));
            let open = i + rest.iter().position(|&b| b == b'"').unwrap() + 1;
            (find(open, &close) + close.len()).min(bytes.len())
        } else if rest[0] == b'"' || (rest[0] == b'\'' && is_char_literal(text, i)) {
            quoted_end(bytes, i)
        } else {
            i += 1;
            continue;
        };
        blank(i, end);
        i = end;
    }
    String::from_utf8(out).unwrap()
}

/// Block comments nest.
fn block_comment_end(bytes: &[u8], start: usize) -> usize {
    let (mut depth, mut i) = (0, start);
    while i < bytes.len() {
        match &bytes[i..] {
            [b'/', b'*', ..] => (depth, i) = (depth + 1, i + 2),
            [b'*', b'/', ..] if depth == 1 => return i + 2,
            [b'*', b'/', ..] => (depth, i) = (depth - 1, i + 2),
            _ => i += 1,
        }
    }
    bytes.len()
}

/// The number of `#` of the raw string that starts here, `r` or `br` or `cr` included.
fn raw_string(bytes: &[u8], i: usize) -> Option<usize> {
    let before = i.checked_sub(1).map_or(b' ', |j| bytes[j]);
    if before.is_ascii_alphanumeric() || before == b'_' {
        return None;
    }
    let rest = &bytes[i..];
    let rest = rest.strip_prefix(b"b").or(rest.strip_prefix(b"c")).unwrap_or(rest).strip_prefix(b"r")?;
    let hashes = rest.iter().take_while(|&&b| b == b'#').count();
    (rest.get(hashes) == Some(&b'"')).then_some(hashes)
}

/// The end of the string or character whose opening quote stands at `start`.
fn quoted_end(bytes: &[u8], start: usize) -> usize {
    let mut i = start + 1;
    while i < bytes.len() && bytes[i] != bytes[start] {
        i += if bytes[i] == b'\\' { 2 } else { 1 };
    }
    (i + 1).min(bytes.len())
}

/// Whether the `'` at `i` opens a character (`'x'`, `'\n'`), not a lifetime.
fn is_char_literal(text: &str, i: usize) -> bool {
    let mut next = text[i + 1..].chars();
    match (next.next(), next.next()) {
        (Some('\\'), _) => true,
        (_, second) => second == Some('\''),
    }
}

fn tokens(code: &str) -> Vec<Token<'_>> {
    let word = |b: u8| b.is_ascii_alphanumeric() || b == b'_' || b >= 0x80;
    let bytes = code.as_bytes();
    let (mut out, mut line, mut i) = (Vec::new(), 1, 0);
    while i < bytes.len() {
        let start = i;
        i += 1;
        if word(bytes[start]) {
            while i < bytes.len() && word(bytes[i]) {
                i += 1;
            }
        } else if code[start..].starts_with("::") {
            i += 1;
        } else if bytes[start].is_ascii_whitespace() {
            line += usize::from(bytes[start] == b'\n');
            continue;
        }
        out.push(Token { text: &code[start..i], line });
    }
    out
}

/// Whether the texts of `tokens` begin with `words`.
fn starts(tokens: &[Token], words: &[&str]) -> bool {
    tokens.len() >= words.len() && tokens.iter().zip(words).all(|(t, w)| t.text == *w)
}

/// The number of tokens up to the end of the item that starts at `tokens[0]`: its `;`, or the brace that
/// closes its first brace.
fn item_end(tokens: &[Token]) -> usize {
    let mut depth = 0usize;
    for (i, token) in tokens.iter().enumerate() {
        match token.text {
            "{" | "(" | "[" => depth += 1,
            "}" | ")" | "]" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && token.text == "}" {
                    return i + 1;
                }
            }
            ";" if depth == 0 => return i + 1,
            _ => {}
        }
    }
    tokens.len()
}

/// Whether `tokens` begin with an attribute that keeps the next item for tests.
fn starts_test(tokens: &[Token]) -> bool {
    starts(tokens, &["#", "[", "cfg", "(", "test", ")", "]"])
        || starts(tokens, &["#", "[", "cfg", "(", "all", "(", "test", ","])
}

fn without_tests<'a>(tokens: &[Token<'a>]) -> Vec<Token<'a>> {
    let (mut out, mut i) = (Vec::new(), 0);
    while i < tokens.len() {
        if starts_test(&tokens[i..]) {
            i += item_end(&tokens[i..]);
        } else {
            out.push(tokens[i]);
            i += 1;
        }
    }
    out
}

// ---------------------------------------------------------------------------------------------- the rules

/// The paths that start at `tokens[0]`, after `crate::` or the like: more than one for `{a, b::c}`.
/// `self` as a last part stands for what is before it. Gives the number of tokens read.
fn paths(tokens: &[Token], prefix: &str, out: &mut Vec<String>) -> usize {
    let join = |part: &str| if prefix.is_empty() { part.into() } else { format!("{prefix}::{part}") };
    match tokens.first().map(|t| t.text) {
        Some("{") => {
            let mut i = 1;
            while i < tokens.len() && tokens[i].text != "}" {
                i += paths(&tokens[i..], prefix, out);
                // `as name`, and the comma.
                while i < tokens.len() && !["}", ","].contains(&tokens[i].text) {
                    i += 1;
                }
                i += usize::from(tokens.get(i).is_some_and(|t| t.text == ","));
            }
            i + 1
        }
        Some("self") => {
            out.push(prefix.into());
            1
        }
        Some(part)
            if tokens.get(1).is_some_and(|t| t.text == "::")
                && tokens.get(2).is_some_and(|t| t.text != "<") =>
        {
            2 + paths(&tokens[2..], &join(part), out)
        }
        Some(part) => {
            out.push(join(part));
            1
        }
        None => 0,
    }
}

/// For each token, the number of inline modules (`mod name { ... }`) around it.
fn inline_module_depths(tokens: &[Token]) -> Vec<usize> {
    let mut depths = vec![0; tokens.len()];
    for i in 0..tokens.len() {
        if tokens[i].text == "mod" && tokens.get(i + 2).is_some_and(|t| t.text == "{") {
            let end = i + item_end(&tokens[i..]);
            depths[i..end].iter_mut().for_each(|d| *d += 1);
        }
    }
    depths
}

/// Every path stays within its layer's row of the table.
fn layers(source: &Source) -> Vec<String> {
    if source.name == "lib.rs" {
        return Vec::new();
    }
    let layer = source.layer();
    let allowed = match TABLE.iter().find(|row| row.module == layer) {
        Some(row) => &row.may_use[..],
        None if source.name == "main.rs" => &[],
        None => return vec![source.at(1, format_args!("`{layer}` has no row in src/lib.rs"))],
    };
    let tokens = source.product();
    let depths = inline_module_depths(&tokens);
    // How many `super` lead from the file to the root of the crate.
    let file_depth = source.name.trim_end_matches("/mod.rs").split('/').count();
    let mut out = Vec::new();
    for (i, token) in tokens.iter().enumerate() {
        if starts(&tokens[i..], &["super", "::", "super"]) {
            out.push(source.at(token.line, "`super::super`: name the path from `crate`"));
        }
        let to_root = starts(&tokens[i..], &["crate", "::"])
            || starts(&tokens[i..], &["monolayer", "::"])
            || (starts(&tokens[i..], &["super", "::"]) && file_depth + depths[i] == 1);
        if !to_root {
            continue;
        }
        let mut found = Vec::new();
        paths(&tokens[i + 2..], "", &mut found);
        for path in found {
            let within = |entry: &str| path == entry || path.starts_with(&format!("{entry}::"));
            if !within(layer) && !allowed.iter().any(|entry| within(entry)) {
                out.push(source.at(token.line, format_args!("`{layer}` may not use `crate::{path}`")));
            }
        }
    }
    out
}

/// The module of a file: `train::run` for train/run.rs, `train` for train/mod.rs, nothing for lib.rs;
/// `bin::x` for the root of a program, bin/x/main.rs.
fn module_of(file: &str) -> String {
    let path = file.trim_end_matches(".rs").trim_end_matches("/mod").trim_end_matches("/main");
    if path == "lib" { String::new() } else { path.replace('/', "::") }
}

fn join(module: &str, name: &str) -> String {
    if module.is_empty() || name.is_empty() { format!("{module}{name}") } else { format!("{module}::{name}") }
}

/// What a file names of the crate.
#[derive(Default)]
struct Named {
    /// Paths from the root of the crate on, with their lines.
    paths: Vec<(String, usize)>,
    /// The names that it re-exports, and the paths that these stand for. A re-export alone is no use: that is
    /// where the name stands in the file besides.
    exports: HashMap<String, String>,
}

/// What `source` names by paths that begin with `crate`, `super`, `self`, a module that a `use` brings in, or
/// one below the file.
fn named(source: &Source, is_module: impl Fn(&str) -> bool) -> Named {
    let tokens = source.product();
    let depths = inline_module_depths(&tokens);
    let module = module_of(&source.name);
    let above = module.rsplit_once("::").map_or("", |(above, _)| above);
    let root = if source.layer() == "bin" {
        module.split("::").take(2).collect::<Vec<_>>().join("::")
    } else {
        "".into()
    };
    let (mut modules, mut words) = (HashMap::<String, String>::new(), HashMap::new());
    let mut out = Named::default();
    let mut i = 0;
    while i < tokens.len() {
        let Token { text, line } = tokens[i];
        let before = i.checked_sub(1).map_or("", |i| tokens[i].text);
        let from = i + usize::from(text == "use");
        if text != "use" && (before == "::" || !starts(&tokens[i + 1..], &["::"])) {
            if !["::", "mod"].contains(&before) {
                words.insert(text, line);
            }
            i += 1;
            continue;
        }
        let mut found = Vec::new();
        i = from + paths(&tokens[from..], "", &mut found).max(1);
        for path in found {
            let (first, rest) = path.split_once("::").unwrap_or((&path, ""));
            let path = match first {
                "crate" => join(&root, rest),
                "super" if depths[from] == 0 => join(above, rest),
                "super" | "self" => join(&module, rest),
                _ => modules.get(first).map_or_else(|| join(&module, &path), |known| join(known, rest)),
            };
            let name = path.rsplit("::").next().unwrap().to_string();
            if text == "use" && is_module(&path) {
                modules.insert(name, path);
            } else if text == "use" && ["pub", ")"].contains(&before) {
                out.exports.insert(name, path);
            } else {
                out.paths.push((path, line));
            }
        }
    }
    let used = |(name, path): (&String, &String)| words.get(&name[..]).map(|&line| (path.clone(), line));
    out.paths.extend(out.exports.iter().filter_map(used));
    out
}

/// The circles of imports between the files of a layer.
///
/// A file imports from another one where it names an item that is defined there; a re-export leads to the
/// definition. What a folder's own file defines is there for all files in the folder, and no import.
fn circles(sources: &[Source]) -> Vec<String> {
    let modules: Vec<String> = sources.iter().map(|source| module_of(&source.name)).collect();
    let files: HashMap<&str, usize> = modules.iter().enumerate().map(|(i, m)| (&m[..], i)).collect();
    let is_module = |path: &str| files.contains_key(path);
    let named: Vec<Named> = sources.iter().map(|source| named(source, is_module)).collect();
    // The file that defines what a path names; none for a module as a whole and for names from outside.
    let definition = |path: &str| {
        let mut path = path.to_string();
        for _ in 0..9 {
            let ends = path.match_indices("::").map(|(end, _)| end).filter(|&end| is_module(&path[..end]));
            let end = if is_module(&path) { return None } else { ends.last()? };
            let (name, rest) = path[end + 2..].split_once("::").unwrap_or((&path[end + 2..], ""));
            match named[files[&path[..end]]].exports.get(name) {
                Some(leads_to) => path = join(leads_to, rest),
                None => return Some(files[&path[..end]]),
            }
        }
        None
    };
    let imports_of = |i: usize| -> BTreeMap<usize, (usize, &str)> {
        let counts = |to: usize| {
            let is_above = modules[i].starts_with(&format!("{}::", modules[to]));
            to != i && !is_above && sources[to].layer() == sources[i].layer()
        };
        let found =
            named[i].paths.iter().filter_map(|(path, line)| Some((definition(path)?, (*line, &path[..]))));
        found.filter(|&(to, _)| counts(to)).collect()
    };
    let imports: Vec<_> = (0..sources.len()).map(imports_of).collect();
    let leads_back = |from: usize, to: usize| {
        let (mut reached, mut queue) = (BTreeSet::new(), vec![from]);
        while let Some(i) = queue.pop() {
            queue.extend(imports[i].keys().filter(|&&next| reached.insert(next)));
        }
        reached.contains(&to)
    };
    let mut out = Vec::new();
    for (i, imports) in imports.iter().enumerate() {
        for (&to, &(line, path)) in imports.iter().filter(|&(&to, _)| leads_back(to, i)) {
            let text = format!("`{path}` closes a circle: src/{} imports from here", sources[to].name);
            out.push(sources[i].at(line, text));
        }
    }
    out
}

/// No line of comment is longer than rustfmt makes lines of code, but for a table's rows. (A line that ends
/// in `\` is part of a string.)
fn narrow_comments(source: &Source) -> Vec<String> {
    let is_wide = |line: &str| {
        let comment = line.trim_start();
        let text = comment.trim_start_matches(['/', '!', ' ']);
        let is_row = text.starts_with('|') && text.ends_with('|');
        comment.starts_with("//") && !is_row && !line.ends_with('\\') && line.chars().count() > *MAX_WIDTH
    };
    let wide = source.text.lines().zip(1..).filter(|(line, _)| is_wide(line));
    wide.map(|(_, at)| source.at(at, format_args!("a comment of more than {} characters", *MAX_WIDTH)))
        .collect()
}

/// `unsafe`, and leave to write it, stand in src/simd alone.
fn unsafe_only_in_simd(source: &Source) -> Vec<String> {
    if source.layer() == "simd" {
        return Vec::new();
    }
    let offends = |t: &&Token| t.text == "unsafe" || t.text == "unsafe_code";
    source.tokens().iter().filter(offends).map(|t| source.at(t.line, "`unsafe` outside src/simd")).collect()
}

/// Every `unsafe` block and impl comes right after a comment that says SAFETY and why.
fn safety_comments(source: &Source) -> Vec<String> {
    let tokens = source.tokens();
    let lines: Vec<&str> = source.text.lines().map(str::trim).collect();
    let explained = |line: usize| {
        let mut above = lines[..line - 1].iter().rev().peekable();
        // The statement may have begun some lines above its `unsafe`.
        while above
            .next_if(|l| !l.starts_with("//") && !l.ends_with([';', '{', '}', ',']) && !l.is_empty())
            .is_some()
        {}
        above.take_while(|l| l.starts_with("//")).any(|l| l.contains("SAFETY: "))
    };
    (0..tokens.len())
        .filter(|&i| starts(&tokens[i..], &["unsafe", "{"]) || starts(&tokens[i..], &["unsafe", "impl"]))
        .filter(|&i| !explained(tokens[i].line))
        .map(|i| source.at(tokens[i].line, "`unsafe` without a SAFETY comment right above"))
        .collect()
}

/// Nothing above the std line names what `core` lacks. Detection in simd may, through one macro; and so may a
/// file that begins with `#![cfg(feature = "std")]`, which a build for `core` leaves out.
fn core_above_the_std_line(source: &Source) -> Vec<String> {
    let tokens = source.product();
    let begins = source.text.lines().find(|line| !line.starts_with("//!"));
    let needs_std = begins == Some("#![cfg(feature = \"std\")]");
    if needs_std || !TABLE.iter().any(|row| row.above_std && row.module == source.layer()) {
        return Vec::new();
    }
    let detection = |i: usize| {
        source.layer() == "simd" && starts(&tokens[i..], &["std", "::", "is_x86_feature_detected", "!"])
    };
    let offends = |i: usize| {
        (listed(NOT_IN_CORE, tokens[i].text) && !detection(i))
            || (listed(MACROS_NOT_IN_CORE, tokens[i].text) && starts(&tokens[i + 1..], &["!"]))
    };
    (0..tokens.len())
        .filter(|&i| offends(i))
        .map(|i| source.at(tokens[i].line, format_args!("`{}` above the std line", tokens[i].text)))
        .collect()
}

/// No float function of std or libm: its last bit depends on the machine.
fn no_std_float_functions(source: &Source) -> Vec<String> {
    let tokens = source.product();
    let any = |name: &str| listed(FLOAT_UNARY, name) || listed(FLOAT_MORE, name);
    let offends = |w: &[Token]| match (w[0].text, w[1].text) {
        (".", name) if listed(FLOAT_MORE, name) => w[2].text == "(",
        (".", name) if listed(FLOAT_UNARY, name) => w[2].text == "(" && w[3].text == ")",
        ("f32" | "f64", "::") => any(w[2].text) || listed(FLOAT_EXTREMES, w[2].text),
        ("libm" | "intrinsics", "::") => true,
        _ => false,
    };
    let message = |w: &[Token]| {
        source.at(w[0].line, format_args!("std's float function `{}{}{}`", w[0].text, w[1].text, w[2].text))
    };
    tokens.windows(4).filter(|w| offends(w)).map(message).collect()
}

/// `min`, `max`, `clamp`, `sum` and `product` of std are for counts. Of floats, std leaves open which zero is
/// the greater, and where its sums start has changed between its versions. (Without an argument, `min` and
/// `max` are an iterator's, which takes no floats.)
fn extremes_and_sums_of_counts(source: &Source) -> Vec<String> {
    if !listed(CONTRACT, source.layer()) {
        return Vec::new();
    }
    let tokens = source.product();
    let text = |i: usize| tokens.get(i).map_or("", |t| t.text);
    // Not the 0 of `pair.0`; and the point of `0.5` is none of `0..5`.
    let digits = |i: usize| text(i).starts_with(|c: char| c.is_ascii_digit()) && text(i - 1) != ".";
    let float = |i: usize| {
        matches!(text(i), "f32" | "f64") || (digits(i) && text(i + 1) == "." && text(i + 2) != ".")
    };
    let integer = |i: usize| {
        let hexadecimal = text(i).starts_with("0x");
        digits(i) && (hexadecimal || text(i).bytes().all(|b| b.is_ascii_digit() || b == b'_'))
    };
    let offends = |i: usize| match text(i + 1) {
        "min" | "max" | "clamp" if text(i + 2) == "(" && text(i + 3) != ")" => {
            let depths = || call_depths(&tokens[i + 2..]).zip(i + 2..);
            // What is in deeper brackets, an index say, tells nothing of the whole.
            let count = |i| integer(i) || listed(COUNTS, text(i));
            !depths().any(|(depth, i)| depth == 1 && count(i)) || depths().any(|(_, i)| float(i))
        }
        "sum" | "product" if text(i + 2) == "::" || (text(i + 2) == "(" && text(i + 3) == ")") => {
            let begin = (1..i).rev().find(|&i| [";", "{", "}"].contains(&text(i))).unwrap_or(0) + 1;
            let mut statement = begin..i + 2 + tokens[i + 2..].iter().take_while(|t| t.text != "(").count();
            let counts = text(i - 1) == ")" && listed(COUNTS, text(i - 2));
            !(counts || statement.clone().any(|i| listed(INTEGERS, text(i)))) || statement.any(float)
        }
        _ => false,
    };
    (0..tokens.len())
        .filter(|&i| tokens[i].text == "." && offends(i))
        .map(|i| source.at(tokens[i].line, format_args!("std's `{}` of what may be floats", text(i + 1))))
        .collect()
}

/// For each token of the call whose parenthesis opens at `tokens[0]`, the brackets around it.
fn call_depths(tokens: &[Token]) -> impl Iterator<Item = i32> {
    let deeper = |token: &Token| match token.text {
        "(" | "[" | "{" => 1,
        ")" | "]" | "}" => -1,
        _ => 0,
    };
    let depths = tokens.iter().scan(0, move |depth, token| {
        *depth += deeper(token);
        Some(*depth)
    });
    depths.take_while(|&depth| depth > 0)
}

/// Only the command prints.
fn printing_only_in_cli(source: &Source) -> Vec<String> {
    if source.layer() == "cli" {
        return Vec::new();
    }
    let tokens = source.product();
    let offends = |w: &&[Token]| listed(PRINTING, w[0].text) && w[1].text == "!";
    let message = |w: &[Token]| source.at(w[0].line, format_args!("`{}!` outside src/cli", w[0].text));
    tokens.windows(2).filter(offends).map(message).collect()
}

/// Only store touches files, and nothing opens a connection.
fn files_only_in_store(source: &Source) -> Vec<String> {
    let tokens = source.product();
    let files = |i: usize| listed(FILE_SYSTEM, tokens[i].text) || starts(&tokens[i..], &["File", "::"]);
    (0..tokens.len())
        .filter(|&i| listed(NETWORK, tokens[i].text) || (source.layer() != "store" && files(i)))
        .map(|i| {
            source.at(tokens[i].line, format_args!("`{}`: only src/store touches files", tokens[i].text))
        })
        .collect()
}

/// Files and functions that a person can read.
fn sizes(source: &Source) -> Vec<String> {
    let mut out = Vec::new();
    let lines = source.text.lines().count();
    if lines > FILE_LINES {
        out.push(source.at(lines, format_args!("{lines} lines in one file; at most {FILE_LINES}")));
    }
    let tokens = source.tokens();
    for (i, token) in tokens.iter().enumerate() {
        if token.text != "fn"
            || !tokens.get(i + 1).is_some_and(|t| t.text.starts_with(|c: char| c.is_alphabetic() || c == '_'))
        {
            continue;
        }
        let last = tokens[i + item_end(&tokens[i..]) - 1].line;
        let (name, length) = (tokens[i + 1].text, last - token.line + 1);
        let most = if name == "fmt" { FMT_LINES } else { FUNCTION_LINES };
        if length > most {
            out.push(source.at(token.line, format_args!("`{name}` has {length} lines; at most {most}")));
        }
    }
    out
}

/// No module has an idle name.
fn no_idle_names(source: &Source) -> Vec<String> {
    if source.name.split(['/', '.']).any(|part| listed(IDLE, part)) {
        vec![source.at(1, "a module is named after what it holds")]
    } else {
        Vec::new()
    }
}

/// The files declared by `mod name;` in `source`, as candidates below src/, and whether for tests only.
fn declared(source: &Source) -> Vec<([String; 2], bool)> {
    let folder = match source.name.rsplit_once('/') {
        _ if source.name == "lib.rs" || source.name == "main.rs" => String::new(),
        Some((folder, "mod.rs")) => format!("{folder}/"),
        _ => format!("{}/", source.name.trim_end_matches(".rs")),
    };
    let tokens = source.tokens();
    let kept: BTreeSet<_> = without_tests(&tokens).iter().map(|t| t.text.as_ptr()).collect();
    tokens
        .windows(3)
        .filter(|w| w[0].text == "mod" && w[2].text == ";")
        .map(|w| {
            let path = format!("{folder}{}", w[1].text);
            ([format!("{path}.rs"), format!("{path}/mod.rs")], !kept.contains(&w[0].text.as_ptr()))
        })
        .collect()
}

/// Marks what is declared for tests only, and names the files that no `mod` leads to.
fn dead_files(sources: &mut [Source]) -> Vec<String> {
    let mut reached: BTreeSet<usize> = BTreeSet::new();
    let mut queue: Vec<(usize, bool)> = (0..sources.len())
        .filter(|&i| ["lib.rs", "main.rs"].contains(&sources[i].name.as_str()))
        .map(|i| (i, false))
        .collect();
    while let Some((i, test)) = queue.pop() {
        sources[i].test = test;
        reached.insert(i);
        for (candidates, for_tests) in declared(&sources[i]) {
            queue.extend(
                sources.iter().position(|s| candidates.contains(&s.name)).map(|j| (j, test || for_tests)),
            );
        }
    }
    let dead = (0..sources.len()).filter(|i| !reached.contains(i));
    dead.map(|i| sources[i].at(1, "no `mod` leads to this file")).collect()
}

/// The root manifest and lock file know of no other package.
fn dependencies(manifest: &str, lock: &str) -> Vec<String> {
    let mut out: Vec<String> = manifest
        .lines()
        .map(str::trim)
        .filter(|l| {
            l.starts_with('[')
                && (l.contains("dependencies") || l.contains("[patch") || l.contains("[workspace"))
        })
        .map(|l| format!("Cargo.toml: {l}"))
        .collect();
    let packages = lock.lines().filter(|l| l.trim() == "[[package]]").count();
    if packages != 1 {
        out.push(format!("Cargo.lock: {packages} packages"));
    }
    out
}

// ---------------------------------------------------------------------------------------------- the tree

fn collect(folder: &Path, below: &str, out: &mut Vec<Source>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{below}{}", entry.file_name().to_str().unwrap());
        let name = name.strip_prefix("bin/monolayer/").unwrap_or(&name).to_owned();
        if entry.file_type().unwrap().is_dir() {
            collect(&entry.path(), &format!("{name}/"), out);
        } else if name.ends_with(".rs") {
            out.push(Source::new(&name, &fs::read_to_string(entry.path()).unwrap()));
        }
    }
}

/// The sources of the crate, tests marked; and the dead ones' complaints.
fn tree() -> (Vec<Source>, Vec<String>) {
    let mut sources = Vec::new();
    collect(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), "", &mut sources);
    sources.sort_by(|a, b| a.name.cmp(&b.name));
    assert!(sources.len() > 10);
    let dead = dead_files(&mut sources);
    (sources, dead)
}

/// Holds the tree against `rule`.
fn hold(rule: fn(&Source) -> Vec<String>) {
    let offences: Vec<String> = tree().0.iter().flat_map(rule).collect();
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}

/// `rule` must see each of `bad`, and none of `good`: pairs of a file's name and its text.
fn try_rule(rule: fn(&Source) -> Vec<String>, bad: &[(&str, &str)], good: &[(&str, &str)]) {
    for (name, text) in bad {
        assert!(!rule(&Source::new(name, text)).is_empty(), "not seen in {name}: {text}");
    }
    for (name, text) in good {
        let offences = rule(&Source::new(name, text));
        assert!(offences.is_empty(), "{text}: {offences:?}");
    }
}

#[test]
fn the_table_is_read() {
    let row =
        |layer: &str, module: &str, may_use: &str| format!("//! | {layer} | {module} | x | {may_use} |\n");
    let head =
        row("layer", "module", "what it may use") + "//! |---|---|---|---|\n" + &row("L0", "[`a`]", "`core`");
    let line = row("—", "the std line", "");
    let rows = table(
        &(head.clone()
            + &row("L1", "`b`", "`a::x`, `CONTRACT_VERSION`")
            + &line
            + &row("L2", "`c`", "all above")
            + &row("L2", "`d`", "`std`")),
    );
    let rows = rows.unwrap();
    let read: Vec<_> =
        rows.iter().map(|row| (&row.module[..], row.above_std, row.may_use.join(" "))).collect();
    let expected = [
        ("a", true, ""),
        ("b", true, "a::x CONTRACT_VERSION"),
        ("c", false, "a b CONTRACT_VERSION Activation Isa numeric"),
        ("d", false, ""),
    ];
    assert_eq!(read, expected.map(|(module, above, may_use)| (module, above, may_use.to_string())));
    for wrong in ["`c`", "`b`", "a", "`a` and `b`", "all", ""] {
        assert!(
            table(&(head.clone() + &row("L1", "`b`", wrong) + &row("L2", "`c`", "`a`"))).is_err(),
            "{wrong}"
        );
    }

    // The crate's own table has a row for every module, and no other.
    let lib = Source::new("lib.rs", include_str!("../src/lib.rs"));
    let main = Source::new("main.rs", include_str!("../src/bin/monolayer/main.rs"));
    let declared = [declared(&lib), declared(&main)].concat();
    let product = declared.iter().filter(|(_, for_tests)| !for_tests);
    let product: BTreeSet<String> =
        product.map(|([file, _], _)| file.trim_end_matches(".rs").into()).collect();
    assert_eq!(product, TABLE.iter().map(|row| row.module.clone()).collect());
}

#[test]
fn each_layer_uses_what_it_may() {
    try_rule(
        layers,
        &[
            ("math/exp.rs", "use crate::rng::Rng;"),
            ("math/exp.rs", "fn f() { let x = crate::linalg::f(); }"),
            ("math/exp.rs", "use crate::{simd::Simd, linalg};"),
            ("math/exp.rs", "use crate::{\n    simd::{Scalar, Simd},\n    weights::{self, View},\n};"),
            ("math/exp.rs", "use crate::*;"),
            ("math/exp.rs", "use super::super::simd::Simd;"),
            ("rng.rs", "use super::linalg::f;"),
            ("weights/mod.rs", "use super::linalg::f;"),
            ("weights/view.rs", "use crate::simd::Simd;"),
            ("weights/view.rs", "use crate::simd::*;"),
            ("weights/view.rs", "use crate::simd;"),
            ("weights/view.rs", "use crate::simd as words;"),
            ("store/mod.rs", "use crate::weights::View;"),
            ("store/mod.rs", "use crate::weights::Error;"),
            ("lab/mod.rs", "use crate::cli::f;"),
            ("main.rs", "use crate::x;"),
            ("extra.rs", ""),
            ("math/exp.rs", "#[cfg(not(test))] use crate::rng::Rng;"),
            ("math/exp.rs", "#[cfg(test)] mod t { } use crate::rng::Rng;"),
        ],
        &[
            ("math/exp.rs", "use crate::simd::{Simd, Scalar as S}; use crate::math::tanh; use super::tanh;"),
            ("math/mod.rs", "mod double { use super::tanh; }"),
            (
                "math/exp.rs",
                "//! [`x`](crate::rng)\n/* crate::rng /* */ crate::rng */ const A: &str = \"crate::rng\";",
            ),
            (
                "math/exp.rs",
                "const A: char = '\"'; const B: &str = r#\"\"crate::rng\"#; fn f<'a>(x: &'a u8) {}",
            ),
            ("math/exp.rs", "#[cfg(test)]\nmod tests { use crate::rng::Rng; use super::super::x; }"),
            (
                "weights/view.rs",
                "use crate::{CONTRACT_VERSION, math::Activation, simd::words::{as_f32, as_i8}};",
            ),
            ("cli/mod.rs", "fn f() -> u16 { crate::CONTRACT_VERSION }"),
            ("simd/avx2.rs", "use super::{Kernel, Simd};"),
        ],
    );
    hold(layers);
}

#[test]
fn imports_have_no_circle() {
    let found = |files: &[(&str, &str)]| -> Vec<String> {
        let sources: Vec<Source> = files.iter().map(|(name, text)| Source::new(name, text)).collect();
        let mut places: Vec<String> =
            circles(&sources).iter().map(|offence| offence.split(": ").next().unwrap().into()).collect();
        places.sort();
        places
    };
    let (lib, root) =
        (("lib.rs", "pub mod a;"), ("a/mod.rs", "mod x; mod y; mod z; pub use y::Y; pub const A: u8 = 1;"));
    let x = ("a/x.rs", "use super::y;\nfn f() { y::g() } pub struct X;");
    for y in [
        "use super::x::X;",
        "use crate::a::x::{self, X};",
        "use crate::a::x; fn f(_: x::X) {}",
        "fn f(_: super::x::X) {}",
        "use super::{A, x::{X, X as Z}};",
        "mod inner { use super::super::x; fn f(_: crate::a::x::X) {} }",
    ] {
        assert_eq!(found(&[lib, root, x, ("a/y.rs", y)]), ["src/a/x.rs:2", "src/a/y.rs:1"], "{y}");
    }
    for y in [
        "use super::A; pub fn g() {}",
        "pub fn g() {}\n#[cfg(test)]\nmod tests { use crate::a::x::X; }",
        "/// [`X`](super::x::X)\npub fn g() {}",
        "pub use super::x::X;",
        "use super::x;",
        "use crate::b::x::X;",
    ] {
        assert!(found(&[lib, root, x, ("a/y.rs", y), ("b/x.rs", "use crate::a::y;")]).is_empty(), "{y}");
    }
    // By way of a third file, a re-export, and a folder's own file.
    let three = [
        lib,
        root,
        ("a/x.rs", "use super::Y;"),
        ("a/y.rs", "use super::z::deep;\npub struct Y;"),
        ("a/z/mod.rs", "mod below; pub use below::deep;"),
        ("a/z/below.rs", "\n\npub fn deep() { crate::a::x::f() }"),
    ];
    assert_eq!(found(&three), ["src/a/x.rs:1", "src/a/y.rs:1", "src/a/z/below.rs:3"]);
    let folder =
        [("b/mod.rs", "mod c; use c::C;\npub struct B;"), ("b/c.rs", "use super::B;\npub struct C;")];
    assert!(found(&folder).is_empty());
    let program = [
        ("bin/a/main.rs", "mod b; mod c;"),
        ("bin/a/b.rs", "use crate::c::C;"),
        ("bin/a/c.rs", "use super::b; fn f() { b::g() }"),
    ];
    assert_eq!(found(&program), ["src/bin/a/b.rs:1", "src/bin/a/c.rs:1"]);
    // A name that is re-exported, and used.
    let used = [
        ("b/mod.rs", ""),
        ("b/c/mod.rs", "mod d; pub use d::D;\nfn f(_: D) {} pub struct C;"),
        ("b/c/d.rs", "use crate::b::e::E; pub struct D;"),
        ("b/e.rs", "use super::c::C; pub struct E;"),
    ];
    assert_eq!(found(&used), ["src/b/c/d.rs:1", "src/b/c/mod.rs:2", "src/b/e.rs:1"]);

    let offences = circles(&tree().0);
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}

#[test]
fn comments_keep_within_the_width_of_code() {
    let fits = format!("    // {}\n", "ä".repeat(103));
    let (wide, code) = (fits.replacen('/', "//", 1), "x".repeat(200));
    try_rule(
        narrow_comments,
        &[("a.rs", &wide), ("a.rs", &format!("//! {code}"))],
        &[("a.rs", &fits), ("a.rs", &code), ("a.rs", &format!("//! | {code} |"))],
    );
    let mut sources = Vec::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    for folder in
        ["src", "tests", "benches", "examples"].map(|name| root.join(name)).iter().filter(|f| f.is_dir())
    {
        let name = folder.file_name().unwrap().to_str().unwrap();
        collect(folder, &format!("../{name}/"), &mut sources);
    }
    sources.retain(|source| !source.name.starts_with("../benches/target/"));
    let offences: Vec<String> = sources.iter().flat_map(narrow_comments).collect();
    assert!(offences.is_empty(), "\n{}\n", offences.join("\n"));
}

#[test]
fn unsafe_stays_in_simd() {
    try_rule(
        unsafe_only_in_simd,
        &[
            ("math/exp.rs", "fn f() { unsafe { g() } }"),
            ("lib.rs", "#![allow(unsafe_code)]"),
            ("train/mod.rs", "#[expect(unsafe_code)] fn f() {}"),
            ("data/mod.rs", "#[cfg(test)] mod tests { unsafe fn f() {} }"),
        ],
        &[("simd/mod.rs", "unsafe fn f() {}"), ("math/mod.rs", "// unsafe\nconst A: &str = \"unsafe\";")],
    );
    hold(unsafe_only_in_simd);
}

#[test]
fn unsafe_is_explained() {
    try_rule(
        safety_comments,
        &[
            ("simd/a.rs", "fn f() {\n    unsafe { g() }\n}"),
            ("simd/a.rs", "// SAFETY: not this one.\nlet a = 1;\nlet b = unsafe { g() };"),
            ("simd/a.rs", "// It is safe.\nlet b = unsafe { g() };"),
            ("simd/a.rs", "unsafe impl Send for A {}"),
        ],
        &[
            ("simd/a.rs", "// SAFETY: the token proves it,\n// as `detect` made it.\nunsafe { g() }"),
            ("simd/a.rs", "// SAFETY: long enough.\nlet (a, b) =\n    unsafe { g() };"),
            ("simd/a.rs", "/// # Safety\n/// Mind the gap.\nunsafe fn f() {}"),
        ],
    );
    hold(safety_comments);
}

#[test]
fn the_std_line_holds() {
    try_rule(
        core_above_the_std_line,
        &[
            ("infer/mod.rs", "use std::time::Instant;"),
            ("math/exp.rs", "fn f(x: &[f32]) -> Vec<f32> { x.into() }"),
            ("rng.rs", "let s = format!(\"{x}\");"),
            ("weights/view.rs", "extern crate alloc;"),
            ("weights/view.rs", "let x = y.to_vec();"),
            ("math/exp.rs", "std::is_x86_feature_detected!(\"fma\")"),
            ("simd/avx2.rs", "std::env::var(\"X\")"),
            ("weights/file.rs", "#![cfg(not(feature = \"std\"))]\nuse std::vec::Vec;"),
            ("weights/file.rs", "use std::vec::Vec;\n#![cfg(feature = \"std\")]"),
        ],
        &[
            ("simd/avx2.rs", "#[cfg(feature = \"std\")] let x = std::is_x86_feature_detected!(\"fma\");"),
            ("math/exp.rs", "/// A Vec of std.\n#[cfg(test)] mod tests { use std::vec::Vec; }"),
            ("weights/view.rs", "pub fn format(self) -> u16 { self.format }"),
            ("weights/file.rs", "//! A file.\n#![cfg(feature = \"std\")]\n\nuse std::vec::Vec;"),
            ("infer/mod.rs", "core::fmt::Formatter; f.write_fmt(format_args!(\"\"));"),
            ("train/mod.rs", "use std::vec::Vec;"),
        ],
    );
    hold(core_above_the_std_line);
}

#[test]
fn the_contract_uses_its_own_functions() {
    try_rule(
        no_std_float_functions,
        &[
            ("train/mod.rs", "let y = x.ln();"),
            ("train/mod.rs", "let y = (a + b)\n    .exp();"),
            ("train/mod.rs", "let y = x.powi(2) + x.powf(0.5);"),
            ("cli/mod.rs", "let y = a.mul_add(b, c);"),
            ("math/exp.rs", "let y = f32::exp(x);"),
            ("math/exp.rs", "xs.map(f64::sqrt)"),
            ("rng.rs", "let y = 2.0_f64.sqrt();"),
            ("lab/mod.rs", "let y = x.log(10.0) + x.round();"),
            ("data/mod.rs", "let y = libm::exp(x);"),
            ("math/exp.rs", "let y = x.fract() + x.rem_euclid(2.0);"),
            ("cli/mod.rs", "let y = xs.fold(0.0, f32::max);"),
            ("cli/mod.rs", "let y = f64::clamp(x, 0.0, 1.0);"),
        ],
        &[
            (
                "math/exp.rs",
                "let y = s.sqrt(x); let z = exp(s, x); let w = math::tanh(s, x); math::double::ln(v);",
            ),
            (
                "math/mod.rs",
                "Self::Cos => cos(s, a), let (sin, cos) = sin_cos(s, x); let t = activation.cos;",
            ),
            (
                "math/mod.rs",
                "use core::f32::consts::LN_2; let a = f32::from_bits(1); let b = f32::MAX; f64::from(a); x.abs(); n.ilog2();",
            ),
            ("math/mod.rs", "#[cfg(test)] mod tests { fn f(x: f64) -> f64 { x.exp().ln() } }"),
        ],
    );
    hold(no_std_float_functions);
}

#[test]
fn std_compares_and_sums_counts_alone() {
    try_rule(
        extremes_and_sums_of_counts,
        &[
            ("math/exp.rs", "let y = x.max(0.0);"),
            ("math/exp.rs", "let y = x.min(1e3);"),
            ("math/exp.rs", "let y = x.max(-1f32);"),
            ("train/fit.rs", "let y = x.min(y);"),
            ("train/fit.rs", "let y = x.min(pair.1).max(row[0]);"),
            ("train/fit.rs", "let y = x.max(f(row.len()));"),
            ("lab/metrics.rs", "let y = share.clamp(0.0, 1.0);"),
            ("infer/mod.rs", "let y = scale.max(features as f32);"),
            ("infer/mod.rs", "let y = scale.max(x / f32::from(1));"),
            ("lab/metrics.rs", "let m: f64 = xs.iter().sum();"),
            ("lab/metrics.rs", "let m = xs.iter().sum::<f64>();"),
            ("lab/metrics.rs", "fn f(xs: &[u8]) -> f64 { xs.iter().copied().map(f64::from).product() }"),
            ("linalg/head.rs", "let m = f(xs.iter().sum());"),
            ("linalg/head.rs", "let m = f(xs.iter().map(|x| x / width as f32).sum());"),
        ],
        &[
            (
                "linalg/head.rs",
                "let y = width.min(self.hidden - first).max(1); let z = STRIP.min(rest.len());",
            ),
            ("weights/encode.rs", "let y = x.min(y);"),
            (
                "train/config.rs",
                "let y = threads.clamp(1, 256); let z = x.min(0xFFFF); let w = x.max(2 * n.0);",
            ),
            ("train/fit.rs", "let y = panels.iter().map(|panel| panel.width).max(); norms.sum(width, 0.0);"),
            (
                "train/fit.rs",
                "let x = 0.5f32; let n: u32 = counts.iter().sum(); let m = counts.iter().sum::<u64>();",
            ),
            ("lab/metrics.rs", "fn f(n: &[u32]) -> u64 { (0..9).map(|i| u64::from(n[i])).sum() }"),
            ("math/exp.rs", "#[cfg(test)] mod tests { fn f(x: f64) -> f64 { x.max(0.0) } }"),
        ],
    );
    hold(extremes_and_sums_of_counts);
}

#[test]
fn only_the_command_prints() {
    try_rule(
        printing_only_in_cli,
        &[("train/mod.rs", "println!(\"x\");"), ("data/mod.rs", "eprint!(\"x\");"), ("main.rs", "dbg!(x);")],
        &[("cli/mod.rs", "println!();"), ("train/mod.rs", "/// println!()\nfn print() {} let x = print();")],
    );
    hold(printing_only_in_cli);
}

#[test]
fn only_store_touches_files() {
    try_rule(
        files_only_in_store,
        &[
            ("data/mod.rs", "use std::fs;"),
            ("cli/mod.rs", "use std::{fs::File, io};"),
            ("cli/mod.rs", "let f = File::open(p)?;"),
            ("data/mod.rs", "if path.is_dir() {}"),
            ("store/mod.rs", "use std::net::TcpStream;"),
        ],
        &[
            ("store/mod.rs", "use std::fs::{self, File, OpenOptions}; path.exists();"),
            ("data/mod.rs", "use std::path::Path; #[cfg(test)] mod tests { use std::fs; }"),
        ],
    );
    hold(files_only_in_store);
}

#[test]
fn files_and_functions_fit_a_reader() {
    let long = format!("fn long() {{\n{}}}\n", "    x();\n".repeat(FUNCTION_LINES - 1));
    let fits = format!("fn fits() {{\n{}}}\n", "    x();\n".repeat(FUNCTION_LINES - 2));
    let list = format!("fn fmt() {{\n{}}}\n", "    x();\n".repeat(FMT_LINES - 2));
    let file = "\n".repeat(FILE_LINES + 1);
    try_rule(
        sizes,
        &[("a.rs", &long), ("a.rs", &list.replace("fmt() {", "fmt() {\n")), ("a.rs", &file)],
        &[
            ("a.rs", &fits),
            ("a.rs", &list),
            ("a.rs", &file[1..]),
            ("a.rs", &format!("trait T {{ fn f(); }} {fits}")),
        ],
    );
    hold(sizes);
}

#[test]
fn names_say_what_is_inside() {
    try_rule(no_idle_names, &[("data/utils.rs", ""), ("common/mod.rs", "")], &[("data/tar.rs", "")]);
    hold(no_idle_names);
}

#[test]
fn no_file_is_dead() {
    let mut planted = [
        ("lib.rs", "mod a; #[cfg(test)] mod t; mod inline { }"),
        ("a/mod.rs", "pub mod b; // mod dead;"),
        ("a/b.rs", "mod c;"),
        ("a/b/c.rs", ""),
        ("a/dead.rs", ""),
        ("t.rs", "mod u;"),
        ("t/u.rs", "use std::fs;"),
    ]
    .map(|(name, text)| Source::new(name, text));
    assert_eq!(dead_files(&mut planted), ["src/a/dead.rs:1: no `mod` leads to this file"]);
    let tests: Vec<&str> = planted.iter().filter(|s| s.test).map(|s| s.name.as_str()).collect();
    assert_eq!(tests, ["t.rs", "t/u.rs"]);

    let (_, dead) = tree();
    assert!(dead.is_empty(), "\n{}\n", dead.join("\n"));
}

#[test]
fn there_is_one_package() {
    let one = "[[package]]\nname = \"monolayer\"\n";
    for section in
        ["[dependencies]", "[dev-dependencies]", "[target.'cfg(unix)'.dependencies]", "[dependencies.x]"]
    {
        assert!(!dependencies(&format!("[package]\n{section}\n"), one).is_empty(), "{section}");
    }
    assert!(!dependencies("[package]", &one.repeat(2)).is_empty());
    assert!(dependencies("[package]\n# No [dependencies]\n", one).is_empty());

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let read = |name: &str| fs::read_to_string(root.join(name)).unwrap();
    let offences = dependencies(&read("Cargo.toml"), &read("Cargo.lock"));
    assert!(offences.is_empty(), "{offences:?}");
}
