//! Reads report pages: whole, well formed, escaped.

use std::fs;
use std::path::PathBuf;

/// Elements without an end.
const VOID: &[&str] = &["meta", "link", "br", "img"];

/// What pages may have: nothing that runs, loads or leads away.
const KNOWN: &str = "html head meta title link style body main footer section h1 h2 p div span strong br bdi table thead \
    tbody tr th td dl dt dd details summary pre code figure figcaption ul li img svg path circle rect text image";

/// The attributes of an element, by name.
#[track_caller]
fn attributes(text: &str) -> Vec<(&str, &str)> {
    let mut rest = text.trim();
    let mut found = Vec::new();
    while !rest.is_empty() {
        let (name, after) = rest.split_once("=\"").unwrap_or_else(|| panic!("no value: {text}"));
        let (value, after) = after.split_once('"').unwrap_or_else(|| panic!("no end of a value: {text}"));
        assert!(!name.is_empty() && name.chars().all(|c| c.is_ascii_alphabetic() || c == '-'), "{text}");
        assert!(found.iter().all(|(other, _)| *other != name), "twice {name}: {text}");
        found.push((name, value));
        assert!(after.is_empty() || after.starts_with(' '), "{text}");
        rest = after.trim_start();
    }
    found
}

/// No reference but those that are known, no control character.
#[track_caller]
fn is_text(text: &str) {
    for after in text.split('&').skip(1) {
        assert!(
            ["amp;", "lt;", "gt;", "quot;", "#39;"].iter().any(|name| after.starts_with(name)),
            "&{after:.20}"
        );
    }
    assert!(!text.contains(|c: char| c.is_control() && c != '\n'), "a control character in {text:?}");
}

/// Looks at every character of a page, and gives its text, without elements.
#[track_caller]
pub(crate) fn read(page: &str) -> String {
    let mut rest = page.strip_prefix("<!DOCTYPE html>\n").expect("a doctype");
    let (mut open, mut text): (Vec<&str>, String) = (Vec::new(), String::new());
    while let Some(start) = rest.find('<') {
        let (before, tag) = rest.split_at(start);
        if open.last() != Some(&"style") {
            is_text(before);
            assert!(!before.contains('>'), "a stray > in {before:?}");
            text += before;
        }
        let (tag, after) = tag[1..].split_once('>').expect("an element that ends");
        rest = after;
        if let Some(name) = tag.strip_prefix('/') {
            assert_eq!(open.pop(), Some(name), "ends in {:?}", &before[before.len().saturating_sub(80)..]);
            continue;
        }
        let alone = tag.ends_with('/');
        let (name, about) =
            tag.trim_end_matches('/').split_once(' ').unwrap_or((tag.trim_end_matches('/'), ""));
        assert!(KNOWN.split_whitespace().any(|known| known == name), "element {name}");
        for (attribute, value) in attributes(about) {
            is_text(value);
            assert!(!attribute.starts_with("on"), "{tag}");
            if ["src", "href"].contains(&attribute) {
                assert!(value.starts_with("data:"), "{name} leads to {value:.60}");
            } else if open.contains(&"svg") && !["class", "aria-label"].contains(&attribute) {
                assert!(!value.contains("NaN") && !value.contains("inf"), "{tag}");
            }
        }
        if !alone && !VOID.contains(&name) {
            open.push(name);
        }
    }
    assert!(open.is_empty() && rest == "\n", "{open:?} {rest:?}");
    for (character, name) in [("&lt;", '<'), ("&gt;", '>'), ("&quot;", '"'), ("&#39;", '\''), ("&amp;", '&')]
        .map(|(reference, c)| (reference, c.to_string()))
    {
        text = text.replace(character, &name);
    }
    text
}

/// Keeps a page in the target folder's tmp/report for the browser (tools/pages/check), and reads it.
#[track_caller]
pub(crate) fn kept(name: &str, page: &str) -> String {
    // target/debug/deps/TEST
    let test = std::env::current_exe().unwrap();
    let folder: PathBuf = test.ancestors().nth(3).unwrap().join("tmp/report");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join(format!("{name}.html")), page).unwrap();
    read(page)
}
