//! The checkpoint: a [`State`] as bytes.
//!
//! Little-endian, without gaps:
//!
//! | offset | field |
//! |---|---|
//! | 0 | 8 bytes that are a checkpoint's first |
//! | 8 | u32 format version, u32 version of the numeric contract |
//! | 16 | u64 length of the file |
//! | 24 | u32 CRC-32 of all other bytes |
//! | 28 | u32 length of the identity, u32 D, u32 M, u32 K, u32 epochs done, u32 best epoch or 0 |
//! | 52 | the identity: `key=value` lines that say which run this is |
//! | | each epoch: f64 seconds, f64 cost, u64 faults and f64 cross-entropy of the images held out (or 2^64 − 1 and 0) |
//! | | W1 (D + 1, M), W2 (M + 1, K) as f32; both again of the best epoch, where there is one |

use super::fit::{EpochReport, HeldOut};
use super::network::Network;
use super::session::State;
use super::{Config, Error, Schedule};
use crate::CONTRACT_VERSION;
use crate::data::crc::Crc32;
use crate::simd::words;
use crate::weights::{Params, Shape};
use std::fmt;
use std::string::String;
use std::vec::Vec;

/// The first bytes: none of text, and damaged by whatever changes line ends or eighth bits.
const MAGIC: [u8; 8] = *b"\x9Ddone\r\n\n";

/// The version of this layout.
const FORMAT: u32 = 1;

/// Bytes before the identity.
const HEADER: usize = 52;

/// Where the CRC stands.
const CRC: std::ops::Range<usize> = 24..28;

/// Bytes an epoch of the history.
const EPOCH: u64 = 32;

/// The most that a checkpoint has: two networks as large as a model file can be, and a history.
pub const MOST_BYTES: u64 = 2 * (1 << 32) + (1 << 24);

/// Why bytes are not the checkpoint of a run.
#[derive(Clone, Debug, PartialEq)]
pub enum CheckpointError {
    /// The first bytes are not a checkpoint's, or there are fewer than a header has.
    NotACheckpoint,
    /// It has another length than it says.
    Length {
        /// The bytes that are there.
        found: u64,
        /// The length in the header.
        expected: u64,
    },
    /// The bytes are not those that were written.
    Crc {
        /// The CRC-32 of the bytes.
        found: u32,
        /// The CRC-32 in the header.
        expected: u32,
    },
    /// A layout that this version does not know.
    Format {
        /// Its version.
        found: u32,
    },
    /// Weights of another numeric contract.
    Contract {
        /// Its version.
        found: u32,
    },
    /// It is another run's.
    OtherRun(
        /// What differs.
        Vec<Difference>,
    ),
    /// What it says of its sizes, or a number in it, cannot be.
    Inconsistent,
    /// There is no memory for it.
    Memory,
}

/// A key whose values differ; `None` where there is none.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// Its name.
    pub key: String,
    /// What the checkpoint has.
    pub found: Option<String>,
    /// What this run has.
    pub expected: Option<String>,
}

impl fmt::Display for CheckpointError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotACheckpoint => f.write_str(
                "not a checkpoint: its first bytes are not one's; give a file that --checkpoint wrote",
            ),
            Self::Length { found, expected } => {
                write!(f, "a checkpoint of {expected} bytes, but {found} are there; copy the file again")
            }
            Self::Crc { found, expected } => write!(
                f,
                "damaged: the CRC-32 of its bytes is {found:08x}, the header says {expected:08x}; copy the file again"
            ),
            Self::Format { found } => write!(
                f,
                "a checkpoint of format {found}, but this monolayer knows {FORMAT}; go on with the one that wrote it"
            ),
            Self::Contract { found } => write!(
                f,
                "its weights follow numeric contract {found}, this monolayer's {CONTRACT_VERSION}; go on with the one \
                 that wrote it"
            ),
            Self::OtherRun(differences) => {
                f.write_str("a checkpoint of another run: ")?;
                for (i, Difference { key, found, expected }) in differences.iter().enumerate() {
                    let none = "none";
                    let (found, expected) =
                        (found.as_deref().unwrap_or(none), expected.as_deref().unwrap_or(none));
                    let comma = if i > 0 { "; " } else { "" };
                    write!(f, "{comma}{key} is {found} there, {expected} here")?;
                }
                f.write_str("\ngive that run's options and data, or another --checkpoint")
            }
            Self::Inconsistent => {
                f.write_str("its sizes or numbers contradict each other, though its CRC-32 is right")
            }
            Self::Memory => f.write_str("there is no memory for its weights"),
        }
    }
}

