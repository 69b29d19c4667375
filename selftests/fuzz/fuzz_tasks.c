// SPDX-License-Identifier: GPL-2.0
/*
 * The steps of fuzz_calls that make actors, change what they are, and end them.
 */

#include "fuzz_order.h"
#include "fuzz_tasks.h"

#include <linux/futex.h>

void adopt(struct actor *a, bool thread)
{
	struct actor *child = &actors[actor_count];
	struct slot *slot = &shared->slots[actor_count];
	struct order_call *wake;
	__u32 tid = slot->born;
	/* A thread ends with its process, perhaps before it ran. */
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
	/* A first call: filters that were suspended for its creator may kill it. */
	wake = one_call(child, __NR_futex);
	wake->args[0] = (unsigned long)&slot->born;
	wake->args[1] = FUTEX_WAKE;
	order(child, ORDER_CALLS);
}

void do_thread(struct actor *a)
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

void do_fork(struct actor *a)
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

void do_exec(struct actor *a)
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

void do_privileges(struct actor *a)
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

void do_signals(struct actor *a)
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
		/*
		 * The signal has arrived when an empty order is carried out, unless it was fatal.
		 */
		s->count = 0;
		s->calls[0] = (struct order_call){};
		if (order(a, ORDER_CALLS))
			show_result(a, s->calls);
	}
}

void do_end(struct actor *a)
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
