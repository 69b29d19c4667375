// SPDX-License-Identifier: MIT OR Apache-2.0

//! Compares the tables of structs.

use std::collections::BTreeSet;

use secpol::{
    abi::Abi,
    tables::{
        self,
        Extensible,
        Kind, //
    }, //
};

use super::{
    blob::{
        Btf,
        Type, //
    },
    place,
    Compared, //
};

/// Compares each member of the structs that calls of an ABI take, and their sizes.
pub(super) fn compare(btf: &Btf<'_>, abi: Abi, compared: &mut Compared) -> Result<(), String> {
    let mut done = BTreeSet::new();
    for call in tables::calls(abi) {
        let Some(argument) = tables::extensible(call.name) else {
            continue;
        };
        size(btf, abi, argument, compared)?;
        if done.insert(argument.structure) {
            for path in tables::members(argument.structure) {
                member(btf, abi, argument.structure, path, compared)?;
            }
        }
    }
    Ok(())
}

/// The kernel's name of a struct, and of a member of it.
pub(super) fn names(abi: Abi, structure: &str, path: &str) -> (String, String) {
    let (structure, path) = match (structure, path.split_once('.')) {
        ("msghdr", _) if abi.is_64_bit() => ("user_msghdr", format!("msg_{path}")),
        ("msghdr", _) => ("compat_msghdr", format!("msg_{path}")),
        ("sockaddr", None) => ("sockaddr", format!("sa_{path}")),
        ("sockaddr", Some(("in", "addr"))) => ("sockaddr_in", "sin_addr.s_addr".to_string()),
        ("sockaddr", Some(("in", member))) => ("sockaddr_in", format!("sin_{member}")),
        ("sockaddr", Some(("in6", member))) => match member.strip_prefix("addr") {
            Some(word) => ("sockaddr_in6", format!("sin6_addr.in6_u.u6_addr32[{word}]")),
            None => ("sockaddr_in6", format!("sin6_{member}")),
        },
        ("sockaddr", Some(("nl", member))) => ("sockaddr_nl", format!("nl_{member}")),
        ("sockaddr", Some(("ll", member))) => ("sockaddr_ll", format!("sll_{member}")),
        ("sockaddr", Some(("vm", member))) => ("sockaddr_vm", format!("svm_{member}")),
        // The word of the bit-fields from this one on.
        ("perf_event_attr", None) if path == "flags" => (structure, "disabled".to_string()),
        _ => (structure, path.to_string()),
    };
    (structure.to_string(), path)
}

fn member(
    btf: &Btf<'_>,
    abi: Abi,
    structure: &str,
    path: &str,
    compared: &mut Compared,
) -> Result<(), String> {
    let Some(known) = tables::member(structure, path, abi) else {
        return Ok(());
    };
    let (c_structure, c_path) = names(abi, structure, path);
    let Some(id) = btf.structure(&c_structure) else {
        compared.is_missing(&c_structure);
        return Ok(());
    };
    let what = format!("{} {c_structure}.{c_path}", abi.name());
    compared.members += 1;
    let is_word = c_path == "disabled";
    match place::find(btf, id, &c_path)? {
        Some(told) if told.member == known && told.is_word == is_word => {}
        Some(told) => compared.differs(&what, &known, &told.member),
        None => compared.differs(&what, &known, &"none"),
    }
    Ok(())
}

/// Compares how many bytes of an argument are known with the size of its struct.
fn size(
    btf: &Btf<'_>,
    abi: Abi,
    argument: &Extensible,
    compared: &mut Compared,
) -> Result<(), String> {
    let known = argument.known_on(abi);
    let structure = match argument.kind {
        Kind::Buffer => "__kernel_sockaddr_storage".to_string(),
        Kind::Struct | Kind::Fixed => names(abi, argument.structure, "").0,
    };
    let Some(id) = btf.structure(&structure) else {
        compared.is_missing(&structure);
        return Ok(());
    };
    let (Type::Record { bytes, .. }, _) = btf.resolve(id)? else {
        return Err(format!("{structure} is no struct"));
    };
    compared.sizes += 1;
    // Of mnt_id_req, listmount() may know less than statmount().
    let end = tables::members(argument.structure)
        .filter_map(|path| tables::member(argument.structure, path, abi))
        .map(|member| member.offset + u32::from(member.bytes))
        .max()
        .unwrap_or(0);
    let is_known = match argument.kind {
        Kind::Buffer => known == *bytes,
        // Behind the last member there is nothing but what aligns the struct.
        Kind::Struct | Kind::Fixed => known <= *bytes && bytes.saturating_sub(end) < 8,
    };
    if !is_known {
        let what = format!("{} size of {structure}", abi.name());
        compared.differs(&what, &(known, end), bytes);
    }
    Ok(())
}
