// SPDX-License-Identifier: GPL-2.0

//! User notification, the side of the confined task: it asks, and waits for the answer.
//!
//! Follows `seccomp_do_user_notification()` of `kernel/seccomp.c`. The side of the supervisor is
//! in [`crate::engine::notify::listener`].
//!
//! A request goes from [`RequestState::Init`] to [`RequestState::Sent`] when a supervisor reads it, and to
//! [`RequestState::Replied`] by its answer or by its death. It goes back to `Init` if the supervisor's
//! buffer could not be written, and back to `Sent` if an answer by way of a file descriptor came
//! to nothing.
//!
//! What does not change of a request is on the stack of the task that asks, which takes the request
//! off the list before it goes on, whatever wakes it.
//!
//! Locks: [`Notifier::requests`] guards every request's state, and sleeps; it is taken with no
//! other lock of ours held. [`Notifier::listening`] is written under it, but read under the siglock
//! when a second listener is looked for.

use crate::{
    logic::bpf::append::Inputs,
    sys::{
        file,
        memory,
        regs::Regs,
        shared::{
            peek,
            Shared, //
        },
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
use core::{
    pin::Pin,
    ptr::NonNull, //
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
        Mutex,
        MutexGuard, //
    }, //
};

/// What tasks and supervisors of a filter with a listener share.
///
/// The filter and the listener's file own it. Who asks runs under the filter, which keeps it.
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
    listening: Shared<bool>,
    /// Has the last task gone that could ask?
    abandoned: Shared<bool>,
    /// Once a request was read, only a fatal signal interrupts the task that made it.
    wait_killable: bool,
}

/// The requests that have not been taken back by their tasks, oldest first. They are as many as there
/// are threads that ask at once.
pub(crate) struct Requests {
    pub(crate) pending: KVVec<Pending>,
    /// Files to install for any of them, the next one last.
    files: KVVec<ToInstall>,
    /// `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`: supervisor and task take turns.
    pub(crate) wake: Wake,
    next_id: u64,
}

/// How far a request has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum RequestState {
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
///
/// # Invariants
///
/// `request` is valid and pinned for as long as this value is there.
pub(crate) struct Pending {
    pub(crate) id: u64,
    /// Who asks.
    pub(crate) task: Task,
    pub(crate) state: RequestState,
    request: NonNull<Request>,
}

// SAFETY: A `Request` is `Sync`, and which task looks at it does not matter.
unsafe impl Send for Pending {}

impl Pending {
    /// The part that does not change.
    #[inline(always)]
    pub(crate) fn request(&self) -> &Request {
        // SAFETY: By the type invariant.
        unsafe { self.request.as_ref() }
    }
}

/// A file to install for a request.
struct ToInstall {
    id: u64,
    file: Arc<Injection>,
}

/// The part of a request that does not change.
#[pin_data]
pub(crate) struct Request {
    /// The state has changed, or there is a file to install.
    #[pin]
    pub(crate) ready: Completion,
    pub(crate) data: seccomp_data,
    pub(crate) more: AppendedFields,
}

// `Pending` relies on it.
const _: fn() = || {
    fn is_sync<T: Sync>() {}
    is_sync::<Request>();
};

/// What `seccomp_notif_append` has beyond `seccomp_notif`.
#[derive(Clone)]
pub(crate) struct AppendedFields {
    pub(crate) nr_high: u32,
    pub(crate) pkey: Option<u32>,
    /// The extensible argument, if a filter sees it.
    pub(crate) argument: Option<Arc<Argument>>,
}

/// An extensible argument, as it was filtered.
pub(crate) struct Argument {
    /// Its size as the caller passed it.
    pub(crate) size: u64,
    /// What there is of it but zeros.
    pub(crate) bytes: KVec<u8>,
}

/// A system call as the filters saw it.
pub(crate) struct FilteredCall<'a> {
    pub(crate) regs: Regs,
    pub(crate) inputs: &'a Inputs,
}

