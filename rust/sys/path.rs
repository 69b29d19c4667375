// SPDX-License-Identifier: GPL-2.0

//! Counted links that form a tree: what `task->seccomp.filter` points to.
//!
//! Each link leads to the one below it, `prev`; the links from one to the root are its *path*. A
//! link owns its [`Layer::Parts`], and a [`Layer::Summary`] of its path, which may borrow from the
//! parts and the summaries of all links of the path, as these live as long as it does. Both are
//! immutable once the link is on a path.
//!
//! A link has two counts, as a `struct seccomp_filter` has:
//!
//! - `users` counts the tasks that run under the link, directly or (as one) through a link on top
//!   of it. At zero no task will ever run under it again, which [`Layer::abandon`] is told.
//! - `refs` counts whoever may look at the link: its users, a tracer that reads it. At zero it is
//!   freed. It is never below `users`.
//!
//! This file knows nothing of filters; it has all that a tree of them needs of raw pointers.

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
    /// What is the link's own, whatever is below it.
    type Parts: Send + Sync;

    /// What is known of a path. It may borrow from the links of that.
    type Summary<'path>: Send + Sync;

    /// Nothing is known.
    fn nothing<'path>() -> Self::Summary<'path>;

    /// Returns `summary`. That this compiles shows that a summary that borrows for long may be
    /// used as one that borrows for short.
    fn shorten<'short, 'long: 'short>(
        summary: &'short Self::Summary<'long>,
    ) -> &'short Self::Summary<'short>;

    /// The last user of a link with these parts has gone. Called by any task, with interrupts on.
    fn abandon(parts: &Self::Parts);
}

/// A link.
pub(crate) struct Link<L: Layer> {
    refs: Refcount,
    users: Refcount,
    /// Dropped before what it borrows from. `'static` stands for the life of the link.
    summary: L::Summary<'static>,
    parts: L::Parts,
    prev: Option<Ref<L>>,
}

impl<L: Layer> Link<L> {
    /// What is the link's own.
    #[inline(always)]
    pub(crate) fn parts(&self) -> &L::Parts {
        &self.parts
    }

    /// What is known of the path that begins here.
    #[inline(always)]
    pub(crate) fn summary(&self) -> &L::Summary<'_> {
        L::shorten(&self.summary)
    }

    /// This link and those below it, newest first.
    pub(crate) fn path(&self) -> impl Iterator<Item = &Self> {
        core::iter::successors(Some(self), |link| link.prev.as_deref())
    }

    /// Is `ancestor` on the path of `link`? The empty path is an ancestor of all.
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
/// The pointer is to a link, as its allocation is known by, one of whose `refs` belongs to this
/// value.
pub(crate) struct Ref<L: Layer>(NonNull<Link<L>>);

// SAFETY: The counts are atomic and the rest is immutable and may be shared and sent, by the
// bounds of `Layer`; any task may free a link.
unsafe impl<L: Layer> Send for Ref<L> {}
// SAFETY: As above.
unsafe impl<L: Layer> Sync for Ref<L> {}

impl<L: Layer> Clone for Ref<L> {
    fn clone(&self) -> Self {
        self.refs.inc();
        // INVARIANT: The new reference is the value's.
        Self(self.0)
    }
}

impl<L: Layer> Deref for Ref<L> {
    type Target = Link<L>;

    #[inline(always)]
    fn deref(&self) -> &Link<L> {
        // SAFETY: By the type invariant. Only `Draft` writes to a link, through the one `Ref`
        // there is.
        unsafe { self.0.as_ref() }
    }
}

impl<L: Layer> Drop for Ref<L> {
    fn drop(&mut self) {
        let mut next = self.0;
        // A loop and not a recursion: paths can be thousands of links long.
        loop {
            // SAFETY: The reference that is given up here is `self`'s, then the one that the freed
            // link had on its `prev`.
            if !unsafe { next.as_ref() }.refs.dec_and_test() {
                return;
            }
            // SAFETY: The last reference is gone, so nobody else looks at the link. It came from
            // `Draft::new()`, by the type invariant, and is freed once. The summary goes while all
            // that it borrows from is there, and before a box claims the memory of the parts for
            // itself.
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
    /// The link that is `steps` below this one.
    pub(crate) fn below(&self, steps: usize) -> Option<Self> {
        core::iter::successors(Some(self), |link| link.prev.as_ref())
            .nth(steps)
            .cloned()
    }
}

/// A link that somebody else keeps for all of `'a`.
///
/// # Invariants
///
/// The pointer is to a link, as its allocation is known by, which has a reference for all of `'a`.
pub(crate) struct Borrowed<'a, L: Layer>(NonNull<Link<L>>, PhantomData<&'a Link<L>>);

impl<'a, L: Layer> Borrowed<'a, L> {
    /// # Safety
    ///
    /// `link` is from [`Attached::into_raw`], and has a reference for all of `'a`.
    #[inline(always)]
    pub(super) unsafe fn from_raw(link: NonNull<Link<L>>) -> Self {
        // INVARIANT: By the contract of this function.
        Self(link, PhantomData)
    }

    /// A reference that keeps the link, and does not count as a user.
    pub(crate) fn get(self) -> Ref<L> {
        self.refs.inc();
        // INVARIANT: The new reference is the value's.
        Ref(self.0)
    }

    /// Both references, for another task to run under the link. The one that keeps it must be of
    /// such a task.
    pub(crate) fn attach(self) -> Attached<L> {
        self.users.inc();
        Attached(self.get())
    }

