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

use super::buffer::reserved;
use super::{Config, EpochReport, Error, HeldOut, Network, Schedule, State};
use crate::CONTRACT_VERSION;
use crate::data::checksum::Crc32;
use crate::simd::words;
use crate::weights::{Params, Shape};

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

/// The bytes of a checkpoint of `state`. `identity` is the run's, in `key=value` lines; that of the
/// configuration among them.
///
/// # Errors
/// [`Error::Memory`].
pub fn encode(state: &State, identity: &str) -> Result<Vec<u8>, Error> {
    let params = state.network.params();
    let best = state.kept.as_ref();
    let length = length(identity.len() as u64, state.epochs(), sizes(params), best.is_some());
    let length = length.and_then(|length| usize::try_from(length).ok()).unwrap_or(usize::MAX);
    let mut out: Vec<u8> = reserved(length)?;
    out.extend(MAGIC);
    out.extend([FORMAT, u32::from(CONTRACT_VERSION)].map(u32::to_le_bytes).as_flattened());
    out.extend((length as u64).to_le_bytes());
    let best_epoch = best.map_or(0, |(epoch, _)| *epoch);
    let [features, hidden, classes] = sizes(params);
    let words = [0, identity.len() as u32, features, hidden, classes, state.epochs(), best_epoch];
    out.extend(words.map(u32::to_le_bytes).as_flattened());
    out.extend(identity.as_bytes());
    for &EpochReport { seconds, cost, held_out, .. } in &state.history {
        let (faults, cross_entropy) =
            held_out.map_or((u64::MAX, 0.0), |found| (found.faults as u64, found.cross_entropy));
        let words = [seconds.to_bits(), cost.to_bits(), faults, cross_entropy.to_bits()];
        out.extend(words.map(u64::to_le_bytes).as_flattened());
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
/// A run whose learning rate is constant may be given more epochs than its checkpoint's had: the weights do
/// not depend on how many are to come.
///
/// # Errors
/// [`Error::Checkpoint`] for the first that is wrong: of the first bytes, the length, the CRC, the versions,
/// the sizes and the numbers. [`Error::OtherRun`], [`Error::Memory`].
pub fn decode(
    bytes: &[u8],
    identity: &str,
    config: &Config,
    (features, classes): (usize, usize),
) -> Result<State, Error> {
    let (about, mut rest) = begin(bytes)?;
    let About { sizes, history, best_epoch, .. } = about;
    let differences = differences(about.identity, identity, history.len() as u32, config);
    if !differences.is_empty() {
        return Err(Error::OtherRun(differences));
    }
    if sizes != [features, config.hidden, classes] {
        return inconsistent();
    }
    let mut network = || {
        let w1 = rest.weights((features + 1) * config.hidden)?;
        let w2 = rest.weights((config.hidden + 1) * classes)?;
        Ok(Network::of(config, (features, classes), w1, w2))
    };
    let last = network()?;
    let kept = best_epoch.map(|epoch| Ok((epoch, network()?))).transpose()?;
    Ok(State { network: last, history, kept })
}

/// What a checkpoint tells without its weights.
#[derive(Clone, Debug, PartialEq)]
pub struct About<'a> {
    /// The run's identity: `key=value` lines.
    pub identity: &'a str,
    /// D, M and K.
    pub sizes: [usize; 3],
    /// The epochs done, at least one.
    pub history: Vec<EpochReport>,
    /// The epoch whose weights are kept as the best, where images were held out.
    pub best_epoch: Option<u32>,
}

/// Whether a file that begins with `head` is a checkpoint.
pub fn is_checkpoint(head: &[u8]) -> bool {
    head.starts_with(&MAGIC)
}

/// What a checkpoint tells without its weights, which are not looked at.
///
/// # Errors
/// As [`decode`], but for [`Error::OtherRun`].
pub fn about(bytes: &[u8]) -> Result<About<'_>, Error> {
    begin(bytes).map(|(about, _)| about)
}

/// What stands before the weights, and these.
fn begin(bytes: &[u8]) -> Result<(About<'_>, Reader<'_>), Error> {
    let mut rest = checked(bytes)?;
    let [identity_len, d, m, k, epochs, best_epoch] = rest.words();
    let sizes = [d, m, k];
    let all = length(identity_len.into(), epochs, sizes, best_epoch != 0);
    if all != Some(bytes.len() as u64) || epochs == 0 || best_epoch > epochs {
        return inconsistent();
    }
    let Ok(identity) = core::str::from_utf8(rest.take(identity_len as usize)) else { return inconsistent() };
    let mut history = reserved(epochs as usize)?;
    history.extend((1..=epochs).map(|epoch| rest.epoch(epoch)));
    let best_epoch = Some(best_epoch).filter(|&epoch| epoch > 0);
    Ok((About { identity, sizes: sizes.map(|size| size as usize), history, best_epoch }, rest))
}

