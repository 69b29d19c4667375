// SPDX-License-Identifier: GPL-2.0
/*
 * The director of fuzz_calls as the tracer of its actors.
 */

#include "fuzz_tracer.h"

#define PTRACE_GET_INFO 0x420e
#define PTRACE_SET_INFO 0x4212

struct call_info {
	__u8 op, reserved;
	__u16 flags;
	__u32 arch;
	__u64 instruction_pointer, stack_pointer;
	__u64 nr, args[6];
	__u32 ret_data, reserved2;
};

void resume(struct actor *a, int request, long data)
{
	a->stopped = false;
	if (ptrace(request, a->tid, NULL, (void *)data))
		say("  resume: %s\n", strerrorname_np(errno));
	if (request == PTRACE_DETACH)
		a->traced = false;
}

static struct sock_filter fetched[4096];

void look_at_filters(struct actor *a)
{
	for (int i = 1 + below(4); i; i--) {
		static const __u32 sizes[] = { 0, 7, 8, 12, 16, 16, 16, 24, 32 };
		static const __u64 far[] = { 100, 0xffffffff, -1ULL };
		unsigned long offset = one_in(8) ? PICK(far) : below(5);
		__u32 size = PICK(sizes);
		__u64 data[4] = { offset, 0xa5a5, 0xa5a5, 0xa5a5 };
		long len = ptrace(PTRACE_SECCOMP_GET_FILTER, a->tid, (void *)offset,
				  one_in(4) ? NULL : fetched);
		long got;

		say("  filter %ld: %s", offset, len < 0 ? strerrorname_np(errno) : "");
		if (len > 0)
			say("%ld %08x", len, hash(fetched, len * sizeof(*fetched)));
		/* Appended filters have more metadata. */
		if (appending && size > 16)
			size = 16;
		got = ptrace(PTRACE_SECCOMP_GET_METADATA, a->tid, (void *)(long)size,
			     one_in(12) ? (void *)8 : data);
		say(" metadata %s", got < 0 ? strerrorname_np(errno) : "");
		if (got > 0)
			say("%ld %llx", got > 16 ? 16 : got,
			    (unsigned long long)data[1] & ~SECCOMP_METADATA_APPENDED);
		say("\n");
	}
}

static void rewrite(struct actor *a, struct call_info *info)
{
	switch (below(3)) {
	case 0:
		info->nr = (__s64)-1;
		break;
	case 1:
		if (!is_seccomp(info->nr) && a->slot->order == ORDER_CALLS) {
			info->args[below(6)] = below(64);
			break;
		}
		fallthrough;
	default:
		info->nr = (__s64)(one_in(2) ? PICK(fuzz_favourites) : PICK(fuzz_calls));
		for (size_t i = 0; i < LENGTH(fuzz_control); i++)
			if ((int)info->nr == fuzz_control[i])
				info->nr = __NR_getuid;
		for (int i = 0; i < 6; i++)
			info->args[i] = PICK(fuzz_values);
	}
	say("  becomes %d", (int)info->nr);
	if (ptrace(PTRACE_SET_INFO, a->tid, (void *)sizeof(*info), info))
		say(": %s", strerrorname_np(errno));
	say("\n");
}

static void show_stop(struct actor *a, struct call_info *info)
{
	unsigned long message = 0;

	memset(info, 0, sizeof(*info));
	ptrace(PTRACE_GETEVENTMSG, a->tid, NULL, &message);
	ptrace(PTRACE_GET_INFO, a->tid, (void *)sizeof(*info), info);
	say("  stop %#x message %lu op %u", a->status >> 8, message, info->op);
	if (info->op == 3) {
		say(" arch %#x nr %d", info->arch, (int)info->nr);
		if (!is_seccomp(info->nr) && !a->executing)
			say(" args %08x", hash(info->args, sizeof(info->args)));
	}
	say("\n");
}

void on_stop(struct actor *a)
{
	struct call_info info;

	a->odd = true;
	show_stop(a, &info);
	if (a->status >> 8 != (SIGTRAP | (PTRACE_EVENT_SECCOMP << 8))) {
		/* A stop for a call, an event, or a signal, which is delivered. */
		bool is_signal = !info.op && !(a->status >> 16);

		resume(a, PTRACE_CONT, is_signal ? WSTOPSIG(a->status) : 0);
		return;
	}
	switch (a->executing ? below(3) : below(11)) {
	case 0 ... 3:
		resume(a, PTRACE_CONT, 0);
		break;
	case 4 ... 6:
		rewrite(a, &info);
		resume(a, PTRACE_CONT, 0);
		break;
	case 7:
		resume(a, PTRACE_SYSCALL, 0);
		break;
	case 8:
		look_at_filters(a);
		resume(a, PTRACE_CONT, 0);
		break;
	case 9:
		say("  detach\n");
		resume(a, PTRACE_DETACH, 0);
		break;
	default:
		say("  kill\n");
		kill_process(a);
		break;
	}
}
