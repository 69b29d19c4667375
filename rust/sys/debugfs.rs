// SPDX-License-Identifier: GPL-2.0

//! A directory in debugfs, and files in it whose text is made when they are read.
//!
//! With [`kernel::debugfs`] all who open a file read the same data. Here each of them gets a
//! content of its own, and can write to it.
//!
//! C headers: [`include/linux/debugfs.h`](srctree/include/linux/debugfs.h),
//! [`include/linux/seq_file.h`](srctree/include/linux/seq_file.h)

use super::{
    module,
    task, //
};
use core::{
    marker::PhantomData,
    ptr::NonNull, //
};
use kernel::{
    bindings,
    error::{
        from_result,
        to_result, //
    },
    ffi::{
        c_char,
        c_int,
        c_void, //
    },
    prelude::*,
    seq_file::SeqFile,
    uaccess::{
        UserPtr,
        UserSlice, //
    }, //
};

/// The content of a file, made for each `open()` of it.
pub(crate) trait Content: Send + Sync + Sized + 'static {
    /// Makes the content. The calling task opens the file, and has `CAP_SYS_ADMIN` in the initial
    /// user namespace.
    fn open() -> Result<Pin<KBox<Self>>>;

    /// Takes the text of one `write()`, at most 32 bytes, without white space around it.
    fn write(&self, text: &str) -> Result;

    /// The number of the part of the text that follows `part`; `None` at the end. Part 0 is the
    /// first.
    fn after(&self, part: usize) -> Option<usize>;

    /// Prints a part.
    fn show(&self, part: usize, out: &SeqFile) -> Result;
}

/// A directory at the root of debugfs. Dropping it removes it with its files, and waits for tasks
/// that are inside one of their operations. An open file keeps the module.
///
/// As usual in debugfs, errors are ignored: then the directory or a file is missing.
///
/// # Invariants
///
/// The pointer is what `debugfs_create_dir()` returned.
pub(crate) struct Dir(*mut bindings::dentry);

// SAFETY: The functions that take a `dentry` may be called by any task.
unsafe impl Send for Dir {}
// SAFETY: The functions that take a `dentry` may be called by several tasks at once.
unsafe impl Sync for Dir {}

impl Dir {
    /// Makes a directory.
    pub(crate) fn new(name: &'static CStr) -> Self {
        // SAFETY: The name is a string, and NULL stands for the root.
        let dir =
            unsafe { bindings::debugfs_create_dir(name.as_char_ptr(), core::ptr::null_mut()) };
        // INVARIANT: `debugfs_create_dir()` has just returned it.
        Self(dir)
    }

    /// Makes a file that only root may open.
    pub(crate) fn add<T: Content>(&self, name: &'static CStr) {
        // SAFETY: The name is a string; the directory is valid or an error by the type invariant;
        // the operations are static, and work without data of the inode.
        unsafe {
            bindings::debugfs_create_file_full(
                name.as_char_ptr(),
                0o600,
                self.0,
                core::ptr::null_mut(),
                core::ptr::null(),
                &Operations::<T>::FILE,
            )
        };
    }
}

impl Drop for Dir {
    fn drop(&mut self) {
        // SAFETY: The pointer is what `debugfs_create_dir()` returned, by the type invariant, and
        // is not used any more. `debugfs_remove()` ignores errors.
        unsafe { bindings::debugfs_remove(self.0) };
    }
}

/// The operations of a file.
///
/// `private_data` of the file is a `seq_file`, as `seq_open()` makes it, whose `private` owns a
/// `Pin<KBox<T>>`. The token of an iteration is a part's number plus 1.
struct Operations<T>(PhantomData<T>);

/// The position behind the last part.
const END: bindings::loff_t = bindings::loff_t::MAX;

fn token(part: bindings::loff_t) -> *mut c_void {
    match usize::try_from(part) {
        Ok(part) if part < END as usize => core::ptr::without_provenance_mut(part + 1),
        _ => core::ptr::null_mut(),
    }
}

impl<T: Content> Operations<T> {
    const FILE: bindings::file_operations = bindings::file_operations {
        owner: module::this(),
        open: Some(Self::open),
        read: Some(bindings::seq_read),
        write: Some(Self::write),
        llseek: Some(bindings::seq_lseek),
        release: Some(Self::release),
        // SAFETY: All zeroes is a valid `file_operations`.
        ..unsafe { core::mem::zeroed() }
    };

