// SPDX-License-Identifier: MIT OR Apache-2.0

//! The text as minijail0 reads it.
//!
//! A line is for one call. What minijail0 passes over, though its author must have meant something
//! by it, is an error: words behind an errno, a third part behind a second semicolon.

mod lines;
mod value;

use std::path::{
    Path,
    PathBuf, //
};

use self::lines::{
    lines,
    strip, //
};
use super::{
    collected::{
        errno,
        Collected,
        Filter, //
    },
    comparison, //
};
use crate::{
    abi::Abi,
    action::Action,
    import::{
        comparison::Comparison,
        quoted,
        text::{
            quoted_path,
            At,
            Files,
            Line, //
        },
        Error, //
    },
    tables, //
};

/// Reads a text, and what it includes.
pub(super) fn read(
    path: &Path,
    text: &str,
    machine: Abi,
    files: &dyn Files,
    collected: &mut Collected,
) -> Result<(), Error> {
    Reader {
        machine,
        files,
        collected,
    }
    .file(path, text, true)
}

struct Reader<'a> {
    machine: Abi,
    files: &'a dyn Files,
    collected: &'a mut Collected,
}

impl Reader<'_> {
    fn file(&mut self, path: &Path, text: &str, may_include: bool) -> Result<(), Error> {
        for line in lines(path, text)? {
            let stripped = strip(&line.text);
            match stripped.chars().next() {
                None | Some('#') => {}
                Some('@') => self.statement(&line, stripped, may_include)?,
                Some(_) => self.rule(&line, stripped)?,
            }
        }
        Ok(())
    }

    /// A line that starts with `@`.
    fn statement(&mut self, line: &Line, text: &str, may_include: bool) -> Result<(), Error> {
        let at = line.at(text);
        // minijail0 does nothing with the frequencies.
        if text.starts_with("@frequency") {
            return Ok(());
        }
        let Some(named) = text.strip_prefix("@include ") else {
            let word = text.split(' ').next().unwrap_or_default();
            return Err(at.error(format!("minijail0 knows no {}", quoted(word))));
        };
        if !may_include {
            return Err(at.error("a file that is included cannot include another"));
        }
        if !named.starts_with('/') && !named.starts_with("./") {
            return Err(at.error("a path that is included starts with / or ./"));
        }
        let path = PathBuf::from(named);
        let text = self.files.read(&path).map_err(|why| {
            at.error(format!("cannot read {}: {why}", quoted_path(&path))) //
        })?;
        self.file(&path, &text, false)
    }

    /// `CALL: BODY`
    fn rule(&mut self, line: &Line, text: &str) -> Result<(), Error> {
        let Some((name, body)) = text.split_once(':') else {
            return Err(line.at(text).error("there is no : behind the call"));
        };
        let (name, body) = (strip(name), strip(body));
        let at = line.at(name);
        if body.is_empty() {
            return Err(at.error("nothing is said of the call"));
        }
        let call = tables::call(self.machine, name).ok_or_else(|| {
            at.error(format!(
                "{} has no call {}",
                self.machine.name(),
                quoted(name)
            ))
        })?;
        let filters = self.filters(line, body)?;
        let said = self.collected.of(call);
        if let Some(before) = said.filters.first() {
            let why = format!("there is another line for {name}, at {}", before.at);
            return Err(at.error(why));
        }
        said.filters = filters;
        Ok(())
    }

    /// What is behind the colon: `1`, `return ERRNO`, or a condition with what becomes of a call
    /// for which it does not hold.
    fn filters(&self, line: &Line, body: &str) -> Result<Vec<Filter>, Error> {
        let filter = |lists, then, text| Filter {
            lists,
            then,
            at: line.at(text),
        };
        if body == "1" {
            return Ok(vec![filter(None, Action::Allow, body)]);
        }
        if body.starts_with("return") {
            return Ok(vec![filter(None, self.refusal(line, body)?, body)]);
        }
        let mut parts = body.split(';').filter(|part| !part.is_empty());
        let Some(condition) = parts.next() else {
            return Err(line.at(body).error("there is no condition"));
        };
        let lists = self.condition(line, condition)?;
        let mut filters = vec![filter(Some(lists), Action::Allow, condition)];
        if let Some(refusal) = parts.next() {
            filters.push(filter(None, self.refusal(line, refusal)?, refusal));
        }
        if let Some(more) = parts.next() {
            return Err(line.at(more).error("there is another part behind it"));
        }
        Ok(filters)
    }

    /// `return [ERRNO]`
    fn refusal(&self, line: &Line, text: &str) -> Result<Action, Error> {
        let mut words = text.split(' ').filter(|word| !word.is_empty());
        let first = words.next().unwrap_or_default();
        if first != "return" {
            let at = line.at(if first.is_empty() { text } else { first });
            return Err(at.error("this is not return ERRNO"));
        }
        let Some(number) = words.next() else {
            return Ok(self.collected.default);
        };
        if let Some(more) = words.next() {
            return Err(line.at(more).error("minijail0 passes over what is here"));
        }
        let at = line.at(number);
        errno(self.value(number, &at)?, &at)
    }

    /// Lists of comparisons, with `||` between the lists and `&&` between the comparisons.
    fn condition(&self, line: &Line, text: &str) -> Result<Vec<Vec<Comparison>>, Error> {
        let lists = text.split("||").map(|list| {
            let tests = list.split("&&").map(|test| self.test(line, test));
            tests.collect::<Result<Vec<_>, _>>()
        });
        lists.collect()
    }

    /// `argN OPERATOR VALUE`
    fn test(&self, line: &Line, text: &str) -> Result<Comparison, Error> {
        let words: Vec<&str> = text.split(' ').filter(|word| !word.is_empty()).collect();
        let (argument, sign, number) = match words.as_slice() {
            [argument, sign, number] => (*argument, *sign, *number),
            [_, _, _, more, ..] => {
                return Err(line.at(more).error("a value has no blanks in it"));
            }
            _ => return Err(line.at(text).error("this is not argN OPERATOR VALUE")),
        };
        let index = match argument.strip_prefix("arg").map(str::as_bytes) {
            Some([digit @ b'0'..=b'5']) => usize::from(digit - b'0'),
            _ => {
                return Err(line
                    .at(argument)
                    .error("an argument is one of arg0 to arg5"))
            }
        };
        let value = self.value(number, &line.at(number))?;
        comparison(index, sign, value).ok_or_else(|| {
            line.at(sign)
                .error(format!("there is no operator {}", quoted(sign)))
        })
    }

    fn value(&self, text: &str, at: &At) -> Result<u64, Error> {
        value::value(text, self.machine, 0).map_err(|why| at.error(why))
    }
}
