// SPDX-License-Identifier: MIT OR Apache-2.0

//! What a filter of io_uring sees of the address of connect(), as
//! [`as_call`](secpol::uring::Filter::as_call) has it in arguments: the family, the port, and 16
//! bytes.

use secpol_analysis::{
    Field,
    Place, //
};

const AF_INET: u64 = 2;
const AF_INET6: u64 = 10;

/// The bits to look at together, if the bit of this value of an argument is looked at.
pub(super) fn field(index: u32, value: u32) -> Field {
    let (lowest, width) = match (index, value) {
        (1, ..16) => (0, 16),
        (1, _) => (16, 48),
        _ => (value & 32, 32),
    };
    Field {
        place: Place::Argument(index),
        lowest,
        width,
    }
}

/// The member that is there in an address of a family, and whether its first byte is the highest.
pub(super) fn name(field: &Field, index: u32, family: Option<u64>) -> (&'static str, bool) {
    match (family, index, field.lowest) {
        (_, 0, _) => ("family", false),
        (Some(AF_INET), 1, 0) => ("in.port", true),
        (Some(AF_INET6), 1, 0) => ("in6.port", true),
        (_, 1, 0) => ("port", true),
        (Some(AF_INET), 2, 0) => ("in.addr", true),
        (Some(AF_INET6), 2, 0) => ("in6.addr0", true),
        (Some(AF_INET6), 2, _) => ("in6.addr1", true),
        (Some(AF_INET6), 3, 0) => ("in6.addr2", true),
        (Some(AF_INET6), 3, _) => ("in6.addr3", true),
        (_, 2, 0) => ("word0", true),
        (_, 2, _) => ("word1", true),
        (_, 3, 0) => ("word2", true),
        _ => ("word3", true),
    }
}
