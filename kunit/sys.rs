// SPDX-License-Identifier: GPL-2.0

//! The part of `rust/sys/` that compiles and runs programs. Here, programs read registers that no
//! task has.

#![allow(dead_code, unused_imports, reason = "it is for the whole engine")]

#[path = "../rust/sys/arch/mod.rs"]
pub(crate) mod arch;
#[path = "../rust/sys/argument.rs"]
pub(crate) mod argument;
#[path = "../rust/sys/bpf.rs"]
pub(crate) mod bpf;
#[path = "../rust/sys/ffi.rs"]
mod ffi;
#[path = "../rust/sys/uapi.rs"]
pub(crate) mod uapi;

pub(crate) mod regs {
    use core::ptr::NonNull;
    use kernel::bindings::pt_regs;

    /// Registers that a program reads.
    #[derive(Clone, Copy)]
    pub(crate) struct Regs(NonNull<pt_regs>);

    impl Regs {
        /// These registers. The caller uses the result only while it borrows them.
        pub(crate) fn new(regs: &pt_regs) -> Self {
            Self(regs.into())
        }

        /// The pointer.
        pub(crate) fn as_ptr(self) -> *const pt_regs {
            self.0.as_ptr()
        }
    }
}