    const SEQ: bindings::seq_operations = bindings::seq_operations {
        start: Some(Self::start),
        stop: Some(Self::stop),
        next: Some(Self::next),
        show: Some(Self::show),
    };

    /// # Safety
    ///
    /// `seq` is the `seq_file` of an open file.
    unsafe fn content<'a>(seq: *mut bindings::seq_file) -> &'a T {
        // SAFETY: The file is open, so `open()` has put a `T` there, which stays until `release()`;
        // see the type's description.
        unsafe { &*(*seq).private.cast::<T>() }
    }

    /// # Safety
    ///
    /// For the kernel only: `file` is being opened.
    unsafe extern "C" fn open(_inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        from_result(|| {
            if !task::is_sysadmin() {
                return Err(EPERM);
            }
            let content = T::open()?;
            // SAFETY: `file` is being opened, and the operations are static.
            to_result(unsafe { bindings::seq_open(file, &Self::SEQ) })?;
            // SAFETY: `seq_open()` has set it. The pin is kept up: `T` is only referred to until
            // `release()` drops it.
            unsafe {
                let seq = (*file).private_data.cast::<bindings::seq_file>();
                (*seq).private = KBox::into_raw(Pin::into_inner_unchecked(content)).cast();
            }
            Ok(0)
        })
    }

    /// # Safety
    ///
    /// For the kernel only: nobody uses `file` any more.
    unsafe extern "C" fn release(inode: *mut bindings::inode, file: *mut bindings::file) -> c_int {
        // SAFETY: `open()` has put the `seq_file` and the `T` there, and this is called once, when
        // nobody else uses them any more.
        unsafe {
            let seq = (*file).private_data.cast::<bindings::seq_file>();
            drop(KBox::from_raw((*seq).private.cast::<T>()));
            bindings::seq_release(inode, file)
        }
    }

    /// # Safety
    ///
    /// For the kernel only: `file` is open, and `buf` is user memory.
    unsafe extern "C" fn write(
        file: *mut bindings::file,
        buf: *const c_char,
        len: usize,
        _pos: *mut bindings::loff_t,
    ) -> isize {
        from_result(|| {
            // The position does not move, so that the text is then read from its beginning.
            let mut bytes = [0u8; 32];
            let bytes = bytes.get_mut(..len).ok_or(EINVAL)?;
            UserSlice::new(UserPtr::from_ptr(buf.cast_mut().cast()), len)
                .reader()
                .read_slice(bytes)?;
            let text = core::str::from_utf8(bytes).map_err(|_| EINVAL)?;
            // SAFETY: The file is open, and `private_data` its `seq_file`: see the type's
            // description.
            let content = unsafe { Self::content((*file).private_data.cast()) };
            content.write(text.trim())?;
            Ok(len as isize)
        })
    }

    /// # Safety
    ///
    /// For the kernel only, as the functions below: `seq` is that of an open file, and locked;
    /// `pos` is valid.
    unsafe extern "C" fn start(
        _seq: *mut bindings::seq_file,
        pos: *mut bindings::loff_t,
    ) -> *mut c_void {
        // SAFETY: `pos` is valid.
        token(unsafe { *pos })
    }

    /// # Safety
    ///
    /// As of `start()`.
    unsafe extern "C" fn next(
        seq: *mut bindings::seq_file,
        _token: *mut c_void,
        pos: *mut bindings::loff_t,
    ) -> *mut c_void {
        // SAFETY: `seq` is that of an open file, and `pos` is valid.
        unsafe {
            let part = usize::try_from(*pos).ok();
            let after = part.and_then(|part| Self::content(seq).after(part));
            // CAST: Parts are few.
            *pos = after.map_or(END, |part| part as bindings::loff_t);
            token(*pos)
        }
    }

    /// # Safety
    ///
    /// As of `start()`.
    unsafe extern "C" fn stop(_seq: *mut bindings::seq_file, _token: *mut c_void) {}

    /// # Safety
    ///
    /// As of `start()`; `token` is from `start()` or `next()`.
    unsafe extern "C" fn show(seq: *mut bindings::seq_file, token: *mut c_void) -> c_int {
        from_result(|| {
            let part = NonNull::new(token).ok_or(EINVAL)?.addr().get() - 1;
            // SAFETY: `seq` is that of an open file, and locked.
            unsafe { Self::content(seq).show(part, SeqFile::from_raw(seq))? };
            Ok(0)
        })
    }
}
