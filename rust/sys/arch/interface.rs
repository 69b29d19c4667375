// SPDX-License-Identifier: GPL-2.0

//! What each architecture has to provide.

use kernel::bindings;

/// An architecture: its system call registers and numbers.
///
/// C headers: `asm/syscall.h` and `asm/seccomp.h` of the architecture.
pub(crate) trait Arch {
    /// `SECCOMP_ARCH_NATIVE`.
    const AUDIT_ARCH: u32;
    /// `SECCOMP_ARCH_COMPAT`.
    const AUDIT_ARCH_COMPAT: u32;
    /// Native system calls that no filter may refuse, whatever it says: they are the kernel's own,
    /// called from the trampolines of uprobes (`seccomp_uprobe_exception()`).
    const EXEMPT: &'static [u32];

    /// What precedes the names of calls in those of their wrappers, for all ABIs, the native
    /// one first.
    const WRAPPER_PREFIXES: &'static [&'static str];

    /// `syscall_get_nr()`.
    fn nr(regs: &bindings::pt_regs) -> i32;

    /// `syscall_get_arguments()`.
    fn arguments(regs: &bindings::pt_regs, compat: bool) -> [u64; 6];

    /// `KSTK_EIP()`.
    fn instruction_pointer(regs: &bindings::pt_regs) -> u64;

    /// Where [`Arch::arguments`] and [`Arch::instruction_pointer`] find what they return: offsets
    /// in `struct pt_regs`, the instruction pointer first. The wrappers of calls find their
    /// arguments in the same places.
    fn places(compat: bool) -> &'static [usize; 7];

    /// Where [`Arch::nr`] finds the number: an offset in `struct pt_regs`.
    const NR_PLACE: usize;

    /// Where the upper half of the register is in which the number came, for native calls. It is
    /// as user space left it unless a tracer has changed it.
    const NR_HIGH_PLACE: usize;

    /// `array_index_mask_nospec()`: all bits if `index < SIZE`, else none, without a branch that
    /// could be mispredicted.
    fn index_mask_nospec<const SIZE: usize>(index: usize) -> usize;

    /// `syscall_set_return_value()`; a negative `value` is an error.
    fn set_return_value(regs: &mut bindings::pt_regs, compat: bool, value: isize);

    /// `syscall_rollback()`.
    fn rollback(regs: &mut bindings::pt_regs);

    /// Did the task come in by a system call of the 32-bit ABI?
    fn is_compat(info: &bindings::thread_info) -> bool;
}
