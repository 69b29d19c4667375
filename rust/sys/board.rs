// SPDX-License-Identifier: GPL-2.0

//! A board on which tasks post requests and wait: each posts a value that lives on its own stack.
//!
//! The lists of `<linux/list.h>` are used like this: an entry is a local variable of a function
//! that puts it on a list, sleeps, and takes it off. Here [`Locked::post`] is that function, and
//! what it calls in between has no say in whether the entry is taken off.

use super::wait::{
    lock_interruptible,
    Completion,
    Wake, //
};
use core::{
    cell::{
        Cell,
        UnsafeCell, //
    },
    marker::PhantomData,
    mem::ManuallyDrop,
    ops::{
        Deref,
        DerefMut, //
    }, //
};
use kernel::{
    bindings,
    new_mutex,
    prelude::*,
    sync::{
        Mutex,
        MutexGuard, //
    }, //
};
use pin_init::Wrapper;

/// A list of values, each posted by a task that waits, and a value `S` that belongs to none of
/// them.
///
/// A mutex guards the list, all values on it, and `S`.
#[pin_data]
pub(crate) struct Board<T, S> {
    #[pin]
    inner: Mutex<Inner<T, S>>,
}

/// # Invariants
///
/// `first` and `last` are the ends of a list, oldest node first, linked by [`Node::prev`] and
/// [`Node::next`]; NULL ends it on both sides. Each node on it is valid: it is a local variable of
/// a call of [`Locked::post`] that has not returned.
struct Inner<T, S> {
    first: *const Node<T>,
    last: *const Node<T>,
    shared: S,
}

// SAFETY: Whoever has the lock may use and change the values on the list, which is to give them to
// that task for a while, but no more than that: a node is dropped by the task that made it. The
// other parts of a node are the links, which are used with the lock only, and what is `Sync`.
unsafe impl<T: Send, S: Send> Send for Inner<T, S> {}

#[pin_data]
struct Node<T> {
    /// Guarded by the board's lock, as `next` and `value`.
    prev: Cell<*const Node<T>>,
    next: Cell<*const Node<T>>,
    #[pin]
    value: UnsafeCell<T>,
    /// The task that has posted the node.
    task: *mut bindings::task_struct,
    /// What that task waits for.
    #[pin]
    woken: Completion,
}

impl<T: Send, S: Send + Unpin> Board<T, S> {
    /// An empty board.
    pub(crate) fn new(shared: S) -> impl PinInit<Self> {
        // INVARIANT: The list is empty.
        pin_init!(Self {
            inner <- new_mutex!(Inner {
                first: core::ptr::null(),
                last: core::ptr::null(),
                shared,
            }),
        })
    }

    /// Takes the lock. It sleeps.
    #[inline(always)]
    pub(crate) fn lock(&self) -> Locked<'_, T, S> {
        Locked(self.inner.lock())
    }

    /// Takes the lock; `EINTR` if a signal comes first.
    pub(crate) fn lock_interruptible(&self) -> Result<Locked<'_, T, S>> {
        lock_interruptible(&self.inner).map(Locked)
    }
}

/// A locked board. Dereferences to the value that belongs to no entry.
pub(crate) struct Locked<'a, T, S>(MutexGuard<'a, Inner<T, S>>);

impl<T: Send, S: Send + Unpin> Locked<'_, T, S> {
    /// The entries, oldest first.
    #[inline(always)]
    pub(crate) fn entries(&mut self) -> Entries<'_, T> {
        // INVARIANT: The lock is held, and its guard borrowed, for as long as the result is used.
        Entries {
            next: self.0.first,
            locked: PhantomData,
        }
    }

    /// The oldest entry for which `is_it` holds.
    #[inline(always)]
    pub(crate) fn find(&mut self, mut is_it: impl FnMut(&T) -> bool) -> Option<Entry<'_, T>> {
        self.entries().find(|entry| is_it(entry))
    }

    /// Posts `value` for the calling task, as the newest entry, and calls `wait`, which is to wait
    /// ([`Post`]). When that returns, the entry is taken off, the lock given up and the value
    /// dropped.
    ///
    /// The value is made where it stays.
    #[inline(always)]
    pub(crate) fn post<R>(
        self,
        value: impl Init<T>,
        wait: impl FnOnce(&mut Post<'_, T, S>) -> R + Send,
    ) -> R {
        pin_init::stack_pin_init!(let node = pin_init!(Node {
            prev: Cell::new(core::ptr::null()),
            next: Cell::new(core::ptr::null()),
            value <- UnsafeCell::pin_init(value),
            task: kernel::current!().as_ptr(),
            woken <- Completion::new(),
        }));
        let node = node.as_ref().get_ref();
        // INVARIANT: The lock is held. The node is unlinked below, before it is gone: nobody
        // unwinds in the kernel, `wait` does not know the node, and as it is `Send` it cannot end
        // the thread (`exit_thread()`).
        let mut post = Post {
            locked: ManuallyDrop::new(self),
            node,
        };
        post.locked.link(node);
        let result = wait(&mut post);
        // INVARIANT: From here on no node leads to this one.
        post.locked.unlink(node);
        drop(ManuallyDrop::into_inner(post.locked));
        result
    }

    /// Puts a node at the end of the list.
    #[inline(always)]
    fn link(&mut self, node: &Node<T>) {
        let inner = &mut *self.0;
        // SAFETY: By the type invariant of `Inner`.
        match unsafe { inner.last.as_ref() } {
            Some(last) => last.next.set(node),
            None => inner.first = node,
        }
        node.prev.set(inner.last);
        inner.last = node;
    }

    /// Takes a node off the list, on which it is.
    #[inline(always)]
    fn unlink(&mut self, node: &Node<T>) {
        let inner = &mut *self.0;
        let (prev, next) = (node.prev.get(), node.next.get());
        // SAFETY: By the type invariant of `Inner`, as the node is on the list.
        match unsafe { prev.as_ref() } {
            Some(prev) => prev.next.set(next),
            None => inner.first = next,
        }
        // SAFETY: As for `prev`.
        match unsafe { next.as_ref() } {
            Some(next) => next.prev.set(prev),
            None => inner.last = prev,
        }
    }
}

