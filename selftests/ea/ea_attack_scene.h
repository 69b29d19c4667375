/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a scenario of ea_attack is made of: the victims, the struct that is attacked, and the
 * record of how it went.
 */
#ifndef RUST_SECCOMP_SELFTESTS_EA_ATTACK_SCENE_H
#define RUST_SECCOMP_SELFTESTS_EA_ATTACK_SCENE_H

#include "ea.h"
#include "fuse_page.h"

#define PAGE 4096UL
/* Seconds, where all depends on one scenario. */
#define PATIENCE 20
#define FORBIDDEN "/tmp/ea_forbidden"

/* What is done with a word: the struct is allowed with it, or forbidden. */
struct victim {
	const char *name, *call;
	unsigned int offset;
	__u32 allowed, forbidden;
	/* Further words. */
	struct ea_word words[4];
	const char *path;
};

static const struct victim victims[] = {
	{ "openat2, O_CREAT", "openat2", 0, O_RDONLY | O_DIRECTORY, O_CREAT | O_WRONLY, { },
	  FORBIDDEN },
	{ "openat2, RESOLVE_BENEATH", "openat2", 16, 8, 0, { }, "/etc/../tmp" },
	/* An unknown flag; CLONE_INTO_CGROUP, with a descriptor that is none */
	{ "clone3, CLONE_INTO_CGROUP", "clone3", 4, 1U << 31, 2, { { 80, 0x7777 } }, NULL },
	/*
	 * SCHED_FLAG_UTIL_CLAMP, for which the smaller struct has no values; with the larger one it
	 * is about SCHED_FIFO, for which the privilege is missing.
	 */
	{ "sched_setattr, size", "sched_setattr", 0, 48, 56,
	  { { 4, 1 }, { 8, 0x60 }, { 20, 1 }, { 52, 1000 } }, NULL },
	/* Another namespace, which there is not. */
	{ "listmount, size", "listmount", 0, 24, 32, { { 24, 9 } }, NULL },
	/* The cheapest. */
	{ "landlock_create_ruleset", "landlock_create_ruleset", 4, 1U << 31, 0, { }, NULL },
};

#define CHEAPEST (LENGTH(victims) - 1)

/* How a scenario went, in memory shared with the child that it is played in. */
struct record {
	unsigned long attempts, allowed, refused, unreadable, broken, moves;
	/* What is none of these, and the last result of that kind. */
	unsigned long other;
	long other_result;
	/* An attack on the slot that should have failed did not. */
	unsigned long let_through;
	char what[64];
	int listener, pid;
	bool ready, done;
};

static struct record *record;

/* Whether the filter has seen both structs, so that there was an attack. */
static bool both_seen(void)
{
	return record->allowed && record->refused;
}

struct scenario {
	const struct victim *victim;
	const struct ea_call *call;
	/* The argument, in a page of its own, and others to play with. */
	__u8 *page, *spare[2];
	unsigned int offset;
	__u8 allowed[EA_ROOM], forbidden[EA_ROOM];
	long allowed_result, forbidden_result;
	/* Delay of the attacker; 0 for a random one. */
	unsigned int delay;
	unsigned int random;
	volatile bool stop, attacking;
	int memory;
	struct fuse_page served;
	unsigned int served_random;
	/* Where the cached arguments are. */
	__u8 *region;
};

static unsigned int next_random(unsigned int *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void pause_for(struct scenario *s)
{
	unsigned int turns = s->delay;

	if (!turns)
		turns = 1U << (next_random(&s->random) % 12);
	while (turns--)
		asm volatile("" ::: "memory");
}

static void set_word(struct scenario *s, bool forbidden)
{
	*(volatile __u32 *)(s->page + s->offset + s->victim->offset) =
		forbidden ? s->victim->forbidden : s->victim->allowed;
}

static void *map_at(void *address, int prot, int flags, int fd, off_t offset)
{
	return mmap(address, PAGE, prot, flags | (address ? MAP_FIXED : 0), fd, offset);
}

#define RW (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

#endif /* RUST_SECCOMP_SELFTESTS_EA_ATTACK_SCENE_H */
