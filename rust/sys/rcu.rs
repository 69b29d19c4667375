// SPDX-License-Identifier: GPL-2.0

//! Memory that is freed after a grace period.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use kernel::{
    bindings,
    types::Opaque, //
};

pub(crate) use kernel::sync::rcu::read_lock;

/// Room for RCU, in memory that [`FreeLater::free`] is to free.
pub(crate) struct FreeLater(Opaque<bindings::kvfree_rcu_head>);

impl FreeLater {
    /// Room, uninitialised.
    pub(crate) const fn new() -> Self {
        Self(Opaque::uninit())
    }

    /// `kfree_rcu()`: frees the memory after a grace period, without dropping what is in it. No
    /// code of this module runs for that, so unloading need not wait.
    ///
    /// # Safety
    ///
    /// `ptr` is from [`kernel::alloc::KBox::into_raw`]. The caller does not use it any more, nor
    /// does anybody else but under an RCU lock that is held already. `room` returns the room in it,
    /// less than a page from its start.
    pub(crate) unsafe fn free<T>(ptr: *mut T, room: impl FnOnce(*mut T) -> *mut Self) {
        // SAFETY: By the contract the memory is from `kmalloc()` and the room in its first page, as
        // `kvfree_call_rcu()` wants, and nobody uses it when the grace period is over.
        unsafe {
            let head = Opaque::cast_into(&raw const (*room(ptr)).0);
            bindings::kvfree_call_rcu(head, ptr.cast());
        }
    }
}
