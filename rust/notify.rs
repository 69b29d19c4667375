// SPDX-License-Identifier: GPL-2.0

//! User notification, the side of the confined task: it asks, and waits for the answer.
//!
//! Follows `seccomp_do_user_notification()` of `kernel/seccomp.c`. The side of the supervisor is
//! in [`crate::listener`].
//!
//! A request goes from [`State::Init`] to [`State::Sent`] when a supervisor reads it, and to
//! [`State::Replied`] by its answer or by its death. It goes back to `Init` if the supervisor's
//! buffer could not be written, and back to `Sent` if an answer by way of a file descriptor came
//! to nothing.
//!
//! Locks: [`Notifier::requests`] guards every request's state, and sleeps; it is taken with no
//! other lock of ours held. [`Notifier::listening`] is written under it, but read under the siglock
//! when a second listener is looked for.

use crate::{
    bpf::append::Extra,
    sys::{
        file,
        regs::Regs,
        task::{
            self,
            Task, //
        },
        uapi::seccomp_data,
        wait::{
            Completion,
            Events,
            PollQueue,
            Wake, //
        }, //
    }, //
};
use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    fs::File,
    new_mutex,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc,
        Mutex, //
    }, //
};

/// What a filter has for its listener. Every filter has one; few are ever listened to.
#[pin_data]
pub(crate) struct Notifier {
    /// Supervisors that wait for requests or poll.
    #[pin]
    pub(crate) queue: PollQueue,
    #[pin]
    pub(crate) requests: Mutex<Requests>,
    /// Requests that nobody has read, or set out to read, yet.
    pub(crate) unread: Atomic<i32>,
    /// Is there a listener?
    listening: Atomic<bool>,
    /// Once a request was read, only a fatal signal interrupts the task that made it.
    wait_killable: bool,
}

/// The requests that have not been taken back by their tasks, oldest first.
pub(crate) struct Requests {
    pub(crate) pending: KVec<Pending>,
    /// `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`: supervisor and task take turns.
    pub(crate) wake: Wake,
    next_id: u64,
}

/// How far a request has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum State {
    Init,
    Sent,
    Replied(Reply),
}

/// The answer to a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reply {
    /// Run the system call.
    Continue,
    /// Do not; this is its result: an errno if not 0, else a value.
    Result { error: i32, value: i64 },
    /// A file descriptor is on its way, whose number is the result.
    Descriptor,
}

/// A request as the supervisor's side sees it.
pub(crate) struct Pending {
    pub(crate) id: u64,
    /// Who asks. It takes the request back before it goes on, whatever wakes it.
    pub(crate) task: Task,
    pub(crate) state: State,
    /// Files to install, the next one last.
    pub(crate) files: KVec<Arc<Injection>>,
    pub(crate) request: Arc<Request>,
}

/// The part of a request that does not change.
#[pin_data]
pub(crate) struct Request {
    /// The state has changed, or there is a file to install.
    #[pin]
    pub(crate) ready: Completion,
    pub(crate) data: seccomp_data,
    /// As `seccomp_notif_append` has it.
    pub(crate) nr_high: u32,
    pub(crate) pkey: Option<u32>,
    /// The extensible argument, if a filter sees it.
    pub(crate) argument: Option<Argument>,
}

/// An extensible argument, as it was filtered.
pub(crate) struct Argument {
    /// Its size as the caller passed it.
    pub(crate) size: u64,
    /// What there is of it but zeros.
    pub(crate) bytes: KVec<u8>,
}

/// A system call as the filters saw it.
pub(crate) struct Seen<'a> {
    pub(crate) regs: Regs,
    pub(crate) extra: &'a Extra,
}

impl Seen<'_> {
    fn argument(&self) -> Result<Option<Argument>> {
        if self.extra.features == 0 {
            return Ok(None);
        }
        // SAFETY: The argument has 4096 bytes, stays as it is while its task is in the system call,
        // and is written by nobody else.
        let bytes =
            unsafe { core::slice::from_raw_parts(self.extra.argument, self.extra.extent as usize) };
        let mut copy = KVec::with_capacity(bytes.len(), GFP_KERNEL_ACCOUNT)?;
        copy.extend_from_slice(bytes, GFP_KERNEL_ACCOUNT)?;
        Ok(Some(Argument {
            size: self.extra.size,
            bytes: copy,
        }))
    }
}

/// A file that a supervisor wants installed in the task that asked.
#[pin_data]
pub(crate) struct Injection {
    pub(crate) file: ARef<File>,
    /// The descriptor to replace, if it is not to be a new one.
    pub(crate) replace: Option<u32>,
    /// `O_CLOEXEC` or 0.
    pub(crate) fd_flags: u32,
    /// The descriptor is also the answer to the request.
    pub(crate) send: bool,
    /// The descriptor, or an errno. Valid when `done`, or when off the request's list.
    pub(crate) result: Atomic<i32>,
    #[pin]
    pub(crate) done: Completion,
}

/// What is to become of the system call.
pub(crate) enum Outcome {
    Run,
    /// It is not run, and has this result.
    Skip(isize),
}

impl Notifier {
    /// A notifier that nobody listens to.
    pub(crate) fn new(wait_killable: bool) -> impl PinInit<Self> {
        pin_init!(Self {
            queue <- PollQueue::new(),
            requests <- new_mutex!(Requests {
                pending: KVec::new(),
                wake: Wake::Anywhere,
                next_id: 0,
            }),
            unread: Atomic::new(0),
            listening: Atomic::new(false),
            wait_killable,
        })
    }

