// SPDX-License-Identifier: GPL-2.0

//! Counted links that form a tree: what `task->seccomp.filter` points to.
//!
//! Each link leads to the link below it, `prev`; a link and all links below it are its *path*. A
//! link owns its [`Layer::Parts`], and a [`Layer::Summary`] of its path. The summary may borrow
//! from the parts and the summaries of all links of the path, as these live as long as it does.
//! Both are immutable once a task can have the link.
//!
//! A link has two counts, as a `struct seccomp_filter` has:
//!
//! - `users` counts the tasks whose newest link this is, and the links directly on top of it that
//!   have users. At zero no task will ever run under the link again, and [`Layer::abandon`] is
//!   called.
//! - `refs` counts the references that keep the link: those of its users, and of others that look
//!   at it, such as a tracer. At zero it is freed. It is never below `users`.
//!
//! This file knows nothing of filters. It has the raw pointers that a tree of them needs.

use super::memory;
use core::{
    marker::PhantomData,
    mem::MaybeUninit,
    ops::Deref,
    ptr::{
        addr_of,
        addr_of_mut,
        NonNull, //
    }, //
};
use kernel::{
    prelude::*,
    sync::Refcount, //
};

/// What a link consists of.
pub(crate) trait Layer: Sized + 'static {
    /// The part of a link that does not depend on the links below it.
    type Parts: Send + Sync;

    /// What is known of a path. It may borrow from the links of the path.
    type Summary<'path>: Send + Sync;

    /// The summary of a path of which nothing is known.
    fn nothing<'path>() -> Self::Summary<'path>;

    /// Returns `summary`. Implementing it proves to the compiler that a summary which borrows for a
    /// long time may be used as one which borrows for a short time.
    fn shorten<'short, 'long: 'short>(
        summary: &'short Self::Summary<'long>,
    ) -> &'short Self::Summary<'short>;

    /// Called when the last user of a link with these parts has gone; by any task, with interrupts
    /// on.
    fn abandon(parts: &Self::Parts);
}

/// A link.
pub(crate) struct Link<L: Layer> {
    refs: Refcount,
    users: Refcount,
    /// Dropped before all that it borrows from. `'static` stands for the life of the link, and
    /// [`Link::summary`] shortens it.
    summary: L::Summary<'static>,
    parts: L::Parts,
    prev: Option<Ref<L>>,
}

impl<L: Layer> Link<L> {
    /// The parts of the link.
    #[inline(always)]
    pub(crate) fn parts(&self) -> &L::Parts {
        &self.parts
    }

    /// What is known of the path of this link.
    #[inline(always)]
    pub(crate) fn summary(&self) -> &L::Summary<'_> {
        L::shorten(&self.summary)
    }

    /// The links of the path, newest first.
    pub(crate) fn path(&self) -> impl Iterator<Item = &Self> {
        core::iter::successors(Some(self), |link| link.prev.as_deref())
    }

    /// Is `ancestor` on the path of `link`? `None` is the empty path, an ancestor of every link.
    pub(crate) fn is_ancestor(ancestor: Option<&Self>, link: Option<&Self>) -> bool {
        let Some(ancestor) = ancestor else {
            return true;
        };
        link.is_some_and(|link| link.path().any(|link| core::ptr::eq(link, ancestor)))
    }
}

/// Owns one `refs` of a link.
///
/// # Invariants
///
/// The pointer is to a link, one of whose `refs` belongs to this value. It is the pointer that the
/// link was allocated by, through which the link may be freed.
pub(crate) struct Ref<L: Layer>(NonNull<Link<L>>);

// SAFETY: A link's counts are atomic. The rest of it is immutable, and any task may read and drop
// it, as the bounds of `Layer` say.
unsafe impl<L: Layer> Send for Ref<L> {}
// SAFETY: A `&Ref` allows to read the link and to make another `Ref`; see `Send` for both.
unsafe impl<L: Layer> Sync for Ref<L> {}

impl<L: Layer> Clone for Ref<L> {
    fn clone(&self) -> Self {
        self.refs.inc();
        // INVARIANT: The new reference belongs to the new value.
        Self(self.0)
    }
}

impl<L: Layer> Deref for Ref<L> {
    type Target = Link<L>;

    #[inline(always)]
    fn deref(&self) -> &Link<L> {
        // SAFETY: By the type invariant the link is there. Only `Draft` and the last `Ref` write to
        // a link, and then there is no other `Ref`.
        unsafe { self.0.as_ref() }
    }
}

