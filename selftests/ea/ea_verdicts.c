// SPDX-License-Identifier: GPL-2.0
/*
 * Extensible arguments: the verdicts that calls get. Part of ea_test.
 */

#include "ea_fixture.h"

struct decision {
	const struct ea_call *call;
	struct ea_word deny;
	__u32 other;
	__u64 flags;
	const void *pointer;
	unsigned long size;
	long result;
};

static int decides(const void *arg)
{
	const struct decision *decision = arg;
	long got;

	if (ea_install_word(decision->call, decision->deny, decision->other, decision->flags))
		return 2;
	got = ea_do(decision->call, decision->pointer, decision->size);
	if (got == decision->result)
		return 0;
	printf("# %s: %ld, not %ld\n", decision->call->name, got, decision->result);
	return 1;
}

/* A word of the struct decides; an allowed call runs. */
TEST_F(ea, a_word_decides)
{
	for (size_t i = 0; i < LENGTH(ea_calls); i++) {
		const struct ea_call *call = &ea_calls[i];
		struct decision decision = {
			.call = call, .deny = call->bad, .other = SECCOMP_RET_ALLOW,
			.pointer = self->memory, .size = call->known,
		};

		ea_good(call, self->memory);
		decision.result = ea_do(call, self->memory, call->known);
		EXPECT_EQ(0, in_child(decides, &decision));
		decision.other = SECCOMP_RET_LOG;
		EXPECT_EQ(0, in_child(decides, &decision));

		ea_bad(call, self->memory);
		decision.result = -4000;
		EXPECT_EQ(0, in_child(decides, &decision));
		/* A tail of zeros is ignored. */
		decision.flags = TAIL_VISIBLE;
		EXPECT_EQ(0, in_child(decides, &decision));
	}
}

/* Flags above bit 31. */
TEST_F(ea, high_flags)
{
	const struct ea_call *clone3 = ea_find("clone3"), *openat2 = ea_find("openat2");
	struct decision decision = {
		.other = SECCOMP_RET_ALLOW, .pointer = self->memory, .result = -4000,
	};

	for (int bit = 32; bit < 64; bit++) {
		decision.call = clone3;
		decision.size = 88;
		decision.deny = (struct ea_word) { 4, 1U << (bit - 32) };
		ea_good(clone3, self->memory);
		ea_put(self->memory, decision.deny);
		EXPECT_EQ(0, in_child(decides, &decision));
		if (bit % 8)
			continue;
		decision.call = openat2;
		decision.size = 24;
		ea_good(openat2, self->memory);
		ea_put(self->memory, decision.deny);
		EXPECT_EQ(0, in_child(decides, &decision));
	}
	/* The call runs: it fails for CLONE_INTO_CGROUP with a bad descriptor. */
	decision.call = clone3;
	decision.size = 88;
	decision.deny = (struct ea_word) { 4, 1 };
	ea_good(clone3, self->memory);
	ea_put(self->memory, (struct ea_word) { 4, 2 });
	ea_put(self->memory, (struct ea_word) { 80, 0x7ff0 });
	decision.result = ea_do(clone3, self->memory, 88);
	EXPECT_EQ(-EBADF, decision.result);
	EXPECT_EQ(0, in_child(decides, &decision));
}

/* Installs a filter for openat2() that returns errno 2000 plus a bit of a word. */
static int install_bit(__u64 flags, unsigned int ea_size, unsigned int offset, __u32 mask,
		       __u32 if_set)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 0, 2),
		LOAD_AT(offset),
		BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, mask, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		RET(if_set),
	};

	return APPEND(insns, flags, ea_size);
}

/*
 * Each filter of a chain sees as much of the struct as it asked for, and treats a tail as it asked
 * to.
 */
static int chain(const void *arg)
{
	const struct ea_call *call = ea_find("openat2");
	static __u8 bytes[4096] __attribute__((aligned(8)));
	const long plain = ea_do(call, bytes, 24);

	/* Sees bytes 0 to 31. */
	if (install_bit(USE_EA, 32, OFFSET(extensible_arg) + 28, 1, SECCOMP_RET_ERRNO | 2001))
		return 1;
	if (ea_do(call, bytes, 24) != plain || ea_do(call, bytes, 32) != plain)
		return 2;
	bytes[28] = 1;
	if (ea_do(call, bytes, 28) != plain || ea_do(call, bytes, 32) != -2001)
		return 3;
	bytes[28] = 2;
	if (ea_do(call, bytes, 32) != -E2BIG)
		return 4;
	/*
	 * A filter of SECCOMP_SET_MODE_FILTER, one without extensible arguments, and one that sees
	 * a tail.
	 */
	if (install_for(437, SECCOMP_RET_LOG, 0) || install_bit(0, 0, OFFSET(size), 0, 0) ||
	    install_bit(USE_EA | TAIL_VISIBLE, 24, OFFSET(features), FEATURE_TAIL,
			SECCOMP_RET_ERRNO | 2002))
		return 5;
	if (ea_do(call, bytes, 32) != -2002 || ea_do(call, bytes, 24) != plain)
		return 6;
	/* An older filter has errno E2BIG: of equal actions the newest filter's data counts. */
	bytes[32] = 1;
	bytes[28] = 0;
	if (ea_do(call, bytes, 33) != -2002)
		return 7;
	/* The newest filter sees nothing of the struct, and so has no tail to refuse. */
	if (install_bit(USE_EA, 0, OFFSET(extensible_arg_size), 0x1000, SECCOMP_RET_ERRNO | 2003))
		return 8;
	if (ea_do(call, bytes, 33) != -2002)
		return 9;
	memset(bytes, 0, sizeof(bytes));
	if (ea_do(call, bytes, 4096) != -2003 || ea_do(call, bytes, 24) != plain)
		return 10;
	/* A filter that sees all, and a stronger action. */
	if (install_bit(USE_EA, 4096, OFFSET(extensible_arg) + 4092, 0xff, SECCOMP_RET_TRAP))
		return 11;
	bytes[16] = 1;
	if (ea_do(call, bytes, 4096) != -2003)
		return 12;
	bytes[4092] = 1;
	ea_do(call, bytes, 4096);
	return 13;
}

