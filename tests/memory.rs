//! Want of memory is an error, never the end of the process: every large allocation is refused once.
#![allow(unsafe_code)] // a global allocator that refuses

use monolayer::data::{self, Error, Framing, Options, Pictures};
use monolayer::weights::Picture;
use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fs;
use std::path::{Path, PathBuf};
use std::ptr;

/// What is larger than the readers' own tables and windows, the largest of which has 160 KB.
const LARGE: usize = 200_000;

struct Refusing;

thread_local! {
    /// Large allocations until one is refused.
    static LEFT: Cell<usize> = const { Cell::new(usize::MAX) };
}

/// Whether this allocation is the one to refuse.
fn refused(layout: Layout) -> bool {
    layout.size() >= LARGE
        && LEFT.with(|left| {
            let before = left.get();
            left.set(before.wrapping_sub(1));
            before == 0
        })
}

// SAFETY: every call is passed on to the system's allocator unchanged, or answered with null, which means no
// memory. The default `realloc` comes here, too.
unsafe impl GlobalAlloc for Refusing {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller's promise is passed on.
        if refused(layout) { ptr::null_mut() } else { unsafe { System.alloc(layout) } }
    }
    unsafe fn dealloc(&self, place: *mut u8, layout: Layout) {
        // SAFETY: the caller's promise is passed on.
        unsafe { System.dealloc(place, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Refusing = Refusing;

/// Refuses the first, the second, ... large allocation of `load` until it gets by without one more; returns
/// how many it made.
fn refuse_each<T>(what: &str, load: impl Fn() -> Result<T, Error>) -> usize {
    for n in 0.. {
        LEFT.set(n);
        let result = load();
        let reached = LEFT.replace(usize::MAX) > n;
        match result {
            Ok(_) if reached => panic!("{what}: succeeded without its allocation {n}"),
            Ok(_) => return n,
            Err(error) => {
                assert!(error.rule().is_none(), "{what}, allocation {n}: {error}");
                assert!(error.to_string().contains("no memory for "), "{what}, allocation {n}: {error}");
            }
        }
    }
    unreachable!("usize has an end")
}

fn idx(dims: &[u32], size: usize) -> Vec<u8> {
    let mut bytes = vec![0, 0, 8, dims.len() as u8];
    bytes.extend(dims.iter().flat_map(|dim| dim.to_be_bytes()));
    bytes.extend((0..size).map(|i| (i % 2) as u8));
    bytes
}

/// An old tar archive: name, size and checksum are all it needs.
fn tar(name: &str, data: &[u8]) -> Vec<u8> {
    let mut header = [0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[124..135].copy_from_slice(format!("{:011o}", data.len()).as_bytes());
    let sum = header.iter().map(|&byte| u32::from(byte)).sum::<u32>() + 8 * u32::from(b' ');
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    header[155] = b' ';
    let mut archive = [&header[..], data].concat();
    archive.resize(archive.len().next_multiple_of(512) + 1024, 0);
    archive
}

/// A folder with these files.
fn folder(test: &str, files: &[(&str, Vec<u8>)]) -> PathBuf {
    let path = std::env::temp_dir().join(format!("monolayer-memory-{test}-{}", std::process::id()));
    fs::create_dir_all(&path).unwrap();
    for (name, bytes) in files {
        fs::write(path.join(name), bytes).unwrap();
    }
    path
}

fn load(path: &Path) -> Result<data::Dataset, Error> {
    data::load(path, &Options::default())
}

#[test]
fn every_large_allocation_may_fail() {
    let count = 250_000_usize; // labels are large, too
    let small = folder(
        "idx",
        &[
            ("train-images-idx3-ubyte", idx(&[count as u32, 2, 1], 2 * count)),
            ("train-labels-idx1-ubyte", idx(&[count as u32], count)),
        ],
    );
    assert!(refuse_each("IDX", || load(&small)) >= 2);

    let records: Vec<u8> = (0..200 * 3073).map(|i| (i % 2) as u8).collect(); // labels 0 and 1
    let batches: Vec<(String, Vec<u8>)> =
        (1..=5).map(|batch| (format!("data_batch_{batch}.bin"), records.clone())).collect();
    let batches: Vec<(&str, Vec<u8>)> =
        batches.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let cifar = folder("cifar", &batches);
    assert!(refuse_each("CIFAR-10", || load(&cifar)) >= 6);

    let archive = tar("data_batch_1.bin", &records.repeat(4));
    assert!(refuse_each("tar", || data::load_stream("a.tar", &archive[..], &Options::default())) >= 1);

    let rows = "1 2 3\n".repeat(count);
    let text = folder("text", &[("train0.txt", rows.clone().into()), ("train1.txt", rows.into())]);
    assert!(refuse_each("text", || load(&text)) >= 4);

    let gray = [b"P5 1000 1000 255\n", vec![7; 1_000_000].as_slice()].concat();
    let single = folder("single", &[("gray.pgm", gray), ("rest.bin", records)]);
    let shape = Picture { channels: 1, height: 1000, width: 1000 };
    let read = |name, shape| {
        let mut pictures = Pictures::open(&single.join(name), shape)?;
        while pictures.next(1)?.is_some() {}
        Ok(())
    };
    assert!(refuse_each("PGM", || read("gray.pgm", shape)) >= 2);
    let shape = Picture { channels: 3, height: 32, width: 32 };
    assert!(refuse_each("CIFAR records", || read("rest.bin", shape)) >= 1);

    // Small pictures made to measure are 36 times the file; they are never there all at once.
    let many = folder("many", &[("many.idx", idx(&[50_000, 2, 2], 200_000))]);
    let shape = Picture { channels: 1, height: 12, width: 12 };
    let fitted = || {
        let mut pictures =
            Pictures::open_to_fit(&many.join("many.idx"), shape, Some(Framing::of_mnist(shape)))?;
        while pictures.next(1000)?.is_some() {}
        Ok(())
    };
    assert_eq!(refuse_each("pictures made to measure", fitted), 1, "the file alone");

    #[cfg(feature = "digits")]
    assert!(refuse_each("the embedded digits", data::digits) >= 2);

    for path in [small, cifar, text, single, many] {
        let _ = fs::remove_dir_all(path);
    }
}

/// A clone shares the pixels: taking images out of one copies them first, which may fail
/// and leaves both as they were.
#[test]
fn taking_out_of_a_shared_set_may_fail() {
    let (count, features) = (300_000_usize, 2_usize);
    let pixels: Vec<u8> = (0..count * features).map(|i| i as u8).collect();
    let labels: Vec<u8> = (0..count).map(|n| (n % 3) as u8).collect();
    let set = data::Images::new(features, pixels, labels);
    let indices: Vec<u32> = (0..count as u32).step_by(5).collect(); // small allocations
    for (shared, expected) in [(true, 2), (false, 0)] {
        for n in 0..=expected {
            let mut subject = if shared {
                set.clone()
            } else {
                data::Images::new(features, set.pixels().to_vec(), set.labels().to_vec())
            };
            LEFT.set(n);
            let taken = subject.take_out(&indices);
            assert_eq!(LEFT.replace(usize::MAX) > n, n < expected, "shared {shared}, allocation {n}");
            if n < expected {
                assert!(taken.is_err() && subject == set, "shared {shared}, allocation {n}");
            } else {
                assert_eq!((taken.unwrap().len(), subject.len()), (indices.len(), count - indices.len()));
            }
        }
    }
    assert_eq!(set.len(), count, "the other clone is as it was");
}