impl<L: Layer> Drop for Ref<L> {
    fn drop(&mut self) {
        let mut next = self.0;
        // A loop and not a recursion: a path can have thousands of links.
        loop {
            // SAFETY: `next` has a reference, which is given up here: first that of `self`, then
            // that of the link that was just freed on its `prev`.
            if !unsafe { next.as_ref() }.refs.dec_and_test() {
                return;
            }
            // SAFETY: The last reference is gone, so nobody else looks at the link. By the type
            // invariant the pointer is that of the allocation, which `Draft::new()` has made as a
            // box; the link is freed once. The summary is dropped while all that it borrows from is
            // there, and before the box claims the memory of the parts for itself.
            let prev = unsafe {
                let link = next.as_ptr();
                let prev = (*addr_of_mut!((*link).prev)).take();
                addr_of_mut!((*link).summary).drop_in_place();
                addr_of_mut!((*link).parts).drop_in_place();
                drop(KBox::<MaybeUninit<Link<L>>>::from_raw(link.cast()));
                prev
            };
            match prev {
                Some(prev) => next = core::mem::ManuallyDrop::new(prev).0,
                None => return,
            }
        }
    }
}

impl<L: Layer> Ref<L> {
    /// The link `steps` below this one; `None` if the path is not that long.
    pub(crate) fn below(&self, steps: usize) -> Option<Self> {
        core::iter::successors(Some(self), |link| link.prev.as_ref())
            .nth(steps)
            .cloned()
    }
}

/// A link that a reference of somebody else keeps for all of `'a`.
///
/// # Invariants
///
/// The pointer is to a link that has a reference for all of `'a`. It is the pointer that the link
/// was allocated by.
pub(crate) struct Borrowed<'a, L: Layer>(NonNull<Link<L>>, PhantomData<&'a Link<L>>);

impl<'a, L: Layer> Borrowed<'a, L> {
    /// # Safety
    ///
    /// `link` is from [`Attached::into_raw`], and the link has a reference for all of `'a`.
    #[inline(always)]
    pub(super) unsafe fn from_raw(link: NonNull<Link<L>>) -> Self {
        // INVARIANT: By the contract of this function.
        Self(link, PhantomData)
    }

    /// A reference that keeps the link, and does not count as a user.
    pub(crate) fn get(self) -> Ref<L> {
        self.refs.inc();
        // INVARIANT: The new reference belongs to the new value.
        Ref(self.0)
    }

    /// Both references, for another task to run under the link. The reference that keeps the link
    /// during `'a` must be that of a task, so that the link has a user already.
    pub(crate) fn attach(self) -> Attached<L> {
        self.users.inc();
        Attached(self.get())
    }

    /// The pointer to the link.
    pub(super) fn as_raw(self) -> NonNull<Link<L>> {
        self.0
    }

    /// The link.
    #[inline(always)]
    pub(crate) fn link(self) -> &'a Link<L> {
        // SAFETY: By the type invariant the link is there for all of `'a`, and nobody writes to it:
        // it is not a draft's any more, and there is a reference.
        unsafe { self.0.as_ref() }
    }
}

impl<L: Layer> Clone for Borrowed<'_, L> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<L: Layer> Copy for Borrowed<'_, L> {}

impl<L: Layer> Deref for Borrowed<'_, L> {
    type Target = Link<L>;

    #[inline(always)]
    fn deref(&self) -> &Link<L> {
        self.link()
    }
}

/// Owns one `refs` and one `users` of a link, as the pointer in a task does.
pub(crate) struct Attached<L: Layer>(Ref<L>);

impl<L: Layer> Attached<L> {
    /// Both references, for another task to run under the link.
    pub(crate) fn share(&self) -> Self {
        self.users.inc();
        Self(self.0.clone())
    }

    /// The pointer to the link. Whoever stores it owns both references.
    pub(super) fn into_raw(self) -> NonNull<Link<L>> {
        let this = core::mem::ManuallyDrop::new(self);
        this.0 .0
    }

    /// # Safety
    ///
    /// `raw` is from [`Attached::into_raw`], or is a copy of such a pointer for which the result of
    /// [`Borrowed::attach`] was forgotten. Nobody else gives the references up.
    pub(super) unsafe fn from_raw(raw: NonNull<Link<L>>) -> Self {
        // INVARIANT: By the contract of this function.
        Self(Ref(raw))
    }
}

impl<L: Layer> Deref for Attached<L> {
    type Target = Link<L>;

    fn deref(&self) -> &Link<L> {
        &self.0
    }
}

impl<L: Layer> Drop for Attached<L> {
    /// `__seccomp_filter_release()`: gives the users up here, and then, as a `Ref`, the memory.
    fn drop(&mut self) {
        for link in self.path() {
            if !link.users.dec_and_test() {
                break;
            }
            L::abandon(&link.parts);
        }
    }
}

