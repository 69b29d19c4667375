// SPDX-License-Identifier: GPL-2.0

//! Attaches filters and gives them up: the filters' part of `do_seccomp()`, and of exit.
//!
//! Follows `seccomp_set_mode_filter()` and what it calls in `kernel/seccomp.c`.
//!
//! Locks, outermost first: `cred_guard_mutex` ([`ExecLock`], for TSYNC only); the siglock
//! ([`SigLock`]), a spinlock. Under the siglock nothing is allocated or freed: what takes memory is
//! made before and dropped after.

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
        filter_pointer::Owner,
        signal::{
            self,
            ExecLock,
            SigLock, //
        },
        task::{
            self,
            Current,
            Exiting,
            Mode, //
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

/// Keeps the engine's code loaded.
type EngineRef = <Chosen as Platform>::EngineRef;

/// Why a filter was not attached.
enum Refusal {
    /// The system call fails.
    Errno(Error),
    /// The thread with this id is out of step, so TSYNC is not possible.
    Thread(i32),
    /// The task belongs to the built-in engine, which is to deal with the operation.
    Kernel,
    /// The task has got another path than the one that the filter was made for. To be tried again.
    Moved,
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        Self::Errno(error)
    }
}

/// `do_seccomp()`: runs an operation of seccomp(2). Returns its result, or a negative errno.
///
/// `None` if the kernel's own code is to run the operation: strict mode,
/// `SECCOMP_GET_ACTION_AVAIL`, a plain `SECCOMP_GET_NOTIF_SIZES`, an unknown operation, and
/// `SECCOMP_SET_MODE_FILTER` of a task of the built-in engine.
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
    /// The address of a `struct sock_fprog`.
    fprog: UserPtr,
    /// For `SECCOMP_APPEND_FILTER`: the fields that the filter sees, and all its flags.
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

/// `SECCOMP_APPEND_FILTER`. `size` is the size in bytes of the `struct seccomp_append_filter` at
/// `buf`.
///
/// Fails as `SECCOMP_SET_MODE_FILTER` does, and
///
/// - with `EBUSY` if the task belongs to the built-in engine;
/// - with `EINVAL` for unknown flags, for flags and fields that contradict each other, and for an
///   EA size that is not a multiple of 4;
/// - with `E2BIG` if the structure or the EA size is too large;
/// - with `EOPNOTSUPP` if the kernel does not compile programs, or if the filter is to see
///   extensible arguments and these are not cached.
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
        // Programs load words of 4 bytes: a filter could neither see nor refuse the bytes beyond
        // the last one.
        if append.extensible_arg_size % 4 != 0 {
            return Err(EINVAL.into());
        }
        if !Chosen::caches_arguments() {
            return Err(EOPNOTSUPP.into());
        }
        // CAST: At most `SECCOMP_EXTENSIBLE_ARG_MAX`.
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
        // CAST: The lower half has the flags of `SECCOMP_SET_MODE_FILTER`.
        flags: append.flags as u32,
        fprog: UserPtr::from_addr(usize::try_from(append.filter).map_err(|_| EFAULT)?),
        appended: Some((visible, append.flags)),
    };
    if let Owner::Kernel = Current::get().owner::<FilterLayer>() {
        return Err(EBUSY.into());
    }
    install(&request, engine).map_err(|refusal| match refusal {
        // The kernel's own code does not know the operation.
        Refusal::Kernel => EBUSY.into(),
        refusal => refusal,
    })
}

