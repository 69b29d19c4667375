// SPDX-License-Identifier: GPL-2.0
/*
 * The director of fuzz_calls: how it waits for actors, and what it prints of them.
 */

#include "fuzz_director.h"

#include <linux/futex.h>
#include <time.h>

struct actor actors[MAX_ACTORS];
int actor_count;
struct listener listeners[MAX_LISTENERS];
int listener_count;
bool appending, stuck, nested;
unsigned long step_count;

int name(const struct actor *a)
{
	return a - actors;
}

static void bury(pid_t pid, int status)
{
	say("  process %d ended with %#x\n", pid, status);
	for (int i = 0; i < actor_count; i++)
		if (actors[i].pid == pid) {
			actors[i].alive = false;
			actors[i].ended = true;
		}
}

/* Notes that a task has stopped or ended. */
static void note(pid_t tid, int status)
{
	bool ended = false;

	for (int i = 0; i < actor_count; i++) {
		struct actor *a = &actors[i];

		if (a->tid != tid || (!a->alive && WIFSTOPPED(status)))
			continue;
		if (WIFSTOPPED(status)) {
			a->stopped = true;
			a->status = status;
		} else if (a->pid == tid) {
			ended = true;
		} else {
			/* The process may end as well, before or after the thread. */
			a->gone = true;
		}
	}
	if (ended)
		bury(tid, status);
}

void reap(void)
{
	int status;

	/* A child may end before it is an actor. Its end is left for when it is one. */
	for (int i = 0; i < actor_count; i++)
		while (waitpid(actors[i].tid, &status, WNOHANG | __WALL) > 0)
			note(actors[i].tid, status);
}

void kill_process(struct actor *a)
{
	kill(a->pid, SIGKILL);
	while (a->alive)
		reap();
}

void pause_us(__u32 *word, __u32 value, long us)
{
	struct timespec time = { .tv_nsec = us * 1000 };

	syscall(__NR_futex, word, FUTEX_WAIT, value, &time);
}

bool is_done(const struct actor *a)
{
	return __atomic_load_n(&a->slot->done, __ATOMIC_ACQUIRE) == a->slot->ordered;
}

void give(struct actor *a)
{
	a->slot->made = 0;
	a->odd = false;
	__atomic_store_n(&a->slot->ordered, a->slot->ordered + 1, __ATOMIC_RELEASE);
	syscall(__NR_futex, &a->slot->ordered, FUTEX_WAKE, 1);
}

__u64 now_ms(void)
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

/*
 * An actor has ended. Finds out whether its process ends, too: if not, its siblings still take
 * orders.
 */
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

enum event await(struct actor *a, struct listener **asked)
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

enum { STATUS_SIZE = 4096 };

/* The status of an actor in /proc; empty if it is gone. */
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

void show_status(const struct actor *a)
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

bool has_signal(const struct actor *a, const char *set, int signal)
{
	char text[STATUS_SIZE], *at;

	read_status(a, text);
	at = strstr(text, set);
	return !at || strtoull(at + strlen(set), NULL, 16) & (1ULL << (signal - 1));
}

bool takes_signal(const struct actor *a, int signal)
{
	return !has_signal(a, "SigBlk:", signal) && !has_signal(a, "SigIgn:", signal);
}

bool is_in_tracing_stop(const struct actor *a)
{
	char text[STATUS_SIZE];

	read_status(a, text);
	return strstr(text, "\nState:\tt");
}

__u32 hash(const void *bytes, size_t len)
{
	__u32 value = 2166136261u;

	while (len--)
		value = (value ^ *(const __u8 *)bytes++) * 16777619;
	return value;
}

bool is_seccomp(long nr)
{
	return (__u32)nr == __NR_seccomp;
}

void show_result(struct actor *a, struct order_call *call)
{
	struct slot *s = a->slot;

	if (s->traps)
		a->odd = true;
	/* A register may still hold an argument, which differs with the way of installation. */
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
