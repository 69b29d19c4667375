// SPDX-License-Identifier: GPL-2.0
/*
 * SECCOMP_APPEND_FILTER: the operation itself, its arguments, and appended filters beside others.
 * Extensible arguments are the matter of ea_*_test.c.
 */

#include "append_fixture.h"

TEST_F(append, features)
{
	struct {
		struct seccomp_features features;
		__u64 more[600];
	} got;
	const unsigned int size = sizeof(got.features);

	memset(&got, 0xff, sizeof(got));
	ASSERT_EQ(0, seccomp(SECCOMP_GET_FEATURES, size, &got));
	EXPECT_EQ(0x7f, got.features.operations);
	EXPECT_EQ(8, got.features.actions);
	EXPECT_EQ(4096, got.features.extensible_arg_max);
	EXPECT_EQ(0x3f, got.features.filter_flags);
	EXPECT_EQ(0xf0000003fULL, got.features.append_flags);
	EXPECT_EQ(0x1d, got.features.data_features & ~SECCOMP_DATA_FEATURE_PKEY);
	EXPECT_EQ(~0ULL, got.more[0]);

	/* The kernel zero-fills the unknown tail of the caller's struct. */
	memset(&got, 0xff, sizeof(got));
	ASSERT_EQ(0, seccomp(SECCOMP_GET_FEATURES, size + 16, &got));
	EXPECT_EQ(0x7f, got.features.operations);
	EXPECT_EQ(0, got.more[0]);
	EXPECT_EQ(0, got.more[1]);
	EXPECT_EQ(~0ULL, got.more[2]);
	EXPECT_EQ(0, seccomp(SECCOMP_GET_FEATURES, 4096, &got));
	EXPECT_EQ(0, got.more[506]);

	EXPECT_EQ(-1, seccomp(SECCOMP_GET_FEATURES, 0, &got));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, seccomp(SECCOMP_GET_FEATURES, size - 1, &got));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, seccomp(SECCOMP_GET_FEATURES, 4097, &got));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, seccomp(SECCOMP_GET_FEATURES, size, NULL));
	EXPECT_EQ(EFAULT, errno);
	/* Asking has no effect. */
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
}

TEST_F(append, size_of_the_struct)
{
	const unsigned int size = sizeof(struct seccomp_append_filter);
	struct sock_fprog prog = FPROG(allow);
	struct {
		struct seccomp_append_filter append;
		__u8 tail[4200];
	} args = { .append.filter = (uintptr_t)&prog };
	static const unsigned int small[] = { 0, 1, 8, 23 };
	static const unsigned int fine[] = { 24, 25, 32, 4095, 4096 };

	for (size_t i = 0; i < LENGTH(small); i++) {
		EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, small[i], &args));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, 4097, &args));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, size, NULL));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
	for (size_t i = 0; i < LENGTH(fine); i++)
		EXPECT_EQ(0, seccomp(SECCOMP_APPEND_FILTER, fine[i], &args));
	EXPECT_EQ(LENGTH(fine), proc_status(getpid(), "Seccomp_filters"));

	args.tail[7] = 1;
	EXPECT_EQ(0, seccomp(SECCOMP_APPEND_FILTER, size + 7, &args));
	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, size + 8, &args));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, 4096, &args));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(LENGTH(fine) + 1, proc_status(getpid(), "Seccomp_filters"));
}

