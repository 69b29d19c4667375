// SPDX-License-Identifier: GPL-2.0

//! The file in debugfs that tells whether extensible arguments are cached.

use crate::sys::debugfs::Content;
use kernel::{
    prelude::*,
    seq_file::SeqFile, //
};

/// `extensible_arguments`: reads as 1 if the wrappers of extensible calls are hooked, so that
/// filters can see the arguments, else as 0.
///
/// The module hooks them when it loads, unless its parameter says no, or a BPF program or a live
/// patch has one of them. Writing 1 tries once more.
pub(crate) struct AvailabilityFile;

impl Content for AvailabilityFile {
    fn open() -> Result<Pin<KBox<Self>>> {
        Ok(KBox::pin(Self, GFP_KERNEL)?)
    }

    fn write(&self, text: &str) -> Result {
        match text {
            "1" => super::retry(),
            // It cannot be turned off, as filters may rely on it.
            _ => Err(EINVAL),
        }
    }

    fn after(&self, _part: usize) -> Option<usize> {
        None
    }

    fn show(&self, _part: usize, out: &SeqFile) -> Result {
        out.call_printf(format_args!("{}\n", u8::from(super::is_available())));
        Ok(())
    }
}
