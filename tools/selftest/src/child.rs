// SPDX-License-Identifier: MIT OR Apache-2.0

//! A process that makes calls under a filter.

use std::{
    io, ptr,
    sync::atomic::{
        AtomicI32,
        Ordering, //
    },
};

use secpol::{
    call::Call,
    compile::Program,
    kernel, //
};

/// What a call has no errno for: it was not made.
const NOT_MADE: i32 = -1;

/// Makes the calls in a child that has the filter, which returns an errno for each. Returns these.
///
/// Nothing of what the child does between loading the filter and its end allocates, as the filter
/// would answer that call as well.
pub(crate) fn run(program: &Program, calls: &[Call]) -> io::Result<Vec<i32>> {
    let answers = shared(calls.len())?;
    // SAFETY: This process has one thread, so the child finds no lock that another holds.
    match unsafe { libc::fork() } {
        -1 => return Err(io::Error::last_os_error()),
        0 => {
            let loaded = kernel::set_no_new_privs()
                .and_then(|()| kernel::load(program, kernel::Options::default()));
            if loaded.is_ok() {
                for (call, answer) in calls.iter().zip(answers) {
                    answer.store(make(call), Ordering::Relaxed);
                }
            }
            let status = libc::c_int::from(loaded.is_err());
            // SAFETY: It ends the process, without what exit() would do. The filter allows it.
            unsafe { libc::syscall(libc::SYS_exit_group, status) };
        }
        child => wait(child)?,
    }
    Ok(answers
        .iter()
        .map(|answer| answer.load(Ordering::Relaxed))
        .collect())
}

/// Memory that the child and this process share.
fn shared(length: usize) -> io::Result<&'static [AtomicI32]> {
    // SAFETY: It takes new memory, and nothing is at its place.
    let memory = unsafe {
        libc::mmap(
            ptr::null_mut(),
            length * size_of::<AtomicI32>(),
            libc::PROT_READ | libc::PROT_WRITE,
            libc::MAP_SHARED | libc::MAP_ANONYMOUS,
            -1,
            0,
        )
    };
    if memory == libc::MAP_FAILED {
        return Err(io::Error::last_os_error());
    }
    // SAFETY: The memory is as long, is there for good, and all bits of an AtomicI32 may be zero.
    let answers = unsafe { std::slice::from_raw_parts(memory.cast::<AtomicI32>(), length) };
    for answer in answers {
        answer.store(NOT_MADE, Ordering::Relaxed);
    }
    Ok(answers)
}

fn wait(child: libc::pid_t) -> io::Result<()> {
    let mut status = 0;
    // SAFETY: `status` is there.
    if unsafe { libc::waitpid(child, &mut status, 0) } != child {
        return Err(io::Error::last_os_error());
    }
    if status != 0 {
        return Err(io::Error::other(format!(
            "the process with the filter ended with {status:#x}"
        )));
    }
    Ok(())
}

/// Makes a call; returns its errno.
fn make(call: &Call) -> i32 {
    let [a0, a1, a2, a3, a4, a5] = call.arguments;
    // The number has a sign: glibc passes all of it.
    let number = libc::c_long::from(call.number as i32);
    // SAFETY: The filter returns an errno for the call, so the kernel does not make it.
    let result = unsafe { libc::syscall(number, a0, a1, a2, a3, a4, a5) };
    if result == -1 {
        // SAFETY: It is the errno of this thread.
        unsafe { *libc::__errno_location() }
    } else {
        NOT_MADE
    }
}
