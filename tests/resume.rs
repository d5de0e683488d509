//! A run that was interrupted goes on to the weights of one that was not (CONTRACT C15); what is held out
//! (CONTRACT C9), kept and refused.
#![cfg(feature = "std")]

use monolayer::Isa;
use monolayer::data::Images;
use monolayer::rng::Rng;
use monolayer::train::{
    self, Config, EpochReport, Error, Machine, Schedule, Session, State, Step, checkpoint,
};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::thread::sleep;
use std::time::Instant;

// ------------------------------------------------------------------------------------------- the library

/// Pictures of three classes, not all of which can be learnt.
fn pictures(count: usize) -> Images {
    let mut rng = Rng::new(5, 99);
    let labels: Vec<u8> = (0..count).map(|_| rng.below(3) as u8).collect();
    let pixel =
        |label: u8, d: usize, noise: u32| (noise + if d % 3 == usize::from(label) { 40 } else { 0 }) as u8;
    let pixels = labels
        .iter()
        .flat_map(|&label| (0..12).map(move |d| (label, d)))
        .map(|(label, d)| pixel(label, d, rng.below(180)));
    let pixels = pixels.collect();
    Images::new(12, pixels, labels)
}

const IDENTITY: &str = "dataset=idx\nlr=0.05\n";

/// Everything of a state but its times.
fn timeless(state: &State) -> State {
    let timeless = |report: &EpochReport| EpochReport { seconds: 0.0, ..*report };
    State { history: state.history.iter().map(timeless).collect(), ..state.clone() }
}

/// Trains to the end.
fn ended(mut session: Session) -> State {
    session.try_for_each(|report| report.map(drop)).unwrap();
    session.into_state()
}

#[test]
fn a_run_resumed_at_any_epoch_is_the_uninterrupted_one() {
    let mut images = pictures(230);
    let held_out = train::hold_out(&mut images, 60, 3).unwrap();
    assert_eq!((images.len(), held_out.len()), (170, 60));
    let base = Config { hidden: 21, lr: 0.05, batch: 30, epochs: 6, seed: 3, ..Config::default() };
    let mut ends = Vec::new();
    for (schedule, step, patience) in [
        (Schedule::Constant, Step::Sum, None),
        (Schedule::Step, Step::Mean, Some(5)),
        (Schedule::Cosine, Step::Sum, Some(2)),
    ] {
        let config = &Config { schedule, step, ..base.clone() };
        let session = |from: Option<State>, isa, threads| {
            let machine = Machine::new(isa, threads);
            let session = match from {
                Some(state) => Session::resume(state, &images, 3, config, machine),
                None => Session::new(&images, 3, config, machine),
            };
            session.unwrap().with_held_out(&held_out, patience).unwrap()
        };
        let mut saved: Vec<Vec<u8>> = Vec::new();
        let mut running = session(None, Isa::best(), 2);
        while let Some(report) = running.next() {
            let report = report.unwrap();
            assert_eq!(running.state().history.last(), Some(&report));
            saved.push(checkpoint::encode(running.state(), IDENTITY).unwrap());
        }
        let whole = running.into_state();
        assert_eq!(saved.len(), whole.history.len());
        let isas: Vec<Isa> = Isa::available().collect();
        for (bytes, &isa) in saved.iter().zip(isas.iter().cycle()) {
            let from = checkpoint::decode(bytes, IDENTITY, config, (12, 3)).unwrap();
            assert_eq!(timeless(&ended(session(Some(from), isa, 1))), timeless(&whole));
        }
        // Interrupted after every single epoch.
        let mut state = None;
        while state.as_ref().is_none_or(|state: &State| state.epochs() < whole.epochs()) {
            let mut one = session(state, Isa::best(), 1);
            one.next().unwrap().unwrap();
            state = Some(one.into_state());
        }
        assert_eq!(timeless(&state.unwrap()), timeless(&whole));
        // A run that is over stays so.
        let mut again = session(Some(whole.clone()), Isa::best(), 1);
        assert!(again.is_over() && again.next_epoch(&mut |_| panic!("no epoch is left")).is_none());
        assert_eq!(*again.state(), whole);

        let (best, found) = whole.best().unwrap();
        if let Some(patience) = patience {
            assert!(whole.epochs() == 6 || whole.epochs() == best + patience);
            let (epoch, network) = whole.kept.as_ref().unwrap();
            assert_eq!(*epoch, best);
            let evaluation = train::evaluate(&network.params(), &held_out, Machine::best()).unwrap();
            assert_eq!((evaluation.faults, evaluation.cross_entropy), (found.faults, found.cross_entropy));
        }
        assert!(whole.history.iter().all(|report| report.held_out.unwrap().faults >= found.faults));
        if patience.is_none() {
            // Watching changes nothing.
            let plain = train::fit(&images, 3, config, Machine::best()).unwrap();
            assert_eq!(plain.network, whole.network);
            assert_eq!(again.into_fit().unwrap().network, whole.network);
        } else {
            assert_eq!(again.into_fit().unwrap().network, whole.kept.as_ref().unwrap().1);
        }
        ends.push(whole.network.params().fingerprint());
    }
    ends.dedup();
    assert_eq!(ends.len(), 3);
}