    /// The link, for as long as it is kept.
    #[inline(always)]
    pub(crate) fn link(self) -> &'a Link<L> {
        // SAFETY: By the type invariant. Links of which there may be a pointer are not written to.
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

/// Owns one `refs` and one `users` of a link: what a task's pointer stands for.
pub(crate) struct Attached<L: Layer>(Ref<L>);

impl<L: Layer> Attached<L> {
    /// Both references, for another task to run under the link.
    pub(crate) fn share(&self) -> Self {
        self.users.inc();
        Self(self.0.clone())
    }

    /// The link, whose references are owned by whoever has the pointer.
    pub(super) fn into_raw(self) -> NonNull<Link<L>> {
        let this = core::mem::ManuallyDrop::new(self);
        this.0 .0
    }

    /// # Safety
    ///
    /// `raw` came from [`Attached::into_raw`], or is a copy of such a pointer for which there was
    /// a call of [`Borrowed::attach`] whose result was forgotten, and the references are not owned
    /// by anybody else.
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
    /// `__seccomp_filter_release()`: first the users, whose end others are told, then the memory.
    fn drop(&mut self) {
        for link in self.path() {
            if !link.users.dec_and_test() {
                break;
            }
            L::abandon(&link.parts);
        }
    }
}

/// A link that is on no path yet, and that no task runs under.
///
/// # Invariants
///
/// `link` is the only reference to the link, which has no `prev`. Its summary borrows from its own
/// parts and from the path of `below` alone.
pub(crate) struct Draft<L: Layer> {
    link: Attached<L>,
    below: Option<Ref<L>>,
    /// Has the summary been written?
    is_summarised: bool,
}

impl<L: Layer> Draft<L> {
    /// Makes a link with these parts, of whose path nothing is known; `ENOMEM` if there is no
    /// memory.
    pub(crate) fn new(parts: L::Parts) -> Result<Self> {
        // In place, as the summary is a large one.
        let link = KBox::<Link<L>>::new_uninit(memory::flags())?;
        let link = KBox::into_raw(link).cast::<Link<L>>();
        // SAFETY: The memory is a new link's, of which all fields are written. A box is never NULL.
        let link = unsafe {
            addr_of_mut!((*link).refs).write(Refcount::new(1));
            addr_of_mut!((*link).users).write(Refcount::new(1));
            addr_of_mut!((*link).summary).write(L::nothing());
            addr_of_mut!((*link).parts).write(parts);
            addr_of_mut!((*link).prev).write(None);
            NonNull::new_unchecked(link)
        };
        // INVARIANT: The counts of a new link are one each, and belong to these values.
        Ok(Self {
            link: Attached(Ref(link)),
            below: None,
            is_summarised: false,
        })
    }

    /// What is the link's own.
    pub(crate) fn parts(&self) -> &L::Parts {
        self.link.parts()
    }

    /// Has `f` write the summary of the path that the link would have on top of `below`. It finds
    /// the one that knows nothing, and gets the parts and the path below to borrow from.
    pub(crate) fn summarise(
        &mut self,
        below: Option<Ref<L>>,
        f: impl for<'path> FnOnce(&'path L::Parts, Option<&'path Link<L>>, &mut L::Summary<'path>),
    ) {
        let link = self.link.0 .0.as_ptr();
        if core::mem::replace(&mut self.is_summarised, true) {
            // SAFETY: By the type invariant nobody else has the link, and no reference to the
            // summary is left from an earlier call, as none could outlive `self` being borrowed. It
            // may have borrowed from the old `below`, which is still there.
            unsafe { *addr_of_mut!((*link).summary) = L::nothing() };
        }
        // INVARIANT: The summary borrows nothing.
        self.below = below;
        // SAFETY: Nobody else has the link; the parts are another field, which nobody writes to. Both they and
        // `below` are there for as long as the summary: the draft keeps them, and so does the link
        // once it is put on `below` (it is not put on another). The cast is to the same type but
        // for that lifetime, for which `f` says nothing but that it is the same for all.
        // INVARIANT: By its type, that is all that `f` can borrow from.
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

    /// The path that the link would be put on.
    pub(crate) fn below(&self) -> Option<&Link<L>> {
        self.below.as_deref()
    }

    /// Was the summary written for the path that begins with `prev`?
    pub(crate) fn is_for(&self, prev: Option<&Link<L>>) -> bool {
        self.below.as_deref().map(core::ptr::from_ref) == prev.map(core::ptr::from_ref)
    }

    /// Puts the link on top of the path that a task had, whose references it takes over. Gives
    /// both back if the summary is of another path.
    ///
    /// Nothing is freed: it may be called with a lock held.
    pub(crate) fn put_on(
        self,
        prev: Option<Attached<L>>,
    ) -> Result<Attached<L>, (Self, Option<Attached<L>>)> {
        if !self.is_for(prev.as_deref()) {
            return Err((self, prev));
        }
        let Self { link, below, .. } = self;
        // The `users` reference on `prev` is given up when that of the link goes, the `refs` when
        // the link is freed: see `drop()` of `Attached` and of `Ref`.
        let prev = prev.map(|prev| {
            let prev = core::mem::ManuallyDrop::new(prev);
            // SAFETY: `prev` is not dropped, so its reference is moved, not copied.
            unsafe { core::ptr::read(&prev.0) }
        });
        // SAFETY: By the type invariant nobody else has the link, and there is no `prev` to be
        // dropped.
        unsafe { addr_of_mut!((*link.0 .0.as_ptr()).prev).write(prev) };
        // It is the same link as `prev`, so this is not the last reference.
        drop(below);
        Ok(link)
    }
}
