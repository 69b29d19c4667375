/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How much memory the kernel uses for itself.
 */
#ifndef RUST_SECCOMP_SELFTESTS_MEMORY_H
#define RUST_SECCOMP_SELFTESTS_MEMORY_H

/* Bytes of slab and vmalloc memory, without compiled code, which comes from pools of 2 MiB. */
long memory_used(void);

#endif /* RUST_SECCOMP_SELFTESTS_MEMORY_H */
