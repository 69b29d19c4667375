// SPDX-License-Identifier: GPL-2.0

//! Seccomp in Rust, for a kernel that was built without knowing of it.
//!
//! The module takes over the functions of `kernel/seccomp.c` through which the rest of the kernel
//! deals with filters ([`takeover`]). From then on every new filter is an object of ours ([`engine::filter`]):
//! attached by [`engine::attach`], evaluated by [`engine::permit`], inspected by [`engine::inspect::ptrace`]. Tasks that were
//! confined before stay with the built-in engine.

use kernel::prelude::*;

mod engine;
mod logic;
mod sys;
mod takeover;

use engine::inspect::debugfs;
use sys::memory;
use takeover::{
    args,
    hooks, //
};

module! {
    type: RustSeccomp,
    name: "rust_seccomp",
    authors: ["The rust_seccomp authors"],
    description: "Seccomp engine in Rust",
    license: "GPL",
    params: {
        extensible_arguments: bool {
            default: true,
            description: "Hook the system calls with extensible arguments, so that filters can see them",
        },
    },
}

#[cfg(CONFIG_CFI)]
compile_error!("nobody has run this on a kernel with CONFIG_CFI, and a mistake there is a panic");

/// The loaded module: dropping it gives seccomp back to the kernel.
struct RustSeccomp {
    _debugfs: sys::debugfs::Dir,
    _hooks: hooks::Hooks,
    _arguments: args::Mechanism,
}

impl kernel::Module for RustSeccomp {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        sys::symbols::resolve()?;
        let wanted = module_parameters::extensible_arguments.value();
        // SAFETY: The module is loading, and this is once.
        let arguments = unsafe { args::Mechanism::new(wanted) }?;
        let hooks = hooks::Hooks::install()?;
        pr_info!("took over {}\n", hooks::NAMES.trim_end());
        Ok(Self {
            _debugfs: debugfs::create(),
            _hooks: hooks,
            _arguments: arguments,
        })
    }
}
