// SPDX-License-Identifier: MIT OR Apache-2.0

/// Numbers that look random, and are the same each time.
pub struct Random(pub u64);

impl Random {
    /// A number below `limit`.
    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % limit.max(1) as u64) as usize
    }

    /// Changes a list a few times: takes parts away, doubles, swaps and inserts them.
    pub fn damage<T: Clone>(&mut self, parts: &mut Vec<T>, others: &[T]) {
        for _ in 0..1 + self.below(4) {
            if parts.is_empty() {
                return;
            }
            let (a, b) = (self.below(parts.len()), self.below(parts.len()));
            match self.below(6) {
                0 => drop(parts.remove(a)),
                1 => parts.insert(a, parts[a].clone()),
                2 => parts.swap(a, b),
                3 => parts.insert(a, parts[b].clone()),
                4 => parts[a] = others[self.below(others.len())].clone(),
                _ => parts.insert(a, others[self.below(others.len())].clone()),
            }
        }
    }
}

/// A text as words, numbers, blanks and signs.
pub fn tokens(text: &str) -> Vec<String> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let mut tokens: Vec<String> = Vec::new();
    for c in text.chars() {
        match tokens.last_mut() {
            Some(last) if is_word(c) && last.ends_with(is_word) => last.push(c),
            _ => tokens.push(c.to_string()),
        }
    }
    tokens
}
