// SPDX-License-Identifier: GPL-2.0

//! Attaching filters, and passing them on: `do_seccomp()`, fork and exit.
//!
//! Locks, outermost first: `cred_guard_mutex` (TSYNC only), then the siglock. Under the siglock
//! nothing is allocated, so all that takes memory is made before and dropped after.

use crate::{
    engine::{
        filter::{
            untag,
            Draft,
            Filter,
            FilterRef,
            Owner,
            MAX_INSNS_PER_PATH, //
        },
        inspect::features,
        notify::{
            listener,
            notifier::Notifier, //
        },
        program::{
            Appended,
            Program, //
        },
        table, //
    },
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
        module::ModuleRef,
        signal::{
            self,
            ExecLock,
            SigLock, //
        },
        task::{
            self,
            Mode,
            Task, //
        },
        uapi::*,
        user, //
    },
    takeover::{
        args,
        hooks::Handled,
        in_flight, //
    }, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    ffi::{
        c_uint,
        c_void, //
    },
    fs::file::FileDescriptorReservation,
    prelude::*,
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

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

/// Stands before `do_seccomp()`.
///
/// Strict mode has no filter and stays the built-in engine's; so do the operations that ask about
/// it, and unknown ones.
///
/// # Safety
///
/// For the entry code only: the arguments are those of `do_seccomp()`.
#[no_mangle]
unsafe extern "C" fn rsc_do_seccomp(op: c_uint, flags: c_uint, uargs: *mut c_void) -> Handled {
    let Some(module) = ModuleRef::try_get() else {
        return Handled::NO;
    };
    let uargs = UserPtr::from_ptr(uargs);
    let result = match op {
        SECCOMP_SET_MODE_FILTER => set_mode_filter(flags, uargs, module),
        SECCOMP_APPEND_FILTER => append_filter(flags, uargs, module),
        SECCOMP_GET_SYSCALL_EA_SIZE => done(features::syscall_ea(flags, uargs)),
        SECCOMP_GET_FEATURES => done(features::features(flags, uargs)),
        SECCOMP_GET_NOTIF_SIZES if flags == SECCOMP_GET_NOTIF_SIZES_APPEND => {
            done(features::notif_sizes(uargs))
        }
        _ => return Handled::NO,
    };
    match result {
        Ok(value) => Handled::yes(value),
        Err(Refusal::Errno(error)) => Handled::yes(error.to_errno() as isize),
        Err(Refusal::Thread(pid)) => Handled::yes(pid as isize),
        Err(Refusal::Kernel | Refusal::Moved) => Handled::NO,
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
fn set_mode_filter(flags: u32, fprog: UserPtr, module: ModuleRef) -> Result<isize, Refusal> {
    // SAFETY: The filter of the calling task has a reference while it is `current`.
    if let Owner::Kernel = unsafe { Owner::of(Task::current().raw_filter()) } {
        return Err(Refusal::Kernel);
    }
    let request = Request {
        flags,
        fprog,
        appended: None,
    };
    install(&request, module)
}

/// `SECCOMP_APPEND_FILTER`. `size` is that of the structure at `buf`.
///
/// Fails like `SECCOMP_SET_MODE_FILTER`, and with `EBUSY` if the task is the built-in engine's,
/// `EINVAL` for what does not go together, `E2BIG` if the structure or the extensible arguments
/// that the filter understands are too large, `EOPNOTSUPP` if programs are not compiled or, for a
/// filter that sees extensible arguments, if these are not cached.
fn append_filter(size: u32, buf: UserPtr, module: ModuleRef) -> Result<isize, Refusal> {
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
        if !args::is_available() {
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
    // SAFETY: As in `set_mode_filter()`.
    if let Owner::Kernel = unsafe { Owner::of(Task::current().raw_filter()) } {
        return Err(EBUSY.into());
    }
    install(&request, module).map_err(|refusal| match refusal {
        // The built-in engine does not know the operation.
        Refusal::Kernel => EBUSY.into(),
        refusal => refusal,
    })
}

/// `seccomp_set_mode_filter()`.
fn install(request: &Request, module: ModuleRef) -> Result<isize, Refusal> {
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

    let (mut filter, study) = prepare(request, module)?;
    let listener = match filter.notifier() {
        Some(notifier) => {
            let fd = FileDescriptorReservation::get_unused_fd_flags(bindings::O_CLOEXEC)?;
            Some((fd, listener::open(notifier.clone())?))
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
        let below = own_path();
        filter.compose(study.as_ref(), below.as_deref());
        let lock = SigLock::current();
        let result = attach(&lock, flags, filter, below.as_deref());
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
    // SAFETY: As in `rsc_permit_syscall()`: what the calling task has read stays on its path.
    match unsafe { Owner::of(Task::current().raw_filter()) } {
        Owner::Us(filter) => Some(filter.get()),
        Owner::Nobody | Owner::Kernel => None,
    }
}

/// `seccomp_prepare_user_filter()`: makes the filter that the caller describes, and says what it
/// does, if there is memory for that.
fn prepare(request: &Request, module: ModuleRef) -> Result<(Draft, Option<Study>)> {
    let (len, insns) = read_fprog(request.fprog)?;
    if len == 0 || u32::from(len) > bindings::BPF_MAXINSNS {
        return Err(EINVAL);
    }
    if !task::may_install() {
        return Err(EACCES);
    }
    let (program, study) = match request.appended {
        None => {
            let program = Classic::from_user(len, insns)?;
            let study = table::study(program.original(), VisibleFields::NONE);
            (Program::Classic(program), study)
        }
        Some((visible, flags)) => {
            let original = bpf::read_insns(len, insns)?;
            let (program, code) = Appended::new(original, visible, flags)?;
            (Program::Appended(program), table::study(&code, visible))
        }
    };
    let mut study = study.ok();
    let residuals = study.as_mut().and_then(|study| {
        let bytes = table::memory_of_residuals(study);
        if !Draft::has_room(&program, bytes, own_path().as_deref()) {
            study.forget_residuals();
        }
        table::compile(study)
    });
    // The study has then ended early.
    if signal::fatal_pending() {
        return Err(EINTR);
    }
    let has = |flag| request.flags & flag != 0;
    let notifier = if has(SECCOMP_FILTER_FLAG_NEW_LISTENER) {
        Some(Notifier::new(has(SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV))?)
    } else {
        None
    };
    let draft = Draft::new(
        program,
        residuals,
        has(SECCOMP_FILTER_FLAG_LOG),
        notifier,
        module,
    )?;
    Ok((draft, study))
}

/// Reads a `struct sock_fprog`, or a `struct compat_sock_fprog` from a 32-bit caller.
fn read_fprog(fprog: UserPtr) -> Result<(u16, UserPtr)> {
    if task::in_compat_syscall() {
        let mut bytes = [0u8; 8];
        UserSlice::new(fprog, bytes.len())
            .reader()
            .read_slice(&mut bytes)?;
        let [l0, l1, _, _, a0, a1, a2, a3] = bytes;
        let addr = u32::from_ne_bytes([a0, a1, a2, a3]);
        Ok((
            u16::from_ne_bytes([l0, l1]),
            UserPtr::from_addr(addr as usize),
        ))
    } else {
        let mut bytes = [0u8; 16];
        UserSlice::new(fprog, bytes.len())
            .reader()
            .read_slice(&mut bytes)?;
        let [l0, l1, _, _, _, _, _, _, addr @ ..] = bytes;
        let addr = u64::from_ne_bytes(addr);
        Ok((
            u16::from_ne_bytes([l0, l1]),
            UserPtr::from_addr(addr as usize),
        ))
    }
}

/// `seccomp_attach_filter()`: puts the filter on the calling task's path, which is still `below`, or
/// gives it back.
fn attach(
    lock: &SigLock,
    flags: u32,
    filter: Draft,
    below: Option<&Filter>,
) -> Result<(), (Refusal, Draft)> {
    let current = Task::current();
    let tsync = flags & SECCOMP_FILTER_FLAG_TSYNC != 0;

    if !lock.may_assign_filter_mode() {
        return Err((EINVAL.into(), filter));
    }
    let prev = match lock.owner(current) {
        Owner::Us(prev) => Some(prev),
        Owner::Nobody => None,
        // A sibling's TSYNC has just made the task the built-in engine's.
        Owner::Kernel => return Err((Refusal::Kernel, filter)),
    };
    if prev.map(core::ptr::from_ref) != below.map(core::ptr::from_ref) {
        return Err((Refusal::Moved, filter));
    }
    // Nested listeners would have to agree on who answers.
    let is_listened_to = |filter: &Filter| filter.listener().is_some();
    if is_listened_to(&filter) && prev.is_some_and(|prev| prev.path().any(is_listened_to)) {
        return Err((EBUSY.into(), filter));
    }
    if filter.path_len_on(prev) > MAX_INSNS_PER_PATH {
        return Err((ENOMEM.into(), filter));
    }
    if tsync {
        if let Some(thread) = out_of_step(lock, prev) {
            let refusal = if flags & SECCOMP_FILTER_FLAG_TSYNC_ESRCH != 0 {
                ESRCH.into()
            } else {
                // A thread that the caller's pid namespace does not show has no id to tell.
                match thread.pid_in_current_ns() {
                    0 => ESRCH.into(),
                    pid => Refusal::Thread(pid),
                }
            };
            return Err((refusal, filter));
        }
    }

    let old = lock.replace_filter(current, None);
    lock.replace_filter(current, Some(filter.put_on(old)));
    lock.set_filter_count(current, lock.filter_count(current) + 1);
    if tsync {
        synchronize_threads(lock, flags);
    }
    lock.assign_filter_mode(current, flags & SECCOMP_FILTER_FLAG_SPEC_ALLOW == 0);
    Ok(())
}

/// `seccomp_can_sync_threads()`: the first thread whose path is not a part of the caller's.
///
/// A thread of the built-in engine never is one: its filter is on no path of ours.
fn out_of_step(lock: &SigLock, callers: Option<&Filter>) -> Option<Task> {
    lock.siblings().find(|&thread| {
        if thread.is_exiting() {
            return false;
        }
        match (thread.mode(), lock.owner(thread)) {
            (Mode::Disabled, _) => in_flight::includes(thread),
            (Mode::Filter, Owner::Us(theirs)) => !Filter::is_ancestor(Some(theirs), callers),
            // Strict, dead, or the built-in engine's.
            _ => true,
        }
    })
}

/// `seccomp_sync_threads()`: puts every other thread on the caller's path.
fn synchronize_threads(lock: &SigLock, flags: u32) {
    let current = Task::current();
    let Owner::Us(filter) = lock.owner(current) else {
        return;
    };
    // The threads of a process that is being killed may be past `seccomp_filter_release()`, which
    // looks at the pointer without the lock.
    if lock.group_exiting() {
        return;
    }
    for thread in lock.siblings() {
        // As above, for this thread alone.
        if thread.is_exiting() {
            continue;
        }
        // The old path is a part of the new one, so dropping its references frees nothing.
        drop(lock.replace_filter(thread, Some(filter.attach())));
        lock.set_filter_count(thread, lock.filter_count(current));
        // Or a task could get around no_new_privs by a thread that sets it, goes into seccomp,
        // and dies.
        if current.no_new_privs() {
            thread.set_no_new_privs();
        }
        if thread.mode() == Mode::Disabled {
            lock.assign_filter_mode(thread, flags & SECCOMP_FILTER_FLAG_SPEC_ALLOW == 0);
        }
    }
}

/// Takes the place of `get_seccomp_filter()` for tasks whose filter is ours: the child of a fork
/// is about to get a copy of the pointer.
///
/// # Safety
///
/// For the entry code only: `task` is `current`, holds its siglock, and its filter is ours.
#[no_mangle]
unsafe extern "C" fn rsc_get_seccomp_filter(task: NonNull<bindings::task_struct>) {
    // SAFETY: By the contract of this function.
    let task = unsafe { Task::from_raw(task) };
    if let Some(filter) = untag(task.raw_filter()) {
        // SAFETY: The task has a reference, and the siglock keeps it.
        core::mem::forget(unsafe { filter.as_ref() }.attach());
    }
}

/// Takes the place of `seccomp_filter_release()` for tasks whose filter is ours.
///
/// # Safety
///
/// For the entry code only: `task` is exiting (`PF_EXITING`) and still has its sighand.
#[no_mangle]
unsafe extern "C" fn rsc_seccomp_filter_release(task: NonNull<bindings::task_struct>) {
    // SAFETY: By the contract of this function.
    let task = unsafe { Task::from_raw(task) };
    if kernel::warn_on!(!task.is_exiting()) {
        return;
    }
    args::release(task);
    // SAFETY: By the contract of this function.
    let lock = unsafe { SigLock::of(task) };
    let filter = lock.replace_filter(task, None);
    drop(lock);
    // Wakes listeners and frees memory, with interrupts on.
    drop(filter);
}
