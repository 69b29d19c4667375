// SPDX-License-Identifier: GPL-2.0
/*
 * Lets a program connect to some addresses, and to no others.
 *
 *	net_supervisor ADDRESS:PORT[,ADDRESS:PORT...] -- PROGRAM [ARGUMENT...]
 *
 * An ADDRESS is a number: 127.0.0.1, or [::1]. The supervisor is asked for each connect(), and is
 * told the address. If that is listed, the call continues; it connects to the very address that
 * the supervisor was told, whatever other threads of the program do to the memory meanwhile. All
 * else fails with EPERM.
 *
 * It does not start as root, who owns files of the supervisor in /proc, and of the machine.
 *
 * The program has TCP, UDP and Unix sockets. It sends by what is connected: a message with an
 * address or with control data of its own is refused, as these lead elsewhere, and so is listening,
 * as others would connect to the program.
 *
 * It protects, from a program that does its worst:
 * - every IPv4 and IPv6 address that is not listed from being sent to;
 * - Unix sockets of processes that are not confined along with it, and these processes and the
 *   supervisor: see supervisor.h.
 *
 * It does not protect
 * - against what answers at the addresses that are listed: a proxy there, or a resolver of names,
 *   forwards what it is sent;
 * - against descriptors: what the program gets as 0, 1 and 2 it may use, a socket as well;
 * - against what the program writes to files that others read and send;
 * - against what the kernel itself sends, as when the program joins a multicast group.
 *
 * Names are resolved only if a resolver is listed, and asked over what is connected.
 */

#include "supervisor.h"

#include <arpa/inet.h>
#include <linux/seccomp_append.h>
#include <netinet/in.h>
#include <stdint.h>

#define EA(offset) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SECCOMP_DATA_APPEND_SIZE + (offset))
#define LOAD_HIGH(n) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]) + 4)
#define REFUSE_ANY \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 1, 0), BPF_STMT(BPF_RET | BPF_K, REFUSED)
/* Refuses the call unless these 64 bits of the struct are zero. */
#define NO_EA(field) \
	EA(offsetof(struct msghdr, field)), REFUSE_ANY, \
	EA(offsetof(struct msghdr, field) + 4), REFUSE_ANY

/* As many bytes as an address can have, and more than a struct msghdr. */
#define ADDRESS_MAX sizeof(struct sockaddr_storage)

/*
 * What is sent goes where the socket is connected to, and by no other way. As this filter sees
 * addresses, the supervisor is told of them.
 */
static struct sock_filter messages[] = {
	PREFIX,
	/* sendto() without an address is send(). */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_sendto, 0, 7),
	LOAD_INT(4), REFUSE_ANY,
	LOAD_HIGH(4), REFUSE_ANY,
	OTHERWISE(SECCOMP_RET_ALLOW),
	/* Control data can have a route in it. */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_sendmsg, 0, 13),
	NO_EA(msg_name),
	NO_EA(msg_controllen),
	OTHERWISE(SECCOMP_RET_ALLOW),
	/* A vector of such messages, which filters do not see. */
	ON(__NR_sendmmsg, MISSING),
	NO_OTHERS,
	OTHERWISE(SECCOMP_RET_ALLOW),
};

/* Of socket(): TCP, UDP and Unix sockets, which are all that connect() is enough for. */
#define SOCKETS \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_socket, 0, 14), \
	LOAD_INT(0), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 10, 0), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET, 1, 0), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_INET6, 0, 9), \
	LOAD_INT(1), \
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, ~(SOCK_CLOEXEC | SOCK_NONBLOCK)), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOCK_STREAM, 1, 0), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOCK_DGRAM, 0, 5), \
	LOAD_INT(2), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0, 2, 0), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_TCP, 1, 0), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_UDP, 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW), \
	BPF_STMT(BPF_RET | BPF_K, REFUSED)

/* Routes that the program chooses: options of a socket by which packets first go elsewhere. */
#define NO_ROUTES \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_setsockopt, 0, 11), \
	LOAD_INT(1), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_IP, 0, 2), \
	LOAD_INT(2), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IP_OPTIONS, 6, 5), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPPROTO_IPV6, 0, 4), \
	LOAD_INT(2), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPV6_2292RTHDR, 3, 0), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPV6_2292PKTOPTIONS, 2, 0), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, IPV6_RTHDR, 1, 0), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW), \
	BPF_STMT(BPF_RET | BPF_K, REFUSED)

/* NO_OTHERS is left to the other filter, which is appended later, by seccomp(). */
static struct sock_filter insns[] = {
	PREFIX,
	ON(__NR_connect, SECCOMP_RET_USER_NOTIF),
	ON(__NR_listen, REFUSED),
	SOCKETS,
	NO_ROUTES,
	NO_NAMESPACES,
	OTHERWISE(SECCOMP_RET_ALLOW),
};

