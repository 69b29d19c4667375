// SPDX-License-Identifier: MIT OR Apache-2.0

//! An instance of tracefs: buffers and settings that nobody else uses.

use std::{
    fs::{
        self,
        File,
        OpenOptions, //
    },
    io::{
        self,
        ErrorKind,
        Read,
        Write, //
    },
    os::fd::{
        AsFd,
        BorrowedFd, //
    },
    os::unix::fs::{
        MetadataExt,
        OpenOptionsExt, //
    },
    path::{
        Path,
        PathBuf, //
    },
    process,
};

/// Where tracefs is.
const PLACES: [&str; 2] = ["/sys/kernel/tracing", "/sys/kernel/debug/tracing"];

/// The pid namespace of this program.
const PID_NAMESPACE: &str = "/proc/self/ns/pid";
/// The inode of the initial one (`PID_NS_INIT_INO`).
const INITIAL: u64 = 0xefff_fffc;

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
        OpenOptions::new()
            .write(true)
            .open(&place)
            .and_then(|mut file| file.write_all(value.as_bytes()))
            .map_err(|error| format!("cannot write {value} to {}: {error}", place.display()))
    }

    /// From now on events are told of these threads alone, and of those that they make.
    pub fn follow(&self, threads: &[u32]) -> Result<(), String> {
        let is_initial = fs::metadata(PID_NAMESPACE).is_ok_and(|found| found.ino() == INITIAL);
        if !is_initial {
            return Err(
                "tracefs knows processes by their numbers in the initial pid namespace, and this \
                 is another"
                    .to_string(),
            );
        }
        let numbers: Vec<String> = threads.iter().map(u32::to_string).collect();
        self.set("options/event-fork", "1")?;
        self.set("set_event_pid", &numbers.join(" "))
    }

    /// Opens `trace_pipe`: what happens, line by line. Reads do not wait.
    pub fn pipe(&self) -> Result<Pipe, String> {
        let place = self.0.join("trace_pipe");
        let file = OpenOptions::new()
            .read(true)
            .custom_flags(libc::O_NONBLOCK)
            .open(&place)
            .map_err(|error| format!("cannot read {}: {error}", place.display()))?;
        Ok(Pipe {
            file,
            unread: Vec::new(),
        })
    }
}

/// The `trace_pipe` of an instance.
#[derive(Debug)]
pub struct Pipe {
    file: File,
    /// The beginning of a line of which the rest is yet to come.
    unread: Vec<u8>,
}

impl Pipe {
    /// The whole lines of what there is to read, with their newlines.
    pub fn lines(&mut self) -> io::Result<Vec<String>> {
        let mut bytes = vec![0; 1 << 16];
        let mut lines = Vec::new();
        loop {
            match self.file.read(&mut bytes) {
                Ok(0) => return Ok(lines),
                Ok(len) => self.unread.extend_from_slice(&bytes[..len]),
                Err(error) if error.kind() == ErrorKind::WouldBlock => return Ok(lines),
                Err(error) if error.kind() == ErrorKind::Interrupted => continue,
                Err(error) => return Err(error),
            }
            let whole = self.unread.iter().rposition(|byte| *byte == b'\n');
            let rest = self.unread.split_off(whole.map_or(0, |end| end + 1));
            let whole = std::mem::replace(&mut self.unread, rest);
            let split = whole.split_inclusive(|byte| *byte == b'\n');
            lines.extend(split.map(|line| String::from_utf8_lossy(line).into_owned()));
        }
    }
}

impl AsFd for Pipe {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.file.as_fd()
    }
}

/// Does a line tell that the kernel had no room for some events?
pub fn is_loss(line: &str) -> bool {
    line.starts_with("CPU:") && line.trim_end().ends_with(" EVENTS]")
}

/// The thread of an event, from what is before its name in the line.
pub(crate) fn thread(head: &str) -> Option<u32> {
    // Behind the thread come its processor, flags and the time.
    let (thread, _) = head.rsplit_once(" [")?;
    let (_, thread) = thread.trim_end().rsplit_once('-')?;
    thread.parse().ok()
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Nothing else can be done if it fails.
        let _ = fs::remove_dir(&self.0);
    }
}
