// SPDX-License-Identifier: GPL-2.0
/*
 * How the director of fuzz_calls gives orders to its actors.
 */

#include "fuzz_order.h"
#include "fuzz_supervisor.h"
#include "fuzz_tracer.h"

/* At most this many stops and requests in one order. */
enum { EVENTS = 60 };

/* Prints where a stuck actor is, for people to read. */
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

/* Until the actor has done what it was told to. Returns whether it lives. */
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

bool order(struct actor *a, enum order what)
{
	a->slot->order = what;
	give(a);
	return settle(a);
}

struct order_call *one_call(struct actor *a, long nr)
{
	struct order_call *call = &a->slot->calls[0];

	memset(call, 0, sizeof(*call));
	call->nr = nr;
	a->slot->count = 1;
	return call;
}

bool call_one(struct actor *a, const unsigned long *words)
{
	struct order_call *call = one_call(a, words[0]);

	memcpy(call->args, words + 1, sizeof(call->args));
	if (!order(a, ORDER_CALLS))
		return false;
	show_result(a, call);
	return true;
}
