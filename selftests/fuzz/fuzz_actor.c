// SPDX-License-Identifier: GPL-2.0
/*
 * The actors of fuzz_calls: they carry out orders.
 */

#include "fuzz_actor.h"
#include "raw_thread.h"

#include <linux/futex.h>

struct shared *const shared = SHARED_AT;

/* The actor on each stack of this process; the last one is that of the first thread. */
static struct slot *owners[MAX_ACTORS + 1];
static __u8 stacks[MAX_ACTORS][STACK] __attribute__((aligned(64)));

struct slot **my_owner(void)
{
	__u8 here, *at = &here;

	asm("" : "+r"(at));
	if (at >= stacks[0] && at < stacks[MAX_ACTORS])
		return &owners[(at - stacks[0]) / STACK];
	return &owners[MAX_ACTORS];
}

static struct slot *myself(void)
{
	return *my_owner();
}

static void futex_wait(__u32 *word, __u32 value)
{
	RAW_CALL(__NR_futex, (unsigned long)word, FUTEX_WAIT, value);
}

void futex_wake(__u32 *word)
{
	RAW_CALL(__NR_futex, (unsigned long)word, FUTEX_WAKE, 1);
}

static void on_signal(int signal, siginfo_t *info, void *context)
{
	struct slot *me = myself();

	(void)context;
	if (signal != SIGSYS) {
		me->signals++;
		return;
	}
	me->traps++;
	me->trap_nr = info->si_syscall;
	me->trap_data = info->si_errno;
	me->trap_arch = info->si_arch;
	me->trap_at = (unsigned long)info->si_call_addr;
}

static int set_handler(int signal, __u32 how)
{
	struct sigaction action = { .sa_flags = SA_SIGINFO | (how & 1 ? SA_RESTART : 0) };

	if (how < 4)
		action.sa_sigaction = on_signal;
	else
		action.sa_handler = how < 6 ? SIG_IGN : SIG_DFL;
	return sigaction(signal, &action, NULL) ? -errno : 0;
}

static long compat_call(const struct order_call *call)
{
#ifdef __x86_64__
	register long r8 asm("r8") = 0;
	long result;

	asm volatile("int $0x80"
		     : "=a"(result), "+r"(r8)
		     : "a"(call->nr), "b"(call->args[0]), "c"(call->args[1]), "d"(call->args[2]),
		       "S"(call->args[3]), "D"(call->args[4])
		     : "memory", "r9", "r10", "r11");
	return (int)result;
#else
	return raw_call(call->nr, call->args);
#endif
}

void raw_thread_main(void)
{
	act(myself());
}

static long make_thread(struct slot *me)
{
	unsigned long flags = CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD |
			      CLONE_SYSVSEM | CLONE_TIDS;
	struct slot *child = &shared->slots[me->other];

	owners[me->other] = child;
	return raw_thread(flags, stacks[me->other] + STACK - 64, &child->born, &child->tid);
}

static long make_process(struct slot *me)
{
	struct slot *child = &shared->slots[me->other];
	long result = raw_call(me->calls[0].nr, me->calls[0].args);

	/* A filter may have answered with 0, and there is no child. */
	if (!result && child->tid) {
		struct slot **owner = my_owner();

		memset(owners, 0, sizeof(owners));
		*owner = child;
		act(child);
	}
	return result;
}

/*
 * Enters strict mode, which allows read(), and exit(); prctl() kills. Returns if a filter refuses
 * or fakes it.
 */
static long be_strict(struct slot *me)
{
	long result = me->value ? RAW_CALL(__NR_prctl, PR_SET_SECCOMP, SECCOMP_MODE_STRICT) :
				  RAW_CALL(__NR_seccomp, SECCOMP_SET_MODE_STRICT);

	if (result)
		return result;
	RAW_CALL(__NR_read, -1);
	if (me->flags)
		RAW_CALL(__NR_exit, 3);
	return RAW_CALL(__NR_prctl, PR_GET_SECCOMP);
}

/* Makes a call and keeps the result. Returns whether it is 0. */
static bool next_call(struct slot *me, long nr, const unsigned long args[6])
{
	long result = raw_call(nr, args);

	me->calls[me->made++].result = result;
	return !result;
}

#define NEXT_CALL(me, nr, ...) next_call(me, nr, (const unsigned long[6]) { __VA_ARGS__ })

static void seize(struct slot *me)
{
	__u32 pid = shared->slots[me->other].tid;

	if (NEXT_CALL(me, __NR_ptrace, PTRACE_SEIZE, pid, 0, me->flags))
		NEXT_CALL(me, __NR_ptrace, PTRACE_INTERRUPT, pid);
}

/* Reads the filters of an actor that it has seized, as far as its own filters allow. */
static void inspect(struct slot *me)
{
	__u32 pid = shared->slots[me->other].tid;
	int status = 0;

	me->made = 2;
	RAW_CALL(__NR_wait4, pid, (unsigned long)&status, WNOHANG | __WALL);
	me->calls[me->made++].result = status;
	NEXT_CALL(me, __NR_ptrace, PTRACE_SECCOMP_GET_FILTER, pid, me->value,
		  me->count & 1 ? (unsigned long)me->fetched : 0);
	me->buffer[0] = me->value;
	NEXT_CALL(me, __NR_ptrace, PTRACE_SECCOMP_GET_METADATA, pid, me->count,
		  (unsigned long)me->buffer);
	NEXT_CALL(me, __NR_ptrace, PTRACE_DETACH, pid);
}

static void carry_out(struct slot *me)
{
	me->made = 0;
	switch (me->order) {
	case ORDER_CALLS:
	case ORDER_COMPAT:
		for (; me->made < me->count; me->made++) {
			struct order_call *call = &me->calls[me->made];

			call->result = me->order == ORDER_COMPAT ? compat_call(call) :
								   raw_call(call->nr, call->args);
			if (me->doomed && call->result >= 0)
				__builtin_trap();
		}
		return;
	case ORDER_THREAD:
		me->calls[0].result = make_thread(me);
		break;
	case ORDER_FORK:
		me->calls[0].result = make_process(me);
		break;
	case ORDER_SIGNAL:
		me->calls[0].result = set_handler(me->value, me->flags);
		break;
	case ORDER_STRICT:
		me->calls[0].result = be_strict(me);
		break;
	case ORDER_SEIZE:
		seize(me);
		return;
	case ORDER_INSPECT:
		inspect(me);
		return;
	}
	me->made = 1;
}

void act(struct slot *me)
{
	__atomic_store_n(&me->present, 1, __ATOMIC_RELEASE);
	for (;;) {
		__u32 ordered;

		while ((ordered = __atomic_load_n(&me->ordered, __ATOMIC_ACQUIRE)) == me->done)
			futex_wait(&me->ordered, ordered);
		carry_out(me);
		__atomic_store_n(&me->done, ordered, __ATOMIC_RELEASE);
		futex_wake(&me->done);
	}
}
