// SPDX-License-Identifier: GPL-2.0
/*
 * Asks a ring of io_uring for what policies of secpol refuse to rings.
 *
 *	uring probe	can this kernel make rings at all?
 *	uring free	all requests must pass the filters, if there are any
 *	uring arguments	under rings.pol, whose filters see arguments alone
 *	uring structs	under rings.pol, whose filters see structs as well
 *
 * Descriptor 3 is a file that is open for reading and writing.
 */

#include "common.h"

#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <linux/time_types.h>
#include <netinet/in.h>

#define GIVEN 3
#define FILE_TO_READ "/tmp/uring-read"
#define FILE_TO_MAKE "/tmp/uring-made"
#define PORT 8080

/* A ring with room for one request at a time. */
struct ring {
	int fd;
	struct io_uring_params params;
	char *sq, *cq;
	struct io_uring_sqe *sqes;
};

static bool make_ring(struct ring *ring)
{
	const int access = PROT_READ | PROT_WRITE;
	size_t sq_size, cq_size;

	memset(ring, 0, sizeof(*ring));
	ring->fd = syscall(__NR_io_uring_setup, 1, &ring->params);
	if (ring->fd < 0)
		return false;
	sq_size = ring->params.sq_off.array + ring->params.sq_entries * sizeof(__u32);
	cq_size = ring->params.cq_off.cqes + ring->params.cq_entries * sizeof(struct io_uring_cqe);
	ring->sq = mmap(NULL, sq_size, access, MAP_SHARED, ring->fd, IORING_OFF_SQ_RING);
	ring->cq = mmap(NULL, cq_size, access, MAP_SHARED, ring->fd, IORING_OFF_CQ_RING);
	ring->sqes = mmap(NULL, ring->params.sq_entries * sizeof(*ring->sqes), access, MAP_SHARED,
			  ring->fd, IORING_OFF_SQES);
	return ring->sq != MAP_FAILED && ring->cq != MAP_FAILED && ring->sqes != MAP_FAILED;
}

/* Makes a request, and waits for its result: 0 or more, or a negative error. */
static int request(struct ring *ring, const struct io_uring_sqe *sqe)
{
	__u32 *sq_tail = (__u32 *)(ring->sq + ring->params.sq_off.tail);
	__u32 *array = (__u32 *)(ring->sq + ring->params.sq_off.array);
	__u32 *cq_head = (__u32 *)(ring->cq + ring->params.cq_off.head);
	__u32 *cq_tail = (__u32 *)(ring->cq + ring->params.cq_off.tail);
	struct io_uring_cqe *cqes = (void *)(ring->cq + ring->params.cq_off.cqes);
	__u32 mask = *(__u32 *)(ring->cq + ring->params.cq_off.ring_mask);
	__u32 head = *cq_head;
	int result;

	ring->sqes[0] = *sqe;
	array[0] = 0;
	__atomic_store_n(sq_tail, *sq_tail + 1, __ATOMIC_RELEASE);
	while (__atomic_load_n(cq_tail, __ATOMIC_ACQUIRE) == head)
		if (syscall(__NR_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL,
			    0) < 0 && errno != EINTR) {
			perror("io_uring_enter");
			exit(2);
		}
	result = cqes[head & mask].res;
	__atomic_store_n(cq_head, head + 1, __ATOMIC_RELEASE);
	return result;
}

static struct io_uring_sqe open_file(const char *path, int flags, unsigned int mode)
{
	return (struct io_uring_sqe) {
		.opcode = IORING_OP_OPENAT,
		.fd = AT_FDCWD,
		.addr = (uintptr_t)path,
		.open_flags = flags,
		.len = mode,
	};
}

static struct io_uring_sqe open_how(const char *path, const struct open_how *how)
{
	return (struct io_uring_sqe) {
		.opcode = IORING_OP_OPENAT2,
		.fd = AT_FDCWD,
		.addr = (uintptr_t)path,
		.addr2 = (uintptr_t)how,
		.len = sizeof(*how),
	};
}

static struct io_uring_sqe make_socket(int family, int type)
{
	return (struct io_uring_sqe) {
		.opcode = IORING_OP_SOCKET,
		.fd = family,
		.off = type,
	};
}

static struct io_uring_sqe reach(int fd, const struct sockaddr_in *address, size_t length)
{
	return (struct io_uring_sqe) {
		.opcode = IORING_OP_CONNECT,
		.fd = fd,
		.addr = (uintptr_t)address,
		.addr2 = length,
	};
}

static struct io_uring_sqe transfer(int opcode, char *buffer)
{
	return (struct io_uring_sqe) {
		.opcode = opcode,
		.fd = GIVEN,
		.addr = (uintptr_t)buffer,
		.len = 1,
	};
}

static struct io_uring_sqe wait_a_bit(const struct __kernel_timespec *time)
{
	return (struct io_uring_sqe) {
		.opcode = IORING_OP_TIMEOUT,
		.addr = (uintptr_t)time,
		.len = 1,
	};
}

/* Who refuses a request. */
enum refused { NEVER, BY_ARGUMENTS, ALWAYS };

