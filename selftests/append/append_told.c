// SPDX-License-Identifier: GPL-2.0
/*
 * SECCOMP_APPEND_FILTER: what the kernel tells of calls and appended filters, by the operations of
 * seccomp(2), to a supervisor, and to a tracer. Part of append_test.
 */

#include "append_fixture.h"

#include <elf.h>
#include <linux/ptrace.h>
#include <sys/socket.h>

TEST_F(append, operations_of_old)
{
	struct seccomp_notif_sizes sizes = {};

	ASSERT_EQ(0, seccomp(SECCOMP_GET_NOTIF_SIZES, 0, &sizes));
	EXPECT_EQ(80, sizes.seccomp_notif);
	EXPECT_EQ(24, sizes.seccomp_notif_resp);
	EXPECT_EQ(64, sizes.seccomp_data);
	ASSERT_EQ(0, seccomp(SECCOMP_GET_NOTIF_SIZES, SECCOMP_GET_NOTIF_SIZES_APPEND, &sizes));
	EXPECT_EQ(120, sizes.seccomp_notif);
	EXPECT_EQ(24, sizes.seccomp_notif_resp);
	EXPECT_EQ(1136, sizes.seccomp_data);
	EXPECT_EQ(-1, seccomp(SECCOMP_GET_NOTIF_SIZES, 2, &sizes));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, seccomp(7, 0, &sizes));
	EXPECT_EQ(EINVAL, errno);
	/* SECCOMP_SET_MODE_FILTER refuses the new flags. */
	EXPECT_EQ(-1, INSTALL(allow, 1 << 6));
	EXPECT_EQ(EINVAL, errno);
}

#define STRUCT SECCOMP_EA_KIND_STRUCT
#define BUFFER SECCOMP_EA_KIND_BUFFER
#define FIXED SECCOMP_EA_KIND_FIXED
#define HIDDEN SECCOMP_EA_KIND_HIDDEN
#define MSGHDR sizeof(struct msghdr)

static const struct {
	__u32 nr, pointer_arg, size_arg, size_offset, size_min, size_known, kind;
} calls[] = {
	{ 435, 0, 1, 0, 64, 88, STRUCT }, /* clone3 */
	{ 437, 2, 3, 0, 24, 24, STRUCT }, /* openat2 */
	{ 442, 3, 4, 0, 32, 32, STRUCT }, /* mount_setattr */
	{ 467, 3, 4, 0, 32, 32, STRUCT }, /* open_tree_attr */
	{ 469, 2, 3, 0, 24, 24, STRUCT }, /* file_setattr */
	{ 463, 4, 5, 0, 16, 16, STRUCT }, /* setxattrat */
	{ 464, 4, 5, 0, 16, 16, STRUCT }, /* getxattrat */
	{ 444, 0, 1, 0, 8, 48, STRUCT }, /* landlock_create_ruleset */
	{ 457, 0, SECCOMP_EA_SIZE_IN_STRUCT, 0, 24, 32, STRUCT }, /* statmount */
	{ 458, 0, SECCOMP_EA_SIZE_IN_STRUCT, 0, 24, 32, STRUCT }, /* listmount */
	{ 470, 0, SECCOMP_EA_SIZE_IN_STRUCT, 0, 32, 32, STRUCT }, /* listns */
	{ __NR_sched_setattr, 1, SECCOMP_EA_SIZE_IN_STRUCT, 0, 48, 56, STRUCT },
	{ __NR_perf_event_open, 0, SECCOMP_EA_SIZE_IN_STRUCT, 4, 64, 144, STRUCT },
	{ __NR_connect, 1, 2, 0, 0, 128, BUFFER },
	{ __NR_bind, 1, 2, 0, 0, 128, BUFFER },
	{ __NR_sendto, 4, 5, 0, 0, 128, BUFFER },
	{ __NR_sendmsg, 1, SECCOMP_EA_SIZE_FIXED, 0, MSGHDR, MSGHDR, FIXED },
	{ __NR_sendmmsg, .kind = HIDDEN },
#ifdef __NR_socketcall
	{ __NR_socketcall, .kind = HIDDEN },
#endif
};

