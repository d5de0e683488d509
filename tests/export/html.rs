//! The page to draw on: whole in itself, and in node.js, where there is one, the program's bits.
//! (tools/pages/draw does the rest, in a browser.)

use super::{Network, logits_of, networks, probabilities_of};
use monolayer::Activation;
use monolayer::data::Framing;
use monolayer::export::{Error, html};
use monolayer::internals;
use monolayer::rng::Rng;
use monolayer::weights::Picture;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

fn page_of(network: &Network) -> Result<String, Error> {
    network.with_view(html::write)
}

/// The networks, as pictures of one column: their numbers of pixels are no squares.
fn drawable() -> Vec<(&'static str, Network)> {
    let mut all = networks();
    for (_, network) in &mut all {
        network.picture = Picture { channels: 1, height: network.picture.width, width: 1 };
    }
    all
}

fn between<'a>(text: &'a str, before: &str, after: &str) -> &'a str {
    let (_, rest) = text.split_once(before).unwrap_or_else(|| panic!("no {before}"));
    rest.split_once(after).unwrap_or_else(|| panic!("no {after}")).0
}

/// The numbers behind base64, by a table that is searched.
fn decoded(text: &str) -> Vec<u8> {
    let digits = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let bits: Vec<u8> = text
        .trim_end_matches('=')
        .chars()
        .flat_map(|c| (0..6).rev().map(move |i| (digits.find(c).unwrap() >> i & 1) as u8))
        .collect();
    bits.chunks_exact(8).map(|byte| byte.iter().fold(0, |sum, bit| sum << 1 | bit)).collect()
}

#[test]
fn the_page_is_whole_and_asks_for_nothing() {
    for (name, network) in drawable() {
        let page = page_of(&network).unwrap();
        assert!(!page.contains("{{") && !page.contains("}}"), "{name}: a placeholder is left");
        for word in
            ["http:", "https:", "//cdn", " src=", "@import", "url(", "fetch(", "XMLHttpRequest", "import("]
        {
            assert!(!page.contains(word), "{name}: {word}");
        }
        assert!(page.contains("default-src 'none'"));
        let weights: Vec<u8> = network.w1.iter().chain(&network.w2).flat_map(|w| w.to_le_bytes()).collect();
        assert_eq!(
            decoded(between(&page, "<script id=\"weights\" type=\"text/plain\">", "<")),
            weights,
            "{name}"
        );
        // One activation, and the polynomials that it needs.
        assert_eq!(page.matches("function activation(").count(), 1);
        assert_eq!(page.contains("function sinPolynomial"), network.activation == Activation::Cos);
        assert_eq!(page.contains("function tanhPolynomial"), network.activation == Activation::Tanh);
    }
}

#[test]
fn names_cannot_leave_their_place_and_shapes_must_be_known() {
    let mut network = Network::random(3, Activation::Tanh, [4, 2, 4], 1.0, 0.5);
    network.names = ["</script><b>", "\"\\", "größe", "&amp;<!--"].map(String::from).to_vec();
    let page = page_of(&network).unwrap();
    assert_eq!(page.matches("</script").count(), 2);
    assert!(!page.contains("<b>") && !page.contains("<!--"));
    assert!(page.contains(r"\u003c/script\u003e\u003cb\u003e"));
    assert!(page.contains("\"größe\"") && page.contains("Draw a picture"));
    network.names = ["0", "1", "2", "3"].map(String::from).to_vec();
    assert!(page_of(&network).unwrap().contains("<title>Draw a digit</title>"));
    // 4 pixels may be 2 x 2; 5 can be no square.
    let network = Network::random(3, Activation::Tanh, [5, 2, 2], 1.0, 0.5);
    let error = page_of(&network).unwrap_err();
    assert!(error.to_string().starts_with("pictures of 5 pixels in one row, expected a height"), "{error}");
    let network = Network::random(3, Activation::Tanh, [4, 2, 2], 1.0, 0.5).of_table();
    let error = page_of(&network).unwrap_err();
    let message = "the 4 features of a table, expected pictures, which can be drawn; export c, rust or onnx";
    assert_eq!(error.to_string(), message);
    // Nor can planes be seen of which nobody knows what they are.
    let mut network = Network::random(3, Activation::Tanh, [8, 2, 2], 1.0, 0.5);
    network.picture = Picture { channels: 2, height: 2, width: 2 };
    let error = page_of(&network).unwrap_err();
    assert!(error.to_string().starts_with("pictures of 2 channels, expected 1 or 3"), "{error}");
}

