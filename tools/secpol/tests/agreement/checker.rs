// SPDX-License-Identifier: MIT OR Apache-2.0

//! What the kernel demands of a filter, and what else is to be expected of one.

use secpol::{
    bpf::Insn,
    compile::Program,
    output, //
};

/// Codes that seccomp_check_filter() lets through, but for loads from the data and jumps.
const CODES: [u16; 29] = [
    // Loads of constants, of the length, of cells; stores to cells.
    0x00, 0x01, 0x80, 0x81, 0x60, 0x61, 0x02, 0x03, //
    // Arithmetic with a number, and with X.
    0x04, 0x14, 0x24, 0x34, 0x44, 0x54, 0x64, 0x74, 0xa4, //
    0x0c, 0x1c, 0x2c, 0x3c, 0x4c, 0x5c, 0x6c, 0x7c, 0xac, //
    0x84, 0x07, 0x87,
];
/// Conditional jumps, by a number and by X.
const JUMPS: [u16; 8] = [0x15, 0x25, 0x35, 0x45, 0x1d, 0x2d, 0x3d, 0x4d];
/// Words that the appended filters of a policy may have a reason to look at, by the flag without
/// which they are 0.
const WORDS: [(u32, u64); 5] = [
    (80, 1 << 32),
    (84, 1 << 33),
    (104, 1 << 34),
    (1128, 1 << 34),
    (1132, 1 << 34),
];
/// Where the extensible argument begins, with the flag without which it is 0.
const ARGUMENT: (u32, u64) = (1136, 1 << 34);

/// What is wrong with a program; `Ok` if nothing is.
pub fn check(program: &Program) -> Result<(), String> {
    let insns = &program.insns;
    if insns.is_empty() || insns.len() > 4096 {
        return Err(format!("{} instructions", insns.len()));
    }
    if insns.last().map(|insn| insn.code) != Some(0x06) {
        return Err("it does not end with a return".to_string());
    }
    for (place, insn) in insns.iter().enumerate() {
        let after = insns.len() - place - 1;
        instruction(insn, after, program).map_err(|why| format!("{place}: {insn:?} {why}"))?;
    }
    reached(insns)?;
    let beyond = insns.iter().any(|insn| insn.code == 0x20 && insn.k >= 64);
    if beyond != program.appended {
        return Err("what it looks at is not what it says".to_string());
    }
    if program.extensible_arg_size % 4 != 0 || program.extensible_arg_size > 4096 {
        return Err(format!("sees {} bytes", program.extensible_arg_size));
    }
    let returns = insns.iter().enumerate();
    let returns = returns.filter(|(_, insn)| insn.code == 0x06);
    if !returns
        .map(|(place, _)| place)
        .eq(program.returns.iter().map(|(place, _)| *place))
    {
        return Err("its returns are others".to_string());
    }
    if output::from_raw(&output::raw(program)).as_ref() != Some(insns) {
        return Err("it is another when read back".to_string());
    }
    Ok(())
}

fn instruction(insn: &Insn, after: usize, program: &Program) -> Result<(), String> {
    let no = |why: &str| Err(why.to_string());
    let k = insn.k as usize;
    match insn.code {
        0x20 => load(insn.k, program),
        0x06 | 0x16 => Ok(()),
        0x05 if k >= after => no("leads out"),
        0x05 => Ok(()),
        code if JUMPS.contains(&code) => {
            if usize::from(insn.jt.max(insn.jf)) >= after {
                return no("leads out");
            }
            if insn.jt == insn.jf {
                return no("decides nothing");
            }
            Ok(())
        }
        0x34 if k == 0 => no("divides by 0"),
        0x64 | 0x74 if k >= 32 => no("shifts too far"),
        0x60 | 0x61 | 0x02 | 0x03 if k >= 16 => no("has no such cell"),
        code if CODES.contains(&code) => Ok(()),
        _ => no("is none of a filter"),
    }
}

fn load(offset: u32, program: &Program) -> Result<(), String> {
    if offset % 4 != 0 {
        return Err("is not aligned".to_string());
    }
    let word = WORDS.iter().find(|word| word.0 == offset);
    let argument = ARGUMENT.0..ARGUMENT.0 + program.extensible_arg_size;
    let flag = match word {
        _ if offset < 64 => return Ok(()),
        Some((_, flag)) => *flag,
        None if argument.contains(&offset) => ARGUMENT.1,
        None => return Err("loads what is not there".to_string()),
    };
    if program.append_flags() & flag == 0 {
        return Err("loads what it did not ask for".to_string());
    }
    Ok(())
}

/// Instructions that are never reached are a waste: the kernel takes them, authors wonder.
fn reached(insns: &[Insn]) -> Result<(), String> {
    let mut reached = vec![false; insns.len()];
    reached[0] = true;
    for (place, insn) in insns.iter().enumerate() {
        if !reached[place] {
            return Err(format!("{place} is never reached"));
        }
        let next: &[usize] = match insn.code {
            0x06 | 0x16 => &[],
            0x05 => &[insn.k as usize],
            code if JUMPS.contains(&code) => &[insn.jt.into(), insn.jf.into()],
            _ => &[0],
        };
        for skipped in next {
            reached[place + 1 + skipped] = true;
        }
    }
    Ok(())
}