impl FilteredCall<'_> {
    fn argument(&self) -> Result<Option<Arc<Argument>>> {
        if self.inputs.features == 0 {
            return Ok(None);
        }
        // SAFETY: The argument has 4096 bytes, stays as it is while its task is in the system call,
        // and is written by nobody else.
        let bytes = unsafe {
            core::slice::from_raw_parts(self.inputs.argument, self.inputs.extent as usize)
        };
        let mut copy = KVec::with_capacity(bytes.len(), GFP_KERNEL_ACCOUNT)?;
        copy.extend_from_slice(bytes, GFP_KERNEL_ACCOUNT)?;
        let argument = Argument {
            size: self.inputs.size,
            bytes: copy,
        };
        Ok(Some(Arc::new(argument, GFP_KERNEL_ACCOUNT)?))
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
    pub(crate) fn new(wait_killable: bool) -> Result<Arc<Self>> {
        let notifier = pin_init!(Self {
            queue <- PollQueue::new(),
            requests <- new_mutex!(Requests {
                pending: KVVec::new(),
                files: KVVec::new(),
                wake: Wake::Anywhere,
                next_id: 0,
            }),
            unread: Atomic::new(0),
            listening: Shared::new(false),
            abandoned: Shared::new(false),
            wait_killable,
        });
        Arc::pin_init(notifier, memory::flags())
    }

    /// Is there a listener?
    pub(crate) fn is_listening(&self) -> bool {
        self.listening.get()
    }

    /// There is a listener from now on; `first_id` is the id of its first request.
    pub(crate) fn start(&self, first_id: u64) {
        let mut requests = self.requests.lock();
        requests.next_id = first_id;
        self.listening.set(true);
    }

    /// The listener is gone: whoever waits for it, and whoever comes later, gets `ENOSYS`.
    pub(crate) fn stop(&self) {
        let mut requests = self.requests.lock();
        self.listening.set(false);
        for pending in requests.pending.iter_mut() {
            if let RequestState::Replied(_) = pending.state {
                continue;
            }
            pending.state = RequestState::Replied(Reply::Result {
                error: ENOSYS.to_errno(),
                value: 0,
            });
            // Files to install need no word: the task clears them out as after any answer.
            pending.request().ready.complete(Wake::Anywhere);
        }
    }

    /// The last task that ran under the filter has gone: whoever waits for requests learns it.
    ///
    /// A supervisor is on the queue before it asks [`Notifier::is_abandoned`], and the queue's lock
    /// orders the two: if it does not see the flag yet, the wake-up finds it.
    pub(crate) fn abandon(&self) {
        self.abandoned.set(true);
        self.queue.wake(Events::HUP, Wake::Anywhere);
    }

    /// Is there no task left that could ask, and will there never be one?
    pub(crate) fn is_abandoned(&self) -> bool {
        self.abandoned.get()
    }

    /// Sets out to read a request, if there is one that nobody else has set out to read.
    pub(crate) fn claim(&self) -> bool {
        let mut unread = peek(&self.unread);
        while unread > 0 {
            match self.unread.cmpxchg(unread, unread - 1, Full) {
                Ok(_) => return true,
                Err(now) => unread = now,
            }
        }
        false
    }

    /// Must the task wait for its answer in spite of signals that are not fatal?
    pub(crate) fn sleeps_killable(&self, state: RequestState) -> bool {
        self.wait_killable && state != RequestState::Init
    }

    /// Asks the listener what to do with a system call, on behalf of `task`, which calls this.
    ///
    /// The task keeps the filter, and the filter the module, while it sleeps.
    pub(crate) fn ask(&self, task: Task, seen: &FilteredCall<'_>) -> Outcome {
        match self.try_ask(task, seen) {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Skip(error.to_errno() as isize),
        }
    }

    fn try_ask(&self, task: Task, seen: &FilteredCall<'_>) -> Result<Outcome> {
        let more = AppendedFields {
            nr_high: seen.regs.nr_high(task),
            pkey: task::pkey_register(),
            argument: seen.argument()?,
        };
        pin_init::stack_pin_init!(let request = pin_init!(Request {
            ready <- Completion::new(),
            data: seen.regs.seccomp_data(task),
            more,
        }));
        let request = request.as_ref();
        let mut requests = self.lock_with_room()?;
        if !self.is_listening() {
            return Err(ENOSYS);
        }
        // SAFETY: It is taken off the list below, and nothing returns before.
        let id = unsafe { requests.add(task, request) }?;
        self.unread.add(1, Relaxed);
        self.queue.wake(Events::IN, requests.wake);
        let (mut requests, answer) = self.wait(requests, id, &request.ready);
        // Whatever the end, there is nobody left to install files.
        while let Some(file) = requests.next_file(id) {
            file.finish(Err(ESRCH));
        }
        requests.remove(id);
        drop(requests);

        Ok(match answer? {
            Reply::Continue => Outcome::Run,
            Reply::Result { error: 0, value } => Outcome::Skip(value as isize),
            Reply::Result { error, .. } => Outcome::Skip(error as isize),
            Reply::Descriptor => Outcome::Skip(ENOSYS.to_errno() as isize),
        })
    }

    /// Locks the requests, with room for one more of them.
    ///
    /// Memory for more is got without the lock: it is charged to the caller, whose cgroup may have
    /// that take as long as it likes, and the supervisor must not wait for it.
    #[inline(always)]
    fn lock_with_room(&self) -> Result<MutexGuard<'_, Requests>> {
        let requests = self.requests.lock();
        if requests.pending.len() < requests.pending.capacity() {
            return Ok(requests);
        }
        self.make_room(requests)
    }

    #[cold]
    fn make_room<'a>(
        &'a self,
        mut requests: MutexGuard<'a, Requests>,
    ) -> Result<MutexGuard<'a, Requests>> {
        loop {
            let room = 2 * requests.pending.capacity().max(2);
            drop(requests);
            let mut larger = KVVec::with_capacity(room, memory::flags())?;
            requests = self.requests.lock();
            // Another task may have been quicker, or even more of them.
            if requests.pending.capacity() < room {
                for pending in requests.pending.drain_all() {
                    larger.push_within_capacity(pending)?;
                }
                core::mem::swap(&mut requests.pending, &mut larger);
            }
            if requests.pending.len() < requests.pending.capacity() {
                return Ok(requests);
            }
        }
    }

    /// Waits for the answer to the request `id`, installing files meanwhile. The lock is given up
    /// while the task sleeps.
    #[inline(always)]
    fn wait<'a>(
        &'a self,
        mut requests: MutexGuard<'a, Requests>,
        id: u64,
        ready: &Completion,
    ) -> (MutexGuard<'a, Requests>, Result<Reply>) {
        // Nobody has read it yet.
        let mut killable = false;
        let answer = loop {
            drop(requests);
            let woken = if killable {
                ready.wait_killable()
            } else {
                ready.wait_interruptible()
            };
            requests = self.requests.lock();
            let mut state = match requests.find(id) {
                Ok(pending) => pending.state,
                Err(error) => break Err(error),
            };
            if let Err(interrupted) = woken {
                // The request may have been read in the meantime, and the signal then has to wait.
                if killable || !self.sleeps_killable(state) {
                    break Err(interrupted);
                }
            }
            if let Some(file) = requests.next_file(id) {
                state = requests.install(id, state, &file);
            }
            if let RequestState::Replied(reply) = state {
                break Ok(reply);
            }
            killable = self.sleeps_killable(state);
        };
        (requests, answer)
    }
}

