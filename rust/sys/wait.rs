// SPDX-License-Identifier: GPL-2.0

//! Sleeping and waking: completions, poll queues, and a mutex that a signal can interrupt.
//!
//! C headers: [`include/linux/completion.h`](srctree/include/linux/completion.h),
//! [`include/linux/wait.h`](srctree/include/linux/wait.h)

use super::ffi;
use core::mem::MaybeUninit;
use kernel::{
    bindings,
    error::to_result,
    ffi::{
        c_int,
        c_uint,
        c_void, //
    },
    prelude::*,
    sync::{
        Mutex,
        MutexGuard, //
    },
    types::Opaque, //
};

/// [`to_result()`], which is a call.
#[inline(always)]
fn check(error: c_int) -> Result {
    if error == 0 {
        return Ok(());
    }
    to_result(error)
}

/// Where a wake-up is to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wake {
    /// Where the scheduler likes.
    Anywhere,
    /// On this processor: the caller is about to sleep (`SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`).
    Here,
}

/// A `struct completion`.
#[pin_data]
#[repr(transparent)]
pub(crate) struct Completion {
    #[pin]
    inner: Opaque<bindings::completion>,
}

// SAFETY: Completions are made to be shared.
unsafe impl Send for Completion {}
// SAFETY: As above.
unsafe impl Sync for Completion {}

impl Completion {
    /// `init_completion()`.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: The slot is valid, and pinned from here on.
            inner <- Opaque::ffi_init(|slot| unsafe { ffi::rsc_init_completion(slot) }),
        })
    }

    /// Lets one waiter through, now or when it comes: `complete()`.
    pub(crate) fn complete(&self, wake: Wake) {
        let ptr = self.inner.get();
        match wake {
            // SAFETY: Initialised by `new()`.
            Wake::Anywhere => unsafe { bindings::complete(ptr) },
            // SAFETY: As above; the symbol was resolved at load.
            Wake::Here => unsafe { ffi::rsc_complete_on_current_cpu(ptr) },
        }
    }

    /// Waits; `ERESTARTSYS` if a fatal signal came first.
    pub(crate) fn wait_killable(&self) -> Result {
        // SAFETY: Initialised by `new()`; the caller may sleep.
        check(unsafe { bindings::wait_for_completion_killable(self.inner.get()) })
    }

    /// Waits; `ERESTARTSYS` if a signal came first.
    pub(crate) fn wait_interruptible(&self) -> Result {
        // SAFETY: Initialised by `new()`; the caller may sleep.
        check(unsafe { bindings::wait_for_completion_interruptible(self.inner.get()) })
    }
}

/// Events of poll(2), by their names in `<linux/eventpoll.h>`.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) struct Events(u32);

impl Events {
    /// Nothing.
    pub(crate) const NONE: Self = Self(0);
    /// `EPOLLIN | EPOLLRDNORM`.
    pub(crate) const IN: Self = Self(0x041);
    /// `EPOLLOUT | EPOLLWRNORM`.
    pub(crate) const OUT: Self = Self(0x104);
    /// `EPOLLERR`.
    pub(crate) const ERR: Self = Self(0x008);
    /// `EPOLLHUP`.
    pub(crate) const HUP: Self = Self(0x010);

    /// Those and the others.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// For `__poll_t`.
    pub(crate) fn bits(self) -> u32 {
        self.0
    }

    fn as_key(self) -> *mut c_void {
        core::ptr::without_provenance_mut(self.0 as usize)
    }
}

/// What wakes a reader that waits for a request.
const READER_KEYS: usize = (0x001 | Events::ERR.0 | Events::HUP.0) as usize;

/// A wait queue of tasks that poll or read.
#[pin_data]
#[repr(transparent)]
pub(crate) struct PollQueue {
    #[pin]
    inner: Opaque<bindings::wait_queue_head>,
}

// SAFETY: Wait queues have a lock of their own.
unsafe impl Send for PollQueue {}
// SAFETY: As above.
unsafe impl Sync for PollQueue {}

impl PollQueue {
    /// `init_waitqueue_head()`.
    pub(crate) fn new() -> impl PinInit<Self> {
        pin_init!(Self {
            // SAFETY: The slot is valid, and pinned from here on.
            inner <- Opaque::ffi_init(|slot| unsafe { ffi::rsc_init_waitqueue(slot) }),
        })
    }

    /// `wake_up_poll()`.
    pub(crate) fn wake(&self, events: Events, wake: Wake) {
        let (ptr, key) = (self.inner.get(), events.as_key());
        match wake {
            // SAFETY: Initialised by `new()`.
            Wake::Anywhere => unsafe {
                bindings::__wake_up(ptr, bindings::TASK_NORMAL, 1, key);
            },
            // SAFETY: As above; the symbol was resolved at load.
            Wake::Here => unsafe {
                ffi::rsc_wake_up_on_current_cpu(ptr, bindings::TASK_NORMAL, key);
            },
        }
    }

    /// `poll_wait()`.
    ///
    /// # Safety
    ///
    /// As `poll_wait()`: called by a `->poll()` with its arguments, and the queue lives as long as
    /// `file`.
    pub(super) unsafe fn poll_wait(
        &self,
        file: *mut bindings::file,
        table: *mut bindings::poll_table_struct,
    ) {
        // SAFETY: By the contract of this function.
        unsafe { ffi::rsc_poll_wait(file, self.inner.get(), table) };
    }

    /// Sleeps until `ready` says so, asking it first and whenever a request may have come;
    /// `ERESTARTSYS` if a signal came first.
    pub(crate) fn wait_interruptible(&self, mut ready: impl FnMut() -> bool) -> Result {
        if ready() {
            return Ok(());
        }
        let mut entry = MaybeUninit::<bindings::wait_queue_entry>::uninit();
        // SAFETY: The entry stays on the stack until it is off the queue: `finish_wait()` takes it
        // off, and so does `prepare_to_wait_event()` when it reports a signal.
        unsafe {
            let entry = entry.as_mut_ptr();
            ffi::rsc_init_wait(entry, Some(wake_reader));
            loop {
                let interrupted = bindings::prepare_to_wait_event(
                    self.inner.get(),
                    entry,
                    bindings::TASK_INTERRUPTIBLE as c_int,
                );
                if ready() {
                    break;
                }
                check(interrupted as c_int)?;
                bindings::schedule();
            }
            bindings::finish_wait(self.inner.get(), entry);
        }
        Ok(())
    }
}

/// `recv_wake_function()`: a reader is not interested in replies that may be sent.
///
/// # Safety
///
/// As a `wait_queue_func_t`.
unsafe extern "C" fn wake_reader(
    entry: *mut bindings::wait_queue_entry,
    mode: c_uint,
    sync: c_int,
    key: *mut c_void,
) -> c_int {
    if !key.is_null() && key.addr() & READER_KEYS == 0 {
        return 0;
    }
    // SAFETY: By the contract of this function.
    unsafe { bindings::autoremove_wake_function(entry, mode, sync, key) }
}

/// Takes the lock; `EINTR` if a signal came first.
pub(crate) fn lock_interruptible<T>(lock: &Mutex<T>) -> Result<MutexGuard<'_, T>> {
    let raw: *const Mutex<T> = lock;
    // SAFETY: A `Lock` is `repr(C)` and starts with its `struct mutex`, as `Lock::from_raw()`
    // relies on as well.
    check(unsafe { ffi::rsc_mutex_lock_interruptible(raw.cast_mut().cast()) })?;
    // SAFETY: It was just taken, by this task.
    Ok(unsafe { MutexGuard::new(lock, ()) })
}
