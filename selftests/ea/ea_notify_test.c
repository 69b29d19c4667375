// SPDX-License-Identifier: GPL-2.0
/*
 * Extensible arguments: supervisors get them, and calls continue with the bytes that supervisors
 * got.
 */

#include "ea_fixture.h"

#define NOTIF_ROOM 4096

struct notification {
	struct seccomp_notif_append notif;
	__u8 argument[NOTIF_ROOM];
};

static int answer(int listener, __u64 id, int error)
{
	struct seccomp_notif_resp resp = {
		.id = id, .error = -error,
		.flags = error ? 0 : SECCOMP_USER_NOTIF_FLAG_CONTINUE,
	};

	return ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
}

/* Installs a filter that notifies of the call, with "ea_size" bytes. Returns the listener. */
static int listen_to(const struct ea_call *call, unsigned int ea_size, __u64 flags)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->nr, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		LOAD_EA(call->bad.offset),
		RET(SECCOMP_RET_USER_NOTIF),
	};

	return APPEND(insns, USE_EA | SECCOMP_FILTER_FLAG_NEW_LISTENER | flags, ea_size);
}

struct notified {
	const struct ea_call *call;
	__u8 *memory;
	/* Of the filter. A filter that sees a tail returns USER_NOTIF in any case. */
	__u64 flags;
};

/*
 * A supervisor gets the bytes of the struct, and the call continues with these bytes, though the
 * caller's struct changes meanwhile.
 */
static int notified(const void *arg)
{
	const struct notified *test = arg;
	const struct ea_call *call = test->call;
	static struct notification got;
	volatile long *result = (long *)(test->memory + PAGE);
	__u8 images[2][EA_ROOM];
	long want[2];
	int listener, status;
	pid_t pid;

	for (int i = 0; i < 2; i++) {
		(i ? ea_bad : ea_good)(call, images[i]);
		memcpy(test->memory, images[i], EA_ROOM);
		want[i] = ea_do(call, test->memory, call->known);
	}
	if (want[0] == want[1])
		return 1;
	memcpy(test->memory, images[1], EA_ROOM);
	listener = listen_to(call, call->known, test->flags);
	if (listener < 0)
		return 2;
	pid = fork();
	if (!pid) {
		for (int i = 0; i < 4; i++)
			result[i] = ea_do(call, test->memory, call->known);
		_exit(0);
	}
	for (int i = 0; i < 4; i++) {
		memset(&got, 0, sizeof(got));
		/* The previous turn has changed the struct. */
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV_APPEND(NOTIF_ROOM), &got))
			return 3;
		if (memcmp(got.argument, images[(i + 1) % 2], call->known))
			goto out;
		for (size_t at = call->known; at < NOTIF_ROOM; at++)
			if (got.argument[at])
				goto out;
		if (got.notif.extensible_arg_size != call->known ||
		    !(got.notif.features & FEATURE_EA) || got.notif.features & FEATURE_TAIL)
			goto out;
		memcpy(test->memory, images[i % 2], EA_ROOM);
		if (answer(listener, got.notif.notif.id, 0))
			goto out;
	}
	waitpid(pid, &status, 0);
	for (int i = 0; i < 4; i++)
		if (result[i] != want[(i + 1) % 2]) {
			printf("# %s: %ld, not %ld\n", call->name, result[i], want[(i + 1) % 2]);
			return 4;
		}
	return 0;
out:
	kill(pid, SIGKILL);
	return 5;
}

TEST_F(ea, notified)
{
	for (size_t i = 0; i < 2 * LENGTH(ea_calls); i++) {
		struct notified test = {
			&ea_calls[i / 2], self->memory, i % 2 ? TAIL_VISIBLE : 0,
		};

		EXPECT_EQ(0, in_child(notified, &test));
	}
}

/* A supervisor whose buffer is shorter than the argument learns whether the rest is zero. */
TEST_F(ea, notified_of_a_tail)
{
	const struct ea_call *call = ea_find("clone3");
	static const struct { unsigned int size; bool tail; } rooms[] = {
		{ 0, true }, { 8, true }, { 35, true },
		{ 36, false }, { 64, false }, { 4096, false },
	};
	static struct notification got;
	int listener, status;
	pid_t pid;

	listener = listen_to(call, 88, 0);
	ASSERT_LE(0, listener);
	/* Bytes 32 and 35 are the last that are not zero. */
	ea_good(call, self->memory);
	self->memory[35] = 1;
	pid = fork();
	ASSERT_LE(0, pid);
	if (!pid) {
		for (size_t i = 0; i < LENGTH(rooms); i++)
			if (ea_do(call, self->memory, 64) != -7)
				_exit(1);
		_exit(0);
	}
	for (size_t i = 0; i < LENGTH(rooms); i++) {
		const unsigned int size = rooms[i].size;

		memset(&got, 0, SECCOMP_NOTIF_APPEND_SIZE + size);
		memset(got.argument + size, 0xee, NOTIF_ROOM - size);
		ASSERT_EQ(0, ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV_APPEND(size), &got));
		EXPECT_EQ(rooms[i].tail, !!(got.notif.features & FEATURE_TAIL));
		EXPECT_EQ(64, got.notif.extensible_arg_size);
		EXPECT_EQ(0, memcmp(got.argument, self->memory, size < 64 ? size : 64));
		if (size < NOTIF_ROOM)
			EXPECT_EQ(0xee, got.argument[size]);
		ASSERT_EQ(0, answer(listener, got.notif.notif.id, 7));
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	close(listener);
}

static void *unprotect(void *memory)
{
	struct notification got = {};
	volatile int *shared = memory;
	int listener;

	while (!*shared)
		sched_yield();
	listener = *shared;
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV_APPEND(NOTIF_ROOM), &got) ||
	    mprotect((char *)memory + PAGE, PAGE, PROT_READ | PROT_WRITE) ||
	    got.argument[0] || !(got.notif.features & FEATURE_EA) ||
	    answer(listener, got.notif.notif.id, 0))
		return (void *)1;
	return NULL;
}

/* A struct that the filter could not read is not read later, when it is readable. */
static int readable_later(const void *arg)
{
	__u8 *memory = (__u8 *)arg;

	for (size_t i = 0; i < LENGTH(ea_calls); i++) {
		const struct ea_call *call = &ea_calls[i];
		pid_t pid = fork();
		int status;

		if (!pid) {
			pthread_t thread;
			void *failed;

			ea_good(call, memory + PAGE);
			*(int *)memory = 0;
			mprotect(memory + PAGE, PAGE, PROT_NONE);
			if (pthread_create(&thread, NULL, unprotect, memory))
				_exit(1);
			/* The thread is not filtered. */
			*(int *)memory = listen_to(call, call->known, 0);
			if (ea_do(call, memory + PAGE, call->known) != -EFAULT)
				_exit(2);
			pthread_join(thread, &failed);
			_exit(failed ? 3 : 0);
		}
		waitpid(pid, &status, 0);
		if (status) {
			printf("# %s: %x\n", call->name, status);
			return 1;
		}
	}
	return 0;
}

TEST_F(ea, readable_later)
{
	EXPECT_EQ(0, in_child(readable_later, self->memory));
}

TEST_HARNESS_MAIN
