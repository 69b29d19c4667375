// SPDX-License-Identifier: GPL-2.0

//! User notification, the side of the supervisor: the listener's file.
//!
//! Follows `seccomp_notify_ops` of `kernel/seccomp.c`. The file owns the notifier together with
//! the filter; the side of the confined task is in [`crate::engine::notify::request`].

use crate::{
    engine::{
        notify::request::{
            AppendedFields,
            Injection,
            Notifier,
            Reply,
            RequestState, //
        }, //
    },
    logic::abi::{
        seccomp_notif_append,
        SECCOMP_DATA_FEATURE_EA,
        SECCOMP_DATA_FEATURE_EA_TAIL,
        SECCOMP_DATA_FEATURE_NR_HIGH,
        SECCOMP_DATA_FEATURE_PKEY,
        SECCOMP_EXTENSIBLE_ARG_MAX, //
    },
    sys::{
        file,
        uapi::*,
        user,
        wait::{
            lock_interruptible,
            Completion,
            Events,
            PollQueue,
            Wake, //
        }, //
    }, //
};
use core::mem::size_of;
use kernel::{
    bindings,
    fs::File,
    ioctl,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::{
            Atomic,
            Relaxed, //
        },
        Arc, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

const MAGIC: u32 = bindings::SECCOMP_IOC_MAGIC as u32;
const NOTIF_RECV: u32 = ioctl::_IOWR::<bindings::seccomp_notif>(MAGIC, 0);
/// `struct seccomp_notif_append` without its first field, which is the kernel's.
#[repr(C)]
#[derive(Default)]
struct NotifMore {
    features: u64,
    nr_high: u32,
    arch_reserved: [u32; 5],
    extensible_arg_size: u64,
}

// SAFETY: Numbers without padding, as many bytes as they are long.
unsafe impl user::Abi for NotifMore {}

const _: () = assert!(
    size_of::<bindings::seccomp_notif>() + size_of::<NotifMore>()
        == size_of::<seccomp_notif_append>()
);

const NOTIF_SEND: u32 = ioctl::_IOWR::<bindings::seccomp_notif_resp>(MAGIC, 1);
const NOTIF_ID_VALID: u32 = ioctl::_IOW::<u64>(MAGIC, 2);
/// As it was first released, with the direction wrong.
const NOTIF_ID_VALID_WRONG_DIR: u32 = ioctl::_IOR::<u64>(MAGIC, 2);
const NOTIF_ADDFD: u32 = ioctl::_IOW::<bindings::seccomp_notif_addfd>(MAGIC, 3);
const NOTIF_SET_FLAGS: u32 = ioctl::_IOW::<u64>(MAGIC, 4);

/// An ioctl's number without its direction and size, for one whose structure may grow.
const fn extensible(cmd: u32) -> u32 {
    cmd & 0xffff
}

/// Makes the file through which `notifier`, whose filter nobody uses yet, will be listened to.
pub(crate) fn open(notifier: Arc<Notifier>) -> Result<ARef<File>> {
    notifier.start(file::random_id());
    file::anonymous::<Listener>(c"seccomp notify", notifier)
}

/// The file's operations: `seccomp_notify_ops`.
struct Listener;

impl file::Operations for Listener {
    type Data = Notifier;

    fn queue(notifier: &Notifier) -> &PollQueue {
        &notifier.queue
    }

    /// EPOLLIN when there is a request to read, EPOLLOUT when there is one to answer, EPOLLHUP when no
    /// task is left that could ask.
    fn poll(notifier: &Notifier) -> Events {
        let Ok(requests) = lock_interruptible(&notifier.requests) else {
            return Events::ERR;
        };
        let mut events = requests
            .pending
            .iter()
            .map(|pending| match pending.state {
                RequestState::Init => Events::IN,
                RequestState::Sent => Events::OUT,
                RequestState::Replied(_) => Events::NONE,
            })
            .fold(Events::NONE, Events::and);
        drop(requests);
        if notifier.is_abandoned() {
            events = events.and(Events::HUP);
        }
        events
    }

    fn ioctl(notifier: &Notifier, cmd: u32, arg: usize) -> Result<isize> {
        let buf = UserPtr::from_addr(arg);
        match cmd {
            NOTIF_RECV => recv(notifier, buf, None)?,
            NOTIF_SEND => send(notifier, buf)?,
            NOTIF_ID_VALID | NOTIF_ID_VALID_WRONG_DIR => id_valid(notifier, buf)?,
            NOTIF_SET_FLAGS => set_flags(notifier, arg)?,
            _ if extensible(cmd) == extensible(NOTIF_ADDFD) => {
                let fd = add_fd(notifier, buf, ioctl::_IOC_SIZE(cmd))?;
                // CAST: Descriptors are small.
                return Ok(fd as isize);
            }
            _ => recv(notifier, buf, Some(room_for_argument(cmd).ok_or(EINVAL)?))?,
        }
        Ok(0)
    }

    fn release(notifier: Arc<Notifier>) {
        notifier.stop();
    }
}

/// The bytes of extensible arguments that fit in the buffer of `SECCOMP_IOCTL_NOTIF_RECV_APPEND()`;
/// `None` if it is another ioctl.
fn room_for_argument(cmd: u32) -> Option<usize> {
    let size = ioctl::_IOC_SIZE(cmd);
    let room = size.checked_sub(size_of::<seccomp_notif_append>())?;
    let known = cmd & !(bindings::_IOC_SIZEMASK << bindings::_IOC_SIZESHIFT)
        == NOTIF_RECV & !(bindings::_IOC_SIZEMASK << bindings::_IOC_SIZESHIFT);
    (known && room <= SECCOMP_EXTENSIBLE_ARG_MAX as usize).then_some(room)
}

/// `SECCOMP_IOCTL_NOTIF_RECV`: waits for a request and reads it. With `room` for so many bytes of an
/// extensible argument, it is `SECCOMP_IOCTL_NOTIF_RECV_APPEND()`.
///
/// The buffer must be zeroed (`EINVAL`), so that it can grow fields. `ENOENT` if the task was
/// interrupted before its request could be read.
fn recv(notifier: &Notifier, buf: UserPtr, room: Option<usize>) -> Result {
    let size = match room {
        Some(room) => size_of::<seccomp_notif_append>() + room,
        None => size_of::<bindings::seccomp_notif>(),
    };
    if !user::is_zeroed(buf, size)? {
        return Err(EINVAL);
    }
    // The end of the last task ends the wait as well.
    notifier
        .queue
        .wait_interruptible(|| notifier.claim() || notifier.is_abandoned())?;

    let mut requests = notifier.requests.lock();
    let pending = requests
        .pending
        .iter_mut()
        .find(|pending| pending.state == RequestState::Init)
        .ok_or(ENOENT)?;
    let notif = bindings::seccomp_notif {
        id: pending.id,
        pid: pending.task.pid_in_current_ns() as u32,
        flags: 0,
        data: pending.request().data,
    };
    let more = room.map(|_| pending.request().more.clone());
    pending.state = RequestState::Sent;
    notifier.queue.wake(Events::OUT, Wake::Anywhere);
    drop(requests);

    user::write(buf, &notif)
        .and_then(|()| match (room, more) {
            (Some(room), Some(more)) => write_more(buf, room, &more),
            _ => Ok(()),
        })
        .inspect_err(|_| unrecv(notifier, notif.id))?;
    Ok(())
}

/// Writes what `seccomp_notif_append` has beyond `seccomp_notif`.
fn write_more(buf: UserPtr, room: usize, request: &AppendedFields) -> Result {
    let mut more = NotifMore {
        features: SECCOMP_DATA_FEATURE_NR_HIGH,
        nr_high: request.nr_high,
        ..NotifMore::default()
    };
    if let Some(pkey) = request.pkey {
        more.features |= SECCOMP_DATA_FEATURE_PKEY;
        more.arch_reserved[0] = pkey;
    }
    if let Some(argument) = &request.argument {
        more.features |= SECCOMP_DATA_FEATURE_EA;
        more.extensible_arg_size = argument.size;
        if argument.bytes.len() > room {
            more.features |= SECCOMP_DATA_FEATURE_EA_TAIL;
        }
        // What is beyond was found to be zero.
        let bytes = &argument.bytes[..argument.bytes.len().min(room)];
        let place = buf.wrapping_byte_add(size_of::<seccomp_notif_append>());
        UserSlice::new(place, bytes.len())
            .writer()
            .write_slice(bytes)?;
    }
    user::write(
        buf.wrapping_byte_add(size_of::<bindings::seccomp_notif>()),
        &more,
    )
}

/// Takes back that a request was read, unless its task has gone.
fn unrecv(notifier: &Notifier, id: u64) {
    let mut requests = notifier.requests.lock();
    let Ok(pending) = requests.find(id) else {
        return;
    };
    // The task may wait for fatal signals only by now; it must look again.
    if notifier.sleeps_killable(pending.state) {
        pending.request().ready.complete(Wake::Anywhere);
    }
    pending.state = RequestState::Init;
    notifier.unread.add(1, Relaxed);
    notifier.queue.wake(Events::IN, Wake::Anywhere);
}

/// `SECCOMP_IOCTL_NOTIF_SEND`: answers a request.
///
/// `ENOENT` if there is none of this id (any more), `EINPROGRESS` if it was not read yet or has
/// its answer, `EINVAL` for unknown flags and for results beside `FLAG_CONTINUE`.
fn send(notifier: &Notifier, buf: UserPtr) -> Result {
    let resp: bindings::seccomp_notif_resp = user::read(buf)?;
    let reply = match resp.flags {
        0 => Reply::Result {
            error: resp.error,
            value: resp.val,
        },
        SECCOMP_USER_NOTIF_FLAG_CONTINUE if resp.error == 0 && resp.val == 0 => Reply::Continue,
        _ => return Err(EINVAL),
    };
    let mut requests = lock_interruptible(&notifier.requests)?;
    let wake = requests.wake;
    let pending = requests.find(resp.id)?;
    if pending.state != RequestState::Sent {
        return Err(EINPROGRESS);
    }
    pending.state = RequestState::Replied(reply);
    pending.request().ready.complete(wake);
    Ok(())
}

/// `SECCOMP_IOCTL_NOTIF_ID_VALID`: does the task of a request that was read still wait?
fn id_valid(notifier: &Notifier, buf: UserPtr) -> Result {
    let id = user::read(buf)?;
    let mut requests = lock_interruptible(&notifier.requests)?;
    match requests.find(id)?.state {
        RequestState::Sent => Ok(()),
        _ => Err(ENOENT),
    }
}

/// `SECCOMP_IOCTL_NOTIF_SET_FLAGS`.
fn set_flags(notifier: &Notifier, flags: usize) -> Result {
    let wake = match flags {
        0 => Wake::Anywhere,
        _ if flags == SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP as usize => Wake::Here,
        _ => return Err(EINVAL),
    };
    lock_interruptible(&notifier.requests)?.wake = wake;
    Ok(())
}

/// `SECCOMP_IOCTL_NOTIF_ADDFD`: installs one of the caller's files in the task that asked, which
/// does it itself. Returns the descriptor there.
///
/// Beyond the errors of [`send`]: `EBADF`, `EBUSY` if files are still to be installed before one
/// that is to be the answer, `ESRCH` if the task was interrupted, and what the task ran into.
fn add_fd(notifier: &Notifier, buf: UserPtr, size: usize) -> Result<u32> {
    if size < bindings::SECCOMP_NOTIFY_ADDFD_SIZE_VER0 as usize || size >= bindings::PAGE_SIZE {
        return Err(EINVAL);
    }
    let addfd: bindings::seccomp_notif_addfd = user::copy_struct(buf, size)?;
    if addfd.newfd_flags & !bindings::O_CLOEXEC != 0
        || addfd.flags & !(SECCOMP_ADDFD_FLAG_SETFD | SECCOMP_ADDFD_FLAG_SEND) != 0
    {
        return Err(EINVAL);
    }
    let replace = match addfd.flags & SECCOMP_ADDFD_FLAG_SETFD != 0 {
        true => Some(addfd.newfd),
        false if addfd.newfd == 0 => None,
        false => return Err(EINVAL),
    };
    let send = addfd.flags & SECCOMP_ADDFD_FLAG_SEND != 0;
    let injection = Arc::pin_init(
        try_pin_init!(Injection {
            file: file::get(addfd.srcfd)?,
            replace,
            fd_flags: addfd.newfd_flags,
            send,
            result: Atomic::new(0),
            done <- Completion::new(),
        }),
        GFP_KERNEL,
    )?;

    let mut requests = lock_interruptible(&notifier.requests)?;
    let pending = requests.find(addfd.id)?;
    if pending.state != RequestState::Sent {
        return Err(EINPROGRESS);
    }
    if send && requests.has_file(addfd.id) {
        return Err(EBUSY);
    }
    requests.add_file(addfd.id, injection.clone())?;
    let pending = requests.find(addfd.id)?;
    if send {
        pending.state = RequestState::Replied(Reply::Descriptor);
    }
    pending.request().ready.complete(Wake::Anywhere);
    drop(requests);

    if let Err(interrupted) = injection.done.wait_interruptible() {
        let mut requests = notifier.requests.lock();
        // If it is still on the list, nobody has touched it, and nobody will. Otherwise it is
        // done, in spite of the signal.
        if requests.take_back(&injection) {
            if send {
                if let Ok(pending) = requests.find(addfd.id) {
                    pending.state = RequestState::Sent;
                }
            }
            return Err(interrupted);
        }
    }
    let result = injection.result.load(Relaxed);
    u32::try_from(result).map_err(|_| Error::from_errno(result))
}
