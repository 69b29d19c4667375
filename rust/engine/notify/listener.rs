// SPDX-License-Identifier: GPL-2.0

//! The supervisor's side: the listener's file.
//!
//! Follows `seccomp_notify_ops` of `kernel/seccomp.c`.

use super::{
    injection::{
        Injection,
        Queued, //
    },
    notifier::Notifier,
    request::{
        find,
        AppendedFields,
        Reply,
        RequestState, //
    }, //
};
use crate::{
    logic::abi::{
        seccomp_notif,
        seccomp_notif_append,
        SECCOMP_DATA_FEATURE_EA,
        SECCOMP_DATA_FEATURE_EA_TAIL,
        SECCOMP_DATA_FEATURE_NR_HIGH,
        SECCOMP_DATA_FEATURE_PKEY,
        SECCOMP_EXTENSIBLE_ARG_MAX, //
    },
    sys::{
        file,
        uapi::{
            seccomp_notif_addfd,
            seccomp_notif_resp,
            SECCOMP_ADDFD_FLAG_SEND,
            SECCOMP_ADDFD_FLAG_SETFD,
            SECCOMP_IOC_MAGIC,
            SECCOMP_NOTIFY_ADDFD_SIZE_VER0,
            SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP,
            SECCOMP_USER_NOTIF_FLAG_CONTINUE, //
        },
        user,
        wait::{
            Events,
            PollQueue,
            Wake, //
        }, //
    }, //
};
use core::mem::size_of;
use kernel::{
    fs::{
        file::flags::O_CLOEXEC,
        File, //
    },
    ioctl,
    page::PAGE_SIZE,
    prelude::*,
    sync::{
        aref::ARef,
        atomic::Relaxed,
        Arc, //
    },
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

const MAGIC: u32 = SECCOMP_IOC_MAGIC as u32;
const NOTIF_RECV: u32 = ioctl::_IOWR::<seccomp_notif>(MAGIC, 0);
const NOTIF_SEND: u32 = ioctl::_IOWR::<seccomp_notif_resp>(MAGIC, 1);
const NOTIF_ID_VALID: u32 = ioctl::_IOW::<u64>(MAGIC, 2);
/// As it was first released, with the direction wrong.
const NOTIF_ID_VALID_WRONG_DIR: u32 = ioctl::_IOR::<u64>(MAGIC, 2);
const NOTIF_ADDFD: u32 = ioctl::_IOW::<seccomp_notif_addfd>(MAGIC, 3);
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

    /// EPOLLIN when there is a request to read, EPOLLOUT when there is one to answer, EPOLLHUP when
    /// no task is left that could ask.
    fn poll(notifier: &Notifier) -> Events {
        let Ok(mut requests) = notifier.requests.lock_interruptible() else {
            return Events::ERR;
        };
        let mut events = requests
            .entries()
            .map(|request| match request.state {
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
/// `None` for another ioctl.
fn room_for_argument(cmd: u32) -> Option<usize> {
    let room = ioctl::_IOC_SIZE(cmd).checked_sub(size_of::<seccomp_notif_append>())?;
    let but_size = |cmd| (ioctl::_IOC_DIR(cmd), extensible(cmd));
    (but_size(cmd) == but_size(NOTIF_RECV) && room <= SECCOMP_EXTENSIBLE_ARG_MAX as usize)
        .then_some(room)
}

/// `SECCOMP_IOCTL_NOTIF_RECV`: waits for a request and reads it. With `room`, it is
/// `SECCOMP_IOCTL_NOTIF_RECV_APPEND()`, whose buffer has room for that many bytes of an extensible
/// argument.
///
/// The buffer must be zeroed (`EINVAL`), so that it can grow fields. `ENOENT` if the task was
/// interrupted before its request could be read.
fn recv(notifier: &Notifier, buf: UserPtr, room: Option<usize>) -> Result {
    let size = match room {
        Some(room) => size_of::<seccomp_notif_append>() + room,
        None => size_of::<seccomp_notif>(),
    };
    if !user::is_zeroed(buf, size)? {
        return Err(EINVAL);
    }
    // The end of the last task ends the wait as well.
    notifier
        .queue
        .wait_interruptible(|| notifier.claim() || notifier.is_abandoned())?;

    let mut requests = notifier.requests.lock();
    let mut request = requests
        .find(|request| request.state == RequestState::Init)
        .ok_or(ENOENT)?;
    let notif = seccomp_notif {
        id: request.id,
        pid: request.pid_in_current_ns() as u32,
        flags: 0,
        data: request.data,
    };
    let appended = room.map(|room| (room, request.appended.clone()));
    request.state = RequestState::Sent;
    notifier.queue.wake(Events::OUT, Wake::Anywhere);
    drop(requests);

    let written = match appended {
        Some((room, appended)) => write_appended(buf, room, notif, &appended),
        None => user::write(buf, &notif),
    };
    written.inspect_err(|_| unrecv(notifier, notif.id))
}

/// Writes a `seccomp_notif_append` with room for `room` bytes of an extensible argument.
fn write_appended(
    buf: UserPtr,
    room: usize,
    notif: seccomp_notif,
    appended: &AppendedFields,
) -> Result {
    let mut whole = seccomp_notif_append {
        notif,
        features: SECCOMP_DATA_FEATURE_NR_HIGH,
        nr_high: appended.nr_high,
        ..seccomp_notif_append::default()
    };
    if let Some(pkey) = appended.pkey {
        whole.features |= SECCOMP_DATA_FEATURE_PKEY;
        whole.arch_reserved[0] = pkey;
    }
    if let Some(argument) = &appended.argument {
        whole.features |= SECCOMP_DATA_FEATURE_EA;
        whole.extensible_arg_size = argument.size;
        if argument.extent as usize > room {
            whole.features |= SECCOMP_DATA_FEATURE_EA_TAIL;
        }
        // The argument is zero beyond `bytes`, and so is the buffer.
        let bytes = &argument.bytes[..argument.bytes.len().min(room)];
        let place = buf.wrapping_byte_add(size_of::<seccomp_notif_append>());
        UserSlice::new(place, bytes.len())
            .writer()
            .write_slice(bytes)?;
    }
    user::write(buf, &whole)
}

/// Takes back that a request was read, unless its task has gone.
fn unrecv(notifier: &Notifier, id: u64) {
    let mut requests = notifier.requests.lock();
    let Ok(mut request) = find(&mut requests, id) else {
        return;
    };
    // The task may wait for fatal signals only by now; it must look again.
    if notifier.sleeps_killable(request.state) {
        request.wake(Wake::Anywhere);
    }
    request.state = RequestState::Init;
    notifier.unread.add(1, Relaxed);
    notifier.queue.wake(Events::IN, Wake::Anywhere);
}

/// `SECCOMP_IOCTL_NOTIF_SEND`: answers a request.
///
/// `ENOENT` if there is none of this id (any more), `EINPROGRESS` if it was not read yet or has
/// its answer, `EINVAL` for unknown flags and for results beside `FLAG_CONTINUE`.
fn send(notifier: &Notifier, buf: UserPtr) -> Result {
    let resp: seccomp_notif_resp = user::read(buf)?;
    let reply = match resp.flags {
        0 => Reply::Result {
            error: resp.error,
            value: resp.val,
        },
        SECCOMP_USER_NOTIF_FLAG_CONTINUE if resp.error == 0 && resp.val == 0 => Reply::Continue,
        _ => return Err(EINVAL),
    };
    let mut requests = notifier.requests.lock_interruptible()?;
    let wake = requests.wake;
    let mut request = find(&mut requests, resp.id)?;
    if request.state != RequestState::Sent {
        return Err(EINPROGRESS);
    }
    request.state = RequestState::Replied(reply);
    request.wake(wake);
    Ok(())
}

/// `SECCOMP_IOCTL_NOTIF_ID_VALID`: does the task of a request that was read still wait?
fn id_valid(notifier: &Notifier, buf: UserPtr) -> Result {
    let id = user::read(buf)?;
    let mut requests = notifier.requests.lock_interruptible()?;
    let request = find(&mut requests, id)?;
    match request.state {
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
    notifier.requests.lock_interruptible()?.wake = wake;
    Ok(())
}

/// `SECCOMP_IOCTL_NOTIF_ADDFD`: installs one of the caller's files in the task that asked, which
/// does it itself. Returns the descriptor there.
///
/// Beyond the errors of [`send`]: `EBADF`, `EBUSY` if files are still to be installed before one
/// that is to be the answer, `ESRCH` if the task was interrupted, and what the task ran into.
fn add_fd(notifier: &Notifier, buf: UserPtr, size: usize) -> Result<u32> {
    if size < SECCOMP_NOTIFY_ADDFD_SIZE_VER0 as usize || size >= PAGE_SIZE {
        return Err(EINVAL);
    }
    let addfd: seccomp_notif_addfd = user::copy_struct(buf, size)?;
    if addfd.newfd_flags & !O_CLOEXEC != 0
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
    let injection = Injection::new(addfd.srcfd, replace, addfd.newfd_flags, send);
    let injection = Arc::pin_init(injection, GFP_KERNEL)?;
    let queued = Queued::new(injection.clone())?;

    let mut requests = notifier.requests.lock_interruptible()?;
    let mut request = find(&mut requests, addfd.id)?;
    if request.state != RequestState::Sent {
        return Err(EINPROGRESS);
    }
    if send && !request.files.is_empty() {
        return Err(EBUSY);
    }
    request.files.push(queued);
    if send {
        request.state = RequestState::Replied(Reply::Descriptor);
    }
    request.wake(Wake::Anywhere);
    drop(requests);

    if let Err(interrupted) = injection.wait() {
        let mut requests = notifier.requests.lock();
        // A request that has the file still has not touched it, and will not. Otherwise its task is
        // done with the file, in spite of the signal.
        if let Ok(mut request) = find(&mut requests, addfd.id) {
            if request.files.remove(&injection) {
                if send {
                    request.state = RequestState::Sent;
                }
                return Err(interrupted);
            }
        }
    }
    injection.result()
}
