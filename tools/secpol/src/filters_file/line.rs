// SPDX-License-Identifier: MIT OR Apache-2.0

//! The lines of the file, but for those of instructions.

use super::Filter;
use crate::action::Action;

/// What a thread has.
pub(super) enum Has {
    None,
    BuiltIn,
    /// So many filters, at least one.
    Filters(u32),
}

/// The last number that the file may have an entry for: far more than any architecture has.
const LAST: u32 = 4095;

/// What is said of a range of numbers.
pub(super) enum Entry {
    AllPrograms,
    Constant {
        action: Action,
        /// 0 if nobody does.
        by: u32,
        or_stronger: bool,
    },
}

/// A number as the kernel prints it, without a sign or zeros before it.
pub(super) fn decimal(text: &str) -> Option<u32> {
    let is_plain = text == "0" || !text.starts_with('0');
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    text.parse().ok().filter(|_| is_plain && is_number)
}

/// The same, of base 16, behind `0x`.
pub(super) fn hexadecimal(text: &str) -> Option<u32> {
    let digits = text.strip_prefix("0x")?;
    let is_plain = digits == "0" || !digits.starts_with('0');
    let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
    let is_number = digits.bytes().all(is_digit);
    u32::from_str_radix(digits, 16)
        .ok()
        .filter(|_| is_plain && is_number)
}

/// The number of a filter.
fn filter_number(text: &str) -> Option<u32> {
    decimal(text).filter(|number| *number != 0)
}

/// `thread 1234: 2 filters`
pub(super) fn thread(text: &str, thread: i32) -> Option<Has> {
    let rest = text.strip_prefix(&format!("thread {thread}: "))?;
    match rest {
        "no filters" => Some(Has::None),
        "the built-in engine's" => Some(Has::BuiltIn),
        _ => filter_number(rest.strip_suffix(" filters")?).map(Has::Filters),
    }
}

/// `filter 2: 9 instructions, logs, has a listener, has residual programs`
pub(super) fn filter(text: &str, number: u32) -> Option<Filter> {
    let rest = text.strip_prefix(&format!("filter {number}: "))?;
    let mut words = rest.split(", ").peekable();
    let insns = decimal(words.next()?.strip_suffix(" instructions")?)?;
    let mut has = |what: &str| words.next_if_eq(&what).is_some();
    let filter = Filter {
        insns: usize::try_from(insns).ok()?,
        logs: has("logs"),
        listens: has("has a listener"),
        residuals: has("has residual programs"),
    };
    words.next().is_none().then_some(filter)
}

/// `arch 0xc000003e`
pub(super) fn arch(text: &str) -> Option<u32> {
    hexadecimal(text.strip_prefix("arch ")?)
}

/// `others: all programs`
pub(super) fn others(text: &str) -> Option<()> {
    (text == "others: all programs").then_some(())
}

/// `111-120: errno 13 by filter 2, or stronger:`, of so many filters.
pub(super) fn range(text: &str, count: u32) -> Option<(u32, u32, Entry)> {
    let (range, what) = text.split_once(": ")?;
    let (first, last) = match range.split_once('-') {
        Some((first, last)) => (decimal(first)?, decimal(last)?),
        None => (decimal(range)?, decimal(range)?),
    };
    let is_one = !range.contains('-');
    let entry = entry(what).filter(|entry| match entry {
        Entry::Constant { by, .. } => *by <= count,
        Entry::AllPrograms => true,
    })?;
    let is_range = is_one || first < last;
    (is_range && last <= LAST).then_some((first, last, entry))
}

fn entry(text: &str) -> Option<Entry> {
    if text == "all programs" {
        return Some(Entry::AllPrograms);
    }
    let (text, or_stronger) = match text.strip_suffix(", or stronger:") {
        Some(text) => (text, true),
        None => (text, false),
    };
    let (text, by) = match text.split_once(" by filter ") {
        Some((text, by)) => (text, filter_number(by)?),
        None => (text, 0),
    };
    let action = action(text)?;
    // It is told who does it, unless all filters allow.
    ((action == Action::Allow) == (by == 0)).then_some(Entry::Constant {
        action,
        by,
        or_stronger,
    })
}

/// The kernel takes errnos above 4095 for that.
fn action(text: &str) -> Option<Action> {
    Some(match text {
        "kill process" => Action::Kill,
        "kill thread" => Action::KillThread,
        "notify" => Action::Notify,
        "log" => Action::Log,
        "allow" => Action::Allow,
        _ => {
            let (name, data) = text.split_once(' ')?;
            let data = u16::try_from(decimal(data)?).ok()?;
            match name {
                "trap" => Action::Trap(data),
                "errno" => Action::from_ret(Action::Errno(data).ret()),
                "trace" => Action::Trace(data),
                _ => return None,
            }
        }
    })
}

/// `  filter 2:`, or with `its program` behind it, as the flag says.
pub(super) fn program(text: &str) -> Option<(u32, bool)> {
    let rest = text.strip_prefix("  filter ")?;
    match rest.strip_suffix(": its program") {
        Some(number) => Some((filter_number(number)?, true)),
        None => Some((filter_number(rest.strip_suffix(':')?)?, false)),
    }
}

/// `    (no memory)`
pub(super) fn not_shown(text: &str) -> Option<()> {
    (text == "    (no memory)").then_some(())
}
