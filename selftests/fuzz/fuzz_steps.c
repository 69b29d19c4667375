// SPDX-License-Identifier: GPL-2.0
/*
 * The steps of fuzz_calls: filters, calls, questions and tracing; and the choice of the next step.
 */

#include "fuzz_order.h"
#include "fuzz_steps.h"
#include "fuzz_supervisor.h"
#include "fuzz_tasks.h"
#include "fuzz_tracer.h"

static void show_all(void)
{
	for (int i = 0; i < actor_count; i++)
		if (actors[i].alive)
			show_status(&actors[i]);
}

/* Takes a new listener from the actor, who closes it. */
static void take_listener(struct actor *a, int fd, bool killable)
{
	char path[64], target[64] = "";
	/* PIDFD_THREAD: the first thread may have ended. */
	int pidfd = syscall(__NR_pidfd_open, a->tid, O_EXCL);
	int mine = syscall(__NR_pidfd_getfd, pidfd, fd, 0);

	close(pidfd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", mine);
	if (mine < 0 || readlink(path, target, sizeof(target) - 1) < 0 ||
	    strcmp(target, "anon_inode:seccomp notify")) {
		say("  no listener\n");
		close(mine);
		return;
	}
	listeners[listener_count++] = (struct listener){ .fd = mine, .killable = killable };
	say("  listener %d\n", listener_count - 1);
	CALL(a, __NR_close, fd);
}

/* The address of the program: right in most cases. */
static unsigned long some_pointer(struct slot *s)
{
	switch (below(24)) {
	case 0:
		return 0;
	case 1:
		return 8;
	case 2:
		s->fprog.len = 0;
		break;
	case 3:
		s->fprog.len = 4097 + below(60000);
		break;
	case 4:
		s->fprog.filter = (void *)8;
		break;
	default:
		return (unsigned long)&s->fprog;
	}
	s->program.portable = false;
	return (unsigned long)&s->fprog;
}

static void do_attach(struct actor *a)
{
	static const __u32 flag_sets[] = {
		0, 0, 0, SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_TSYNC, 1 | 16, 1 | 16,
		SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER, 8 | 32, 8 | 32, 8 | 1, 8 | 1 | 16, 32, 16,
		8 | 1 | 16 | 32,
	};
	struct slot *s = a->slot;
	unsigned long pointer;
	__u32 flags = one_in(12) ? edge() : one_in(12) ? below(64) : PICK(flag_sets);
	struct order_call *call;
	bool by_prctl = one_in(8), ours;

	fuzz_program(&s->program);
	s->fprog = (struct sock_fprog){ .len = s->program.len, .filter = s->program.insns };
	pointer = some_pointer(s);
	ours = appending && !by_prctl && s->program.portable && pointer == (unsigned long)&s->fprog;
	say("%d attaches %u %08x at %#lx with %#x\n", name(a), s->fprog.len,
	    hash(s->program.insns, sizeof(s->program.insns[0]) * s->program.len), pointer, flags);
	call = one_call(a, __NR_seccomp);
	if (ours) {
		s->append = (struct seccomp_append_filter){
			.flags = flags, .filter = pointer,
		};
		call->args[0] = SECCOMP_APPEND_FILTER;
		call->args[1] = sizeof(s->append);
		call->args[2] = (unsigned long)&s->append;
	} else if (by_prctl) {
		flags = 0;
		call->nr = __NR_prctl;
		call->args[0] = PR_SET_SECCOMP;
		call->args[1] = SECCOMP_MODE_FILTER;
		call->args[2] = pointer;
	} else {
		call->args[0] = SECCOMP_SET_MODE_FILTER;
		call->args[1] = flags;
		call->args[2] = pointer;
	}
	s->doomed = !s->program.polite;
	if (!order(a, ORDER_CALLS)) {
		say("  => %ld\n", call->result);
		return;
	}
	s->doomed = false;
	show_result(a, call);
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER && call->result >= 0 &&
	    listener_count < MAX_LISTENERS)
		take_listener(a, call->result, flags & 32);
	show_all();
}

