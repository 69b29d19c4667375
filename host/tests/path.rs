// SPDX-License-Identifier: GPL-2.0

//! `rust/sys/path.rs`, over what std has in place of the three items of the kernel that it uses:
//! whether its links are counted, told and freed as they should be, and, under Miri, whether its
//! pointers are used as Rust allows.

#![allow(dead_code, unreachable_pub)]

extern crate self as kernel;

pub mod prelude {
    //! For `kernel::prelude`.

    use std::mem::MaybeUninit;

    #[derive(Debug)]
    pub struct Error;

    pub type Result<T = (), E = Error> = core::result::Result<T, E>;

    /// For `kernel::alloc::KBox`: a box, which says of what comes from it how many there are.
    pub struct KBox<T>(Box<T>);

    impl<T> KBox<T> {
        pub fn new_uninit(_: super::sys::memory::Flags) -> Result<KBox<MaybeUninit<T>>> {
            Ok(KBox(Box::new_uninit()))
        }

        pub fn into_raw(this: Self) -> *mut T {
            Box::into_raw(this.0)
        }

        /// # Safety
        ///
        /// As of `Box::from_raw()`.
        pub unsafe fn from_raw(raw: *mut T) -> Self {
            // SAFETY: By the contract of this function.
            Self(unsafe { Box::from_raw(raw) })
        }
    }
}

pub mod sync {
    //! For `kernel::sync`.

    use std::sync::atomic::{fence, AtomicI32, Ordering};

    pub struct Refcount(AtomicI32);

    impl Refcount {
        pub fn new(value: i32) -> Self {
            Self(AtomicI32::new(value))
        }

        pub fn inc(&self) {
            assert!(self.0.fetch_add(1, Ordering::Relaxed) > 0, "it was gone");
        }

        pub fn dec_and_test(&self) -> bool {
            let old = self.0.fetch_sub(1, Ordering::Release);
            assert!(old > 0, "it was gone");
            if old == 1 {
                fence(Ordering::Acquire);
            }
            old == 1
        }
    }
}

#[path = "../../rust/sys"]
mod sys {
    pub mod memory {
        pub struct Flags;

        pub fn flags() -> Flags {
            Flags
        }
    }

    #[path = "path.rs"]
    pub mod path;

    /// Who has a pointer to a link: the part of `rust/sys/task.rs` that is about it.
    pub mod task {
        use super::path::{Attached, Borrowed, Layer, Link};
        use std::ptr::NonNull;

        pub struct Task<L: Layer>(Option<NonNull<Link<L>>>);

        // SAFETY: It owns references, which may be sent.
        unsafe impl<L: Layer> Send for Task<L> {}

        impl<L: Layer> Task<L> {
            pub const NEW: Self = Self(None);

            pub fn filter(&self) -> Option<Borrowed<'_, L>> {
                // SAFETY: The task has references, and keeps them while it is borrowed.
                self.0.map(|link| unsafe { Borrowed::from_raw(link) })
            }

            pub fn replace(&mut self, link: Option<Attached<L>>) -> Option<Attached<L>> {
                let old = core::mem::replace(&mut self.0, link.map(Attached::into_raw));
                // SAFETY: The pointer was overwritten, so its references are taken once.
                old.map(|old| unsafe { Attached::from_raw(old) })
            }

            pub fn fork(&self) -> Self {
                let mut child = Self(None);
                child.replace(self.filter().map(Borrowed::attach));
                child
            }
        }

        impl<L: Layer> Drop for Task<L> {
            fn drop(&mut self) {
                self.replace(None);
            }
        }
    }
}

use std::sync::{
    atomic::{AtomicUsize, Ordering::SeqCst},
    Arc,
};
use sys::{
    path::{self, Layer, Link},
    task::Task,
};

/// How many parts there are, and how many of them were abandoned.
#[derive(Default)]
struct Counts {
    there: AtomicUsize,
    abandoned: AtomicUsize,
}

impl Counts {
    fn are(&self, there: usize, abandoned: usize) {
        assert_eq!(
            (self.there.load(SeqCst), self.abandoned.load(SeqCst)),
            (there, abandoned)
        );
    }
}

struct Parts {
    number: u32,
    counts: Arc<Counts>,
}