/* An address that is listed, as an IPv6 address: an IPv4 address as the one that stands for it. */
struct place {
	struct in6_addr address;
	in_port_t port;
};

static struct place *places;
static int count;

static struct in6_addr mapped(struct in_addr address)
{
	struct in6_addr result = { .s6_addr = { [10] = 0xff, [11] = 0xff } };

	memcpy(result.s6_addr + 12, &address, 4);
	return result;
}

/* Adds what the text says; false if that is no address. */
static bool add_place(char *text)
{
	char *colon = strrchr(text, ':'), *end;
	struct place place = {};
	struct in_addr address;
	unsigned long port;

	if (!colon || !colon[1] || strspn(colon + 1, "0123456789") != strlen(colon + 1))
		return false;
	port = strtoul(colon + 1, &end, 10);
	if (!port || port > 65535)
		return false;
	*colon = '\0';
	place.port = htons(port);
	if (text[0] == '[' && colon[-1] == ']') {
		colon[-1] = '\0';
		if (inet_pton(AF_INET6, text + 1, &place.address) != 1)
			return false;
	} else if (inet_pton(AF_INET, text, &address) == 1) {
		place.address = mapped(address);
	} else {
		return false;
	}
	places = realloc(places, (count + 1) * sizeof(*places));
	if (!places)
		die("net_supervisor");
	places[count++] = place;
	return true;
}

/* May the program connect there? The bytes are zero behind those that the call passes. */
static bool is_allowed(const __u8 *bytes, size_t size)
{
	const struct sockaddr_in *in = (const void *)bytes;
	const struct sockaddr_in6 *in6 = (const void *)bytes;
	struct place place;

	switch (in->sin_family) {
	case AF_UNSPEC: /* Takes a connection back. */
	case AF_UNIX: /* Landlock decides. */
		return true;
	case AF_INET:
		if (size < sizeof(*in))
			return false;
		place = (struct place) { mapped(in->sin_addr), in->sin_port };
		break;
	case AF_INET6:
		/* Without a scope, which a link-local address would need. */
		if (size < offsetof(struct sockaddr_in6, sin6_scope_id) || in6->sin6_scope_id)
			return false;
		place = (struct place) { in6->sin6_addr, in6->sin6_port };
		break;
	default:
		return false;
	}
	for (int i = 0; i < count; i++)
		if (places[i].port == place.port &&
		    !memcmp(&places[i].address, &place.address, sizeof(place.address)))
			return true;
	return false;
}

static void serve(int listener, struct seccomp_notif *notif)
{
	const struct seccomp_notif_append *append = (const void *)notif;
	struct seccomp_notif_resp response = { .id = notif->id, .error = -EPERM };

	/*
	 * Only if the notification has the address may the call continue: then it reads no other.
	 * The kernel refuses an address that is longer than there are.
	 */
	if (append->features & SECCOMP_DATA_FEATURE_EA &&
	    append->extensible_arg_size <= ADDRESS_MAX &&
	    is_allowed(append->extensible_arg, append->extensible_arg_size))
		response = (struct seccomp_notif_resp) {
			.id = notif->id, .flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE,
		};
	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) && errno != ENOENT)
		die("SECCOMP_IOCTL_NOTIF_SEND");
}

/*
 * In the child, which has passed its listener by a message with control data, and is not the
 * program yet.
 */
static void append_messages(void)
{
	struct sock_fprog prog = { ARRAY_SIZE(messages), messages };
	struct seccomp_append_filter append = {
		.flags = SECCOMP_APPEND_FLAG_USE_EA_SIZE,
		.filter = (uintptr_t)&prog,
		.extensible_arg_size = ADDRESS_MAX,
	};

	if (syscall(__NR_seccomp, SECCOMP_APPEND_FILTER, sizeof(append), &append))
		die("cannot append a filter that sees addresses");
}

int main(int argc, char **argv)
{
	struct sock_fprog filter = { ARRAY_SIZE(insns), insns };
	int listener;
	pid_t pid;

	if (argc < 4 || strcmp(argv[2], "--")) {
		fprintf(stderr,
			"usage: net_supervisor ADDRESS:PORT[,ADDRESS:PORT...] -- PROGRAM [ARGUMENT...]\n");
		return 2;
	}
	if (!getuid() || !geteuid()) {
		fprintf(stderr, "net_supervisor: not for root, who owns files of the supervisor\n");
		return 125;
	}
	for (char *text = strtok(argv[1], ","); text; text = strtok(NULL, ",")) {
		if (!add_place(text)) {
			fprintf(stderr, "net_supervisor: %s: not an address with a port\n", text);
			return 2;
		}
	}
	listener = start_confined(&filter, argv + 3, NULL, append_messages, &pid);
	return supervise(listener, pid, ADDRESS_MAX, serve);
}