impl std::error::Error for CheckpointError {}

/// The bytes of a checkpoint of `state`. `identity` is the run's, in `key=value` lines; that of the configuration
/// among them.
///
/// # Errors
/// [`Error::Memory`].
pub fn encode(state: &State, identity: &str) -> Result<Vec<u8>, Error> {
    let params = state.network.params();
    let best = state.kept.as_ref();
    let length = length(identity.len() as u64, state.epochs(), sizes(params), best.is_some());
    let length = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
    let mut out: Vec<u8> = super::buffer::reserved(length)?;
    out.extend(MAGIC);
    out.extend([FORMAT, u32::from(CONTRACT_VERSION)].map(u32::to_le_bytes).as_flattened());
    out.extend((length as u64).to_le_bytes());
    let best_epoch = best.map_or(0, |(epoch, _)| *epoch);
    let [features, hidden, classes] = sizes(params);
    let words = [0, identity.len() as u32, features, hidden, classes, state.epochs(), best_epoch];
    out.extend(words.map(u32::to_le_bytes).as_flattened());
    out.extend(identity.as_bytes());
    for report in &state.history {
        let (faults, cross_entropy) =
            report.held_out.map_or((u64::MAX, 0.0), |found| (found.faults as u64, found.cross_entropy));
        out.extend(report.seconds.to_le_bytes());
        out.extend(report.cost.to_le_bytes());
        out.extend(faults.to_le_bytes());
        out.extend(cross_entropy.to_le_bytes());
    }
    for network in [Some(&state.network), best.map(|(_, network)| network)].into_iter().flatten() {
        let params = network.params();
        out.extend(words::to_bytes(params.w1()));
        out.extend(words::to_bytes(params.w2()));
    }
    let crc = checksum(&out).to_le_bytes();
    out[CRC].copy_from_slice(&crc);
    Ok(out)
}

/// The state that a checkpoint of this run holds; of a run on `features` pixels and `classes` classes.
///
/// A run whose learning rate is constant may be given more epochs than its checkpoint's had: the weights do not
/// depend on how many are to come.
///
/// # Errors
/// Whatever is found first to be wrong: of the first bytes, the length, the CRC, the versions, the sizes, the run, the
/// numbers.
pub fn decode(
    bytes: &[u8],
    identity: &str,
    config: &Config,
    (features, classes): (usize, usize),
) -> Result<State, CheckpointError> {
    let wrong = CheckpointError::Inconsistent;
    if bytes.len() < HEADER || !bytes.starts_with(&MAGIC) {
        return Err(CheckpointError::NotACheckpoint);
    }
    let mut rest = Reader(&bytes[MAGIC.len()..]);
    let (format, contract) = (rest.u32(), rest.u32());
    let expected = rest.u64();
    if expected != bytes.len() as u64 {
        return Err(CheckpointError::Length { found: bytes.len() as u64, expected });
    }
    let (found, expected) = (checksum(bytes), rest.u32());
    if found != expected {
        return Err(CheckpointError::Crc { found, expected });
    }
    if format != FORMAT {
        return Err(CheckpointError::Format { found: format });
    }
    if contract != u32::from(CONTRACT_VERSION) {
        return Err(CheckpointError::Contract { found: contract });
    }
    let identity_len = rest.u32();
    let found_sizes = [rest.u32(), rest.u32(), rest.u32()];
    let (epochs, best_epoch) = (rest.u32(), rest.u32());
    let all = length(identity_len.into(), epochs, found_sizes, best_epoch != 0);
    if all != Some(bytes.len() as u64) || epochs == 0 || best_epoch > epochs {
        return Err(wrong);
    }
    let found = core::str::from_utf8(rest.take(identity_len as usize)).map_err(|_| wrong.clone())?;
    let differences = differences(found, identity, epochs, config);
    if !differences.is_empty() {
        return Err(CheckpointError::OtherRun(differences));
    }
    if found_sizes.map(|size| size as usize) != [features, config.hidden, classes] {
        return Err(wrong);
    }
    let mut history = super::buffer::reserved(epochs as usize).map_err(|_| CheckpointError::Memory)?;
    history.extend((1..=epochs).map(|epoch| rest.epoch(epoch)));
    let mut network = || {
        let w1 = rest.weights((features + 1) * config.hidden)?;
        let w2 = rest.weights((config.hidden + 1) * classes)?;
        Ok(Network::of(config, (features, classes), w1, w2))
    };
    let last = network()?;
    let kept = if best_epoch > 0 { Some((best_epoch, network()?)) } else { None };
    Ok(State { network: last, history, kept })
}

