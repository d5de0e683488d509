//! CONTRACT.md is the contract of these sources: its sections are cited and exist, its constants are the ones
//! in use.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

/// What cites a section, followed by its number.
const CITATION: &str = "CONTRACT C";

/// What opens a section, followed by its number.
const HEADING: &str = "\n## C";

/// The folders and files that may cite. A package made from the repository lacks some of them.
const CITING: [&str; 6] = ["src", "tests", "benches", "tools", "docs", "README.md"];

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn read(name: &str) -> String {
    let text = fs::read_to_string(root().join(name)).unwrap_or_else(|error| panic!("{name}: {error}"));
    text.replace("\r\n", "\n")
}

/// The numbers that follow `mark` in `text`, with the lines they stand on, from 1.
fn numbers_after(mark: &str, text: &str) -> Vec<(usize, u32)> {
    let place = |(at, _)| {
        let digits: String = text[at + mark.len()..].chars().take_while(char::is_ascii_digit).collect();
        let line = text[..at].matches('\n').count() + 1;
        digits.parse().ok().map(|number| (line, number))
    };
    text.match_indices(mark).filter_map(place).collect()
}

/// The section numbers of `contract`, in its order; an error where they do not count from 1.
fn sections(contract: &str) -> Result<BTreeSet<u32>, String> {
    let found: Vec<u32> = numbers_after(HEADING, contract).into_iter().map(|(_, number)| number).collect();
    let expected: Vec<u32> = (1..=found.len() as u32).collect();
    if found.is_empty() || found != expected {
        return Err(format!("sections are numbered {found:?}, expected 1, 2, 3, ..."));
    }
    Ok(found.into_iter().collect())
}

/// The citations of `text`, as section numbers and `name:line`.
fn citations(name: &str, text: &str) -> Vec<(u32, String)> {
    let numbers = numbers_after(CITATION, text).into_iter();
    numbers.map(|(line, number)| (number, format!("{name}:{line}"))).collect()
}

/// Adds the citations of every text file at or below `name`; skips build outputs.
fn collect(name: &str, out: &mut Vec<(u32, String)>) {
    let path = root().join(name);
    if path.is_dir() {
        for entry in fs::read_dir(&path).unwrap() {
            let file = entry.unwrap().file_name();
            let file = file.to_str().unwrap();
            if file != "target" && !file.starts_with('.') {
                collect(&format!("{name}/{file}"), out);
            }
        }
    } else if let Ok(text) = fs::read_to_string(&path) {
        out.extend(citations(name, &text));
    }
}

#[test]
fn sections_are_numbered_without_a_gap() {
    assert_eq!(sections("\n## C1 A\n## Appendix\n## C2 B\n"), Ok(BTreeSet::from([1, 2])));
    for wrong in ["", "\n## C2 A\n", "\n## C1 A\n\n## C3 B\n", "\n## C1 A\n## C1 B\n", "\n## C2 A\n## C1 B\n"]
    {
        assert!(sections(wrong).is_err(), "{wrong}");
    }
    assert_eq!(sections(&read("CONTRACT.md")).unwrap().len(), 19);
}

#[test]
fn every_citation_names_a_section_and_every_section_is_cited() {
    // Taken apart, or these lines would be citations themselves.
    let text = ["x\nsee CONTRACT", " C12, CONTRACT", " C3.\nCONTRACT", " Cx"].concat();
    assert_eq!(citations("f", &text), [(12, "f:2".to_string()), (3, "f:2".to_string())]);

    let sections = sections(&read("CONTRACT.md")).unwrap();
    let mut found = Vec::new();
    CITING.iter().for_each(|name| collect(name, &mut found));
    let unknown: Vec<String> = found
        .iter()
        .filter(|(number, _)| !sections.contains(number))
        .map(|(number, place)| format!("{place}: CONTRACT.md has no section C{number}"))
        .collect();
    assert!(unknown.is_empty(), "\n{}\n", unknown.join("\n"));

    let by_code = found.iter().filter(|(_, place)| place.starts_with("src/") || place.starts_with("tests/"));
    let cited: BTreeSet<u32> = by_code.map(|&(number, _)| number).collect();
    let silent: Vec<String> = sections.difference(&cited).map(|number| format!("C{number}")).collect();
    assert!(silent.is_empty(), "nothing in src or tests cites {}", silent.join(", "));

    // A section may refer to others as well.
    let contract = read("CONTRACT.md");
    let words = contract.split(|c: char| !c.is_ascii_alphanumeric());
    let references = words.filter_map(|word| word.strip_prefix('C')?.parse().ok());
    let unknown: BTreeSet<u32> = references.filter(|number| !sections.contains(number)).collect();
    assert!(unknown.is_empty(), "CONTRACT.md refers to {unknown:?}");
}

// ---------------------------------------------------------------------------------------------- constants

/// A constant's bits, one or several numbers, by name; hexadecimal digits as the appendix writes them.
type Constants = BTreeMap<String, Vec<String>>;

