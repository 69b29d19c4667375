// SPDX-License-Identifier: GPL-2.0
/*
 * Races: a thread writes what a policy shuts where the call has what it allows, while the call is
 * made. A filter that the kernel does not show the call's own copy is beaten by that.
 */

#include "escape.h"
#include "random.h"

#include <pthread.h>
#include <sys/un.h>
#include <sys/wait.h>

/* The thread that writes: 32 bits at a place, at random what is allowed and what is not. */
struct writer {
	pthread_t thread;
	volatile __u32 *place;
	__u32 allowed, shut;
	volatile bool stop;
};

static void *write_at_random(void *arg)
{
	struct writer *writer = arg;

	while (!writer->stop) {
		__u64 random = bits();

		*writer->place = random & 1 ? writer->shut : writer->allowed;
		for (unsigned int wait = random / 2 % 64; wait; wait--)
			asm volatile("" ::: "memory");
	}
	return NULL;
}

/* How often as many attempts are made if all of them met the same value. */
#define ROUNDS 20

/*
 * Calls until one attempt has got through, or all were made: what() returns 0 if it did, else an
 * error. Which value a call meets is luck, so there are many, and more if all met the same.
 */
static int race(struct writer *writer, int attempts, int (*what)(void *), void *arg)
{
	int met = 0, other = 0, error;

	random_seed(getpid());
	error = pthread_create(&writer->thread, NULL, write_at_random, writer);
	if (error)
		return error;
	for (int i = 0; i < attempts || (i < ROUNDS * attempts && (!met || !other)); i++) {
		error = what(arg);
		if (!error)
			break;
		if (error == EAGAIN)
			met++;
		else
			other++;
	}
	writer->stop = true;
	pthread_join(writer->thread, NULL);
	/* Both values were seen, or it was no race. */
	if (error && (!met || !other)) {
		printf("no race: %d and %d\n", met, other);
		return 0;
	}
	return error;
}

/* EAGAIN stands for a call that was allowed, and did not lead out. */
static int open_racing(void *arg)
{
	long fd = openat2(WORK, "../closed/file", arg);

	if (fd >= 0)
		return closed(fd);
	return errno == EXDEV ? EAGAIN : errno;
}

static int race_openat2(void)
{
	struct open_how how = { };
	struct writer writer = {
		.place = (__u32 *)&how.resolve, .allowed = RESOLVE_BENEATH, .shut = 0,
	};

	return race(&writer, 20000, open_racing, &how);
}

static int clone_racing(void *arg)
{
	struct clone_args *args = arg;
	long pid = syscall(__NR_clone3, args, sizeof(*args));
	int status;

	if (pid < 0)
		return errno;
	/* Without a mapping nobody is anybody in a new user namespace. */
	if (!pid)
		_exit(syscall(__NR_getuid) != 0);
	waitpid(pid, &status, 0);
	return WEXITSTATUS(status) ? 0 : EAGAIN;
}

static int race_clone3(void)
{
	struct clone_args args = { .exit_signal = SIGCHLD };
	struct writer writer = {
		.place = (__u32 *)&args.flags, .allowed = 0, .shut = CLONE_NEWUSER,
	};

	return race(&writer, 500, clone_racing, &args);
}

static int connect_racing(void *arg)
{
	struct sockaddr_in peer;
	socklen_t length = sizeof(peer);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int error = done(connect(fd, arg, sizeof(peer)));

	if (!error && getpeername(fd, (void *)&peer, &length))
		error = errno;
	if (!error && peer.sin_port == htons(LISTED))
		error = EAGAIN;
	close(fd);
	return error;
}

static int race_connect(void)
{
	/* The family and the port are one word. */
	union {
		struct sockaddr_in in;
		__u32 word;
	} address = {
		.in = loopback(LISTED),
	}, other = {
		.in = loopback(UNLISTED),
	};
	struct writer writer = {
		.place = &address.word, .allowed = address.word, .shut = other.word,
	};

	return race(&writer, 1000, connect_racing, &address);
}

struct send_race {
	int fds[2];
	struct msghdr msg;
};

static int send_racing(void *arg)
{
	struct send_race *send_race = arg;
	char byte;

	if (sendmsg(send_race->fds[0], &send_race->msg, 0) == 1)
		return read(send_race->fds[1], &byte, 1) == 1 ? EAGAIN : errno;
	/* The kernel has looked for whom it names, and found nobody. */
	return errno == ECONNREFUSED ? 0 : errno;
}

static int race_sendmsg(void)
{
	static struct sockaddr_un nobody = { .sun_family = AF_UNIX, .sun_path = "\0nobody" };
	struct iovec iov = { "x", 1 };
	struct send_race send_race = {
		.msg = { .msg_namelen = 9, .msg_iov = &iov, .msg_iovlen = 1 },
	};
	struct writer writer = {
		.place = (__u32 *)&send_race.msg.msg_name, .allowed = 0,
		/* A program that is linked statically is within 4 GiB: a word is all of it. */
		.shut = (uintptr_t)&nobody,
	};
	int error;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, send_race.fds))
		return errno;
	error = race(&writer, 20000, send_racing, &send_race);
	close(send_race.fds[0]);
	close(send_race.fds[1]);
	return error;
}

const struct attempt race_attempts[] = {
	{ "race openat2()", AGENT, 0, race_openat2 },
	{ "race clone3()", AGENT | BUILD | CONTAINER, 0, race_clone3 },
	{ "race connect()", AGENT, 0, race_connect },
	{ "race sendmsg()", BROWSER | BUILD, 0, race_sendmsg },
	{ },
};
