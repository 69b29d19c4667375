// SPDX-License-Identifier: GPL-2.0
/*
 * The calls that are measured.
 */

#include "bench.h"

#include <linux/sched.h>

void call_getppid(long count)
{
	while (count--)
		syscall(__NR_getppid);
}

void call_personality(long count)
{
	while (count--)
		syscall(__NR_personality, 0xffffffffUL);
}

void call_getpriority(long count)
{
	while (count--)
		syscall(__NR_getpriority, 0, 0);
}

void call_denied(long count)
{
	while (count--)
		syscall(__NR_kexec_load, 0, 0, 0, 0);
}

void call_socket(long count)
{
	while (count--)
		syscall(__NR_socket, 9999, 0, 0);
}

void call_openat2(long count)
{
	static const unsigned long long how[3] = { O_RDONLY };

	while (count--)
		close(syscall(__NR_openat2, AT_FDCWD, "/dev/null", how, sizeof(how)));
}

void call_connect(long count)
{
	/* AF_UNSPEC: takes back a connection that is not there. */
	static const struct sockaddr_storage address;
	int sock = socket(AF_INET, SOCK_DGRAM, 0);

	while (count--)
		syscall(__NR_connect, sock, &address, 16);
	close(sock);
}

void call_clone3(long count)
{
	while (count--) {
		struct clone_args args = { .exit_signal = SIGCHLD };
		pid_t pid = syscall(__NR_clone3, &args, sizeof(args));

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

void call_fork(long count)
{
	while (count--) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}
