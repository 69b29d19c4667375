// SPDX-License-Identifier: GPL-2.0

//! What root can see in debugfs, under `rust_seccomp/`.

use crate::{
    engine::inspect::{
        counters,
        filters_file::FiltersFile, //
    },
    sys::debugfs::{
        Content,
        Dir, //
    },
    takeover::args, //
};
use kernel::{
    prelude::*,
    seq_file::SeqFile, //
};

/// Makes the directory.
pub(crate) fn create() -> Dir {
    let dir = Dir::new(c"rust_seccomp");
    dir.add::<Counters>(c"counters");
    dir.add::<ExtensibleArguments>(c"extensible_arguments");
    dir.add::<FiltersFile>(c"filters");
    dir
}

/// `counters`: a line for each, and before them whether calls are counted, which can be written.
struct Counters;

impl Content for Counters {
    fn open() -> Result<Pin<KBox<Self>>> {
        Ok(KBox::pin(Self, GFP_KERNEL)?)
    }

    fn write(&self, text: &str) -> Result {
        match text {
            "0" => counters::turn(false),
            "1" => counters::turn(true),
            _ => return Err(EINVAL),
        }
        Ok(())
    }

    fn after(&self, _part: usize) -> Option<usize> {
        None
    }

    fn show(&self, _part: usize, out: &SeqFile) -> Result {
        counters::for_each(|name, value| out.call_printf(format_args!("{name} {value}\n")));
        Ok(())
    }
}

/// `extensible_arguments`: 1 if the calls that have them are hooked, so that filters can see them, else
/// 0. They are hooked when the module loads, unless somebody else has one of them, or a parameter of
/// the module says no; writing 1 tries it again.
struct ExtensibleArguments;

impl Content for ExtensibleArguments {
    fn open() -> Result<Pin<KBox<Self>>> {
        Ok(KBox::pin(Self, GFP_KERNEL)?)
    }

    fn write(&self, text: &str) -> Result {
        match text {
            "1" => args::retry(),
            // Filters that rely on it may be there.
            _ => Err(EINVAL),
        }
    }

    fn after(&self, _part: usize) -> Option<usize> {
        None
    }

    fn show(&self, _part: usize, out: &SeqFile) -> Result {
        out.call_printf(format_args!("{}\n", u8::from(args::is_available())));
        Ok(())
    }
}
