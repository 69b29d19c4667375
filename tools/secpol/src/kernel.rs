// SPDX-License-Identifier: MIT OR Apache-2.0

//! Asks the kernel: for a filter, for what its filters can do.

#![allow(unsafe_code)]

use std::{
    ffi::{
        c_char,
        c_void,
        CStr,
        CString, //
    },
    io,
    mem,
    os::fd::{
        FromRawFd,
        OwnedFd, //
    },
    ptr, //
};

use crate::{
    bpf::Insn,
    compile::Program, //
};

const SET_MODE_FILTER: u32 = 1;
const GET_ACTION_AVAIL: u32 = 2;
const APPEND_FILTER: u32 = 4;
const GET_FEATURES: u32 = 6;

const FLAG_TSYNC: u64 = 1 << 0;
const FLAG_LOG: u64 = 1 << 1;
const FLAG_NEW_LISTENER: u64 = 1 << 3;
const FLAG_TSYNC_ESRCH: u64 = 1 << 4;

/// `SECCOMP_DATA_FEATURE_EA_EXTENT`
const FEATURE_EA_EXTENT: u64 = 1 << 4;

/// `struct sock_fprog`
#[repr(C)]
struct Fprog {
    len: u16,
    filter: *const Insn,
}

/// `struct seccomp_append_filter`
#[repr(C)]
struct AppendFilter {
    flags: u64,
    filter: u64,
    extensible_arg_size: u64,
}

/// What filters of this kernel can do beyond those of mainline: `struct seccomp_features`.
#[repr(C)]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features {
    /// A bit for each operation of seccomp(2).
    pub operations: u64,
    /// How many actions there are.
    pub actions: u32,
    /// The most bytes of an extensible argument that a filter can see.
    pub extensible_arg_max: u32,
    /// `SECCOMP_FILTER_FLAG_*`
    pub filter_flags: u64,
    /// `SECCOMP_FILTER_FLAG_*` and `SECCOMP_APPEND_FLAG_*` of `SECCOMP_APPEND_FILTER`.
    pub append_flags: u64,
    /// `SECCOMP_DATA_FEATURE_*`
    pub data_features: u64,
}

impl Features {
    /// Can filters see all that a policy can look at?
    pub fn sees_structs(&self) -> bool {
        self.operations & (1 << APPEND_FILTER) != 0 && self.data_features & FEATURE_EA_EXTENT != 0
    }
}

/// Whom a filter is for, and whether its refusals are logged.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Options {
    /// All threads of the process, not the calling one alone.
    pub all_threads: bool,
    /// What is not allowed is logged, where `actions_logged` says so.
    pub log: bool,
}

/// What this kernel's filters can do beyond those of mainline. `None` on a kernel without
/// `SECCOMP_GET_FEATURES`; then they can do nothing.
pub fn features() -> io::Result<Option<Features>> {
    let mut features = Features::default();
    let size = mem::size_of::<Features>() as u64;
    // SAFETY: The kernel writes at most the size that it is told to what is as large as that.
    match unsafe { seccomp(GET_FEATURES, size, (&raw mut features).cast()) } {
        Ok(_) => Ok(Some(features)),
        Err(error) if error.raw_os_error() == Some(libc::EINVAL) => Ok(None),
        Err(error) => Err(error),
    }
}

/// Can filters of this kernel return the action whose `SECCOMP_RET_*` this is?
pub fn has_action(ret: u32) -> bool {
    let mut action = ret & 0xffff_0000;
    // SAFETY: The kernel reads 32 bits, which are there.
    unsafe { seccomp(GET_ACTION_AVAIL, 0, (&raw mut action).cast()) }.is_ok()
}

/// The calling thread, and what it will execute, gain no privileges by execve() any more. A filter
/// needs this, or `CAP_SYS_ADMIN`. It cannot be undone.
pub fn set_no_new_privs() -> io::Result<()> {
    // SAFETY: It takes no pointer.
    match unsafe { libc::prctl(libc::PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) } {
        0 => Ok(()),
        _ => Err(io::Error::last_os_error()),
    }
}

/// Has the kernel run the filter at each call that the calling thread makes from now on. It cannot
/// be undone.
///
/// `EACCES` without [`set_no_new_privs`] and `CAP_SYS_ADMIN`; `EINVAL` if the kernel cannot run the
/// filter, as it does not see what the filter looks at; `ESRCH` if `all_threads` was asked for and
/// one of them has a filter that the calling thread does not have.
pub fn load(program: &Program, options: Options) -> io::Result<()> {
    install(program, flags(options)).map(drop)
}

