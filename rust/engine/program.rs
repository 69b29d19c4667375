// SPDX-License-Identifier: GPL-2.0

//! What a filter runs as a whole: for system calls that have no entry in the tables.

use crate::{
    logic::bpf::{
        append::{
            canonical,
            ArchView,
            NeededInputs,
            VisibleFields, //
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

/// A program, as it was given and as it is run.
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
    /// All that it was installed with.
    flags: u64,
    needs: NeededInputs,
    /// For native and for compat calls, which have their arguments in different registers.
    whole: [Residuals; 2],
}

impl Appended {
    /// Makes what is run of `original`. Returns its canonical form along with it.
    ///
    /// `EINVAL` if it is not to be admitted, `EOPNOTSUPP` if programs are not compiled on this
    /// machine (`net.core.bpf_jit_enable` is 0): interpreters do not know of [`Inputs`].
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
            // Who may see an argument is notified of it, too, whether it looks or not.
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

/// For so many bytes of an appended filter the limit per path counts one more instruction: a path
/// of the shortest filters that the built-in engine admits takes as many for each.
const BYTES_PER_INSN: usize = 512;

impl Program {
    /// What the limit per path counts: the length of what is run. Of an appended filter, for which
    /// there are two programs, also what these take beyond what another's would.
    pub(crate) fn len(&self) -> u32 {
        match self {
            Self::Classic(program) => program.len(),
            Self::Appended(program) => {
                let [native, compat] = &program.whole;
                // CAST: Programs are short.
                let pages = (program.memory() / BYTES_PER_INSN) as u32;
                native.len().max(compat.len()).saturating_add(pages)
            }
        }
    }

    /// Bytes that it takes.
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

    /// What is left of the program for calls of this number on this architecture (`AUDIT_ARCH_*`),
    /// as [`specialise`] makes it.
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

    /// For an appended filter, the flags that it was installed with, and how many bytes of
    /// extensible arguments it understands.
    pub(crate) fn appended(&self) -> Option<(u64, u32)> {
        match self {
            Self::Classic(_) => None,
            Self::Appended(Appended { flags, visible, .. }) => {
                Some((*flags, visible.argument.unwrap_or(0)))
            }
        }
    }

    /// What [`Program::run`] needs.
    pub(crate) fn needs(&self) -> NeededInputs {
        match self {
            Self::Classic(_) => NeededInputs::NONE,
            Self::Appended(program) => program.needs,
        }
    }

    /// Runs the program. `inputs` has what it needs.
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