/* Operations of seccomp(2) and prctl(2) that install no filter. */
static void do_ask(struct actor *a)
{
	static const __u32 actions[] = {
		SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,
		SECCOMP_RET_ERRNO, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_TRACE, SECCOMP_RET_LOG,
		SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW | 1, 0x10000,
	};
	struct slot *s = a->slot;
	unsigned long buffer = one_in(8) ? 8 : (unsigned long)s->buffer;
	__u32 flags;

	say("%d asks for", name(a));
	memset(s->buffer, 0, sizeof(s->buffer));
	switch (below(7)) {
	case 0:
		s->buffer[0] = one_in(4) ? bits() : PICK(actions);
		say(" action %#x\n", (__u32)s->buffer[0]);
		CALL(a, __NR_seccomp, SECCOMP_GET_ACTION_AVAIL, one_in(6), buffer);
		break;
	case 1:
		flags = one_in(4) ? 2 + below(100) : 0;
		say(" sizes %u\n", flags);
		CALL(a, __NR_seccomp, SECCOMP_GET_NOTIF_SIZES, flags, buffer);
		say("  %llx\n", (unsigned long long)s->buffer[0]);
		break;
	case 2:
		flags = one_in(2) ? 7 + below(100) : 7 | bits();
		say(" operation %u\n", flags);
		CALL(a, __NR_seccomp, flags, edge(), buffer);
		break;
	case 3:
		say(" mode\n");
		CALL(a, __NR_prctl, PR_GET_SECCOMP);
		break;
	case 4:
		flags = one_in(4) ? edge() : 3 + below(3);
		flags = flags == 1 || flags == 2 ? 0 : flags;
		say(" mode %u\n", flags);
		CALL(a, __NR_prctl, PR_SET_SECCOMP, flags, buffer);
		break;
	case 5:
		say(" speculation\n");
		CALL(a, __NR_prctl, PR_GET_SPECULATION_CTRL, below(3));
		break;
	default:
		say(" strictness\n");
		/* Flags or an argument make the call fail. */
		CALL(a, __NR_seccomp, SECCOMP_SET_MODE_STRICT, one_in(2), buffer);
		break;
	}
}

static void do_probes(struct actor *a)
{
	struct slot *s = a->slot;
	bool compat = one_in(8);

	s->count = 1 + below(MAX_CALLS);
	say("%d calls%s", name(a), compat ? " (compat)" : "");
	for (__u32 i = 0; i < s->count; i++) {
		struct order_call *call = &s->calls[i];
		bool known = false;

		call->result = 0;
		call->nr = one_in(2) ? PICK(fuzz_favourites) : PICK(fuzz_calls);
		for (size_t j = 0; j < LENGTH(fuzz_calls); j++)
			known |= call->nr == fuzz_calls[j];
		/* Calls with an effect are not made here, and compat calls have other numbers. */
		if (!known || (compat && one_in(2)))
			call->nr = compat ? 20 : __NR_getppid;
		if (compat && (__u32)call->nr < 500)
			call->nr = 20;
		for (int j = 0; j < 6; j++)
			call->args[j] = one_in(3) ? edge() : PICK(fuzz_values);
#if __SIZEOF_LONG__ == 8
		if (one_in(8))
			call->nr = (__u32)call->nr | (bits() << 32);
#endif
		say(" %d", (int)call->nr);
	}
	say("\n");
	if (!order(a, compat ? ORDER_COMPAT : ORDER_CALLS)) {
		for (__u32 i = 0; i < s->made; i++)
			say("  => %ld\n", s->calls[i].result);
		return;
	}
	for (__u32 i = 0; i < s->made; i++)
		show_result(a, &s->calls[i]);
}

/* Stops a tracee. Returns whether it has stopped. */
static bool stop(struct actor *a)
{
	__u64 end = now_ms() + PATIENCE_MS;
	__u32 none = 0;

	if (ptrace(PTRACE_INTERRUPT, a->tid, NULL, NULL))
		return false;
	for (;;) {
		reap();
		if (a->stopped || !a->alive || now_ms() > end)
			return a->stopped;
		pause_us(&none, 0, 300);
	}
}

