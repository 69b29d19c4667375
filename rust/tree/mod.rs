// SPDX-License-Identifier: GPL-2.0

//! The platform of an in-tree build, and the functions that the C side of seccomp calls: what takes
//! the place of `takeover/` there.

mod entries;
pub(crate) mod platform;
