// SPDX-License-Identifier: MIT OR Apache-2.0

//! How what filters look at is called.

use secpol::{
    abi::Abi,
    describe::FAMILIES,
    tables::{
        self,
        Call,
        Extensible, //
    }, //
};
use secpol_analysis::{
    Field,
    Place, //
};

use super::address;

/// By which names what a call passes is called.
#[derive(Clone, Copy)]
pub(crate) struct Names {
    /// The architecture, if it has tables.
    pub(crate) abi: Option<Abi>,
    /// The call, if it is in them.
    pub(crate) call: Option<&'static Call>,
    /// What a filter of io_uring sees of the call, in place of its arguments.
    pub(crate) ring: bool,
}

/// A name for some bits.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) text: String,
    pub(crate) field: Field,
    /// Its values are signed.
    pub(crate) signed: bool,
    /// Its first byte is the highest.
    pub(crate) big_endian: bool,
    /// It is an address.
    pub(crate) pointer: bool,
    /// The call and the name of what is looked at, by which constants are found.
    pub(crate) constants: (&'static str, String),
}

impl Named {
    fn plain(text: String, field: Field) -> Self {
        Self {
            text,
            field,
            signed: false,
            big_endian: false,
            pointer: false,
            constants: ("", String::new()),
        }
    }
}

impl Names {
    /// The bits to look at together if a function looks first at the bit of this value of a place.
    pub(crate) fn field(&self, place: Place, value: u32) -> Field {
        match place {
            Place::Argument(index) if self.is_ring_address() => address::field(index, value),
            Place::Struct(offset) => {
                let member = self.members().into_iter().find(|(_, named)| {
                    named.field.place == place
                        && value >= named.field.lowest
                        && value < named.field.lowest + named.field.width
                });
                member.map_or(
                    // A word of what nobody has names for.
                    Field {
                        place: Place::Struct(offset),
                        lowest: value & 32,
                        width: 32,
                    },
                    |(_, named)| named.field,
                )
            }
            Place::Arch | Place::Number | Place::NumberHigh | Place::Pkey | Place::Extent => {
                Field {
                    place,
                    lowest: 0,
                    width: 32,
                }
            }
            Place::Family => Field {
                place,
                lowest: 0,
                width: 16,
            },
            Place::Argument(_) | Place::Pointer => Field::all(place),
        }
    }

    /// The name of a field. `support` are those of its bits that count; `family` is that of the
    /// socket address, as far as it is known.
    pub(crate) fn name(&self, field: &Field, support: u64, family: Option<u64>) -> Named {
        match field.place {
            Place::Argument(index) if self.is_ring_address() => self.address(field, index, family),
            Place::Arch => Named::plain("arch".to_string(), *field),
            Place::Number => Named::plain("nr".to_string(), *field),
            Place::NumberHigh => Named::plain("nr_high".to_string(), *field),
            Place::Pkey => Named::plain("pkey".to_string(), *field),
            Place::Pointer => Named::plain("instruction_pointer".to_string(), *field),
            Place::Extent => Named::plain(
                match self.extensible() {
                    Some(extensible) => format!("extent({})", extensible.argument),
                    None => "extent".to_string(),
                },
                *field,
            ),
            Place::Family => match self.extensible() {
                Some(extensible) => Named {
                    constants: self.constants("family"),
                    ..Named::plain(format!("{}.family", extensible.argument), *field)
                },
                None => Named::plain("family".to_string(), *field),
            },
            Place::Argument(index) => self.argument(index, support),
            Place::Struct(offset) => self.member(field, offset, family),
        }
    }

    /// Is this what a filter of io_uring sees of connect()?
    fn is_ring_address(&self) -> bool {
        self.ring && self.has_address()
    }

    /// Is the field the family of a socket address?
    pub(crate) fn is_family(&self, field: &Field) -> bool {
        field.place == Place::Family || self.is_ring_address() && field.place == Place::Argument(0)
    }

    /// A part of the address that a filter of io_uring sees.
    fn address(&self, field: &Field, index: u32, family: Option<u64>) -> Named {
        let (name, big_endian) = address::name(field, index, family);
        Named {
            big_endian,
            constants: self.constants(name),
            ..Named::plain(format!("addr.{name}"), *field)
        }
    }

    fn constants(&self, name: &str) -> (&'static str, String) {
        (self.call.map_or("", |call| call.name), name.to_string())
    }

    fn argument(&self, index: u32, support: u64) -> Named {
        let place = Place::Argument(index);
        let known = self
            .call
            .and_then(|call| call.arguments.as_ref())
            .and_then(|arguments| arguments.get(index as usize));
        let in_32_bits = self.abi.is_some_and(|abi| !abi.is_64_bit());
        let all = if in_32_bits { 32 } else { 64 };
        let field = |width| Field {
            place,
            lowest: 0,
            width,
        };
        match known {
            Some(argument) if support >> (8 * argument.kind.bytes - 1) <= 1 => Named {
                signed: argument.kind.signed,
                pointer: argument.kind.pointer,
                constants: self.constants(argument.name),
                ..Named::plain(
                    argument.name.to_string(),
                    field(8 * u32::from(argument.kind.bytes)),
                )
            },
            // All of the register.
            _ => Named::plain(format!("arg{index}"), field(all)),
        }
    }

    /// The call's extensible argument.
    fn extensible(&self) -> Option<&'static Extensible> {
        tables::extensible(self.call?.name)
    }

    /// Its name.
    pub(crate) fn extensible_name(&self) -> Option<&'static str> {
        Some(self.extensible()?.argument)
    }

    /// Is it a socket address?
    pub(crate) fn has_address(&self) -> bool {
        self.extensible()
            .is_some_and(|extensible| extensible.structure == "sockaddr")
    }

    /// All members of the extensible argument, by their paths.
    fn members(&self) -> Vec<(&'static str, Named)> {
        let (Some(extensible), Some(abi)) = (self.extensible(), self.abi) else {
            return Vec::new();
        };
        let named = |path: &'static str| {
            let member = tables::member(extensible.structure, path, abi)?;
            let field = Field {
                place: Place::Struct(member.offset / 8 * 8),
                lowest: 8 * (member.offset % 8),
                width: 8 * u32::from(member.bytes),
            };
            let constants = self.constants(path);
            Some((
                path,
                Named {
                    text: format!("{}.{path}", extensible.argument),
                    field,
                    signed: member.signed,
                    big_endian: member.big_endian,
                    pointer: false,
                    constants,
                },
            ))
        };
        tables::members(extensible.structure)
            .filter_map(named)
            .filter(|(_, named)| named.field.lowest + named.field.width <= 64)
            .collect()
    }

    fn member(&self, field: &Field, offset: u32, family: Option<u64>) -> Named {
        // Addresses of different families have members at the same places.
        let is_of_family = |path: &str| {
            path.split_once('.').is_none_or(|(variant, _)| {
                FAMILIES
                    .iter()
                    .any(|known| *known == (variant, family.unwrap_or(0)))
            })
        };
        let members = self.members();
        let same = || members.iter().filter(|(_, named)| named.field == *field);
        let found = same().find(|(path, _)| is_of_family(path));
        // Without a family the name would say that there is one.
        let found = found.or_else(|| same().find(|(path, _)| !path.contains('.')));
        match found {
            Some((_, named)) => named.clone(),
            None => {
                let argument = self
                    .extensible()
                    .map_or("extensible_arg", |extensible| extensible.argument);
                let from = offset + field.lowest / 8;
                Named::plain(format!("{argument}[{from}]"), *field)
            }
        }
    }
}