    /// Is there a listener?
    pub(crate) fn is_listening(&self) -> bool {
        self.listening.load(Relaxed)
    }

    /// There is a listener from now on; `first_id` is the id of its first request.
    pub(crate) fn start(&self, first_id: u64) {
        self.requests.lock().next_id = first_id;
        self.listening.store(true, Relaxed);
    }

    /// The listener is gone: whoever waits for it, and whoever comes later, gets `ENOSYS`.
    pub(crate) fn stop(&self) {
        let mut requests = self.requests.lock();
        self.listening.store(false, Relaxed);
        for pending in requests.pending.iter_mut() {
            if let State::Replied(_) = pending.state {
                continue;
            }
            pending.state = State::Replied(Reply::Result {
                error: ENOSYS.to_errno(),
                value: 0,
            });
            // Files to install need no word: the task clears them out as after any answer.
            pending.request.ready.complete(Wake::Anywhere);
        }
    }

    /// Sets out to read a request, if there is one that nobody else has set out to read.
    pub(crate) fn claim(&self) -> bool {
        let mut unread = self.unread.load(Relaxed);
        while unread > 0 {
            match self.unread.cmpxchg(unread, unread - 1, Full) {
                Ok(_) => return true,
                Err(now) => unread = now,
            }
        }
        false
    }

    /// Must the task wait for its answer in spite of signals that are not fatal?
    pub(crate) fn sleeps_killable(&self, state: State) -> bool {
        self.wait_killable && state != State::Init
    }

    /// Asks the listener what to do with a system call, on behalf of `task`, which calls this.
    ///
    /// The task keeps the filter, and the filter the module, while it sleeps.
    pub(crate) fn ask(&self, task: Task, seen: &Seen<'_>) -> Outcome {
        match self.try_ask(task, seen) {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Skip(error.to_errno() as isize),
        }
    }

    fn try_ask(&self, task: Task, seen: &Seen<'_>) -> Result<Outcome> {
        let request = Arc::pin_init(
            try_pin_init!(Request {
                ready <- Completion::new(),
                data: seen.regs.seccomp_data(task),
                nr_high: seen.regs.nr_high(task),
                pkey: task::pkey_register(),
                argument: seen.argument()?,
            }),
            GFP_KERNEL,
        )?;
        let mut requests = self.requests.lock();
        if !self.is_listening() {
            return Err(ENOSYS);
        }
        let id = requests.next_id;
        let pending = Pending {
            id,
            task,
            state: State::Init,
            files: KVec::new(),
            request: request.clone(),
        };
        requests.pending.push(pending, GFP_KERNEL)?;
        requests.next_id = id.wrapping_add(1);
        self.unread.add(1, Relaxed);
        self.queue.wake(Events::IN, requests.wake);

        // Wait for the answer, installing files meanwhile.
        let answer = loop {
            let killable = self.sleeps_killable(requests.find(id)?.state);
            drop(requests);
            let woken = if killable {
                request.ready.wait_killable()
            } else {
                request.ready.wait_interruptible()
            };
            requests = self.requests.lock();
            let pending = requests.find(id)?;
            if let Err(interrupted) = woken {
                // The request may have been read in the meantime, and the signal then has to wait.
                if killable || !self.sleeps_killable(pending.state) {
                    break Err(interrupted);
                }
            }
            let installed = pending.files.pop().map(|file| file.install());
            if let (State::Replied(Reply::Descriptor), Some((true, fd))) =
                (pending.state, installed)
            {
                pending.state = match fd {
                    Ok(fd) => State::Replied(Reply::Result {
                        error: 0,
                        value: i64::from(fd),
                    }),
                    // The supervisor gets the error, and may try again.
                    Err(_) => State::Sent,
                };
            }
            if let State::Replied(reply) = pending.state {
                break Ok(reply);
            }
        };

        // Whatever the end, there is nobody left to install files.
        if let Some(pending) = requests.remove(id) {
            for file in &pending.files {
                file.finish(Err(ESRCH));
            }
        }
        drop(requests);
        Ok(match answer? {
            Reply::Continue => Outcome::Run,
            Reply::Result { error: 0, value } => Outcome::Skip(value as isize),
            Reply::Result { error, .. } => Outcome::Skip(error as isize),
            Reply::Descriptor => Outcome::Skip(ENOSYS.to_errno() as isize),
        })
    }
}

impl Requests {
    /// The request with this id.
    pub(crate) fn find(&mut self, id: u64) -> Result<&mut Pending> {
        self.pending.iter_mut().find(|p| p.id == id).ok_or(ENOENT)
    }

    fn remove(&mut self, id: u64) -> Option<Pending> {
        let index = self.pending.iter().position(|p| p.id == id)?;
        self.pending.remove(index).ok()
    }
}

impl Injection {
    /// Installs the file in the calling task, and lets the supervisor know. Returns whether that
    /// is to be the answer, and the descriptor.
    fn install(&self) -> (bool, Result<u32>) {
        let fd = file::receive(&self.file, self.replace, self.fd_flags);
        self.finish(fd);
        (self.send, fd)
    }

    fn finish(&self, fd: Result<u32>) {
        let result = match fd {
            Ok(fd) => fd as i32,
            Err(error) => error.to_errno(),
        };
        self.result.store(result, Relaxed);
        self.done.complete(Wake::Anywhere);
    }
}
