/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How the director of fuzz_calls gives orders to its actors.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FUZZ_ORDER_H
#define RUST_SECCOMP_SELFTESTS_FUZZ_ORDER_H

#include "fuzz_director.h"

/*
 * Gives an order, and deals with stops and requests of the actor until it is carried out. Returns
 * whether the actor lives.
 */
bool order(struct actor *a, enum order what);

/* Prepares an order of a single call, without arguments. Returns the call. */
struct order_call *one_call(struct actor *a, long nr);

/*
 * CALL(actor, nr, arguments...): has the actor make a call, and shows the result. Returns whether
 * the call returned.
 */
#define CALL(a, ...) call_one(a, (const unsigned long[7]) { __VA_ARGS__ })
bool call_one(struct actor *a, const unsigned long *words);

#endif /* RUST_SECCOMP_SELFTESTS_FUZZ_ORDER_H */
