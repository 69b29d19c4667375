// SPDX-License-Identifier: GPL-2.0

//! Compares what `rust/logic/bpf/` says of a program with what the program does in the reference
//! interpreter.

use crate::logic::bpf::analyse::analyse;
use crate::logic::bpf::append::{ArchView, VisibleFields};
use crate::logic::bpf::check;
use crate::logic::bpf::insn::Insn;
use crate::logic::bpf::listing::Listing;
use crate::logic::bpf::lower::{lower, Layout, Lowered, Word};
use crate::logic::bpf::meter::{units, Meter};
use crate::logic::bpf::outcomes::Outcome;
use crate::logic::bpf::residual::{specialise, strongest};
use crate::logic::bpf::study::{study, Finding, Side, Study};
use crate::logic::buf::{Buf, NoMemory};
use crate::memory;
use crate::shared::buf::Text;
use crate::shared::programs::{AARCH64, I386, X86_64};
use crate::shared::reference::{self, Data};
use crate::shared::rng::Rng;

/// How thorough a comparison is.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Numbers per program and architecture.
    pub numbers: usize,
    /// Arguments per number.
    pub data: usize,
}

impl Effort {
    /// For thousands of programs.
    pub const LIGHT: Self = Self {
        numbers: 6,
        data: 6,
    };
    /// For a few programs.
    pub const HEAVY: Self = Self {
        numbers: 64,
        data: 32,
    };
}

/// What was compared.
#[derive(Clone, Copy, Debug, Default)]
pub struct Count {
    /// Numbers for which a constant was found.
    pub constant: u64,
    /// Numbers that vary.
    pub varies: u64,
    /// Residual programs.
    pub residuals: u64,
    /// Residual programs of one instruction.
    pub single: u64,
    /// Instructions of the originals of residual programs.
    pub before: u64,
    /// Instructions of residual programs.
    pub after: u64,
    /// Runs of programs.
    pub runs: u64,
    /// Runs of findings of a [`Study`].
    pub studied: u64,
    /// Failed allocations.
    pub failures: u64,
}

/// Agreement, or a description of the difference.
type Verdict = Result<(), Text>;

macro_rules! ensure {
    ($cond:expr, $($arg:tt)*) => {
        if !$cond {
            return Err(text!($($arg)*));
        }
    };
}

/// Values for numbers and data: the constants of the program, those next to them, and some others.
pub fn constants(prog: &[Insn]) -> Buf<u32> {
    let mut all = Buf::from([0, 1, u32::MAX, X86_64, AARCH64]);
    for insn in prog {
        if !matches!(insn.code, 0x20 | 0x05 | 0x02 | 0x03 | 0x60 | 0x61) {
            all.extend([insn.k.wrapping_sub(1), insn.k, insn.k.wrapping_add(1)]);
        }
    }
    all
}

fn word(rng: &mut Rng, constants: &[u32]) -> u32 {
    match rng.below(8) {
        0 => rng.word(),
        1 => 0,
        2 => rng.pick(constants) ^ (1 << rng.below(32)),
        _ => rng.pick(constants),
    }
}

/// Random data for a system call, mostly of these constants.
pub fn data(rng: &mut Rng, constants: &[u32], nr: u32, arch: u32) -> Data {
    let mut data = [0; 16];
    for place in &mut data {
        *place = word(rng, constants);
    }
    data[0] = nr;
    data[1] = arch;
    data
}

