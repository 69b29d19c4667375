// SPDX-License-Identifier: MIT OR Apache-2.0

//! A system call, as a filter sees it.

use crate::rules::{
    DATA,
    EA,
    EA_SIZE,
    EXTENT,
    NUMBER_HIGH,
    PKEY, //
};

/// A system call, as a filter sees it: `struct seccomp_data`, and what appended filters see beyond.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Call {
    /// `AUDIT_ARCH_*`.
    pub arch: u32,
    /// The number.
    pub number: u32,
    /// The address of the instruction that made the call.
    pub instruction_pointer: u64,
    /// The arguments. Those of 32-bit calls have no upper half.
    pub arguments: [u64; 6],
    /// The upper half of the register that has the number.
    pub number_high: u32,
    /// The protection-key register.
    pub pkey: u32,
    /// The size of the extensible argument, as the caller passes it.
    pub size: u64,
    /// The extensible argument. What is not there is zero.
    pub extensible: Vec<u8>,
}

impl Call {
    /// The offset just behind the last byte of the extensible argument that is not zero.
    pub fn extent(&self) -> u32 {
        let zeros = self.extensible.iter().rev().take_while(|byte| **byte == 0);
        // CAST: The kernel sees a page at most.
        (self.extensible.len() - zeros.count()) as u32
    }

    /// The byte at this offset of `struct seccomp_data_append`.
    pub fn byte(&self, offset: u32) -> u8 {
        let in_64 = |value: u64, start: u32| value.to_le_bytes()[(offset - start) as usize];
        let in_32 = |value: u32, start: u32| value.to_le_bytes()[(offset - start) as usize];
        match offset {
            0..4 => in_32(self.number, 0),
            4..8 => in_32(self.arch, 4),
            8..16 => in_64(self.instruction_pointer, 8),
            16..DATA => {
                let argument = (offset as usize - 16) / 8;
                self.arguments[argument].to_le_bytes()[offset as usize % 8]
            }
            NUMBER_HIGH..PKEY => in_32(self.number_high, NUMBER_HIGH),
            PKEY..88 => in_32(self.pkey, PKEY),
            EXTENT..108 => in_32(self.extent(), EXTENT),
            EA_SIZE..EA => in_64(self.size, EA_SIZE),
            EA.. => {
                let place = (offset - EA) as usize;
                self.extensible.get(place).copied().unwrap_or(0)
            }
            _ => 0,
        }
    }

    /// The 32 bits at this offset, a multiple of 4.
    pub fn word(&self, offset: u32) -> u32 {
        u32::from_le_bytes([0, 1, 2, 3].map(|place| self.byte(offset + place)))
    }
}
