// SPDX-License-Identifier: GPL-2.0

//! Generates programs and compares what the logic says of them with what they do.
//!
//! `fuzz [--programs N | --seconds N] [--seed S]`. Exits with 1 at the first difference, and prints
//! the program with its seed: `fuzz --programs 1 --seed SEED` generates it again.
//!
//! `fuzz --print N [--seed S]` prints N programs in the form of `bench/costly.txt` instead.

use rust_seccomp_host::logic::bpf::insn::Insn;
use rust_seccomp_host::logic::bpf::listing::Listing;
use rust_seccomp_host::logic::buf::Buf;
use rust_seccomp_host::shared::oracle::{compare, Count, Effort};
use rust_seccomp_host::shared::programs::{from_bytes, random, to_text};
use rust_seccomp_host::shared::rng::Rng;
use std::io::Write;
use std::panic::{catch_unwind, AssertUnwindSafe};
use std::process::ExitCode;
use std::time::Instant;

const USAGE: &str = "usage: fuzz [--programs N | --seconds N | --print N] [--seed S]";

struct Arguments {
    programs: u64,
    seconds: u64,
    seed: u64,
    print: Option<u64>,
}

fn arguments() -> Option<Arguments> {
    let (mut programs, mut seconds, mut seed, mut print) = (None, None, 1, None);
    let mut arguments = std::env::args().skip(1);
    while let Some(name) = arguments.next() {
        let value = arguments.next()?.parse().ok()?;
        match name.as_str() {
            "--programs" => programs = Some(value),
            "--seconds" => seconds = Some(value),
            "--seed" => seed = value,
            "--print" => print = Some(value),
            _ => return None,
        }
    }
    Some(Arguments {
        programs: programs.unwrap_or(if seconds.is_some() { u64::MAX } else { 100_000 }),
        seconds: seconds.unwrap_or(u64::MAX),
        seed,
        print,
    })
}

/// The program of a seed.
fn program(seed: u64) -> (Buf<Insn>, Rng) {
    let mut rng = Rng::new(seed.wrapping_mul(0xd134_2543_de82_ef95));
    let prog = if rng.one_in(10) {
        let bytes: Vec<u8> = (0..8 * (1 + rng.below(24)))
            .map(|_| rng.bits() as u8)
            .collect();
        from_bytes(&bytes).unwrap_or_else(|| random(&mut rng))
    } else {
        random(&mut rng)
    };
    (prog, rng)
}

fn main() -> ExitCode {
    let Some(Arguments {
        programs,
        seconds,
        seed,
        print,
    }) = arguments()
    else {
        eprintln!("{USAGE}");
        return ExitCode::from(2);
    };
    if let Some(print) = print {
        for n in 0..print {
            let seed = seed.wrapping_add(n);
            println!("# seed {seed}\n{}", to_text(&program(seed).0));
        }
        return ExitCode::SUCCESS;
    }
    let start = Instant::now();
    let mut count = Count::default();
    let mut instructions = 0;
    for n in 0..programs {
        let seed = seed.wrapping_add(n);
        let (prog, mut rng) = program(seed);
        instructions += prog.len();
        let result = catch_unwind(AssertUnwindSafe(|| {
            compare(&prog, &mut rng, Effort::LIGHT, &mut count)
        }))
        .unwrap_or_else(|_| Err("panicked".into()));
        if let Err(difference) = result {
            println!("\nseed {seed}: {difference}\n{}", Listing(&prog));
            println!("{}", to_text(&prog));
            return ExitCode::FAILURE;
        }
        if (n + 1) % 100_000 == 0 || n + 1 == programs {
            let elapsed = start.elapsed().as_secs();
            print!("\r{} programs, {elapsed} s", n + 1);
            let _ = std::io::stdout().flush();
            if elapsed >= seconds {
                break;
            }
        }
    }
    println!("\n{instructions} instructions, {count:?}");
    ExitCode::SUCCESS
}