#ifdef HAS_PKRU
#define ARCH_FOREIGN AUDIT_ARCH_AARCH64
#else
#define ARCH_FOREIGN AUDIT_ARCH_X86_64
#endif

TEST_F(append, calls_with_extensible_arguments)
{
	unsigned int count = 0;

	for (__u32 nr = 0; nr < 600; nr++) {
		struct {
			struct seccomp_syscall_ea ea;
			__u64 tail;
		} args = { .ea = { .arch = ARCH_NATIVE, .nr = nr } };
		const unsigned int size = sizeof(args.ea);
		size_t i = 0;

		while (i < LENGTH(calls) && calls[i].nr != nr)
			i++;
		if (i == LENGTH(calls)) {
			EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size, &args));
			EXPECT_EQ(EOPNOTSUPP, errno);
			continue;
		}
		count++;
		ASSERT_EQ(0, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size, &args));
		EXPECT_EQ(ARCH_NATIVE, args.ea.arch);
		EXPECT_EQ(nr, args.ea.nr);
		EXPECT_EQ(calls[i].pointer_arg, args.ea.pointer_arg);
		EXPECT_EQ(calls[i].size_arg, args.ea.size_arg);
		EXPECT_EQ(calls[i].size_offset, args.ea.size_offset);
		EXPECT_EQ(calls[i].size_min, args.ea.size_min);
		EXPECT_EQ(calls[i].size_known, args.ea.size_known);
		EXPECT_EQ(calls[i].kind, args.ea.kind);

		EXPECT_EQ(0, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size + 8, &args));
		args.tail = 1;
		EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size + 8, &args));
		EXPECT_EQ(E2BIG, errno);
		EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size - 1, &args));
		EXPECT_EQ(EINVAL, errno);
		EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, 4097, &args));
		EXPECT_EQ(E2BIG, errno);
		EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size, NULL));
		EXPECT_EQ(EFAULT, errno);
		/* No number at all. */
		args.ea.nr = -1;
		EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size, &args));
		EXPECT_EQ(EOPNOTSUPP, errno);
		args.ea.nr = nr;
		args.ea.arch = AUDIT_ARCH_S390X;
		EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size, &args));
		EXPECT_EQ(EOPNOTSUPP, errno);
		/*
		 * The module knows the calls of this architecture, but the running kernel has none
		 * of them.
		 */
		args.ea.arch = ARCH_FOREIGN;
		EXPECT_EQ(-1, seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, size, &args));
		EXPECT_EQ(EOPNOTSUPP, errno);
	}
	EXPECT_EQ(LENGTH(calls), count);
}

