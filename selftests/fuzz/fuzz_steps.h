/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What fuzz_calls has its actors do.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FUZZ_STEPS_H
#define RUST_SECCOMP_SELFTESTS_FUZZ_STEPS_H

#include "fuzz_supervisor.h"
#include "fuzz_tracer.h"

/* Where an actor is that is stuck, for people to read. */
static void explain(const struct actor *a)
{
	static const char *const files[] = { "status", "syscall", "wchan", "stack" };

	fprintf(stderr, "# %d of %d calls made, order %u of %u, tid %u\n", a->slot->made,
		a->slot->count, a->slot->done, a->slot->ordered, a->slot->tid);
	for (size_t i = 0; i < LENGTH(files); i++) {
		char path[64], text[4096];
		ssize_t len;
		int fd;

		snprintf(path, sizeof(path), "/proc/%d/%s", a->tid, files[i]);
		fd = open(path, O_RDONLY | O_CLOEXEC);
		len = read(fd, text, sizeof(text) - 1);
		close(fd);
		fprintf(stderr, "# %s:\n%.*s\n", files[i], (int)(len > 0 ? len : 0), text);
	}
}

/* Until the actor has done what it was told to; whether it lives. */
static bool settle(struct actor *a)
{
	struct listener *l = NULL;

	for (int events = 0; events < EVENTS; events++) {
		switch (await(a, &l)) {
		case DONE:
			return true;
		case DEAD:
			say("  %d is dead after %u\n", name(a), a->slot->made);
			return false;
		case STOPPED:
			on_stop(a);
			break;
		case ASKS:
			on_question(a, l);
			break;
		case STUCK:
			say("  %d is stuck\n", name(a));
			explain(a);
			stuck = true;
			return false;
		}
		if (stuck)
			return false;
	}
	say("  %d goes on and on\n", name(a));
	stuck = true;
	return false;
}

static bool order(struct actor *a, enum order what)
{
	a->slot->order = what;
	give(a);
	return settle(a);
}

static struct order_call *one_call(struct actor *a, long nr)
{
	struct order_call *call = &a->slot->calls[0];

	memset(call, 0, sizeof(*call));
	call->nr = nr;
	a->slot->count = 1;
	return call;
}

#define CALL(a, ...) call_one(a, (const unsigned long[7]) { __VA_ARGS__ })

/* Whether it has got back; a result is shown. */
static bool call_one(struct actor *a, const unsigned long *words)
{
	struct order_call *call = one_call(a, words[0]);

	memcpy(call->args, words + 1, sizeof(call->args));
	if (!order(a, ORDER_CALLS))
		return false;
	show_result(a, call);
	return true;
}

static void adopt(struct actor *a, bool thread)
{
	struct actor *child = &actors[actor_count];
	struct slot *slot = &shared->slots[actor_count];
	struct order_call *wake;
	__u32 tid = slot->born;
	/* A thread whose process has ended is gone as well, perhaps before it began. */
	bool ended = thread && a->ended;

	if (!tid)
		return;
	while (!ended && !__atomic_load_n(&slot->present, __ATOMIC_ACQUIRE))
		pause_us(&slot->present, 0, 300);
	*child = (struct actor){
		.slot = slot, .tid = tid, .pid = thread ? a->pid : tid, .alive = !ended,
		.ended = ended,
	};
	actor_count++;
	say("  %d is %d of %d%s\n", actor_count - 1, child->tid, child->pid,
	    ended ? ", and has ended" : "");
	if (ended)
		return;
	/* If its creator's filters were suspended, its own may kill it when it makes a call. */
	wake = one_call(child, __NR_futex);
	wake->args[0] = (unsigned long)&slot->born;
	wake->args[1] = FUTEX_WAKE;
	order(child, ORDER_CALLS);
}

static void do_thread(struct actor *a)
{
	if (actor_count == MAX_ACTORS)
		return;
	say("%d makes a thread\n", name(a));
	a->slot->other = actor_count;
	one_call(a, __NR_clone);
	if (order(a, ORDER_THREAD))
		show_result(a, a->slot->calls);
	adopt(a, true);
}

static void do_fork(struct actor *a)
{
	struct slot *child = &shared->slots[actor_count];
	unsigned long born = (unsigned long)&child->born, tid = (unsigned long)&child->tid;
	bool clone3 = one_in(3);
	struct order_call *call;

	if (actor_count == MAX_ACTORS)
		return;
	say("%d makes a process%s\n", name(a), clone3 ? " by clone3" : "");
	a->slot->other = actor_count;
	call = one_call(a, clone3 ? __NR_clone3 : __NR_clone);
	if (clone3) {
		__u64 *args = a->slot->buffer;

		memset(args, 0, 88);
		args[0] = CLONE_PARENT | CLONE_TIDS;
		args[2] = tid;
		args[3] = born;
		call->args[0] = (unsigned long)args;
		call->args[1] = 88;
	} else {
		call->args[0] = CLONE_PARENT | CLONE_TIDS | SIGCHLD;
		call->args[2] = born;
#ifdef __x86_64__
		call->args[3] = tid;
#else
		call->args[4] = tid;
#endif
	}
	if (order(a, ORDER_FORK))
		show_result(a, call);
	adopt(a, false);
}

