// SPDX-License-Identifier: MIT OR Apache-2.0

//! An instance of tracefs: buffers and settings that nobody else uses.

use std::{
    fs::{
        self,
        File,
        OpenOptions, //
    },
    io,
    os::unix::fs::OpenOptionsExt,
    path::{
        Path,
        PathBuf, //
    },
    process,
};

/// Where tracefs is.
const PLACES: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/// An instance, which is removed when this is dropped.
#[derive(Debug)]
pub struct Instance(PathBuf);

impl Instance {
    /// Makes one. The error says what is missing.
    pub fn new() -> Result<Self, String> {
        let root = PLACES
            .into_iter()
            .map(Path::new)
            .find(|place| place.join("instances").is_dir())
            .ok_or(
                "there is no tracefs that this program may look into: run it as root, or mount -t \
                 tracefs tracefs /sys/kernel/tracing",
            )?;
        let place = root
            .join("instances")
            .join(format!("secpol-{}", process::id()));
        match fs::create_dir(&place) {
            Ok(()) => Ok(Self(place)),
            Err(error) => Err(format!("cannot make {}: {error}", place.display())),
        }
    }

    /// Is there a file, or a directory, of this name?
    pub fn has(&self, name: &str) -> bool {
        self.0.join(name).exists()
    }

    /// Writes a setting.
    pub fn set(&self, name: &str, value: &str) -> Result<(), String> {
        let place = self.0.join(name);
        // It is there already.
        let written = OpenOptions::new()
            .write(true)
            .open(&place)
            .and_then(|mut file| io::Write::write_all(&mut file, value.as_bytes()));
        written.map_err(|error| format!("cannot write to {}: {error}", place.display()))
    }

    /// Opens `trace_pipe`: what happens, line by line. Reads do not wait.
    pub fn pipe(&self) -> Result<File, String> {
        let place = self.0.join("trace_pipe");
        OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(&place)
            .map_err(|error| format!("cannot read {}: {error}", place.display()))
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Nothing else can be done if it fails.
        let _ = fs::remove_dir(&self.0);
    }
}
