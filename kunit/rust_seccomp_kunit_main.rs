// SPDX-License-Identifier: GPL-2.0

//! The tests of the logic as KUnit suites: they run with the kernel's allocators, and under the
//! sanitizers that the kernel was built with.
//!
//! The logic is mounted from `rust/logic/`, and the cases from `host/src/shared/`, each file of
//! which is a suite. Only [`machine`] is not run on the host: it has the kernel's BPF run programs.

use kernel::{
    bindings,
    prelude::*, //
};

#[path = "../rust/logic/mod.rs"]
mod logic;
mod memory;
mod sys;

/// One in this number of the random tests runs: an emulated processor is slow with sanitizers.
const ONE_IN: u64 = 30;

/// Makes a suite of each file, and a case of each of its tests.
macro_rules! suites {
    ($($file:ident: $($case:ident)*,)*) => {
        $(mod $file {
            #[allow(unused_imports, reason = "one of them has the tests")]
            use crate::{
                shared::cases::*,
                *, //
            };

            $(
                /// # Safety
                ///
                /// `test` is the running test.
                unsafe extern "C" fn $case(_test: *mut bindings::kunit) {
                    $file::$case();
                }
            )*

            static mut CASES: [bindings::kunit_case; [$(stringify!($case)),*].len() + 1] = [
                $(kernel::kunit::kunit_case(c_str(concat!(stringify!($case), "\0")), $case),)*
                pin_init::zeroed(),
            ];

            kernel::macros::paste! {
                kernel::kunit_unsafe_test_suite!([<rust_seccomp_ $file>], CASES);
            }
        })*
    };
}

mod suites {
    crate::for_each_case!(suites);
    suites!(machine: classic residuals appended,);
}

/// A literal that ends with its only NUL, as a C string.
const fn c_str(s: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(s.as_bytes()) {
        Ok(s) => s,
        Err(_) => c"?",
    }
}

/// Fails the running test and ends it. Values on its stack are not dropped.
#[cold]
fn fail(file: &CStr, line: u32, message: core::fmt::Arguments<'_>) -> ! {
    // SAFETY: The function has no preconditions: it returns the test of the calling task, or NULL.
    let test = unsafe { bindings::kunit_get_current_test() };
    if test.is_null() {
        panic!("{message}");
    }
    let place = bindings::kunit_loc {
        file: file.as_char_ptr(),
        // CAST: No file has that many lines.
        line: line as i32,
    };
    let assert = bindings::kunit_fail_assert {
        assert: bindings::kunit_assert {},
    };
    // SAFETY: `test` is the test of the calling task. `place`, `assert` and `message` are read
    // before the first call returns, and `kunit_fail_assert_format()` passes the last to `%pA`,
    // which takes a pointer to `core::fmt::Arguments`. The second call ends this task, a thread
    // that KUnit made for the test: nothing refers to its stack, so that values on it that are not
    // dropped are leaked at most.
    unsafe {
        bindings::__kunit_do_failed_assertion(
            test,
            &place,
            bindings::kunit_assert_type_KUNIT_ASSERTION,
            &assert.assert,
            Some(bindings::kunit_fail_assert_format),
            c"%pA".as_char_ptr(),
            (&raw const message).cast::<c_void>(),
        );
        bindings::__kunit_abort(test)
    }
}

// From here on these macros fail the running test, and do not bring down the kernel.

macro_rules! assert {
    ($cond:expr $(,)?) => {
        assert!($cond, "{} does not hold", stringify!($cond))
    };
    ($cond:expr, $($message:tt)+) => {
        if !$cond {
            panic!($($message)+)
        }
    };
}

macro_rules! assert_eq {
    ($left:expr, $right:expr $(,)?) => {
        assert_eq!($left, $right, "{}", stringify!($left))
    };
    ($left:expr, $right:expr, $($message:tt)+) => {
        match (&$left, &$right) {
            (left, right) => assert!(
                *left == *right,
                "{left:x?}, not {right:x?}: {}",
                format_args!($($message)+)
            ),
        }
    };
}

macro_rules! panic {
    ($($message:tt)+) => {
        $crate::fail($crate::c_str(concat!(file!(), "\0")), line!(), format_args!($($message)+))
    };
}

// On the host other crates use these items, some of them only the binaries there.

mod machine;
#[path = "../host/src/shared/mod.rs"]
#[allow(dead_code, unreachable_pub)]
mod shared;

module! {
    type: Tests,
    name: "rust_seccomp_kunit",
    authors: ["The rust_seccomp authors"],
    description: "Tests of rust_seccomp's logic",
    license: "GPL",
}

/// A module without state: KUnit runs its suites when it is loaded.
struct Tests;

impl kernel::Module for Tests {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}
