// SPDX-License-Identifier: GPL-2.0
/*
 * What a scenario of ea_attack consists of.
 */

#include "ea_attack_scene.h"

#include <sys/socket.h>

const struct victim victims[VICTIMS] = {
	{ "openat2, O_CREAT", "openat2", 0, O_RDONLY | O_DIRECTORY, O_CREAT | O_WRONLY, { },
	  FORBIDDEN },
	{ "openat2, RESOLVE_BENEATH", "openat2", 16, 8, 0, { }, "/etc/../tmp" },
	/*
	 * Allowed: an unknown flag. Forbidden: CLONE_INTO_CGROUP, with a descriptor that is not
	 * open.
	 */
	{ "clone3, CLONE_INTO_CGROUP", "clone3", 4, 1U << 31, 2, { { 80, 0x7777 } }, NULL },
	/*
	 * SCHED_FLAG_UTIL_CLAMP, whose values the smaller struct lacks. With the larger one the
	 * call fails for SCHED_FIFO, for which the caller has no privilege.
	 */
	{ "sched_setattr, size", "sched_setattr", 0, 48, 56,
	  { { 4, 1 }, { 8, 0x60 }, { 20, 1 }, { 52, 1000 } }, NULL },
	/*
	 * Forbidden: more than the kernel knows, which is E2BIG. A mount namespace that does not
	 * exist would not do: with half of mnt_id, the smaller struct has ENOENT as well.
	 */
	{ "listmount, size", "listmount", 0, 24, 40, { { 32, 9 } }, NULL },
	{ "landlock_create_ruleset", "landlock_create_ruleset", 4, 1U << 31, 0, { }, NULL },
	/*
	 * Addresses: forbidden is an unknown family. It differs in one byte from what is allowed,
	 * and from the zeros of a hole: of two, the filter and the call might both see one alone,
	 * and no such family is known either.
	 */
	{ "connect", "connect", 0, 0, 0x77, { }, NULL },
	{ "bind", "bind", 0, 0, 0x77, { }, NULL },
	{ "sendto", "sendto", 0, 0, 0x77, { }, NULL },
	/*
	 * Too many buffers. A 32-bit struct msghdr is copied byte by byte, so only one byte
	 * differs: of two, the filter and the call might both see one alone, which is too many
	 * as well.
	 */
	{ "sendmsg", "sendmsg", offsetof(struct msghdr, msg_iovlen), 0, 0x7700, { }, NULL },
};

struct record *record;

bool both_seen(void)
{
	return record->allowed && record->refused;
}

unsigned int next_random(unsigned int *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

void pause_for(struct scenario *s)
{
	unsigned int turns = s->delay;

	if (!turns)
		turns = 1U << (next_random(&s->random) % 12);
	while (turns--)
		asm volatile("" ::: "memory");
}

void set_word(struct scenario *s, bool forbidden)
{
	*(volatile __u32 *)(s->page + s->offset + s->victim->offset) =
		forbidden ? s->victim->forbidden : s->victim->allowed;
}

void *map_at(void *address, int prot, int flags, int fd, off_t offset)
{
	return mmap(address, PAGE, prot, flags | (address ? MAP_FIXED : 0), fd, offset);
}
