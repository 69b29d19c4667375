// SPDX-License-Identifier: GPL-2.0

//! The kernel compiles random programs, as it does for the module, and runs them. The reference
//! interpreter says what they have to return.

use crate::{
    logic::{
        bpf::{
            append::{
                canonical,
                ArchView,
                VisibleFields, //
            },
            insn::Insn,
            listing::Listing,
            lower::{
                lower,
                Layout,
                Word, //
            },
            residual::specialise, //
        },
        syscalls, //
    },
    shared::{
        appended::{
            make,
            program,
            visible,
            Made,
            EA_FEATURES, //
        },
        oracle::{
            constants,
            data, //
        },
        programs::random,
        reference::{
            self,
            Data, //
        },
        rng::Rng, //
    },
    sys::{
        arch::{
            layout,
            Abi,
            Arch,
            Native, //
        },
        argument::ArgumentPage,
        bpf::{
            Classic,
            Inputs,
            Residuals,
            NO_INPUTS, //
        },
        regs::Regs,
        uapi::seccomp_data, //
    }, //
};
use core::{
    mem::size_of_val,
    ptr::NonNull, //
};
use kernel::{
    bindings::pt_regs,
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

/// The number of programs in each test.
const PROGRAMS: usize = 300;

extern "C" {
    fn rsk_user_memory(len: usize) -> usize;
}

/// Maps user memory. A test runs in a kernel thread: KUnit gives it an address space.
fn user_memory(len: usize) -> UserPtr {
    // SAFETY: A test is running, as the function requires. It maps new pages in the address space
    // of that test, which no other code uses.
    let address = unsafe { rsk_user_memory(len) };
    // CAST: An error is a negative number.
    assert!(address as isize > 0);
    UserPtr::from_addr(address)
}

/// Programs that the kernel reads from user memory and translates.
pub(crate) fn classic() {
    let memory = user_memory(8 * 4096);
    let mut rng = Rng::new(21);
    for _ in 0..PROGRAMS {
        let prog = random(&mut rng);
        // SAFETY: The bytes are those of `prog`, which outlives the slice. An instruction has no
        // padding (its fields fill 8 bytes), so all of them are initialised.
        let bytes = unsafe {
            core::slice::from_raw_parts(prog.as_ptr().cast::<u8>(), size_of_val(&prog[..]))
        };
        let mut writer = UserSlice::new(memory, bytes.len()).writer();
        assert!(writer.write_slice(bytes).is_ok());
        // CAST: At most 4096.
        let translated = Classic::from_user(prog.len() as u16, memory);
        assert!(translated.is_ok(), "refused:\n{}", Listing(&prog));
        let Ok(translated) = translated else { return };
        assert!(translated.original() == &prog[..]);
        let constants = constants(&prog);
        for _ in 0..8 {
            let nr = rng.pick(&constants);
            let data = data(&mut rng, &constants, nr, Native::AUDIT_ARCH);
            let got = translated.run(&structure(&data));
            let expected = reference::run(&prog, &data);
            assert_eq!(got, expected, "{data:x?}\n{}", Listing(&prog));
        }
    }
}

fn structure(data: &Data) -> seccomp_data {
    let pair = |at: usize| u64::from(data[at]) | (u64::from(data[at + 1]) << 32);
    seccomp_data {
        // CAST: The bits are what counts.
        nr: data[0] as i32,
        arch: data[1],
        instruction_pointer: pair(2),
        args: core::array::from_fn(|n| pair(4 + 2 * n)),
    }
}

/// Compiles a program over the registers.
fn compile(prog: &[Insn], layout: &Layout) -> Residuals {
    let program = lower(prog, layout).unwrap().unwrap();
    match Residuals::new(&program) {
        Ok(compiled) => compiled,
        Err(error) => panic!("does not compile: {error:?}\n{}", Listing(prog)),
    }
}

/// Runs a program over `words` of `struct seccomp_data`, in registers.
fn run(prog: &Residuals, layout: &Layout, words: &Data, nr_high: u32, inputs: &Inputs<'_>) -> u32 {
    // SAFETY: `struct pt_regs` has only integers, for which zero is a valid value.
    let mut regs: pt_regs = unsafe { core::mem::zeroed() };
    let mut put = |place, word: u32| {
        if let Word::At(at) = place {
            // SAFETY: `layout()` returns offsets of halves of registers: 4 bytes within `regs`,
            // aligned to 4. `regs` is a local variable to which no reference exists now.
            unsafe {
                (&raw mut regs)
                    .byte_add(at as usize)
                    .cast::<u32>()
                    .write(word)
            };
        }
    };
    for (place, word) in layout.words.iter().zip(words) {
        put(*place, *word);
    }
    put(layout.nr_high, nr_high);
    // The engine reads the same data from the registers as the programs do.
    let compat = layout.words[1] != Word::Const(Native::AUDIT_ARCH);
    let data = structure(words);
    assert_eq!(Native::nr(&regs), data.nr);
    assert_eq!(Native::arguments(&regs, compat), data.args);
    assert_eq!(Native::instruction_pointer(&regs), data.instruction_pointer);
    prog.run_only(Regs::new(&regs), inputs)
}

/// Residual programs.
pub(crate) fn residuals() {
    let mut rng = Rng::new(22);
    for _ in 0..PROGRAMS {
        let prog = random(&mut rng);
        let abi = Abi::of(rng.one_in(3));
        let arch = abi.audit_arch();
        let layout = layout(abi, VisibleFields::NONE);
        let constants = constants(&prog);
        for _ in 0..2 {
            let nr = rng.pick(&constants) % 512;
            let residual = specialise(&prog, arch, nr).unwrap().unwrap();
            let compiled = compile(&residual, &layout);
            for _ in 0..8 {
                let data = data(&mut rng, &constants, nr, arch);
                let got = run(&compiled, &layout, &data, 0, &NO_INPUTS);
                let expected = reference::run(&prog, &data);
                assert_eq!(got, expected, "{data:x?}\n{}", Listing(&residual));
            }
        }
    }
}

/// Appended filters, as a whole and their residual programs.
pub(crate) fn appended() {
    let mut rng = Rng::new(23);
    for _ in 0..PROGRAMS {
        let visible = visible(&mut rng);
        let prog = program(&mut rng, visible);
        let abi = Abi::of(rng.one_in(3));
        let arch = abi.audit_arch();
        let layout = layout(abi, visible);
        let code = canonical(&prog, visible).unwrap().unwrap();
        let whole = compile(&code, &layout);
        for _ in 0..4 {
            let mut made = make(&mut rng, &prog, arch);
            if abi == Abi::Compat {
                // A compat call has no upper half of the register.
                made.nr_high = 0;
            }
            let residual = specialise(&code, ArchView { arch, visible }, made.nr);
            let residual = residual.unwrap().unwrap();
            let expected = made.answer(&prog, visible);
            for compiled in [&whole, &compile(&residual, &layout)] {
                let got = run_over(compiled, &layout, &made);
                assert_eq!(
                    got,
                    expected,
                    "nr {}, {visible:?}\n{}",
                    made.nr,
                    Listing(&code)
                );
            }
        }
    }
}

fn run_over(prog: &Residuals, layout: &Layout, made: &Made) -> u32 {
    let has = syscalls::find(made.arch, made.nr).is_some();
    let memory = made.memory();
    let inputs = Inputs {
        which: 0,
        // SAFETY: It has 4096 bytes, and is there for longer than the inputs.
        argument: unsafe { ArgumentPage::new(NonNull::from(&memory[..]).cast()) },
        size: if has { made.size } else { 0 },
        extent: if has { made.extent() } else { 0 },
        features: u32::from(has) * EA_FEATURES,
        pkey: made.pkey,
    };
    let mut words = [0; 16];
    words[0] = made.nr;
    words[1] = made.arch;
    words[2..].copy_from_slice(&made.ip_and_args);
    run(prog, layout, &words, made.nr_high, &inputs)
}