#[test]
fn patience_ends_a_run_and_keeps_the_best_weights() {
    let mut images = pictures(120);
    let held_out = train::hold_out(&mut images, 40, 1).unwrap();
    // Far too long steps: it gets worse soon.
    let config = Config { hidden: 40, lr: 0.3, lambda: 0.0, batch: 10, epochs: 100, ..Config::default() };
    let run = |config: &Config, patience| {
        let session = Session::new(&images, 3, config, Machine::best()).unwrap();
        let mut session = session.with_held_out(&held_out, patience).unwrap();
        session.try_for_each(|report| report.map(drop)).unwrap();
        session
    };
    for patience in [1, 4] {
        let end = run(&config, Some(patience));
        let (best, _) = end.state().best().unwrap();
        assert_eq!(end.state().epochs(), best + patience, "{:?}", end.state().history);
        let fit = end.into_fit().unwrap();
        assert_eq!(fit.epochs, best + patience);
        let short = run(&Config { epochs: best, ..config.clone() }, None);
        assert_eq!(fit.network, short.state().network, "the weights of the best epoch");
    }
}

#[test]
fn images_are_held_out_by_seed() {
    let all = pictures(50);
    let split = |count, seed| {
        let mut images = all.clone();
        let held_out = train::hold_out(&mut images, count, seed).unwrap();
        (images, held_out)
    };
    let (images, held_out) = split(20, 7);
    assert_eq!(split(20, 7), (images.clone(), held_out.clone()));
    assert_ne!(split(20, 8).1, held_out);
    // Both parts together are the whole, and either is in its order.
    let (mut a, mut b) = (0, 0);
    for n in 0..all.len() {
        let here = (all.image(n), all.labels()[n]);
        if a < images.len() && (images.image(a), images.labels()[a]) == here {
            a += 1;
        } else {
            assert_eq!((held_out.image(b), held_out.labels()[b]), here);
            b += 1;
        }
    }
    assert_eq!((a, b), (30, 20));
    assert_eq!(split(0, 1).0, all);
    for count in [50, 51, usize::MAX] {
        let error = train::hold_out(&mut all.clone(), count, 1).unwrap_err();
        assert!(error.to_string().starts_with("validation is "), "{error}");
    }
}

