// SPDX-License-Identifier: GPL-2.0
//! (to be merged)
use crate::{
    calls::Call,
    sys::{regs::Regs, task::Task},
};
use kernel::prelude::*;
pub(crate) struct View {
    pub(crate) data: *const u8,
    pub(crate) size: u64,
    pub(crate) extent: u32,
}
pub(crate) fn prepare() -> Result {
    Err(EOPNOTSUPP)
}
pub(crate) fn fetch(_task: Task, _regs: Regs, _call: &'static Call) -> Result<View> {
    Err(EOPNOTSUPP)
}
pub(crate) fn arm(_task: Task) {}
