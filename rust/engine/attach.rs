// SPDX-License-Identifier: GPL-2.0

//! Attaching filters, and passing them on: `do_seccomp()`, fork and exit.
//!
//! Locks, outermost first: `cred_guard_mutex` (TSYNC only), then the siglock. Under the siglock
//! nothing is allocated, so all that takes memory is made before and dropped after.

use super::{
    filter::{
        self,
        Draft,
        Filter,
        FilterLayer,
        FilterRef, //
    },
    inspect::features,
    notify::{
        listener,
        notifier::Notifier, //
    },
    parts::Parts,
    platform::{
        Chosen,
        Platform, //
    },
    program::{
        Appended,
        Program, //
    },
    table::study, //
};
use crate::{
    logic::{
        abi::{
            seccomp_append_filter,
            SECCOMP_APPEND_FILTER,
            SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE,
            SECCOMP_APPEND_FLAG_USE_EA_SIZE,
            SECCOMP_APPEND_FLAG_WANT_ARCH,
            SECCOMP_APPEND_FLAG_WANT_NR_HIGH,
            SECCOMP_EXTENSIBLE_ARG_MAX,
            SECCOMP_GET_FEATURES,
            SECCOMP_GET_NOTIF_SIZES_APPEND,
            SECCOMP_GET_SYSCALL_EA_SIZE, //
        },
        bpf::{
            append::VisibleFields,
            study::Study, //
        }, //
    },
    sys::{
        bpf::{
            self,
            Classic, //
        },
        signal::{
            self,
            ExecLock,
            SigLock, //
        },
        task::{
            self,
            Current,
            Exiting,
            Mode,
            Owner, //
        },
        uapi::*,
        user, //
    }, //
};
use kernel::{
    fs::file::FileDescriptorReservation,
    prelude::*,
    uaccess::UserPtr, //
};

/// Keeps the engine's code, see [`Platform::EngineRef`].
type EngineRef = <Chosen as Platform>::EngineRef;

/// Why a filter was not attached.
enum Refusal {
    /// The system call fails.
    Errno(Error),
    /// TSYNC: this thread is out of step.
    Thread(i32),
    /// The task belongs to the built-in engine, which is to decide.
    Kernel,
    /// The path is not the one that the filter was made for: once more.
    Moved,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Errno(error)
    }
}

/// `do_seccomp()`: an operation of seccomp(2), with its result or errno.
///
/// `None` if the operation is not the engine's: strict mode has no filter, and operations that ask
/// about it, unknown ones, and all that a task of the built-in engine attaches stay with the
/// kernel's own code.
pub(crate) fn operation(op: u32, flags: u32, uargs: UserPtr, engine: EngineRef) -> Option<isize> {
    let result = match op {
        SECCOMP_SET_MODE_FILTER => set_mode_filter(flags, uargs, engine),
        SECCOMP_APPEND_FILTER => append_filter(flags, uargs, engine),
        SECCOMP_GET_SYSCALL_EA_SIZE => done(features::syscall_ea(flags, uargs)),
        SECCOMP_GET_FEATURES => done(features::features(flags, uargs)),
        SECCOMP_GET_NOTIF_SIZES if flags == SECCOMP_GET_NOTIF_SIZES_APPEND => {
            done(features::notif_sizes(uargs))
        }
        _ => return None,
    };
    match result {
        Ok(value) => Some(value),
        Err(Refusal::Errno(error)) => Some(error.to_errno() as isize),
        Err(Refusal::Thread(pid)) => Some(pid as isize),
        Err(Refusal::Kernel | Refusal::Moved) => None,
    }
}

fn done(result: Result) -> Result<isize, Refusal> {
    result?;
    Ok(0)
}

/// A filter as its author describes it.
struct Request {
    /// `SECCOMP_FILTER_FLAG_*`.
    flags: u32,
    /// A `struct sock_fprog`.
    fprog: UserPtr,
    /// For `SECCOMP_APPEND_FILTER`: what it sees, and all its flags.
    appended: Option<(VisibleFields, u64)>,
}

