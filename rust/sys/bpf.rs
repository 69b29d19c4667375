// SPDX-License-Identifier: GPL-2.0

//! Programs: classic BPF as the user wrote it, and what the kernel made of it.
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
        insn::*,
        lower::{
            EbpfInsn,
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

/// Reads `len` instructions, at least one, from `insns`. `EFAULT` if they cannot be read, `ENOMEM`.
pub(crate) fn read_insns(len: u16, insns: UserPtr) -> Result<Buf<Insn>> {
    let mut copy = Buf::filled(len.into(), Insn::NOP)?;
    // SAFETY: Instructions are numbers without padding, valid whatever the bytes.
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

/// A program over `struct seccomp_data` that the kernel has translated (and mostly compiled), along
/// with its original.
///
/// # Invariants
///
/// The pointer is to a `bpf_prog` of `bpf_prog_create_from_user()` that nobody else frees, and
/// which has kept its original.
pub(crate) struct Classic(NonNull<bindings::bpf_prog>);

// SAFETY: Programs are immutable and may be run and freed by any task.
unsafe impl Send for Classic {}
// SAFETY: As above.
unsafe impl Sync for Classic {}

impl Classic {
    /// Reads `len` instructions from `insns` and translates them.
    ///
    /// Fails with `EFAULT` if they cannot be read, with `EINVAL` if `bpf_check_classic()` or
    /// `seccomp_check_filter()` refuses them, and with `ENOMEM`.
    pub(crate) fn from_user(len: u16, insns: UserPtr) -> Result<Self> {
        let mut prog = core::ptr::null_mut();
        // SAFETY: `prog` is valid for writes; `insns` is only read by the accessors of user
        // memory; the checker obeys the contract of `bpf_aux_classic_check_t`.
        to_result(unsafe {
            ffi::rsc_prog_create_from_user(&mut prog, len, insns.as_mut_ptr(), Some(check_classic))
        })?;
        // INVARIANT: It was just made, with `save_orig`.
        NonNull::new(prog).map(Self).ok_or(EINVAL)
    }

    /// The length of the translated program, which is what the limit per path counts.
    pub(crate) fn len(&self) -> u32 {
        // SAFETY: By the type invariant.
        unsafe { ffi::rsc_prog_len(self.0.as_ptr()) }
    }

    /// The instructions as the user wrote them.
    pub(crate) fn original(&self) -> &[Insn] {
        let mut len = 0;
        // SAFETY: By the type invariant, the original is there and lives as long as the program.
        unsafe {
            let insns = ffi::rsc_prog_orig(self.0.as_ptr(), &mut len);
            core::slice::from_raw_parts(insns.cast(), len as usize)
        }
    }

    /// Bytes that it takes.
    pub(crate) fn memory(&self) -> usize {
        // SAFETY: By the type invariant.
        unsafe { ffi::rsc_prog_memory(self.0.as_ptr()) }
    }

    /// Runs the program.
    #[inline]
    pub(crate) fn run(&self, data: &seccomp_data) -> u32 {
        let ctx: *const seccomp_data = data;
        // SAFETY: By the type invariant; the checker has confined all loads to `seccomp_data`.
        unsafe { ffi::rsc_prog_run(self.0.as_ptr(), ctx.cast::<c_void>()) }
    }
}

impl Drop for Classic {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and nobody uses it any more.
        unsafe { ffi::rsc_prog_destroy(self.0.as_ptr()) };
    }
}

/// What programs of ours read besides the registers.
pub(crate) type Inputs<'a> = append::Inputs<ArgumentPage<'a>>;

/// Nothing, for programs that need nothing.
pub(crate) const NO_INPUTS: Inputs<'static> = Inputs {
    which: 0,
    argument: ArgumentPage::ZEROS,
    size: 0,
    extent: 0,
    features: 0,
    pkey: 0,
};

/// Programs of our own making in one, of which each run chooses one.
///
/// # Invariants
///
/// `prog` points to a compiled `bpf_prog` that nobody else frees, made of a [`Lowered`] whose
/// context is in `struct pt_regs`. Bit n of `bare` is set only if program n needs no inputs.
pub(crate) struct Residuals {
    prog: NonNull<bindings::bpf_prog>,
    bare: u128,
}

// SAFETY: As for `Classic`.
unsafe impl Send for Residuals {}
// SAFETY: As for `Classic`.
unsafe impl Sync for Residuals {}

impl Residuals {
    /// Has the kernel compile `program`, which finds `struct pt_regs` by r1 and [`Inputs`] by r2.
    ///
    /// `EINVAL` if it looks beyond these, `EOPNOTSUPP` without a JIT, `ENOMEM` without memory.
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
        // SAFETY: The instructions are valid for reads. Nobody verifies them: by the invariants of
        // `Lowered` they read `struct pt_regs` (the context is within, as was just checked), what
        // `Inputs` has and their stack, jump within themselves and end.
        let prog = from_err_ptr(unsafe {
            ffi::rsc_prog_assemble(insns.as_ptr().cast(), insns.len() as c_uint, stack)
        })?;
        // INVARIANT: It was just made of these instructions.
        Ok(Self {
            prog: NonNull::new(prog).ok_or(EINVAL)?,
            bare: program.bare(),
        })
    }

    /// Instructions in all.
    pub(crate) fn len(&self) -> u32 {
        // SAFETY: By the type invariant.
        unsafe { ffi::rsc_prog_len(self.prog.as_ptr()) }
    }

    /// Bytes that they take.
    pub(crate) fn memory(&self) -> usize {
        // SAFETY: By the type invariant.
        unsafe { ffi::rsc_prog_memory(self.prog.as_ptr()) }
    }

    /// Runs the program that there is, if there is one only. `inputs` has what it needs.
    #[inline]
    pub(crate) fn run_only(&self, regs: Regs, inputs: &Inputs<'_>) -> u32 {
        // SAFETY: It is a program. `Inputs` have all that it can need; nobody asks for the choice.
        unsafe { self.choose(0).call(regs, inputs) }
    }

    /// One of the programs.
    pub(crate) fn choose(&self, which: u16) -> Residual<'_> {
        let which = u32::from(which);
        let is_bare = self
            .bare
            .checked_shr(which)
            .is_some_and(|bare| bare & 1 != 0);
        // INVARIANT: By those of this type; what is compiled has a function.
        Residual {
            which,
            kind: if is_bare { Kind::Bare } else { Kind::Inputs },
            // SAFETY: By the type invariant.
            func: unsafe { ffi::rsc_prog_func(self.prog.as_ptr()) },
            _programs: PhantomData,
        }
    }
}

