/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the tests of extensible arguments.
 */
#ifndef RUST_SECCOMP_SELFTESTS_EA_FIXTURE_H
#define RUST_SECCOMP_SELFTESTS_EA_FIXTURE_H

#include "ea.h"
#include "harness.h"

#define PAGE 4096UL
#define FEATURE_EA SECCOMP_DATA_FEATURE_EA
/* What a filter sees of any call with an argument. */
#define FEATURES_EA (FEATURE_EA | SECCOMP_DATA_FEATURE_EA_EXTENT)
#define FEATURE_TAIL SECCOMP_DATA_FEATURE_EA_TAIL

FIXTURE(ea) {
	/* Shared with children; the last page cannot be accessed. */
	__u8 *memory;
};

#define MEMORY (8 * PAGE)

FIXTURE_SETUP(ea)
{
	ASSERT_EQ(0, no_new_privs());
	ea_make_file();
	self->memory = mmap(NULL, MEMORY, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			    -1, 0);
	ASSERT_NE(MAP_FAILED, self->memory);
	ASSERT_EQ(0, mprotect(self->memory + MEMORY - PAGE, PAGE, PROT_NONE));
}

FIXTURE_TEARDOWN(ea)
{
	munmap(self->memory, MEMORY);
}

#endif /* RUST_SECCOMP_SELFTESTS_EA_FIXTURE_H */
