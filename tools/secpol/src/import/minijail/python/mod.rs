// SPDX-License-Identifier: MIT OR Apache-2.0

//! The text as compile_seccomp_policy.py reads it.

mod cursor;
mod filter;
mod token;
mod value;

use std::path::{
    Component,
    Path,
    PathBuf, //
};

use self::{
    cursor::Cursor,
    token::{
        statements,
        Kind,
        Token, //
    }, //
};
use super::collected::Collected;
use crate::{
    abi::Abi,
    action::Action,
    import::{
        quoted,
        text::{
            quoted_path,
            At,
            Files, //
        },
        Error, //
    },
    tables::{
        self,
        Call, //
    }, //
};

/// As deep files may include each other, the first among them.
const MAX_FILES: usize = 9;
/// As often a file may be included, so that files that include each other do not take for ever.
const MAX_INCLUDED: usize = 1000;

/// Reads a text, and what it includes.
pub(super) fn read(
    path: &Path,
    text: &str,
    machine: Abi,
    files: &dyn Files,
    collected: &mut Collected,
) -> Result<(), Error> {
    // The compiler takes such a text with --denylist alone, and no other with it.
    let refuses = statements(path, text)?
        .iter()
        .any(|tokens| is_denylist(tokens));
    if refuses {
        collected.default = Action::Allow;
    }
    let mut reader = Reader {
        machine,
        files,
        collected,
        refuses,
        included: 0,
    };
    reader.file(path, text, 1)?;
    reader.check()
}

/// `@denylist`: calls are allowed of which nothing is said.
fn is_denylist(tokens: &[Token]) -> bool {
    tokens.first().map(|token| token.kind) == Some(Kind::Denylist)
}

struct Reader<'a> {
    machine: Abi,
    files: &'a dyn Files,
    collected: &'a mut Collected,
    /// Does the text list what is refused?
    refuses: bool,
    /// How many files were included.
    included: usize,
}

impl Reader<'_> {
    fn file(&mut self, path: &Path, text: &str, depth: usize) -> Result<(), Error> {
        let statements = statements(path, text)?;
        if self.refuses && !statements.iter().any(|tokens| is_denylist(tokens)) {
            // In the text itself there is one.
            let at = At {
                file: quoted_path(path),
                line: 1,
                column: 1,
            };
            return Err(at.error("what a @denylist includes must be one as well"));
        }
        for tokens in statements {
            let mut cursor = Cursor::new(&tokens, self.machine);
            match cursor.kind() {
                Some(Kind::Include) => {
                    cursor.next();
                    self.include(path, &mut cursor, depth)?;
                }
                Some(Kind::Frequency) => {
                    // Frequencies say in which order the compiler compares numbers.
                    cursor.next();
                    cursor.expect(Kind::Path, "a path that starts with / or ./")?;
                }
                Some(Kind::Default) if self.refuses => {
                    let why = "in a @denylist this is for the listed calls alone: \
                               it cannot be imported";
                    return Err(cursor.error(why));
                }
                Some(Kind::Default) => {
                    cursor.next();
                    self.collected.default = default_action(&mut cursor)?;
                }
                Some(Kind::Denylist) if self.refuses => {
                    cursor.next();
                }
                Some(Kind::Denylist) => {
                    return Err(cursor.error("what includes a @denylist must be one as well"));
                }
                _ => self.rule(&mut cursor)?,
            }
            cursor.end()?;
        }
        Ok(())
    }

    fn include(&mut self, from: &Path, cursor: &mut Cursor<'_>, depth: usize) -> Result<(), Error> {
        let named = cursor.expect(Kind::Path, "a path that starts with / or ./")?;
        if depth >= MAX_FILES {
            let why = format!("more than {MAX_FILES} files include each other");
            return Err(named.at.error(why));
        }
        self.included += 1;
        if self.included > MAX_INCLUDED {
            let why = format!("there are more than {MAX_INCLUDED} files to include");
            return Err(named.at.error(why));
        }
        let parent = from.parent().unwrap_or(Path::new(""));
        let path = normal(&parent.join(&named.text));
        let text = self.files.read(&path).map_err(|why| {
            named
                .at
                .error(format!("cannot read {}: {why}", quoted_path(&path)))
        })?;
        self.file(&path, &text, depth + 1)
    }

    /// `CALL: FILTER`, `{ CALL, CALL }: { FILTER, FILTER }`
    fn rule(&mut self, cursor: &mut Cursor<'_>) -> Result<(), Error> {
        let mut calls = Vec::new();
        if cursor.take(Kind::LeftBrace) {
            loop {
                calls.extend(descriptor(cursor)?);
                if !cursor.take(Kind::Comma) {
                    break;
                }
            }
            cursor.expect(Kind::RightBrace, "} behind the calls")?;
        } else {
            calls.extend(descriptor(cursor)?);
        }
        let colon = cursor.expect(Kind::Colon, "a : behind the call")?;
        let filters = filter::filters(cursor, &colon.at, self.refuses)?;
        for (place, call) in calls.iter().enumerate() {
            if calls[..place].contains(call) {
                let why = format!("{} is there twice before it", call.name);
                return Err(colon.at.error(why));
            }
            self.collected
                .of(call)
                .filters
                .extend(filters.iter().cloned());
        }
        Ok(())
    }

    /// What is wrong with all that is said of a call.
    fn check(&self) -> Result<(), Error> {
        for said in &self.collected.calls {
            let name = said.call.name;
            let always = |lists: &Option<_>| lists.is_none();
            let mut filters = said.filters.iter();
            let Some(first) = filters.find(|filter| always(&filter.lists)) else {
                continue;
            };
            if let Some(second) = filters.next() {
                let why = format!("what is at {} decides about {name} before", first.at);
                return Err(second.at.error(why));
            }
            // The compiler forgets what is before an `allow` without a condition. Whoever wrote
            // it wants something else.
            let refusal = said
                .filters
                .iter()
                .find(|filter| filter.then != Action::Allow);
            if let (Action::Allow, Some(refusal)) = (first.then, refusal) {
                return Err(refusal.at.error(format!(
                    "of {name}, the compiler forgets this, because it is allowed without a \
                     condition at {}",
                    first.at
                )));
            }
        }
        Ok(())
    }
}

