/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A system call with all of its registers, made by an instruction whose address is known. It
 * touches neither errno nor the thread pointer.
 */
#ifndef RUST_SECCOMP_SELFTESTS_RAW_CALL_H
#define RUST_SECCOMP_SELFTESTS_RAW_CALL_H

/* Where the call instruction of raw_call() ends: what filters see as the instruction pointer. */
extern char raw_call_ip[];

/* Makes call nr with six arguments; returns the register with the result. */
long raw_call(long nr, const unsigned long *args);

#endif /* RUST_SECCOMP_SELFTESTS_RAW_CALL_H */
