//! Which samples are tested on where the data have no test half: by their content, so that neither their
//! order nor duplicates make a difference.

/// Whether the sample of these words is tested on, where a share from 0 to 1 of all samples is to be.
pub(crate) fn is_test(words: impl Iterator<Item = u64>, share: f64) -> bool {
    let hash = words.fold(0xcbf2_9ce4_8422_2325_u64, |hash, word| mixed(hash ^ word));
    ((hash >> 11) as f64) < share * (1_u64 << 53) as f64
}

/// A permutation of the words that carries every bit to all others (the finaliser of splitmix64: Steele, Lea
/// and Flood, "Fast splittable pseudorandom number generators", 2014).
fn mixed(word: u64) -> u64 {
    let word = (word ^ word >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let word = (word ^ word >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    word ^ word >> 31
}

/// What a split came to, for people; `what` are the samples.
pub(crate) fn note(what: &str, train: usize, test: usize) -> String {
    format!("split: {train} {what} to train on, {test} to test on, chosen by their content")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_share_is_the_one_asked_for_and_grows() {
        let count = |share| (0..10_000_u64).filter(|&n| is_test([n, 7].into_iter(), share)).count();
        assert_eq!((count(0.0), count(1.0)), (0, 10_000));
        assert!((1_900..2_100).contains(&count(0.2)), "{}", count(0.2));
        // Whoever is tested on with a small share is with a greater one.
        assert!((0..1000).all(|n| !is_test([n].into_iter(), 0.2) || is_test([n].into_iter(), 0.3)));
    }
}