/// Checks the bytes as such; gives those behind the CRC.
fn checked(bytes: &[u8]) -> Result<Reader<'_>, Error> {
    if bytes.len() < HEADER || !bytes.starts_with(&MAGIC) {
        return bad("not a checkpoint: its first bytes are not one's; give a file that a run saved".into());
    }
    let mut rest = Reader(&bytes[MAGIC.len()..]);
    let [format, contract] = rest.words();
    let ([length], [crc]) = (rest.longs(), rest.words());
    let (found_length, found_crc) = (bytes.len() as u64, checksum(bytes));
    if found_length != length {
        return bad(format!(
            "a checkpoint of {length} bytes, but {found_length} are there; copy the file again"
        ));
    }
    if found_crc != crc {
        return bad(format!(
            "damaged: the CRC-32 of its bytes is {found_crc:08x}, the header says {crc:08x}; copy the file again"
        ));
    }
    let writer = "go on with the one that wrote it";
    if format != FORMAT {
        return bad(format!("a checkpoint of format {format}, but this monolayer knows {FORMAT}; {writer}"));
    }
    if contract != u32::from(CONTRACT_VERSION) {
        return bad(format!(
            "its weights follow numeric contract {contract}, this monolayer's {CONTRACT_VERSION}; {writer}"
        ));
    }
    Ok(rest)
}

fn bad<T>(text: String) -> Result<T, Error> {
    Err(Error::Checkpoint(text))
}

/// For what no writer of this program writes.
fn inconsistent<T>() -> Result<T, Error> {
    bad("its sizes or numbers contradict each other, though its CRC-32 is right".into())
}

/// D, M and K, which 32 bits hold.
fn sizes(params: Params<'_>) -> [u32; 3] {
    let Shape { features, hidden, classes, .. } = params.shape();
    [features, hidden, classes].map(|size| size as u32)
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

/// The keys of either text whose values differ, in words.
fn differences(found: &str, expected: &str, done: u32, config: &Config) -> String {
    fn value<'a>(text: &'a str, key: &str) -> Option<&'a str> {
        text.lines().filter_map(|line| line.split_once('=')).find(|(k, _)| *k == key).map(|(_, value)| value)
    }
    let (mut out, mut seen) = (String::new(), Vec::new());
    for (key, _) in expected.lines().chain(found.lines()).filter_map(|line| line.split_once('=')) {
        let (there, here) = (value(found, key), value(expected, key));
        let may_grow = key == "epochs" && config.schedule == Schedule::Constant && done <= config.epochs;
        if there != here && !may_grow && !seen.contains(&key) {
            seen.push(key);
            let (there, here) = (there.unwrap_or("none"), here.unwrap_or("none"));
            out += &format!("{}{key} is {there} there, {here} here", if out.is_empty() { "" } else { "; " });
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

    fn words<const N: usize>(&mut self) -> [u32; N] {
        core::array::from_fn(|_| self.take(4).iter().rev().fold(0, |word, &byte| word << 8 | u32::from(byte)))
    }

    fn longs<const N: usize>(&mut self) -> [u64; N] {
        core::array::from_fn(|_| self.words().map(u64::from)).map(|[low, high]| high << 32 | low)
    }

    fn epoch(&mut self, epoch: u32) -> EpochReport {
        let [seconds, cost, faults, cross_entropy] = self.longs();
        let [seconds, cost, cross_entropy] = [seconds, cost, cross_entropy].map(f64::from_bits);
        let faults = usize::try_from(faults).ok().filter(|&faults| faults as u64 != u64::MAX);
        let held_out = faults.map(|faults| HeldOut { faults, cross_entropy });
        EpochReport { epoch, seconds, cost, held_out }
    }

    /// So many weights, all of them finite.
    fn weights(&mut self, count: usize) -> Result<Vec<f32>, Error> {
        let mut out = reserved(count)?;
        out.extend((0..count).map(|_| f32::from_bits(self.words::<1>()[0])));
        if out.iter().all(|w: &f32| w.is_finite()) { Ok(out) } else { inconsistent() }
    }
}
