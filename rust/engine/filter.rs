// SPDX-License-Identifier: GPL-2.0

//! Filters: what a task's `seccomp.filter` points to.
//!
//! Follows `struct seccomp_filter` of `kernel/seccomp.c`: filters form a tree through `prev`, and
//! a task holds the leaf of its own path. A filter is immutable once attached, but for its counts
//! and its listener's state.
//!
//! Two counts are kept, for two ends of life:
//!
//! - `users` counts the tasks that run under the filter, directly or (as one) through a filter on
//!   top of it. At zero no task will ever ask its listener again, which learns it by `EPOLLHUP`.
//! - `refs` counts whoever may look at the filter: its users, a tracer that reads it. At zero it is
//!   freed. It is never below `users`.
//!
//! Our pointers are stored with bit 0 set, so that the entry code tells them from those of the
//! built-in engine. A filter holds a reference to the module: while there is one, the code that
//! evaluates it stays.

use crate::{
    engine::{
        notify::notifier::Notifier,
        program::Program,
        table::{
            Tables,
            Top, //
        }, //
    },
    logic::bpf::{
        append::NeededInputs,
        study::Study, //
    },
    sys::{
        bpf::Residuals,
        memory,
        module::ModuleRef, //
    }, //
};
use core::{
    ops::Deref,
    ptr::{
        addr_of_mut,
        NonNull, //
    }, //
};
use kernel::{
    bindings,
    prelude::*,
    sync::{
        Arc,
        Refcount, //
    }, //
};

/// Marks a pointer in `task->seccomp.filter` as ours.
pub(crate) const TAG: usize = 1;

/// A seccomp filter.
pub(crate) struct Filter {
    /// The filter itself, as its allocation is known by: a reference to it may not free it.
    this: NonNull<Filter>,
    refs: Refcount,
    users: Refcount,
    /// All its actions but ALLOW are to be logged.
    log: bool,
    /// Instructions on the path from here to the root, with the penalty of each step.
    path_len: u32,
    /// How many filters there are from here to the root.
    depth: u32,
    /// What the programs of all of them need.
    needs: NeededInputs,
    /// What all of them take.
    memory: Memory,
    program: Program,
    /// What is left of the program for calls whose arguments it looks at.
    residuals: Option<Residuals>,
    /// What the whole path does for each call. Refers to the filters below.
    tables: Tables,
    prev: Option<FilterRef>,
    /// Passes the calls that the filter leaves to a supervisor on to it; none without
    /// `SECCOMP_FILTER_FLAG_NEW_LISTENER`.
    notifier: Option<Arc<Notifier>>,
    _module: ModuleRef,
}

/// Memory that filters take, in bytes.
///
/// The limit of a path counts instructions, and with them what the built-in engine takes for a
/// filter. What ours takes beyond that must not be more: so a filter of a path gets tables and residual
/// programs only if all of those together take less than [`Memory::room`] says. A process then ties
/// up less than twice what it can with the built-in engine.
#[derive(Clone, Copy)]
pub(crate) struct Memory {
    /// For programs.
    programs: usize,
    /// For tables and residual programs.
    results: usize,
}

impl Memory {
    /// Without a filter.
    const NONE: Self = Self {
        programs: 0,
        results: 0,
    };

    /// What a path may take for tables and residual programs, whatever its programs take.
    const GRANT: usize = 512 << 10;

    /// So much may still come for tables and residual programs.
    fn room(self) -> usize {
        (Self::GRANT + self.programs / 4 * 3).saturating_sub(self.results)
    }

    /// With a program on top.
    fn with_program(self, program: &Program) -> Self {
        Self {
            programs: self.programs.saturating_add(program.memory()),
            results: self.results.saturating_add(Tables::SIZE),
        }
    }

    /// With more tables or residual programs.
    fn with_results(self, bytes: usize) -> Self {
        Self {
            results: self.results.saturating_add(bytes),
            ..self
        }
    }

    /// Of the path that ends with a filter.
    fn of(filter: Option<&Filter>) -> Self {
        filter.map_or(Self::NONE, |filter| filter.memory)
    }
}

/// What a filter further up the path counts for beyond its instructions.
const STEP_PENALTY: u32 = 4;

/// A path may hold 256 KiB of instructions (`MAX_INSNS_PER_PATH`).
pub(crate) const MAX_INSNS_PER_PATH: u32 =
    (1 << 18) / core::mem::size_of::<bindings::sock_filter>() as u32;

impl Filter {
    /// The length of the path if this filter were put on top of `prev`.
    pub(crate) fn path_len_on(&self, prev: Option<&Filter>) -> u32 {
        let below = prev.map_or(0, |prev| prev.path_len.saturating_add(STEP_PENALTY));
        self.program.len().saturating_add(below)
    }

    /// The next filter towards the root.
    pub(crate) fn prev(&self) -> Option<&Filter> {
        self.prev.as_deref()
    }

    /// This filter and those below it, newest first.
    pub(crate) fn path(&self) -> impl Iterator<Item = &Filter> {
        core::iter::successors(Some(self), |filter| filter.prev())
    }

