/* SPDX-License-Identifier: GPL-2.0 */
#ifndef RUST_SECCOMP_SYMBOLS_H
#define RUST_SECCOMP_SYMBOLS_H

struct task_struct;

/* arch_seccomp_spec_mitigate(), which only x86 has. */
void rsc_spec_mitigate(struct task_struct *task);

#endif /* RUST_SECCOMP_SYMBOLS_H */
