// SPDX-License-Identifier: GPL-2.0

//! The test cases that run on the host and in the kernel.

pub mod admission;
pub mod agreement;
pub mod append;
pub mod shapes;

/// Calls the macro `with` with the names of all cases, by file.
#[macro_export]
macro_rules! for_each_case {
    ($with:ident) => {
        $with! {
            admission: every_code every_load lengths damaged_programs,
            agreement: random_programs every_operation guided_corpus,
            append: agree tails every_load damaged_programs constants needs_of_a_branch calls,
            shapes: lists far_jumps comparisons_of_the_number computed_from_the_number many_states
                many_values too_many_states division_by_zero arguments_that_do_not_matter
                strongest_action lowered listing nonsense_is_harmless
                every_allocation_may_fail,
        }
    };
}

/// Scales a number of tries, or of expected results, by [`ONE_IN`](crate::ONE_IN).
fn scaled(n: u64) -> u64 {
    n / crate::ONE_IN
}