impl Parts {
    fn new(number: u32, counts: &Arc<Counts>) -> Self {
        counts.there.fetch_add(1, SeqCst);
        Self {
            number,
            counts: counts.clone(),
        }
    }
}

impl Drop for Parts {
    fn drop(&mut self) {
        self.counts.there.fetch_sub(1, SeqCst);
    }
}

/// As the engine's tables do, borrows from the parts of the link, and from the summary and the
/// parts of those below. Looks at them when it is dropped.
#[derive(Default)]
struct Summary<'path> {
    own: Option<&'path Parts>,
    below: Option<&'path Summary<'path>>,
    all: Vec<&'path Parts>,
}

impl Summary<'_> {
    fn numbers(&self) -> Vec<u32> {
        self.all.iter().map(|parts| parts.number).collect()
    }
}

impl Drop for Summary<'_> {
    fn drop(&mut self) {
        let below = self.below.map_or(0, |below| below.all.len());
        assert_eq!(self.all.len(), self.own.map_or(0, |_| 1 + below));
        std::hint::black_box(self.numbers());
    }
}

struct Test;

type Draft = path::Draft<Test>;

impl Layer for Test {
    type Parts = Parts;
    type Summary<'path> = Summary<'path>;

    fn nothing<'path>() -> Summary<'path> {
        Summary::default()
    }

    fn shorten<'short, 'long: 'short>(summary: &'short Summary<'long>) -> &'short Summary<'short> {
        summary
    }

    fn abandon(parts: &Parts) {
        parts.counts.abandoned.fetch_add(1, SeqCst);
    }
}

fn summarise(draft: &mut Draft, below: Option<path::Ref<Test>>) {
    draft.summarise(below, |parts, below, summary| {
        summary.own = Some(parts);
        summary.below = below.map(Link::summary);
        summary.all = vec![parts];
        summary
            .all
            .extend(below.into_iter().flat_map(|below| &below.summary().all));
    });
}

fn draft(number: u32, counts: &Arc<Counts>) -> Draft {
    Draft::new(Parts::new(number, counts)).unwrap_or_else(|_| unreachable!())
}

/// Attaches a link to the path of the task.
fn attach(task: &mut Task<Test>, number: u32, counts: &Arc<Counts>) {
    let mut draft = draft(number, counts);
    summarise(&mut draft, task.filter().map(|filter| filter.get()));
    let old = task.replace(None);
    match draft.put_on(old) {
        Ok(new) => drop(task.replace(Some(new))),
        Err(_) => panic!("the path is the one that it was made for"),
    }
}

fn numbers(task: &Task<Test>) -> Vec<u32> {
    task.filter().map_or(vec![], |filter| {
        let numbers: Vec<_> = filter.path().map(|link| link.parts().number).collect();
        assert_eq!(filter.summary().numbers(), numbers);
        assert_eq!(filter.summary().own.map(|own| own.number), Some(numbers[0]));
        numbers
    })
}

#[test]
fn a_task_has_a_path() {
    let counts = Arc::default();
    let mut task = Task::NEW;
    for number in 1..=4 {
        attach(&mut task, number, &counts);
    }
    assert_eq!(numbers(&task), [4, 3, 2, 1]);
    counts.are(4, 0);
    drop(task);
    counts.are(0, 4);
}

#[test]
fn paths_are_shared() {
    let counts = Arc::default();
    let mut parent = Task::NEW;
    attach(&mut parent, 1, &counts);
    let mut child = parent.fork();
    attach(&mut child, 2, &counts);
    attach(&mut parent, 3, &counts);
    assert_eq!(
        (numbers(&parent), numbers(&child)),
        (vec![3, 1], vec![2, 1])
    );
    drop(parent);
    counts.are(2, 1);
    assert_eq!(numbers(&child), [2, 1]);
    drop(child);
    counts.are(0, 3);
}

#[test]
fn a_look_keeps_a_link_without_using_it() {
    let counts = Arc::default();
    let mut task = Task::NEW;
    for number in 1..=3 {
        attach(&mut task, number, &counts);
    }
    let newest = task.filter().map(|filter| filter.get()).unwrap();
    let oldest = newest.below(2).unwrap();
    assert!(newest.below(3).is_none());
    drop(task);
    counts.are(3, 3);
    assert_eq!(newest.summary().numbers(), [3, 2, 1]);
    drop(newest);
    counts.are(1, 3);
    assert_eq!(oldest.summary().numbers(), [1]);
    drop(oldest);
    counts.are(0, 3);
}

