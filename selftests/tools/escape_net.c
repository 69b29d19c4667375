// SPDX-License-Identifier: GPL-2.0
/*
 * Sockets: those that lead elsewhere.
 */

#include "escape.h"

#include <netinet/tcp.h>

static int connect_to(int type, int port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, type, 0);
	int error = fd < 0 ? errno : done(connect(fd, (void *)&address, sizeof(address)));

	close(fd);
	return error;
}

static int connect_listed(void)
{
	return connect_to(SOCK_STREAM, LISTED);
}

static int connect_unlisted(void)
{
	return connect_to(SOCK_STREAM, UNLISTED);
}

static int connect_datagrams(void)
{
	return connect_to(SOCK_DGRAM, LISTED);
}

/* An address of IPv4, in the clothes of IPv6. */
static int connect_mapped(void)
{
	struct sockaddr_in6 address = { .sin6_family = AF_INET6, .sin6_port = htons(UNLISTED) };
	int fd = socket(AF_INET6, SOCK_STREAM, 0);
	int error;

	address.sin6_addr.s6_addr[10] = 0xff;
	address.sin6_addr.s6_addr[11] = 0xff;
	address.sin6_addr.s6_addr[12] = 127;
	address.sin6_addr.s6_addr[15] = 1;
	error = fd < 0 ? errno : done(connect(fd, (void *)&address, sizeof(address)));
	close(fd);
	return error;
}

/* Connects without connect(). */
static int send_fast(void)
{
	struct sockaddr_in address = loopback(UNLISTED);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int error = fd < 0 ? errno : done(sendto(fd, "x", 1, MSG_FASTOPEN, (void *)&address,
						 sizeof(address)));

	close(fd);
	return error;
}

static struct msghdr message(struct sockaddr_in *address, struct iovec *iov)
{
	return (struct msghdr) {
		.msg_name = address, .msg_namelen = sizeof(*address),
		.msg_iov = iov, .msg_iovlen = 1,
	};
}

static int send_message(void)
{
	struct sockaddr_in address = loopback(UNLISTED);
	struct iovec iov = { "x", 1 };
	struct msghdr msg = message(&address, &iov);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int error = fd < 0 ? errno : done(sendmsg(fd, &msg, MSG_FASTOPEN));

	close(fd);
	return error;
}

static int send_messages(void)
{
	struct sockaddr_in address = loopback(UNLISTED);
	struct iovec iov = { "x", 1 };
	struct mmsghdr vector = { .msg_hdr = message(&address, &iov) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int error = fd < 0 ? errno : done(sendmmsg(fd, &vector, 1, MSG_FASTOPEN));

	close(fd);
	return error;
}

static int send_datagram(void)
{
	struct sockaddr_in address = loopback(UNLISTED);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int error = fd < 0 ? errno : done(sendto(fd, "x", 1, 0, (void *)&address, sizeof(address)));

	close(fd);
	return error;
}

static int take_another_way(void)
{
	/* Loose source routing by the address that is listed. */
	static const unsigned char route[] = { 131, 7, 4, 127, 0, 0, 1, 0 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int error = fd < 0 ? errno : done(setsockopt(fd, IPPROTO_IP, IP_OPTIONS, route,
						     sizeof(route)));

	close(fd);
	return error;
}

static int be_connected_to(void)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int error = fd < 0 ? errno : done(listen(fd, 1));

	close(fd);
	return error;
}

static int local_socket(void)
{
	return closed(socket(AF_UNIX, SOCK_DGRAM, 0));
}

static int packet_socket(void)
{
	return closed(socket(AF_NETLINK, SOCK_RAW, 0));
}

static int pair(void)
{
	struct iovec iov = { "x", 1 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };
	char byte;
	int fds[2], error;

	if (socketpair(AF_UNIX, SOCK_DGRAM, 0, fds))
		return errno;
	error = sendmsg(fds[0], &msg, 0) != 1 || read(fds[1], &byte, 1) != 1 ? errno : 0;
	close(fds[0]);
	close(fds[1]);
	return error;
}

const struct attempt net_attempts[] = {
	{ "connect to the listed port", BROWSER | BUILD, AGENT | CONTAINER, connect_listed },
	{ "connect to another port", AGENT | BROWSER | BUILD, CONTAINER, connect_unlisted },
	{ "connect by IPv6", AGENT | BROWSER | BUILD, CONTAINER, connect_mapped },
	{ "send datagrams to that port", AGENT | BROWSER | BUILD, CONTAINER, connect_datagrams },
	{ "send a datagram to another port", AGENT | BROWSER | BUILD, CONTAINER, send_datagram },
	{ "connect by sendto()", AGENT | BROWSER | BUILD, CONTAINER, send_fast },
	{ "connect by sendmsg()", AGENT | BROWSER | BUILD, CONTAINER, send_message },
	{ "connect by sendmmsg()", AGENT | BROWSER | BUILD, CONTAINER, send_messages },
	{ "route packets another way", AGENT | BROWSER | BUILD, CONTAINER, take_another_way },
	{ "be connected to", AGENT | BROWSER | BUILD, CONTAINER, be_connected_to },
	{ "make a local socket", AGENT | BROWSER | BUILD, CONTAINER, local_socket },
	{ "ask the kernel by netlink", AGENT | BROWSER | BUILD, CONTAINER, packet_socket },
	{ "talk over a pair of sockets", AGENT, BROWSER | BUILD | CONTAINER, pair },
	{ },
};
