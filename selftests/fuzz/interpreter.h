/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The verdict of filters on a call, by an interpreter that was written from the definition of
 * classic BPF and not from either engine.
 */
#ifndef RUST_SECCOMP_SELFTESTS_INTERPRETER_H
#define RUST_SECCOMP_SELFTESTS_INTERPRETER_H

#include "differential_calls.h"

/* The stack of filters, the oldest first. */
extern struct filter filters[MAX_FILTERS];
extern int filter_count;

/* The machine has memory protection keys, so that appended filters see their register. */
extern bool has_pkeys;

/* The verdict of all filters: the lowest action wins, and of equal ones the newest filter's. */
__u32 verdict_of(const struct call *call);

enum kind { ALLOW, LOG, TRACE, NOTIFY, ERRNO, TRAP, KILL, KINDS };

extern const char *const kind_names[KINDS];

enum kind kind_of(__u32 verdict);

#endif /* RUST_SECCOMP_SELFTESTS_INTERPRETER_H */
