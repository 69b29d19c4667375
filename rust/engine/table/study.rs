// SPDX-License-Identifier: GPL-2.0

//! What one filter does for each system call, and its residual programs.

use crate::{
    logic::{
        bpf::{
            append::{
                ArchView,
                VisibleFields, //
            },
            insn::Insn,
            meter::{
                self,
                Meter, //
            },
            study::{
                self,
                Side,
                Study, //
            }, //
        },
        buf::NoMemory, //
    },
    sys::{
        arch::{
            self,
            Abi, //
        },
        bpf::Residuals,
        signal, //
    }, //
};
use core::mem::size_of_val;
use kernel::page::PAGE_SIZE;

/// Finds out what a filter does, whose program (in canonical form) is `prog`.
///
/// Reschedules in between. If a fatal signal is pending there is less in the result.
pub(crate) fn study(prog: &[Insn], visible: VisibleFields) -> Result<Study, NoMemory> {
    let side = |abi: Abi| Side {
        view: ArchView {
            arch: abi.audit_arch(),
            visible,
        },
        layout: arch::layout(abi, visible),
    };
    let units = meter::units(prog).saturating_mul(match visible {
        VisibleFields::NONE => 1,
        // The built-in engine has no such filter to compare with. Two whole programs are compiled
        // for it in any case, and more instructions deal with an argument.
        _ => 3,
    });
    let meter = Meter::new(units, signal::may_go_on);
    study::study(prog, &Abi::ALL.map(side), meter)
}

/// About how many bytes the residual programs of a study will take: whole pages, and their code.
pub(crate) fn memory_of_residuals(study: &Study) -> usize {
    study.program.as_ref().map_or(0, |program| {
        let bytes = size_of_val(program.insns());
        bytes.next_multiple_of(PAGE_SIZE) + bytes
    })
}

/// Has the kernel compile the residual programs of a study. If it cannot, the study does without
/// them.
pub(crate) fn compile(study: &mut Study) -> Option<Residuals> {
    let compiled = study
        .program
        .as_ref()
        .and_then(|program| Residuals::new(program).ok());
    if compiled.is_none() {
        study.forget_residuals();
    }
    compiled
}
