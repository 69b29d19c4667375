// SPDX-License-Identifier: MIT OR Apache-2.0

//! The call that an example describes.

use super::{
    rings,
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
    },
    uring::{
        Operation,
        Request, //
    }, //
};

/// A call, and what is expected of it.
#[derive(Clone, Debug)]
pub struct Tried {
    /// The call; of a request of a ring, that which does the same.
    pub call: Call,
    /// The request, if it is one of a ring, and the number of its operation.
    pub request: Option<(u8, Request)>,
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
        if example.ring {
            return self.ring(example, machine);
        }
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
        Some(Tried {
            call,
            request: None,
            expected: self.expected(example, abi)?,
        })
    }

    /// What is expected, if anything is.
    fn expected(&mut self, example: &Example, abi: Abi) -> Option<Option<Action>> {
        match &example.expected {
            Some(action) => {
                let expected = decision(action, abi, self.settings, self.said)?;
                Some(Some(expected.action))
            }
            None => Some(None),
        }
    }

    /// A request of a ring. What filters do not see of it cannot be given: it makes no difference.
    fn ring(&mut self, example: &Example, machine: Abi) -> Option<Tried> {
        let name = &example.name;
        if let Some(arch) = &example.arch {
            let message = "filters of io_uring do not see which architecture's program asks";
            return self.wrong(Diagnostic::error(message).at(arch.span, "leave it out"));
        }
        let Some((number, operation)) = Operation::from_name(&name.value) else {
            return self.wrong(rings::no_such_operation(name));
        };
        for given in &example.arguments {
            let first = given.path.first()?;
            if !operation.is_seen(&first.value) {
                let message = format!(
                    "filters of io_uring do not see {} of {}",
                    first.value, name.value
                );
                return self.wrong(Diagnostic::error(message).at(first.span, "leave it out"));
            }
        }
        let mut call = Call::default();
        if let Some(known) = tables::call(machine, &name.value) {
            if let Some(extensible) = tables::extensible(known.name) {
                call.size = u64::from(extensible.known_on(machine));
            }
            for given in &example.arguments {
                self.argument(&mut call, known, given, machine)?;
            }
        }
        let Ok(request) = Request::new(operation, machine, &call) else {
            let message = "the kernel refuses this before it asks a filter";
            return self.wrong(Diagnostic::error(message).at(example.span, ""));
        };
        Some(Tried {
            call,
            request: Some((number, request)),
            expected: self.expected(example, machine)?,
        })
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
