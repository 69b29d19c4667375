// SPDX-License-Identifier: GPL-2.0

//! User notification: `SECCOMP_RET_USER_NOTIF`.

pub(crate) mod listener;
pub(crate) mod request;
