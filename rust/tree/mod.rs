// SPDX-License-Identifier: GPL-2.0

//! What takes the place of `takeover/` where the engine is built into the kernel.

mod entries;
pub(crate) mod platform;
