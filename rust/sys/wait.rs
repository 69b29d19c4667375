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

/// [`to_result()`], without the call if there is no error.
#[inline(always)]
fn check(error: c_int) -> Result {
    if error == 0 {
        return Ok(());
    }
    to_result(error)
}

/// On which processor a task that is woken is to run.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Wake {
    /// The one that the scheduler chooses.
    Anywhere,
    /// This one: the caller is about to sleep (`SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`).
    Here,
}

/// A `struct completion`.
#[pin_data]
#[repr(transparent)]
pub(crate) struct Completion {
    #[pin]
    inner: Opaque<bindings::completion>,
}

// SAFETY: Any task may wait for a completion and complete it.
unsafe impl Send for Completion {}
// SAFETY: Its functions take its lock, so several tasks may call them at once.
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
            // SAFETY: Initialised by `new()`. The module does not load unless the symbol resolves.
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
    /// No event.
    pub(crate) const NONE: Self = Self(0);
    /// `EPOLLIN | EPOLLRDNORM`.
    pub(crate) const IN: Self = Self(0x041);
    /// `EPOLLOUT | EPOLLWRNORM`.
    pub(crate) const OUT: Self = Self(0x104);
    /// `EPOLLERR`.
    pub(crate) const ERR: Self = Self(0x008);
    /// `EPOLLHUP`.
    pub(crate) const HUP: Self = Self(0x010);

    /// The events of both.
    #[must_use]
    pub(crate) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The events as a `__poll_t`.
    pub(crate) fn bits(self) -> u32 {
        self.0
    }

    fn as_key(self) -> *mut c_void {
        core::ptr::without_provenance_mut(self.0 as usize)
    }
}

/// The events that wake a reader which waits for a request: `EPOLLIN | EPOLLERR | EPOLLHUP`.
const READER_KEYS: usize = (0x001 | Events::ERR.0 | Events::HUP.0) as usize;

/// A wait queue of tasks that poll or read.
#[pin_data]
#[repr(transparent)]
pub(crate) struct PollQueue {
    #[pin]
    inner: Opaque<bindings::wait_queue_head>,
}

// SAFETY: Any task may wait on a queue and wake who waits there.
unsafe impl Send for PollQueue {}
// SAFETY: The functions on a queue take its lock, so several tasks may call them at once.
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
            // SAFETY: Initialised by `new()`. The module does not load unless the symbol resolves.
            Wake::Here => unsafe {
                ffi::rsc_wake_up_on_current_cpu(ptr, bindings::TASK_NORMAL, key);
            },
        }
    }

    /// `poll_wait()`.
    ///
    /// # Safety
    ///
    /// The caller is the `->poll()` of `file`, `file` and `table` are its arguments, and the queue
    /// stays until `file` is released.
    pub(super) unsafe fn poll_wait(
        &self,
        file: *mut bindings::file,
        table: *mut bindings::poll_table_struct,
    ) {
        // SAFETY: The arguments are those of a `->poll()`, and who they put on the queue is off it
        // when the file is released, up to which the queue stays.
        unsafe { ffi::rsc_poll_wait(file, self.inner.get(), table) };
    }

    /// Sleeps until `ready` returns true, which it is asked first and after each wake-up by
    /// [`READER_KEYS`]; `ERESTARTSYS` if a signal came first.
    ///
    /// The caller is on the queue before `ready` is asked for the last time, so no wake-up is
    /// missed.
    pub(crate) fn wait_interruptible(&self, mut ready: impl FnMut() -> bool + Send) -> Result {
        if ready() {
            return Ok(());
        }
        let mut entry = MaybeUninit::<bindings::wait_queue_entry>::uninit();
        // SAFETY: The entry stays on the stack until it is off the queue: `finish_wait()` takes it
        // off, and so does `prepare_to_wait_event()` when it reports a signal. As `ready` is `Send`
        // it cannot end the thread in between (`exit_thread()`).
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

/// `recv_wake_function()`: lets a reader sleep when the event is that an answer can be sent.
///
/// # Safety
///
/// For the kernel only, as a `wait_queue_func_t`: `entry` is on a queue whose lock is held.
unsafe extern "C" fn wake_reader(
    entry: *mut bindings::wait_queue_entry,
    mode: c_uint,
    sync: c_int,
    key: *mut c_void,
) -> c_int {
    if !key.is_null() && key.addr() & READER_KEYS == 0 {
        return 0;
    }
    // SAFETY: The arguments are those of a `wait_queue_func_t`, as this one wants them, too.
    unsafe { bindings::autoremove_wake_function(entry, mode, sync, key) }
}

/// Takes the lock; `EINTR` if a signal came first.
pub(super) fn lock_interruptible<T>(lock: &Mutex<T>) -> Result<MutexGuard<'_, T>> {
    let raw: *const Mutex<T> = lock;
    // SAFETY: A `Lock` is `repr(C)` and starts with its `struct mutex`, as `Lock::from_raw()`
    // relies on as well.
    check(unsafe { ffi::rsc_mutex_lock_interruptible(raw.cast_mut().cast()) })?;
    // SAFETY: This task has just taken the lock.
    Ok(unsafe { MutexGuard::new(lock, ()) })
}
