// SPDX-License-Identifier: GPL-2.0

//! arm64, with 32-bit Arm as the compat architecture.

use super::interface::Arch;
use core::{
    arch::asm,
    mem::offset_of,
    ptr::addr_of, //
};
use kernel::bindings;

/// The architecture.
pub(crate) struct Arm64;

impl Arm64 {
    const USER: usize = offset_of!(bindings::pt_regs, __bindgen_anon_1);

    /// The place of a register in `struct pt_regs`.
    const fn x(n: usize) -> usize {
        Self::USER + offset_of!(bindings::user_pt_regs, regs) + 8 * n
    }

    #[inline(always)]
    fn user(regs: &bindings::pt_regs) -> &bindings::user_pt_regs {
        // SAFETY: Both fields of the union are made of numbers, and show the same registers.
        unsafe { &regs.__bindgen_anon_1.user_regs }
    }

    #[inline(always)]
    fn user_mut(regs: &mut bindings::pt_regs) -> &mut bindings::user_pt_regs {
        // SAFETY: Both fields of the union are made of numbers, and show the same registers.
        unsafe { &mut regs.__bindgen_anon_1.user_regs }
    }
}

impl Arch for Arm64 {
    // AUDIT_ARCH_AARCH64 and AUDIT_ARCH_ARM, which the kernel's bindings leave out on arm64;
    // helpers/seccomp.c asserts the values.
    const AUDIT_ARCH: u32 = 0xc000_00b7;
    const AUDIT_ARCH_COMPAT: u32 = 0x4000_0028;
    const EXEMPT: &'static [u32] = &[];
    const WRAPPER_PREFIXES: [&'static str; 2] = ["__arm64_", "__arm64_"];
    // `COMPAT_SC_ARM64_REGS_TO_ARGS()` takes x0, and `SC_ARM64_REGS_TO_ARGS()` `orig_x0`.
    const COMPAT_FIRST_PLACE: Option<usize> = Some(Self::x(0));

    #[inline(always)]
    fn nr(regs: &bindings::pt_regs) -> i32 {
        regs.syscallno
    }

    #[inline(always)]
    fn arguments(regs: &bindings::pt_regs, _compat: bool) -> [u64; 6] {
        let x = &Self::user(regs).regs;
        // x0 holds the preset result by now.
        [regs.orig_x0, x[1], x[2], x[3], x[4], x[5]]
    }

    #[inline(always)]
    fn instruction_pointer(regs: &bindings::pt_regs) -> u64 {
        Self::user(regs).pc
    }

    #[inline(always)]
    fn places(_compat: bool) -> &'static [usize; 7] {
        static PLACES: [usize; 7] = [
            Arm64::USER + offset_of!(bindings::user_pt_regs, pc),
            // x0 holds the preset result by now.
            offset_of!(bindings::pt_regs, orig_x0),
            Arm64::x(1),
            Arm64::x(2),
            Arm64::x(3),
            Arm64::x(4),
            Arm64::x(5),
        ];
        &PLACES
    }

    const NR_PLACE: usize = offset_of!(bindings::pt_regs, syscallno);
    const NR_HIGH_PLACE: usize = Self::x(8) + 4;

    #[inline(always)]
    fn index_mask_nospec<const SIZE: usize>(index: usize) -> usize {
        let mask;
        // SAFETY: Arithmetic on registers, and a barrier to speculation on its result (csdb).
        unsafe {
            asm!(
                "cmp {index}, #{size}",
                "sbc {mask}, xzr, xzr",
                "hint #20",
                index = in(reg) index,
                size = const SIZE,
                mask = lateout(reg) mask,
                options(pure, nomem, nostack),
            )
        };
        mask
    }

    #[inline(always)]
    fn set_return_value(regs: &mut bindings::pt_regs, compat: bool, value: isize) {
        let value = value as u64;
        Self::user_mut(regs).regs[0] = if compat { value & 0xffff_ffff } else { value };
    }

    #[inline]
    fn rollback(regs: &mut bindings::pt_regs) {
        let x0 = regs.orig_x0;
        Self::user_mut(regs).regs[0] = x0;
    }

    #[inline(always)]
    unsafe fn is_compat(info: *const bindings::thread_info) -> bool {
        // SAFETY: By the contract it is this task's. The access is volatile, as other tasks set
        // other flags.
        let flags = unsafe { addr_of!((*info).flags).read_volatile() };
        cfg!(CONFIG_COMPAT) && flags & (1 << bindings::TIF_32BIT) != 0
    }
}
