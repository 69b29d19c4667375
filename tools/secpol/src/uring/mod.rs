// SPDX-License-Identifier: MIT OR Apache-2.0

//! What rings of io_uring may do.

mod operation;

pub use self::operation::{
    Operation,
    OPERATIONS, //
};
