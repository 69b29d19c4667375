// SPDX-License-Identifier: GPL-2.0

//! Programs that the kernel translates and compiles: classic BPF of users, and eBPF of the engine.
//!
//! C header: [`include/linux/filter.h`](srctree/include/linux/filter.h)

use super::{
    argument::ArgumentPage,
    ffi,
    regs::Regs,
    uapi::seccomp_data, //
};
use crate::logic::{
    bpf::{
        append,
        check::check,
        ebpf::EbpfInsn,
        insn::*,
        lower::{
            Lowered,
            STACK, //
        }, //
    },
    buf::Buf, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::{
        from_err_ptr,
        to_result, //
    },
    ffi::{
        c_int,
        c_uint,
        c_void, //
    },
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

/// Reads `len` instructions from `insns` in user memory. `EFAULT` if they cannot be read; `ENOMEM`.
pub(crate) fn read_insns(len: u16, insns: UserPtr) -> Result<Buf<Insn>> {
    let mut copy = Buf::filled(len.into(), Insn::NOP)?;
    // SAFETY: An `Insn` is made of numbers without padding, so that any bytes may be read and
    // written there. The slice is borrowed exclusively from `copy`.
    let bytes = unsafe {
        core::slice::from_raw_parts_mut(
            copy.as_mut_ptr().cast::<u8>(),
            core::mem::size_of_val(&copy[..]),
        )
    };
    UserSlice::new(insns, bytes.len())
        .reader()
        .read_slice(bytes)?;
    Ok(copy)
}

/// A program over `struct seccomp_data` that the kernel has translated, and compiled if it has a
/// JIT, with its original.
///
/// # Invariants
///
/// The pointer is to a `bpf_prog` that `bpf_prog_create_from_user()` has made with its original. It
/// belongs to this value.
pub(crate) struct Classic(NonNull<bindings::bpf_prog>);

// SAFETY: A `bpf_prog` is immutable, and any task may run and free it.
unsafe impl Send for Classic {}
// SAFETY: A `bpf_prog` is immutable, and several tasks may run it at once.
unsafe impl Sync for Classic {}

impl Classic {
    /// Reads `len` instructions from `insns` in user memory, and translates them. Sleeps.
    ///
    /// Fails with `EFAULT` if they cannot be read, with `EINVAL` if `bpf_check_classic()` or
    /// `seccomp_check_filter()` refuses them, and with `ENOMEM`.
    pub(crate) fn from_user(len: u16, insns: UserPtr) -> Result<Self> {
        let mut prog = core::ptr::null_mut();
        // SAFETY: `prog` is valid for writes. The kernel reads `insns` by its accessors of user
        // memory. `check_classic()` is a `bpf_aux_classic_check_t`.
        to_result(unsafe {
            ffi::rsc_prog_create_from_user(&mut prog, len, insns.as_mut_ptr(), Some(check_classic))
        })?;
        // INVARIANT: The helper passes `save_orig`, and nobody else has the pointer.
        NonNull::new(prog).map(Self).ok_or(EINVAL)
    }

    /// The number of instructions of the translated program, which the limit per path counts.
    pub(crate) fn len(&self) -> u32 {
        // SAFETY: By the type invariant the program is there.
        unsafe { ffi::rsc_prog_len(self.0.as_ptr()) }
    }

    /// The instructions as the user wrote them.
    pub(crate) fn original(&self) -> &[Insn] {
        let mut len = 0;
        // SAFETY: By the type invariant the program has its original, which lives as long as the
        // program and does not change. An `Insn` has the layout of a `sock_filter`.
        unsafe {
            let insns = ffi::rsc_prog_orig(self.0.as_ptr(), &mut len);
            core::slice::from_raw_parts(insns.cast(), len as usize)
        }
    }

    /// The bytes of memory that the program takes, with its original.
    pub(crate) fn memory(&self) -> usize {
        // SAFETY: By the type invariant the program is there.
        unsafe { ffi::rsc_prog_memory(self.0.as_ptr()) }
    }

    /// Runs the program. Returns a `SECCOMP_RET_*`.
    #[inline]
    pub(crate) fn run(&self, data: &seccomp_data) -> u32 {
        let ctx: *const seccomp_data = data;
        // SAFETY: By the type invariant the program is there. `check_classic()` has refused all
        // loads but those within a `seccomp_data`.
        unsafe { ffi::rsc_prog_run(self.0.as_ptr(), ctx.cast::<c_void>()) }
    }
}

impl Drop for Classic {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the program belongs to this value, which is not used any
        // more.
        unsafe { ffi::rsc_prog_destroy(self.0.as_ptr()) };
    }
}

/// What the engine's programs read besides the registers.
pub(crate) type Inputs<'a> = append::Inputs<ArgumentPage<'a>>;

/// Inputs for programs that need none.
pub(crate) const NO_INPUTS: Inputs<'static> = Inputs {
    which: 0,
    argument: ArgumentPage::ZEROS,
    size: 0,
    extent: 0,
    features: 0,
    pkey: 0,
};

