/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The actors of fuzz_calls: threads that carry out orders, one thread at a time, under whatever
 * filters they were ordered to install.
 *
 * Orders come through shared memory and futexes. Any other system call of an actor may be refused,
 * faked or fatal, so actors call no function of a library that makes any.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FUZZ_ACTOR_H
#define RUST_SECCOMP_SELFTESTS_FUZZ_ACTOR_H

#include "fuzz.h"
#include "raw_call.h"

enum {
	MAX_ACTORS = 12,
	MAX_CALLS = 6,
	STACK = 32768,
	/* The descriptor of the shared memory, in all processes. */
	SHARED_FD = 9,
};

#define CLONE_TIDS (CLONE_PARENT_SETTID | CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID)
#define SHARED_AT ((void *)0x50000000)

enum order {
	ORDER_CALLS,	/* calls[], one after the other */
	ORDER_COMPAT,	/* the same, by int $0x80 */
	ORDER_THREAD,	/* make a thread, which becomes actor "other" */
	ORDER_FORK,	/* make a process, by calls[0], clone() or clone3() */
	ORDER_SIGNAL,	/* sigaction(value, flags) */
	ORDER_STRICT,	/* enter strict mode, and make calls that it allows */
	ORDER_SEIZE,	/* trace and stop actor "other" */
	ORDER_INSPECT,	/* read its filters, and detach */
};

struct order_call {
	long nr;
	unsigned long args[6];
	long result;
};

/* An actor, as the director and itself see it. */
struct slot {
	/* How many orders were given, and how many carried out. */
	__u32 ordered, done;
	/* The thread id, set by the kernel: when the task is made; from its start to its end. */
	__u32 born, tid;
	/* It takes orders from now on. */
	__u32 present;
	__u32 order, other, value, flags;
	__u32 count, made;
	/* It ends when a call succeeds, as the new filter may refuse what the actor needs. */
	bool doomed;
	struct order_call calls[MAX_CALLS];
	/* Signals and traps since the last order, and what the last SIGSYS said. */
	__u32 signals, traps;
	int trap_nr, trap_data, trap_arch;
	unsigned long trap_at;
	/* What arguments of calls point to. */
	struct program program;
	struct sock_fprog fprog;
	struct seccomp_append_filter append;
	__u64 buffer[64];
	struct sock_filter fetched[4096];
	char number[16], *argv[4], *envp[1];
};

struct shared {
	struct slot slots[MAX_ACTORS];
};

extern struct shared *const shared;

/* Where this process keeps which actor runs on the caller's stack. */
struct slot **my_owner(void);

/* A system call, by raw_call(). */
#define RAW_CALL(nr, ...) raw_call(nr, (const unsigned long[6]) { __VA_ARGS__ })

/* Wakes a waiter on a futex. */
void futex_wake(__u32 *word);

/* What an actor does: it waits for orders and carries them out. */
__attribute__((noreturn)) void act(struct slot *me);

#endif /* RUST_SECCOMP_SELFTESTS_FUZZ_ACTOR_H */
