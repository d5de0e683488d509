//! Tries every way of cutting off the end of the model file `model`, every change of one bit of it, and
//! versions to come: `Model::new` is to refuse them all, and to take the file as it is.
#![cfg_attr(any(target_os = "none", target_family = "wasm"), no_std, no_main)]

use device::inference::Model;
use device::{Line, semihosting};
use monolayer::weights::Aligned;

/// Room for a small model.
const ROOM: usize = 2048;

/// Where the header has the versions of the format, of the numeric contract, and the kind of weights.
const VERSIONS: [usize; 3] = [8, 10, 20];

fn accepted(file: &[u8]) -> bool {
    Model::new(file).is_ok()
}

/// CRC-32 bit by bit over all but bytes 16 to 19, where the file has it.
fn crc32(file: &[u8]) -> u32 {
    let bytes = file.iter().enumerate().filter(|(at, _)| !(16..20).contains(at));
    !bytes.fold(!0, |crc, (_, &byte)| {
        (0..8).fold(
            crc ^ u32::from(byte),
            |crc, _| {
                if crc & 1 == 1 { crc >> 1 ^ 0xEDB8_8320 } else { crc >> 1 }
            },
        )
    })
}

fn run() -> bool {
    let mut room = Aligned([0; ROOM]);
    let len = semihosting::open(b"model\0").map_or(0, |mut file| file.read(&mut room.0));
    let file = &mut room.0[..len];
    if !accepted(file) {
        Line::new("the file `model` is not there or no model").print();
        return false;
    }
    let (mut tried, mut refused) = (0, 0);
    let mut try_one = |file: &[u8]| {
        tried += 1;
        refused += u32::from(!accepted(file));
    };
    (0..len).for_each(|end| try_one(&file[..end]));
    for bit in 0..8 * len {
        file[bit / 8] ^= 1 << (bit % 8);
        try_one(file);
        file[bit / 8] ^= 1 << (bit % 8);
    }
    for at in VERSIONS {
        let (version, crc) = (file[at], crc32(file));
        for newer in version.max(1) + 1..=u8::MAX {
            file[at] = newer;
            let crc = crc32(file);
            file[16..20].copy_from_slice(&crc.to_le_bytes());
            try_one(file);
        }
        file[at] = version;
        file[16..20].copy_from_slice(&crc.to_le_bytes());
    }
    Line::new("refused ").number(refused).text(" of ").number(tried).print();
    refused == tried && accepted(file)
}

device::program!(run);
