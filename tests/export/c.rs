//! The exported C, compiled where there is a compiler, computes the program's logits, bit for bit.

use super::{Network, networks};
use monolayer::lab::export::c;
use monolayer::math::Activation;
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
    union { float value; unsigned bits; } logits[UPPER_CLASSES];
    while (fread(pixels, sizeof pixels, 1, stdin) == 1) {
        int k;
        NAME_logits(pixels, &logits[0].value);
        for (k = 0; k < UPPER_CLASSES; k++) printf("%08x ", logits[k].bits);
        NAME_softmax(&logits[0].value);
        for (k = 0; k < UPPER_CLASSES; k++) printf("%08x ", logits[k].bits);
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

/// Writes NAME.c and NAME.h of a network, and a driver.
fn write(name: &str, network: &Network) {
    let c::Files { header, source } = network.with_model(|model, _| c::write(model, name).unwrap());
    std::fs::write(folder().join(format!("{name}.h")), header).unwrap();
    std::fs::write(folder().join(format!("{name}.c")), source).unwrap();
    let driver = DRIVER.replace("NAME", name).replace("UPPER", &name.to_uppercase());
    std::fs::write(folder().join(format!("{name}_driver.c")), driver).unwrap();
}

/// Compiles some files to a program; gives the compiler's complaints.
fn compile(compiler: &str, flags: &[&str], files: &[&str], program: &str) -> Result<(), String> {
    let mut command = Command::new(compiler);
    command.current_dir(folder()).args(flags).args(files).args(["-o", program]);
    let output = command.output().unwrap();
    if output.status.success() { Ok(()) } else { Err(String::from_utf8_lossy(&output.stderr).into_owned()) }
}

/// What the driver prints about the network's pictures.
fn outcome(program: &str, network: &Network) -> String {
    let mut child =
        Command::new(folder().join(program)).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(&network.pictures().concat()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success());
    String::from_utf8(output.stdout).unwrap()
}

/// What it should print.
fn expected(network: &Network) -> String {
    let mut out = String::new();
    for pixels in network.pictures() {
        let mut values = network.logits(&pixels);
        let class = (1..values.len()).fold(0, |best, k| if values[k] > values[best] { k } else { best });
        values.iter().for_each(|value| out += &format!("{:08x} ", value.to_bits()));
        monolayer::math::softmax_row(&mut values);
        values.iter().for_each(|value| out += &format!("{:08x} ", value.to_bits()));
        out += &format!("{class} {}\n", network.names[class]);
    }
    out
}

#[test]
fn every_compiler_setting_gives_the_programs_bits() {
    let Some(compiler) = compiler() else { return };
    let jobs: Vec<_> = networks();
    for (name, network) in &jobs {
        write(name, network);
        let expected = expected(network);
        for (number, flags) in [STRICT, NATIVE, &["-O0"]].into_iter().enumerate() {
            let (files, program) =
                ([&format!("{name}.c")[..], &format!("{name}_driver.c")], format!("{name}_{number}"));
            // Without the driver's flags: it is no part of what is promised.
            let object = format!("{program}.o");
            compile(&compiler, &[flags, &["-c"]].concat(), &files[..1], &object)
                .unwrap_or_else(|complaints| panic!("{name} {flags:?}: {complaints}"));
            compile(&compiler, &[], &[&object, files[1]], &program).unwrap();
            assert_eq!(outcome(&program, network), expected, "{name} {flags:?}");
        }
    }
}

#[test]
fn the_self_test_passes_and_sees_a_changed_bit() {
    let Some(compiler) = compiler() else { return };
    let network = Network::random(9, Activation::Cos, [70, 12, 3], 255.0, 0.2);
    let c::Files { header, source } = network.with_model(|model, _| c::write(model, "self").unwrap());
    std::fs::write(folder().join("self.h"), header).unwrap();
    let status = |source: &str| {
        std::fs::write(folder().join("self.c"), source).unwrap();
        // Nothing but the compiler's own start-up code and library: no math library, no other function of libc.
        compile(&compiler, &["-O1", "-DSELF_MAIN"], &["self.c"], "self").unwrap();
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
    write("refused", &networks()[0].1);
    let complaints = compile(&compiler, &["-ffast-math", "-c"], &["refused.c"], "refused.o");
    assert!(complaints.unwrap_err().contains("compile without -ffast-math"));
    compile(&compiler, &["-c"], &["refused.c"], "refused.o").unwrap();
}

#[test]
fn the_text_calls_no_library() {
    for (name, network) in networks() {
        let c::Files { header, source } = network.with_model(|model, _| c::write(model, name).unwrap());
        let includes: Vec<&str> =
            source.lines().chain(header.lines()).filter(|l| l.starts_with("#include")).collect();
        assert_eq!(
            includes,
            [&format!("#include \"{name}.h\"")[..], "#include <float.h>", "#include <stdint.h>"]
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
    write("strange", &network);
    compile(&compiler, &[STRICT, &["-c"]].concat(), &["strange.c"], "strange.o").unwrap();
    compile(&compiler, &[], &["strange.o", "strange_driver.c"], "strange").unwrap();
    assert_eq!(outcome("strange", &network), expected(&network));
}