impl<T, S> Deref for Locked<'_, T, S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.0.shared
    }
}

impl<T, S: Unpin> DerefMut for Locked<'_, T, S> {
    fn deref_mut(&mut self) -> &mut S {
        &mut self.0.shared
    }
}

/// The entries of a locked board.
///
/// # Invariants
///
/// `next` and the nodes after it are on the list of a board that is locked during `'a`. No entry
/// has been made of them.
pub(crate) struct Entries<'a, T> {
    next: *const Node<T>,
    locked: PhantomData<&'a mut T>,
}

impl<'a, T> Iterator for Entries<'a, T> {
    type Item = Entry<'a, T>;

    #[inline(always)]
    fn next(&mut self) -> Option<Entry<'a, T>> {
        // SAFETY: By the type invariant, and by that of `Inner`: a node is taken off only with the
        // lock, which is held during `'a`.
        let node = unsafe { self.next.as_ref() }?;
        // INVARIANT: It is the next one on the list, which has each node once.
        self.next = node.next.get();
        // INVARIANT: The iterator has just left the node behind.
        Some(Entry(node))
    }
}

/// An entry of a locked board. Dereferences to the value that was posted.
///
/// # Invariants
///
/// The node is on the list of a board that is locked during `'a`, and there is no other `Entry` of
/// it that can be used during `'a`.
pub(crate) struct Entry<'a, T>(&'a Node<T>);

impl<T> Entry<'_, T> {
    /// Lets the task that has posted the entry through [`Post::wait_interruptible`], now or when it
    /// comes there.
    #[inline(always)]
    pub(crate) fn wake(&self, wake: Wake) {
        self.0.woken.complete(wake);
    }

    /// The id of the thread that has posted the entry as the calling task sees it, 0 if it sees
    /// none.
    #[inline(always)]
    pub(crate) fn pid_in_current_ns(&self) -> i32 {
        // SAFETY: The thread is inside `post()` until it gets the lock, so it is there. 0 stands
        // for `PIDTYPE_PID`, and NULL for the namespace of the caller.
        unsafe { bindings::__task_pid_nr_ns(self.0.task, 0, core::ptr::null_mut()) }
    }
}

impl<T> Deref for Entry<'_, T> {
    type Target = T;

    #[inline(always)]
    fn deref(&self) -> &T {
        // SAFETY: By the type invariant, the caller has the lock, and there is no other reference
        // but those made of this entry.
        unsafe { &*self.0.value.get() }
    }
}

impl<T> DerefMut for Entry<'_, T> {
    #[inline(always)]
    fn deref_mut(&mut self) -> &mut T {
        // SAFETY: By the type invariant, the caller has the lock; and `self` is borrowed mutably,
        // so there is no other reference made of it.
        unsafe { &mut *self.0.value.get() }
    }
}

/// An entry in the hands of the task that has posted it. The board is locked except while the task
/// sleeps in one of the methods. Dereferences to the value that belongs to no entry.
///
/// # Invariants
///
/// The node is on the list of the board.
pub(crate) struct Post<'a, T, S> {
    /// Not a place that others may put the guard of another board in, so it is not given away.
    locked: ManuallyDrop<Locked<'a, T, S>>,
    node: &'a Node<T>,
}

impl<T: Send, S: Send + Unpin> Post<'_, T, S> {
    /// The entry.
    #[inline(always)]
    pub(crate) fn entry(&mut self) -> Entry<'_, T> {
        // INVARIANT: The lock is held while `self` is borrowed, as only the methods below give it
        // up, and who has it cannot get at other entries.
        Entry(self.node)
    }

    /// Gives up the lock, sleeps until somebody wakes the entry, and takes the lock again;
    /// `ERESTARTSYS` if a signal came first.
    #[inline(always)]
    pub(crate) fn wait_interruptible(&mut self) -> Result {
        self.unlocked(Completion::wait_interruptible)
    }

    /// As [`Post::wait_interruptible`], but only a fatal signal interrupts it.
    #[inline(always)]
    pub(crate) fn wait_killable(&mut self) -> Result {
        self.unlocked(Completion::wait_killable)
    }

    #[inline(always)]
    fn unlocked(&mut self, wait: impl FnOnce(&Completion) -> Result) -> Result {
        let lock = self.locked.0.lock_ref();
        // SAFETY: The guard is not used before another one replaces it below.
        unsafe { ManuallyDrop::drop(&mut self.locked) };
        let result = wait(&self.node.woken);
        self.locked = ManuallyDrop::new(Locked(lock.lock()));
        result
    }
}

impl<T, S> Deref for Post<'_, T, S> {
    type Target = S;

    fn deref(&self) -> &S {
        &self.locked
    }
}
