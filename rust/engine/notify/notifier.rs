// SPDX-License-Identifier: GPL-2.0

//! What the tasks that ask and their supervisors share, and how a task asks and waits.
//!
//! Follows `seccomp_do_user_notification()` of `kernel/seccomp.c`.

use super::request::{
    FilteredCall,
    Reply,
    Request,
    RequestState,
    Requests,
    Terms, //
};
use crate::{
    sys::{
        board::Post,
        memory,
        shared::{
            peek,
            Shared, //
        },
        task::Current,
        wait::{
            Events,
            PollQueue,
            Wake, //
        }, //
    }, //
};
use kernel::{
    prelude::*,
    sync::{
        atomic::{
            Atomic,
            Full,
            Relaxed, //
        },
        Arc, //
    }, //
};

/// What tasks and supervisors of a filter with a listener share.
///
/// The filter and the listener's file own it. Who asks runs under the filter, which keeps it.
#[pin_data]
pub(crate) struct Notifier {
    /// Supervisors that wait for requests or poll.
    #[pin]
    pub(super) queue: PollQueue,
    #[pin]
    pub(super) requests: Requests,
    /// Requests that nobody has read or set out to read yet: [`Notifier::claim`].
    pub(super) unread: Atomic<i32>,
    /// Is there a listener? Written with [`Notifier::requests`] locked. Read so, or under the
    /// siglock when a second listener is looked for, or as a hint.
    listening: Shared<bool>,
    /// Has the last task gone that could ask?
    abandoned: Shared<bool>,
    /// Once a request was read, only a fatal signal interrupts the task that made it.
    wait_killable: bool,
}

/// What is to become of the system call.
pub(crate) enum Outcome {
    /// It is run.
    Run,
    /// It is not run, and has this result.
    Skip(isize),
}

impl Notifier {
    /// A notifier that nobody listens to.
    pub(crate) fn new(wait_killable: bool) -> Result<Arc<Self>> {
        let notifier = pin_init!(Self {
            queue <- PollQueue::new(),
            requests <- Requests::new(Terms {
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
    pub(super) fn start(&self, first_id: u64) {
        let mut requests = self.requests.lock();
        requests.next_id = first_id;
        self.listening.set(true);
    }

    /// The listener is gone: the calls of all who wait for it, and of all who come later, fail with
    /// `ENOSYS`.
    pub(super) fn stop(&self) {
        let mut requests = self.requests.lock();
        self.listening.set(false);
        for mut request in requests.entries() {
            if let RequestState::Replied(_) = request.state {
                continue;
            }
            request.state = RequestState::Replied(Reply::Result {
                error: ENOSYS.to_errno(),
                value: 0,
            });
            // Files to install need no word: the task cancels them as after any answer.
            request.wake(Wake::Anywhere);
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
    pub(super) fn is_abandoned(&self) -> bool {
        self.abandoned.get()
    }

    /// Sets out to read a request, if there is one that nobody else has set out to read.
    pub(super) fn claim(&self) -> bool {
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
    #[inline(always)]
    pub(super) fn sleeps_killable(&self, state: RequestState) -> bool {
        self.wait_killable && state != RequestState::Init
    }

    /// Asks the listener what to do with a system call, on behalf of `task`, which calls this.
    ///
    /// The task keeps the filter, and the filter the module, while it sleeps.
    pub(crate) fn ask(&self, task: Current, call: &FilteredCall<'_>) -> Outcome {
        match self.try_ask(task, call) {
            Ok(outcome) => outcome,
            Err(error) => Outcome::Skip(error.to_errno() as isize),
        }
    }

    #[inline(always)]
    fn try_ask(&self, task: Current, call: &FilteredCall<'_>) -> Result<Outcome> {
        let argument = call.argument()?;
        let mut requests = self.requests.lock();
        if !self.is_listening() {
            return Err(ENOSYS);
        }
        let id = requests.next_id;
        requests.next_id = id.wrapping_add(1);
        let request = Request::new(id, task, call, argument);
        let reply = requests.post(request, |post| {
            self.unread.add(1, Relaxed);
            self.queue.wake(Events::IN, post.wake);
            let reply = self.wait(post);
            // Whatever the end, there is nobody left to install files.
            while let Some(file) = post.entry().files.pop() {
                file.cancel();
            }
            reply
        });
        Ok(match reply? {
            Reply::Continue => Outcome::Run,
            Reply::Result { error: 0, value } => Outcome::Skip(value as isize),
            Reply::Result { error, .. } => Outcome::Skip(error as isize),
            Reply::Descriptor => Outcome::Skip(ENOSYS.to_errno() as isize),
        })
    }

    /// Waits for the answer to the request that the caller has posted, installing files meanwhile.
    #[inline(always)]
    fn wait(&self, post: &mut Post<'_, Request, Terms>) -> Result<Reply> {
        // Nobody has read it yet.
        let mut killable = false;
        loop {
            let woken = if killable {
                post.wait_killable()
            } else {
                post.wait_interruptible()
            };
            let mut request = post.entry();
            if let Err(interrupted) = woken {
                // The request may have been read in the meantime, and the signal then has to wait.
                if killable || !self.sleeps_killable(request.state) {
                    return Err(interrupted);
                }
            }
            if let Some(file) = request.files.pop() {
                request.install(&file);
            }
            if let RequestState::Replied(reply) = request.state {
                return Ok(reply);
            }
            killable = self.sleeps_killable(request.state);
        }
    }
}