/// `SECCOMP_SET_MODE_FILTER`.
fn set_mode_filter(flags: u32, fprog: UserPtr, engine: EngineRef) -> Result<isize, Refusal> {
    if let Owner::Kernel = Current::get().owner::<FilterLayer>() {
        return Err(Refusal::Kernel);
    }
    let request = Request {
        flags,
        fprog,
        appended: None,
    };
    install(&request, engine)
}

/// `SECCOMP_APPEND_FILTER`. `size` is that of the structure at `buf`.
///
/// Fails like `SECCOMP_SET_MODE_FILTER`, and with `EBUSY` if the task is the built-in engine's,
/// `EINVAL` for what does not go together, `E2BIG` if the structure or the extensible arguments
/// that the filter understands are too large, `EOPNOTSUPP` if programs are not compiled or, for a
/// filter that sees extensible arguments, if these are not cached.
fn append_filter(size: u32, buf: UserPtr, engine: EngineRef) -> Result<isize, Refusal> {
    let append: seccomp_append_filter =
        user::read_sized(buf, size, core::mem::size_of::<seccomp_append_filter>())?;
    let has = |flag| append.flags & flag != 0;
    if append.flags & !features::APPEND_FLAGS != 0 {
        return Err(EINVAL.into());
    }
    let argument = if has(SECCOMP_APPEND_FLAG_USE_EA_SIZE) {
        if append.extensible_arg_size > SECCOMP_EXTENSIBLE_ARG_MAX.into() {
            return Err(E2BIG.into());
        }
        // Loads are of words: there would be bytes that a filter can neither see nor refuse.
        if append.extensible_arg_size % 4 != 0 {
            return Err(EINVAL.into());
        }
        if !Chosen::caches_arguments() {
            return Err(EOPNOTSUPP.into());
        }
        // CAST: It was just checked.
        Some(append.extensible_arg_size as u32)
    } else if append.extensible_arg_size != 0 || has(SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE) {
        return Err(EINVAL.into());
    } else {
        None
    };
    let visible = VisibleFields {
        nr_high: has(SECCOMP_APPEND_FLAG_WANT_NR_HIGH),
        pkey: has(SECCOMP_APPEND_FLAG_WANT_ARCH) && task::pkey_register().is_some(),
        argument,
        tail: has(SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE),
    };
    let request = Request {
        // CAST: Those of older filters are the lower half.
        flags: append.flags as u32,
        fprog: UserPtr::from_addr(usize::try_from(append.filter).map_err(|_| EFAULT)?),
        appended: Some((visible, append.flags)),
    };
    if let Owner::Kernel = Current::get().owner::<FilterLayer>() {
        return Err(EBUSY.into());
    }
    install(&request, engine).map_err(|refusal| match refusal {
        // The built-in engine does not know the operation.
        Refusal::Kernel => EBUSY.into(),
        refusal => refusal,
    })
}

/// `seccomp_set_mode_filter()`.
fn install(request: &Request, engine: EngineRef) -> Result<isize, Refusal> {
    let flags = request.flags;
    let has = |flag| flags & flag != 0;

    if flags & !SECCOMP_FILTER_FLAG_MASK != 0 {
        return Err(EINVAL.into());
    }
    // On success a listener's fd is returned, on failure of TSYNC a thread's id: not both, unless
    // the caller asked for an errno in place of the latter.
    if has(SECCOMP_FILTER_FLAG_TSYNC)
        && has(SECCOMP_FILTER_FLAG_NEW_LISTENER)
        && !has(SECCOMP_FILTER_FLAG_TSYNC_ESRCH)
    {
        return Err(EINVAL.into());
    }
    if has(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV) && !has(SECCOMP_FILTER_FLAG_NEW_LISTENER) {
        return Err(EINVAL.into());
    }

    let (mut filter, study) = prepare(request, engine)?;
    let listener = match filter.parts().shared_notifier() {
        Some(notifier) => {
            let fd = FileDescriptorReservation::get_unused_fd_flags(O_CLOEXEC)?;
            Some((fd, listener::open(notifier)?))
        }
        None => None,
    };

    // A thread in exec is about to change its privileges: TSYNC must not see it half way.
    let _exec = if has(SECCOMP_FILTER_FLAG_TSYNC) {
        Some(ExecLock::lock_killable().ok_or(EINVAL)?)
    } else {
        None
    };
    loop {
        filter::compose(&mut filter, study.as_ref(), own_path());
        let current = Current::get();
        let mut lock = SigLock::of_current(&current);
        let result = attach(&mut lock, flags, filter);
        drop(lock);
        // What was not used is dropped from here on, with interrupts on.
        match result {
            Ok(()) => break,
            Err((Refusal::Moved, again)) => filter = again,
            Err((refusal, _filter)) => return Err(refusal),
        }
    }
    match listener {
        Some((fd, file)) => {
            let number = fd.reserved_fd();
            fd.fd_install(file);
            Ok(number as isize)
        }
        None => Ok(0),
    }
}

