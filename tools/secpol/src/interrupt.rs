// SPDX-License-Identifier: MIT OR Apache-2.0

//! Signals that ask a program to end, as something to wait for, so that it can clean up.

#![allow(unsafe_code)]

use std::{
    io,
    mem::MaybeUninit,
    os::fd::{
        AsFd,
        AsRawFd,
        BorrowedFd,
        FromRawFd,
        OwnedFd, //
    },
    ptr, //
};

/// SIGINT, SIGTERM and SIGHUP, which no longer end the calling thread, nor threads that it starts.
#[derive(Debug)]
pub struct Interrupt(OwnedFd);

/// What was waited for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Woken {
    /// One of the files is ready. By file:
    Ready {
        /// there is something to read;
        readable: Vec<bool>,
        /// there will never be anything more.
        hung_up: Vec<bool>,
    },
    /// The program is asked to end.
    Interrupted,
}

impl Interrupt {
    /// From now on the signals wait until they are waited for.
    pub fn new() -> io::Result<Self> {
        let mut set = MaybeUninit::<libc::sigset_t>::uninit();
        // SAFETY: The first function fills in the set, which the others read and change.
        let fd = unsafe {
            libc::sigemptyset(set.as_mut_ptr());
            for signal in [libc::SIGINT, libc::SIGTERM, libc::SIGHUP] {
                libc::sigaddset(set.as_mut_ptr(), signal);
            }
            match libc::pthread_sigmask(libc::SIG_BLOCK, set.as_ptr(), ptr::null_mut()) {
                0 => libc::signalfd(-1, set.as_ptr(), libc::SFD_CLOEXEC),
                error => return Err(io::Error::from_raw_os_error(error)),
            }
        };
        match fd {
            -1 => Err(io::Error::last_os_error()),
            // SAFETY: The kernel has just opened it for us, and nobody else knows it.
            fd => Ok(Self(unsafe { OwnedFd::from_raw_fd(fd) })),
        }
    }

    /// Waits until there is something to read from one of the files, or nothing ever again, or the
    /// program is asked to end.
    pub fn wait(&self, files: &[BorrowedFd<'_>]) -> io::Result<Woken> {
        let own = self.0.as_fd();
        let mut waiting: Vec<libc::pollfd> = std::iter::once(&own)
            .chain(files)
            .map(|file| libc::pollfd {
                fd: file.as_raw_fd(),
                events: libc::POLLIN,
                revents: 0,
            })
            .collect();
        // CAST: The type differs between C libraries.
        let count = waiting.len() as libc::nfds_t;
        // SAFETY: The array has as many elements as are said, and no timeout is given.
        while unsafe { libc::poll(waiting.as_mut_ptr(), count, -1) } < 0 {
            let error = io::Error::last_os_error();
            if error.kind() != io::ErrorKind::Interrupted {
                return Err(error);
            }
        }
        if waiting[0].revents != 0 {
            return Ok(Woken::Interrupted);
        }
        let is = |bits| {
            waiting[1..]
                .iter()
                .map(|file| file.revents & bits != 0)
                .collect()
        };
        Ok(Woken::Ready {
            readable: is(libc::POLLIN),
            hung_up: is(libc::POLLHUP | libc::POLLERR),
        })
    }
}
