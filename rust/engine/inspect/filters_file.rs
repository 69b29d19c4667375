// SPDX-License-Identifier: GPL-2.0

//! The file in debugfs that prints what the filters of a task do for each call.
//!
//! It prints neighbouring numbers with the same entry in one line. A filter has its residual
//! programs only in compiled form, so they are made once more to be printed.

use crate::{
    engine::{
        filter::{
            Filter,
            FilterLayer,
            FilterRef, //
        },
        table::{
            entry::Entry,
            FoundEntry,
            LIMIT, //
        }, //
    },
    logic::{
        bpf::listing::Listing,
        verdict::{
            Action,
            Verdict, //
        }, //
    },
    sys::{
        arch::Abi,
        debugfs::Content,
        filter_pointer::Owner,
        signal::SigLock,
        task::{
            Held, //
        }, //
    }, //
};
use core::fmt::{
    self,
    Write as _, //
};
use kernel::{
    new_mutex,
    pid_namespace::PidNamespace,
    prelude::*,
    seq_file::SeqFile,
    sync::{
        aref::ARef,
        Mutex, //
    }, //
};

/// `filters`: the reader writes the id of a thread, in its own pid namespace, and then reads what
/// that thread's filters do. Filters that the thread gets later show once the id is written again.
#[pin_data]
pub(crate) struct FiltersFile {
    /// The pid namespace of the task that opened the file.
    ns: ARef<PidNamespace>,
    #[pin]
    seen: Mutex<Option<Snapshot>>,
}

/// The filters of a thread when its id was written.
struct Snapshot {
    id: i32,
    filters: Filters,
}

/// The filters that a thread had.
enum Filters {
    None,
    /// Filters of the built-in engine.
    Kernel,
    Ours(FilterRef),
}

/// The parts of the text for each ABI: one for each number below [`LIMIT`], and one for all other
/// numbers. Before those of the first ABI comes part 0, the thread and its filters.
const PARTS_PER_ABI: usize = LIMIT + 1;

/// The ABI and the number that a part is about, [`LIMIT`] for all other numbers; `None` for part 0,
/// and beyond the end.
fn number(part: usize) -> Option<(Abi, u32)> {
    let index = part.checked_sub(1)?;
    let abi = *Abi::ALL.get(index / PARTS_PER_ABI)?;
    // CAST: It is at most LIMIT.
    Some((abi, (index % PARTS_PER_ABI) as u32))
}

impl Content for FiltersFile {
    fn open() -> Result<Pin<KBox<Self>>> {
        let ns = kernel::current!().active_pid_ns().ok_or(ESRCH)?.into();
        KBox::try_pin_init(
            try_pin_init!(Self {
                ns,
                seen <- new_mutex!(None),
            }),
            GFP_KERNEL,
        )
    }

    fn write(&self, text: &str) -> Result {
        let id = text.parse().map_err(|_| EINVAL)?;
        let task = Held::find(&self.ns, id).ok_or(ESRCH)?;
        let mut lock = SigLock::of_held(&task).ok_or(ESRCH)?;
        let filters = match lock.thread().owner::<FilterLayer>() {
            Owner::Us(filter) => Filters::Ours(filter.get()),
            Owner::Kernel => Filters::Kernel,
            Owner::Nobody => Filters::None,
        };
        drop(lock);
        let old = self.seen.lock().replace(Snapshot { id, filters });
        // May free a path: not under the lock.
        drop(old);
        Ok(())
    }

    fn after(&self, part: usize) -> Option<usize> {
        let seen = self.seen.lock();
        let Some(Snapshot {
            filters: Filters::Ours(newest),
            ..
        }) = &*seen
        else {
            return None;
        };
        let next = part.checked_add(1)?;
        let Some((abi, nr)) = number(part) else {
            return Some(next);
        };
        let table = newest.summary().tables().table(abi);
        let this = table.find(nr);
        let different = (nr + 1..LIMIT as u32).find(|nr| !table.find(*nr).is_same(this));
        let skipped = match different {
            Some(other) => other - nr,
            None if (nr as usize) < LIMIT => LIMIT as u32 - nr,
            None => 1,
        };
        let after = part.checked_add(skipped as usize)?;
        number(after).map(|_| after)
    }