#[test]
fn what_is_not_the_runs_is_refused_before_it_begins() {
    let images = &pictures(20);
    let config = &Config { hidden: 2, epochs: 2, ..Config::default() };
    let machine = Machine::best();
    let new = |config: &Config| Session::new(images, 3, config, machine).unwrap();
    let held_out = |features: usize, label: u8| Images::new(features, vec![1; features], vec![label]);
    let refused =
        |images: &Images| new(config).with_held_out(images, None).map(drop).unwrap_err().to_string();
    assert_eq!(refused(&held_out(11, 0)), "the images have 11 pixels each, but the model takes 12");
    assert_eq!(
        refused(&held_out(12, 3)),
        "image 0 has the label 3, expected one below 3, the number of classes"
    );

    let after_one = |config: &Config| {
        let mut session = new(config);
        session.next().unwrap().unwrap();
        session.into_state()
    };
    let state = after_one(config);
    let resumed = |state: &State, classes, config: &Config| {
        Session::resume(state.clone(), images, classes, config, machine).map(drop)
    };
    assert_eq!(resumed(&state, 3, config), Ok(()));
    let other = Error::Input(
        "the network to go on with does not have the sizes, activation and scale of the run".into(),
    );
    let another = Config { scale: 3.0, ..config.clone() };
    let wider = Config { hidden: 3, ..config.clone() };
    assert_eq!(resumed(&state, 3, &wider), Err(other.clone()));
    assert_eq!(resumed(&state, 3, &another), Err(other.clone()));
    assert_eq!(resumed(&state, 4, config), Err(other.clone()));
    let state = State { kept: Some((1, after_one(&wider).network)), ..state };
    assert_eq!(resumed(&state, 3, config), Err(other));
}

fn small_checkpoint() -> (Vec<u8>, Config) {
    let images = pictures(20);
    let config = Config { hidden: 2, epochs: 2, ..Config::default() };
    let session = Session::new(&images, 3, &config, Machine::best()).unwrap();
    let state = ended(session.with_held_out(&images, Some(9)).unwrap());
    (checkpoint::encode(&state, IDENTITY).unwrap(), config)
}

fn bad(text: String) -> Result<State, Error> {
    Err(Error::Checkpoint(text))
}

#[test]
fn every_truncation_and_every_flipped_bit_is_refused() {
    let (bytes, config) = small_checkpoint();
    let decode = |bytes: &[u8]| checkpoint::decode(bytes, IDENTITY, &config, (12, 3));
    let state = decode(&bytes).unwrap();
    assert_eq!(checkpoint::encode(&state, IDENTITY).unwrap(), bytes);
    for length in 0..bytes.len() {
        assert!(decode(&bytes[..length]).is_err(), "{length}");
    }
    let length = bytes.len();
    assert_eq!(
        decode(&[&bytes[..], &[0]].concat()),
        bad(format!("a checkpoint of {length} bytes, but {} are there; copy the file again", length + 1))
    );
    for bit in 0..bytes.len() * 8 {
        let mut flipped = bytes.clone();
        flipped[bit / 8] ^= 1 << (bit % 8);
        assert!(decode(&flipped).is_err(), "bit {bit}");
    }
    assert_eq!(
        decode(b""),
        bad("not a checkpoint: its first bytes are not one's; give a file that a run saved".into())
    );
}

#[test]
fn what_a_wrong_writer_could_write_is_refused() {
    let (bytes, config) = small_checkpoint();
    // The bytes with `word` at `offset`, and a CRC that is right.
    let with = |offset: usize, word: u32| {
        let mut bytes = bytes.clone();
        bytes[offset..][..4].copy_from_slice(&word.to_le_bytes());
        let rest: Vec<u8> = [&bytes[..24], &bytes[28..]].concat();
        let crc = rest.iter().fold(!0u32, |crc, &byte| {
            (0..8).fold(crc ^ u32::from(byte), |crc, _| crc >> 1 ^ if crc & 1 == 1 { 0xEDB8_8320 } else { 0 })
        });
        bytes[24..28].copy_from_slice(&(!crc).to_le_bytes());
        checkpoint::decode(&bytes, IDENTITY, &config, (12, 3))
    };
    assert!(with(8, 1).is_ok(), "the CRC is the one meant");
    let here = "go on with the one that wrote it";
    assert_eq!(with(8, 2), bad(format!("a checkpoint of format 2, but this monolayer knows 1; {here}")));
    let contract = format!("its weights follow numeric contract 9, this monolayer's 1; {here}");
    assert_eq!(with(12, 9), bad(contract));
    let inconsistent =
        || bad("its sizes or numbers contradict each other, though its CRC-32 is right".into());
    for (offset, word) in
        [(32, 13), (36, 3), (40, 4), (44, 3), (44, 0), (48, 0), (48, 3), (28, 1), (44, u32::MAX)]
    {
        assert_eq!(with(offset, word), inconsistent(), "{offset}");
    }
    for offset in [32, 36, 40] {
        assert_eq!(with(offset, u32::MAX), inconsistent(), "{offset}");
    }
    let weight = bytes.len() - 4;
    assert_eq!(with(weight, f32::NAN.to_bits()), inconsistent());
    assert_eq!(with(weight, f32::INFINITY.to_bits()), inconsistent());
}