/// One compiled program of the engine's making or several, of which each run chooses one.
///
/// # Invariants
///
/// `prog` points to a compiled `bpf_prog`, made of a [`Lowered`] of which the context fits into
/// `struct pt_regs`. It belongs to this value. Bit n of `bare` is set only if program n needs no
/// inputs.
pub(crate) struct Residuals {
    prog: NonNull<bindings::bpf_prog>,
    bare: u128,
}

// SAFETY: A `bpf_prog` is immutable, and any task may run and free it.
unsafe impl Send for Residuals {}
// SAFETY: A `bpf_prog` is immutable, and several tasks may run it at once.
unsafe impl Sync for Residuals {}

impl Residuals {
    /// Has the kernel compile `program`, which finds `struct pt_regs` by r1 and [`Inputs`] by r2.
    /// Sleeps.
    ///
    /// Fails with `EINVAL` if it looks beyond `struct pt_regs`, with `EOPNOTSUPP` if the kernel has
    /// no JIT, and with `ENOMEM`.
    pub(crate) fn new(program: &Lowered) -> Result<Self> {
        if program.context_len() > core::mem::size_of::<bindings::pt_regs>() {
            return Err(EINVAL);
        }
        // CAST: It is positive.
        let stack = if program.uses_stack() {
            STACK as c_uint
        } else {
            0
        };
        let insns = program.insns();
        // SAFETY: The instructions are valid for reads, and an `EbpfInsn` has the layout of a
        // `bpf_insn`. The kernel does not verify them, but by the invariants of `Lowered` they read
        // only `struct pt_regs` (in which the context is, as was just checked), `Inputs` and their
        // stack, jump within themselves and end.
        let prog = from_err_ptr(unsafe {
            ffi::rsc_prog_assemble(insns.as_ptr().cast(), insns.len() as c_uint, stack)
        })?;
        // INVARIANT: The program was just made of these instructions, and nobody else has it.
        // `bare()` says of each program what `bare` says.
        Ok(Self {
            prog: NonNull::new(prog).ok_or(EINVAL)?,
            bare: program.bare(),
        })
    }

    /// The number of instructions of all programs.
    pub(crate) fn len(&self) -> u32 {
        // SAFETY: By the type invariant the program is there.
        unsafe { ffi::rsc_prog_len(self.prog.as_ptr()) }
    }

    /// The bytes of memory that they take.
    pub(crate) fn memory(&self) -> usize {
        // SAFETY: By the type invariant the program is there.
        unsafe { ffi::rsc_prog_memory(self.prog.as_ptr()) }
    }

    /// Runs the program, if there is only one. `inputs` has what it needs. Returns a
    /// `SECCOMP_RET_*`.
    #[inline]
    pub(crate) fn run_only(&self, regs: Regs, inputs: &Inputs<'_>) -> u32 {
        // SAFETY: `choose()` does not return `Residual::NONE`, and `Inputs` has all fields that a
        // program can read.
        unsafe { self.choose(0).call(regs, inputs) }
    }

    /// The program number `which`; the last one if there are not so many.
    pub(crate) fn choose(&self, which: u16) -> Residual<'_> {
        let which = u32::from(which);
        let is_bare = self
            .bare
            .checked_shr(which)
            .is_some_and(|bare| bare & 1 != 0);
        // INVARIANT: The result borrows this value, which owns the code, and a compiled program has
        // a function. `bare` says of `which` what `Kind::Bare` says.
        Residual {
            which,
            kind: if is_bare { Kind::Bare } else { Kind::Inputs },
            // SAFETY: By the type invariant the program is there.
            func: unsafe { ffi::rsc_prog_func(self.prog.as_ptr()) },
            _programs: PhantomData,
        }
    }
}

/// `bpf_func_t`, the type of a compiled program: the code finds `ctx` in r1 and `insn` in r2.
type BpfFunc = unsafe extern "C" fn(ctx: *const c_void, insn: *const bindings::bpf_insn) -> c_uint;

/// What a [`Residual`] has.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// No program.
    None,
    /// A program that may need inputs.
    Inputs,
    /// A program that needs none.
    Bare,
}

/// One of the programs of a [`Residuals`], which is there for all of `'a`; or no program.
///
/// # Invariants
///
/// Unless `kind` is [`Kind::None`], `func` is the code of that [`Residuals`]. If `kind` is
/// [`Kind::Bare`], the program that `which` chooses needs no inputs.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Residual<'a> {
    /// As in [`Inputs::which`]. It is the first field here, too, for [`Bare::run`].
    which: u32,
    kind: Kind,
    func: Option<BpfFunc>,
    _programs: PhantomData<&'a Residuals>,
}

impl<'a> Residual<'a> {
    /// No program.
    // INVARIANT: There is no program.
    pub(crate) const NONE: Self = Self {
        which: 0,
        kind: Kind::None,
        func: None,
        _programs: PhantomData,
    };

    /// The number of the program.
    pub(crate) fn which(&self) -> u32 {
        self.which
    }

