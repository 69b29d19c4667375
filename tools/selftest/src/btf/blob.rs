// SPDX-License-Identifier: MIT OR Apache-2.0

//! The types that a kernel tells of, as Documentation/bpf/btf.rst of its source describes them.

use std::collections::HashMap;

const MAGIC: u16 = 0xeb9f;
/// Bytes of the part of the header that all versions have.
const HEADER: usize = 24;
/// As many steps lead at most from a name to what it is.
const LONGEST_CHAIN: usize = 64;

/// Bytes of the widest number.
const WIDEST: u32 = 16;

/// The number of a type; 0 is `void`.
pub(super) type Id = u32;

/// A type.
#[derive(Clone, Debug)]
pub(super) enum Type<'a> {
    Int {
        bytes: u32,
        signed: bool,
    },
    Pointer(Id),
    Array {
        element: Id,
        count: u32,
    },
    /// A struct or a union.
    Record {
        bytes: u32,
        members: Vec<Member<'a>>,
    },
    /// Another name of a type, or one with `const` and the like.
    Alias {
        name: &'a str,
        of: Id,
    },
    Prototype(Vec<(&'a str, Id)>),
    /// What no argument and no member of the tables is.
    Other,
}

/// A member of a struct or a union.
#[derive(Clone, Copy, Debug)]
pub(super) struct Member<'a> {
    /// Empty, if it is a struct or a union without a name.
    pub(super) name: &'a str,
    pub(super) kind: Id,
    /// How many bits of the record are before it.
    pub(super) bit: u32,
    /// How many bits of its type a bit-field has; else 0.
    pub(super) width: u32,
}

/// The types of a kernel.
pub(super) struct Btf<'a> {
    types: Vec<Type<'a>>,
    structs: HashMap<&'a str, Id>,
    functions: HashMap<&'a str, Id>,
}

/// Do these bytes start as such types do?
pub(crate) fn is_btf(bytes: &[u8]) -> bool {
    bytes.starts_with(&MAGIC.to_le_bytes())
}

impl<'a> Btf<'a> {
    /// Reads all types.
    pub(super) fn parse(bytes: &'a [u8]) -> Result<Self, String> {
        if !is_btf(bytes) || bytes.len() < HEADER {
            return Err("this is no BTF".to_string());
        }
        let mut header = Words(&bytes[4..HEADER]);
        let [length, type_at, type_bytes, text_at, text_bytes] = header.array()?;
        let part = |at: u32, size: u32| {
            let start = (length as usize).checked_add(at as usize)?;
            bytes.get(start..start.checked_add(size as usize)?)
        };
        let outside = || "a part of the BTF is not in it".to_string();
        let text = Text(part(text_at, text_bytes).ok_or_else(outside)?);
        let mut words = Words(part(type_at, type_bytes).ok_or_else(outside)?);
        let mut btf = Self {
            types: vec![Type::Other],
            structs: HashMap::new(),
            functions: HashMap::new(),
        };
        while !words.0.is_empty() {
            btf.add(&mut words, text)?;
        }
        Ok(btf)
    }

    /// Takes the next type.
    fn add(&mut self, words: &mut Words<'a>, text: Text<'a>) -> Result<(), String> {
        // CAST: Their number is that of a part of the file, which has less than 2^32 bytes.
        let id = self.types.len() as Id;
        let [name, info, size] = words.array()?;
        let name = text.at(name)?;
        let (count, kind, flag) = (info & 0xff_ffff, (info >> 24) & 0x7f, info >> 31 != 0);
        let read = match kind {
            1 => {
                let [encoding] = words.array()?;
                if size > WIDEST {
                    return Err(format!("type {id} is a number of {size} bytes"));
                }
                Type::Int {
                    bytes: size,
                    signed: (encoding >> 24) & 1 != 0,
                }
            }
            2 => Type::Pointer(size),
            3 => {
                let [element, _, count] = words.array()?;
                Type::Array { element, count }
            }
            4 | 5 => {
                if kind == 4 && !name.is_empty() {
                    self.structs.insert(name, id);
                }
                Type::Record {
                    bytes: size,
                    members: members(words, text, count, flag)?,
                }
            }
            // Enumerations have no sign before kernels that tell it: arguments are 32 bits of one.
            6 => {
                words.skip(2 * count)?;
                if size > WIDEST {
                    return Err(format!("type {id} is a number of {size} bytes"));
                }
                Type::Int {
                    bytes: size,
                    signed: flag,
                }
            }
            8..=11 | 18 => Type::Alias { name, of: size },
            12 => {
                self.functions.insert(name, size);
                Type::Other
            }
            13 => {
                let parameters = (0..count).map(|_| {
                    let [name, kind] = words.array()?;
                    Ok((text.at(name)?, kind))
                });
                Type::Prototype(parameters.collect::<Result<_, String>>()?)
            }
            7 | 16 => Type::Other,
            14 | 17 => {
                words.skip(1)?;
                Type::Other
            }
            15 | 19 => {
                words.skip(count.checked_mul(3).ok_or("a type is too long")?)?;
                Type::Other
            }
            _ => return Err(format!("type {id} is of a kind that is not known: {kind}")),
        };
        self.types.push(read);
        Ok(())
    }

