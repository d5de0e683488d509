//! The NumPy archive, read as its formats' descriptions say.

use super::{Network, networks};
use monolayer::Activation;
use monolayer::export::npz;

/// An array: its type, its shape, its bytes.
type Array<'a> = (String, Vec<usize>, &'a [u8]);

fn u16_at(bytes: &[u8], at: usize) -> usize {
    usize::from(u16::from_le_bytes(bytes[at..at + 2].try_into().unwrap()))
}

fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap())
}

/// CRC-32, bit by bit.
fn crc(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0_u32, |crc, &byte| {
        (0..8).fold(crc ^ u32::from(byte), |crc, _| (crc >> 1) ^ (0xEDB8_8320 & (crc & 1).wrapping_neg()))
    })
}

/// The members of a zip file, by its directory, each held against its local header.
fn members(zip: &[u8]) -> Vec<(String, &[u8])> {
    let end = zip.len() - 22;
    assert_eq!(&zip[end..end + 4], b"PK\x05\x06");
    let (count, size, mut at) =
        (u16_at(zip, end + 10), u32_at(zip, end + 12), u32_at(zip, end + 16) as usize);
    assert_eq!(at + size as usize, end);
    let mut out = Vec::new();
    let mut filled = 0;
    for _ in 0..count {
        assert_eq!(&zip[at..at + 4], b"PK\x01\x02");
        let (name, local) = (u16_at(zip, at + 28), u32_at(zip, at + 42) as usize);
        assert_eq!(local, filled, "members follow each other");
        assert_eq!(&zip[local..local + 4], b"PK\x03\x04");
        assert_eq!(zip[local + 4..local + 30], zip[at + 6..at + 32]);
        assert_eq!(zip[local + 30..][..name], zip[at + 46..][..name]);
        assert_eq!(u16_at(zip, at + 10), 0, "stored");
        let begin = local + 30 + name;
        let data = &zip[begin..begin + u32_at(zip, at + 24) as usize];
        assert_eq!(u32_at(zip, at + 20), u32_at(zip, at + 24));
        assert_eq!(crc(data), u32_at(zip, at + 16));
        filled = begin + data.len();
        out.push((String::from_utf8(zip[at + 46..][..name].to_vec()).unwrap(), data));
        at += 46 + name;
    }
    assert_eq!(at, end);
    out
}

fn array(npy: &[u8]) -> Array<'_> {
    assert_eq!(&npy[..8], b"\x93NUMPY\x01\0");
    let start = 10 + u16_at(npy, 8);
    assert_eq!(start % 64, 0);
    let head = std::str::from_utf8(&npy[10..start]).unwrap();
    assert!(head.ends_with('\n'));
    let rest = head.strip_prefix("{'descr': '").unwrap();
    let (kind, rest) = rest.split_once("', 'fortran_order': False, 'shape': (").unwrap();
    let (shape, rest) = rest.split_once(')').unwrap();
    assert_eq!(rest.trim_end(), ", }");
    let shape =
        shape.split(',').map(str::trim).filter(|n| !n.is_empty()).map(|n| n.parse().unwrap()).collect();
    (kind.into(), shape, &npy[start..])
}

fn text(bytes: &[u8]) -> String {
    let characters = bytes.chunks_exact(4).map(|c| u32_at(c, 0)).take_while(|&c| c != 0);
    characters.map(|c| char::from_u32(c).unwrap()).collect()
}

#[test]
fn the_archive_of_a_table_has_its_map() {
    let network = Network::random(2, Activation::Tanh, [9, 3, 2], 64.0, 0.1).of_table();
    let bytes = network.with_view(|view| npz::write(view).unwrap());
    let members = members(&bytes);
    let (name, npy) = members.last().unwrap();
    let (kind, shape, data) = array(npy);
    assert_eq!((name.as_str(), kind.as_str(), shape), ("features_map.npy", "<f4", vec![9, 2]));
    let pairs: Vec<u8> = network.pairs.iter().copied().flat_map(f32::to_le_bytes).collect();
    assert_eq!(data, pairs);
}

#[test]
fn the_archive_has_every_weight_to_the_bit() {
    for (_, mut network) in networks() {
        network.names[1] = "größe".into();
        let bytes = network.with_view(|view| npz::write(view).unwrap());
        let params = network.params();
        let (d, m, k) = (params.shape().features, params.shape().hidden, params.shape().classes);
        let members = members(&bytes);
        let names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(
            names,
            ["W1", "b1", "W2", "b2", "scale", "activation", "classes"].map(|n| format!("{n}.npy"))
        );
        let arrays: Vec<Array> = members.iter().map(|(_, npy)| array(npy)).collect();
        let shapes = [vec![m, d], vec![m], vec![k, m], vec![k], vec![]];
        for ((kind, shape, data), expected) in arrays.iter().zip(&shapes) {
            assert_eq!((kind.as_str(), shape), ("<f4", expected));
            assert_eq!(data.len(), 4 * shape.iter().product::<usize>());
        }
        let bits = |array: usize, row: usize, column: usize| {
            let columns = shapes[array].get(1).copied().unwrap_or(1);
            u32_at(arrays[array].2, 4 * (row * columns + column))
        };
        for unit in 0..m {
            assert_eq!(bits(1, unit, 0), params.w1()[unit].to_bits());
            for pixel in 0..d {
                assert_eq!(bits(0, unit, pixel), params.w1()[(1 + pixel) * m + unit].to_bits());
            }
        }
        for class in 0..k {
            assert_eq!(bits(3, class, 0), params.w2()[class].to_bits());
            for unit in 0..m {
                assert_eq!(bits(2, class, unit), params.w2()[(1 + unit) * k + class].to_bits());
            }
        }
        assert_eq!(bits(4, 0, 0), params.shape().scale.to_bits());
        assert_eq!((&arrays[5].1[..], text(arrays[5].2)), (&[][..], params.shape().activation.name().into()));
        let longest = network.names.iter().map(|name| name.chars().count()).max().unwrap();
        assert_eq!((arrays[6].0.as_str(), &arrays[6].1[..]), (&format!("<U{longest}")[..], &[k][..]));
        let read: Vec<String> = arrays[6].2.chunks_exact(4 * longest).map(text).collect();
        assert_eq!(read, network.names);
    }
}
