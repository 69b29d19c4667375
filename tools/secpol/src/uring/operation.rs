// SPDX-License-Identifier: MIT OR Apache-2.0

//! The operations of io_uring, and the system calls that do the same.

/// An operation that a ring can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Operation {
    /// Its name: that of `IORING_OP_*`, in small letters.
    pub name: &'static str,
    /// The calls of which it can do what they do, where the architecture has them. The operation
    /// is allowed if all of them are.
    pub calls: &'static [&'static str],
}

const fn operation(name: &'static str, calls: &'static [&'static str]) -> Operation {
    Operation { name, calls }
}

/// The operations of Linux 7.3, in the order of their numbers.
///
/// Reads and writes take an offset and `RWF_*`, as preadv2() and pwritev2() do.
pub static OPERATIONS: [Operation; 65] = [
    operation("nop", &[]),
    operation("readv", &["readv", "preadv", "preadv2"]),
    operation("writev", &["writev", "pwritev", "pwritev2"]),
    operation("fsync", &["fsync", "fdatasync"]),
    operation("read_fixed", &["read", "pread64", "preadv2"]),
    operation("write_fixed", &["write", "pwrite64", "pwritev2"]),
    operation("poll_add", &["poll", "ppoll"]),
    operation("poll_remove", &[]),
    operation(
        "sync_file_range",
        &["sync_file_range", "arm_sync_file_range"],
    ),
    operation("sendmsg", &["sendmsg"]),
    operation("recvmsg", &["recvmsg"]),
    operation("timeout", &[]),
    operation("timeout_remove", &[]),
    operation("accept", &["accept", "accept4"]),
    operation("async_cancel", &[]),
    operation("link_timeout", &[]),
    operation("connect", &["connect"]),
    operation("fallocate", &["fallocate"]),
    operation("openat", &["openat"]),
    operation("close", &["close"]),
    operation("files_update", &[]),
    operation("statx", &["statx"]),
    operation("read", &["read", "pread64", "preadv2"]),
    operation("write", &["write", "pwrite64", "pwritev2"]),
    operation(
        "fadvise",
        &["fadvise64", "fadvise64_64", "arm_fadvise64_64"],
    ),
    operation("madvise", &["madvise"]),
    operation("send", &["send", "sendto"]),
    operation("recv", &["recv", "recvfrom"]),
    operation("openat2", &["openat2"]),
    operation("epoll_ctl", &["epoll_ctl"]),
    operation("splice", &["splice"]),
    operation("provide_buffers", &[]),
    operation("remove_buffers", &[]),
    operation("tee", &["tee"]),
    operation("shutdown", &["shutdown"]),
    operation("renameat", &["renameat", "renameat2"]),
    operation("unlinkat", &["unlinkat"]),
    operation("mkdirat", &["mkdirat"]),
    operation("symlinkat", &["symlinkat"]),
    operation("linkat", &["linkat"]),
    operation("msg_ring", &[]),
    operation("fsetxattr", &["fsetxattr"]),
    operation("setxattr", &["setxattr"]),
    operation("fgetxattr", &["fgetxattr"]),
    operation("getxattr", &["getxattr"]),
    operation("socket", &["socket"]),
    operation(
        "uring_cmd",
        &[
            "ioctl",
            "getsockopt",
            "setsockopt",
            "getsockname",
            "getpeername",
        ],
    ),
    operation("send_zc", &["send", "sendto"]),
    operation("sendmsg_zc", &["sendmsg"]),
    operation("read_multishot", &["read", "pread64", "preadv2"]),
    operation("waitid", &["waitid"]),
    operation("futex_wait", &["futex_wait"]),
    operation("futex_wake", &["futex_wake"]),
    operation("futex_waitv", &["futex_waitv"]),
    operation("fixed_fd_install", &[]),
    operation("ftruncate", &["ftruncate", "ftruncate64"]),
    operation("bind", &["bind"]),
    operation("listen", &["listen"]),
    operation("recv_zc", &["recv", "recvfrom", "recvmsg"]),
    operation("epoll_wait", &["epoll_wait", "epoll_pwait", "epoll_pwait2"]),
    operation("readv_fixed", &["readv", "preadv", "preadv2"]),
    operation("writev_fixed", &["writev", "pwritev", "pwritev2"]),
    operation("pipe", &["pipe", "pipe2"]),
    operation("nop128", &[]),
    operation(
        "uring_cmd128",
        &[
            "ioctl",
            "getsockopt",
            "setsockopt",
            "getsockname",
            "getpeername",
        ],
    ),
];

/// The operations that do more than any call: what they do is up to the file.
const UNLIKE_CALLS: [&str; 2] = ["uring_cmd", "uring_cmd128"];

impl Operation {
    /// The operation of this name, and its number.
    pub fn from_name(name: &str) -> Option<(u8, &'static Self)> {
        let place = OPERATIONS.iter().position(|known| known.name == name)?;
        Some((u8::try_from(place).ok()?, &OPERATIONS[place]))
    }

    /// Does it do what calls do, and no more? Then `like-calls` stands for it as well.
    pub fn is_like_calls(&self) -> bool {
        !self.calls.is_empty() && !UNLIKE_CALLS.contains(&self.name)
    }

    /// The `IORING_OP_*` that it is.
    pub fn constant(&self) -> String {
        format!("IORING_OP_{}", self.name.to_uppercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        abi::Abi,
        tables, //
    };

    #[test]
    fn numbers_are_those_of_the_kernel() {
        let number = |name: &str| tables::constant(Abi::X86_64, name);
        for (place, operation) in OPERATIONS.iter().enumerate() {
            assert_eq!(
                number(&operation.constant()),
                Some(place as i128),
                "{operation:?}"
            );
            assert_eq!(
                Operation::from_name(operation.name),
                Some((place as u8, operation))
            );
        }
        assert_eq!(number("IORING_OP_LAST"), Some(OPERATIONS.len() as i128));
        assert_eq!(Operation::from_name("like-calls"), None);
    }

    /// Else an operation would be refused on an architecture that has it.
    #[test]
    fn each_architecture_has_one_of_the_calls() {
        for operation in OPERATIONS {
            let exist = |abi: Abi| {
                operation
                    .calls
                    .iter()
                    .any(|call| tables::call(abi, call).is_some())
            };
            for abi in Abi::ALL {
                assert!(
                    operation.calls.is_empty() || exist(abi),
                    "{operation:?} on {abi:?}"
                );
            }
            for call in operation.calls {
                assert!(tables::is_call_name(call), "{call}");
            }
        }
    }
}
