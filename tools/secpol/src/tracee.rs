// SPDX-License-Identifier: MIT OR Apache-2.0

//! Asks the kernel for the filters of a running thread.

#![allow(unsafe_code)]

use std::{
    fmt,
    io,
    mem,
    ptr, //
};

use crate::bpf::{
    Insn,
    MAX_INSNS, //
};

const SECCOMP_GET_FILTER: libc::c_uint = 0x420c;
const SECCOMP_GET_METADATA: libc::c_uint = 0x420d;

/// `SECCOMP_METADATA_APPENDED`
const METADATA_APPENDED: u64 = 1 << 63;

/// A filter of a running thread.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Installed {
    /// As its author wrote it.
    pub insns: Vec<Insn>,
    /// If it is one of `SECCOMP_APPEND_FILTER`, its flags, and how many bytes of extensible
    /// arguments it sees.
    pub appended: Option<(u64, u32)>,
}

/// `struct seccomp_metadata_append`
#[repr(C)]
#[derive(Default)]
struct Metadata {
    filter_off: u64,
    flags: u64,
    extensible_arg_size: u64,
}

/// What could not be done with a thread.
#[derive(Debug)]
pub struct Error {
    what: &'static str,
    thread: i32,
    error: io::Error,
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            what,
            thread,
            error,
        } = self;
        write!(f, "cannot {what} {thread}: {error}")?;
        f.write_str(match error.raw_os_error() {
            Some(libc::EPERM) => {
                " (another traces it, or that takes CAP_SYS_PTRACE over its namespace)"
            }
            Some(libc::EACCES) => {
                " (that takes CAP_SYS_ADMIN in the initial user namespace, and no filter of one's \
                 own)"
            }
            Some(libc::EINVAL) => {
                " (it has none, or the kernel cannot tell: it needs CONFIG_CHECKPOINT_RESTORE)"
            }
            Some(libc::EMEDIUMTYPE) => " (one of them was not installed by seccomp(2))",
            _ => "",
        })
    }
}

impl std::error::Error for Error {}

impl Error {
    /// Is there no such thread?
    pub fn is_no_such_thread(&self) -> bool {
        self.error.raw_os_error() == Some(libc::ESRCH)
    }
}

/// The filters of a thread, the oldest first. The thread is stopped meanwhile.
///
/// `EACCES` without `CAP_SYS_ADMIN` in the initial user namespace, and for a caller that has a
/// filter; `EINVAL` if the thread has none.
pub fn filters(thread: i32) -> Result<Vec<Installed>, Error> {
    let tracee = Tracee::seize(thread).map_err(|error| Error {
        what: "stop thread",
        thread,
        error,
    })?;
    let mut filters = Vec::new();
    loop {
        match tracee.filter(filters.len()) {
            Ok(filter) => filters.push(filter),
            Err(error) if error.raw_os_error() == Some(libc::ENOENT) && !filters.is_empty() => {
                return Ok(filters);
            }
            Err(error) => {
                return Err(Error {
                    what: "read the filters of thread",
                    thread,
                    error,
                });
            }
        }
    }
}

/// A thread that is traced, and stopped. It goes on when this is dropped.
struct Tracee {
    thread: i32,
    /// The signal that the thread was about to get when it stopped.
    signal: i32,
}

impl Tracee {
    fn seize(thread: i32) -> io::Result<Self> {
        if thread <= 0 {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        ptrace(libc::PTRACE_SEIZE, thread, 0, ptr::null_mut())?;
        // From here on it is let go whatever happens.
        let mut tracee = Self { thread, signal: 0 };
        ptrace(libc::PTRACE_INTERRUPT, thread, 0, ptr::null_mut())?;
        tracee.wait()?;
        Ok(tracee)
    }

    /// Waits until the thread has stopped.
    fn wait(&mut self) -> io::Result<()> {
        let mut status = 0;
        loop {
            // SAFETY: The kernel writes an int, which is there.
            let done = unsafe { libc::waitpid(self.thread, &mut status, libc::__WALL) };
            if done >= 0 {
                break;
            }
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        if !libc::WIFSTOPPED(status) {
            return Err(io::Error::from_raw_os_error(libc::ESRCH));
        }
        // A stop that is none of ours is that before a signal, which must not be lost.
        if status >> 16 == 0 {
            self.signal = libc::WSTOPSIG(status);
        }
        Ok(())
    }

    fn filter(&self, place: usize) -> io::Result<Installed> {
        let count = ptrace(SECCOMP_GET_FILTER, self.thread, place, ptr::null_mut())?;
        let nothing = Insn::new(0, 0);
        // CAST: It is not negative. The kernel writes as many as it has told, for a filter never
        // changes; and no thread gets another at a place where it has one.
        let mut insns = vec![nothing; (count as usize).max(MAX_INSNS)];
        let count = ptrace(
            SECCOMP_GET_FILTER,
            self.thread,
            place,
            insns.as_mut_ptr().cast(),
        )?;
        insns.truncate(count as usize);
        Ok(Installed {
            insns,
            appended: self.appended(place)?,
        })
    }

    /// What the filter sees beyond `struct seccomp_data`. Kernels that know no such filters write
    /// less, or know no such request.
    fn appended(&self, place: usize) -> io::Result<Option<(u64, u32)>> {
        let mut metadata = Metadata {
            filter_off: place as u64,
            ..Metadata::default()
        };
        let size = mem::size_of::<Metadata>();
        let written = match ptrace(
            SECCOMP_GET_METADATA,
            self.thread,
            size,
            (&raw mut metadata).cast(),
        ) {
            Ok(written) => written,
            Err(error) if error.raw_os_error() == Some(libc::EIO) => 0,
            Err(error) => return Err(error),
        };
        let is_appended = metadata.flags & METADATA_APPENDED != 0;
        if written as usize != size || !is_appended {
            return Ok(None);
        }
        let size = u32::try_from(metadata.extensible_arg_size)
            .map_err(|_| io::Error::from_raw_os_error(libc::EOVERFLOW))?;
        Ok(Some((metadata.flags, size)))
    }
}

impl Drop for Tracee {
    fn drop(&mut self) {
        // CAST: The kernel takes the signal as a number, in place of a pointer. If the thread has
        // ended, there is nobody to be let go.
        let signal = ptr::without_provenance_mut(self.signal as usize);
        let _ = ptrace(libc::PTRACE_DETACH, self.thread, 0, signal);
    }
}

/// ptrace(2), by requests that write at most what [`Tracee`] passes room for.
fn ptrace(
    request: libc::c_uint,
    thread: i32,
    address: usize,
    data: *mut libc::c_void,
) -> io::Result<libc::c_long> {
    // SAFETY: The requests of this file write nothing, or a filter, of at most `MAX_INSNS`
    // instructions, or at most `address` bytes of metadata; `data` has room for that.
    match unsafe { libc::ptrace(request as _, thread, address, data) } {
        -1 => Err(io::Error::last_os_error()),
        result => Ok(result),
    }
}