/// Reads requests from stdin: `P` and a picture, for the bits of its logits and probabilities and its class;
/// or `F`, height and width (two bytes each) and three planes, for what the model would see of it.
const DRIVER: &str = "
const fs = require('fs');
const page = fs.readFileSync(process.argv[2], 'utf8');
const weights = /<script id=\"weights\"[^>]*>([^<]*)</.exec(page)[1];
globalThis.document = { getElementById: () => ({ textContent: weights }) };
const script = page.slice(page.lastIndexOf('<script>') + 8, page.indexOf('// ---- the page'));
const all = '{ PIXELS, logits, softmax, greatest, fitted, selfTest, bitsOf, activation, fma }';
const m = new Function(script + '; return ' + all)();
const input = fs.readFileSync(0);
const hex = x => (m.bitsOf(x) >>> 0).toString(16).padStart(8, '0');
const out = [m.selfTest()];
for (let at = 0; at < input.length;) {
  if (input[at++] === 80) {
    const logits = m.logits(input.subarray(at, at += m.PIXELS));
    out.push([...logits, ...m.softmax(logits)].map(hex).join(' ') + ' ' + m.greatest(logits));
  } else {
    const height = input.readUInt16LE(at), width = input.readUInt16LE(at + 2);
    at += 4;
    const planes = [0, 1, 2].map(() => Uint8Array.from(input.subarray(at, at += height * width)));
    const fitted = m.fitted(planes, height, width);
    out.push(fitted ? Buffer.from(fitted).toString('hex') : 'blank');
  }
}
console.log(out.join('\\n'));
";

/// What the driver says; `None`, with a line that says so, where there is no node.js.
fn in_node(name: &str, page: &str, requests: &[u8]) -> Option<Vec<String>> {
    let node = std::env::var("NODE").unwrap_or("node".into());
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("export_html");
    std::fs::create_dir_all(&folder).unwrap();
    let (driver, file) = (folder.join(format!("{name}.js")), folder.join(format!("{name}.html")));
    std::fs::write(&driver, DRIVER).unwrap();
    std::fs::write(&file, page).unwrap();
    let child =
        Command::new(&node).args([&driver, &file]).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
    let Ok(mut child) = child else {
        println!("skipped: no node.js (`{node}`) here");
        return None;
    };
    child.stdin.take().unwrap().write_all(requests).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{name}");
    Some(String::from_utf8(output.stdout).unwrap().lines().map(String::from).collect())
}

#[test]
fn the_page_computes_the_programs_bits() {
    for (name, network) in drawable() {
        let (page, file, pictures) = (page_of(&network).unwrap(), network.file(), network.pictures());
        let requests: Vec<u8> = pictures.iter().flat_map(|p| [b"P", &p[..]].concat()).collect();
        let Some(lines) = in_node(name, &page, &requests) else { return };
        assert_eq!(lines[0], "0", "{name}: the page's own test");
        assert_eq!(lines.len(), 1 + pictures.len());
        for (pixels, line) in pictures.iter().zip(&lines[1..]) {
            let logits = logits_of(&file, pixels);
            let bits = logits.iter().copied().chain(probabilities_of(&file, pixels));
            let expected: Vec<String> = bits.map(|bits| format!("{bits:08x}")).collect();
            let greater = |a: usize, b: usize| f32::from_bits(logits[a]) > f32::from_bits(logits[b]);
            let class = (1..logits.len()).fold(0, |best, k| if greater(k, best) { k } else { best });
            assert_eq!(*line, format!("{} {class}", expected.join(" ")), "{name}");
        }
    }
}

