//! Makes the embedded digits from MNIST: `make-digits MNIST_FOLDER OUT_FOLDER`.
//!
//! Of each class with n images those of rank floor(i n / k), i = 0..k, are taken: k = 500 for training, 100
//! for testing. They keep the order of MNIST's files. The output is IDX, compressed by `gzip -9n`, which must
//! be on the path; only its bytes, not the data, can differ between versions of gzip.

use monolayer::data::{self, Options};
use std::error::Error;
use std::fs::File;
use std::io::Write;
use std::path::Path;
use std::process::{Command, ExitCode, Stdio};

fn main() -> ExitCode {
    let arguments: Vec<_> = std::env::args_os().skip(1).collect();
    let [mnist, out] = &arguments[..] else {
        eprintln!("usage: make-digits MNIST_FOLDER OUT_FOLDER");
        return ExitCode::from(2);
    };
    match make(Path::new(mnist), Path::new(out)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("make-digits: {error}");
            ExitCode::FAILURE
        }
    }
}

fn make(mnist: &Path, out: &Path) -> Result<(), Box<dyn Error>> {
    let data = data::load(mnist, &Options::default())?;
    if data.kind != data::Kind::Mnist {
        return Err(format!("{}: this is {}, not MNIST", mnist.display(), data.kind.name()).into());
    }
    for (images, name, count) in [(&data.train, "train", 500), (&data.test, "t10k", 100)] {
        let images = images.non_empty().ok_or("half of MNIST is missing")?;
        let chosen = choose(images.labels(), data.classes.len(), count);
        let mut labels = idx_header(&[chosen.len()]);
        let mut pixels = idx_header(&[chosen.len(), 28, 28]);
        for n in chosen {
            labels.push(images.labels()[n]);
            pixels.extend_from_slice(images.image(n));
        }
        gzip(&out.join(format!("{name}-images-idx3-ubyte.gz")), &pixels)?;
        gzip(&out.join(format!("{name}-labels-idx1-ubyte.gz")), &labels)?;
    }
    Ok(())
}

/// `count` images of each class, spread evenly over the file, in its order.
fn choose(labels: &[u8], classes: usize, count: usize) -> Vec<usize> {
    let mut chosen = Vec::new();
    for class in 0..classes {
        let of_class: Vec<usize> = (0..labels.len()).filter(|&n| usize::from(labels[n]) == class).collect();
        chosen.extend((0..count).map(|i| of_class[i * of_class.len() / count]));
    }
    chosen.sort_unstable();
    chosen
}

/// The header of u8 data with these dimensions.
fn idx_header(dims: &[usize]) -> Vec<u8> {
    let mut header = vec![0, 0, 8, dims.len() as u8];
    for &dim in dims {
        header.extend_from_slice(&(dim as u32).to_be_bytes());
    }
    header
}

/// Writes `bytes` to `path` through `gzip -9n`, which stores neither a name nor a time.
fn gzip(path: &Path, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut child =
        Command::new("gzip").arg("-9n").stdin(Stdio::piped()).stdout(File::create(path)?).spawn()?;
    child.stdin.take().ok_or("no pipe to gzip")?.write_all(bytes)?;
    match child.wait()? {
        status if status.success() => Ok(()),
        status => Err(format!("{}: gzip: {status}", path.display()).into()),
    }
}
