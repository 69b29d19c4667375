// SPDX-License-Identifier: GPL-2.0

//! The engine as it would be built into the kernel: the same files, but for `tree/` in place of
//! `takeover/`.
//!
//! `make check` compiles this, so that the engine cannot come to rely on being a module. It is not
//! linked: the C side that it calls, and that calls it, is not there.

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
