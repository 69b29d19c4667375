/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The director of fuzz_calls: what it knows of the actors, how it waits for them, and what it
 * writes down of them.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FUZZ_DIRECTOR_H
#define RUST_SECCOMP_SELFTESTS_FUZZ_DIRECTOR_H

#include "fuzz_actor.h"

enum { MAX_LISTENERS = 6, EVENTS = 60 };

/* Machines may be slow, and emulated ones may stand still for seconds. */
enum { PATIENCE_MS = 60000 };

struct actor {
	struct slot *slot;
	pid_t pid, tid;
	bool alive, gone, traced, stopped, asking, executing;
	/* Its whole process has come to its end. */
	bool ended;
	/* A tracer or a trap may have left the registers as they were. */
	bool odd;
	int status;
};

struct listener {
	int fd;
	bool killable;
	/* Ids of requests: the first one, and the one that is dealt with. */
	__u64 first, last;
	bool asked;
};

static struct actor actors[MAX_ACTORS];
static int actor_count;
static struct listener listeners[MAX_LISTENERS];
static int listener_count;
static bool appending, stuck;
/* An actor waits for an answer while others act: not by accident is it to get one. */
static bool nested;
static unsigned long step_count;

#define say(...) printf(__VA_ARGS__)

static int name(const struct actor *a)
{
	return a - actors;
}

/* ---- Waiting. ---- */

enum event { DONE, DEAD, STOPPED, ASKS, STUCK };

static void bury(pid_t pid, int status)
{
	say("  process %d ended with %#x\n", pid, status);
	for (int i = 0; i < actor_count; i++)
		if (actors[i].pid == pid) {
			actors[i].alive = false;
			actors[i].ended = true;
		}
}

/* Takes notice of what the kernel has to tell of the actors. */
static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		bool ended = false;

		for (int i = 0; i < actor_count; i++) {
			struct actor *a = &actors[i];

			if (a->tid != pid || (!a->alive && WIFSTOPPED(status)))
				continue;
			if (WIFSTOPPED(status)) {
				a->stopped = true;
				a->status = status;
			} else if (a->pid == pid) {
				ended = true;
			} else {
				/* Its process may end as well, in any order. */
				a->gone = true;
			}
		}
		if (ended)
			bury(pid, status);
	}
}

static void kill_process(struct actor *a)
{
	kill(a->pid, SIGKILL);
	while (a->alive)
		reap();
}

static void pause_us(__u32 *word, __u32 value, long us)
{
	struct timespec time = { .tv_nsec = us * 1000 };

	syscall(__NR_futex, word, FUTEX_WAIT, value, &time);
}

static bool is_done(const struct actor *a)
{
	return __atomic_load_n(&a->slot->done, __ATOMIC_ACQUIRE) == a->slot->ordered;
}

static void give(struct actor *a)
{
	a->slot->made = 0;
	a->odd = false;
	__atomic_store_n(&a->slot->ordered, a->slot->ordered + 1, __ATOMIC_RELEASE);
	syscall(__NR_futex, &a->slot->ordered, FUTEX_WAKE, 1);
}

static __u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static struct actor *sibling_of(const struct actor *a)
{
	for (int i = 0; i < actor_count; i++)
		if (&actors[i] != a && actors[i].alive && actors[i].pid == a->pid &&
		    !actors[i].asking && !actors[i].stopped)
			return &actors[i];
	return NULL;
}

/* An actor has ended: alone, or will its process follow? If not the others still take orders. */
static void see_end(struct actor *a)
{
	__u64 end = now_ms() + PATIENCE_MS;
	struct actor *other = sibling_of(a);
	__u32 none = 0;

	while (a->alive && !a->gone && a->tid != a->pid &&
	       !syscall(__NR_tgkill, a->pid, a->tid, 0)) {
		pause_us(&none, 0, 300);
		reap();
	}
	if (!a->alive)
		return;
	for (int i = 0; i < 2 && other; i++) {
		other->slot->order = ORDER_CALLS;
		other->slot->count = 0;
		give(other);
		while (other->alive && !is_done(other) && now_ms() < end) {
			reap();
			pause_us(&other->slot->done, other->slot->done, 300);
		}
	}
	if (!other)
		pause_us(&none, 0, 40000);
	reap();
	if (a->alive)
		say("  %d ended alone\n", name(a));
	a->alive = false;
}