static void do_exec(struct actor *a)
{
	struct slot *s = a->slot;
	struct order_call *call;

	for (int i = 0; i < actor_count; i++)
		if (actors[i].alive && actors[i].pid == a->pid &&
		    (actors[i].traced || (actors[i].asking && &actors[i] != a)))
			return;
	say("%d executes\n", name(a));
	snprintf(s->number, sizeof(s->number), "%d", name(a));
	s->argv[0] = "fuzz_calls";
	s->argv[1] = "--actor";
	s->argv[2] = s->number;
	call = one_call(a, __NR_execve);
	call->args[0] = (unsigned long)"/proc/self/exe";
	call->args[1] = (unsigned long)s->argv;
	call->args[2] = (unsigned long)s->envp;
	a->executing = true;
	if (order(a, ORDER_CALLS)) {
		show_result(a, call);
		if (s->made == MAX_CALLS + 1) {
			for (int i = 0; i < actor_count; i++)
				if (&actors[i] != a && actors[i].pid == a->pid)
					actors[i].alive = false;
			a->tid = a->pid;
		}
	}
	a->executing = false;
}

static void show_all(void)
{
	for (int i = 0; i < actor_count; i++)
		if (actors[i].alive)
			show_status(&actors[i]);
}

/* A listener has been made: from now on it is the director's alone. */
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

/* Where the program is: mostly where it is to be. */
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

/* What has to do with seccomp, and attaches nothing. */
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
		/* With an argument, or flags, there is none. */
		CALL(a, __NR_seccomp, SECCOMP_SET_MODE_STRICT, one_in(2), buffer);
		break;
	}
}

static void do_privileges(struct actor *a)
{
	say("%d has privileges\n", name(a));
	switch (below(4)) {
	case 0:
		CALL(a, __NR_setresuid, 1000, 1000, 1000);
		break;
	case 1:
		CALL(a, __NR_prctl, PR_SET_NO_NEW_PRIVS, one_in(4) ? edge() : 1, one_in(8));
		break;
	default:
		CALL(a, __NR_prctl, PR_SET_NO_NEW_PRIVS, 1);
		break;
	}
	if (a->alive)
		show_status(a);
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
		/* Control calls are made with care; the table of compat calls is another one. */
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

static void do_signals(struct actor *a)
{
	static const int signals[] = { SIGUSR1, SIGUSR1, SIGSYS, SIGUSR2, SIGTERM };
	struct slot *s = a->slot;
	int signal = PICK(signals);

	if (one_in(3)) {
		say("%d masks %d\n", name(a), signal);
		s->buffer[0] = 1ULL << (signal - 1);
		CALL(a, __NR_rt_sigprocmask, below(3), (unsigned long)s->buffer, 0, 8);
	} else if (one_in(2) || a->traced) {
		s->value = signal;
		s->flags = below(7);
		say("%d handles %d by %u\n", name(a), signal, s->flags);
		one_call(a, __NR_rt_sigaction);
		if (order(a, ORDER_SIGNAL))
			show_result(a, s->calls);
	} else {
		say("%d is sent %d\n", name(a), signal);
		syscall(__NR_tgkill, a->pid, a->tid, signal);
		/* It has come when this is carried out, unless it was fatal. */
		s->count = 0;
		s->calls[0] = (struct order_call){};
		if (order(a, ORDER_CALLS))
			show_result(a, s->calls);
	}
}

/* Until a tracee has stopped. */
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

static struct actor *somebody(void)
{
	for (int tries = 0; tries < 40; tries++) {
		struct actor *a = &actors[below(actor_count)];

		if (a->alive && !a->asking && !a->stopped)
			return a;
	}
	return NULL;
}

/* Waits until somebody's tracee has stopped. A filter may fake what was to stop it. */
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
	/* It is not the actor who waits, as how often it looks would be a matter of timing. */
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
	/* If it may not let go, it goes. */
	if (a->alive && proc_status(other->tid, "TracerPid") > 0) {
		say("  held\n");
		kill_process(a);
	}
}

static void do_end(struct actor *a)
{
	struct slot *s = a->slot;

	switch (below(5)) {
	case 0:
		s->value = below(2);
		s->flags = below(2);
		say("%d is strict, %u %u\n", name(a), s->value, s->flags);
		one_call(a, __NR_prctl);
		if (order(a, ORDER_STRICT))
			show_result(a, s->calls);
		break;
	case 1:
	case 2:
		say("%d exits\n", name(a));
		CALL(a, __NR_exit, 5);
		break;
	case 3:
		say("%d ends its process\n", name(a));
		CALL(a, __NR_exit_group, 6);
		break;
	default:
		say("%d is killed\n", name(a));
		kill_process(a);
		break;
	}
}

static void step(void)
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

#endif /* RUST_SECCOMP_SELFTESTS_FUZZ_STEPS_H */
