// SPDX-License-Identifier: GPL-2.0
/*
 * The calls with an extensible argument.
 */

#include "ea.h"

#include <netinet/in.h>
#include <sys/socket.h>

#define AT_CWD ((void *)AT_FDCWD)
#define MINUS_1 ((void *)-1L)

#define SIZE_OF_MSGHDR sizeof(struct msghdr)

/* What some calls write to. */
static __u64 ea_ids[64];

const struct ea_call ea_calls[EA_CALLS] = {
	{ "clone3", 435, 0, 1, 0, 64, 88, 0, { }, { { 32, SIGCHLD } }, { 4, 1U << 31 } },
	{ "openat2", 437, 2, 3, 0, 24, 24, EA_OPENS, { AT_CWD, "/" }, { }, { 20, 0x100 } },
	{ "mount_setattr", 442, 3, 4, 0, 32, 32, 0, { AT_CWD, "/" }, { }, { 4, 0x100 } },
	{ "open_tree_attr", 467, 3, 4, 0, 32, 32, EA_OPENS, { AT_CWD, "/" }, { }, { 4, 0x100 } },
	{ "file_setattr", 469, 2, 3, 0, 24, 24, 0, { AT_CWD, EA_FILE }, { }, { 4, 0x100 } },
	{ "setxattrat", 463, 4, 5, 0, 16, 16, 0, { AT_CWD, EA_FILE, 0, "user.ea" }, { },
	  { 12, 0x40 } },
	{ "getxattrat", 464, 4, 5, 0, 16, 16, 0, { AT_CWD, EA_FILE, 0, "user.ea" }, { },
	  { 12, 1 } },
	{ "landlock_create_ruleset", 444, 0, 1, 0, 8, 48, EA_OPENS, { }, { { 0, 1 } },
	  { 4, 1U << 31 } },
	{ "statmount", 457, 0, EA_IN_STRUCT, 0, 24, 32, 0,
	  { NULL, ea_ids, (void *)sizeof(ea_ids) }, { { 8, 1 }, { 12, 0x7fffffff } },
	  { 4, 0x7777 } },
	{ "listmount", 458, 0, EA_IN_STRUCT, 0, 24, 32, 0,
	  { NULL, ea_ids, (void *)LENGTH(ea_ids) }, { { 8, ~0U }, { 12, ~0U } },
	  { 12, 0x7ffffff } },
	{ "listns", 470, 0, EA_IN_STRUCT, 0, 32, 32, 0,
	  { NULL, ea_ids, (void *)LENGTH(ea_ids) }, { }, { 4, 1 } },
	{ "sched_setattr", __NR_sched_setattr, 1, EA_IN_STRUCT, 0, 48, 56, EA_WRITES_BACK, { },
	  { }, { 4, 77 } },
	{ "perf_event_open", __NR_perf_event_open, 0, EA_IN_STRUCT, 4, 64, 144,
	  EA_OPENS | EA_WRITES_BACK, { NULL, NULL, MINUS_1, MINUS_1 }, { { 0, 1 }, { 8, 9 } },
	  { 0, 0x7777 } },
	/* AF_UNSPEC, and an unknown family. The port is that of discard. */
	{ "connect", __NR_connect, 1, 2, 0, 0, 128, EA_BUFFER, { (void *)EA_SOCKET }, { },
	  { 0, 0x7777 } },
	{ "bind", __NR_bind, 1, 2, 0, 0, 128, EA_BUFFER, { (void *)EA_BOUND_SOCKET }, { },
	  { 0, 0x7777 } },
	{ "sendto", __NR_sendto, 4, 5, 0, 0, 128, EA_BUFFER, { (void *)EA_SOCKET },
	  { { 0, 9U << 24 } }, { 0, 0x7777 } },
	/* Too many buffers. */
	{ "sendmsg", __NR_sendmsg, 1, EA_FIXED, 0, SIZE_OF_MSGHDR, SIZE_OF_MSGHDR, 0,
	  { (void *)EA_SOCKET }, { }, { offsetof(struct msghdr, msg_iovlen), 0x7777 } },
};

const struct ea_call *ea_find(const char *name)
{
	for (size_t i = 0; i < LENGTH(ea_calls); i++)
		if (!strcmp(ea_calls[i].name, name))
			return &ea_calls[i];
	abort();
}

void ea_put(void *bytes, struct ea_word word)
{
	memcpy((char *)bytes + word.offset, &word.value, 4);
}

void ea_good(const struct ea_call *call, void *bytes)
{
	memset(bytes, 0, EA_ROOM);
	for (size_t i = 0; i < LENGTH(call->good); i++)
		if (call->good[i].value)
			ea_put(bytes, call->good[i]);
	if (call->size_arg == EA_IN_STRUCT)
		ea_put(bytes, (struct ea_word) { call->size_offset, call->known });
}

void ea_bad(const struct ea_call *call, void *bytes)
{
	ea_good(call, bytes);
	ea_put(bytes, call->bad);
}

long ea_run(const struct ea_call *call, const long *args)
{
	long ret = syscall(call->nr, args[0], args[1], args[2], args[3], args[4], args[5]);

	if (ret < 0)
		return -errno;
	if (call->nr == 435) {
		if (!ret)
			_exit(0);
		waitpid(ret, NULL, __WALL);
	}
	if (call->flags & EA_OPENS)
		close(ret);
	return 0;
}

void ea_args(const struct ea_call *call, const void *pointer, unsigned long size, long *args)
{
	memcpy(args, call->args, sizeof(call->args));
	args[call->pointer] = (long)pointer;
	if (call->size_arg >= 0)
		args[call->size_arg] = size;
}

long ea_do(const struct ea_call *call, const void *pointer, unsigned long size)
{
	long args[6];

	ea_args(call, pointer, size, args);
	return ea_run(call, args);
}

void ea_make_file(void)
{
	const struct sockaddr_in any = { .sin_family = AF_INET };
	const int fds[] = { EA_SOCKET, EA_BOUND_SOCKET };

	close(open(EA_FILE, O_CREAT | O_RDWR | O_CLOEXEC, 0600));
	for (size_t i = 0; i < LENGTH(fds); i++) {
		int fd = socket(AF_INET, SOCK_DGRAM, 0);

		dup2(fd, fds[i]);
		close(fd);
	}
	bind(EA_BOUND_SOCKET, (const struct sockaddr *)&any, sizeof(any));
}

int ea_install_word(const struct ea_call *call, struct ea_word word, __u32 other, __u64 flags)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->nr, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		LOAD_EA(word.offset),
		RET_IF_EQ(word.value, SECCOMP_RET_ERRNO | 4000),
		RET(other),
	};

	return APPEND(insns, USE_EA | flags, EA_KNOWN);
}
