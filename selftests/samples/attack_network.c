// SPDX-License-Identifier: GPL-2.0
/*
 * attack_network [-]: has net_supervisor run this program with two ports of 127.0.0.1, of which it
 * may connect to the first, and tries to reach the second in all ways that Linux has; with "-",
 * runs it without the supervisor. Says what worked; exits with 0 if nothing did, and the first port
 * was reached; with 1 if something did.
 */

#include "attack.h"

#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/un.h>

/*
 * How long the race for one address lasts, in seconds; and how long at most, until both addresses
 * have been seen.
 */
#define RACE 4
#define PATIENCE 60

static in_port_t allowed, forbidden;

static struct sockaddr_in at(in_port_t port)
{
	return (struct sockaddr_in) {
		.sin_family = AF_INET, .sin_port = port,
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int tcp(int family)
{
	return socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

/* Connects a new socket. Returns 0, or -1 with an errno. */
static int reach(int family, const void *address, socklen_t size)
{
	int sock = tcp(family), result = connect(sock, address, size), error = errno;

	close(sock);
	errno = error;
	return result;
}

static volatile bool stop;
static struct sockaddr_in raced;

/* Makes the address the forbidden one and back. */
static void *rewrite(void *arg)
{
	volatile in_port_t *port = &raced.sin_port;

	while (!stop) {
		*port = forbidden;
		for (volatile int i = rand() % 3000; i; i--)
			;
		*port = allowed;
		for (volatile int i = rand() % 3000; i; i--)
			;
	}
	return arg;
}

/*
 * Another thread rewrites the address while the supervisor looks at it. Only the one who listens at
 * the forbidden port can tell whether the call was led there: see main().
 */
static bool race(void)
{
	unsigned long reached = 0, refused = 0;
	time_t start = time(NULL), now = start;
	pthread_t thread;

	raced = at(allowed);
	pthread_create(&thread, NULL, rewrite, NULL);
	while (now - start < RACE || (now - start < PATIENCE && !(reached && refused))) {
		if (!reach(AF_INET, &raced, sizeof(raced)))
			reached++;
		else if (errno == EPERM)
			refused++;
		now = time(NULL);
	}
	stop = true;
	pthread_join(thread, NULL);
	printf("# the race: %lu connections to the allowed port, %lu refused\n", reached, refused);
	return reached && refused;
}

static void other_addresses(void)
{
	struct sockaddr_in in = at(forbidden);
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = forbidden };
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	struct sockaddr_storage longer = {};

	attack("connect()", reach(AF_INET, &in, sizeof(in)));
	memcpy(&longer, &in, sizeof(in));
	attack("connect(), with a longer address", reach(AF_INET, &longer, sizeof(longer)));
	in.sin_addr.s_addr = htonl(INADDR_ANY);
	attack("connect(0.0.0.0)", reach(AF_INET, &in, sizeof(in)));
	in6.sin6_addr = (struct in6_addr)IN6ADDR_LOOPBACK_INIT;
	attack("connect(::1)", reach(AF_INET6, &in6, sizeof(in6)));
	memset(in6.sin6_addr.s6_addr + 10, 0xff, 2);
	in6.sin6_addr.s6_addr[12] = 127;
	attack("connect(::ffff:127.0.0.1)", reach(AF_INET6, &in6, sizeof(in6)));
	/* The abstract socket of the one who listens. */
	memcpy(un.sun_path + 1, "attack_network", sizeof("attack_network") - 1);
	attack("connect() to a Unix socket", reach(AF_UNIX, &un, sizeof(un)));
}

static void other_calls(void)
{
	struct sockaddr_in in = at(forbidden);
	char byte = 0, control[CMSG_SPACE(64)] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_name = &in, .msg_namelen = sizeof(in), .msg_iov = &iov, .msg_iovlen = 1,
	};
	struct mmsghdr mmsg = { .msg_hdr = msg };
	int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	int sock = tcp(AF_INET);
	/* No operation, and the end of the list. */
	__u8 options[4] = { 1, 1, 1, 0 };
	__u8 route[24] = { 0, 2, 2, 1 };

	attack("sendto() of UDP", sendto(udp, &byte, 1, 0, (void *)&in, sizeof(in)));
	attack("sendto(MSG_FASTOPEN)",
	       sendto(sock, &byte, 1, MSG_FASTOPEN, (void *)&in, sizeof(in)));
	attack("sendto() with bits above 31 alone",
	       syscall(__NR_sendto, udp, &byte, 1, 0, 1UL << 32, sizeof(in)));
	attack("sendmsg()", sendmsg(udp, &msg, 0));
	attack("sendmsg(MSG_FASTOPEN)", sendmsg(sock, &msg, MSG_FASTOPEN));
	msg.msg_name = NULL;
	msg.msg_control = control;
	msg.msg_controllen = sizeof(control);
	attack("sendmsg() with control data", sendmsg(udp, &msg, 0));
	attack("sendmmsg()", sendmmsg(udp, &mmsg, 1, 0));
	attack("listen()", listen(sock, 1));
	attack("IP_OPTIONS", setsockopt(sock, IPPROTO_IP, IP_OPTIONS, options, sizeof(options)));
	attack("IPV6_RTHDR", setsockopt(tcp(AF_INET6), IPPROTO_IPV6, IPV6_RTHDR, route,
					sizeof(route)));
	attack("io_uring_setup()", syscall(__NR_io_uring_setup, 1, NULL));
}

static void other_sockets(void)
{
	attack("SOCK_RAW", socket(AF_INET, SOCK_RAW, IPPROTO_ICMP));
	attack("SOCK_DGRAM of ICMP", socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP));
	attack("SOCK_SEQPACKET", socket(AF_INET, SOCK_SEQPACKET, 0));
	attack("SCTP", socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP));
	attack("MPTCP", socket(AF_INET6, SOCK_STREAM, IPPROTO_MPTCP));
	attack("AF_PACKET", socket(AF_PACKET, SOCK_DGRAM, 0));
	attack("AF_NETLINK", socket(AF_NETLINK, SOCK_RAW, 0));
	attack("AF_VSOCK", socket(AF_VSOCK, SOCK_STREAM, 0));
	attack("AF_ALG", socket(AF_ALG, SOCK_SEQPACKET, 0));
}

