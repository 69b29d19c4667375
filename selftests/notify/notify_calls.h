/* SPDX-License-Identifier: GPL-2.0 */
/*
 * User notification: a child whose calls wait for an answer, and the calls of its supervisor.
 */
#ifndef RUST_SECCOMP_SELFTESTS_NOTIFY_CALLS_H
#define RUST_SECCOMP_SELFTESTS_NOTIFY_CALLS_H

#include "common.h"

#define NOTIFY (SECCOMP_RET_USER_NOTIF)
/* SECCOMP_IOCTL_NOTIF_ID_VALID as it was first defined. */
#define ID_VALID_WRONG_DIR SECCOMP_IOR(2, __u64)
/* In ms: an event that has to come does not take this long. */
#define LONG_ENOUGH (10000 * slowness())

/*
 * Send and receive a descriptor over a socket. The first returns 0 or -1, the second the
 * descriptor.
 */
int send_fd(int sock, int fd);
int receive_fd(int sock);

/*
 * Forks a child that calls fn() and exits with 0. Its calls of getppid() wait for answers of the
 * caller, who gets the listener; the child keeps no copy of it. Flags are those of the filter.
 */
pid_t asking_child(void (*fn)(void *), void *arg, unsigned int flags, int *listener);

/*
 * For such children. ask() calls getppid() once, and exits with 0 if the result, or minus the
 * errno, is *(long *)arg. ask_with_handler() does so with a handler for SIGUSR1, nothing().
 * ask_often() calls it *(int *)arg times, and exits with 0 if all answers are right.
 */
void ask(void *arg);
void ask_with_handler(void *arg);
void ask_often(void *arg);

/* A signal handler that does nothing. */
void nothing(int signal);

/* Ioctls of the supervisor: -1 and errno on failure. */
int receive(int listener, struct seccomp_notif *notif);
int answer(int listener, __u64 id, __s64 val, __s32 error, __u32 flags);
int add_fd(int listener, __u64 id, int fd, __u32 flags, int newfd, __u32 newfd_flags);

/* What poll() reports of a listener within this time in ms. */
short events(int listener, int timeout);

/* Waits for a child. Returns its exit status, or 256 + the signal that ended it. */
int exit_status(pid_t pid);

/* The number of open descriptors of the caller. */
int open_descriptors(void);

/* A descriptor that a thread puts into the task whose request has this id. */
struct injection {
	int listener, fd;
	__u64 id;
	/* Set by inject_one() of notify_signals.c. */
	pid_t thread;
};

/* A thread that does so again and again, until that fails. Takes a struct injection. */
void *inject(void *arg);

#endif /* RUST_SECCOMP_SELFTESTS_NOTIFY_CALLS_H */
