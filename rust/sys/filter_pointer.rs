// SPDX-License-Identifier: GPL-2.0

//! `task->seccomp.filter`: which engine a task's filter belongs to, and how it is replaced.
//!
//! C header: [`include/linux/seccomp_types.h`](srctree/include/linux/seccomp_types.h)

use super::path::{
    Attached,
    Borrowed,
    Draft,
    Layer,
    Link, //
};
use core::ptr::NonNull;
use kernel::{
    bindings,
    sync::barrier,
    types::Opaque, //
};

/// The layer whose links tasks have as their filters.
///
/// # Safety
///
/// If a task's `seccomp.filter` is not NULL and has all bits of [`Filters::TAG`], it is a pointer
/// from [`Attached::into_raw`] of this layer with the tag added, and the task owns the references
/// that come with it: either [`FilterPointer::set`] has stored it, or fork has copied it and has
/// called [`Task::share_filter`](super::task::Task::share_filter) for the copy.
pub(crate) unsafe trait Filters: Layer {
    /// The bits that mark the engine's pointers; 0 if there are no others.
    const TAG: usize;
}

/// The engine that a task's filter belongs to.
pub(crate) enum Owner<'a, L: Layer> {
    /// The task has no filter.
    Nobody,
    /// The built-in engine's: the task was confined before the module came.
    Kernel,
    /// The engine's.
    Us(Borrowed<'a, L>),
}

/// The link behind a tagged pointer; `None` if the pointer has no tag, or is NULL.
#[inline(always)]
fn untag<L: Filters>(raw: *mut bindings::seccomp_filter) -> Option<NonNull<Link<L>>> {
    if raw.addr() & L::TAG != L::TAG {
        return None;
    }
    NonNull::new(raw.cast::<u8>().wrapping_sub(L::TAG).cast())
}

fn tag<L: Filters>(link: Option<Attached<L>>) -> *mut bindings::seccomp_filter {
    match link {
        Some(link) => {
            let link = link.into_raw().as_ptr();
            link.cast::<u8>().wrapping_add(L::TAG).cast()
        }
        None => core::ptr::null_mut(),
    }
}

/// `task->seccomp.filter`.
#[repr(transparent)]
pub(super) struct FilterPointer(Opaque<*mut bindings::seccomp_filter>);

impl FilterPointer {
    /// The pointer as it is stored, tag and all.
    #[inline(always)]
    fn get(&self) -> *mut bindings::seccomp_filter {
        // SAFETY: The field is there. The access is volatile, as other processors may write.
        unsafe { self.0.get().read_volatile() }
    }

    /// Has the task no filter, of either engine?
    pub(super) fn is_null(&self) -> bool {
        self.get().is_null()
    }

    /// The owner of the task's filter.
    ///
    /// # Safety
    ///
    /// During `'a` the task's filter is not replaced, but by one whose path leads to it.
    #[inline(always)]
    pub(super) unsafe fn owner<'a, L: Filters>(&self) -> Owner<'a, L> {
        let raw = self.get();
        if raw.is_null() {
            return Owner::Nobody;
        }
        match untag(raw) {
            // SAFETY: By the contract of `Filters` the pointer is from `into_raw()` and the task
            // has a reference. By that of this function the task's filter keeps the link during
            // `'a`.
            Some(link) => Owner::Us(unsafe { Borrowed::from_raw(link) }),
            None => Owner::Kernel,
        }
    }

    /// Stores `filter` in the task, which then owns its references.
    ///
    /// A task that reads the new pointer sees the link initialised.
    ///
    /// # Safety
    ///
    /// The caller holds the siglock of the task, so that there is no other writer. The references
    /// of the old filter belong to somebody else from now on. Nobody has borrowed that by
    /// [`FilterPointer::owner`], unless the path of `filter` leads to it.
    unsafe fn set<L: Filters>(&self, filter: Option<Attached<L>>) {
        barrier::smp_mb(barrier::Write);
        // SAFETY: By the contract there is no other writer.
        unsafe { self.0.get().write_volatile(tag(filter)) };
    }

    /// Puts the draft's link on top of the task's path. Returns the draft if it is to be put on
    /// another path, the built-in engine's for one. Frees nothing.
    ///
    /// The task has a filter at all times: its old one, and then the new one.
    ///
    /// # Safety
    ///
    /// The caller holds the siglock of the task.
    pub(super) unsafe fn push<L: Filters>(&self, draft: Draft<L>) -> Result<(), Draft<L>> {
        // SAFETY: The siglock is held, so the filter is not replaced meanwhile.
        let old = match unsafe { self.owner::<L>() } {
            Owner::Nobody => None,
            Owner::Us(old) => Some(old.as_raw()),
            Owner::Kernel => return Err(draft),
        };
        // SAFETY: By the contract of `Filters` the pointer is from `into_raw()`. The task owns its
        // references until it gets the link, and if it does not, the value is forgotten.
        match draft.put_on(old.map(|old| unsafe { Attached::from_raw(old) })) {
            Ok(link) => {
                // SAFETY: The siglock is held. The path of the link leads to the old filter, and
                // owns its references.
                unsafe { self.set(Some(link)) };
                Ok(())
            }
            Err((draft, old)) => {
                core::mem::forget(old);
                Err(draft)
            }
        }
    }

    /// Makes `path` the task's path, if it leads to the task's filter, and returns whether it does.
    /// Frees nothing.
    ///
    /// # Safety
    ///
    /// The caller holds the siglock of the task.
    pub(super) unsafe fn follow<L: Filters>(&self, path: &Attached<L>) -> bool {
        // SAFETY: The siglock is held, so the filter is not replaced meanwhile.
        let old = match unsafe { self.owner::<L>() } {
            Owner::Nobody => None,
            Owner::Us(old) => Some(old),
            Owner::Kernel => return false,
        };
        if !Link::is_ancestor(old.as_deref(), Some(path)) {
            return false;
        }
        // SAFETY: The siglock is held, and `path` leads to the old filter. The references of that
        // are dropped below.
        unsafe { self.set(Some(path.share())) };
        // SAFETY: By the contract of `Filters` the pointer is from `into_raw()`, and the task owned
        // the references. They are not the last, as `path` has others.
        drop(old.map(|old| unsafe { Attached::from_raw(old.as_raw()) }));
        true
    }

    /// Takes the filter away from the task; `None` if it has none of the engine's.
    ///
    /// # Safety
    ///
    /// The caller holds the siglock of the task, and nobody has borrowed the filter by
    /// [`FilterPointer::owner`].
    pub(super) unsafe fn take<L: Filters>(&self) -> Option<Attached<L>> {
        let old = untag(self.get())?;
        // SAFETY: The siglock is held, and by the contract nobody has borrowed the filter. The
        // result owns its references.
        unsafe { self.set::<L>(None) };
        // SAFETY: By the contract of `Filters` the pointer is from `into_raw()`, and the task owned
        // the references.
        Some(unsafe { Attached::from_raw(old) })
    }
}