/* All combinations of flags without a listener, and each unknown flag. */
TEST_F(append, flags)
{
	static const __u64 known[] = {
		SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		SECCOMP_FILTER_FLAG_TSYNC_ESRCH, WANT_NR_HIGH, WANT_ARCH, USE_EA, TAIL_VISIBLE,
	};
	unsigned int installed = 0;

	for (unsigned int set = 0; set < 1 << LENGTH(known); set++) {
		__u64 flags = 0;
		bool fine;

		for (size_t i = 0; i < LENGTH(known); i++)
			flags |= set >> i & 1 ? known[i] : 0;
		fine = !(flags & TAIL_VISIBLE) || flags & USE_EA;
		errno = 0;
		EXPECT_EQ(fine ? 0 : -1, APPEND(allow, flags, 0));
		EXPECT_EQ(fine ? 0 : EINVAL, errno);
		installed += fine;
		/* extensible_arg_size without USE_EA_SIZE is refused. */
		EXPECT_EQ(flags & USE_EA ? 0 : -1, APPEND(allow, flags, 24));
		installed += !!(flags & USE_EA);
	}
	EXPECT_EQ(installed, proc_status(getpid(), "Seccomp_filters"));
	for (int bit = 0; bit < 64; bit++) {
		if (0xf0000003fULL >> bit & 1)
			continue;
		EXPECT_EQ(-1, APPEND(allow, 1ULL << bit, 0));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(-1, APPEND(allow, SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, 0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, APPEND(allow, SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_NEW_LISTENER,
			     0));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(0, APPEND(allow, USE_EA, 4096));
	EXPECT_EQ(-1, APPEND(allow, USE_EA, 4097));
	EXPECT_EQ(E2BIG, errno);
	EXPECT_EQ(-1, APPEND(allow, USE_EA, 1ULL << 32));
	EXPECT_EQ(E2BIG, errno);
}

/* Sizes are multiples of four, as filters load whole words. */
TEST_F(append, part_of_a_word)
{
	static const __u64 odd[] = { 1, 2, 3, 5, 22, 90, 4093, 4094, 4095 };

	for (size_t i = 0; i < LENGTH(odd); i++) {
		EXPECT_EQ(-1, APPEND(allow, USE_EA, odd[i]));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, APPEND(allow, USE_EA | TAIL_VISIBLE, odd[i]));
		EXPECT_EQ(EINVAL, errno);
	}
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
}

TEST_F(append, bad_filters)
{
	struct sock_fprog prog = FPROG(allow);
	struct seccomp_append_filter args = {};
	struct sock_filter no_return[] = { LOAD(nr) };
	struct sock_filter bad_code[] = {
		BPF_STMT(BPF_LD | BPF_H | BPF_ABS, 0), RET(SECCOMP_RET_ALLOW)
	};
	struct sock_filter unset_cell[] = {
		BPF_STMT(BPF_LD | BPF_MEM, 3), RET(SECCOMP_RET_ALLOW)
	};
	struct sock_filter far_jump[] = {
		BPF_JUMP(BPF_JMP | BPF_JA, 1, 0, 0), RET(SECCOMP_RET_ALLOW)
	};
	static struct sock_filter longest[4097];

	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, sizeof(args), &args));
	EXPECT_EQ(EFAULT, errno);
	args.filter = (uintptr_t)&prog;
	prog.filter = NULL;
	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, sizeof(args), &args));
	EXPECT_EQ(EFAULT, errno);
	prog.len = 0;
	EXPECT_EQ(-1, seccomp(SECCOMP_APPEND_FILTER, sizeof(args), &args));
	EXPECT_EQ(EINVAL, errno);
#define REFUSED(insns) do { \
		EXPECT_EQ(-1, APPEND(insns, 0, 0)); \
		EXPECT_EQ(EINVAL, errno); \
	} while (0)
	REFUSED(no_return);
	REFUSED(bad_code);
	REFUSED(unset_cell);
	REFUSED(far_jump);
	for (size_t i = 0; i < LENGTH(longest); i++)
		longest[i] = (struct sock_filter)RET(SECCOMP_RET_ALLOW);
	REFUSED(longest);
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
	EXPECT_EQ(0, append(longest, 4096, 0, 0));
}

static int appends_unprivileged(const void *arg)
{
	if (setuid(65534))
		return 255;
	errno = 0;
	return APPEND(allow, 0, 0) ? errno : 0;
}