/// As [`load`]; in addition, whoever has the file that is returned is asked about calls for which
/// the filter returns [`Action::Notify`](crate::action::Action::Notify). `EBUSY` if one of the
/// thread's filters has such a file already.
pub fn load_and_listen(program: &Program, options: Options) -> io::Result<OwnedFd> {
    let fd = install(program, flags(options) | FLAG_NEW_LISTENER)?;
    // SAFETY: The kernel has just opened it for us, and nobody else knows it.
    Ok(unsafe { OwnedFd::from_raw_fd(fd) })
}

fn flags(options: Options) -> u64 {
    let mut flags = 0;
    if options.all_threads {
        flags |= FLAG_TSYNC | FLAG_TSYNC_ESRCH;
    }
    if options.log {
        flags |= FLAG_LOG;
    }
    flags
}

fn install(program: &Program, flags: u64) -> io::Result<i32> {
    let fprog = Fprog {
        len: u16::try_from(program.insns.len())
            .map_err(|_| io::Error::from_raw_os_error(libc::EINVAL))?,
        filter: program.insns.as_ptr(),
    };
    if !program.appended {
        let fprog = (&raw const fprog).cast_mut().cast();
        // SAFETY: The kernel reads the program, which is there until it returns.
        return unsafe { seccomp(SET_MODE_FILTER, flags, fprog) };
    }
    let append = AppendFilter {
        flags: flags | program.append_flags(),
        filter: (&raw const fprog) as u64,
        extensible_arg_size: u64::from(program.extensible_arg_size),
    };
    let size = mem::size_of::<AppendFilter>() as u64;
    let append = (&raw const append).cast_mut().cast();
    // SAFETY: The kernel reads the struct, and the program, which are there until it returns.
    unsafe { seccomp(APPEND_FILTER, size, append) }
}

/// seccomp(2).
///
/// # Safety
///
/// `argument` points to what the operation reads and writes.
unsafe fn seccomp(operation: u32, flags: u64, argument: *mut c_void) -> io::Result<i32> {
    // SAFETY: By the caller.
    match unsafe { libc::syscall(libc::SYS_seccomp, operation, flags, argument) } {
        -1 => Err(io::Error::last_os_error()),
        // CAST: It is an `int`.
        result => Ok(result as i32),
    }
}

/// A write to a pipe that nobody reads ends the process, and what it executes, as elsewhere. Programs
/// in Rust ignore the signal, which what they execute would do as well.
pub(crate) fn end_by_sigpipe() {
    // SAFETY: No function is installed.
    unsafe { libc::signal(libc::SIGPIPE, libc::SIG_DFL) };
}

/// 192 bits that nobody can guess.
pub fn random_cookie() -> io::Result<[u64; 3]> {
    let mut cookie = [0u64; 3];
    let size = mem::size_of_val(&cookie);
    // SAFETY: The kernel writes at most `size` bytes, which are there.
    let read = unsafe { libc::getrandom(cookie.as_mut_ptr().cast(), size, 0) };
    if usize::try_from(read).is_ok_and(|read| read == size) {
        Ok(cookie)
    } else {
        Err(io::Error::last_os_error())
    }
}

/// A program to be started.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The file.
    pub path: &'a CStr,
    /// Its arguments, its name first.
    pub arguments: &'a [CString],
    /// Its environment.
    pub environment: &'a [CString],
    /// Values for the last three arguments of execve(), of which the kernel takes no notice: those
    /// of [`Target::exec_cookie`](crate::policy::Target::exec_cookie).
    pub cookie: [u64; 3],
}

/// Loads a filter for the calling thread, then executes a program. Between the two it makes no
/// other call, so the filter need not allow one. Returns only if one of the two failed.
pub fn load_and_execute(program: &Program, options: Options, start: &Start<'_>) -> io::Error {
    let pointers = |strings: &[CString]| {
        let mut pointers: Vec<*const c_char> =
            strings.iter().map(|string| string.as_ptr()).collect();
        pointers.push(ptr::null());
        pointers
    };
    let (arguments, environment) = (pointers(start.arguments), pointers(start.environment));
    end_by_sigpipe();
    if let Err(error) = load(program, options) {
        return error;
    }
    let [cookie0, cookie1, cookie2] = start.cookie;
    // SAFETY: Both arrays end with NULL, as the kernel expects, and all strings are there.
    unsafe {
        libc::syscall(
            libc::SYS_execve,
            start.path.as_ptr(),
            arguments.as_ptr(),
            environment.as_ptr(),
            cookie0,
            cookie1,
            cookie2,
        );
    }
    io::Error::last_os_error()
}
