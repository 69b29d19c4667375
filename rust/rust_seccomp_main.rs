// SPDX-License-Identifier: GPL-2.0

//! Seccomp in Rust, for a kernel that was built without knowing of it.
//!
//! The module takes over the functions of `kernel/seccomp.c` through which the rest of the kernel
//! deals with filters ([`takeover`]). From then on every new filter is an object of the
//! [`engine`], which attaches it ([`engine::attach`]), asks it about system calls
//! ([`engine::permit`]) and shows it ([`engine::inspect`]). Tasks that were confined before stay
//! with the built-in engine.
//!
//! Each room uses those further down the list, and no other:
//!
//! - [`takeover`]: all that an in-tree build does without;
//! - [`engine`]: filters, without `unsafe` and without knowing which kernel it is in;
//! - [`sys`]: safe abstractions over the kernel, the only room that names its bindings;
//! - [`logic`]: what can be told of programs and calls without a kernel.

use kernel::prelude::*;

mod engine;
mod logic;
#[path = "sys/with_takeover.rs"]
mod sys;
mod takeover;

use engine::inspect::debugfs;
use sys::memory;
use takeover::{
    args,
    hooks,
    platform::Takeover as Platform, //
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
        let debugfs = debugfs::create();
        debugfs.add::<args::file::AvailabilityFile>(c"extensible_arguments");
        pr_info!("took over {}\n", hooks::Names);
        Ok(Self {
            _debugfs: debugfs,
            _hooks: hooks,
            _arguments: arguments,
        })
    }
}
