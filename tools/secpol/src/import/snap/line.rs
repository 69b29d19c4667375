// SPDX-License-Identifier: MIT OR Apache-2.0

//! A line of a profile.

use super::{
    accounts::{
        is_name,
        Accounts, //
    },
    DENIED, //
};
use crate::{
    abi::Abi,
    action::Action,
    import::{
        comparison::Comparison,
        libseccomp::Rule,
        quoted,
        text::At,
        Error, //
    },
    syntax::ast::Operator,
    tables, //
};

/// A line of a profile.
pub(super) enum Line {
    /// A comment, or nothing.
    Nothing,
    /// One for a call that there is not; snap-seccomp passes over it.
    Unknown(String),
    /// One for a call.
    Rule(Rule),
}

/// The most arguments.
const ARGUMENTS: usize = 6;

/// Calls with numbers of users or groups: their arguments may be negative, 32 bits of them count,
/// and they can be compared for equality alone. The last has none, and is on snapd's list.
const NEGATIVE: [&str; 20] = [
    "chown",
    "chown32",
    "fchown",
    "fchown32",
    "fchownat",
    "lchown",
    "lchown32",
    "setgid",
    "setgid32",
    "setregid",
    "setregid32",
    "setresgid",
    "setresgid32",
    "setreuid",
    "setreuid32",
    "setresuid",
    "setresuid32",
    "setuid",
    "setuid32",
    "copy_file_range",
];

impl Line {
    pub(super) fn read(
        at: &At,
        line: &str,
        machine: Abi,
        accounts: &dyn Accounts,
    ) -> Result<Self, Error> {
        if line.is_empty() || line.starts_with('#') {
            return Ok(Self::Nothing);
        }
        let mut words = words(line).into_iter().map(|(column, word)| {
            let at = At {
                column,
                ..at.clone()
            };
            (at, word)
        });
        let Some((at, first)) = words.next() else {
            return Err(at.error("snap-seccomp fails on a line that has blanks alone"));
        };
        let words: Vec<(At, &str)> = words.collect();
        if let Some((at, _)) = words.get(ARGUMENTS) {
            return Err(at.error(format!("a call has at most {ARGUMENTS} arguments")));
        }
        let (name, action) = match first.strip_prefix('~') {
            Some(name) => (name, DENIED),
            None => (first, Action::Allow),
        };
        if !tables::is_call_name(name) {
            return Ok(match name {
                "@complain" => Self::Nothing,
                name => Self::Unknown(name.to_string()),
            });
        }
        let reader = Reader {
            call: name,
            machine,
            accounts,
        };
        let args = words
            .iter()
            .enumerate()
            .filter(|(_, (_, word))| *word != "-")
            .map(|(index, (at, word))| reader.comparison(index, at, word));
        Ok(Self::Rule(Rule {
            path: at.to_string(),
            names: vec![name.to_string()],
            action,
            args: args.collect::<Result<_, _>>()?,
        }))
    }
}

/// The words of a line, with their columns, counted from 1.
fn words(line: &str) -> Vec<(usize, &str)> {
    let mut words = Vec::new();
    let mut column = 1;
    for part in line.split(char::is_whitespace) {
        if !part.is_empty() {
            words.push((column, part));
        }
        column += part.chars().count() + 1;
    }
    words
}

/// Reads the arguments of a call.
struct Reader<'a> {
    call: &'a str,
    machine: Abi,
    accounts: &'a dyn Accounts,
}

impl Reader<'_> {
    fn comparison(&self, index: usize, at: &At, word: &str) -> Result<Comparison, Error> {
        let (operator, mask, value) = self.parts(word).map_err(|why| at.error(why))?;
        let (mask, value) = match (operator, mask) {
            _ if !NEGATIVE.contains(&self.call) => (mask, value),
            (Operator::Equal, None) => (Some(u64::from(u32::MAX)), value),
            _ => {
                let why = format!(
                    "an argument of {} is compared for equality alone",
                    self.call
                );
                return Err(at.error(why));
            }
        };
        Ok(Comparison {
            index,
            operator,
            mask,
            value,
        })
    }

    /// How a word compares: the operator, the mask, and the value.
    fn parts(&self, word: &str) -> Result<(Operator, Option<u64>, u64), String> {
        const OPERATORS: [(&str, Operator); 5] = [
            (">=", Operator::GreaterOrEqual),
            ("<=", Operator::LessOrEqual),
            ("!", Operator::NotEqual),
            ("<", Operator::Less),
            (">", Operator::Greater),
        ];
        for (sign, operator) in OPERATORS {
            if let Some(number) = word.strip_prefix(sign) {
                return Ok((operator, None, self.number(number)?));
            }
        }
        if let Some(bits) = word.strip_prefix('|') {
            let bits = self.number(bits)?;
            return Ok((Operator::Equal, Some(bits), bits));
        }
        if let Some((mask, value)) = word.split_once('|') {
            return Ok((
                Operator::Equal,
                Some(self.number(mask)?),
                self.number(value)?,
            ));
        }
        let value = if let Some(name) = word.strip_prefix("u:") {
            account(name, "user", |name| self.accounts.user(name))?
        } else if let Some(name) = word.strip_prefix("g:") {
            account(name, "group", |name| self.accounts.group(name))?
        } else {
            self.number(word)?
        };
        Ok((Operator::Equal, None, value))
    }

    /// A constant, or a number of 32 bits in decimal digits.
    fn number(&self, word: &str) -> Result<u64, String> {
        if let Some(value) = tables::constant(self.machine, word) {
            return u64::try_from(value)
                .map_err(|_| format!("{} is a negative constant", quoted(word)));
        }
        let is_number =
            |digits: &str| !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit());
        if is_number(word) {
            let number = word.parse::<u32>().map(u64::from);
            return number.map_err(|_| format!("{} has more than 32 bits", quoted(word)));
        }
        let digits = word.strip_prefix(['+', '-']).unwrap_or_default();
        if !is_number(digits) {
            return Err(format!("there is no constant {}", quoted(word)));
        }
        if !NEGATIVE.contains(&self.call) {
            return Err(format!("{} has no negative arguments", self.call));
        }
        // CAST: All that counts of it is 32 bits, and the sign is one of them.
        let number = word.parse::<i32>().map(|number| u64::from(number as u32));
        number.map_err(|_| format!("{} has more than 32 bits", quoted(word)))
    }
}

fn account(
    name: &str,
    what: &str,
    find: impl Fn(&str) -> Result<u32, String>,
) -> Result<u64, String> {
    if !is_name(name) {
        return Err(format!("{} is no name of a {what}", quoted(name)));
    }
    find(name).map(u64::from)
}