static enum event await(struct actor *a, struct listener **asked)
{
	__u64 end = now_ms() + PATIENCE_MS;

	do {
		__u32 done = a->slot->done;

		if (is_done(a))
			return DONE;
		reap();
		if (!a->alive)
			return DEAD;
		if (a->stopped)
			return STOPPED;
		for (int i = 0; i < listener_count; i++) {
			struct pollfd poll_ = { .fd = listeners[i].fd, .events = POLLIN };

			if (poll_.fd >= 0 && poll(&poll_, 1, 0) == 1 && poll_.revents & POLLIN) {
				*asked = &listeners[i];
				return ASKS;
			}
		}
		if (a->gone || !__atomic_load_n(&a->slot->tid, __ATOMIC_ACQUIRE)) {
			see_end(a);
			return DEAD;
		}
		pause_us(&a->slot->done, done, 300);
	} while (now_ms() < end);
	return STUCK;
}

/* ---- What can be seen. ---- */

enum { STATUS_SIZE = 4096 };

/* What /proc has of an actor; nothing if it is gone. */
static void read_status(const struct actor *a, char text[STATUS_SIZE])
{
	char path[64];
	ssize_t len;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/status", a->tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = read(fd, text, STATUS_SIZE - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
}

static void show_status(const struct actor *a)
{
	static const char *const keys[] = { "NoNewPrivs:", "Seccomp:", "Seccomp_filters:" };
	char text[STATUS_SIZE];
	int values[3];

	read_status(a, text);
	for (int i = 0; i < 3; i++) {
		char *at = strstr(text, keys[i]);

		values[i] = at ? atoi(at + strlen(keys[i])) : -1;
	}
	say("  %d: nnp %d seccomp %d filters %d\n", name(a), values[0], values[1], values[2]);
}

/* Whether a signal is in one of the actor's sets, or may be, as nothing is told of these. */
static bool has_signal(const struct actor *a, const char *set, int signal)
{
	char text[STATUS_SIZE], *at;

	read_status(a, text);
	at = strstr(text, set);
	return !at || strtoull(at + strlen(set), NULL, 16) & (1ULL << (signal - 1));
}

/* Whether a signal would come to the actor's notice. */
static bool takes_signal(const struct actor *a, int signal)
{
	return !has_signal(a, "SigBlk:", signal) && !has_signal(a, "SigIgn:", signal);
}

static bool is_in_tracing_stop(const struct actor *a)
{
	char text[STATUS_SIZE];

	read_status(a, text);
	return strstr(text, "\nState:\tt");
}

static __u32 hash(const void *bytes, size_t len)
{
	__u32 value = 2166136261u;

	while (len--)
		value = (value ^ *(const __u8 *)bytes++) * 16777619;
	return value;
}

static bool is_seccomp(long nr)
{
	return (__u32)nr == __NR_seccomp;
}

static void show_result(struct actor *a, struct order_call *call)
{
	struct slot *s = a->slot;

	if (s->traps)
		a->odd = true;
	/* How it was installed shows in the arguments, and these may be left in registers. */
	if (a->odd && is_seccomp(call->nr))
		say("  -> odd");
	else
		say("  -> %ld", call->result);
	if (s->traps)
		say(" traps %u nr %d data %d arch %#x at %#lx", s->traps, s->trap_nr, s->trap_data,
		    s->trap_arch, s->trap_at);
	if (s->signals)
		say(" signals %u", s->signals);
	say("\n");
	s->traps = 0;
	s->signals = 0;
}

#endif /* RUST_SECCOMP_SELFTESTS_FUZZ_DIRECTOR_H */
