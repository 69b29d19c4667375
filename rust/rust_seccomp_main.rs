// SPDX-License-Identifier: GPL-2.0

//! Seccomp in Rust, for a kernel that was built without knowing of it.
//!
//! The module takes over the functions of `kernel/seccomp.c` through which the rest of the kernel
//! deals with filters ([`hook`]). From then on every new filter is an object of ours ([`filter`]):
//! attached by [`attach`], evaluated by [`permit`], inspected by [`ptrace`]. Tasks that were
//! confined before stay with the built-in engine.

use kernel::prelude::*;

mod action;
mod arch;
mod attach;
mod bpf;
mod cache;
mod calls;
mod counters;
mod debugfs;
mod ea;
mod extra;
mod filter;
mod hook;
mod introspect;
mod listener;
mod log;
mod mem;
mod notify;
mod permit;
mod program;
mod ptrace;
mod stragglers;
mod sys;
#[allow(dead_code, reason = "it is the whole of a header")]
mod uapi;
mod view;

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
    _hooks: hook::Hooks,
    _arguments: ea::Mechanism,
}

impl kernel::Module for RustSeccomp {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        sys::symbols::resolve()?;
        let wanted = module_parameters::extensible_arguments.value();
        // SAFETY: The module is loading, and this is once.
        let arguments = unsafe { ea::Mechanism::new(wanted) }?;
        let hooks = hook::Hooks::install()?;
        pr_info!("took over {}\n", hook::NAMES.trim_end());
        Ok(Self {
            _debugfs: debugfs::create(),
            _hooks: hooks,
            _arguments: arguments,
        })
    }
}
