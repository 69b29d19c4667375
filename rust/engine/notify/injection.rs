// SPDX-License-Identifier: GPL-2.0

//! A file on its way from a supervisor to the task that asked: `SECCOMP_IOCTL_NOTIF_ADDFD`.

use crate::sys::{
    file,
    memory,
    wait::{
        Completion,
        Wake, //
    }, //
};
use kernel::{
    fs::File,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    }, //
};

/// A file that a supervisor wants installed in the task that asked, which installs it itself.
#[pin_data]
pub(super) struct Injection {
    file: ARef<File>,
    /// The descriptor to replace; `None` for a new one.
    replace: Option<u32>,
    /// `O_CLOEXEC` or 0.
    fd_flags: u32,
    /// The descriptor is also the answer to the request.
    pub(super) send: bool,
    /// The descriptor, or an errno. Written before the injection is done, which orders the two.
    result: Atomic<i32>,
    #[pin]
    done: Completion,
}

impl Injection {
    /// An injection of the caller's file `fd`; `EBADF` if there is none.
    pub(super) fn new(
        fd: u32,
        replace: Option<u32>,
        fd_flags: u32,
        send: bool,
    ) -> impl PinInit<Self, Error> {
        try_pin_init!(Self {
            file: file::get(fd)?,
            replace,
            fd_flags,
            send,
            result: Atomic::new(0),
            done <- Completion::new(),
        })
    }

    /// Installs the file in the calling task, and lets the supervisor know. Returns the descriptor.
    pub(super) fn install(&self) -> Result<u32> {
        let fd = file::receive(&self.file, self.replace, self.fd_flags);
        self.finish(fd);
        fd
    }

    /// The task will not install the file: it has its answer, or was interrupted.
    pub(super) fn cancel(&self) {
        self.finish(Err(ESRCH));
    }

    fn finish(&self, fd: Result<u32>) {
        let result = match fd {
            // CAST: Descriptors are small.
            Ok(fd) => fd as i32,
            Err(error) => error.to_errno(),
        };
        self.result.store(result, Relaxed);
        self.done.complete(Wake::Anywhere);
    }

    /// Waits until the task is done with the file; `ERESTARTSYS` if a signal comes first.
    pub(super) fn wait(&self) -> Result {
        self.done.wait_interruptible()
    }

    /// The descriptor, or what the task ran into, once it is done with the file.
    pub(super) fn result(&self) -> Result<u32> {
        let result = self.result.load(Relaxed);
        u32::try_from(result).map_err(|_| Error::from_errno(result))
    }
}

/// Injections that a task has yet to deal with, the latest first. Nothing is allocated to use one,
/// as that would be under the lock of the request; an empty one costs a task nothing.
pub(super) struct Queue(Option<KBox<Queued>>);

/// A place in a [`Queue`].
pub(super) struct Queued {
    injection: Arc<Injection>,
    next: Queue,
}

impl Queued {
    /// The place for an injection.
    pub(super) fn new(injection: Arc<Injection>) -> Result<KBox<Self>> {
        let place = Self {
            injection,
            next: Queue::EMPTY,
        };
        Ok(KBox::new(place, memory::flags())?)
    }
}

impl Queue {
    /// A queue without injections.
    pub(super) const EMPTY: Self = Self(None);

    /// Are there no injections?
    #[inline(always)]
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_none()
    }

    /// Puts an injection at the front.
    pub(super) fn push(&mut self, mut place: KBox<Queued>) {
        place.next = Self(self.0.take());
        self.0 = Some(place);
    }

    /// Takes the injection at the front.
    #[inline(always)]
    pub(super) fn pop(&mut self) -> Option<Arc<Injection>> {
        self.0.take().map(|place| self.advance(place))
    }

    /// Continues the queue with what comes after `place`, whose injection is taken.
    #[cold]
    fn advance(&mut self, place: KBox<Queued>) -> Arc<Injection> {
        let Queued { injection, next } = KBox::into_inner(place);
        *self = next;
        injection
    }

    /// Takes out an injection, if it is there.
    pub(super) fn remove(&mut self, injection: &Arc<Injection>) -> bool {
        let is_other = |place: &KBox<Queued>| !Arc::ptr_eq(&place.injection, injection);
        let mut rest = self;
        while rest.0.as_ref().is_some_and(is_other) {
            let Some(place) = &mut rest.0 else {
                return false;
            };
            rest = &mut place.next;
        }
        rest.pop().is_some()
    }
}