    /// The program.
    pub(crate) fn program(&self) -> &Program {
        &self.program
    }

    /// The residual programs, if there are any.
    #[inline(always)]
    pub(crate) fn residuals(&self) -> Option<&Residuals> {
        self.residuals.as_ref()
    }

    /// What the path does for each call.
    #[inline(always)]
    pub(crate) fn tables(&self) -> &Tables {
        &self.tables
    }

    /// How many filters there are from here to the root.
    pub(crate) fn depth(&self) -> u32 {
        self.depth
    }

    /// What the programs of the path need.
    pub(crate) fn needs(&self) -> NeededInputs {
        self.needs
    }

    /// Are the filter's actions to be logged?
    pub(crate) fn log(&self) -> bool {
        self.log
    }

    /// Is `ancestor` on the path of `filter`? The empty path is an ancestor of all.
    pub(crate) fn is_ancestor(ancestor: Option<&Filter>, filter: Option<&Filter>) -> bool {
        let Some(ancestor) = ancestor else {
            return true;
        };
        filter.is_some_and(|filter| filter.path().any(|f| core::ptr::eq(f, ancestor)))
    }

    /// The notifier, if the filter was installed with a listener.
    pub(crate) fn notifier(&self) -> Option<&Arc<Notifier>> {
        self.notifier.as_ref()
    }

    /// The notifier, if somebody listens to it. Who stops listening does so for good.
    pub(crate) fn listener(&self) -> Option<&Notifier> {
        self.notifier
            .as_deref()
            .filter(|notifier| notifier.is_listening())
    }

    /// Takes a reference that keeps the filter from being freed.
    pub(crate) fn get(&self) -> FilterRef {
        self.refs.inc();
        // INVARIANT: The new reference is the value's.
        FilterRef(self.this)
    }

    /// Takes both references, for another task to run under the filter.
    pub(crate) fn attach(&self) -> Attached {
        self.users.inc();
        Attached(self.get())
    }
}

/// Owns one `refs` of a filter.
///
/// # Invariants
///
/// The pointer is to a filter one of whose `refs` belongs to this value.
pub(crate) struct FilterRef(NonNull<Filter>);

// SAFETY: The counts are atomic and the rest is immutable or locked; any task may free a filter.
unsafe impl Send for FilterRef {}
// SAFETY: As above.
unsafe impl Sync for FilterRef {}

impl Deref for FilterRef {
    type Target = Filter;

    fn deref(&self) -> &Filter {
        // SAFETY: By the type invariant.
        unsafe { self.0.as_ref() }
    }
}

impl Drop for FilterRef {
    fn drop(&mut self) {
        let mut next = self.0;
        // A loop and not a recursion: paths can be thousands of filters long.
        loop {
            // SAFETY: The reference that is given up here is `self`'s, then the one that the freed
            // filter had on its `prev`.
            if !unsafe { next.as_ref() }.refs.dec_and_test() {
                return;
            }
            // SAFETY: The last reference is gone, so nobody else looks at the filter. It came from
            // `Draft::new()`, and stays where it is until it is dropped here.
            let prev = unsafe {
                let prev = (*addr_of_mut!((*next.as_ptr()).prev)).take();
                drop(KBox::from_raw(next.as_ptr()));
                prev
            };
            match prev {
                Some(prev) => next = core::mem::ManuallyDrop::new(prev).0,
                None => return,
            }
        }
    }
}

/// Owns one `refs` and one `users` of a filter: what a task's pointer stands for.
pub(crate) struct Attached(FilterRef);

impl Attached {
    /// The value for `task->seccomp.filter`, which now owns the references.
    pub(crate) fn into_raw(this: Option<Self>) -> *mut bindings::seccomp_filter {
        match this {
            Some(this) => {
                let this = core::mem::ManuallyDrop::new(this);
                this.0 .0.as_ptr().cast::<u8>().wrapping_add(TAG).cast()
            }
            None => core::ptr::null_mut(),
        }
    }

    /// # Safety
    ///
    /// `raw` came from [`Attached::into_raw`] (or is NULL, or of the built-in engine, for which
    /// this is `None`), and its references are not owned by anybody else.
    pub(crate) unsafe fn from_raw(raw: *mut bindings::seccomp_filter) -> Option<Self> {
        // INVARIANT: By the contract of this function.
        untag(raw).map(|filter| Self(FilterRef(filter)))
    }
}

impl Deref for Attached {
    type Target = Filter;

    fn deref(&self) -> &Filter {
        &self.0
    }
}

impl Drop for Attached {
    /// `__seccomp_filter_release()`: first the users, whose end wakes listeners, then the memory.
    fn drop(&mut self) {
        let mut next = Some(&**self);
        while let Some(filter) = next {
            if !filter.users.dec_and_test() {
                break;
            }
            if let Some(notifier) = &filter.notifier {
                notifier.abandon();
            }
            next = filter.prev();
        }
    }
}

/// A filter that is on no path yet, and that no other task can see.
pub(crate) struct Draft(Attached);

