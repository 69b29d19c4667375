/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The director of fuzz_calls: its state of the actors and listeners, how it waits for actors, and
 * what it prints of them. What it prints is the same on both engines.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FUZZ_DIRECTOR_H
#define RUST_SECCOMP_SELFTESTS_FUZZ_DIRECTOR_H

#include "fuzz_actor.h"

enum { MAX_LISTENERS = 6 };

/* How long an actor may take, in ms: emulated machines may stand still for seconds. */
enum { PATIENCE_MS = 60000 };

/* An actor, as the director knows it. */
struct actor {
	struct slot *slot;
	pid_t pid, tid;
	bool alive, gone, traced, stopped, asking, executing;
	/* Its whole process has ended. */
	bool ended;
	/* A tracer or a trap may have left the registers as they were. */
	bool odd;
	/* Of its last stop, from waitpid(). */
	int status;
};

struct listener {
	int fd;
	/* Made with SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV. */
	bool killable;
	/* Ids of requests: that of the first, and of the one that the director deals with. */
	__u64 first, last;
	bool asked;
};

extern struct actor actors[MAX_ACTORS];
extern int actor_count;
extern struct listener listeners[MAX_LISTENERS];
extern int listener_count;
/* Filters are installed by SECCOMP_APPEND_FILTER. */
extern bool appending;
/* An actor does not come back: the sequence ends. */
extern bool stuck;
/* An actor waits for an answer while others act, and must not get one by accident. */
extern bool nested;
extern unsigned long step_count;

#define say(...) printf(__VA_ARGS__)

/* The number of an actor. */
int name(const struct actor *a);

/* Takes notice of stops and ends of actors. */
void reap(void);

/* Kills the process of an actor, and waits for its end. */
void kill_process(struct actor *a);

/* Sleeps for some microseconds, or until the word differs from the value and its futex is woken. */
void pause_us(__u32 *word, __u32 value, long us);

/* Tells an actor that its order is complete in its slot. */
void give(struct actor *a);

/* Whether the actor has carried out its order. */
bool is_done(const struct actor *a);

__u64 now_ms(void);

enum event { DONE, DEAD, STOPPED, ASKS, STUCK };

/* Waits for what an actor with an order comes to; if that is ASKS, for which listener. */
enum event await(struct actor *a, struct listener **asked);

/* Prints what /proc has of an actor. */
void show_status(const struct actor *a);

/* Whether a signal is in one of the actor's sets in /proc; true if the actor is gone. */
bool has_signal(const struct actor *a, const char *set, int signal);

/* Whether the actor neither blocks nor ignores a signal. */
bool takes_signal(const struct actor *a, int signal);

bool is_in_tracing_stop(const struct actor *a);

__u32 hash(const void *bytes, size_t len);

bool is_seccomp(long nr);

/* Prints the result of a call, and the signals that came meanwhile. */
void show_result(struct actor *a, struct order_call *call);

#endif /* RUST_SECCOMP_SELFTESTS_FUZZ_DIRECTOR_H */
