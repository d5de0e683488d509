//! The exported C, compiled where there is a compiler, computes the program's logits, bit for bit.

use super::{Network, logits_of, networks, probabilities_of, wild, with_model};
use monolayer::Activation;
use monolayer::export::c;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, Stdio};

const STRICT: &[&str] = &[
    "-std=c99",
    "-Wall",
    "-Wextra",
    "-Wpedantic",
    "-Wconversion",
    "-Wshadow",
    "-Wmissing-prototypes",
    "-Werror",
    "-ffp-contract=off",
];

/// A compiler may contract a * b + c here wherever the processor can.
const NATIVE: &[&str] = &["-O2", "-march=native"];

/// Reads pictures, writes the bits of their logits and of their probabilities.
const DRIVER: &str = r#"
#include <stdio.h>
#include "NAME.h"
int main(void) {
    unsigned char pixels[UPPER_PIXELS];
    union { float value; int integer; unsigned bits; } logits[UPPER_CLASSES], probabilities[UPPER_CLASSES];
    while (fread(pixels, sizeof pixels, 1, stdin) == 1) {
        int k;
        NAME_logits(pixels, &logits[0].MEMBER);
        for (k = 0; k < UPPER_CLASSES; k++) printf("%08x ", logits[k].bits);
        for (k = 0; k < UPPER_CLASSES; k++) probabilities[k] = logits[k];
        NAME_softmax(SOFTMAX);
        for (k = 0; k < UPPER_CLASSES; k++) printf("%08x ", probabilities[k].bits);
        printf("%d %s\n", NAME_predict(pixels), NAME_names[NAME_predict(pixels)]);
    }
    return 0;
}
"#;

/// The C compiler; `None`, with a line that says so, where there is none.
fn compiler() -> Option<String> {
    let compiler = std::env::var("CC").unwrap_or("cc".into());
    let found = Command::new(&compiler).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    match found {
        Ok(status) if status.success() => Some(compiler),
        _ => {
            println!("skipped: no C compiler (`{compiler}`) here");
            None
        }
    }
}

fn folder() -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join("export_c");
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

/// A model to be tried: its name, its file, pictures for it, what its classes are called.
struct Subject {
    name: String,
    file: Vec<u8>,
    pictures: Vec<Vec<u8>>,
    names: Vec<String>,
}

impl Subject {
    fn new(name: &str, file: Vec<u8>, network: &Network) -> Self {
        Self { name: name.into(), file, pictures: network.pictures(), names: network.names.clone() }
    }
}

/// Each network in floats and in integers, and integers that wrap.
fn subjects() -> Vec<Subject> {
    let mut out = Vec::new();
    for (name, network) in networks() {
        out.push(Subject::new(name, network.file(), &network));
        // The weights of these two are too great for int8.
        if !["cos_large", "one"].contains(&name) {
            out.push(Subject::new(&format!("{name}_int8"), network.int8_file(), &network));
        }
    }
    for (activation, sizes) in [
        (Activation::Tanh, [300, 16, 3]),
        (Activation::Cos, [257, 9, 2]),
        (Activation::Softplus, [1, 3, 5]),
        (Activation::Relu, [65, 5, 3]),
    ] {
        let mut network = Network::random(1, activation, sizes, 255.0, 1.0);
        network.names = vec!["x".into(); sizes[2]];
        let name = format!("wild_{}", activation.name());
        out.push(Subject::new(&name, wild(5, activation, sizes), &network));
    }
    out
}

/// Writes NAME.c and NAME.h of a model, and a driver.
fn write(subject: &Subject) {
    let Subject { name, file, .. } = subject;
    let c::Files { header, source } = with_model(file, |model, _| c::write(model, name).unwrap());
    let int8 = source.contains("int8_t weights_1");
    std::fs::write(folder().join(format!("{name}.h")), header).unwrap();
    std::fs::write(folder().join(format!("{name}.c")), source).unwrap();
    let driver = DRIVER
        .replace("NAME", name)
        .replace("UPPER", &name.to_uppercase())
        .replace("MEMBER", if int8 { "integer" } else { "value" })
        .replace(
            "SOFTMAX",
            if int8 { "&logits[0].integer, &probabilities[0].value" } else { "&probabilities[0].value" },
        );
    std::fs::write(folder().join(format!("{name}_driver.c")), driver).unwrap();
}

