// SPDX-License-Identifier: GPL-2.0

//! Tells who listens to the trace event which filter has decided about a call, and where in it.
//!
//! The engine does not need to know that to decide: most calls are decided by constants of a table,
//! which merges the filters of a path, and by residual programs. So while somebody listens, the
//! programs are run once more, as their authors wrote them.

use crate::{
    engine::{
        filter::{
            Filter,
            FilterLayer, //
        },
        inputs, //
    },
    logic::{
        bpf::{
            ending::SeenCall,
            insn::DATA_WORDS, //
        },
        verdict::Verdict, //
    },
    sys::{
        argument::{
            ArgumentPage,
            CAPACITY, //
        },
        bpf::Inputs,
        filter_pointer::Owner,
        regs::Regs,
        task::{
            self,
            Current, //
        },
        uapi::seccomp_data,
        verdict_event::{
            self,
            Decider, //
        }, //
    }, //
};

pub(crate) use verdict_event::is_on;

/// The most bytes of an extensible argument that are told.
const ARGUMENT_TOLD: usize = 256;

/// Tells of the verdict on the call. `inputs` is what filters have seen of its argument. May sleep.
#[cold]
#[inline(never)]
pub(crate) fn tell(current: Current, regs: Regs, inputs: &Inputs<'_>, verdict: Verdict) {
    let Owner::Us(newest) = current.owner::<FilterLayer>() else {
        return;
    };
    let data = regs.seccomp_data(current);
    let copied = inputs.features != 0;
    let seen = SeenCall {
        data: words(&data),
        nr_high: regs.nr_high(current),
        pkey: task::pkey_register().unwrap_or(0),
        extensible: inputs::extensible(current, regs).is_some(),
        inputs,
        argument: inputs.argument.bytes(if copied { CAPACITY } else { 0 }),
    };
    let decider = find(newest.link(), &seen, verdict);
    let told = if copied { inputs.extent as usize } else { 0 };
    verdict_event::emit(
        data,
        verdict.bits(),
        decider.as_ref(),
        inputs.argument.bytes(told.min(ARGUMENT_TOLD)),
    );
}

/// `struct seccomp_data` as words, the lower half of each field first.
fn words(data: &seccomp_data) -> [u32; DATA_WORDS] {
    let mut words = [0; DATA_WORDS];
    let fields = core::iter::once(data.instruction_pointer).chain(data.args);
    // CAST: The number's bits are what counts, and the halves are what programs load.
    let rest = fields.flat_map(|field| [field as u32, (field >> 32) as u32]);
    let all = [data.nr as u32, data.arch].into_iter().chain(rest);
    for (word, value) in words.iter_mut().zip(all) {
        *word = value;
    }
    words
}

/// The filter that decides: the newest that returns the action. `None` if that cannot be told: see
/// [`SeenCall::ending`]; or memory is short.
fn find<'a>(
    newest: &'a Filter,
    seen: &SeenCall<'_, ArgumentPage<'_>>,
    verdict: Verdict,
) -> Option<Decider<'a>> {
    let depth = newest.summary().depth();
    for (newer, filter) in (0..).zip(newest.path()) {
        let program = filter.parts().program();
        let ending = program.ending(seen)?;
        if Verdict::new(ending.value) == verdict {
            return Some(Decider {
                filter: depth.saturating_sub(newer),
                program: program.original(),
                insn: ending.at,
            });
        }
    }
    None
}