/* Without memory for compiled code the errno is ENOMEM, not that of machines without a JIT. */
TEST_F(append, no_memory_for_code)
{
	static const char limit[] = "/proc/sys/net/core/bpf_jit_limit";
	char old[32] = "";
	int fd = open(limit, O_RDONLY), error;

	if (fd < 0 || read(fd, old, sizeof(old) - 1) <= 0)
		SKIP(return, "no limit for compiled code");
	close(fd);
	ASSERT_EQ(0, in_child(appends_unprivileged, NULL));
	ASSERT_EQ(0, write_file(limit, "1"));
	error = in_child(appends_unprivileged, NULL);
	EXPECT_EQ(0, write_file(limit, old));
	EXPECT_EQ(ENOMEM, error);
	EXPECT_EQ(0, in_child(appends_unprivileged, NULL));
}

/* Each filter of a chain sees the fields that it asked for, and the strongest action wins. */
TEST_F(append, mixed_chain)
{
	struct sock_filter lower[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_getsid, 0, 3),
		LOAD_AT(OFFSET(size)),
		RET_IF_EQ(1136, SECCOMP_RET_ERRNO | 21),
		RET(SECCOMP_RET_ALLOW),
	};

	ASSERT_EQ(0, install_for(__NR_getpgid, SECCOMP_RET_ERRNO | 20, 0));
	ASSERT_EQ(0, APPEND(lower, 0, 0));
	ASSERT_EQ(0, APPEND(lower, USE_EA, 24));
	ASSERT_EQ(0, install_for(__NR_getppid, SECCOMP_RET_ERRNO | 22, 0));
	EXPECT_EQ(4, proc_status(getpid(), "Seccomp_filters"));
	EXPECT_EQ(-20, raw_syscall(__NR_getpgid, 0, 0));
	EXPECT_EQ(-21, raw_syscall(__NR_getsid, 0, 0));
	EXPECT_EQ(-22, raw_syscall(__NR_getppid, 0, 0));
}

static void *wait_for_filter(void *gate)
{
	pthread_barrier_wait(gate);
	pthread_barrier_wait(gate);
	return (void *)raw_syscall(__NR_getppid, 0, 0);
}

TEST_F(append, tsync)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_getppid, SECCOMP_RET_ERRNO | 33),
		RET(SECCOMP_RET_ALLOW),
	};
	pthread_barrier_t gate;
	pthread_t thread;
	void *result;

	pthread_barrier_init(&gate, NULL, 2);
	ASSERT_EQ(0, pthread_create(&thread, NULL, wait_for_filter, &gate));
	pthread_barrier_wait(&gate);
	ASSERT_EQ(0, APPEND(insns, SECCOMP_FILTER_FLAG_TSYNC, 0));
	pthread_barrier_wait(&gate);
	pthread_join(thread, &result);
	EXPECT_EQ(-33, (long)result);
}

static int lacks_privilege(const void *arg)
{
	/* This child must not have no_new_privs, which cannot be unset. */
	if (prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0))
		return 2;
	/* Allowed with CAP_SYS_ADMIN. */
	if (APPEND(allow, 0, 0))
		return 3;
	if (setresuid(65534, 65534, 65534))
		return 4;
	if (APPEND(allow, 0, 0) != -1 || errno != EACCES)
		return 5;
	no_new_privs();
	return APPEND(allow, 0, 0) ? 6 : 0;
}

TEST(privilege)
{
	if (getuid())
		SKIP(return, "must be root");
	EXPECT_EQ(0, in_child(lacks_privilege, NULL));
}

/* Without a JIT the kernel refuses appended filters, and the refusal has no side effects. */
TEST_F(append, needs_a_jit)
{
	const char *path = "/proc/sys/net/core/bpf_jit_enable";

	if (getuid() || write_file(path, "0"))
		SKIP(return, "cannot switch the JIT off");
	errno = 0;
	EXPECT_EQ(-1, APPEND(allow, 0, 0));
	EXPECT_EQ(EOPNOTSUPP, errno);
	EXPECT_EQ(0, prctl(PR_GET_SECCOMP));
	EXPECT_EQ(0, install_for(__NR_getppid, SECCOMP_RET_ERRNO | 44, 0));
	EXPECT_EQ(-44, raw_syscall(__NR_getppid, 0, 0));
	EXPECT_EQ(0, write_file(path, "1"));
	EXPECT_EQ(0, APPEND(allow, 0, 0));
}

TEST_HARNESS_MAIN