#[test]
fn another_run_is_refused_with_what_differs() {
    let (bytes, config) = small_checkpoint();
    let identity = "dataset=mnist\nlr=0.05\nseed=2\n";
    let error = checkpoint::decode(&bytes, identity, &config, (12, 3)).unwrap_err();
    let differences = "dataset is idx there, mnist here; seed is none there, 2 here";
    assert_eq!(error, Error::OtherRun(differences.into()));
    assert_eq!(error.to_string(), format!("a checkpoint of another run: {differences}"));
}

// ------------------------------------------------------------------------------------------- the command

fn program(words: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_monolayer"));
    command.args(words.split_whitespace()).stdin(Stdio::null());
    for name in ["COLUMNS", "NO_COLOR", "TERM", "LC_ALL", "LC_CTYPE", "LANG"] {
        command.env_remove(name);
    }
    command
}

fn run(words: &str) -> Output {
    program(words).output().unwrap()
}

#[track_caller]
fn results(words: &str) -> String {
    let output = run(words);
    assert_eq!(output.status.code(), Some(0), "{words}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[track_caller]
fn failure(words: &str, status: i32) -> String {
    let output = run(words);
    let text = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(status), "{words}: {text}");
    let start = text.find("monolayer: ").unwrap_or_else(|| panic!("{words}: no message in `{text}`"));
    assert!((1..=2).contains(&text[start..].lines().count()), "{text}");
    text[start + 11..].to_string()
}

/// The value of a member in the last line.
#[track_caller]
fn member<'a>(text: &'a str, name: &str) -> &'a str {
    let line = text.lines().last().unwrap();
    let start =
        line.find(&format!("\"{name}\":")).unwrap_or_else(|| panic!("no {name}: {line}")) + name.len() + 3;
    let end = line[start..].find([',', '}']).unwrap();
    &line[start..start + end]
}

/// An empty folder with data in `data`.
fn folder(name: &str) -> PathBuf {
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(path.join("data")).unwrap();
    for (half, count) in [("train", 900), ("t10k", 100)] {
        let images = pictures(count);
        let file = |kind: &str, sizes: &[u32], data: &[u8]| {
            let mut out = vec![0, 0, 8, sizes.len() as u8];
            sizes.iter().for_each(|size| out.extend(size.to_be_bytes()));
            out.extend(data);
            fs::write(path.join(format!("data/{half}-{kind}-ubyte")), out).unwrap();
        };
        file("images-idx3", &[count as u32, 3, 4], images.pixels());
        file("labels-idx1", &[count as u32], images.labels());
    }
    path
}