struct attempt {
	const char *what;
	enum refused refused;
	/* Must it succeed if it is not refused? Else the kernel may fail it, but not by EACCES. */
	bool succeeds;
	struct io_uring_sqe sqe;
};

/* Makes a request of each attempt under a policy of this kind; returns how many went wrong. */
static int try_all(struct ring *ring, enum refused policy, int connected)
{
	static const struct open_how reads = { .flags = O_CLOEXEC };
	static const struct open_how makes = { .flags = O_CREAT | O_WRONLY, .mode = 0600 };
	static const struct open_how resolves = { .resolve = RESOLVE_NO_SYMLINKS };
	static const struct __kernel_timespec soon = { .tv_nsec = 1000000 };
	struct sockaddr_in listed = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
	struct sockaddr_in unlisted = listed, elsewhere = listed;
	char buffer[1] = "x";
	int wrong = 0;

	unlisted.sin_port = htons(PORT + 1);
	elsewhere.sin_addr.s_addr = htonl(INADDR_LOOPBACK + 1);
	const struct attempt attempts[] = {
		{ "nothing", NEVER, true, { .opcode = IORING_OP_NOP } },
		{ "openat, to read", NEVER, true, open_file(FILE_TO_READ, O_CLOEXEC, 0) },
		{ "openat, to read, with a mode", NEVER, true, open_file(FILE_TO_READ, 0, 06777) },
		{ "openat, to write", ALWAYS, true, open_file(FILE_TO_READ, O_WRONLY, 0) },
		{ "openat, to make", ALWAYS, true, open_file(FILE_TO_MAKE, O_CREAT, 0600) },
		{ "openat2, to read", BY_ARGUMENTS, true, open_how(FILE_TO_READ, &reads) },
		{ "openat2, to make", ALWAYS, true, open_how(FILE_TO_MAKE, &makes) },
		{ "openat2, by other ways", ALWAYS, true, open_how(FILE_TO_READ, &resolves) },
		{ "socket, stream", NEVER, true, make_socket(AF_UNIX, SOCK_STREAM) },
		{ "socket, with a flag", NEVER, true,
		  make_socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC) },
		{ "socket, datagrams", ALWAYS, true, make_socket(AF_UNIX, SOCK_DGRAM) },
		{ "socket, packets", ALWAYS, true, make_socket(AF_INET, SOCK_DGRAM) },
		{ "connect", BY_ARGUMENTS, false, reach(connected, &listed, sizeof(listed)) },
		{ "connect, other port", ALWAYS, false,
		  reach(connected, &unlisted, sizeof(unlisted)) },
		{ "connect, other address", ALWAYS, false,
		  reach(connected, &elsewhere, sizeof(elsewhere)) },
		{ "connect, short address", ALWAYS, false, reach(connected, &listed, 8) },
		{ "read", NEVER, true, transfer(IORING_OP_READ, buffer) },
		{ "write", ALWAYS, true, transfer(IORING_OP_WRITE, buffer) },
		{ "timeout", ALWAYS, false, wait_a_bit(&soon) },
	};

	for (unsigned int i = 0; i < LENGTH(attempts); i++) {
		const struct attempt *attempt = &attempts[i];
		bool refused = policy != NEVER && attempt->refused >= policy;
		int result = request(ring, &attempt->sqe);

		if (refused ? result == -EACCES :
			      result >= 0 || (!attempt->succeeds && result != -EACCES))
			continue;
		printf("%s: %d\n", attempt->what, result);
		wrong++;
	}
	return wrong;
}

/* A ring of a child has the filters of its parent. */
static int in_a_child(enum refused policy, int connected)
{
	struct ring ring;
	int status;
	pid_t pid = fork();

	if (!pid) {
		int wrong = make_ring(&ring) ? try_all(&ring, policy, connected) : 1;

		fflush(stdout);
		_exit(wrong ? 1 : 0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid || status) {
		printf("that was in a child\n");
		return 1;
	}
	return 0;
}

int main(int argc, char **argv)
{
	static const char *const policies[] = { "free", "structs", "arguments" };
	/* What is refused by structs' filters is so by those that see arguments alone. */
	static const enum refused refusals[] = { NEVER, ALWAYS, BY_ARGUMENTS };
	struct ring ring;

	if (argc == 2 && !strcmp(argv[1], "probe"))
		return make_ring(&ring) ? 0 : 1;
	for (unsigned int i = 0; argc == 2 && i < LENGTH(policies); i++) {
		int wrong, connected;

		if (strcmp(argv[1], policies[i]))
			continue;
		connected = socket(AF_INET, SOCK_STREAM, 0);
		if (connected < 0 || !make_ring(&ring)) {
			perror("uring");
			return 2;
		}
		wrong = try_all(&ring, refusals[i], connected);
		fflush(stdout);
		wrong += in_a_child(refusals[i], connected);
		if (!wrong)
			printf("as expected\n");
		return wrong ? 1 : 0;
	}
	fprintf(stderr, "usage: uring probe|free|arguments|structs\n");
	return 2;
}
