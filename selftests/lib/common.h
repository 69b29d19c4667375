/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the selftests share: making filters and installing them.
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

static inline int seccomp(unsigned int op, unsigned int flags, void *args)
{
	return syscall(__NR_seccomp, op, flags, args);
}

static inline int install(struct sock_filter *insns, size_t len, unsigned int flags)
{
	struct sock_fprog prog = { .len = len, .filter = insns };

	return seccomp(SECCOMP_SET_MODE_FILTER, flags, &prog);
}

#define INSTALL(insns, flags) install(insns, LENGTH(insns), flags)

/* Installs a filter that does "value" for system call nr and allows the rest. */
static inline int install_for(int nr, __u32 value, unsigned int flags)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		RET_IF_EQ((__u32)nr, value),
		RET(SECCOMP_RET_ALLOW),
	};

	return INSTALL(insns, flags);
}

static inline int no_new_privs(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

/* The number behind "key:" in /proc/<pid>/status, or -1. */
static inline long proc_status(pid_t pid, const char *key)
{
	char path[64], line[256];
	long value = -1;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file)) {
		size_t len = strlen(key);

		if (!strncmp(line, key, len) && line[len] == ':')
			value = strtol(line + len + 1, NULL, 10);
	}
	if (file)
		fclose(file);
	return value;
}

static inline pid_t gettid_(void)
{
	return syscall(__NR_gettid);
}

/* 1, or more on kernels that look for bugs. */
static inline int slowness(void)
{
	const char *slowness = getenv("SLOWNESS");

	return slowness ? atoi(slowness) : 1;
}

/* Writes a string to a file; 0 or -errno. */
static inline int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}

#endif /* RUST_SECCOMP_SELFTESTS_COMMON_H */