/// `seccomp_set_mode_filter()`. Returns 0, or the file descriptor of the new listener.
fn install(request: &Request, engine: EngineRef) -> Result<isize, Refusal> {
    let flags = request.flags;
    let has = |flag| flags & flag != 0;

    if flags & !SECCOMP_FILTER_FLAG_MASK != 0 {
        return Err(EINVAL.into());
    }
    // With a listener a positive result is its file descriptor, with TSYNC it is the id of a thread
    // out of step. Both are allowed only if TSYNC_ESRCH asks for an errno in place of the id.
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

    // A thread in exec is about to change its privileges, and TSYNC must not find it half way.
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
        // A filter that was not attached is dropped below, with interrupts on.
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

/// The newest filter of the caller's path. Another thread's TSYNC may put filters on top of it.
fn own_path() -> Option<FilterRef> {
    match Current::get().owner::<FilterLayer>() {
        Owner::Us(filter) => Some(filter.get()),
        Owner::Nobody | Owner::Kernel => None,
    }
}

/// `seccomp_prepare_user_filter()`: makes the filter that the caller describes, and studies it if
/// there is memory for that.
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
    // A fatal signal has ended the study early.
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

/// The first two bytes of a word, `sock_fprog.len`; the rest of the word is padding.
fn low_half(word: u32) -> u16 {
    // CAST: Both architectures are little endian.
    word as u16
}

/// `seccomp_attach_filter()`: puts the filter on top of the calling thread's path, whose siglock is
/// `lock`, and with TSYNC gives the new path to the other threads. On failure returns the filter.
fn attach(lock: &mut SigLock<'_>, flags: u32, filter: Draft) -> Result<(), (Refusal, Draft)> {
    let tsync = flags & SECCOMP_FILTER_FLAG_TSYNC != 0;

    let caller = lock.thread();
    if !caller.may_assign_filter_mode() {
        return Err((EINVAL.into(), filter));
    }
    let prev = match caller.owner::<FilterLayer>() {
        Owner::Us(prev) => Some(prev.link()),
        Owner::Nobody => None,
        // Another thread's TSYNC has just put a filter of the built-in engine on this one.
        Owner::Kernel => return Err((Refusal::Kernel, filter)),
    };
    if !filter.is_for(prev) {
        return Err((Refusal::Moved, filter));
    }
    // Two listeners on a path would have to agree on an answer.
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
    caller
        .push(filter)
        .map_err(|filter| (Refusal::Moved, filter))?;
    caller.set_filter_count(caller.filter_count() + 1);
    let mitigate = flags & SECCOMP_FILTER_FLAG_SPEC_ALLOW == 0;
    if tsync {
        synchronize_threads(lock, mitigate);
    }
    lock.thread().assign_filter_mode(mitigate);
    Ok(())
}

/// `seccomp_can_sync_threads()`: fails if a thread is out of step with the caller, whose path is
/// that of `callers`.
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
            // Strict mode, killed, or the built-in engine's.
            _ => true,
        }
    });
    let Some(thread) = out_of_step.next() else {
        return Ok(());
    };
    if flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH != 0 {
        return Err(ESRCH.into());
    }
    // 0: the thread has no id in the caller's pid namespace.
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
    // With references of its own, so that it does not borrow from the thread.
    let filter = filter.attach();
    let count = caller.filter_count();
    let no_new_privs = caller.no_new_privs();
    // A thread of a process that is being killed may be past `seccomp_filter_release()`, which
    // reads the pointer without the siglock. It would never give a new filter up.
    if lock.group_exiting() {
        return;
    }
    for mut thread in lock.siblings() {
        // It may be past `seccomp_filter_release()`, too.
        if thread.is_exiting() {
            continue;
        }
        // Does not happen: the lock is held since `all_in_step()`.
        if !thread.follow(&filter) {
            continue;
        }
        thread.set_filter_count(count);
        // Else a task could attach filters without `no_new_privs`: a thread of it sets that,
        // attaches them by TSYNC, and exits.
        if no_new_privs {
            thread.set_no_new_privs();
        }
        if thread.mode() == Mode::Disabled {
            thread.assign_filter_mode(mitigate);
        }
    }
}

/// `seccomp_filter_release()`: takes the filter from a task that exits, and gives it up.
pub(crate) fn release(task: &mut Exiting<'_>) {
    // Wakes supervisors and frees memory, now that interrupts are on.
    drop(task.take_filter::<FilterLayer>());
}
