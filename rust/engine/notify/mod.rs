// SPDX-License-Identifier: GPL-2.0

//! User notification: `SECCOMP_RET_USER_NOTIF`. A supervisor decides about a system call.
//!
//! Follows `kernel/seccomp.c`. A filter that was installed with `SECCOMP_FILTER_FLAG_NEW_LISTENER`
//! and the listener's file share a [`notifier`]. The task that made the call asks there, and waits.
//! The supervisor reads its [`request`] through the file ([`listener`]), may have the task take
//! over files ([`injection`]), and answers.
//!
//! A request goes from [`Init`](request::RequestState::Init) to
//! [`Sent`](request::RequestState::Sent) when a supervisor reads it, and to
//! [`Replied`](request::RequestState::Replied) by its answer or by the listener's end. It goes back
//! to `Init` if the supervisor's buffer could not be written, and back to `Sent` if the answer was
//! to be a file descriptor and the task got none.
//!
//! Locks: the mutex of the notifier's board guards every request. It sleeps, and is taken with no
//! other lock of the engine held; the lock of the notifier's queue, which the kernel takes for a
//! wake-up, is inside it.

pub(crate) mod injection;
pub(crate) mod listener;
pub(crate) mod notifier;
pub(crate) mod request;