/// Compiles some files to a program; gives the compiler's complaints.
fn compile(compiler: &str, flags: &[&str], files: &[&str], program: &str) -> Result<(), String> {
    let mut command = Command::new(compiler);
    command.current_dir(folder()).args(flags).args(files).args(["-o", program]);
    let output = command.output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// What the driver prints about the pictures.
fn outcome(program: &str, subject: &Subject) -> String {
    let mut child =
        Command::new(folder().join(program)).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&subject.pictures.concat()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// What it should print.
fn expected(subject: &Subject) -> String {
    let mut out = String::new();
    for pixels in &subject.pictures {
        let logits = logits_of(&subject.file, pixels);
        let probabilities = probabilities_of(&subject.file, pixels);
        logits.iter().chain(&probabilities).for_each(|bits| out += &format!("{bits:08x} "));
        let greater = |a: u32, b: u32| match subject.name.contains("int8") || subject.name.contains("wild") {
            true => a as i32 > b as i32,
            false => f32::from_bits(a) > f32::from_bits(b),
        };
        let class =
            (1..logits.len()).fold(0, |best, k| if greater(logits[k], logits[best]) { k } else { best });
        out += &format!("{class} {}\n", subject.names[class]);
    }
    out
}

#[test]
fn every_compiler_setting_gives_the_programs_bits() {
    let Some(compiler) = compiler() else { return };
    for subject in subjects() {
        let name = &subject.name;
        write(&subject);
        let expected = expected(&subject);
        for (number, flags) in [STRICT, NATIVE, &["-O0"]].into_iter().enumerate() {
            let (files, program) =
                ([&format!("{name}.c")[..], &format!("{name}_driver.c")], format!("{name}_{number}"));
            // Without the driver's flags: it is no part of what is promised.
            let object = format!("{program}.o");
            compile(&compiler, &[flags, &["-c"]].concat(), &files[..1], &object)
                .unwrap_or_else(|complaints| panic!("{name} {flags:?}: {complaints}"));
            compile(&compiler, &[], &[&object, files[1]], &program).unwrap();
            assert_eq!(outcome(&program, &subject), expected, "{name} {flags:?}");
        }
    }
}

/// Reads rows of features, writes their bytes.
const ROWS_DRIVER: &str = r#"
#include <stdio.h>
#include "NAME.h"
int main(void) {
    float features[UPPER_PIXELS];
    unsigned char bytes[UPPER_PIXELS];
    while (fread(features, sizeof features, 1, stdin) == 1) {
        NAME_features(features, bytes);
        for (int i = 0; i < UPPER_PIXELS; i++) printf("%02x ", bytes[i]);
    }
    return 0;
}
"#;

#[test]
fn the_features_of_a_table_become_the_programs_bytes() {
    let Some(compiler) = compiler() else { return };
    let network = Network::random(9, Activation::Tanh, [70, 12, 3], 64.0, 0.2).of_table();
    for (name, file) in [("table", network.file()), ("table_int8", network.int8_file())] {
        let c::Files { header, source } = with_model(&file, |model, _| c::write(model, name).unwrap());
        let driver = ROWS_DRIVER.replace("NAME", name).replace("UPPER", &name.to_uppercase());
        let main = format!("int main(void) {{ return {name}_self_test(); }}");
        for (ending, text) in [
            (".h", header),
            (".c", source.clone()),
            ("_rows.c", driver),
            ("_main.c", format!("#include \"{name}.h\"\n{main}")),
        ] {
            std::fs::write(folder().join(format!("{name}{ending}")), text).unwrap();
        }
        let rows = network.rows().concat().into_iter().flat_map(f32::to_le_bytes).collect();
        let rows = Subject { name: name.into(), file, pictures: vec![rows], names: Vec::new() };
        let bytes = network.rows().iter().flat_map(|row| network.bytes(row)).collect::<Vec<u8>>();
        let expected: String = bytes.iter().map(|byte| format!("{byte:02x} ")).collect();
        let test = format!("-D{}_SELF_TEST", name.to_uppercase());
        for flags in [STRICT, NATIVE, &["-O3", "-march=native", "-ffp-contract=fast"], &["-O0"]] {
            let (object, source) = (format!("{name}.o"), format!("{name}.c"));
            compile(&compiler, &[flags, &["-c", &test]].concat(), &[&source], &object).unwrap();
            compile(&compiler, &[], &[&object, &format!("{name}_rows.c")], &format!("{name}_rows")).unwrap();
            assert_eq!(outcome(&format!("{name}_rows"), &rows), expected, "{name} {flags:?}");
            compile(&compiler, &[&test], &[&object, &format!("{name}_main.c")], &format!("{name}_main"))
                .unwrap();
            let status = Command::new(folder().join(format!("{name}_main"))).status().unwrap();
            assert_eq!(status.code(), Some(0), "{name} {flags:?}: the self-test");
        }
        // One digit of a low: the rows notice.
        let at = source.find("feature_map[][2] = {").unwrap();
        let at = at + source[at..].find("0x1.").unwrap() + 4;
        let mut changed = source.clone();
        changed.replace_range(at..=at, if source[at..].starts_with('0') { "8" } else { "0" });
        std::fs::write(folder().join(format!("{name}.c")), changed).unwrap();
        compile(
            &compiler,
            &[&test],
            &[&format!("{name}.c"), &format!("{name}_main.c")],
            &format!("{name}_main"),
        )
        .unwrap();
        assert_ne!(Command::new(folder().join(format!("{name}_main"))).status().unwrap().code(), Some(0));
    }
}

#[test]
fn the_self_test_passes_and_sees_a_changed_bit() {
    let Some(compiler) = compiler() else { return };
    let network = Network::random(9, Activation::Cos, [70, 12, 3], 255.0, 0.2);
    let c::Files { header, source } =
        with_model(&network.file(), |model, _| c::write(model, "self").unwrap());
    std::fs::write(folder().join("self.h"), header).unwrap();
    let status = |source: &str| {
        std::fs::write(folder().join("self.c"), source).unwrap();
        // Nothing but the compiler's own start-up code and library: no math library, no other function of
        // libc.
        compile(&compiler, &[STRICT, &["-O1", "-DSELF_MAIN"]].concat(), &["self.c"], "self").unwrap();
        Command::new(folder().join("self")).status().unwrap().code()
    };
    assert_eq!(status(&source), Some(0));
    // One digit of a weight that every picture uses, and one of an expected logit.
    for (place, number, digit, wrong) in [("weights_2[]", "0x1.", 4, 4), ("expected[4]", "0x", 9, 1)] {
        let place = source.find(place).unwrap();
        let at = place + source[place..].find(number).unwrap() + digit;
        let mut changed = source.clone();
        changed.replace_range(at..=at, if source[at..].starts_with('0') { "1" } else { "0" });
        assert_eq!(status(&changed), Some(wrong));
    }
}

#[test]
fn what_changes_the_results_does_not_compile() {
    let Some(compiler) = compiler() else { return };
    let network = &networks()[0].1;
    write(&Subject::new("refused", network.file(), network));
    let complaints = compile(&compiler, &["-ffast-math", "-c"], &["refused.c"], "refused.o");
    assert!(complaints.unwrap_err().contains("compile without -ffast-math"));
    compile(&compiler, &["-c"], &["refused.c"], "refused.o").unwrap();
}

#[test]
fn the_text_calls_no_library() {
    for Subject { name, file, .. } in subjects() {
        let c::Files { header, source } = with_model(&file, |model, _| c::write(model, &name).unwrap());
        let includes: Vec<&str> =
            source.lines().chain(header.lines()).filter(|l| l.starts_with("#include")).collect();
        assert_eq!(
            includes,
            [
                &format!("#include \"{name}.h\"")[..],
                "#include <float.h>",
                "#include <limits.h>",
                "#include <stdint.h>"
            ]
        );
        assert!(!source.contains('@') && !header.contains('@'), "a placeholder is left");
        for word in
            ["malloc", "printf", "memcpy", "memset", "fmaf(", " exp(", " tanh(", " cos(", " log(", "volatile"]
        {
            let calls = source.matches(word).count();
            assert_eq!(calls, usize::from(word == "fmaf("), "{word}"); // __builtin_fmaf, once
        }
        assert_eq!(source.contains("reduce_in_integers"), name == "cos_large");
        assert_eq!(source.contains("two_over_pi["), name == "cos_large");
    }
}

#[test]
fn strange_class_names_are_strings_of_c() {
    let Some(compiler) = compiler() else { return };
    let mut network = Network::random(3, Activation::Tanh, [2, 2, 5], 1.0, 0.5);
    network.names = ["\"quoted\\\"", "??/trigraph", "größe 7", "%s%n", "*/"].map(String::from).to_vec();
    let subject = Subject::new("strange", network.file(), &network);
    write(&subject);
    compile(&compiler, &[STRICT, &["-c"]].concat(), &["strange.c"], "strange.o").unwrap();
    compile(&compiler, &[], &["strange.o", "strange_driver.c"], "strange").unwrap();
    assert_eq!(outcome("strange", &subject), expected(&subject));
}
