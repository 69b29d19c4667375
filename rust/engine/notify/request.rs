// SPDX-License-Identifier: GPL-2.0

//! A request: a system call that waits for a supervisor, and how far that has come.

use super::injection::{
    Injection,
    Queue, //
};
use crate::{
    logic::abi::seccomp_data,
    sys::{
        board::{
            Board,
            Entry,
            Locked, //
        },
        bpf::Inputs,
        regs::Regs,
        task::{
            self,
            Current, //
        },
        wait::Wake, //
    }, //
};
use kernel::{
    alloc::flags::GFP_KERNEL_ACCOUNT,
    prelude::*,
    sync::Arc, //
};

/// The requests of a listener, each on the stack of the task that asks.
pub(super) type Requests = Board<Request, Terms>;

/// The requests while they are locked.
pub(super) type LockedRequests<'a> = Locked<'a, Request, Terms>;

/// What a listener has for all its requests.
pub(super) struct Terms {
    /// `SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP`: supervisor and task take turns.
    pub(super) wake: Wake,
    /// The id of the next request.
    pub(super) next_id: u64,
}

/// The request with this id; `ENOENT` if its task does not wait any more.
#[inline(always)]
pub(super) fn find<'a>(
    requests: &'a mut LockedRequests<'_>,
    id: u64,
) -> Result<Entry<'a, Request>> {
    requests.find(|request| request.id == id).ok_or(ENOENT)
}

/// A request.
pub(super) struct Request {
    pub(super) id: u64,
    pub(super) state: RequestState,
    /// What all filters see.
    pub(super) data: seccomp_data,
    pub(super) appended: AppendedFields,
    /// Files that the task is to install.
    pub(super) files: Queue,
}

/// How far a request has come.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum RequestState {
    /// No supervisor has read it.
    Init,
    /// A supervisor has read it.
    Sent,
    /// It has its answer.
    Replied(Reply),
}

/// The answer to a request.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reply {
    /// Run the system call.
    Continue,
    /// Do not; this is its result: an errno if not 0, else a value.
    Result { error: i32, value: i64 },
    /// A file is on its way whose descriptor is the result.
    Descriptor,
}

/// What `seccomp_notif_append` has beyond `seccomp_notif`.
#[derive(Clone)]
pub(super) struct AppendedFields {
    pub(super) nr_high: u32,
    pub(super) pkey: Option<u32>,
    /// The extensible argument, if a filter sees it.
    pub(super) argument: Option<Arc<Argument>>,
}

/// An extensible argument, as it was filtered.
pub(super) struct Argument {
    /// Its size as the caller passed it.
    pub(super) size: u64,
    /// Its extent: the offset just behind the last byte that is not zero.
    pub(super) extent: u32,
    /// Its bytes up to there, as far as they are copied.
    pub(super) bytes: KVec<u8>,
}

/// A system call as the filters saw it.
pub(crate) struct FilteredCall<'a> {
    pub(crate) regs: Regs,
    pub(crate) inputs: &'a Inputs<'a>,
}

impl FilteredCall<'_> {
    /// A copy of the extensible argument, if a filter sees it.
    #[inline(always)]
    pub(super) fn argument(&self) -> Result<Option<Arc<Argument>>> {
        if self.inputs.features == 0 {
            return Ok(None);
        }
        self.copy_argument().map(Some)
    }

    #[cold]
    fn copy_argument(&self) -> Result<Arc<Argument>> {
        let argument = Argument {
            size: self.inputs.size,
            extent: self.inputs.extent,
            bytes: self.inputs.argument.copy(self.inputs.extent as usize)?,
        };
        Ok(Arc::new(argument, GFP_KERNEL_ACCOUNT)?)
    }
}

impl Request {
    /// The request `id` about `call`, which `task` makes.
    #[inline(always)]
    pub(super) fn new<'a>(
        id: u64,
        task: Current,
        call: &'a FilteredCall<'a>,
        argument: Option<Arc<Argument>>,
    ) -> impl Init<Self> + 'a {
        init!(Self {
            id,
            state: RequestState::Init,
            data: call.regs.seccomp_data(task).into(),
            appended: AppendedFields {
                nr_high: call.regs.nr_high(task),
                pkey: task::pkey_register(),
                argument,
            },
            files: Queue::EMPTY,
        })
    }

    /// Installs a file in the calling task, whose request this is. If the descriptor is to be the
    /// answer, it becomes that; or if the task cannot have it, the supervisor gets the error and
    /// may answer again.
    #[cold]
    pub(super) fn install(&mut self, file: &Injection) {
        let fd = file.install();
        if file.send && self.state == RequestState::Replied(Reply::Descriptor) {
            self.state = match fd {
                Ok(fd) => RequestState::Replied(Reply::Result {
                    error: 0,
                    value: i64::from(fd),
                }),
                Err(_) => RequestState::Sent,
            };
        }
    }
}
