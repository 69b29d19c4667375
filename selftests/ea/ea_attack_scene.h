/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a scenario of ea_attack consists of: a victim, the struct that is attacked, and the record
 * of the attempts.
 */
#ifndef RUST_SECCOMP_SELFTESTS_EA_ATTACK_SCENE_H
#define RUST_SECCOMP_SELFTESTS_EA_ATTACK_SCENE_H

/*
 * 32-bit programs, too, take addresses for offsets in /proc/self/mem. Each file includes this
 * first.
 */
#define _FILE_OFFSET_BITS 64

#include "ea.h"
#include "fuse_page.h"

#define PAGE 4096UL
/* How many seconds a scenario may go on for until both structs have been seen. */
#define PATIENCE 20
#define FORBIDDEN "/tmp/ea_forbidden"

/* A call, and a word of its struct by which the filter allows or forbids it. */
struct victim {
	const char *name, *call;
	unsigned int offset;
	__u32 allowed, forbidden;
	/* Further words of both structs. */
	struct ea_word words[4];
	const char *path;
};

/* The quickest of them, with others behind it that are about sockets. */
enum { CHEAPEST = 5, CONNECT, VICTIMS = 10 };
extern const struct victim victims[VICTIMS];

/* The attempts of a scenario, in memory shared with the child that makes them. */
struct record {
	unsigned long attempts, allowed, refused, unreadable, broken, moves;
	/* Attempts with any other result, and the last such result. */
	unsigned long other;
	long other_result;
	/* Attacks on the slot that should have failed and did not, and the first one. */
	unsigned long let_through;
	char what[64];
	int listener, pid;
	bool ready, done;
};

extern struct record *record;

/* Whether the filter has seen both structs: only then was there an attack. */
bool both_seen(void);

struct scenario {
	const struct victim *victim;
	const struct ea_call *call;
	/* The page with the argument, and others that attacks use. */
	__u8 *page, *spare[2];
	unsigned int offset;
	__u8 allowed[EA_ROOM], forbidden[EA_ROOM];
	long allowed_result, forbidden_result;
	/* Turns of a loop that the attacker waits between moves; 0 for a random number. */
	unsigned int delay;
	unsigned int random;
	volatile bool stop, attacking;
	int memory;
	struct fuse_page served;
	unsigned int served_random;
	/* The region of the cached arguments. */
	__u8 *region;
};

/* A random number (xorshift). */
unsigned int next_random(unsigned int *state);

/* Waits as long as the scenario says. */
void pause_for(struct scenario *s);

/* Makes the struct the forbidden one, or the allowed one. */
void set_word(struct scenario *s, bool forbidden);

/* Maps a page, at this address unless it is NULL. */
void *map_at(void *address, int prot, int flags, int fd, off_t offset);

#define RW (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

#endif /* RUST_SECCOMP_SELFTESTS_EA_ATTACK_SCENE_H */
