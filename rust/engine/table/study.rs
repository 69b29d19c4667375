// SPDX-License-Identifier: GPL-2.0

//! Studies a filter: what it does for each system call, with its residual programs.

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

/// Studies the filter with the program `prog`, in canonical form, which sees the fields `visible`.
///
/// Sleeps. If a fatal signal is pending, it ends early, with the finding for the remaining calls
/// that the whole program is to be run. Fails if there is no memory.
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
        // An appended filter may cost more than a classic one: two whole programs are compiled for
        // it in any case, and it takes more instructions to look at an argument.
        _ => 3,
    });
    let meter = Meter::new(units, signal::may_go_on);
    study::study(prog, &Abi::ALL.map(side), meter)
}

/// An estimate of the bytes that the compiled residual programs will take: instructions in whole
/// pages, and their code.
pub(crate) fn memory_of_residuals(study: &Study) -> usize {
    study.program.as_ref().map_or(0, |program| {
        let bytes = size_of_val(program.insns());
        bytes.next_multiple_of(PAGE_SIZE) + bytes
    })
}

/// Has the kernel compile the residual programs of a study. If that fails, drops them from the
/// study, and returns `None`.
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
