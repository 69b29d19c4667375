/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The fixture of the fault tests, and how they state their operations.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FAULT_FIXTURE_H
#define RUST_SECCOMP_SELFTESTS_FAULT_FIXTURE_H

#include "fault_filters.h"

FIXTURE(fault) {};

FIXTURE_SETUP(fault)
{
	if (!fault_init())
		SKIP(return, "no fault injection in this kernel");
	ASSERT_TRUE(fault_caches(fault_any_cache));
	ASSERT_EQ(0, no_new_privs());
	ea_make_file();
}

FIXTURE_TEARDOWN(fault)
{
}

/* Expects that all attempts of each operation go well. */
#define DRIVE(ops) do { \
		for (size_t op_ = 0; op_ < LENGTH(ops); op_++) \
			EXPECT_EQ(0, fault_drive(&(ops)[op_])); \
	} while (0)

/* A struct fault_op; behind the flags, errors that are right beside ENOMEM and EFAULT. */
#define OP(name_, setup_, run_, verify_, arg_, flags_, ...) { \
		.name = name_, .setup = setup_, .run = run_, .verify = verify_, .arg = arg_, \
		.flags = flags_, .errors = { __VA_ARGS__ }, \
	}

#endif /* RUST_SECCOMP_SELFTESTS_FAULT_FIXTURE_H */
