// SPDX-License-Identifier: GPL-2.0

//! x86_64, with ia32 as the compat architecture. x32 calls carry bit 30 in their number and count
//! as native.

use super::interface::Arch;
use core::{
    arch::asm,
    mem::offset_of, //
};
use kernel::bindings;

/// The architecture.
pub(crate) struct X86_64;

impl Arch for X86_64 {
    const AUDIT_ARCH: u32 = bindings::AUDIT_ARCH_X86_64;
    const AUDIT_ARCH_COMPAT: u32 = bindings::AUDIT_ARCH_I386;
    const EXEMPT: &'static [u32] = &[bindings::__NR_uretprobe, bindings::__NR_uprobe];
    const WRAPPER_PREFIXES: [&'static str; 2] = ["__x64_", "__ia32_"];
    const COMPAT_FIRST_PLACE: Option<usize> = None;

    #[inline(always)]
    fn nr(regs: &bindings::pt_regs) -> i32 {
        // CAST: The kernel looks at the lower half alone.
        regs.orig_ax as i32
    }

    #[inline(always)]
    fn arguments(regs: &bindings::pt_regs, compat: bool) -> [u64; 6] {
        let r = regs;
        let args = if compat {
            [r.bx, r.cx, r.dx, r.si, r.di, r.bp]
        } else {
            [r.di, r.si, r.dx, r.r10, r.r8, r.r9]
        };
        args.map(|arg| arg as u64)
    }

    #[inline(always)]
    fn instruction_pointer(regs: &bindings::pt_regs) -> u64 {
        regs.ip as u64
    }

    #[inline(always)]
    fn places(compat: bool) -> &'static [usize; 7] {
        macro_rules! places {
            ($($reg:ident)*) => { [$(offset_of!(bindings::pt_regs, $reg)),*] };
        }
        static PLACES: [[usize; 7]; 2] = [
            places!(ip di si dx r10 r8 r9),
            places!(ip bx cx dx si di bp),
        ];
        &PLACES[usize::from(compat)]
    }

    const NR_PLACE: usize = offset_of!(bindings::pt_regs, orig_ax);
    const NR_HIGH_PLACE: usize = Self::NR_PLACE + 4;

    #[inline(always)]
    fn index_mask_nospec<const SIZE: usize>(index: usize) -> usize {
        let mask;
        // SAFETY: Arithmetic on registers.
        unsafe {
            asm!(
                "cmp ${size}, {index}",
                "sbb {mask}, {mask}",
                index = in(reg) index,
                size = const SIZE,
                mask = out(reg) mask,
                options(pure, nomem, nostack, att_syntax),
            )
        };
        mask
    }

    #[inline(always)]
    fn set_return_value(regs: &mut bindings::pt_regs, _compat: bool, value: isize) {
        // CAST: Reinterprets the sign.
        regs.ax = value as usize;
    }

    #[inline]
    fn rollback(regs: &mut bindings::pt_regs) {
        regs.ax = regs.orig_ax;
    }

    #[inline(always)]
    unsafe fn is_compat(info: *const bindings::thread_info) -> bool {
        // SAFETY: By the contract it is this task's, and only the task itself writes the field.
        unsafe { (*info).status & bindings::TS_COMPAT != 0 }
    }
}
