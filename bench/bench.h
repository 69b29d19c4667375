/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of the benchmark share: the calls that are measured (calls.c), the filters that
 * they are made under (filters.c), and how it is measured (measure.c).
 */
#ifndef RUST_SECCOMP_BENCH_H
#define RUST_SECCOMP_BENCH_H

#include "../selftests/lib/append.h"

#define ROUNDS 15

/* A call, made so many times. */
typedef void (*body)(long count);

void call_getppid(long count);
void call_personality(long count);
void call_getpriority(long count);
/* The container's profile refuses the first of these, and checks an argument of the second. */
void call_denied(long count);
void call_socket(long count);
/* To nowhere. */
void call_connect(long count);
/* With close() of the descriptor; with the end of the child. */
void call_openat2(long count);
void call_clone3(long count);
void call_fork(long count);

/* The cases that are wanted: a shell pattern. */
extern const char *pattern;
bool wanted(const char *name);

/* Ends the process with a message and errno; must() does so if the result is negative. */
void fail(const char *what);
void must(int ret, const char *what);

/*
 * A case: calls setup(arg), if there is one, in a child, and measures there what "count" calls
 * take. Prints the instructions of one call, the best of some rounds.
 */
void measure(const char *name, void (*setup)(long), long arg, body run, long count);

/*
 * The same of a call that makes a child, whose instructions count as well. No clock counts those of
 * parent and child alone, so nothing else may run meanwhile.
 */
void measure_children(const char *name, void (*setup)(long), long arg, body run);
void measure_forks(const char *name, void (*setup)(long), long arg);

/*
 * A case: the instructions that it takes to install a filter on top of "below" others. Each round
 * is in a child of its own, as filters stay; the fork does not count.
 */
void measure_install(const char *name, struct sock_filter *insns, size_t len, int below,
		     bool appended);

/*
 * A case: the bytes that a filter takes, from what the kernel uses with and without many of them.
 */
void measure_memory(const char *name, struct sock_filter *insns, size_t len);

/* Installs so many filters that allow what is measured. */
void allow(long depth);
void append_allow(long depth);

/* The same, but the oldest filter has this action for getppid(). */
extern __u32 action;
void act(long depth);

/* As act(), with a handler for SIGSYS. */
void trap(long depth);

/* The same, but the oldest filter compares an argument of getpriority(); or each filter does. */
void compare(long depth);
void compare_each(long depth);

/* As compare(1), appended; with nr_high it compares the other half of the number, too. */
void append_compare(long nr_high);

/* Installs so many filters that compare two fields of the structs of openat2() and clone3(). */
void ea_compare(long depth);

/* A filter that compares the socket address of call nr. */
void ea_address(long nr);

/*
 * Makes, or installs, a filter that compares the number with this many others, and then an argument
 * of getpriority(). Returns the number of instructions.
 */
size_t make_linear(struct sock_filter *insns, long rules);
void linear(long rules);

/* Installs a filter of this many instructions, the last of which allow or refuse getppid(). */
void allow_after(long len);
void errno_after(long len);

/* The container's profile, in a form. */
extern struct sock_filter profile[4096];
extern size_t profile_len;
void load_profile(const char *directory, const char *form);
void install_profile(long unused);

#endif /* RUST_SECCOMP_BENCH_H */