    /// A type, without its other names; and these.
    pub(super) fn resolve(&self, id: Id) -> Result<(&Type<'a>, Vec<&'a str>), String> {
        let (_, found, names) = self.behind(id)?;
        Ok((found, names))
    }

    /// The same, with its number.
    pub(super) fn behind(&self, id: Id) -> Result<(Id, &Type<'a>, Vec<&'a str>), String> {
        let mut names = Vec::new();
        let mut next = id;
        for _ in 0..LONGEST_CHAIN {
            match self.types.get(next as usize) {
                Some(Type::Alias { name, of }) => {
                    names.push(*name);
                    next = *of;
                }
                Some(found) => return Ok((next, found, names)),
                None => return Err(format!("there is no type {next}")),
            }
        }
        Err(format!("type {id} has another name without end"))
    }

    /// The struct of this name.
    pub(super) fn structure(&self, name: &str) -> Option<Id> {
        self.structs.get(name).copied()
    }

    /// The name of a struct.
    pub(super) fn name_of(&self, id: Id) -> Option<&'a str> {
        let found = self.structs.iter().find(|(_, known)| **known == id);
        found.map(|(name, _)| *name)
    }

    /// The names and types of the arguments of the function of this name.
    pub(super) fn function(&self, name: &str) -> Option<&[(&'a str, Id)]> {
        let prototype = self.functions.get(name)?;
        match self.types.get(*prototype as usize)? {
            Type::Prototype(parameters) => Some(parameters),
            _ => None,
        }
    }
}

fn members<'a>(
    words: &mut Words<'a>,
    text: Text<'a>,
    count: u32,
    has_widths: bool,
) -> Result<Vec<Member<'a>>, String> {
    let member = |_| {
        let [name, kind, place] = words.array()?;
        let (bit, width) = match has_widths {
            true => (place & 0xff_ffff, place >> 24),
            false => (place, 0),
        };
        Ok(Member {
            name: text.at(name)?,
            kind,
            bit,
            width,
        })
    };
    (0..count).map(member).collect()
}

/// Words that are still to be read.
struct Words<'a>(&'a [u8]);

impl Words<'_> {
    fn array<const N: usize>(&mut self) -> Result<[u32; N], String> {
        let mut words = [0; N];
        for word in &mut words {
            let (first, rest) = self.0.split_first_chunk().ok_or("the BTF ends in a type")?;
            *word = u32::from_le_bytes(*first);
            self.0 = rest;
        }
        Ok(words)
    }

    fn skip(&mut self, count: u32) -> Result<(), String> {
        let bytes = 4 * u64::from(count);
        let rest = usize::try_from(bytes)
            .ok()
            .and_then(|end| self.0.get(end..));
        self.0 = rest.ok_or("the BTF ends in a type")?;
        Ok(())
    }
}

/// The names of types, each with a zero behind it.
#[derive(Clone, Copy)]
struct Text<'a>(&'a [u8]);

impl<'a> Text<'a> {
    fn at(self, offset: u32) -> Result<&'a str, String> {
        let wrong = || format!("there is no name at {offset}");
        let rest = self.0.get(offset as usize..).ok_or_else(wrong)?;
        let end = rest.iter().position(|byte| *byte == 0).ok_or_else(wrong)?;
        std::str::from_utf8(&rest[..end]).map_err(|_| wrong())
    }
}
