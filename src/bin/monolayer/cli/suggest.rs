//! Suggestions for misspelt words.

/// The only word that begins with `found`, or else the first of those nearest to it: at most two edits away,
/// and at most one for every two letters. Case is ignored.
pub fn nearest(found: &str, words: impl IntoIterator<Item = &'static str>) -> Option<&'static str> {
    let words: Vec<&str> = words.into_iter().collect();
    let found = found.to_ascii_lowercase();
    let mut begun = words.iter().filter(|word| !found.is_empty() && word.starts_with(&found));
    if let (Some(word), None) = (begun.next(), begun.next()) {
        return Some(word);
    }
    let near = words
        .into_iter()
        .map(|word| (distance(&found, word), word))
        .filter(|&(d, word)| d <= 2 && d < word.len() && 2 * d <= found.chars().count())
        .min_by_key(|&(d, _)| d);
    near.map(|(_, word)| word)
}

/// Insertions, deletions, substitutions and swaps of neighbours that turn `a` into `b` (optimal string
/// alignment: no letter is edited twice).
fn distance(a: &str, b: &str) -> usize {
    let a: Vec<char> = a.chars().collect();
    let b: Vec<char> = b.chars().collect();
    if a.len().abs_diff(b.len()) > 2 {
        return usize::MAX; // also what keeps a megabyte of argument from a quadratic table
    }
    // rows[i][j]: from the first i letters of a to the first j of b.
    let mut rows: Vec<Vec<usize>> = (0..=a.len()).map(|i| (0..=b.len()).map(|j| i + j).collect()).collect();
    for i in 1..=a.len() {
        for j in 1..=b.len() {
            let replaced = rows[i - 1][j - 1] + usize::from(a[i - 1] != b[j - 1]);
            let mut best = replaced.min(rows[i - 1][j] + 1).min(rows[i][j - 1] + 1);
            if i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] {
                best = best.min(rows[i - 2][j - 2] + 1);
            }
            rows[i][j] = best;
        }
    }
    rows[a.len()][b.len()]
}

/// `; did you mean `word`?`, or nothing.
pub fn did_you_mean(word: Option<&str>) -> String {
    word.map_or_else(String::new, |word| format!("; did you mean `{word}`?"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (a, b, d) in [
            ("", "", 0),
            ("", "ab", 2),
            ("train", "train", 0),
            ("trian", "train", 1),
            ("tarin", "train", 1),
            ("tran", "train", 1),
            ("traain", "train", 1),
            ("thanh", "tanh", 1),
            ("hiden", "hidden", 1),
            ("kitten", "sitting", 3),
            ("a", "abcd", usize::MAX),
            ("größe", "grosse", 3),
        ] {
            assert_eq!(distance(a, b), d, "{a} {b}");
            assert_eq!(distance(b, a), d, "{b} {a}");
        }
    }

    #[test]
    fn suggests_what_is_near_and_nothing_else() {
        let words = ["train", "test", "predict", "info", "isa", "lr"];
        assert_eq!(nearest("trian", words), Some("train"));
        assert_eq!(nearest("tst", words), Some("test"));
        assert_eq!(nearest("sia", words), Some("isa"));
        assert_eq!(nearest("TRAIN", words), Some("train"));
        assert_eq!(nearest("in", words), Some("info"), "nothing else begins so");
        for far in ["", "x", "i", "ofn", "completely", "lambda"] {
            assert_eq!(nearest(far, words), None, "{far}");
        }
    }
}
