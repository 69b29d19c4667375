/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What all selftests share: instructions of filters, the installation of filters, small helpers.
 */
#ifndef RUST_SECCOMP_SELFTESTS_COMMON_H
#define RUST_SECCOMP_SELFTESTS_COMMON_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#if defined(__x86_64__)
#define ARCH_NATIVE AUDIT_ARCH_X86_64
#elif defined(__i386__)
#define ARCH_NATIVE AUDIT_ARCH_I386
#elif defined(__aarch64__)
#define ARCH_NATIVE AUDIT_ARCH_AARCH64
#elif defined(__arm__)
#define ARCH_NATIVE AUDIT_ARCH_ARM
#endif

#ifndef SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV
#define SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV (1UL << 5)
#endif
#ifndef SECCOMP_IOCTL_NOTIF_SET_FLAGS
#define SECCOMP_IOCTL_NOTIF_SET_FLAGS SECCOMP_IOW(4, __u64)
#define SECCOMP_USER_NOTIF_FD_SYNC_WAKE_UP (1UL << 0)
#endif
#ifndef PTRACE_O_SUSPEND_SECCOMP
#define PTRACE_O_SUSPEND_SECCOMP (1 << 21)
#endif

#define LENGTH(array) (sizeof(array) / sizeof((array)[0]))

#define LOAD(field) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define LOAD_ARG_LO(n) LOAD(args[n])
#define LOAD_ARG_HI(n) \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]) + 4)
#define RET(value) BPF_STMT(BPF_RET | BPF_K, value)
/* Returns value if the accumulator equals k, else goes on. */
#define RET_IF_EQ(k, value) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1), RET(value)

#define FPROG(insns) \
	((struct sock_fprog) { .len = LENGTH(insns), .filter = (insns) })

/* seccomp(2): -1 and errno on failure, as all wrappers of system calls here. */
int seccomp(unsigned int op, unsigned int flags, void *args);

/* Installs a filter by SECCOMP_SET_MODE_FILTER. */
int install(struct sock_filter *insns, size_t len, unsigned int flags);

#define INSTALL(insns, flags) install(insns, LENGTH(insns), flags)

/* Installs a filter that does "value" for system call nr and allows the rest. */
int install_for(int nr, __u32 value, unsigned int flags);

/*
 * Lets the caller, and what it executes, gain no privileges: filters need that, or CAP_SYS_ADMIN.
 */
int no_new_privs(void);

/* The number behind "key:" in /proc/<pid>/status; -1 without such a line or process. */
long proc_status(pid_t pid, const char *key);

/* gettid(2); C libraries older than glibc 2.30 have no function of that name. */
pid_t gettid_(void);

/* By how much random tests have to do less: 1, or 10 on debug kernels (SLOWNESS in tests.list). */
int slowness(void);

/* Writes a string to an existing file. Returns 0 or -errno. */
int write_file(const char *path, const char *text);

#endif /* RUST_SECCOMP_SELFTESTS_COMMON_H */
