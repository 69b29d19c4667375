// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a misspelt word may have meant.

/// The candidate that differs least from `word`; none, if all differ in more than a third of it.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Long enough for all names of calls and constants, and short enough that nothing takes long.
    const LONGEST: usize = 64;
    if word.len() > LONGEST {
        return None;
    }
    let length = word.chars().count();
    let most = length.div_ceil(3);
    candidates
        .into_iter()
        .filter(|candidate| candidate.len() <= LONGEST)
        // Each letter more or less is a difference.
        .filter(|candidate| candidate.chars().count().abs_diff(length) <= most)
        .map(|candidate| (distance(word, candidate), candidate))
        .filter(|&(distance, _)| distance <= most)
        .min_by_key(|&(distance, _)| distance)
        .map(|(_, candidate)| candidate)
}

/// How many letters must be changed, added, removed or swapped with the next to get from one word
/// to the other. Upper and lower case are the same.
fn distance(from: &str, to: &str) -> usize {
    let lower = |word: &str| -> Vec<char> {
        word.chars().map(|c| c.to_ascii_lowercase()).collect() //
    };
    let (from, to) = (lower(from), lower(to));
    // Rows of the table of distances between the beginnings of both words.
    let mut before_last = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for i in 0..from.len() {
        let mut row = vec![i + 1];
        for j in 0..to.len() {
            let changed = last[j] + usize::from(from[i] != to[j]);
            let mut least = changed.min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && from[i] == to[j - 1] && from[i - 1] == to[j] {
                least = least.min(before_last[j - 1] + 1);
            }
            row.push(least);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    last[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        for (from, to, expected) in [
            ("", "", 0),
            ("", "abc", 3),
            ("abc", "", 3),
            ("read", "READ", 0),
            ("raed", "read", 1),
            ("opnat", "openat", 1),
            ("openatt", "openat", 1),
            ("write", "pwrite64", 3),
            ("kitten", "sitting", 3),
        ] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn nearest_word() {
        let calls = ["openat", "openat2", "read", "readv"];
        assert_eq!(nearest("openta2", calls), Some("openat2"));
        assert_eq!(nearest("raed", calls), Some("read"));
        assert_eq!(nearest("mmap", calls), None);
        assert_eq!(nearest("", calls), None);
        assert_eq!(nearest(&"r".repeat(1000), calls), None);
    }
}