/// A new link, which no task has yet, and the path that it is to be put on.
///
/// # Invariants
///
/// `link` has the only reference to the link, which has no `prev`. The summary borrows from nothing
/// but the link's own parts and the path of `below`.
pub(crate) struct Draft<L: Layer> {
    link: Attached<L>,
    below: Option<Ref<L>>,
    /// Has the summary been written?
    is_summarised: bool,
}

impl<L: Layer> Draft<L> {
    /// Makes a link with these parts, of whose path nothing is known. `ENOMEM`.
    pub(crate) fn new(parts: L::Parts) -> Result<Self> {
        // Made in place, as a summary is large.
        let link = KBox::<Link<L>>::new_uninit(memory::flags())?;
        let link = KBox::into_raw(link).cast::<Link<L>>();
        // SAFETY: The memory is new and has room for a link, of which this writes all fields. The
        // pointer of a box is never NULL.
        let link = unsafe {
            addr_of_mut!((*link).refs).write(Refcount::new(1));
            addr_of_mut!((*link).users).write(Refcount::new(1));
            addr_of_mut!((*link).summary).write(L::nothing());
            addr_of_mut!((*link).parts).write(parts);
            addr_of_mut!((*link).prev).write(None);
            NonNull::new_unchecked(link)
        };
        // INVARIANT: Both counts are 1, and belong to these values. The pointer is the
        // allocation's. The summary borrows nothing.
        Ok(Self {
            link: Attached(Ref(link)),
            below: None,
            is_summarised: false,
        })
    }

    /// The parts of the link.
    pub(crate) fn parts(&self) -> &L::Parts {
        self.link.parts()
    }

    /// Makes `below` the path that the link is to be put on, and has `f` write the summary for
    /// that. `f` gets the link's parts and `below`, to borrow from, and finds the summary empty.
    pub(crate) fn summarise(
        &mut self,
        below: Option<Ref<L>>,
        f: impl for<'path> FnOnce(&'path L::Parts, Option<&'path Link<L>>, &mut L::Summary<'path>),
    ) {
        let link = self.link.0 .0.as_ptr();
        if core::mem::replace(&mut self.is_summarised, true) {
            // SAFETY: By the type invariant nobody else has the link. No reference to the summary
            // is left, as each borrows `self`. The old summary may borrow from the old `below`,
            // which is still there.
            unsafe { *addr_of_mut!((*link).summary) = L::nothing() };
        }
        // INVARIANT: The summary borrows nothing.
        self.below = below;
        // SAFETY: Nobody else has the link or a reference to its summary. The parts are another
        // field, which nobody writes to. Parts and `below` live as long as the summary: the draft
        // keeps them, and so does the link once it is put on a path, as `put_on()` puts it on that
        // of `below` alone. The cast changes nothing but the lifetime `'path` of the summary; `f`
        // works for every `'path`, and so also for the life of the link.
        // INVARIANT: As it works for every `'path`, it can store no other borrows in the summary.
        unsafe {
            f(
                &*addr_of!((*link).parts),
                self.below.as_ref().map(|below| below.0.as_ref()),
                &mut *addr_of_mut!((*link).summary).cast(),
            )
        };
    }

    /// What is known of the path that the link would have.
    pub(crate) fn summary(&self) -> &L::Summary<'_> {
        self.link.summary()
    }

    /// The path that the link is to be put on.
    pub(crate) fn below(&self) -> Option<&Link<L>> {
        self.below.as_deref()
    }

    /// Is the link to be put on the path of `prev`?
    pub(crate) fn is_for(&self, prev: Option<&Link<L>>) -> bool {
        self.below.as_deref().map(core::ptr::from_ref) == prev.map(core::ptr::from_ref)
    }

    /// Puts the link on top of a task's path, and takes over the task's references to that. Returns
    /// both if the link is to be put on another path.
    ///
    /// Frees nothing, so a spinlock may be held.
    pub(crate) fn put_on(
        self,
        prev: Option<Attached<L>>,
    ) -> Result<Attached<L>, (Self, Option<Attached<L>>)> {
        if !self.is_for(prev.as_deref()) {
            return Err((self, prev));
        }
        let Self { link, below, .. } = self;
        // The `users` of `prev` is given up when that of the link goes (`Attached::drop()`), the
        // `refs` when the link is freed (`Ref::drop()`).
        let prev = prev.map(|prev| {
            let prev = core::mem::ManuallyDrop::new(prev);
            // SAFETY: `prev` is not dropped, so the reference is moved and not copied.
            unsafe { core::ptr::read(&prev.0) }
        });
        // SAFETY: By the type invariant nobody else has the link, and `prev` is `None`, which need
        // not be dropped.
        unsafe { addr_of_mut!((*link.0 .0.as_ptr()).prev).write(prev) };
        // `prev` is a reference to the same link, so this one is not the last.
        drop(below);
        Ok(link)
    }
}