/* An old supervisor gets the old notification, a new one the extended notification. */
TEST_F(append, notification)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		RET_IF_EQ(__NR_getppid, SECCOMP_RET_USER_NOTIF),
		RET(SECCOMP_RET_ALLOW),
	};
	struct {
		struct seccomp_notif_append notif;
		__u8 argument[64];
		__u8 after[8];
	} got = {};
	struct seccomp_notif_resp resp = {};
	int listener, status;
	pid_t pid;

	listener = APPEND(insns, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0);
	ASSERT_LE(0, listener);
	EXPECT_EQ(-1, APPEND(insns, SECCOMP_FILTER_FLAG_NEW_LISTENER, 0));
	EXPECT_EQ(EBUSY, errno);
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		for (int i = 0; i < 2; i++)
			if (raw_syscall(__NR_getppid, 0x31, 0x32) != 100 + i)
				_exit(1);
		_exit(0);
	}
	memset(got.after, 0xee, sizeof(got.after));
	/* The whole buffer has to be zero, or the ioctl is refused. */
	got.argument[63] = 1;
	EXPECT_EQ(-1, ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV_APPEND(64), &got));
	EXPECT_EQ(EINVAL, errno);
	got.argument[63] = 0;
	/*
	 * A buffer that is too small, one that is too large, and an ioctl of the wrong direction.
	 */
	EXPECT_EQ(-1, ioctl(listener, _IOC(_IOC_READ | _IOC_WRITE, '!', 0, 119), &got));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(listener, _IOC(_IOC_READ | _IOC_WRITE, '!', 0, 120 + 4097), &got));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(listener, _IOC(_IOC_READ, '!', 0, 120), &got));
	EXPECT_EQ(EINVAL, errno);
	ASSERT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV_APPEND(64), &got));
	EXPECT_EQ(pid, got.notif.notif.pid);
	EXPECT_EQ(__NR_getppid, got.notif.notif.data.nr);
	EXPECT_EQ(0x31, got.notif.notif.data.args[0]);
	EXPECT_EQ(SECCOMP_DATA_FEATURE_NR_HIGH, got.notif.features & ~SECCOMP_DATA_FEATURE_PKEY);
	EXPECT_EQ(0, got.notif.nr_high);
	EXPECT_EQ(0, got.notif.extensible_arg_size);
	EXPECT_EQ(0xee, got.after[0]);
	resp.id = got.notif.notif.id;
	resp.val = 100;
	ASSERT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp));

	memset(&got, 0, sizeof(got));
	memset(&got.notif.features, 0xdd, 8);
	ASSERT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV, &got));
	EXPECT_EQ(pid, got.notif.notif.pid);
	EXPECT_EQ(0xddddddddddddddddULL, got.notif.features);
	resp.id = got.notif.notif.id;
	resp.val = 101;
	ASSERT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
}

/*
 * The metadata of an appended filter has what a checkpoint tool needs to restore it; that of other
 * filters is as before.
 */
TEST(metadata)
{
	struct sock_filter insns[] = { LOAD_AT(OFFSET(size)), LOAD_EA(16), RET(SECCOMP_RET_ALLOW) };
	struct sock_filter read[8];
	struct seccomp_metadata_append meta;
	int status;
	pid_t pid;

	if (getuid())
		SKIP(return, "must be root");
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		no_new_privs();
		if (INSTALL(allow, SECCOMP_FILTER_FLAG_LOG) ||
		    APPEND(insns, SECCOMP_FILTER_FLAG_LOG | WANT_NR_HIGH | USE_EA, 24) ||
		    APPEND(allow, 0, 0))
			_exit(1);
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGSTOP);
		_exit(0);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));

	meta = (struct seccomp_metadata_append) { .extensible_arg_size = 77 };
	EXPECT_EQ(16, ptrace(PTRACE_SECCOMP_GET_METADATA, pid, sizeof(meta), &meta));
	EXPECT_EQ(SECCOMP_FILTER_FLAG_LOG, meta.flags);
	EXPECT_EQ(77, meta.extensible_arg_size);
	meta = (struct seccomp_metadata_append) { .filter_off = 1, .extensible_arg_size = 77 };
	EXPECT_EQ(24, ptrace(PTRACE_SECCOMP_GET_METADATA, pid, sizeof(meta), &meta));
	EXPECT_EQ(SECCOMP_FILTER_FLAG_LOG | WANT_NR_HIGH | USE_EA | SECCOMP_METADATA_APPENDED,
		  meta.flags);
	EXPECT_EQ(24, meta.extensible_arg_size);
	meta = (struct seccomp_metadata_append) { .filter_off = 2 };
	EXPECT_EQ(16, ptrace(PTRACE_SECCOMP_GET_METADATA, pid, 16, &meta));
	EXPECT_EQ(SECCOMP_METADATA_APPENDED, meta.flags);

	EXPECT_EQ(3, ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 1, NULL));
	EXPECT_EQ(3, ptrace(PTRACE_SECCOMP_GET_FILTER, pid, 1, read));
	EXPECT_EQ(0, memcmp(read, insns, sizeof(insns)));
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
}
