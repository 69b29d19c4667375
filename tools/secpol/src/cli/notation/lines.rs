// SPDX-License-Identifier: MIT OR Apache-2.0

//! What becomes of a call, by conditions.

use std::fmt;

use secpol::action::Action;
use secpol_analysis::{
    Field,
    Leaf,
    Node,
    Space, //
};

use super::{
    field::Names,
    values, //
};

/// The most conditions that are told of a call.
const MOST: usize = 64;

/// It would take too many words.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TooLong;

impl fmt::Display for TooLong {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("there are too many conditions to be told")
    }
}

/// What a function of a call is, a condition with its end each: the first whose condition holds
/// counts, and the last has none. In `condition -> end` form.
pub(crate) fn lines(space: &mut Space, names: &Names, node: Node) -> Result<Vec<String>, TooLong> {
    write(space, names, node, false)
}

/// Of a function that is [`Leaf::Change`] or [`Leaf::Same`], where it is a change. Each condition
/// stands for itself.
pub(crate) fn cases(space: &mut Space, names: &Names, node: Node) -> Result<Vec<String>, TooLong> {
    write(space, names, node, true)
}

fn write(
    space: &mut Space,
    names: &Names,
    node: Node,
    is_case: bool,
) -> Result<Vec<String>, TooLong> {
    let mut writer = Writer {
        space,
        names,
        lines: Vec::new(),
        is_case,
    };
    writer.write(node, &mut Vec::new(), None)?;
    Ok(writer.text())
}

/// A condition on one field alone. `None` if it takes too many words.
pub(crate) fn condition(
    space: &mut Space,
    names: &Names,
    when: Node,
    field: &Field,
) -> Option<String> {
    values::condition(space, names, when, field, None).map(|condition| condition.text)
}

struct Writer<'a> {
    space: &'a mut Space,
    names: &'a Names,
    /// What holds, and what becomes of a call then.
    lines: Vec<(Vec<String>, String)>,
    is_case: bool,
}

impl Writer<'_> {
    /// Adds the lines for what is left of a function where all of `before` holds.
    fn write(
        &mut self,
        node: Node,
        before: &mut Vec<String>,
        family: Option<u64>,
    ) -> Result<(), TooLong> {
        if let Some(leaf) = self.space.constant(node) {
            return self.end(leaf, before);
        }
        let (place, value) = self.space.first(node).ok_or(TooLong)?;
        let field = self.names.field(place, value);
        let ways = self.space.split(node, &field).map_err(|_| TooLong)?;
        let mut told = Vec::new();
        for (when, rest) in ways {
            let condition = values::condition(self.space, self.names, when, &field, family);
            let family = self.family(when, &field).or(family);
            let cost = condition.as_ref().map_or(usize::MAX, |known| known.cost);
            // What is simple first, and what ends.
            told.push((
                cost,
                self.space.constant(rest).is_none(),
                condition,
                rest,
                family,
            ));
        }
        told.sort_by_key(|(cost, goes_on, ..)| (*cost, *goes_on));
        let last = told.len() - 1;
        for (place, (_, _, condition, rest, family)) in told.into_iter().enumerate() {
            if place == last && !self.is_case {
                self.write(rest, before, family)?;
                continue;
            }
            if self.is_same(rest) {
                continue;
            }
            let condition = condition.ok_or(TooLong)?;
            before.push(if condition.is_any {
                format!("({})", condition.text)
            } else {
                condition.text
            });
            self.write(rest, before, family)?;
            before.pop();
        }
        Ok(())
    }

    /// Is there no change whatever else holds?
    fn is_same(&self, node: Node) -> bool {
        self.is_case && self.space.constant(node) == Some(Leaf::Same)
    }

    /// The family of the socket address, if that is what a condition says.
    fn family(&self, condition: Node, field: &Field) -> Option<u64> {
        if !self.names.is_family(field) {
            return None;
        }
        match self.space.ranges(condition, field, false, 1)?.as_slice() {
            [(first, last)] if first == last => Some(*first),
            _ => None,
        }
    }

    fn end(&mut self, leaf: Leaf, before: &[String]) -> Result<(), TooLong> {
        if self.lines.len() >= MOST {
            return Err(TooLong);
        }
        let end = match leaf {
            Leaf::Ret(ret) => Action::from_ret(ret).to_string(),
            Leaf::Change(old, new) => {
                format!("{} -> {}", Action::from_ret(old), Action::from_ret(new))
            }
            Leaf::Same => return Ok(()),
            // No filter ends so.
            Leaf::No | Leaf::Yes => return Err(TooLong),
        };
        self.lines.push((before.to_vec(), end));
        Ok(())
    }

    fn text(self) -> Vec<String> {
        let mut lines: Vec<(Vec<String>, String)> = Vec::new();
        for (before, end) in self.lines.into_iter().rev() {
            // The next says the same of more calls.
            let is_told = lines
                .last()
                .is_some_and(|next| next.1 == end && before.starts_with(&next.0));
            if self.is_case || !is_told {
                lines.push((before, end));
            }
        }
        let separator = if self.is_case { ":" } else { " ->" };
        let text = |(before, end): (Vec<String>, String)| match before.as_slice() {
            [] => end,
            // Nothing is joined to it.
            [one] => format!("{}{separator} {end}", bare(one)),
            parts => format!("{}{separator} {end}", parts.join(" && ")),
        };
        lines.into_iter().rev().map(text).collect()
    }
}

/// Without the parentheses around all of it.
fn bare(condition: &str) -> &str {
    let Some(inner) = condition
        .strip_prefix('(')
        .and_then(|rest| rest.strip_suffix(')'))
    else {
        return condition;
    };
    let mut depth = 0i32;
    for c in inner.chars() {
        depth += i32::from(c == '(') - i32::from(c == ')');
        if depth < 0 {
            return condition;
        }
    }
    inner
}
