// SPDX-License-Identifier: MIT OR Apache-2.0

//! A call, as policies are tried with it.

use secpol::{
    abi::Abi,
    names, //
};
use secpol_analysis::{
    Place,
    Sample, //
};

use super::field::{
    Named,
    Names, //
};

/// A call that is made by programs of the architecture of `names`, in the notation of `secpol
/// test` on a machine. What that has no words for comes behind it. What is not given is zero.
pub(crate) fn call(names: &Names, sample: &Sample, machine: Abi) -> String {
    let mut text = match names.call {
        Some(call) => call.name.to_string(),
        None => format!("call {:#x}", sample.get(Place::Number)),
    };
    match names.abi {
        Some(abi) if abi != machine => text.push_str(&format!("[arch={}]", abi.name())),
        Some(_) => {}
        None => text.push_str(&format!(" of architecture {:#x}", sample.get(Place::Arch))),
    }
    let mut given = Vec::new();
    let mut members = Vec::new();
    let mut beside = Vec::new();
    for (place, value) in sample.parts() {
        match place {
            Place::Arch | Place::Number => {}
            Place::Argument(_) | Place::NumberHigh | Place::Pkey => {
                let named = names.name(&names.field(place, 0), value, None);
                given.push(format!("{}={}", named.text, shown(names, &named, value)));
            }
            Place::Struct(_) | Place::Family => add_members(
                names,
                (place, value),
                sample.get(Place::Family),
                &mut members,
                &mut beside,
            ),
            // What the bytes say themselves.
            Place::Extent if value == extent(sample) => {}
            Place::Extent => {
                let named = names.name(&names.field(place, 0), value, None);
                beside.push(format!("{}={value}", named.text));
            }
            Place::Pointer => beside.push(format!("instruction_pointer={value:#x}")),
        }
    }
    if let (Some(argument), false) = (names.extensible_name(), members.is_empty()) {
        given.push(format!("{argument}={{{}}}", members.join(", ")));
    }
    text.push_str(&format!("({})", given.join(", ")));
    if !beside.is_empty() {
        text.push_str(&format!(" with {}", beside.join(", ")));
    }
    text
}

/// Where the last byte ends that is not zero, of those that are given.
fn extent(sample: &Sample) -> u64 {
    let end = |(place, value): (Place, u64)| {
        let offset = match place {
            Place::Struct(offset) => offset,
            Place::Family => 0,
            _ => return 0,
        };
        match 64 - value.leading_zeros() {
            0 => 0,
            bits => u64::from(offset + bits.div_ceil(8)),
        }
    };
    sample.parts().map(end).max().unwrap_or(0)
}

fn add_members(
    names: &Names,
    (place, value): (Place, u64),
    family: u64,
    members: &mut Vec<String>,
    beside: &mut Vec<String>,
) {
    // The family is a place of its own.
    let mut lowest = match place {
        Place::Struct(0) if names.has_address() => 16,
        _ => 0,
    };
    while lowest < 64 {
        let field = names.field(place, lowest);
        lowest = field.lowest + field.width;
        let bits = (value >> field.lowest) & (u64::MAX >> (64 - field.width));
        if bits == 0 && place != Place::Family && value != 0 {
            continue;
        }
        let named = names.name(&field, u64::MAX, Some(family));
        let text = format!("={}", shown(names, &named, bits));
        match named.text.split_once('.') {
            Some((_, member)) => members.push(format!("{member}{text}")),
            None if bits != 0 => beside.push(format!("{}{text}", named.text)),
            None => {}
        }
        if place == Place::Family {
            return;
        }
    }
}

fn shown(names: &Names, named: &Named, value: u64) -> String {
    let value = if named.big_endian {
        value.swap_bytes() >> (64 - named.field.width)
    } else {
        value
    };
    let all = u64::MAX >> (64 - named.field.width);
    if named.signed && value > all >> 1 {
        return format!("-{}", (all - value) + 1);
    }
    let (call, what) = &named.constants;
    let constant = names
        .abi
        .and_then(|abi| names::names(abi, (call, what), value));
    match constant {
        Some(text) => text,
        None if value < 10 => value.to_string(),
        None => format!("{value:#x}"),
    }
}
