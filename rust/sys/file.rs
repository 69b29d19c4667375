// SPDX-License-Identifier: GPL-2.0

//! Files: the listener's own, and those that it gives away.
//!
//! C headers: [`include/linux/anon_inodes.h`](srctree/include/linux/anon_inodes.h),
//! [`include/linux/file.h`](srctree/include/linux/file.h)

use super::{
    ffi,
    module,
    wait::{
        Events,
        PollQueue, //
    }, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::{
        from_err_ptr,
        from_result, //
    },
    ffi::{
        c_int,
        c_long,
        c_uint,
        c_ulong, //
    },
    fs::File,
    prelude::*,
    sync::{
        aref::ARef,
        Arc,
        ArcBorrow, //
    },
    types::ForeignOwnable, //
};

/// A number that is hard to guess.
pub(crate) fn random_id() -> u64 {
    // SAFETY: May be called from any context.
    unsafe { bindings::get_random_u64() }
}

/// What an anonymous file does that owns an `Arc` of its data: the part of `struct file_operations`
/// that a listener has.
///
/// All of these run in the context of a task that may sleep, and several at once.
pub(crate) trait Operations: 'static {
    /// What the file owns until its release.
    type Data: Send + Sync + 'static;

    /// The queue on which whoever polls the file waits for its events to change.
    fn queue(data: &Self::Data) -> &PollQueue;

    /// The events that are there now. The caller is on the queue already, so a change after this
    /// wakes it.
    fn poll(data: &Self::Data) -> Events;

    /// An ioctl, of a 32-bit caller as well: its structures must have one layout for both.
    fn ioctl(data: &Self::Data, cmd: u32, arg: usize) -> Result<isize>;

    /// The last reference to the file has gone, and with it all who polled it.
    fn release(data: Arc<Self::Data>);
}

/// The `struct file_operations` of [`Operations`].
///
/// `private_data` of the file is an `Arc<T::Data>`, from `into_foreign()`, which the file owns from
/// [`anonymous`] to `release()`.
struct Table<T>(PhantomData<T>);

impl<T: Operations> Table<T> {
    const FILE: bindings::file_operations = bindings::file_operations {
        owner: module::this(),
        release: Some(Self::release),
        poll: Some(Self::poll),
        unlocked_ioctl: Some(Self::ioctl),
        compat_ioctl: Some(Self::ioctl),
        // SAFETY: All zeroes is a valid `file_operations`.
        ..unsafe { core::mem::zeroed() }
    };

    /// # Safety
    ///
    /// `file` is one of these, and is not released during `'a`.
    unsafe fn data<'a>(file: *mut bindings::file) -> ArcBorrow<'a, T::Data> {
        // SAFETY: `anonymous()` has put an `Arc` there, which stays until the release.
        unsafe { Arc::<T::Data>::borrow((*file).private_data) }
    }

    /// # Safety
    ///
    /// For the kernel only: `file` is one of these, and nobody uses it any more.
    unsafe extern "C" fn release(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: `anonymous()` has put an `Arc` there. The kernel releases a file once, so this
        // takes the file's reference, and nobody borrows from it: see `data()`.
        T::release(unsafe { Arc::<T::Data>::from_foreign((*file).private_data) });
        0
    }

    /// # Safety
    ///
    /// For the kernel only: the arguments are those of a `->poll()`, and `file` is one of these.
    unsafe extern "C" fn poll(
        file: *mut bindings::file,
        table: *mut bindings::poll_table_struct,
    ) -> bindings::__poll_t {
        // SAFETY: The caller of `->poll()` has a reference to the file.
        let data = &*unsafe { Self::data(file) };
        // SAFETY: The arguments are those of `->poll()`. The data, and with it the queue, stays
        // until the release. By then all who polled are off the queue: poll(2) and select(2) have a
        // reference to the file while they are on it, and `eventpoll_release()` comes before
        // `->release()`.
        unsafe { T::queue(data).poll_wait(file, table) };
        T::poll(data).bits()
    }

    /// # Safety
    ///
    /// For the kernel only: `file` is one of these.
    unsafe extern "C" fn ioctl(file: *mut bindings::file, cmd: c_uint, arg: c_ulong) -> c_long {
        // SAFETY: The caller of `->unlocked_ioctl()` has a reference to the file.
        let data = &*unsafe { Self::data(file) };
        from_result(|| T::ioctl(data, cmd, arg))
    }
}

/// Makes an anonymous file that owns `data`. It keeps the module for as long as it is there.
///
/// Fails with `ENOMEM`, `ENFILE`, and `ENOENT` if the module is going.
pub(crate) fn anonymous<T: Operations>(
    name: &'static CStr,
    data: Arc<T::Data>,
) -> Result<ARef<File>> {
    make(name, &Table::<T>::FILE, data, bindings::O_RDWR)
}

/// Makes an anonymous file whose `private_data` is `data`; its `->release()` has to take it back.
/// `flags` are those of open(2). Fails as [`anonymous`].
pub(super) fn make<T: ForeignOwnable>(
    name: &'static CStr,
    fops: &'static bindings::file_operations,
    data: T,
    flags: u32,
) -> Result<ARef<File>> {
    let private = data.into_foreign();
    // SAFETY: The name and the operations are static, and the file gets a reference to the module
    // that they belong to.
    let file = from_err_ptr(unsafe {
        ffi::anon_inode_getfile(name.as_char_ptr(), fops, private, flags as c_int)
    })
    .inspect_err(|_| {
        // SAFETY: It was just made by `into_foreign()`, and there is no file that would own it.
        drop(unsafe { T::from_foreign(private) });
    })?;
    let file = NonNull::new(file).ok_or(EINVAL)?;
    // SAFETY: The new file comes with a reference, and nobody has its position locked.
    Ok(unsafe { ARef::from_raw(file.cast()) })
}

/// The caller's file behind the descriptor `fd`.
pub(crate) fn get(fd: u32) -> Result<ARef<File>> {
    // SAFETY: May be called with any number.
    let file = NonNull::new(unsafe { bindings::fget(fd) }).ok_or(EBADF)?;
    // SAFETY: `fget()` took a reference. The file is only given away, never read or seeked.
    Ok(unsafe { ARef::from_raw(file.cast()) })
}

/// Installs the file in the caller's table, at a free descriptor or in place of what is at
/// `replace`. Returns the descriptor.
pub(crate) fn receive(file: &File, replace: Option<u32>, flags: u32) -> Result<u32> {
    // SAFETY: The file has a reference; the symbol that is not exported was resolved at load.
    let fd = unsafe {
        match replace {
            None => bindings::receive_fd(file.as_ptr(), core::ptr::null_mut(), flags),
            Some(fd) => ffi::rsc_receive_fd_replace(fd as c_int, file.as_ptr(), flags),
        }
    };
    u32::try_from(fd).map_err(|_| Error::from_errno(fd))
}
