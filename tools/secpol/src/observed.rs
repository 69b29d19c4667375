// SPDX-License-Identifier: MIT OR Apache-2.0

//! A program that is run to see which calls it makes.
//!
//! What its calls' arguments point to is told by notifications: a filter has the kernel ask about
//! the calls that have such arguments, and every call goes on.

#![allow(unsafe_code)]

use std::{
    ffi::{
        CStr,
        CString, //
    },
    fs::File,
    io::{
        self,
        Read,
        Write, //
    },
    mem,
    os::fd::{
        AsFd,
        AsRawFd,
        BorrowedFd,
        FromRawFd,
        OwnedFd, //
    },
    ptr, //
};

use crate::{
    call::Call,
    compile::Program,
    kernel::{
        end_by_sigpipe,
        load_and_listen,
        Options, //
    }, //
};

/// `SECCOMP_USER_NOTIF_FLAG_CONTINUE`
const CONTINUE: u32 = 1;
/// The most bytes of an extensible argument.
const MOST: usize = 4096;

/// `struct seccomp_notif_append`, with room for the largest argument.
#[repr(C)]
struct Notification {
    id: u64,
    pid: u32,
    flags: u32,
    number: u32,
    arch: u32,
    instruction_pointer: u64,
    arguments: [u64; 6],
    features: u64,
    number_high: u32,
    arch_reserved: [u32; 5],
    size: u64,
    argument: [u8; MOST],
}

// `SECCOMP_NOTIF_APPEND_SIZE`
const _: () = assert!(mem::offset_of!(Notification, argument) == 120);

/// `struct seccomp_notif_resp`
#[repr(C)]
struct Response {
    id: u64,
    value: i64,
    error: i32,
    flags: u32,
}

/// An ioctl of a listener: `SECCOMP_IOWR(number, size)`.
const fn request(number: u64, size: usize) -> u64 {
    // CAST: Sizes have 14 bits there.
    (3 << 30) | ((size as u64) << 16) | ((b'!' as u64) << 8) | number
}

/// `SECCOMP_IOCTL_NOTIF_RECV`, of as many bytes as the kernel has to tell.
const fn receive(size: usize) -> u64 {
    request(0, size)
}

/// `SECCOMP_IOCTL_NOTIF_SEND`
const SEND: u64 = request(1, mem::size_of::<Response>());

/// A program, and whom the kernel asks about its calls.
#[derive(Debug)]
pub struct Observed {
    child: libc::pid_t,
    listener: OwnedFd,
    appended: bool,
}

/// How a program has ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this status.
    Status(i32),
    /// By this signal.
    Signal(i32),
}

/// A program to be observed.
#[derive(Clone, Copy, Debug)]
pub struct Start<'a> {
    /// The file.
    pub path: &'a CStr,
    /// Its arguments, its name first.
    pub arguments: &'a [CString],
    /// Its environment.
    pub environment: &'a [CString],
    /// Which calls the kernel is to ask about.
    pub asks: &'a Program,
}

impl Observed {
    /// Starts a program. `ready` gets the process shortly before its execve().
    ///
    /// # Errors
    ///
    /// `EBUSY` if the caller's calls are observed already; `EACCES` without CAP_SYS_ADMIN; what
    /// `ready` and execve() say.
    pub fn start(start: &Start<'_>, ready: impl FnOnce(u32) -> io::Result<()>) -> io::Result<Self> {
        let pointers = |strings: &[CString]| {
            let mut all: Vec<_> = strings.iter().map(|string| string.as_ptr()).collect();
            all.push(ptr::null());
            all
        };
        let (arguments, environment) = (pointers(start.arguments), pointers(start.environment));
        let (mut told, mut telling) = pipe()?;
        let (mut going, mut go) = pipe()?;
        // SAFETY: This program has one thread, so the child may do what it likes.
        let child = unsafe { libc::fork() };
        if child < 0 {
            return Err(io::Error::last_os_error());
        }
        if child == 0 {
            drop((told, go));
            end_by_sigpipe();
            let prepared = unblock_signals()
                .and_then(|()| load_and_listen(start.asks, Options::default()))
                .and_then(|listener| {
                    telling.write_all(&listener.as_raw_fd().to_ne_bytes())?;
                    // The observer takes it from here; then it closes with the execve().
                    mem::forget(listener);
                    going.read_exact(&mut [0])
                });
            let error = match prepared {
                Ok(()) => {
                    // SAFETY: Both arrays end with NULL, and all strings are there.
                    unsafe {
                        libc::execve(
                            start.path.as_ptr(),
                            arguments.as_ptr(),
                            environment.as_ptr(),
                        )
                    };
                    io::Error::last_os_error()
                }
                Err(error) => error,
            };
            let code = error.raw_os_error().unwrap_or(libc::EIO);
            let _ = telling.write_all(&(-code).to_ne_bytes());
            // SAFETY: It has no conditions.
            unsafe { libc::_exit(127) };
        }
        drop((telling, going));
        let failed = |error: io::Error| {
            // SAFETY: The child is ours, and nobody has waited for it.
            unsafe {
                libc::kill(child, libc::SIGKILL);
                libc::waitpid(child, ptr::null_mut(), 0);
            }
            error
        };
        let listener = number(&mut told)
            .and_then(|descriptor| descriptor.ok_or(io::ErrorKind::UnexpectedEof.into()))
            .and_then(|descriptor| take(child, descriptor))
            .map_err(failed)?;
        ready(child.unsigned_abs())
            .and_then(|()| go.write_all(&[0]))
            .map_err(failed)?;
        match number(&mut told).map_err(failed)? {
            // It was closed by the execve().
            None => Ok(Self {
                child,
                listener,
                appended: start.asks.appended,
            }),
            Some(_) => Err(failed(io::ErrorKind::InvalidData.into())),
        }
    }

