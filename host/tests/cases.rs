// SPDX-License-Identifier: GPL-2.0

//! The tests of `cases`.

macro_rules! tests {
    ($($file:ident: $($case:ident)*,)*) => {
        $(mod $file {
            $(#[test]
            fn $case() {
                rust_seccomp_host::shared::cases::$file::$case();
            })*
        })*
    };
}

rust_seccomp_host::for_each_case!(tests);
