//! Decoding gzip files: the embedded digits (dynamic Huffman codes, long matches), and 20 MB of words (fixed
//! codes, short matches) that are compressed here. What comes out is known. Bytes are those that come out.

use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use monolayer::data::{Error, Place};
use monolayer::internals::gzip;
use std::hint::black_box;
use yardstick::gzip::{compress, text};
use yardstick::sets::Set;

fn decompress(file: &[u8], limit: usize) -> Result<Vec<u8>, Error> {
    gzip::decompress(file, &Place::new("bench"), |_| Ok(limit as u64))
}

fn inflate(c: &mut Criterion) {
    let digits = include_bytes!("../digits/train-images-idx3-ubyte.gz");
    let mut images = vec![0, 0, 8, 3, 0, 0, 0x13, 0x88, 0, 0, 0, 28, 0, 0, 0, 28];
    images.extend_from_slice(Set::digits().images.pixels());
    let words = text(20_000_000);
    let mut group = c.benchmark_group("inflate");
    for (name, file, data) in [("digits", digits.to_vec(), images), ("words", compress(&words), words)] {
        assert!(decompress(&file, data.len()).is_ok_and(|found| found == data), "{name}: other data");
        group.throughput(Throughput::Bytes(data.len() as u64));
        group.bench_function(name, |b| b.iter(|| decompress(black_box(&file), data.len())));
    }
    group.finish();
}

criterion_group! {
    name = all;
    config = Criterion::default().sample_size(20);
    targets = inflate
}
criterion_main!(all);