/* Under the supervisor. */
static int confined(void)
{
	struct sockaddr_in in = at(allowed);
	int sock = tcp(AF_INET);
	char byte = 'x';

	if (connect(sock, (void *)&in, sizeof(in)) || send(sock, &byte, 1, 0) != 1) {
		printf("# the allowed port: %m\n");
		return 2;
	}
	close(sock);
	other_addresses();
	other_calls();
	other_sockets();
	if (successes)
		return 1;
	return race() ? 0 : 2;
}

static int listener(in_port_t *port)
{
	struct sockaddr_in in = at(0);
	socklen_t size = sizeof(in);
	int sock = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);

	if (bind(sock, (void *)&in, size) || listen(sock, 4096) ||
	    getsockname(sock, (void *)&in, &size))
		exit(3);
	*port = in.sin_port;
	return sock;
}

/* Accepts all who have come; returns how many. */
static int visitors(int sock)
{
	int count = 0, fd;

	while ((fd = accept4(sock, NULL, NULL, SOCK_CLOEXEC)) >= 0) {
		close(fd);
		count++;
	}
	return count;
}

int main(int argc, char **argv)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "\0attack_network" };
	int inside, outside, unix_sock, status, reached = 0, broken = 0;
	char list[64], ports[2][16];
	pid_t pid;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc == 3) {
		allowed = atoi(argv[1]);
		forbidden = atoi(argv[2]);
		return confined();
	}
	inside = listener(&allowed);
	outside = listener(&forbidden);
	unix_sock = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(unix_sock, (void *)&un, sizeof(un)) || listen(unix_sock, 1))
		return 3;
	snprintf(list, sizeof(list), "127.0.0.1:%d", ntohs(allowed));
	snprintf(ports[0], sizeof(ports[0]), "%d", allowed);
	snprintf(ports[1], sizeof(ports[1]), "%d", forbidden);
	pid = fork();
	if (!pid && argc == 2)
		execl(argv[0], argv[0], ports[0], ports[1], NULL);
	if (!pid) {
		execl("./net_supervisor", "net_supervisor", list, "--", argv[0], ports[0], ports[1],
		      NULL);
		_exit(4);
	}
	while (!waitpid(pid, &status, WNOHANG)) {
		reached += visitors(inside);
		broken += visitors(outside);
		usleep(1000);
	}
	broken += visitors(outside);
	printf("# visitors: %d at the allowed port, %d at the forbidden one\n", reached, broken);
	if (broken)
		return 1;
	return WIFEXITED(status) && reached ? WEXITSTATUS(status) : 2;
}
