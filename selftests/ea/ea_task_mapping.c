// SPDX-License-Identifier: GPL-2.0
/*
 * Extensible arguments: the mapping that the copies are in, as far as the process sees it. Part of
 * ea_task_test.
 */

#include "ea_fixture.h"

/* An engine that is built into the kernel keeps its copies for itself. */
static bool are_copies_mapped(void)
{
	return !access("/sys/module/rust_seccomp", F_OK);
}

/* The number of regions in /proc/self/maps, and the start of the last one. */
static int regions(__u8 **start)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[256];
	int count = 0;

	while (maps && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "seccomp_args"))
			continue;
		/* A region must not be writable. */
		count += strstr(line, " r--s ") ? 1 : -1000;
		*start = (__u8 *)strtoul(line, NULL, 16);
	}
	if (!maps)
		return -1;
	fclose(maps);
	return count;
}

/* The mapping in /proc/self/maps. */
static int mapping(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	__u8 how[EA_ROOM] = {}, *region;

	if (ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0) || ea_do(openat2, how, 24))
		return 1;
	return regions(&region) == 1 ? 0 : 2;
}

TEST_F(ea, mapping)
{
	if (!are_copies_mapped())
		SKIP(return, "the engine is no module");
	EXPECT_EQ(0, in_child(mapping, NULL));
}

/* Calls that the number decides on need no mapping. */
static int no_mapping(const void *arg)
{
	const struct ea_call *mount_setattr = ea_find("mount_setattr");
	struct sock_filter old[] = {
		LOAD(nr),
		RET_IF_EQ(437, SECCOMP_RET_LOG),
		LOAD_ARG_LO(3),
		RET_IF_EQ(0x7777, SECCOMP_RET_ERRNO | 2050),
		RET(SECCOMP_RET_ALLOW),
	};
	struct sock_filter appended[] = {
		LOAD_AT(OFFSET(features)),
		RET_IF_EQ(0x7777, SECCOMP_RET_ERRNO | 2051),
		LOAD_ARG_LO(2),
		RET_IF_EQ(0x7777, SECCOMP_RET_ERRNO | 2052),
		RET(SECCOMP_RET_ALLOW),
	};
	__u8 bytes[EA_ROOM], *region;

	for (int filters = 0; filters < 3; filters++) {
		if (filters == 0 && INSTALL(old, 0))
			return 1;
		if (filters == 1 && APPEND(appended, 0, 0))
			return 2;
		/*
		 * The filter looks at no other call's struct, and no struct has a tail to refuse.
		 */
		if (filters == 2 && ea_install_word(mount_setattr, mount_setattr->bad,
						    SECCOMP_RET_ALLOW, TAIL_VISIBLE))
			return 3;
		for (size_t i = 0; i < LENGTH(ea_calls); i++) {
			if (filters == 2 && &ea_calls[i] == mount_setattr)
				continue;
			ea_good(&ea_calls[i], bytes);
			ea_do(&ea_calls[i], bytes, ea_calls[i].known);
			if (regions(&region)) {
				printf("# %s\n", ea_calls[i].name);
				return 10 + filters;
			}
		}
	}
	ea_bad(mount_setattr, bytes);
	if (ea_do(mount_setattr, bytes, 32) != -4000)
		return 4;
	return regions(&region) == 1 ? 0 : 5;
}

TEST_F(ea, no_mapping)
{
	if (!are_copies_mapped())
		SKIP(return, "the engine is no module");
	EXPECT_EQ(0, in_child(no_mapping, NULL));
}

/* The caller's struct may lie in a slot, or in the pages around it. */
static int in_the_slot(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	__u8 good[EA_ROOM], bad[EA_ROOM], *region;

	ea_good(openat2, good);
	ea_bad(openat2, bad);
	if (ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0) ||
	    ea_do(openat2, good, 24))
		return 1;
	if (regions(&region) != 1)
		return 2;
	for (int i = 0; i < 3; i++) {
		if (ea_do(openat2, good, 24) || ea_do(openat2, region + PAGE, 24))
			return 3;
		if (ea_do(openat2, bad, 24) != -4000 || ea_do(openat2, region + PAGE, 24) != -4000)
			return 4;
		/* At this address the word of resolve is read as mode. */
		if (ea_do(openat2, region + PAGE + 8, 24) != -EINVAL)
			return 5;
		/* The guard page, and a slot without an owner. */
		if (ea_do(openat2, region, 24) != -EFAULT ||
		    ea_do(openat2, region + PAGE - 8, 24) != -EFAULT ||
		    ea_do(openat2, region + 9 * PAGE, 24) != -EFAULT)
			return 6;
	}
	return 0;
}

TEST_F(ea, in_the_slot)
{
	if (!are_copies_mapped())
		SKIP(return, "the engine is no module");
	EXPECT_EQ(0, in_child(in_the_slot, NULL));
}

#ifdef __x86_64__
/* A 32-bit call of a 64-bit program. */
static long old_call(long nr, long a, long b, long c, long d)
{
	asm volatile("int $0x80"
		     : "+a"(nr) : "b"(a), "c"(b), "d"(c), "S"(d)
		     : "r8", "r9", "r10", "r11", "memory");
	return nr;
}

static int calls_of_both_kinds(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	char *low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		LOAD(arch),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		LOAD_EA(openat2->bad.offset),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, openat2->bad.value, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_MISC | BPF_TXA, 0),
		RET_IF_EQ(AUDIT_ARCH_I386, SECCOMP_RET_ERRNO | 2031),
		RET(SECCOMP_RET_ERRNO | 2032),
	};

	if (low == MAP_FAILED || APPEND(insns, USE_EA, 24))
		return 1;
	low[256] = '/';
	for (int i = 0; i < 10; i++) {
		ea_good(openat2, low);
		if (ea_do(openat2, low, 24) ||
		    old_call(437, AT_FDCWD, (long)low + 256, (long)low, 24) < 0)
			return 2;
		low[23] = 1;
		if (ea_do(openat2, low, 24) != -EINVAL ||
		    old_call(437, AT_FDCWD, (long)low + 256, (long)low, 24) != -EINVAL)
			return 3;
		ea_bad(openat2, low);
		if (ea_do(openat2, low, 24) != -2032 ||
		    old_call(437, AT_FDCWD, (long)low + 256, (long)low, 24) != -2031)
			return 4;
	}
	return 0;
}

TEST_F(ea, calls_of_both_kinds)
{
	EXPECT_EQ(0, in_child(calls_of_both_kinds, NULL));
}
#endif