/// Compares what the analysis, the specialiser, the lowering and the study say of a program with
/// what it does.
pub fn compare(prog: &[Insn], rng: &mut Rng, effort: Effort, count: &mut Count) -> Verdict {
    ensure!(check::check(prog).is_ok(), "check() refuses");
    ensure!(
        check::check_classic(prog).is_ok(),
        "check_classic() refuses"
    );
    ensure!(
        check::check_scratch(prog) == Ok(0),
        "check_scratch() refuses"
    );
    let constants = constants(prog);
    for arch in [X86_64, rng.pick(&[AARCH64, I386, 0])] {
        let out = analyse(prog, arch, &mut Meter::unlimited()).map_err(|NoMemory| "no memory")?;
        let all: Buf<Outcome> = (0..512).map(|nr| out.get(nr)).collect();
        // A program may return more constants than are noted.
        let complete = !out.is_full();
        if rng.one_in(32) {
            starve(prog, arch, &all, rng, count)?;
        }
        let varying: Buf<u32> = (0..512)
            .filter(|nr| all[*nr as usize] == Outcome::Varies)
            .collect();
        for _ in 0..effort.numbers {
            let nr = match rng.below(4) {
                0 => rng.below(512) as u32,
                1 | 2 if !varying.is_empty() => rng.pick(&varying),
                _ => Some(rng.pick(&constants))
                    .filter(|nr| *nr < 512)
                    .unwrap_or_else(|| rng.below(512) as u32),
            };
            let outcome = all[nr as usize];
            let known = reference::constant(prog, arch, nr);
            if let Some(ret) = known.filter(|_| complete) {
                ensure!(
                    outcome == Outcome::Constant(ret),
                    "nr {nr:#x}, arch {arch:#x}: {outcome:x?}, but returns {ret:#x}"
                );
            }
            match outcome {
                Outcome::Constant(_) => count.constant += 1,
                Outcome::Varies => count.varies += 1,
            }
            // Specialises for some constants, too, to test the folding.
            let residual = match outcome {
                Outcome::Constant(_) if !rng.one_in(4) => None,
                _ => Some(residual(prog, arch, nr, known, count)?),
            };
            let native = residual
                .as_ref()
                .map(|residual| Native::new(residual, nr, arch, rng))
                .transpose()?;
            for _ in 0..effort.data {
                let data = data(rng, &constants, nr, arch);
                let ret = reference::run(prog, &data);
                count.runs += 1;
                if let Outcome::Constant(claimed) = outcome {
                    ensure!(
                        ret == claimed,
                        "nr {nr:#x}, arch {arch:#x}: {outcome:x?}, returns {ret:#x} for {data:x?}"
                    );
                }
                let (Some(residual), Some(native)) = (&residual, &native) else {
                    continue;
                };
                let got = reference::run(residual, &data);
                ensure!(
                    got == ret,
                    "residual for nr {nr:#x}, arch {arch:#x} returns {got:#x}, not {ret:#x}, for \
                     {data:x?}:\n{}",
                    Listing(residual)
                );
                if let Some(strongest) = strongest(residual) {
                    ensure!(
                        strongest as i32 <= (ret & 0xffff_0000) as i32,
                        "strongest is {strongest:#x}, but returns {ret:#x}"
                    );
                }
                let got = native.run(&data);
                ensure!(
                    got == u64::from(ret),
                    "lowered for nr {nr:#x}, arch {arch:#x} returns {got:#x}, not {ret:#x}, for \
                     {data:x?}:\n{}{:x?}",
                    Listing(residual),
                    native.prog.insns()
                );
            }
        }
    }
    let other = rng.pick(&[AARCH64, I386, 0]);
    let some = rng.below(units(prog) as usize) as u32;
    for units in [u32::MAX, units(prog), some] {
        compare_study(prog, [X86_64, other], units, &constants, rng, effort, count)?;
    }
    Ok(())
}

fn limited(units: u32) -> Meter {
    Meter::new(units, || true)
}

/// An architecture, with the words of the data in their order.
fn side(arch: u32) -> Side {
    let mut words = [Word::Const(arch); 16];
    for (word, place) in words.iter_mut().enumerate() {
        if word != 1 {
            *place = Word::At(4 * word as i16);
        }
    }
    Side {
        view: ArchView {
            arch,
            visible: VisibleFields::NONE,
        },
        layout: Layout::from(words),
    }
}

fn sides(first: u32, second: u32) -> [Side; 2] {
    [side(first), side(second)]
}

/// Compares the findings of a [`Study`] with what the program does.
fn compare_study(
    prog: &[Insn],
    arches: [u32; 2],
    units: u32,
    constants: &[u32],
    rng: &mut Rng,
    effort: Effort,
    count: &mut Count,
) -> Verdict {
    let study = study(prog, &sides(arches[0], arches[1]), limited(units));
    let study = study.map_err(|NoMemory| "no memory")?;
    ensure!(
        study.program.is_none() == study.residuals.is_empty(),
        "a program for nothing"
    );
    for (arch, findings) in arches.into_iter().zip(&study.findings) {
        for _ in 0..effort.numbers {
            let nr = rng.pick(constants) % 512;
            for _ in 0..effort.data {
                let data = data(rng, constants, nr, arch);
                let ret = reference::run(prog, &data);
                let got = match findings.get(nr) {
                    Finding::Whole => continue,
                    Finding::Constant(ret) => ret,
                    Finding::Residual(which) => run_residual(&study, which, &data)?,
                };
                count.studied += 1;
                ensure!(
                    got == ret,
                    "study for {units}, nr {nr:#x}, arch {arch:#x}: {:x?} says {got:#x}, \
                     not {ret:#x} for {data:x?}",
                    findings.get(nr)
                );
            }
        }
    }
    Ok(())
}

fn run_residual(study: &Study, which: u8, data: &Data) -> Result<u32, Text> {
    let program = study.program.as_ref().ok_or("no program")?;
    let residual = study
        .residuals
        .get(usize::from(which))
        .ok_or("no residual")?;
    let context: Buf<u8> = data.iter().flat_map(|word| word.to_le_bytes()).collect();
    let mut inputs = Buf::filled(32, 0xa5).unwrap();
    inputs[..4].copy_from_slice(&u32::from(which).to_le_bytes());
    let ret = reference::run_ebpf_with(program, &context, &inputs, &[]) as u32;
    if let Some(strongest) = residual.strongest {
        ensure!(
            strongest as i32 <= (ret & 0xffff_0000) as i32,
            "strongest is {strongest:#x}, but returns {ret:#x}"
        );
    }
    Ok(ret)
}