    /// The program, if there is one.
    #[inline(always)]
    pub(crate) fn program(&self) -> Option<&Choice<'a>> {
        // SAFETY: A `Choice` has the layout of a `Residual`.
        // INVARIANT: `kind` is not `Kind::None`.
        (self.kind != Kind::None).then_some(unsafe { &*core::ptr::from_ref(self).cast() })
    }

    /// The program, if there is one and it needs no inputs.
    #[inline(always)]
    pub(crate) fn bare(&self) -> Option<&Bare<'a>> {
        // SAFETY: A `Bare` has the layout of a `Residual`.
        // INVARIANT: `kind` is `Kind::Bare`.
        (self.kind == Kind::Bare).then_some(unsafe { &*core::ptr::from_ref(self).cast() })
    }

    /// Runs the program.
    ///
    /// # Safety
    ///
    /// `kind` is not [`Kind::None`], and `inputs` points to those fields of [`Inputs`] that the
    /// program reads.
    #[inline(always)]
    unsafe fn call(&self, regs: Regs, inputs: *const Inputs<'_>) -> u32 {
        // SAFETY: By the contract there is a program, so by the type invariant `func` is its code,
        // and is there. By the invariants of `Residuals` and `Lowered` the code reads of the
        // registers what is in `pt_regs`, of `inputs` what is there by the contract, and of the
        // argument what is there by the invariant of `ArgumentPage`. All compiled programs take two
        // pointers; only interpreters want the second one to be to instructions. The kernel calls
        // the code by its address as well, so an indirect call may go there.
        unsafe { (self.func.unwrap_unchecked())(regs.as_ptr().cast(), inputs.cast()) }
    }
}

/// A program that may need inputs.
///
/// # Invariants
///
/// `kind` is not [`Kind::None`].
#[repr(transparent)]
pub(crate) struct Choice<'a>(Residual<'a>);

impl Choice<'_> {
    /// Runs the program, with the inputs that it needs. Returns a `SECCOMP_RET_*`.
    #[inline(always)]
    pub(crate) fn run(&self, regs: Regs, inputs: &mut Inputs<'_>) -> u32 {
        inputs.which = self.0.which;
        // SAFETY: By the type invariant there is a program, and `Inputs` has all fields that it can
        // read.
        unsafe { self.0.call(regs, inputs) }
    }
}

/// A program that needs no inputs.
///
/// # Invariants
///
/// `kind` is [`Kind::Bare`].
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct Bare<'a>(Residual<'a>);

impl Bare<'_> {
    /// Runs the program. Returns a `SECCOMP_RET_*`.
    #[inline(always)]
    pub(crate) fn run(&self, regs: Regs) -> u32 {
        // SAFETY: By the type invariant the program reads no field of `Inputs` but `which`. That is
        // the first one, as it is in a `Residual`.
        unsafe { self.0.call(regs, (&raw const self.0.which).cast()) }
    }
}

const _: () = assert!(core::mem::offset_of!(Residual<'_>, which) == 0);

impl Drop for Residuals {
    fn drop(&mut self) {
        // SAFETY: By the type invariant the program belongs to this value, which nobody borrows any
        // more.
        unsafe { ffi::rsc_prog_free(self.prog.as_ptr()) };
    }
}

/// The `bpf_aux_classic_check_t` of classic filters: `seccomp_check_filter()`.
///
/// # Safety
///
/// For the kernel only: `filter` points to `flen` instructions that nobody else uses.
unsafe extern "C" fn check_classic(filter: *mut bindings::sock_filter, flen: c_uint) -> c_int {
    // SAFETY: By the contract there are `flen` instructions, used by this function alone. An `Insn`
    // has the layout of a `sock_filter`.
    let insns = unsafe { core::slice::from_raw_parts_mut(filter.cast::<Insn>(), flen as usize) };
    if check(insns).is_err() {
        return EINVAL.to_errno();
    }
    // `bpf_convert_filter()` takes BPF_LD | BPF_ABS for a load from a packet, and BPF_LEN for the
    // length of a packet.
    for insn in insns {
        match insn.code {
            CODE_LD_ABS => insn.code = BPF_LDX | BPF_W | BPF_ABS,
            CODE_LD_LEN => *insn = Insn::stmt(BPF_LD | BPF_IMM, DATA_SIZE),
            CODE_LDX_LEN => *insn = Insn::stmt(BPF_LDX | BPF_IMM, DATA_SIZE),
            _ => {}
        }
    }
    0
}

const CODE_LD_ABS: u16 = BPF_LD | BPF_W | BPF_ABS;
const CODE_LD_LEN: u16 = BPF_LD | BPF_W | BPF_LEN;
const CODE_LDX_LEN: u16 = BPF_LDX | BPF_W | BPF_LEN;

const _: () = assert!(
    core::mem::size_of::<Insn>() == core::mem::size_of::<bindings::sock_filter>()
        && core::mem::size_of::<EbpfInsn>() == core::mem::size_of::<bindings::bpf_insn>()
        && DATA_SIZE as usize == core::mem::size_of::<seccomp_data>()
);