/// D, M and K, as far as a u32 can tell.
fn sizes(params: Params<'_>) -> [u32; 3] {
    let Shape { features, hidden, classes, .. } = params.shape();
    [features, hidden, classes].map(|size| u32::try_from(size).unwrap_or(u32::MAX))
}

/// The length of a checkpoint; `None` where a u64 does not hold it.
fn length(identity: u64, epochs: u32, [features, hidden, classes]: [u32; 3], best: bool) -> Option<u64> {
    let [features, hidden, classes] = [features, hidden, classes].map(u64::from);
    let weights = (features + 1).checked_mul(hidden)?.checked_add((hidden + 1).checked_mul(classes)?)?;
    let networks = weights.checked_mul(if best { 8 } else { 4 })?;
    (HEADER as u64 + u64::from(epochs) * EPOCH).checked_add(identity)?.checked_add(networks)
}

fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = Crc32::new();
    crc.update(&bytes[..CRC.start]);
    crc.update(&bytes[CRC.end..]);
    crc.value()
}

/// The keys of either text whose values differ.
fn differences(found: &str, expected: &str, done: u32, config: &Config) -> Vec<Difference> {
    fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
        text.lines().filter_map(|line| line.split_once('=')).find(|(k, _)| *k == key).map(|(_, value)| value)
    }
    let mut out: Vec<Difference> = Vec::new();
    for (key, _) in expected.lines().chain(found.lines()).filter_map(|line| line.split_once('=')) {
        let (there, here) = (value(found, key), value(expected, key));
        let may_grow = key == "epochs" && config.schedule == Schedule::Constant && done <= config.epochs;
        if there != here && !may_grow && !out.iter().any(|difference| difference.key == key) {
            let owned = |text: Option<&str>| text.map(String::from);
            out.push(Difference { key: key.into(), found: owned(there), expected: owned(here) });
        }
    }
    out
}

/// The rest of the bytes, whose length is known to suffice.
struct Reader<'a>(&'a [u8]);

impl<'a> Reader<'a> {
    fn take(&mut self, count: usize) -> &'a [u8] {
        let (taken, rest) = self.0.split_at(count);
        self.0 = rest;
        taken
    }

    fn array<const N: usize>(&mut self) -> [u8; N] {
        let mut out = [0; N];
        out.copy_from_slice(self.take(N));
        out
    }

    fn u32(&mut self) -> u32 {
        u32::from_le_bytes(self.array())
    }

    fn u64(&mut self) -> u64 {
        u64::from_le_bytes(self.array())
    }

    fn f64(&mut self) -> f64 {
        f64::from_le_bytes(self.array())
    }

    fn epoch(&mut self, epoch: u32) -> EpochReport {
        let (seconds, cost) = (self.f64(), self.f64());
        let (faults, cross_entropy) = (self.u64(), self.f64());
        let faults = usize::try_from(faults).ok().filter(|&faults| faults as u64 != u64::MAX);
        let held_out = faults.map(|faults| HeldOut { faults, cross_entropy });
        EpochReport { epoch, seconds, cost, held_out }
    }

    /// So many weights, all of them finite.
    fn weights(&mut self, count: usize) -> Result<Vec<f32>, CheckpointError> {
        let mut out = super::buffer::reserved(count).map_err(|_| CheckpointError::Memory)?;
        let bytes = self.take(count * 4);
        out.extend(
            bytes.chunks_exact(4).map(|word| f32::from_le_bytes([word[0], word[1], word[2], word[3]])),
        );
        if out.iter().all(|w: &f32| w.is_finite()) { Ok(out) } else { Err(CheckpointError::Inconsistent) }
    }
}