    fn show(&self, part: usize, out: &SeqFile) -> Result {
        let seen = self.seen.lock();
        let Some(Snapshot { id, filters }) = &*seen else {
            return Err(ENODATA);
        };
        let newest = match filters {
            Filters::Ours(newest) => newest,
            Filters::Kernel => {
                out.call_printf(format_args!("thread {id}: the built-in engine's\n"));
                return Ok(());
            }
            Filters::None => {
                out.call_printf(format_args!("thread {id}: no filters\n"));
                return Ok(());
            }
        };
        match number(part) {
            None => show_path(*id, newest, out),
            Some((abi, nr)) => show_number(newest, abi, nr, out),
        }
        Ok(())
    }
}

/// Prints the thread and its filters, newest first.
fn show_path(id: i32, newest: &Filter, out: &SeqFile) {
    out.call_printf(format_args!(
        "thread {id}: {} filters\n",
        newest.summary().depth()
    ));
    for filter in newest.path() {
        let parts = filter.parts();
        out.call_printf(format_args!(
            "filter {}: {} instructions{}{}{}\n",
            filter.summary().depth(),
            parts.program().original().len(),
            if parts.log() { ", logs" } else { "" },
            if parts.is_listening() {
                ", has a listener"
            } else {
                ""
            },
            if parts.residuals().is_some() {
                ", has residual programs"
            } else {
                ""
            },
        ));
    }
}

/// Prints the entry of a number, for all numbers after it with the same entry as well.
fn show_number(newest: &Filter, abi: Abi, nr: u32, out: &SeqFile) {
    if nr == 0 {
        out.call_printf(format_args!("arch {:#x}\n", abi.audit_arch()));
    }
    if nr as usize >= LIMIT {
        out.call_printf(format_args!("others: all programs\n"));
        return;
    }
    let table = newest.summary().tables().table(abi);
    let found = table.find(nr);
    let last = (nr..LIMIT as u32)
        .take_while(|nr| table.find(*nr).is_same(found))
        .last()
        .unwrap_or(nr);
    if last == nr {
        out.call_printf(format_args!("{nr}: "));
    } else {
        out.call_printf(format_args!("{nr}-{last}: "));
    }
    show_found(found, abi, nr, out);
}

fn show_found(found: FoundEntry<'_>, abi: Abi, nr: u32, out: &SeqFile) {
    if found.is_allowed() {
        out.call_printf(format_args!("{}\n", VerdictText(Verdict::ALLOW)));
    } else if let Some(entry) = found.entry() {
        show_entry(entry, abi, nr, out);
    } else {
        out.call_printf(format_args!("all programs\n"));
    }
}

fn show_entry(entry: &Entry<'_>, abi: Abi, nr: u32, out: &SeqFile) {
    let (verdict, by) = entry.constant();
    out.call_printf(format_args!("{}", VerdictText(verdict)));
    if let Some(depth) = by {
        out.call_printf(format_args!(" by filter {depth}"));
    }
    let mut nodes = entry.nodes().peekable();
    if nodes.peek().is_some() {
        out.call_printf(format_args!(", or stronger:"));
    }
    out.call_printf(format_args!("\n"));
    for node in nodes {
        let depth = node.depth();
        if node.is_whole() {
            out.call_printf(format_args!("  filter {depth}: its program\n"));
            continue;
        }
        out.call_printf(format_args!("  filter {depth}:\n"));
        match node.filter().program().residual(abi.audit_arch(), nr) {
            Ok(Some(code)) => {
                // It does not fail: if the text does not fit, `seq_file` has it printed once more.
                let _ = write!(Indented(out, true), "{}", Listing(&code));
            }
            _ => out.call_printf(format_args!("    (no memory)\n")),
        }
    }
}

/// A verdict in words.
struct VerdictText(Verdict);

impl fmt::Display for VerdictText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let data = self.0.data();
        match self.0.action() {
            Action::KillProcess => f.write_str("kill process"),
            Action::KillThread => f.write_str("kill thread"),
            Action::Trap => write!(f, "trap {data}"),
            Action::Errno => write!(f, "errno {data}"),
            Action::UserNotif => f.write_str("notify"),
            Action::Trace => write!(f, "trace {data}"),
            Action::Log => f.write_str("log"),
            Action::Allow => f.write_str("allow"),
        }
    }
}

/// Prints with four spaces before each line. The flag says that a line begins.
struct Indented<'a>(&'a SeqFile, bool);

impl fmt::Write for Indented<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        for line in text.split_inclusive('\n') {
            let space = if self.1 { "    " } else { "" };
            self.0.call_printf(format_args!("{space}{line}"));
            self.1 = line.ends_with('\n');
        }
        Ok(())
    }
}