#[test]
fn killed_at_three_points_it_has_the_uninterrupted_runs_fingerprint() {
    let here = folder("resume-killed");
    let (whole, file) = (here.join("whole.ckpt"), here.join("run.ckpt"));
    let words = format!(
        "train --data {} --hidden 30 --lr 0.002 --epochs 60 --schedule cosine --validation 100 --json --checkpoint",
        here.join("data").display()
    );
    let start = Instant::now();
    let expected = results(&format!("{words} {}", whole.display()));
    let all = start.elapsed();
    assert_eq!(expected.lines().count(), 61);

    let words = format!("{words} {} --resume", file.display());
    for _ in 0..3 {
        let mut child = program(&words).stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        sleep(all / 5);
        child.kill().unwrap();
        child.wait().unwrap();
    }
    let resumed = results(&words);
    assert_eq!(member(&resumed, "fingerprint"), member(&expected, "fingerprint"));
    assert_eq!(member(&resumed, "best_epoch"), member(&expected, "best_epoch"));
    // What is left of the epochs is as it would have been.
    let cut = |line: &str| line.split(',').filter(|part| !part.contains("seconds")).collect::<String>();
    let tail = |text: &str, lines: usize| {
        let all: Vec<String> = text.lines().map(cut).collect();
        all[all.len() - lines..].to_vec()
    };
    let left = resumed.lines().count();
    assert_eq!(tail(&resumed, left), tail(&expected, left));
    // Once more, it is over.
    assert_eq!(tail(&results(&words), 1), tail(&expected, 1));
}

#[test]
fn a_checkpoint_is_of_one_run() {
    let here = folder("resume-other");
    let other = folder("resume-other-data");
    fs::write(other.join("data/train-labels-idx1-ubyte"), {
        let mut labels = fs::read(other.join("data/train-labels-idx1-ubyte")).unwrap();
        labels[8] = (labels[8] + 1) % 3;
        labels
    })
    .unwrap();
    let file = here.join("run.ckpt");
    let data = |folder: &Path| format!("--data {}", folder.join("data").display());
    let (data, other) = (data(&here), data(&other));
    let words = format!("train {data} --hidden 8 --epochs 2 --json --quiet --checkpoint {}", file.display());
    results(&words);
    let start = format!("{}: a checkpoint of another run: ", file.display());
    for (from, to, what) in [
        ("--hidden 8", "--hidden 9", "hidden is 8 there, 9 here\n"),
        (
            "--hidden 8",
            "--hidden 8 --lr 0.01 --seed 2",
            "lr is 0.001 there, 0.01 here; seed is 1 there, 2 here\n",
        ),
        ("--epochs 2", "--epochs 1", "epochs is 2 there, 1 here\n"),
        ("--epochs 2", "--epochs 2 --schedule step", "schedule is none there, step here\n"),
        ("--epochs 2", "--epochs 2 --validation 9", "validation is none there, 9 here\n"),
        (&data, &other, "dataset_fingerprint is "),
    ] {
        let message = failure(&format!("{} --resume", words.replace(from, to)), 1);
        assert!(message.starts_with(&format!("{start}{what}")), "{message}");
    }
    // More epochs go on from it, where the rate does not hang on their number.
    let longer = words.replace("--epochs 2", "--epochs 5");
    let resumed = results(&format!("{longer} --resume"));
    assert_eq!(resumed.lines().count(), 3 + 1);
    assert_eq!(
        member(&resumed, "fingerprint"),
        member(&results(&format!("{longer} --restart")), "fingerprint")
    );
    for (epochs, told) in
        [(7, "going on after epoch 5 of 7\n"), (7, "nothing is left to do after epoch 7 of 7\n")]
    {
        let longer = longer.replace("--epochs 5", &format!("--epochs {epochs}")).replace("--quiet", "");
        let output = run(&format!("{longer} --resume"));
        assert!(String::from_utf8_lossy(&output.stderr).contains(told), "{output:?}");
    }

    // Nor where patience has ended.
    let impatient = here.join("impatient");
    let impatient = format!(
        "train {data} --hidden 3 --epochs 90 --lr 0.5 --validation 99 --patience 1 --checkpoint {}",
        impatient.display()
    );
    results(&impatient);
    let again = String::from_utf8(run(&format!("{impatient} --resume")).stderr).unwrap();
    assert!(
        again.contains("nothing is left to do after epoch ") && !again.contains("after epoch 90"),
        "{again}"
    );

    let told = results(&format!("info {}", file.display()));
    for part in [
        "a checkpoint of a run, ",
        " of 7 done, in ",
        "12 features -> 8 tanh units -> 3 classes",
        "  lr = 0.001\n",
    ] {
        assert!(told.contains(part), "{part}: {told}");
    }
    let told = results(&format!("info --json {}", file.display()));
    assert!(
        told.starts_with("{\"kind\":\"checkpoint\",") && member(&told, "epochs_done").starts_with('7'),
        "{told}"
    );

    // What is there is not overwritten by chance.
    let before = fs::read(&file).unwrap();
    let message = failure(&words, 1);
    assert!(
        message
            .ends_with("give --resume to go on with it, --restart to begin anew, or another --checkpoint\n")
    );
    assert_eq!(fs::read(&file).unwrap(), before);
    let output = run(&format!("{words} --restart").replace("--quiet", ""));
    let told = "Ctrl-C stops; the same command with --resume goes on after the last epoch\n";
    assert!(String::from_utf8_lossy(&output.stderr).contains(told), "{output:?}");
    assert_ne!(fs::read(&file).unwrap(), before);

    for (words, status, message) in [
        (
            format!("{words} --resume --restart"),
            2,
            "--resume goes on with the checkpoint, --restart overwrites it",
        ),
        (format!("train {data} --resume"), 2, "--resume is of no use without --checkpoint; give both"),
        (format!("train {data} --patience 2"), 2, "--patience is of no use without --validation; give both"),
        (
            format!("train {data} --validation 900"),
            2,
            "--validation is 900, expected fewer than the training images",
        ),
        (format!("train {data} --checkpoint -"), 1, "stdout: cannot be written: no regular file"),
        (format!("train {data} --checkpoint {}/no/file", here.display()), 1, here.to_str().unwrap()),
    ] {
        let found = failure(&words, status);
        assert!(found.starts_with(message), "{found}");
    }
    fs::write(&file, "something else").unwrap();
    let message = failure(&format!("{words} --resume"), 1);
    assert!(message.contains("run.ckpt: not a checkpoint"), "{message}");
}

