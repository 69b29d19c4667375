// SPDX-License-Identifier: GPL-2.0

//! The whole program of a filter, which is run for calls that have no better answer.

use crate::{
    logic::bpf::{
        append::{
            canonical,
            ArchView,
            NeededInputs,
            VisibleFields, //
        },
        ending::{
            Ending,
            SeenCall, //
        },
        insn::Insn,
        lower::lower,
        residual::specialise, //
    },
    logic::buf::{
        Buf,
        NoMemory, //
    },
    sys::{
        arch::{
            self,
            Abi, //
        },
        bpf::{
            Classic,
            Inputs,
            Residuals, //
        },
        regs::Regs,
        task::Current, //
    }, //
};
use kernel::prelude::*;

/// A whole program, with its original.
pub(crate) enum Program {
    /// Of `SECCOMP_SET_MODE_FILTER`.
    Classic(Classic),
    /// Of `SECCOMP_APPEND_FILTER`.
    Appended(Appended),
}

/// A program over `struct seccomp_data_append`.
pub(crate) struct Appended {
    original: Buf<Insn>,
    visible: VisibleFields,
    /// All flags of `SECCOMP_APPEND_FILTER` that it was installed with.
    flags: u64,
    needs: NeededInputs,
    /// One for native and one for compat calls, which have their arguments in different registers.
    whole: [Residuals; 2],
}

impl Appended {
    /// Compiles a program for both ABIs. Returns it with its canonical form.
    ///
    /// Fails with `EINVAL` if the program is not admitted, with `EOPNOTSUPP` if the kernel does not
    /// compile programs (`net.core.bpf_jit_enable` is 0), as its interpreters do not know
    /// [`Inputs`], and with `ENOMEM`.
    pub(crate) fn new(
        original: Buf<Insn>,
        visible: VisibleFields,
        flags: u64,
    ) -> Result<(Self, Buf<Insn>)> {
        let code = canonical(&original, visible)?.ok_or(EINVAL)?;
        let compile = |abi| -> Result<Residuals> {
            Residuals::new(&lower(&code, &arch::layout(abi, visible))?.ok_or(EINVAL)?)
        };
        let this = Self {
            visible,
            flags,
            // A supervisor is told of the argument that the filter may see, even if the program
            // does not look at it.
            needs: NeededInputs::of(&code).and(NeededInputs {
                pkey: false,
                argument: visible.argument.is_some(),
            }),
            whole: [compile(Abi::Native)?, compile(Abi::Compat)?],
            original,
        };
        Ok((this, code))
    }
}

impl Appended {
    fn memory(&self) -> usize {
        let [native, compat] = &self.whole;
        native.memory() + compat.memory() + core::mem::size_of_val(&self.original[..])
    }
}

/// The bytes of an appended program for which the limit of a path counts one more instruction. A
/// path of the shortest classic filters takes as many for each instruction that counts.
const BYTES_PER_INSN: usize = 512;

impl Program {
    /// The instructions that the limit of a path counts: those of the program as it is run. For an
    /// appended filter, those of the longer of its two programs, and one for each
    /// [`BYTES_PER_INSN`].
    pub(crate) fn len(&self) -> u32 {
        match self {
            Self::Classic(program) => program.len(),
            Self::Appended(program) => {
                let [native, compat] = &program.whole;
                // CAST: Programs are shorter than 4 GiB.
                let more = (program.memory() / BYTES_PER_INSN) as u32;
                native.len().max(compat.len()).saturating_add(more)
            }
        }
    }

    /// The bytes of memory that it takes.
    pub(crate) fn memory(&self) -> usize {
        match self {
            Self::Classic(program) => program.memory(),
            Self::Appended(program) => program.memory(),
        }
    }

    /// The instructions as their author wrote them.
    pub(crate) fn original(&self) -> &[Insn] {
        match self {
            Self::Classic(program) => program.original(),
            Self::Appended(program) => &program.original,
        }
    }

    /// Makes the residual program for calls of this number on this architecture (`AUDIT_ARCH_*`),
    /// as [`specialise`] does.
    pub(crate) fn residual(&self, arch: u32, nr: u32) -> Result<Option<Buf<Insn>>, NoMemory> {
        match self {
            Self::Classic(program) => specialise(program.original(), arch, nr),
            Self::Appended(program) => {
                let visible = program.visible;
                match canonical(&program.original, visible)? {
                    Some(code) => specialise(&code, ArchView { arch, visible }, nr),
                    None => Ok(None),
                }
            }
        }
    }

    /// For an appended filter, the flags that it was installed with, and its EA size in bytes: how
    /// much of extensible arguments it understands.
    pub(crate) fn appended(&self) -> Option<(u64, u32)> {
        match self {
            Self::Classic(_) => None,
            Self::Appended(Appended { flags, visible, .. }) => {
                Some((*flags, visible.argument.unwrap_or(0)))
            }
        }
    }

    /// Runs the program as its author wrote it, to find where it ends. `None` as for
    /// [`SeenCall::ending`], and if memory is short.
    pub(crate) fn ending<P>(&self, seen: &SeenCall<'_, P>) -> Option<Ending> {
        match self {
            Self::Classic(program) => seen.ending(program.original(), VisibleFields::NONE),
            Self::Appended(program) => {
                let code = canonical(&program.original, program.visible).ok()??;
                seen.ending(&code, program.visible)
            }
        }
    }

    /// The inputs that [`Program::run`] needs.
    pub(crate) fn needs(&self) -> NeededInputs {
        match self {
            Self::Classic(_) => NeededInputs::NONE,
            Self::Appended(program) => program.needs,
        }
    }

    /// Runs the program. `inputs` has those of [`Program::needs`]. Returns a `SECCOMP_RET_*`.
    #[cold]
    pub(crate) fn run(&self, current: Current, regs: Regs, inputs: &Inputs<'_>) -> u32 {
        match self {
            Self::Classic(program) => program.run(&regs.seccomp_data(current)),
            Self::Appended(Appended {
                whole: [native, compat],
                ..
            }) => {
                let whole = if current.is_compat() { compat } else { native };
                whole.run_only(regs, inputs)
            }
        }
    }
}