/// The caller's path as it is now. Another thread's TSYNC may put filters on top of it.
fn own_path() -> Option<FilterRef> {
    match Current::get().owner::<FilterLayer>() {
        Owner::Us(filter) => Some(filter.get()),
        Owner::Nobody | Owner::Kernel => None,
    }
}

/// `seccomp_prepare_user_filter()`: makes the filter that the caller describes, and says what it
/// does, if there is memory for that.
fn prepare(request: &Request, engine: EngineRef) -> Result<(Draft, Option<Study>)> {
    let (len, insns) = read_fprog(request.fprog)?;
    if len == 0 || u32::from(len) > BPF_MAXINSNS {
        return Err(EINVAL);
    }
    if !task::may_install() {
        return Err(EACCES);
    }
    let (program, study) = match request.appended {
        None => {
            let program = Classic::from_user(len, insns)?;
            let study = study::study(program.original(), VisibleFields::NONE);
            (Program::Classic(program), study)
        }
        Some((visible, flags)) => {
            let original = bpf::read_insns(len, insns)?;
            let (program, code) = Appended::new(original, visible, flags)?;
            (Program::Appended(program), study::study(&code, visible))
        }
    };
    let mut study = study.ok();
    let residuals = study.as_mut().and_then(|study| {
        let bytes = study::memory_of_residuals(study);
        if !filter::has_room(&program, bytes, own_path().as_deref()) {
            study.forget_residuals();
        }
        study::compile(study)
    });
    // The study has then ended early.
    if signal::fatal_pending() {
        return Err(EINTR);
    }
    let has = |flag| request.flags & flag != 0;
    let notifier = if has(SECCOMP_FILTER_FLAG_NEW_LISTENER) {
        let wait_killable = has(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV);
        Some(Notifier::new(wait_killable)?)
    } else {
        None
    };
    let log = has(SECCOMP_FILTER_FLAG_LOG);
    let draft = Draft::new(Parts::new(program, residuals, log, notifier, engine))?;
    Ok((draft, study))
}

/// Reads a `struct sock_fprog`, or a `struct compat_sock_fprog` from a 32-bit caller.
fn read_fprog(fprog: UserPtr) -> Result<(u16, UserPtr)> {
    if task::in_compat_syscall() {
        let [len, addr]: [u32; 2] = user::read(fprog)?;
        Ok((low_half(len), UserPtr::from_addr(addr as usize)))
    } else {
        let [len, addr]: [u64; 2] = user::read(fprog)?;
        // CAST: Both architectures are little endian and have 64-bit pointers.
        Ok((low_half(len as u32), UserPtr::from_addr(addr as usize)))
    }
}

/// The field of two bytes that a word begins with; the others are padding.
fn low_half(word: u32) -> u16 {
    // CAST: Those two are wanted.
    word as u16
}

