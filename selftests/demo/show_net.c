// SPDX-License-Identifier: GPL-2.0
/*
 * For the demonstration: listens at two ports of 127.0.0.1, and has samples/net_supervisor.c run
 * this program, which may connect to the first of them, and says what it got.
 */

#include "common.h"

#include <arpa/inet.h>
#include <netinet/in.h>

static int unexpected;

static struct sockaddr_in at(int port)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET, .sin_port = htons(port),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static void say(const char *tried, int port, const char *policy, long result, int expected)
{
	const char *got = result ? strerrorname_np(errno) : "works";
	char what[64];

	snprintf(what, sizeof(what), tried, port);
	printf("   %-36s %-30s %s\n", what, policy, got);
	unexpected += result ? errno != expected : expected;
}

static long reach(int family, const void *address, socklen_t size)
{
	int sock = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	long result = connect(sock, address, size);
	int error = errno;

	close(sock);
	errno = error;
	return result;
}

static int confined(int allowed, int forbidden)
{
	const struct sockaddr_in inside = at(allowed), outside = at(forbidden);
	struct sockaddr_in6 mapped = { .sin6_family = AF_INET6, .sin6_port = htons(forbidden) };
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	memset(mapped.sin6_addr.s6_addr + 10, 0xff, 2);
	memcpy(mapped.sin6_addr.s6_addr + 12, &outside.sin_addr, 4);
	say("connect(127.0.0.1:%d)", allowed, "listed",
	    reach(AF_INET, &inside, sizeof(inside)), 0);
	say("connect(127.0.0.1:%d)", forbidden, "EPERM",
	    reach(AF_INET, &outside, sizeof(outside)), EPERM);
	say("connect([::ffff:127.0.0.1]:%d)", forbidden, "EPERM: the same place",
	    reach(AF_INET6, &mapped, sizeof(mapped)), EPERM);
	say("sendto(127.0.0.1:%d), UDP", forbidden, "EPERM: has an address",
	    sendto(udp, "", 1, 0, (const void *)&outside, sizeof(outside)) < 0 ? -1 : 0, EPERM);
	close(udp);
	return !!unexpected;
}

static int listener(int *port)
{
	struct sockaddr_in in = at(0);
	socklen_t size = sizeof(in);
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (bind(sock, (void *)&in, size) || listen(sock, 8) ||
	    getsockname(sock, (void *)&in, &size))
		exit(3);
	*port = ntohs(in.sin_port);
	return sock;
}

int main(int argc, char **argv)
{
	int ports[2], status;
	char list[64], names[2][16];

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3)
		return confined(atoi(argv[1]), atoi(argv[2]));
	for (int i = 0; i < 2; i++) {
		listener(&ports[i]);
		snprintf(names[i], sizeof(names[i]), "%d", ports[i]);
	}
	snprintf(list, sizeof(list), "127.0.0.1:%d", ports[0]);
	if (!fork()) {
		execl("./net_supervisor", "net_supervisor", list, "--", argv[0], names[0], names[1],
		      NULL);
		_exit(4);
	}
	wait(&status);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 1;
}