TEST_F(ea, chain)
{
	EXPECT_EQ(-SIGSYS, in_child(chain, NULL));
}

#define OPENAT2 437
#define REFUSED (SECCOMP_RET_ERRNO | 2020)

/* For openat2(): a load whose result nobody needs, unless the directory is descriptor 5. */
static struct sock_filter dead_load[] = {
	LOAD(nr),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OPENAT2, 0, 3),
	LOAD_ARG_LO(0),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 5, 1, 0),
	LOAD_EA(16),
	RET(SECCOMP_RET_ALLOW),
};

/*
 * A load ends the filter if there is a tail: that of the struct of this call, on the way that the
 * filter takes, needed or not.
 */
static int the_load_refuses(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2"), *clone3 = ea_find("clone3");
	static __u8 how[EA_ROOM] __attribute__((aligned(8)));
	static __u8 args[EA_ROOM] __attribute__((aligned(8)));
	long plain, call[6];

	ea_good(openat2, how);
	/* Its exit signal is behind the first 24 bytes. */
	ea_good(clone3, args);
	plain = ea_do(clone3, args, 88);
	if (APPEND(dead_load, USE_EA, 24))
		return 1;
	if (ea_do(clone3, args, 88) != plain)
		return 2;
	if (ea_do(openat2, how, 32))
		return 3;
	how[28] = 1;
	if (ea_do(openat2, how, 32) != -E2BIG)
		return 4;
	/*
	 * The kernel would have said the same. Of two filters that fail the call the newer one's
	 * errno counts: so it is seen who does.
	 */
	if (install_bit(USE_EA | TAIL_VISIBLE, 24, OFFSET(features), FEATURE_TAIL,
			SECCOMP_RET_ERRNO | 2021))
		return 5;
	if (ea_do(openat2, how, 32) != -2021)
		return 6;
	if (APPEND(dead_load, USE_EA, 24) || ea_do(openat2, how, 32) != -E2BIG)
		return 7;
	/* On the other way the filter loads nothing. */
	ea_args(openat2, how, 32, call);
	call[0] = 5;
	if (ea_run(openat2, call) != -2021)
		return 8;
	return ea_do(clone3, args, 88) == plain ? 0 : 9;
}

TEST_F(ea, the_load_refuses)
{
	EXPECT_EQ(0, in_child(the_load_refuses, NULL));
}

/* One comparison makes a filter exact for each call, whatever it declares for others. */
static int extents(const void *arg)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, OPENAT2, 0, 4),
		LOAD_AT(OFFSET(extensible_arg_extent)),
		BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, 24, 0, 1),
		RET(REFUSED),
		LOAD_EA(16),
		RET(SECCOMP_RET_ALLOW),
	};
	const struct ea_call *call = ea_find("openat2");
	static __u8 bytes[8192] __attribute__((aligned(8)));

	ea_good(call, bytes);
	if (APPEND(insns, USE_EA, 144))
		return 1;
	if (ea_do(call, bytes, 24) || ea_do(call, bytes, 4096))
		return 2;
	bytes[24] = 1;
	if (ea_do(call, bytes, 24) || ea_do(call, bytes, 32) != -2020)
		return 3;
	bytes[24] = 0;
	/* Beyond what the filter declares, the load would refuse; the comparison comes first. */
	bytes[4095] = 1;
	if (ea_do(call, bytes, 4095) || ea_do(call, bytes, 4096) != -2020)
		return 4;
	/* Beyond the page, which no call takes, nobody looks: that counts as a tail. */
	bytes[4095] = 0;
	return ea_do(call, bytes, 4097) == -2020 ? 0 : 5;
}

TEST_F(ea, extents)
{
	EXPECT_EQ(0, in_child(extents, NULL));
}

/* Filters of SECCOMP_SET_MODE_FILTER that look at arguments, below and above. */
static int old_filters(const void *arg)
{
	const struct ea_call *call = ea_find("openat2");
	static __u8 bytes[24];
	struct sock_filter old[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 0, 2),
		LOAD_ARG_LO(3),
		RET_IF_EQ(24, SECCOMP_RET_LOG),
		RET_IF_EQ(32, SECCOMP_RET_ERRNO | 2010),
		RET(SECCOMP_RET_ALLOW),
	};
	const long plain = ea_do(call, bytes, 24);

	if (INSTALL(old, 0) ||
	    ea_install_word(call, (struct ea_word) { 16, 1 }, SECCOMP_RET_ALLOW, 0))
		return 1;
	for (int i = 0; i < 2; i++) {
		bytes[16] = 1;
		if (ea_do(call, bytes, 24) != -4000)
			return 2;
		bytes[16] = 0;
		if (ea_do(call, bytes, 24) != plain || ea_do(call, bytes, 32) != -2010)
			return 3;
		if (INSTALL(old, 0))
			return 4;
	}
	/* The filter decides without the struct, so the call reads the caller's. */
	if (install_for(437, SECCOMP_RET_ERRNO | 2011, 0))
		return 5;
	return ea_do(call, bytes, 24) == -2011 ? 0 : 6;
}

TEST_F(ea, old_filters)
{
	EXPECT_EQ(0, in_child(old_filters, NULL));
}