/// A call, with what it is for: `read[arch=x86_64,arm64]`. None, if it is for another machine.
fn descriptor(cursor: &mut Cursor<'_>) -> Result<Option<&'static Call>, Error> {
    let machine = cursor.machine();
    // kill() has the name of an action.
    let is_name = cursor.kind() == Some(Kind::Identifier) || cursor.text() == "kill";
    let error = cursor.error("expected is the name of a call");
    let name = cursor.next().filter(|_| is_name).ok_or(error)?;
    if cursor.kind() == Some(Kind::LeftBracket) && !is_for(machine, cursor)? {
        return Ok(None);
    }
    if name.text.contains('@') {
        return Err(name.at.error("groups of calls cannot be imported"));
    }
    let call = tables::call(machine, &name.text);
    call.map(Some).ok_or_else(|| {
        let why = format!("{} has no call {}", machine.name(), quoted(&name.text));
        name.at.error(why)
    })
}

/// `[KEY=WORD,WORD;KEY=WORD]`: is `arch` the machine, or not said?
fn is_for(machine: Abi, cursor: &mut Cursor<'_>) -> Result<bool, Error> {
    cursor.expect(Kind::LeftBracket, "a [")?;
    let mut keys: Vec<String> = Vec::new();
    let mut is_for = true;
    loop {
        let key = cursor.expect(Kind::Identifier, "a key")?;
        if keys.contains(&key.text) {
            return Err(key.at.error("this key is there twice"));
        }
        cursor.expect(Kind::Equal, "a = behind the key")?;
        let mut words = Vec::new();
        loop {
            words.push(cursor.expect(Kind::Identifier, "a word")?.text.clone());
            if !cursor.take(Kind::Comma) {
                break;
            }
        }
        if key.text == "arch" {
            let own = match machine {
                Abi::X86_64 => "x86_64",
                Abi::I386 => "x86",
                Abi::Aarch64 => "arm64",
                Abi::Arm => "arm",
            };
            is_for = words.iter().any(|word| word == own);
        }
        keys.push(key.text.clone());
        if !cursor.take(Kind::Semicolon) {
            break;
        }
    }
    cursor.expect(Kind::RightBracket, "a ]")?;
    Ok(is_for)
}

fn default_action(cursor: &mut Cursor<'_>) -> Result<Action, Error> {
    let action = cursor.expect(
        Kind::Action,
        "kill, kill-process, kill-thread, trap, user-notify",
    )?;
    match action.text.as_str() {
        "kill" | "kill-thread" => Ok(Action::KillThread),
        "kill-process" => Ok(Action::Kill),
        "trap" => Ok(Action::Trap(0)),
        "user-notify" => Ok(Action::Notify),
        _ => Err(action.at.error("the default cannot let calls through")),
    }
}

/// The path without `.` and `..`, as Python's normpath makes it: from the text alone.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for part in path.components() {
        let ends_in_name = matches!(normal.components().next_back(), Some(Component::Normal(_)));
        match part {
            Component::CurDir => {}
            Component::ParentDir if ends_in_name => {
                normal.pop();
            }
            Component::ParentDir if normal.has_root() => {}
            part => normal.push(part),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths() {
        for (path, expected) in [
            ("./a", "a"),
            ("a/../b", "b"),
            ("a/./b/../c", "a/c"),
            ("../a", "../a"),
            ("../../a", "../../a"),
            ("/../a", "/a"),
            ("/a/b/../../..", "/"),
        ] {
            assert_eq!(normal(Path::new(path)), Path::new(expected), "{path}");
        }
    }
}