fn residual(
    prog: &[Insn],
    arch: u32,
    nr: u32,
    known: Option<u32>,
    count: &mut Count,
) -> Result<Buf<Insn>, Text> {
    let residual = specialise(prog, arch, nr)
        .map_err(|NoMemory| "no memory")?
        .ok_or("no residual")?;
    count.residuals += 1;
    count.before += prog.len() as u64;
    count.after += residual.len() as u64;
    count.single += u64::from(residual.len() == 1);
    let text = || text!("nr {nr:#x}, arch {arch:#x}:\n{}", Listing(&residual));
    ensure!(
        reference::admits(&residual),
        "residual is invalid, {}",
        text()
    );
    ensure!(
        check::check_classic(&residual).is_ok() && check::check_scratch(&residual) == Ok(0),
        "residual is refused, {}",
        text()
    );
    ensure!(
        residual.len() <= prog.len() + 16,
        "residual is long, {}",
        text()
    );
    for insn in residual.iter() {
        ensure!(
            insn.code != 0x20 || insn.k > 4,
            "residual loads, {}",
            text()
        );
    }
    if let Some(ret) = known {
        ensure!(
            residual[..] == [Insn::stmt(0x06, ret)],
            "residual of a constant, {}",
            text()
        );
    }
    Ok(residual)
}

/// A lowered program, and the layout of the data that it was lowered for.
struct Native {
    prog: Lowered,
    layout: Layout,
}

impl Native {
    const SIZE: usize = 168;

    fn new(residual: &[Insn], nr: u32, arch: u32, rng: &mut Rng) -> Result<Self, Text> {
        let first = rng.below(10);
        let mut layout = [Word::Const(0); 16];
        for (word, place) in layout.iter_mut().enumerate() {
            // The 16 words in another order, with gaps.
            let slot = (word * 7 + first) % 16;
            *place = Word::At((slot * 8 + 4 * first) as i16);
        }
        layout[0] = Word::Const(nr);
        if first % 2 == 0 {
            layout[1] = Word::Const(arch);
        }
        let layout = Layout::from(layout);
        let prog = lower(residual, &layout)
            .map_err(|NoMemory| "no memory")?
            .ok_or("not lowered")?;
        ensure!(
            prog.insns().len() <= residual.len() * 4 + 2,
            "lowered is long"
        );
        ensure!(prog.context_len() <= Self::SIZE, "lowered reads far");
        Ok(Self { prog, layout })
    }

    fn run(&self, data: &Data) -> u64 {
        let mut context = [0xa5; Self::SIZE];
        for (word, value) in self.layout.words.iter().zip(data) {
            if let Word::At(at) = word {
                let at = *at as usize;
                context[at..at + 4].copy_from_slice(&value.to_le_bytes());
            }
        }
        reference::run_ebpf(&self.prog, &context)
    }
}

/// Has allocations fail: each function returns an error then, or the right result.
fn starve(
    prog: &[Insn],
    arch: u32,
    truth: &[Outcome],
    rng: &mut Rng,
    count: &mut Count,
) -> Verdict {
    let nr = rng.below(512) as u32;
    let full = specialise(prog, arch, nr).map_err(|NoMemory| "no memory")?;
    let layout = Layout::from([Word::At(0); 16]);
    let lowered = lower(prog, &layout).map_err(|NoMemory| "no memory")?;
    // Has each of the first few allocations fail, and some of the later ones.
    let mut n = 0;
    while n < 200 {
        memory::fail_after(n);
        let analysed = analyse(prog, arch, &mut Meter::unlimited());
        memory::fail_after(n);
        let studied = study(prog, &sides(arch, arch), limited(units(prog)));
        memory::fail_after(n);
        let residual = specialise(prog, arch, nr);
        memory::fail_after(n);
        let native = lower(prog, &layout);
        memory::fail_after(n);
        let scratch = check::check_scratch(prog);
        memory::never_fail();
        let errors = [
            analysed.is_err(),
            studied.is_err(),
            residual.is_err(),
            native.is_err(),
            scratch.is_err(),
        ];
        count.failures += errors.iter().filter(|error| **error).count() as u64;
        if let Ok(analysed) = analysed {
            let same = (0..)
                .zip(truth)
                .all(|(nr, truth)| analysed.get(nr) == *truth);
            ensure!(same, "starved analyse()");
        }
        if let Ok(residual) = residual {
            ensure!(
                residual.as_deref() == full.as_deref(),
                "starved specialise()"
            );
        }
        if let Ok(native) = native {
            let native = native.as_ref().map(Lowered::insns);
            ensure!(
                native == lowered.as_ref().map(Lowered::insns),
                "starved lower()"
            );
        }
        ensure!(
            scratch.is_err() || scratch == Ok(0),
            "starved check_scratch()"
        );
        if !errors.contains(&true) {
            return Ok(());
        }
        n += 1 + n / 8;
    }
    Ok(())
}
