// SPDX-License-Identifier: GPL-2.0

//! The checks admit what the kernel's do.

use proptest::prelude::*;
use rust_seccomp_host::logic::bpf::insn::Insn;
use rust_seccomp_host::shared::cases::admission::admitted;
use rust_seccomp_host::shared::reference::admits;

proptest! {
    #[test]
    fn any_bytes(fields in prop::collection::vec((0u16..0x100, 0u8..8, 0u8..8, 0u32..70), 0..12)) {
        let prog: Vec<Insn> = fields
            .into_iter()
            .map(|(code, jt, jf, k)| Insn::jump(code, k, jt, jf))
            .chain([Insn::stmt(0x06, 0)])
            .collect();
        prop_assert_eq!(admitted(&prog), admits(&prog));
    }
}
