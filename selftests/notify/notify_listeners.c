// SPDX-License-Identifier: GPL-2.0
/*
 * User notification: how listeners come to be, and a supervisor of another ABI. Part of
 * notify_test; must pass on the built-in engine as well.
 */

#include "notify_calls.h"

#include "harness.h"

static int lowest_free_descriptor(void)
{
	int fd = dup(0);

	close(fd);
	return fd;
}

/*
 * Commits e839317900e9 and a566a9012acd: an attach that fails after its listener was made leaves
 * neither a descriptor nor a listener behind.
 */
TEST(failed_attach_leaves_no_listener)
{
	struct rlimit limit, none;
	int before, fd, next;

	ASSERT_EQ(0, no_new_privs());
	before = open_descriptors();

	/* Fails: there is no number for the descriptor. */
	ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &limit));
	none = limit;
	none.rlim_cur = 0;
	setrlimit(RLIMIT_NOFILE, &none);
	EXPECT_EQ(-1, install_for(__NR_getppid, NOTIFY, SECCOMP_FILTER_FLAG_NEW_LISTENER));
	EXPECT_EQ(EMFILE, errno);
	setrlimit(RLIMIT_NOFILE, &limit);
	EXPECT_EQ(before, open_descriptors());
	EXPECT_EQ(0, proc_status(getpid(), "Seccomp_filters"));

	/* Works, as the failed attach left no listener; a second listener is refused. */
	fd = install_for(__NR_getppid, NOTIFY, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	EXPECT_LE(0, fd);
	next = lowest_free_descriptor();
	EXPECT_EQ(-1, install_for(__NR_getpgid, NOTIFY, SECCOMP_FILTER_FLAG_NEW_LISTENER));
	EXPECT_EQ(EBUSY, errno);
	EXPECT_EQ(before + 1, open_descriptors());
	/* Its number was not even reserved. */
	EXPECT_EQ(next, lowest_free_descriptor());
	EXPECT_EQ(1, proc_status(getpid(), "Seccomp_filters"));
	/* A path whose listener was closed may have another one. */
	close(fd);
	fd = install_for(__NR_getpgid, NOTIFY, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	EXPECT_LE(0, fd);
	EXPECT_EQ(before + 1, open_descriptors());
}

static pthread_barrier_t barrier;

static void *race_for_the_listener(void *arg)
{
	(void)arg;
	pthread_barrier_wait(&barrier);
	return (void *)(long)install_for(__NR_getppid, NOTIFY,
					 SECCOMP_FILTER_FLAG_NEW_LISTENER |
						 SECCOMP_FILTER_FLAG_TSYNC |
						 SECCOMP_FILTER_FLAG_TSYNC_ESRCH);
}

/* Commits dfe719fef03d and a566a9012acd: of two threads that race, one gets the listener. */
TEST(racing_for_the_listener)
{
	for (int round = 0; round < 100; round++) {
		pid_t pid = fork();

		if (!pid) {
			pthread_t threads[2];
			int listeners = 0, before;

			no_new_privs();
			before = open_descriptors();
			pthread_barrier_init(&barrier, NULL, LENGTH(threads));
			for (int i = 0; i < LENGTH(threads); i++)
				pthread_create(&threads[i], NULL, race_for_the_listener, NULL);
			for (int i = 0; i < LENGTH(threads); i++) {
				void *result;

				pthread_join(threads[i], &result);
				listeners += (long)result >= 0;
			}
			_exit(listeners != 1 || open_descriptors() != before + 1);
		}
		EXPECT_EQ(0, exit_status(pid));
	}
}

#if defined(__x86_64__)
static void ask_from_the_other_abi(void *arg)
{
	long result;

	(void)arg;
	asm volatile("int $0x80"
		     : "=a"(result)
		     : "a"(64), "b"(0x11111111), "c"(-1), "d"(0)
		     : "memory");
	_exit(result != -E2BIG);
}
#elif !defined(__aarch64__)
/* A 64-bit shell asks for its parent first of all. */
static void ask_from_the_other_abi(void *arg)
{
	(void)arg;
	execl("/bin/sh", "sh", "-c", "exit $((PPID != 12345))", NULL);
	_exit(255);
}
#endif

#ifndef __aarch64__ /* a program has no second ABI there */
/* A supervisor of one ABI and a task of the other. */
TEST(supervisor_of_another_abi)
{
#ifdef __x86_64__
	const __u32 arch = AUDIT_ARCH_I386, nr = 64;
#elif defined(__i386__)
	const __u32 arch = AUDIT_ARCH_X86_64, nr = 110;
#else
	const __u32 arch = AUDIT_ARCH_AARCH64, nr = 173;
#endif
	struct sock_filter insns[] = {
		LOAD(arch),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, arch, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		LOAD(nr),
		RET_IF_EQ(nr, NOTIFY),
		RET(SECCOMP_RET_ALLOW),
	};
	struct seccomp_notif notif;
	int socks[2], listener;
	pid_t pid;

	ASSERT_EQ(0, socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks));
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		no_new_privs();
		listener = INSTALL(insns, SECCOMP_FILTER_FLAG_NEW_LISTENER);
		if (listener < 0 || send_fd(socks[1], listener))
			_exit(255);
		close(listener);
		ask_from_the_other_abi(NULL);
	}
	close(socks[1]);
	listener = receive_fd(socks[0]);
	ASSERT_LE(0, listener);
	ASSERT_EQ(POLLIN, events(listener, LONG_ENOUGH));
	ASSERT_EQ(0, receive(listener, &notif));
	EXPECT_EQ(pid, notif.pid);
	EXPECT_EQ(arch, notif.data.arch);
	EXPECT_EQ(nr, notif.data.nr);
#ifdef __x86_64__
	EXPECT_EQ(0x11111111, notif.data.args[0]);
	EXPECT_EQ(0xffffffff, notif.data.args[1]);
	EXPECT_EQ(0, answer(listener, notif.id, 0, -E2BIG, 0));
#else
	EXPECT_EQ(0, answer(listener, notif.id, 12345, 0, 0));
#endif
	EXPECT_EQ(0, exit_status(pid));
}
#endif
