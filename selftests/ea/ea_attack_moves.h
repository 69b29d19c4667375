/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The attacks of ea_attack: what one move of each does to the argument, or to the copy of it.
 */
#ifndef RUST_SECCOMP_SELFTESTS_EA_ATTACK_MOVES_H
#define RUST_SECCOMP_SELFTESTS_EA_ATTACK_MOVES_H

#include "ea_attack_scene.h"

/* The content of the page, from the file system of "FUSE": late, and either struct at random. */
void serve(void *arg, __u8 *page);

/* Counts the success of an attack that should fail. */
#define MUST_FAIL(call) do { \
		if ((long)(call) != -1 && !record->let_through++) \
			snprintf(record->what, sizeof(record->what), "%.60s", #call); \
	} while (0)

/* The caller's /proc/self/mem. */
extern int self_memory;

/* One attack on the copy, the slot of the victim, or most of the time on the argument. */
void attack_slot(struct scenario *s);

struct attack {
	const char *name;
	/* Makes a move. */
	void (*move)(struct scenario *s);
	/* How the page with the argument is mapped. */
	enum { PRIVATE, SHARED_FILE, PRIVATE_FILE, STALLING, SERVED, SLOT } kind;
};

enum { ATTACKS = 10 };
extern const struct attack attacks[ATTACKS];

/* Whether there is a third struct at times, of zeros, for which calls may return anything. */
bool has_zeros(const struct attack *attack);

#endif /* RUST_SECCOMP_SELFTESTS_EA_ATTACK_MOVES_H */
