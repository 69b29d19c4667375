// SPDX-License-Identifier: GPL-2.0
/*
 * Extensible arguments and memory protection keys: the region has key 0, so the call of a thread
 * that denies itself key 0 fails, whatever key the struct has.
 */

#ifdef __x86_64__
#include "ea_fixture.h"
#include "pkey_call.h"

#include <sys/rseq.h>

#define DENY_ACCESS 1
#define DENY_WRITE 2

/* Struct and path, in memory with a key of its own. */
static struct {
	__u8 how[EA_ROOM];
	char path[8];
} *memory;

/* 0, or minus the error. */
static long opens(unsigned int rights)
{
	long fd = call_without(rights, 437, AT_FDCWD, memory->path, memory->how, 24);

	if (fd >= 0)
		close(fd);
	return fd < 0 ? fd : 0;
}

static int without_key_0(const void *arg)
{
	static const struct {
		unsigned int rights;
		long result;
	} cases[] = { { 0, 0 }, { DENY_WRITE, 0 }, { DENY_ACCESS, -EFAULT }, { 0, 0 } };
	const struct ea_call *openat2 = ea_find("openat2");
	int key = pkey_alloc(0, 0);

	/* The kernel writes to the rseq area after preemption, and would kill the thread. */
	syscall(__NR_rseq, (char *)__builtin_thread_pointer() + __rseq_offset, 32,
		RSEQ_FLAG_UNREGISTER, RSEQ_SIG);
	memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	memory->path[0] = '/';
	if (pkey_mprotect(memory, PAGE, PROT_READ | PROT_WRITE, key))
		return 1;
	for (size_t i = 0; i < LENGTH(cases); i++)
		if (opens(cases[i].rights))
			return 10 + i;
	if (ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0))
		return 2;
	for (size_t i = 0; i < LENGTH(cases); i++)
		if (opens(cases[i].rights) != cases[i].result)
			return 20 + i;
	/* The filter sees the struct nevertheless, and decides. */
	ea_bad(openat2, memory->how);
	for (size_t i = 0; i < LENGTH(cases); i++)
		if (opens(cases[i].rights) != -4000)
			return 30 + i;
	return 0;
}

TEST_F(ea, without_key_0)
{
	int key = pkey_alloc(0, 0);

	if (key < 0)
		SKIP(return, "no protection keys");
	pkey_free(key);
	EXPECT_EQ(0, in_child(without_key_0, NULL));
}
#else
#include "harness.h"

TEST(without_key_0)
{
	SKIP(return, "x86_64 alone");
}
#endif

TEST_HARNESS_MAIN
