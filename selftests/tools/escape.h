/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a program under a policy of secpol tries.
 */
#ifndef ESCAPE_H
#define ESCAPE_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <linux/sched.h>
#include <linux/types.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

/* The policies, as bits of a mask. */
#define AGENT 1U
#define BROWSER 2U
#define BUILD 4U
#define CONTAINER 8U
#define ALL 15U

/* What the script that starts the program has made. */
#define CAGE "/tmp/cage/"
#define CLOSED CAGE "closed"
#define CLOSED_FILE CLOSED "/file"
#define WORK 3 /* The directory that the agent's policy lets it work in: CAGE "work". */
#define GIVEN 4 /* A file that is open for reading alone. */
#define LISTED 8080 /* Ports of this machine that somebody listens on; one is listed. */
#define UNLISTED 8081

#ifndef O_EMPTYPATH
#define O_EMPTYPATH (1 << 26)
#endif
#ifndef CLONE_EMPTY_MNTNS
#define CLONE_EMPTY_MNTNS (1ULL << 37)
#endif

struct attempt {
	const char *what;
	unsigned int shut_by;
	unsigned int open_in;
	/* Returns 0 if the effect was had, or an error number. */
	int (*try)(void);
};

extern const struct attempt file_attempts[], task_attempts[], net_attempts[], race_attempts[];

/* An error number, or 0 if a call has returned no error. Closes what it has returned. */
static inline int closed(long fd)
{
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static inline int done(long ret)
{
	return ret < 0 ? errno : 0;
}

/* The address of a port of this machine. */
static inline struct sockaddr_in loopback(int port)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET,
		.sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static inline long openat2(int dir, const char *path, struct open_how *how)
{
	return syscall(__NR_openat2, dir, path, how, sizeof(*how));
}

#endif