#[test]
fn a_target_is_an_exit_status_and_a_summary_comes_first() {
    let here = folder("resume-target");
    let model = here.join("m.mono");
    let words = format!("train --data {} --hidden 8 --epochs 2 --quiet", here.join("data").display());
    results(&format!("{words} --target-accuracy 0.01"));
    let output = run(&format!("{words} --target-accuracy 1 --out {}", model.display()));
    assert_eq!(output.status.code(), Some(1));
    let text = String::from_utf8(output.stderr).unwrap();
    assert!(
        text.contains("the accuracy on the test images is 0.")
            && text.ends_with("below --target-accuracy 1\n"),
        "{text}"
    );
    assert!(String::from_utf8(output.stdout).unwrap().contains("errors "), "the results are told");
    assert!(model.exists(), "and the model saved");

    let text = results(&format!("{words} --summary"));
    let numbers = |line: usize| {
        text.lines().nth(line).unwrap().split_whitespace().map(String::from).collect::<Vec<_>>()
    };
    assert_eq!(numbers(1), ["hidden", "tanh", "12", "8", "104", "416", "96"]);
    assert_eq!(numbers(2), ["output", "softmax", "8", "3", "27", "108", "24"]);
    assert_eq!(numbers(3), ["both", "131", "524", "120"]);
    let text = results(&format!("{words} --summary --json"));
    assert!(
        text.starts_with("{\"layers\":[{\"name\":\"hidden\",\"inputs\":12,\"outputs\":8,\"parameters\":104"),
        "{text}"
    );
    let text =
        results(&format!("{words} --epochs 9 --patience 1 --validation 200").replacen("--epochs 2", "", 1));
    assert!(text.contains("held out     fewest errors "), "{text}");
}
