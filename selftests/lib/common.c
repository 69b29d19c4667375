// SPDX-License-Identifier: GPL-2.0
/*
 * What all selftests share: the installation of filters, small helpers.
 */

#include "common.h"

int seccomp(unsigned int op, unsigned int flags, void *args)
{
	return syscall(__NR_seccomp, op, flags, args);
}

int install(struct sock_filter *insns, size_t len, unsigned int flags)
{
	struct sock_fprog prog = { .len = len, .filter = insns };

	return seccomp(SECCOMP_SET_MODE_FILTER, flags, &prog);
}

int install_for(int nr, __u32 value, unsigned int flags)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		RET_IF_EQ((__u32)nr, value),
		RET(SECCOMP_RET_ALLOW),
	};

	return INSTALL(insns, flags);
}

int no_new_privs(void)
{
	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
}

long proc_status(pid_t pid, const char *key)
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

pid_t gettid_(void)
{
	return syscall(__NR_gettid);
}

int slowness(void)
{
	const char *slowness = getenv("SLOWNESS");

	return slowness ? atoi(slowness) : 1;
}

int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), ret = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, strlen(text)) < 0)
		ret = -errno;
	close(fd);
	return ret;
}