impl Draft {
    /// Makes a filter; `ENOMEM` if there is no memory.
    pub(crate) fn new(
        program: Program,
        residuals: Option<Residuals>,
        log: bool,
        notifier: Option<Arc<Notifier>>,
        module: ModuleRef,
    ) -> Result<Self> {
        let filter = KBox::init(
            try_init!(Filter {
                // Replaced below, before anybody sees it.
                this: NonNull::dangling(),
                refs: Refcount::new(1),
                users: Refcount::new(1),
                log,
                path_len: program.len(),
                depth: 1,
                needs: program.needs(),
                memory: Memory::NONE,
                program,
                residuals,
                tables: Tables::EMPTY,
                prev: None,
                notifier,
                _module: module,
            }),
            memory::flags(),
        )?;
        let filter = KBox::into_raw(filter);
        // SAFETY: A box is never NULL.
        let filter = unsafe { NonNull::new_unchecked(filter) };
        // SAFETY: It was just made, and nobody else knows it.
        unsafe { addr_of_mut!((*filter.as_ptr()).this).write(filter) };
        // INVARIANT: The counts of a new filter are one each.
        Ok(Self(Attached(FilterRef(filter))))
    }

    /// Is there room for residual programs of about `bytes` on top of `below`?
    pub(crate) fn has_room(program: &Program, bytes: usize, below: Option<&Filter>) -> bool {
        Memory::of(below).with_program(program).room() >= bytes
    }

    /// Makes the tables, for the filter on top of `below`. Without a study, memory, or room on the path,
    /// it has none.
    pub(crate) fn compose(&mut self, study: Option<&Study>, below: Option<&Filter>) {
        let filter = self.this;
        let residuals = self.residuals.as_ref();
        let mut memory = Memory::of(below).with_program(&self.program);
        if let Some(residuals) = residuals {
            memory = memory.with_results(residuals.memory());
        }
        let top = Top {
            filter,
            depth: below.map_or(0, Filter::depth) + 1,
            log: self.log,
            needs: self.program.needs(),
            residuals,
        };
        // SAFETY: No other task sees the filter: see `put_on()`. Here its other fields are used, by
        // `top`, but not its tables.
        let tables = unsafe { &mut *addr_of_mut!((*filter.as_ptr()).tables) };
        let made = study.map(|study| tables.compose(study, &top, below, memory.room()));
        if let Some(Ok(bytes)) = made {
            memory = memory.with_results(bytes);
        }
        // SAFETY: As above.
        unsafe { addr_of_mut!((*filter.as_ptr()).memory).write(memory) };
    }

    /// Puts the filter on top of the path that a task had, whose references it takes over.
    pub(crate) fn put_on(self, prev: Option<Attached>) -> Attached {
        let filter = self.0 .0 .0.as_ptr();
        let path_len = self.0.path_len_on(prev.as_deref());
        let depth = prev.as_deref().map_or(0, Filter::depth) + 1;
        let needs = prev.as_deref().map_or(NeededInputs::NONE, Filter::needs);
        let needs = needs.and(self.0.program.needs());
        // The `users` reference on `prev` is given up when that of the filter goes, the `refs`
        // when the filter is freed: see `drop()` of `Attached` and of `FilterRef`.
        let prev = prev.map(|prev| {
            let prev = core::mem::ManuallyDrop::new(prev);
            // SAFETY: `prev` is not dropped, so its reference is moved, not copied.
            unsafe { core::ptr::read(&prev.0) }
        });
        // SAFETY: No other task sees the filter.
        unsafe {
            addr_of_mut!((*filter).path_len).write(path_len);
            addr_of_mut!((*filter).depth).write(depth);
            addr_of_mut!((*filter).needs).write(needs);
            addr_of_mut!((*filter).prev).write(prev);
        }
        self.0
    }
}

impl Deref for Draft {
    type Target = Filter;

    fn deref(&self) -> &Filter {
        &self.0
    }
}

/// Whose filter a task has.
pub(crate) enum Owner<'a> {
    /// It has none.
    Nobody,
    /// The built-in engine: the task was confined before the module came.
    Kernel,
    /// This engine.
    Us(&'a Filter),
}

impl<'a> Owner<'a> {
    /// # Safety
    ///
    /// If `raw` is ours, the filter has a reference for all of `'a`.
    pub(crate) unsafe fn of(raw: *mut bindings::seccomp_filter) -> Self {
        if raw.is_null() {
            return Owner::Nobody;
        }
        match untag(raw) {
            // SAFETY: By the contract of this function.
            Some(filter) => Owner::Us(unsafe { filter.as_ref() }),
            None => Owner::Kernel,
        }
    }
}

/// The filter behind a tagged pointer.
#[inline(always)]
pub(crate) fn untag(raw: *mut bindings::seccomp_filter) -> Option<NonNull<Filter>> {
    if raw.addr() & TAG == 0 {
        return None;
    }
    NonNull::new(raw.cast::<u8>().wrapping_sub(TAG).cast())
}
