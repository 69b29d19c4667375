// SPDX-License-Identifier: MIT OR Apache-2.0

//! `RestrictAddressFamilies=`

use std::collections::BTreeSet;

use super::unit::Assignment;
use crate::{
    abi::Abi,
    import::{
        quoted,
        Error, //
    },
    tables, //
};

/// The families of socket addresses that there may be, or may not.
#[derive(Clone, Debug, Default)]
pub(super) struct Families {
    /// Are they those that there may be?
    pub(super) includes: bool,
    /// Their numbers; none, if nothing was said yet.
    pub(super) numbers: Option<BTreeSet<u64>>,
}

impl Families {
    pub(super) fn assign(&mut self, assignment: &Assignment) -> Result<(), Error> {
        let Some((inverted, words)) = assignment.words()? else {
            *self = Self::default();
            return Ok(());
        };
        if assignment.value() == "none" {
            *self = Self {
                includes: true,
                numbers: None,
            };
            return Ok(());
        }
        if self.numbers.is_none() {
            self.includes = !inverted;
        }
        let numbers = self.numbers.get_or_insert_default();
        for word in words {
            let number = family(word).ok_or_else(|| {
                assignment.error(word, &format!("there is no family {}", quoted(word)))
            })?;
            if inverted != self.includes {
                numbers.insert(number);
            } else {
                numbers.remove(&number);
            }
        }
        Ok(())
    }

    /// The numbers, if a filter is made for them.
    pub(super) fn used(&self) -> Option<BTreeSet<u64>> {
        let numbers = self.numbers.clone().unwrap_or_default();
        (self.includes || !numbers.is_empty()).then_some(numbers)
    }
}

fn family(name: &str) -> Option<u64> {
    if !name.starts_with("AF_") || name == "AF_MAX" {
        return None;
    }
    tables::constant(Abi::X86_64, name)?.try_into().ok()
}
