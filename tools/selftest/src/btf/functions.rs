// SPDX-License-Identifier: MIT OR Apache-2.0

//! Compares the tables of calls with the functions that the compiler has not inlined.

use secpol::{
    abi::Abi,
    tables::{
        self,
        Argument, //
    }, //
};

use super::{
    blob::{
        Btf,
        Id,
        Type, //
    },
    structs,
    Compared, //
};

/// Compares names, widths and signs of the arguments of an ABI's calls.
pub(super) fn compare(btf: &Btf<'_>, abi: Abi, compared: &mut Compared) -> Result<(), String> {
    for call in tables::calls(abi) {
        let Some(arguments) = &call.arguments else {
            continue;
        };
        let names = functions(abi, call.name);
        let Some(told) = names.iter().find_map(|name| btf.function(name)) else {
            continue;
        };
        // x86's functions without arguments get the registers.
        let told: Vec<_> = told
            .iter()
            .filter(|(name, _)| *name != "__unused")
            .collect();
        compared.functions += 1;
        let mut same = told.len() == arguments.len();
        let mut kinds = Vec::new();
        for (place, (name, id)) in told.iter().enumerate() {
            kinds.push(format!("{name}:{}", word(btf, *id)?));
            let argument = arguments.get(place);
            same &= argument.is_some_and(|known| known.name == *name)
                && is_same(btf, abi, argument, *id)?;
        }
        if !same {
            let what = format!("{} {}", abi.name(), call.name);
            compared.differs(&what, arguments, &kinds);
        }
    }
    Ok(())
}

/// What the function of a call may be called. Those of calls that replaced others have another
/// name. What 32-bit programs call and 64-bit ones call too is compared with the latter.
fn functions(abi: Abi, call: &str) -> Vec<String> {
    let (start, prefixes): (_, &[&str]) = match abi {
        Abi::X86_64 | Abi::Aarch64 => ("__do_sys_", &["", "new"]),
        Abi::I386 => ("__do_compat_sys_", &["ia32_", "old_", "", "new"]),
        Abi::Arm => ("__do_compat_sys_", &["aarch32_", "", "new"]),
    };
    prefixes
        .iter()
        .map(|prefix| format!("{start}{prefix}{call}"))
        .collect()
}

/// The type of an argument, as the tables call it.
fn word(btf: &Btf<'_>, id: Id) -> Result<String, String> {
    Ok(match btf.resolve(id)?.0 {
        Type::Int { bytes, signed } => {
            format!("{}{}", if *signed { 's' } else { 'u' }, 8 * bytes)
        }
        Type::Pointer(_) => "ptr".to_string(),
        other => format!("{other:?}"),
    })
}

fn is_same(btf: &Btf<'_>, abi: Abi, argument: Option<&Argument>, id: Id) -> Result<bool, String> {
    let Some(Argument { kind, .. }) = argument else {
        return Ok(false);
    };
    let (told, names) = btf.resolve(id)?;
    Ok(match told {
        Type::Pointer(target) if kind.pointer => match kind.structure {
            Some(structure) => points_to(btf, *target, &structs::names(abi, structure, "").0)?,
            None => true,
        },
        // An address of a 32-bit program, as a number.
        Type::Int { bytes: 4, .. } if kind.pointer => names.contains(&"compat_uptr_t"),
        // Of the kernel's `long`, 32-bit programs give half.
        Type::Int { bytes, signed } => {
            let most = if abi.is_64_bit() { 8 } else { 4 };
            !kind.pointer && u32::from(kind.bytes) == (*bytes).min(most) && kind.signed == *signed
        }
        _ => false,
    })
}

/// Is this the struct of that name?
fn points_to(btf: &Btf<'_>, target: Id, structure: &str) -> Result<bool, String> {
    let (id, ..) = btf.behind(target)?;
    Ok(btf.name_of(id) == Some(structure))
}