static void do_trace(struct actor *a)
{
	static const unsigned long options[] = {
		0, PTRACE_O_TRACESECCOMP, PTRACE_O_TRACESECCOMP, PTRACE_O_TRACESECCOMP,
		PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD, PTRACE_O_SUSPEND_SECCOMP,
	};
	unsigned long wanted = PICK(options);

	if (!a->traced) {
		say("%d is traced with %#lx", name(a), wanted);
		a->traced = !ptrace(PTRACE_SEIZE, a->tid, NULL, (void *)wanted);
		say("%s\n", a->traced ? "" : strerrorname_np(errno));
		return;
	}
	if (!stop(a)) {
		say("%d does not stop\n", name(a));
		return;
	}
	say("%d is stopped: %#x\n", name(a), a->status);
	look_at_filters(a);
	if (one_in(3)) {
		int ret = ptrace(PTRACE_SETOPTIONS, a->tid, NULL, (void *)wanted);

		say("  options %#lx: %d\n", wanted, ret ? errno : 0);
	}
	if (one_in(4)) {
		say("  detach\n");
		resume(a, PTRACE_DETACH, 0);
	} else {
		resume(a, PTRACE_CONT, 0);
	}
}

struct actor *somebody(void)
{
	for (int tries = 0; tries < 40; tries++) {
		struct actor *a = &actors[below(actor_count)];

		if (a->alive && !a->asking && !a->stopped)
			return a;
	}
	return NULL;
}

/* Waits until somebody's tracee has stopped. A filter may have faked what was to stop it. */
static void await_stop(const struct actor *a)
{
	__u64 end = now_ms() + 5000;
	__u32 none = 0;

	while (proc_status(a->tid, "TracerPid") > 0 && !is_in_tracing_stop(a) && now_ms() < end)
		pause_us(&none, 0, 300);
}

static void do_inspect(struct actor *a)
{
	static const __u32 sizes[] = { 7, 8, 12, 16, 16 };
	struct actor *other = somebody();
	struct slot *s = a->slot;

	if (!other || other->pid == a->pid || other->traced)
		return;
	s->other = name(other);
	s->flags = one_in(4) ? PTRACE_O_SUSPEND_SECCOMP : 0;
	s->value = below(4);
	s->count = PICK(sizes);
	say("%d inspects %d with %#x, filter %u, size %u\n", name(a), name(other), s->flags,
	    s->value, s->count);
	memset(s->buffer, 0, sizeof(s->buffer));
	/* The director waits: how often the actor would have to look depends on timing. */
	if (order(a, ORDER_SEIZE) && s->made == 2 && !s->calls[1].result) {
		await_stop(other);
		order(a, ORDER_INSPECT);
	}
	for (__u32 i = 0; i < s->made; i++)
		say("  => %ld\n", s->calls[i].result);
	if (s->made > 4)
		say("  %08x %llx\n", hash(s->fetched, sizeof(*s->fetched) * 32),
		    (unsigned long long)s->buffer[1] & ~SECCOMP_METADATA_APPENDED);
	s->traps = 0;
	/* If its filters keep it from detaching, it is killed. */
	if (a->alive && proc_status(other->tid, "TracerPid") > 0) {
		say("  held\n");
		kill_process(a);
	}
}

void step(void)
{
	struct actor *a = somebody();
	struct listener *l;

	if (!a)
		return;
	step_count++;
	switch (below(100)) {
	case 0 ... 27:
		do_attach(a);
		break;
	case 28 ... 52:
		do_probes(a);
		break;
	case 53 ... 57:
		do_thread(a);
		break;
	case 58 ... 62:
		do_fork(a);
		break;
	case 63 ... 64:
		do_exec(a);
		break;
	case 65 ... 69:
		do_ask(a);
		break;
	case 70 ... 74:
		do_privileges(a);
		break;
	case 75 ... 79:
		do_signals(a);
		break;
	case 80 ... 87:
		do_trace(a);
		break;
	case 88 ... 91:
		do_inspect(a);
		break;
	case 92 ... 96:
		if (!listener_count || nested)
			break;
		l = &listeners[below(listener_count)];
		if (l->fd < 0)
			break;
		say("listener %d\n", (int)(l - listeners));
		if (one_in(12))
			close_listener(l);
		else if (one_in(12))
			receive(l);
		else
			try_listener(l);
		break;
	default:
		do_end(a);
		break;
	}
}