#[test]
fn the_pages_own_test_sees_a_changed_bit() {
    let network = &drawable()[0].1;
    let page = page_of(network).unwrap();
    let at = page.find("const EXPECTED").unwrap();
    let at = at + page[at..].find("0x").unwrap() + 9;
    let mut changed = page.clone();
    changed.replace_range(at..=at, if page[at..].starts_with('0') { "1" } else { "0" });
    let Some(lines) = in_node("changed", &changed, b"") else { return };
    assert_eq!(lines, ["1"]);
}

/// Pictures of all sizes, drawn and random, in colour and grey: what the page sees is what `--fit` makes of
/// them.
#[test]
fn the_page_fits_pictures_as_the_program_does() {
    let mut rng = Rng::new(1, 0);
    for (name, framing, [channels, height, width]) in [
        ("grey", "", [1, 28, 28]),
        ("light", "light 20 box", [1, 28, 28]),
        ("filled", "dark 28x28 box", [1, 28, 28]),
        ("photographs", "none", [1, 28, 28]),
        ("odd", "", [1, 9, 5]),
        ("colour", "", [3, 32, 32]),
        ("wide", "", [3, 2, 7]),
    ] {
        let model = Picture { channels, height, width };
        let mut network = Network::random(1, Activation::Tanh, [model.pixels() as usize, 1, 2], 255.0, 0.1);
        (network.picture, network.framing) = (model, framing);
        let framing = Framing::of_training(&format!("framing={framing}"), model);
        let framing = if network.framing.is_empty() { Some(Framing::of_mnist(model)) } else { framing };
        let (mut requests, mut expected) = (Vec::new(), vec![String::from("0")]);
        for round in 0..60 {
            let mut across = 1 + rng.below(if round % 2 == 0 { 9 } else { 90 }) as u16;
            let mut down = 1 + rng.below(if round % 3 == 0 { 9 } else { 90 }) as u16;
            match round {
                3 => (across, down) = (1100, 300), // in blocks
                7 | 11 | 15 | 19 => (across, down) = (width, height),
                _ => {}
            }
            let area = usize::from(across) * usize::from(down);
            let (paper, noise) = (rng.next_u32() as u8, 1 + rng.below(1 + round));
            let grey = round % 4 < 2;
            let mut planes: Vec<u8> =
                (0..3 * area).map(|_| paper.saturating_add(rng.below(noise) as u8)).collect();
            for _ in 0..rng.below(4) {
                // A bar somewhere.
                let ink = rng.next_u32() as u8;
                let [x, y] = [across, down].map(|side| rng.below(side.into()) as usize);
                let length = 1 + rng.below(120) as usize;
                for c in 0..3 {
                    let row = c * area + y * usize::from(across);
                    planes[row + x..(row + x + length).min(row + usize::from(across))].fill(ink);
                }
            }
            if grey {
                planes.copy_within(..area, area);
                planes.copy_within(..area, 2 * area);
            }
            requests.push(b'F');
            requests.extend([down, across].iter().flat_map(|side| side.to_le_bytes()));
            requests.extend(&planes);
            let found = Picture { channels: 3, height: down, width: across };
            let fitted = internals::fit(found, &planes, model, framing).unwrap();
            expected.push(match fitted {
                Some(pixels) => pixels.iter().map(|pixel| format!("{pixel:02x}")).collect(),
                None => String::from("blank"),
            });
        }
        let Some(lines) = in_node(name, &page_of(&network).unwrap(), &requests) else { return };
        for (round, (found, expected)) in lines.iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "{name}, round {round}");
        }
        assert_eq!(lines.len(), expected.len());
    }
}