/// `seccomp_attach_filter()`: puts the filter on the path of the thread that the lock was taken
/// for, which is the calling one, or gives it back.
fn attach(lock: &mut SigLock<'_>, flags: u32, filter: Draft) -> Result<(), (Refusal, Draft)> {
    let tsync = flags & SECCOMP_FILTER_FLAG_TSYNC != 0;

    let caller = lock.thread();
    if !caller.may_assign_filter_mode() {
        return Err((EINVAL.into(), filter));
    }
    let prev = match caller.owner::<FilterLayer>() {
        Owner::Us(prev) => Some(prev.link()),
        Owner::Nobody => None,
        // A sibling's TSYNC has just made the task the built-in engine's.
        Owner::Kernel => return Err((Refusal::Kernel, filter)),
    };
    if !filter.is_for(prev) {
        return Err((Refusal::Moved, filter));
    }
    // Nested listeners would have to agree on who answers.
    let is_listening = |filter: &Filter| filter.parts().is_listening();
    if filter.parts().is_listening() && prev.is_some_and(|prev| prev.path().any(is_listening)) {
        return Err((EBUSY.into(), filter));
    }
    if filter.summary().is_too_long() {
        return Err((ENOMEM.into(), filter));
    }
    if tsync {
        if let Err(refusal) = all_in_step(lock, flags, filter.below()) {
            return Err((refusal, filter));
        }
    }

    let mut caller = lock.thread();
    let old = caller.replace_filter(None);
    match filter.put_on(old) {
        Ok(filter) => drop(caller.replace_filter(Some(filter))),
        // It was for the old path when that was looked at above.
        Err((filter, old)) => {
            drop(caller.replace_filter(old));
            return Err((Refusal::Moved, filter));
        }
    }
    caller.set_filter_count(caller.filter_count() + 1);
    let mitigate = flags & SECCOMP_FILTER_FLAG_SPEC_ALLOW == 0;
    if tsync {
        synchronize_threads(lock, mitigate);
    }
    lock.thread().assign_filter_mode(mitigate);
    Ok(())
}

/// `seccomp_can_sync_threads()`: is the path of every thread a part of the caller's, which is
/// `callers`?
fn all_in_step(
    lock: &mut SigLock<'_>,
    flags: u32,
    callers: Option<&Filter>,
) -> Result<(), Refusal> {
    let mut out_of_step = lock.siblings().filter(|thread| {
        if thread.is_exiting() {
            return false;
        }
        match (thread.mode(), thread.owner::<FilterLayer>()) {
            (Mode::Disabled, _) => Chosen::may_attach_elsewhere(thread),
            (Mode::Filter, Owner::Us(theirs)) => !Filter::is_ancestor(Some(theirs.link()), callers),
            // Strict, dead, or the built-in engine's, whose filter is on no path of ours.
            _ => true,
        }
    });
    let Some(thread) = out_of_step.next() else {
        return Ok(());
    };
    if flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH != 0 {
        return Err(ESRCH.into());
    }
    // A thread that the caller's pid namespace does not show has no id to tell.
    match thread.pid_in_current_ns() {
        0 => Err(ESRCH.into()),
        pid => Err(Refusal::Thread(pid)),
    }
}

/// `seccomp_sync_threads()`: puts every other thread on the caller's path.
fn synchronize_threads(lock: &mut SigLock<'_>, mitigate: bool) {
    let caller = lock.thread();
    let Owner::Us(filter) = caller.owner::<FilterLayer>() else {
        return;
    };
    // With a user's references of its own, so that it stays whatever becomes of the caller's.
    let filter = filter.attach();
    let count = caller.filter_count();
    let no_new_privs = caller.no_new_privs();
    // The threads of a process that is being killed may be past `seccomp_filter_release()`, which
    // looks at the pointer without the lock.
    if lock.group_exiting() {
        return;
    }
    for mut thread in lock.siblings() {
        // As above, for this thread alone.
        if thread.is_exiting() {
            continue;
        }
        // The old path is a part of the new one, so dropping its references frees nothing.
        drop(thread.replace_filter(Some(filter.share())));
        thread.set_filter_count(count);
        // Or a task could get around no_new_privs by a thread that sets it, goes into seccomp,
        // and dies.
        if no_new_privs {
            thread.set_no_new_privs();
        }
        if thread.mode() == Mode::Disabled {
            thread.assign_filter_mode(mitigate);
        }
    }
}

/// `seccomp_filter_release()`: the task exits, and gives its filter up.
pub(crate) fn release(task: &Exiting<'_>) {
    let mut lock = SigLock::of_exiting(task);
    let filter = lock.thread().replace_filter::<FilterLayer>(None);
    drop(lock);
    // Wakes listeners and frees memory, with interrupts on.
    drop(filter);
}