/// What a program is compiled to, as of `bpf_func_t`: the code finds its arguments in r1 and r2.
type BpfFunc = unsafe extern "C" fn(ctx: *const c_void, insn: *const bindings::bpf_insn) -> c_uint;

/// What a [`Residual`] is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// No program.
    None,
    /// A program that may need inputs.
    Inputs,
    /// A program that needs none.
    Bare,
}

/// One of the programs of a [`Residuals`], for as long as these are there; or none.
///
/// # Invariants
///
/// Unless it is none, `func` is the code of a [`Residuals`] that is there for all of `'a`; if it is
/// [`Kind::Bare`], what `which` chooses needs no inputs.
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Residual<'a> {
    /// As in [`Inputs::which`], which is the first field of that, too.
    which: u32,
    kind: Kind,
    func: Option<BpfFunc>,
    _programs: PhantomData<&'a Residuals>,
}

impl<'a> Residual<'a> {
    /// No program.
    // INVARIANT: It is none.
    pub(crate) const NONE: Self = Self {
        which: 0,
        kind: Kind::None,
        func: None,
        _programs: PhantomData,
    };

    /// Which of the programs it is.
    pub(crate) fn which(&self) -> u32 {
        self.which
    }

    /// The program, if there is one.
    #[inline(always)]
    pub(crate) fn program(&self) -> Option<&Choice<'a>> {
        // SAFETY: The layout is the same.
        // INVARIANT: By that of this type.
        (self.kind != Kind::None).then_some(unsafe { &*core::ptr::from_ref(self).cast() })
    }

    /// The program, if there is one and it needs no inputs.
    #[inline(always)]
    pub(crate) fn bare(&self) -> Option<&Bare<'a>> {
        // SAFETY: The layout is the same.
        // INVARIANT: By that of this type.
        (self.kind == Kind::Bare).then_some(unsafe { &*core::ptr::from_ref(self).cast() })
    }

    /// # Safety
    ///
    /// It is not none, and `inputs` has what the program reads of it.
    #[inline(always)]
    unsafe fn call(&self, regs: Regs, inputs: *const Inputs<'_>) -> u32 {
        // SAFETY: The code is there by the type invariant, and reads what it may by the invariants
        // of `Residuals` and `Lowered`; the argument is there by that of `ArgumentPage`. It takes
        // two pointers, as all compiled programs do; that the second one is to instructions is
        // what interpreters want. It is called by its address as the kernel calls it, so it begins
        // with what indirect calls want.
        unsafe { (self.func.unwrap_unchecked())(regs.as_ptr().cast(), inputs.cast()) }
    }
}

/// A program.
///
/// # Invariants
///
/// It is not [`Kind::None`].
#[repr(transparent)]
pub(crate) struct Choice<'a>(Residual<'a>);

impl Choice<'_> {
    /// Runs the program. `inputs` has what it needs; what is missing there is zero.
    #[inline(always)]
    pub(crate) fn run(&self, regs: Regs, inputs: &mut Inputs<'_>) -> u32 {
        inputs.which = self.0.which;
        // SAFETY: By the type invariant. `Inputs` have all that a program can need.
        unsafe { self.0.call(regs, inputs) }
    }
}

/// A program that needs no inputs.
///
/// # Invariants
///
/// It is [`Kind::Bare`].
#[repr(transparent)]
#[derive(Clone, Copy)]
pub(crate) struct Bare<'a>(Residual<'a>);

impl Bare<'_> {
    /// Runs the program.
    #[inline(always)]
    pub(crate) fn run(&self, regs: Regs) -> u32 {
        // SAFETY: By the type invariant the program reads `Inputs::which` at most, which is the
        // first field, as it is of `Residual`.
        unsafe { self.0.call(regs, (&raw const self.0.which).cast()) }
    }
}

const _: () = assert!(core::mem::offset_of!(Residual<'_>, which) == 0);

impl Drop for Residuals {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and nobody uses it any more.
        unsafe { ffi::rsc_prog_free(self.prog.as_ptr()) };
    }
}

/// # Safety
///
/// As the kernel calls it: `filter` points to `flen` instructions that nobody else uses.
unsafe extern "C" fn check_classic(filter: *mut bindings::sock_filter, flen: c_uint) -> c_int {
    // SAFETY: By the contract of this function.
    let insns = unsafe { core::slice::from_raw_parts_mut(filter.cast::<Insn>(), flen as usize) };
    if check(insns).is_err() {
        return EINVAL.to_errno();
    }
    // The kernel's own translation wants loads from the context told from those from packets, and
    // the length as a constant.
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
