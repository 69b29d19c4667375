// SPDX-License-Identifier: GPL-2.0

//! Memory that is freed when all who may have come upon it have gone.
//!
//! C header: [`include/linux/rcupdate.h`](srctree/include/linux/rcupdate.h)

use kernel::{
    bindings,
    types::Opaque, //
};

pub(crate) use kernel::sync::rcu::read_lock;

/// Room that RCU needs in memory to be freed by [`FreeLater::free`].
pub(crate) struct FreeLater(Opaque<bindings::kvfree_rcu_head>);

impl FreeLater {
    /// Room.
    pub(crate) const fn new() -> Self {
        Self(Opaque::uninit())
    }

    /// `kfree_rcu()`: frees the memory, without dropping what is in it. No code of this module runs
    /// for it later, so unloading need not wait.
    ///
    /// # Safety
    ///
    /// `ptr` is from [`kernel::alloc::KBox::into_raw`], nobody finds it any more other than under
    /// an RCU lock that is held already, and it is not used by the caller any more. `room` returns
    /// the room in it, less than a page from its start.
    pub(crate) unsafe fn free<T>(ptr: *mut T, room: impl FnOnce(*mut T) -> *mut Self) {
        // SAFETY: By the contract of this function.
        unsafe {
            let head = Opaque::cast_into(&raw const (*room(ptr)).0);
            bindings::kvfree_call_rcu(head, ptr.cast());
        }
    }
}
