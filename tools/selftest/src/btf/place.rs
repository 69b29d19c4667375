// SPDX-License-Identifier: MIT OR Apache-2.0

//! Where a member of a struct is, and what it is.

use secpol::tables;

use super::blob::{
    Btf,
    Id,
    Type, //
};

/// Structs without a name are nested less deep than this.
const DEEPEST: usize = 16;

/// A member of a struct that is a number or a pointer.
pub(super) struct Place {
    pub(super) member: tables::Member,
    /// Is it one of several bit-fields, whose word this is?
    pub(super) is_word: bool,
}

/// The member of a struct that has this name, with points between the parts of it, and an index
/// in brackets behind what is an array. `None` if there is none.
pub(super) fn find(btf: &Btf<'_>, structure: Id, path: &str) -> Result<Option<Place>, String> {
    let mut id = structure;
    let mut bits = 0u32;
    let mut width = 0;
    for part in path.split('.') {
        let (name, index) = match part.strip_suffix(']').and_then(|part| part.split_once('[')) {
            Some((name, index)) => (name, Some(index.parse().map_err(|_| "no index")?)),
            None => (part, None),
        };
        let Some(found) = member(btf, id, name, 0)? else {
            return Ok(None);
        };
        bits = bits
            .checked_add(found.0)
            .ok_or("a member is too far away")?;
        (id, width) = (found.1, found.2);
        if let Some(index) = index {
            let Some((element, bytes)) = element(btf, id, index)? else {
                return Ok(None);
            };
            bits = bits
                .checked_add(bytes.checked_mul(8 * index).ok_or("an array is too long")?)
                .ok_or("a member is too far away")?;
            id = element;
        }
    }
    number(btf, id, bits, width)
}

/// The bit at which a member starts, its type, and how many bits a bit-field has.
fn member(
    btf: &Btf<'_>,
    record: Id,
    name: &str,
    depth: usize,
) -> Result<Option<(u32, Id, u32)>, String> {
    let (Type::Record { members, .. }, _) = btf.resolve(record)? else {
        return Ok(None);
    };
    if depth > DEEPEST {
        return Err("a struct is in itself".to_string());
    }
    for member in members {
        if member.name == name {
            return Ok(Some((member.bit, member.kind, member.width)));
        }
        if member.name.is_empty() {
            if let Some((bit, kind, width)) = self::member(btf, member.kind, name, depth + 1)? {
                let bit = bit
                    .checked_add(member.bit)
                    .ok_or("a member is too far away")?;
                return Ok(Some((bit, kind, width)));
            }
        }
    }
    Ok(None)
}

/// The type of an array's elements, and their size in bytes, if it has one of this index.
fn element(btf: &Btf<'_>, array: Id, index: u32) -> Result<Option<(Id, u32)>, String> {
    let (Type::Array { element, count }, _) = btf.resolve(array)? else {
        return Ok(None);
    };
    let (Type::Int { bytes, .. }, _) = btf.resolve(*element)? else {
        return Ok(None);
    };
    Ok((index < *count).then_some((*element, *bytes)))
}

fn number(btf: &Btf<'_>, id: Id, bits: u32, width: u32) -> Result<Option<Place>, String> {
    let (kind, names) = btf.resolve(id)?;
    let (bytes, signed) = match kind {
        Type::Int { bytes: 1, signed } => (1, *signed),
        Type::Int { bytes: 2, signed } => (2, *signed),
        Type::Int { bytes: 4, signed } => (4, *signed),
        Type::Int { bytes: 8, signed } => (8, *signed),
        Type::Pointer(_) => (8, false),
        _ => return Ok(None),
    };
    // A bit-field is in the word of its type.
    let word = 8 * u32::from(bytes);
    let offset = match width {
        0 => bits / 8,
        _ => bits / word * u32::from(bytes),
    };
    Ok(Some(Place {
        member: tables::Member {
            offset,
            bytes,
            signed,
            big_endian: names.iter().any(|name| name.starts_with("__be")),
        },
        is_word: width != 0,
    }))
}
