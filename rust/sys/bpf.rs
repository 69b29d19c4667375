// SPDX-License-Identifier: GPL-2.0

//! Programs: classic BPF as the user wrote it, and what the kernel made of it.
//!
//! C header: [`include/linux/filter.h`](srctree/include/linux/filter.h)

use super::{
    ffi,
    regs::Regs,
    uapi::seccomp_data, //
};
use crate::logic::{
    bpf::{
        append::Inputs,
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
use core::ptr::NonNull;
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

/// Programs of our own making in one, of which each run chooses one.
///
/// # Invariants
///
/// The pointer is to a compiled `bpf_prog` that nobody else frees, made of a [`Lowered`] whose
/// context is in `struct pt_regs`.
pub(crate) struct Residuals(NonNull<bindings::bpf_prog>);

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
        NonNull::new(prog).map(Self).ok_or(EINVAL)
    }

    /// Instructions in all.
    pub(crate) fn len(&self) -> u32 {
        // SAFETY: By the type invariant.
        unsafe { ffi::rsc_prog_len(self.0.as_ptr()) }
    }

    /// Bytes that they take.
    pub(crate) fn memory(&self) -> usize {
        // SAFETY: By the type invariant.
        unsafe { ffi::rsc_prog_memory(self.0.as_ptr()) }
    }

    /// One of the programs.
    pub(crate) fn choose(&self, which: u16) -> Choice {
        Choice {
            // SAFETY: By the type invariant; what is compiled has a function.
            func: unsafe { ffi::rsc_prog_func(self.0.as_ptr()).unwrap_unchecked() },
            which: which.into(),
        }
    }
}

/// What a program is compiled to, as of `bpf_func_t`: the code finds its arguments in r1 and r2.
type BpfFunc = unsafe extern "C" fn(ctx: *const c_void, insn: *const bindings::bpf_insn) -> c_uint;

/// One of the programs of a [`Residuals`].
#[repr(C)]
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Choice {
    /// As in [`Inputs::which`].
    which: u32,
    func: BpfFunc,
}

impl Choice {
    /// Runs the program.
    ///
    /// # Safety
    ///
    /// The [`Residuals`] are still there, and the program needs nothing (see
    /// [`NeededInputs`](crate::logic::bpf::append::NeededInputs)).
    #[inline(always)]
    pub(crate) unsafe fn run(&self, regs: Regs) -> u32 {
        // SAFETY: By the contract of this function. The program reads the first field of `Inputs`
        // at most, which is there.
        unsafe { self.call(regs, (&raw const self.which).cast()) }
    }

    /// Runs the program.
    ///
    /// # Safety
    ///
    /// The [`Residuals`] are still there, and `inputs` has what the program needs, with an argument
    /// of 4096 bytes.
    #[inline(always)]
    pub(crate) unsafe fn run_with(&self, regs: Regs, inputs: &mut Inputs) -> u32 {
        inputs.which = self.which;
        // SAFETY: By the contract of this function.
        unsafe { self.call(regs, inputs) }
    }

    /// Runs the program, which is the only one of its [`Residuals`].
    ///
    /// # Safety
    ///
    /// As for [`Choice::run_with`].
    #[inline]
    pub(crate) unsafe fn run_only(&self, regs: Regs, inputs: &Inputs) -> u32 {
        // SAFETY: By the contract of this function. Nobody asks for the choice.
        unsafe { self.call(regs, inputs) }
    }

    /// # Safety
    ///
    /// The [`Residuals`] are still there, and `inputs` has what the program reads of it.
    #[inline(always)]
    unsafe fn call(&self, regs: Regs, inputs: *const Inputs) -> u32 {
        // SAFETY: The code is there by the contract of this function, and reads what it may by the
        // invariant of `Residuals`. It takes two pointers, as all compiled programs do; that the
        // second one is to instructions is what interpreters want. It is called by its address as
        // the kernel calls it, so it begins with what indirect calls want.
        unsafe { (self.func)(regs.as_ptr().cast(), inputs.cast()) }
    }
}

impl Drop for Residuals {
    fn drop(&mut self) {
        // SAFETY: By the type invariant, and nobody uses it any more.
        unsafe { ffi::rsc_prog_free(self.0.as_ptr()) };
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
