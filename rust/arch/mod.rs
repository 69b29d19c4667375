// SPDX-License-Identifier: GPL-2.0

//! What differs between the architectures.

use kernel::bindings;

#[cfg(CONFIG_ARM64)]
mod arm64;
#[cfg(CONFIG_ARM64)]
pub(crate) use arm64::Arm64 as Native;

#[cfg(CONFIG_X86_64)]
mod x86_64;
#[cfg(CONFIG_X86_64)]
pub(crate) use x86_64::X86_64 as Native;

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

    /// `syscall_get_nr()`.
    fn nr(regs: &bindings::pt_regs) -> i32;

    /// `syscall_get_arguments()`.
    fn arguments(regs: &bindings::pt_regs, compat: bool) -> [u64; 6];

    /// `KSTK_EIP()`.
    fn instruction_pointer(regs: &bindings::pt_regs) -> u64;

    /// `syscall_set_return_value()`; a negative `value` is an error.
    fn set_return_value(regs: &mut bindings::pt_regs, compat: bool, value: isize);

    /// `syscall_rollback()`.
    fn rollback(regs: &mut bindings::pt_regs);

    /// Did the task come in by a system call of the 32-bit ABI?
    fn is_compat(info: &bindings::thread_info) -> bool;
}
