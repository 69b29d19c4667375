// SPDX-License-Identifier: GPL-2.0

//! Seccomp's filters in Rust, built into the kernel.
//!
//! The C side calls the functions of [`tree`]; filters are objects of the [`engine`]. Each room
//! uses those further down the list, and no other:
//!
//! - [`tree`]: what an engine that comes as a module does otherwise;
//! - [`engine`]: filters, without `unsafe` and without knowing which kernel it is in;
//! - [`sys`]: safe abstractions over the kernel, the only room that names its bindings;
//! - [`logic`]: what can be told of programs and calls without a kernel.

use kernel::prelude::*;

mod engine;
mod logic;
mod sys;
mod tree;

use sys::memory;
use tree::platform::Tree as Platform;

module! {
    type: RustSeccomp,
    name: "rust_seccomp",
    authors: ["The rust_seccomp authors"],
    description: "Seccomp engine in Rust",
    license: "GPL",
}

/// What there is to be made at boot.
struct RustSeccomp {
    _debugfs: sys::debugfs::Dir,
}

impl kernel::Module for RustSeccomp {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self {
            _debugfs: engine::inspect::debugfs::create(),
        })
    }
}