/// The appendix of `contract`. Indices count from 0 and stand in order.
fn appendix(contract: &str) -> Constants {
    let (_, appendix) = contract.split_once("\n## Appendix").expect("an appendix");
    let mut out = Constants::new();
    for line in appendix.lines().filter(|line| line.contains("| 0x")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').map(str::trim).collect();
        let [name, index, bits] = cells[..] else { panic!("three columns: {line}") };
        let values = out.entry(name.to_string()).or_default();
        match index {
            "" => assert!(values.is_empty(), "{name} is there twice"),
            index => assert_eq!(index, values.len().to_string(), "{name}: indices count from 0"),
        }
        values.push(bits.strip_prefix("0x").unwrap().to_string());
    }
    out
}

/// The bits of the number that `literal` spells, in Rust, of that type.
fn bits_of(literal: &str, kind: &str) -> String {
    let text = literal.replace('_', "");
    match kind {
        "f32" => format!("{:08X}", text.parse::<f32>().unwrap().to_bits()),
        "f64" => format!("{:016X}", text.parse::<f64>().unwrap().to_bits()),
        "u64" => {
            let hexadecimal = text.strip_prefix("0x").map(|digits| u64::from_str_radix(digits, 16));
            format!("{:016X}", hexadecimal.unwrap_or_else(|| text.parse()).unwrap())
        }
        other => panic!("a constant of type {other}"),
    }
}

/// The constants that `source` declares by literals: `const NAME: f32 = 1.0;` or an array of such.
fn declared(source: &str) -> Constants {
    let declaration = |item: &str| {
        let (declaration, _) = item.split_once(';').filter(|(before, _)| !before.contains('['))?;
        let (name, rest) = declaration.split_once(": ")?;
        let (kind, value) = rest.split_once(" = ")?;
        let number = |text: &str| text.starts_with(|c: char| c.is_ascii_digit() || c == '-');
        let plain = ["f32", "f64", "u64"].contains(&kind) && number(value) && !value.contains(' ');
        plain.then(|| (name.to_string(), vec![bits_of(value, kind)]))
    };
    let array = |item: &str| {
        let (name, rest) = item.split_once(": [")?;
        let (kind, rest) = rest.split_once("; ")?;
        let (_, values) = rest.split_once('=')?;
        let (values, _) = values.trim_start().strip_prefix('[')?.split_once(']')?;
        let values = values.split(',').map(str::trim).filter(|value| !value.is_empty());
        Some((name.to_string(), values.map(|value| bits_of(value, kind)).collect()))
    };
    source.split("const ").skip(1).filter_map(|item| declaration(item).or_else(|| array(item))).collect()
}

/// 1/n! for each n, rounded once; signs alternate from `sign` on, unless it is 0.
fn inverse_factorials(terms: impl Iterator<Item = u64>, sign: i32) -> Vec<String> {
    let term = |(at, n): (usize, u64)| {
        let factorial: u128 = (1..=u128::from(n)).product();
        let value = 1.0 / factorial as f64;
        let negative = (sign < 0) != (sign != 0 && at % 2 == 1);
        bits_of(&format!("{:?}", if negative { -value } else { value }), "f64")
    };
    terms.enumerate().map(term).collect()
}

#[test]
fn constants_are_read() {
    let source = "/// x\npub const A: f32 = 12_582_912.0;\nconst B: [f64; 2] =\n    [1.0, -2.0];\nconst C: u64 = 0x1_F;\
                  const fn f() -> [u8; 2] { [1, 2] }\nconst D: f32 = f();\n";
    let expected = [
        ("A", vec!["4B400000"]),
        ("B", vec!["3FF0000000000000", "C000000000000000"]),
        ("C", vec!["000000000000001F"]),
    ];
    let expected: Vec<_> = expected
        .map(|(name, values)| (name.to_string(), values.into_iter().map(String::from).collect::<Vec<_>>()))
        .into();
    assert_eq!(declared(source).into_iter().collect::<Vec<_>>(), expected);
    let appendix =
        appendix("\n## Appendix\n| A |  | 0x4B400000 |\n| B | 0 | 0x00000001 |\n| B | 1 | 0x00000002 |\n");
    assert_eq!(appendix["B"], ["00000001", "00000002"]);
}

/// The constants outside of src/math/coefficients.rs: the appendix's name, the file, the name or literal
/// there.
const NAMED: [(&str, &str, &str); 4] = [
    ("ROUND", "src/simd/mod.rs", "ROUND"),
    ("F64_ROUND", "src/math/double.rs", "ROUND"),
    ("SQRT_HALF_BITS", "src/math/double.rs", "SQRT_HALF_BITS"),
    ("SPLITMIX_INCREMENT", "src/rng.rs", "GAMMA"),
];