    /// The process.
    pub fn process(&self) -> u32 {
        self.child.unsigned_abs()
    }

    /// Whom the kernel asks: there is something to read while a call waits.
    pub fn listener(&self) -> BorrowedFd<'_> {
        self.listener.as_fd()
    }

    /// The call that waits, which then goes on; `None` if its thread has died meanwhile.
    pub fn answer(&self) -> io::Result<Option<Call>> {
        // SAFETY: A `Notification` is made of numbers.
        let mut notification: Box<Notification> = Box::new(unsafe { mem::zeroed() });
        let size = match self.appended {
            true => mem::size_of::<Notification>(),
            false => 80,
        };
        // SAFETY: There are as many bytes as the number of the request says.
        if unsafe { self.ioctl(receive(size), (&raw mut *notification).cast()) }? == Gone::Yes {
            return Ok(None);
        }
        let mut response = Response {
            id: notification.id,
            value: 0,
            error: 0,
            flags: CONTINUE,
        };
        // SAFETY: It is what the request is about.
        unsafe { self.ioctl(SEND, (&raw mut response).cast()) }?;
        let mut extensible = notification.argument.to_vec();
        let zeros = extensible.iter().rev().take_while(|byte| **byte == 0);
        extensible.truncate(MOST - zeros.count());
        Ok(Some(Call {
            arch: notification.arch,
            number: notification.number,
            instruction_pointer: notification.instruction_pointer,
            arguments: notification.arguments,
            number_high: notification.number_high,
            pkey: 0,
            size: notification.size,
            extensible,
        }))
    }

    /// # Safety
    ///
    /// `argument` points to what the request is about.
    unsafe fn ioctl(&self, request: u64, argument: *mut libc::c_void) -> io::Result<Gone> {
        loop {
            // SAFETY: By the caller. CAST: The type differs between C libraries.
            if unsafe { libc::ioctl(self.listener.as_raw_fd(), request as _, argument) } == 0 {
                return Ok(Gone::No);
            }
            let error = io::Error::last_os_error();
            match error.raw_os_error() {
                Some(libc::EINTR) => {}
                Some(libc::ENOENT) => return Ok(Gone::Yes),
                _ => return Err(error),
            }
        }
    }

    /// Waits for the program's end.
    pub fn wait(self) -> io::Result<Ended> {
        let mut status = 0;
        loop {
            // SAFETY: The child is ours, and nobody has waited for it.
            if unsafe { libc::waitpid(self.child, &mut status, 0) } == self.child {
                break;
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        Ok(if libc::WIFEXITED(status) {
            Ended::Status(libc::WEXITSTATUS(status))
        } else {
            Ended::Signal(libc::WTERMSIG(status))
        })
    }

    /// Ends the program. What it has started goes on.
    pub fn kill(&self) {
        // SAFETY: The child is ours, and nobody has waited for it.
        unsafe { libc::kill(self.child, libc::SIGKILL) };
    }
}

#[derive(PartialEq, Eq)]
enum Gone {
    Yes,
    No,
}

/// A pipe that execve() closes: its ends to read and to write.
fn pipe() -> io::Result<(File, File)> {
    let mut ends = [-1; 2];
    // SAFETY: There is room for two.
    match unsafe { libc::pipe2(ends.as_mut_ptr(), libc::O_CLOEXEC) } {
        // SAFETY: The kernel has just opened them for us, and nobody else knows them.
        0 => Ok(unsafe { (File::from_raw_fd(ends[0]), File::from_raw_fd(ends[1])) }),
        _ => Err(io::Error::last_os_error()),
    }
}

/// What the child tells: a descriptor, or minus an errno, which is the error; `None` if it tells
/// nothing any more.
fn number(told: &mut File) -> io::Result<Option<i32>> {
    let mut bytes = [0; 4];
    match told.read_exact(&mut bytes) {
        Ok(()) => match i32::from_ne_bytes(bytes) {
            error @ ..0 => Err(io::Error::from_raw_os_error(-error)),
            descriptor => Ok(Some(descriptor)),
        },
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(None),
        Err(error) => Err(error),
    }
}

/// Takes a copy of another process' descriptor.
fn take(process: libc::pid_t, descriptor: i32) -> io::Result<OwnedFd> {
    let opened = |fd: libc::c_long| match fd {
        -1 => Err(io::Error::last_os_error()),
        // SAFETY: The kernel has just opened it for us, and nobody else knows it.
        // CAST: It is a descriptor.
        fd => Ok(unsafe { OwnedFd::from_raw_fd(fd as i32) }),
    };
    // SAFETY: Neither call takes a pointer.
    unsafe {
        let process = opened(libc::syscall(libc::SYS_pidfd_open, process, 0))?;
        opened(libc::syscall(
            libc::SYS_pidfd_getfd,
            process.as_raw_fd(),
            descriptor,
            0,
        ))
    }
}

/// A new program gets all signals, whatever its observer waits for.
fn unblock_signals() -> io::Result<()> {
    // SAFETY: The set is filled in before it is read.
    let result = unsafe {
        let mut none = mem::zeroed();
        libc::sigemptyset(&mut none);
        libc::pthread_sigmask(libc::SIG_SETMASK, &none, ptr::null_mut())
    };
    match result {
        0 => Ok(()),
        error => Err(io::Error::from_raw_os_error(error)),
    }
}