impl Requests {
    /// Puts a request on the list, which has room for it. Returns its id.
    ///
    /// # Safety
    ///
    /// It is taken off the list ([`Requests::remove`]) before `request` is invalid.
    #[inline(always)]
    unsafe fn add(&mut self, task: Task, request: Pin<&Request>) -> Result<u64> {
        let id = self.next_id;
        // INVARIANT: By the contract of this function.
        let pending = Pending {
            id,
            task,
            state: RequestState::Init,
            request: NonNull::from(request.get_ref()),
        };
        self.pending.push_within_capacity(pending)?;
        self.next_id = id.wrapping_add(1);
        Ok(id)
    }

    /// The request with this id.
    #[inline(always)]
    pub(crate) fn find(&mut self, id: u64) -> Result<&mut Pending> {
        self.pending.iter_mut().find(|p| p.id == id).ok_or(ENOENT)
    }

    /// Takes a request off the list, if it is there.
    #[inline(always)]
    fn remove(&mut self, id: u64) {
        // Mostly there is no other.
        if self.pending.last().is_some_and(|p| p.id == id) {
            self.pending.pop();
        } else if let Some(index) = self.pending.iter().position(|p| p.id == id) {
            let _ = self.pending.remove(index);
        }
    }

    /// Has a file to be installed for the request with this id.
    pub(crate) fn add_file(&mut self, id: u64, file: Arc<Injection>) -> Result {
        Ok(self.files.push(ToInstall { id, file }, memory::flags())?)
    }

    /// Is there a file to install for the request with this id?
    pub(crate) fn has_file(&self, id: u64) -> bool {
        self.files.iter().any(|f| f.id == id)
    }

    /// Takes the next file to install for the request with this id.
    #[inline(always)]
    fn next_file(&mut self, id: u64) -> Option<Arc<Injection>> {
        if self.files.is_empty() {
            return None;
        }
        self.take_file(|f| f.id == id)
    }

    /// Takes back a file, if nobody has set out to install it.
    pub(crate) fn take_back(&mut self, file: &Arc<Injection>) -> bool {
        self.take_file(|f| Arc::ptr_eq(&f.file, file)).is_some()
    }

    #[inline(never)]
    fn take_file(&mut self, is_it: impl Fn(&ToInstall) -> bool) -> Option<Arc<Injection>> {
        let index = self.files.iter().rposition(is_it)?;
        Some(self.files.remove(index).ok()?.file)
    }

    /// Installs a file in the calling task, whose request this is. Returns the request's state.
    #[cold]
    fn install(&mut self, id: u64, mut state: RequestState, file: &Injection) -> RequestState {
        let fd = file.install();
        if file.send && state == RequestState::Replied(Reply::Descriptor) {
            state = match fd {
                Ok(fd) => RequestState::Replied(Reply::Result {
                    error: 0,
                    value: i64::from(fd),
                }),
                // The supervisor gets the error, and may try again.
                Err(_) => RequestState::Sent,
            };
            if let Ok(pending) = self.find(id) {
                pending.state = state;
            }
        }
        state
    }
}

impl Injection {
    /// Installs the file in the calling task, and lets the supervisor know. Returns the descriptor.
    fn install(&self) -> Result<u32> {
        let fd = file::receive(&self.file, self.replace, self.fd_flags);
        self.finish(fd);
        fd
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
