/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is left of the module's objects when nothing should use them any more.
 */
#ifndef RUST_SECCOMP_SELFTESTS_LEAKS_H
#define RUST_SECCOMP_SELFTESTS_LEAKS_H

/* The module's reference count; -1 if it is not loaded. */
long module_references(void);

/*
 * Has kmemleak scan the memory, and prints what it finds that belongs to the module or was
 * allocated by a program whose name begins with "fault_". Returns the number of these objects, or
 * -1 if the kernel has no kmemleak.
 */
int find_leaks(void);

#endif /* RUST_SECCOMP_SELFTESTS_LEAKS_H */
