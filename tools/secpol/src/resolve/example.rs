// SPDX-License-Identifier: MIT OR Apache-2.0

//! The call that an example describes.

use super::{
    rule::{
        decision,
        no_such_call, //
    },
    settings::{
        no_such_arch,
        Settings, //
    },
    value::number,
    Said, //
};
use crate::{
    abi::Abi,
    action::Action,
    call::Call,
    diagnostic::Diagnostic,
    rules::{
        Field,
        NUMBER_HIGH, //
    },
    syntax::{
        ast::{
            Item,
            Name,
            Value, //
        },
        example::{
            Content,
            Example,
            Given, //
        },
    },
    tables::{
        self,
        Argument, //
    }, //
};

/// A call, and what is expected of it.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The call.
    pub call: Call,
    /// What is expected.
    pub expected: Option<Action>,
}

/// The call that an example describes, on a machine; `items` are those of a policy, whose
/// definitions count.
pub(crate) fn example(
    example: &Example,
    items: &[Item],
    machine: Abi,
) -> Result<Tried, Vec<Diagnostic>> {
    let mut said = Said::default();
    let settings = Settings::gather(items, &mut Said::default());
    let tried = Reader {
        settings: &settings,
        said: &mut said,
    }
    .read(example, machine);
    match tried {
        Some(tried) if said.diagnostics.is_empty() => Ok(tried),
        _ => Err(said.diagnostics),
    }
}

struct Reader<'a, 'b> {
    settings: &'a Settings<'b>,
    said: &'a mut Said,
}

impl Reader<'_, '_> {
    fn read(&mut self, example: &Example, machine: Abi) -> Option<Tried> {
        let abi = match &example.arch {
            None => machine,
            Some(name) => match Abi::from_name(&name.value) {
                Some(abi) => abi,
                None => return self.wrong(no_such_arch(name)),
            },
        };
        let Some(known) = tables::call(abi, &example.name.value) else {
            return self.wrong(if tables::is_call_name(&example.name.value) {
                Diagnostic::error(format!("{} has no {}", abi.name(), example.name.value))
                    .at(example.name.span, "not there")
            } else {
                no_such_call(&example.name)
            });
        };
        let mut call = Call {
            arch: abi.audit_arch(),
            number: known.number,
            ..Call::default()
        };
        if let Some(extensible) = tables::extensible(known.name) {
            call.size = u64::from(extensible.known_on(abi));
        }
        for given in &example.arguments {
            self.argument(&mut call, known, given, abi)?;
        }
        let expected = match &example.expected {
            Some(action) => Some(decision(action, abi, self.settings, self.said)?.action),
            None => None,
        };
        Some(Tried { call, expected })
    }

    fn wrong<T>(&mut self, diagnostic: Diagnostic) -> Option<T> {
        self.said.say(diagnostic);
        None
    }

    fn argument(
        &mut self,
        call: &mut Call,
        known: &'static tables::Call,
        given: &Given,
        abi: Abi,
    ) -> Option<()> {
        let (first, rest) = given.path.split_first()?;
        if rest.is_empty() {
            if let Content::Value(value) = &given.content {
                return self.number(call, known, first, value, abi);
            }
        }
        let Some(extensible) = known.extensible(&first.value) else {
            return self.wrong(
                Diagnostic::error(format!(
                    "filters cannot see what {} of {} points to",
                    first.value, known.name
                ))
                .at(first.span, "pass a number"),
            );
        };
        self.members(call, extensible, rest, &given.content, abi)?;
        // A pointer to somewhere.
        let (place, _) = known.argument(extensible.argument)?;
        call.arguments[place] = call.arguments[place].max(0x1000);
        Some(())
    }

    fn members(
        &mut self,
        call: &mut Call,
        extensible: &'static tables::Extensible,
        path: &[Name],
        content: &Content,
        abi: Abi,
    ) -> Option<()> {
        match content {
            Content::Members(members) => {
                for member in members {
                    let deeper: Vec<Name> = [path, &member.path].concat();
                    self.members(call, extensible, &deeper, &member.content, abi)?;
                }
                Some(())
            }
            Content::Value(value) => {
                let names: Vec<&str> = path.iter().map(|name| name.value.as_str()).collect();
                let member = tables::member(extensible.structure, &names.join("."), abi);
                let Some(member) = member else {
                    let diagnostic = super::field::no_such_member(extensible, path);
                    return self.wrong(diagnostic);
                };
                let field = Field {
                    offset: member.offset,
                    bytes: u32::from(member.bytes),
                    signed: member.signed,
                    big_endian: member.big_endian,
                };
                let bits = self.bits(value, &field, abi)?;
                let (start, size) = (member.offset as usize, usize::from(member.bytes));
                if call.extensible.len() < start + size {
                    call.extensible.resize(start + size, 0);
                }
                let bytes = &mut call.extensible[start..start + size];
                bytes.copy_from_slice(&bits.to_le_bytes()[..size]);
                if field.big_endian {
                    bytes.reverse();
                }
                Some(())
            }
        }
    }

    fn number(
        &mut self,
        call: &mut Call,
        known: &'static tables::Call,
        name: &Name,
        value: &Value,
        abi: Abi,
    ) -> Option<()> {
        let unsigned = |bytes: u32| Field {
            offset: 0,
            bytes,
            signed: false,
            big_endian: false,
        };
        match super::field::special(&name.value, known) {
            Some(NUMBER_HIGH) => call.number_high = self.bits(value, &unsigned(4), abi)? as u32,
            Some(_) => call.pkey = self.bits(value, &unsigned(4), abi)? as u32,
            None => {
                let Some((place, argument)) = super::field::find(&name.value, known) else {
                    let diagnostic = super::field::no_such_argument(name, known, abi);
                    return self.wrong(diagnostic);
                };
                let register = unsigned(if abi.is_64_bit() { 8 } else { 4 });
                let field = argument.map_or(register, |argument: &Argument| Field {
                    offset: 0,
                    bytes: u32::from(argument.kind.bytes),
                    signed: argument.kind.signed,
                    big_endian: false,
                });
                let bits = self.bits(value, &field, abi)?;
                call.arguments[place as usize] = bits;
                if super::field::is_size(known, place) {
                    call.size = bits;
                }
            }
        }
        Some(())
    }

    fn bits(&mut self, value: &Value, field: &Field, abi: Abi) -> Option<u64> {
        let number = number(value, abi, self.settings, self.said)?;
        match number.at_width(field, false) {
            Some(bits) => Some(bits),
            None => self.wrong(
                Diagnostic::error(format!("this does not fit into {} bits", 8 * field.bytes))
                    .at(value.span, "too large"),
            ),
        }
    }
}