/// Integers in the middle of expressions: the appendix's name, the index, the file, the literal there.
const LITERALS: [(&str, usize, &str, &str); 5] = [
    ("XORSHIFT_FACTOR", 0, "src/rng.rs", "2_685_821_657_736_338_717"),
    ("SPLITMIX_FACTOR", 0, "src/rng.rs", "0xBF58_476D_1CE4_E5B9"),
    ("SPLITMIX_FACTOR", 1, "src/rng.rs", "0x94D0_49BB_1331_11EB"),
    ("FNV_OFFSET", 0, "src/weights/network.rs", "0xCBF2_9CE4_8422_2325"),
    ("FNV_PRIME", 0, "src/weights/network.rs", "0x0000_0100_0000_01B3"),
];

#[test]
fn the_appendix_has_the_constants_in_use() {
    let contract = read("CONTRACT.md");
    let found = appendix(&contract);
    let coefficients = read("src/math/coefficients.rs");
    let mut expected = declared(&coefficients);
    let count = coefficients.matches("const ").count();
    assert_eq!(expected.len(), count, "constants of src/math/coefficients.rs");
    for (name, file, there) in NAMED {
        expected.insert(name.into(), declared(&read(file))[there].clone());
    }
    for (name, index, file, literal) in LITERALS {
        assert!(read(file).contains(literal), "{file} lacks {literal}");
        let values = expected.entry(name.into()).or_default();
        assert_eq!(values.len(), index);
        values.push(bits_of(literal, "u64"));
    }
    let of_core = [
        ("TAU", bits_of(&format!("{:?}", std::f32::consts::TAU), "f32")),
        ("F64_LOG2_E", bits_of(&format!("{:?}", std::f64::consts::LOG2_E), "f64")),
        ("F64_TWO_OVER_PI", bits_of(&format!("{:?}", std::f64::consts::FRAC_2_PI), "f64")),
        ("F64_PI", bits_of(&format!("{:?}", std::f64::consts::PI), "f64")),
    ];
    expected.extend(of_core.map(|(name, bits)| (name.to_string(), vec![bits])));
    // The cosine schedule's π/2 is the reduction's first part.
    assert_eq!(expected["HALF_PI"][0], bits_of(&format!("{:?}", std::f32::consts::FRAC_PI_2), "f32"));
    expected.insert("F64_EXP".into(), inverse_factorials(2..14, 0));
    expected.insert("F64_SIN".into(), inverse_factorials((3..18).step_by(2), -1));
    expected.insert("F64_COS".into(), inverse_factorials((4..17).step_by(2), 1));
    assert_eq!(found, expected);

    // Every constant of the appendix is used by a section.
    let (sections, _) = contract.split_once("\n## Appendix").unwrap();
    let words: BTreeSet<&str> = sections.split(|c: char| !c.is_ascii_alphanumeric() && c != '_').collect();
    let idle: Vec<&String> = found.keys().filter(|name| !words.contains(name.as_str())).collect();
    assert!(idle.is_empty(), "no section uses {idle:?}");
}

/// Numbers that the sections give in full, and what the sources have instead: a change of one side alone is
/// seen.
#[test]
fn numbers_in_the_text_are_those_in_use() {
    let contract = read("CONTRACT.md");
    let table = [
        ("x < −104 ? −104 : x", "src/math/exp.rs", "const LEAST: f32 = -104.0;"),
        ("89 < x ? 89 : x", "src/math/exp.rs", "const GREATEST: f32 = 89.0;"),
        ("10 < a ? 10 : a", "src/math/tanh.rs", "const GREATEST: f32 = 10.0;"),
        ("a > 2^20", "src/math/trig.rs", "const GREATEST: f32 = 1_048_576.0;"),
        ("e < 2^-60", "src/math/softplus.rs", "f32::from_bits((127 - 60) << 23)"),
        (
            "21, 19, 17, 15, 13, 11, 9, 7, 5, 3",
            "src/math/double.rs",
            "[21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0]",
        ),
        ("G * 1.125 > 5: 5", "src/train/quantise.rs", "const TANH_RANGE: f64 = 5.0;"),
        ("G * 1.125.", "src/train/quantise.rs", "const MARGIN: f64 = 1.125;"),
        ("0xEDB88320", "src/weights/crc.rs", "0xEDB8_8320"),
        ("9D 6D 6F 6E 6F 0D 0A 0A", "src/weights/layout.rs", r#"*b"\x9Dmono\r\n\n""#),
    ];
    let flat = contract.split_whitespace().collect::<Vec<_>>().join(" ");
    for (text, file, code) in table {
        assert!(flat.contains(text), "CONTRACT.md lacks {text}");
        assert!(read(file).contains(code), "{file} lacks {code}");
    }
    let title = format!("# The numeric contract, version {}\n", monolayer::CONTRACT_VERSION);
    assert!(contract.starts_with(&title), "the title has another version");

    // The header's table, field by field.
    let header = monolayer::internals::layout::TABLE;
    let mut at = 0;
    for field in header.iter().filter(|field| !field.name.starts_with("reserved")) {
        assert!(field.offset >= at);
        at = field.offset + field.size;
        let row = format!("\n| {} | {} |", field.offset, field.size);
        assert!(contract.contains(&row), "CONTRACT.md lacks the field {} at {}", field.name, field.offset);
    }
}
