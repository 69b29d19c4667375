// SPDX-License-Identifier: GPL-2.0

//! The interface of an architecture.

use kernel::bindings;

/// An architecture: its constants, and where its system calls have their numbers, arguments and
/// results.
///
/// C headers: `asm/syscall.h` and `asm/seccomp.h` of the architecture.
pub(crate) trait Arch {
    /// `SECCOMP_ARCH_NATIVE`.
    const AUDIT_ARCH: u32;
    /// `SECCOMP_ARCH_COMPAT`.
    const AUDIT_ARCH_COMPAT: u32;
    /// Native system calls that no filter may refuse: the trampolines of uprobes make them on
    /// behalf of the kernel (`seccomp_uprobe_exception()`).
    const EXEMPT: &'static [u32];

    /// What the names of wrappers begin with, before `sys_` or `compat_sys_`: those of native
    /// calls, and those of 32-bit calls, which may be the same.
    const WRAPPER_PREFIXES: [&'static str; 2];

    /// Where wrappers of calls with a function of their own for 32-bit callers find the first
    /// argument, if that is another place in `struct pt_regs` than for other calls.
    const COMPAT_FIRST_PLACE: Option<usize>;

    /// `syscall_get_nr()`.
    fn nr(regs: &bindings::pt_regs) -> i32;

    /// `syscall_get_arguments()`.
    fn arguments(regs: &bindings::pt_regs, compat: bool) -> [u64; 6];

    /// `KSTK_EIP()`.
    fn instruction_pointer(regs: &bindings::pt_regs) -> u64;

    /// The offsets in `struct pt_regs` of the instruction pointer and of the six arguments: where
    /// [`Arch::instruction_pointer`], [`Arch::arguments`] and the wrappers of calls read them.
    fn places(compat: bool) -> &'static [usize; 7];

    /// The offset in `struct pt_regs` at which [`Arch::nr`] reads the number.
    const NR_PLACE: usize;

    /// The offset in `struct pt_regs` of the upper half of the register in which a native call
    /// passes its number. Only a tracer changes it after the entry.
    const NR_HIGH_PLACE: usize;

    /// `array_index_mask_nospec()`: all bits set if `index < SIZE`, else none, computed without a
    /// branch that the processor could mispredict.
    fn index_mask_nospec<const SIZE: usize>(index: usize) -> usize;

    /// `syscall_set_return_value()`; a negative `value` is an error.
    fn set_return_value(regs: &mut bindings::pt_regs, compat: bool, value: isize);

    /// `syscall_rollback()`.
    fn rollback(regs: &mut bindings::pt_regs);

    /// Has the calling task entered the kernel by a 32-bit system call?
    ///
    /// # Safety
    ///
    /// `info` is the calling task's.
    unsafe fn is_compat(info: *const bindings::thread_info) -> bool;
}
