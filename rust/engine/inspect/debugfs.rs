// SPDX-License-Identifier: GPL-2.0

//! The module's directory in debugfs, `rust_seccomp/`, for root.

use crate::{
    engine::inspect::{
        counters,
        filters_file::FiltersFile, //
    },
    sys::debugfs::{
        Content,
        Dir, //
    }, //
};
use kernel::{
    prelude::*,
    seq_file::SeqFile, //
};

/// Makes the directory.
pub(crate) fn create() -> Dir {
    let dir = Dir::new(c"rust_seccomp");
    dir.add::<Counters>(c"counters");
    dir.add::<FiltersFile>(c"filters");
    dir
}

/// `counters`: a line for each of [`counters`]. Writing 1 or 0 turns counting on or off.
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