#[test]
fn a_draft_is_put_on_its_own_path_only() {
    let counts = Arc::default();
    let mut task = Task::NEW;
    attach(&mut task, 1, &counts);
    let mut draft = draft(3, &counts);
    summarise(&mut draft, task.filter().map(|filter| filter.get()));
    // Another thread is quicker.
    attach(&mut task, 2, &counts);
    assert!(!draft.is_for(task.filter().as_deref()));
    let old = task.replace(None);
    let Err((mut draft, old)) = draft.put_on(old) else {
        panic!("it was made for another path");
    };
    drop(task.replace(old));
    assert_eq!(numbers(&task), [2, 1]);
    // Once more, and then more than once.
    for _ in 0..2 {
        summarise(&mut draft, task.filter().map(|filter| filter.get()));
        assert_eq!(draft.summary().numbers(), [3, 2, 1]);
        assert_eq!(draft.below().map(|below| below.parts().number), Some(2));
    }
    let old = task.replace(None);
    let new = draft
        .put_on(old)
        .unwrap_or_else(|_| panic!("it was made for this"));
    drop(task.replace(Some(new)));
    assert_eq!(numbers(&task), [3, 2, 1]);
    drop(task);
    counts.are(0, 3);
}

#[test]
fn a_draft_that_is_dropped_leaves_the_path_alone() {
    let counts = Arc::default();
    let mut task = Task::NEW;
    attach(&mut task, 1, &counts);
    let mut draft = draft(2, &counts);
    summarise(&mut draft, task.filter().map(|filter| filter.get()));
    drop(task);
    // The draft keeps what its summary borrows from.
    counts.are(2, 1);
    assert_eq!(draft.summary().numbers(), [2, 1]);
    drop(draft);
    counts.are(0, 2);
}

/// As TSYNC does.
#[test]
fn threads_get_the_path_of_another() {
    let counts = Arc::default();
    let mut caller = Task::NEW;
    attach(&mut caller, 1, &counts);
    let mut sibling = caller.fork();
    attach(&mut caller, 2, &counts);
    let theirs = sibling.filter();
    assert!(Link::is_ancestor(
        theirs.as_deref(),
        caller.filter().as_deref()
    ));
    assert!(!Link::is_ancestor(
        caller.filter().as_deref(),
        theirs.as_deref()
    ));
    let shared = caller.filter().map(|filter| filter.attach()).unwrap();
    drop(sibling.replace(Some(shared.share())));
    drop(shared);
    assert_eq!(numbers(&sibling), [2, 1]);
    drop(caller);
    counts.are(2, 0);
    drop(sibling);
    counts.are(0, 2);
}

/// To free it takes no stack.
#[test]
fn a_path_can_be_long() {
    const LEN: u32 = if cfg!(miri) { 50 } else { 100_000 };
    let counts = Arc::default();
    let mut task = Task::NEW;
    for number in 0..LEN {
        let mut draft = draft(number, &counts);
        draft.summarise(
            task.filter().map(|filter| filter.get()),
            |parts, _, summary| {
                summary.own = Some(parts);
                summary.all = vec![parts];
            },
        );
        let old = task.replace(None);
        let new = draft.put_on(old).unwrap_or_else(|_| unreachable!());
        drop(task.replace(Some(new)));
    }
    drop(task);
    counts.are(0, LEN as usize);
}

/// Links are freed by whoever is last.
#[test]
fn threads_give_up_a_path_at_once() {
    const ROUNDS: usize = if cfg!(miri) { 2 } else { 200 };
    for _ in 0..ROUNDS {
        let counts = Arc::default();
        let mut task = Task::NEW;
        for number in 0..8 {
            attach(&mut task, number, &counts);
        }
        let children: Vec<_> = (0..4)
            .map(|number| {
                let (mut child, counts) = (task.fork(), Arc::clone(&counts));
                std::thread::spawn(move || {
                    attach(&mut child, 100 + number, &counts);
                    numbers(&child).len()
                })
            })
            .collect();
        drop(task);
        for child in children {
            assert_eq!(child.join().ok(), Some(9));
        }
        counts.are(0, 12);
    }
}
