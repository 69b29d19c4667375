// SPDX-License-Identifier: GPL-2.0

//! The tests of the logic that does not touch the kernel, in the kernel, as KUnit suites: with its
//! allocators, and with whatever it was built with to find bugs.
//!
//! The logic is that of `rust/`, and the tests those of `host/src/shared/cases/`, file by file.
//! [`machine`] is what there is here alone: programs are run by the kernel's own BPF.

use kernel::{
    bindings,
    prelude::*, //
};

#[path = "../rust/logic/mod.rs"]
mod logic;
mod memory;
mod sys;

/// Of what is tried at random, one in this number is: an emulated processor that looks for bugs is
/// slow.
const ONE_IN: u64 = 30;

/// A suite for each file, with a case for each of its tests.
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
                /// As KUnit calls it.
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

/// A string that ends with its one NUL.
const fn c_str(s: &'static str) -> &'static CStr {
    match CStr::from_bytes_with_nul(s.as_bytes()) {
        Ok(s) => s,
        Err(_) => c"?",
    }
}

/// Ends the running test: it has failed. What is on its stack is never dropped.
#[cold]
fn fail(file: &CStr, line: u32, message: core::fmt::Arguments<'_>) -> ! {
    // SAFETY: It can be called by anybody.
    let test = unsafe { bindings::kunit_get_current_test() };
    if test.is_null() {
        panic!("{message}");
    }
    let place = bindings::kunit_loc {
        file: file.as_char_ptr(),
        // CAST: Files are short.
        line: line as i32,
    };
    let assert = bindings::kunit_fail_assert {
        assert: bindings::kunit_assert {},
    };
    // SAFETY: The test is the one that this task runs. The pointers are looked at in this call
    // alone, and `%pA` takes one to `core::fmt::Arguments`. Aborting ends this task, a thread that
    // KUnit has made for the test: what it leaves on its stack is memory that is lost, and nothing
    // refers to it.
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

// From here on these fail a test, and not the kernel.

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

// The host's tests reach the items of these from another crate, and some the binaries there alone.

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

/// KUnit runs what is there when it is loaded.
struct Tests;

impl kernel::Module for Tests {
    fn init(_module: &'static ThisModule) -> Result<Self> {
        Ok(Self)
    }
}
