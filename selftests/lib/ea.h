/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The calls with an extensible argument (a struct behind a pointer whose size the caller passes):
 * where it is, what a call does with it, and filters that look at it.
 */
#ifndef RUST_SECCOMP_SELFTESTS_EA_H
#define RUST_SECCOMP_SELFTESTS_EA_H

#include "append.h"

/* The size is a field of the struct, and no argument of the call; or it is always the same. */
#define EA_IN_STRUCT (-1)
#define EA_FIXED (-2)
/*
 * Size of the largest struct of any call, so that a filter for this much sees all of every struct.
 */
#define EA_KNOWN 144
/* Size of a buffer for any struct, with room for an unknown tail. */
#define EA_ROOM 160

/* A 32-bit word of a struct. */
struct ea_word {
	unsigned int offset;
	__u32 value;
};

/*
 * Flags: the call returns a descriptor; on E2BIG it writes the known size to the struct; it reads
 * nothing if the size, an int, is above what it knows.
 */
#define EA_OPENS 1
#define EA_WRITES_BACK 2
#define EA_BUFFER 4

/*
 * A call, with a struct that it accepts ("good"), and a word that changes its outcome ("bad"). That
 * word is not zero: filters see zeros if the struct cannot be read.
 */
struct ea_call {
	const char *name;
	int nr, pointer, size_arg;
	unsigned int size_offset, smallest, known, flags;
	/* The other arguments. */
	const void *args[6];
	struct ea_word good[2], bad;
};

/* The file that some of the calls are about; made by ea_make_file(). */
#define EA_FILE "/tmp/ea_file"
/*
 * The sockets that others are about, a datagram socket and one that is bound; made there, too. They
 * are the last in the table that a process starts with: beyond it the kernel would make a larger
 * one, and tests of how it does would find it done.
 */
#define EA_SOCKET 62
#define EA_BOUND_SOCKET 63

#define EA_CALLS 17
extern const struct ea_call ea_calls[EA_CALLS];

/* The call of this name, which has to exist. */
const struct ea_call *ea_find(const char *name);

/* Writes a word into a struct. */
void ea_put(void *bytes, struct ea_word word);

/* Fills EA_ROOM bytes with the struct that the call accepts. */
void ea_good(const struct ea_call *call, void *bytes);

/* The same, with the word that changes the outcome. */
void ea_bad(const struct ea_call *call, void *bytes);

/*
 * Makes the call with these six arguments. Returns 0 on success, else minus the error. A descriptor
 * is closed, a child is waited for.
 */
long ea_run(const struct ea_call *call, const long *args);

/* Fills in the six arguments of the call, with this struct and size. */
void ea_args(const struct ea_call *call, const void *pointer, unsigned long size, long *args);

/* Makes the call with this struct; its size is ignored if it is a field of the struct. */
long ea_do(const struct ea_call *call, const void *pointer, unsigned long size);

/* Makes EA_FILE and the sockets. */
void ea_make_file(void);

/* Appends a filter for the call: errno 4000 if the struct has this word, else "other". */
int ea_install_word(const struct ea_call *call, struct ea_word word, __u32 other, __u64 flags);

#endif /* RUST_SECCOMP_SELFTESTS_EA_H */
