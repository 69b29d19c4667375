/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A system call without rights to memory of protection key 0, on x86_64.
 */
#ifndef RUST_SECCOMP_SELFTESTS_PKEY_CALL_H
#define RUST_SECCOMP_SELFTESTS_PKEY_CALL_H

/*
 * Makes a call with these rights (bits of PKRU) to key 0 taken away. Meanwhile it uses no stack,
 * which has key 0.
 */
long call_without(unsigned int rights, long nr, long arg0, const void *arg1, const void *arg2,
		  long arg3);

#endif /* RUST_SECCOMP_SELFTESTS_PKEY_CALL_H */
