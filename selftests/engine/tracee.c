// SPDX-License-Identifier: GPL-2.0
/*
 * A process that is traced, and what its tracer does to its system calls.
 */

#include "tracee.h"

#include <elf.h>
#include <sys/user.h>

pid_t traced_child(struct __test_metadata *_metadata, int nr, __u32 value, unsigned int flags,
		   int options)
{
	pid_t pid = fork();
	int status;

	ASSERT_LE(0, pid);
	if (!pid) {
		no_new_privs();
		if (ptrace(PTRACE_TRACEME, 0, 0, 0))
			_exit(254);
		raise(SIGSTOP);
		if (install_for(nr, value, flags))
			_exit(255);
		errno = 0;
		syscall(nr, -1);
		_exit(errno);
	}
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	ASSERT_TRUE(WIFSTOPPED(status));
	ASSERT_EQ(0, ptrace(PTRACE_SETOPTIONS, pid, 0, options | PTRACE_O_EXITKILL));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, pid, 0, 0));
	return pid;
}

#if defined(__x86_64__)
#define NUMBER orig_rax
#define RESULT rax
#elif defined(__i386__)
#define NUMBER orig_eax
#define RESULT eax
#elif defined(__aarch64__)
#define RESULT regs[0]
#endif

void change_number(struct __test_metadata *_metadata, pid_t pid, int nr)
{
#ifdef __arm__
	unsigned long regs[18];

	/* PTRACE_SET_SYSCALL */
	ASSERT_EQ(0, ptrace(23, pid, NULL, nr));
	ASSERT_EQ(0, ptrace(PTRACE_GETREGS, pid, NULL, regs));
	regs[0] = nr == -1 ? -EDOM : regs[0];
	ASSERT_EQ(0, ptrace(PTRACE_SETREGS, pid, NULL, regs));
#else
	struct user_regs_struct regs;
	struct iovec iov = { &regs, sizeof(regs) };

	ASSERT_EQ(0, ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov));
	if (nr == -1)
		regs.RESULT = -EDOM;
#ifdef NUMBER
	regs.NUMBER = nr;
#else
	struct iovec number = { &nr, sizeof(nr) };

	ASSERT_EQ(0, ptrace(PTRACE_SETREGSET, pid, NT_ARM_SYSTEM_CALL, &number));
#endif
	ASSERT_EQ(0, ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov));
#endif
}
