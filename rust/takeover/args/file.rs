// SPDX-License-Identifier: GPL-2.0

//! Whether extensible arguments are cached, in debugfs.

use crate::sys::debugfs::Content;
use kernel::{
    prelude::*,
    seq_file::SeqFile, //
};

/// `extensible_arguments`: 1 if the calls that have them are hooked, so that filters can see them,
/// else
/// 0. They are hooked when the module loads, unless somebody else has one of them, or a parameter
/// of the module says no; writing 1 tries it again.
pub(crate) struct AvailabilityFile;

impl Content for AvailabilityFile {
    fn open() -> Result<Pin<KBox<Self>>> {
        Ok(KBox::pin(Self, GFP_KERNEL)?)
    }

    fn write(&self, text: &str) -> Result {
        match text {
            "1" => super::retry(),
            // Filters that rely on it may be there.
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
