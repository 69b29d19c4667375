// SPDX-License-Identifier: GPL-2.0
/*
 * Extensible arguments: what filters decide holds for a call that a tracer rewrites, and is not
 * asked for while a tracer suspends seccomp. Part of ea_task_test.
 */

#include "ea_fixture.h"

#include <elf.h>
#include <linux/ptrace.h>
#include <sys/user.h>

#ifndef PTRACE_SET_SYSCALL_INFO
#define PTRACE_SET_SYSCALL_INFO 0x4212
#endif

/* How a tracer rewrites a call after the filter has seen it. */
struct rewrite {
	/* The call; NULL is openat2(). */
	const char *call, *what;
	/* The tracer writes registers, and does not use PTRACE_SET_SYSCALL_INFO. */
	bool by_registers;
	/*
	 * 32-bit Arm: the tracer writes r0, and the kernel takes the first argument from elsewhere.
	 */
	bool r0_alone;
	/* The new number of the call; 0 leaves it. */
	int nr;
	bool bad_content, bad_pointer, null_pointer;
	unsigned long size;
	long result;
};

static struct {
	__u8 good[EA_ROOM], bad[EA_ROOM];
	long result;
} *traced;

static void traced_child(const struct ea_call *call)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->nr, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		LOAD_AT(OFFSET(extensible_arg_size)),
		RET_IF_EQ(16, SECCOMP_RET_ERRNO | 2020),
		LOAD_EA(call->bad.offset),
		RET_IF_EQ(call->bad.value, SECCOMP_RET_ERRNO | 2021),
		RET(SECCOMP_RET_TRACE),
	};
	static const __u8 zeros[EA_ROOM];

	ptrace(PTRACE_TRACEME, 0, 0, 0);
	raise(SIGSTOP);
	if (ea_install_word(ea_find("mount_setattr"), (struct ea_word) { 24, 5 },
			    SECCOMP_RET_ALLOW, 0) ||
	    APPEND(insns, USE_EA, call->known))
		_exit(1);
	traced->result = ea_do(call, traced->good, call->known);
	/* The copy was dropped. */
	if (ea_do(ea_find("mount_setattr"), zeros, 32))
		_exit(2);
	_exit(0);
}

/* Writes the arguments to a tracee's registers. Returns whether that is possible. */
static bool set_registers(pid_t pid, const long *args, bool r0_alone)
{
#ifdef __arm__
	unsigned long regs[18];

	if (ptrace(PTRACE_GETREGS, pid, NULL, regs))
		return false;
	for (int i = 0; i < 6; i++)
		regs[i] = args[i];
	/* The first argument is the value of r0 at the time of the call. */
	if (!r0_alone)
		regs[17] = args[0];
	return !ptrace(PTRACE_SETREGS, pid, NULL, regs);
#else
	struct user_regs_struct regs;
	struct iovec iov = { &regs, sizeof(regs) };

	if (ptrace(PTRACE_GETREGSET, pid, NT_PRSTATUS, &iov))
		return false;
#if defined(__x86_64__)
	regs.rdi = args[0];
	regs.rsi = args[1];
	regs.rdx = args[2];
	regs.r10 = args[3];
	regs.r8 = args[4];
	regs.r9 = args[5];
#elif defined(__i386__)
	regs.ebx = args[0];
	regs.ecx = args[1];
	regs.edx = args[2];
	regs.esi = args[3];
	regs.edi = args[4];
	regs.ebp = args[5];
#else
	/* The kernel keeps the first argument twice, and updates both. */
	for (int i = 0; i < 6; i++)
		regs.regs[i] = args[i];
#endif
	return !ptrace(PTRACE_SETREGSET, pid, NT_PRSTATUS, &iov);
#endif
}

static int rewritten(const void *arg)
{
	const struct rewrite *rewrite = arg;
	const struct ea_call *call = ea_find(rewrite->call ?: "openat2");
	const bool size_in_struct = call->size_arg == EA_IN_STRUCT;
	union {
		struct ptrace_syscall_info info;
		/* Newer than some headers. */
		__u64 words[11];
	} buf;
	struct ptrace_syscall_info *info = &buf.info;
	long args[6];
	int status;
	pid_t pid;

	traced = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ea_good(call, traced->good);
	ea_bad(call, traced->bad);
	pid = fork();
	if (!pid)
		traced_child(call);
	if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
		return 10;
	ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_EXITKILL);
	ptrace(PTRACE_CONT, pid, 0, 0);
	if (waitpid(pid, &status, 0) != pid || status >> 8 != (SIGTRAP | PTRACE_EVENT_SECCOMP << 8))
		return 11;
	if (ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(buf), &buf) <= 0)
		return 12;
	if (info->seccomp.nr != call->nr ||
	    info->seccomp.args[call->pointer] != (uintptr_t)traced->good)
		return 13;
	if (!size_in_struct && info->seccomp.args[call->size_arg] != call->known)
		return 14;
	if (rewrite->nr)
		info->seccomp.nr = rewrite->nr;
	if (rewrite->bad_pointer)
		info->seccomp.args[call->pointer] = (uintptr_t)traced->bad;
	if (rewrite->null_pointer)
		info->seccomp.args[call->pointer] = 0;
	if (rewrite->size && !size_in_struct)
		info->seccomp.args[call->size_arg] = rewrite->size;
	if (rewrite->size && size_in_struct)
		ea_put(traced->good, (struct ea_word) { call->size_offset, rewrite->size });
	if (rewrite->nr == 442) {
		/* mount_setattr(AT_FDCWD, "/", 0, bad, 32) */
		info->seccomp.args[3] = (uintptr_t)traced->bad;
		info->seccomp.args[4] = 32;
		info->seccomp.args[2] = 0;
	}
	if (rewrite->bad_content)
		memcpy(traced->good, traced->bad, EA_ROOM);
	for (int i = 0; i < 6; i++)
		args[i] = info->seccomp.args[i];
	if (rewrite->by_registers ? !set_registers(pid, args, rewrite->r0_alone) :
				    ptrace(PTRACE_SET_SYSCALL_INFO, pid, sizeof(buf), &buf))
		return 15;
	/* The filter runs again; the tracer is not asked again. */
	ptrace(PTRACE_CONT, pid, 0, 0);
	if (waitpid(pid, &status, 0) != pid || status)
		return 16;
	if (traced->result != rewrite->result) {
		printf("# %s, %s: %ld, not %ld\n", call->name, rewrite->what, traced->result,
		       rewrite->result);
		return 17;
	}
	/*
	 * A call that writes back the known size writes it to the caller's struct. If that is more
	 * than a page, the filter's load has refused the call.
	 */
	if ((call->flags & EA_WRITES_BACK) && rewrite->result == -E2BIG && rewrite->size <= PAGE &&
	    memcmp(traced->good + call->size_offset, &(__u32) { call->known }, 4))
		return 18;
	return 0;
}

#define LANDLOCK "landlock_create_ruleset"

TEST_F(ea, rewritten_by_a_tracer)
{
	static const struct rewrite rewrites[] = {
		{ NULL, "nothing", .result = 0 },
		{ NULL, "content", .bad_content = true, .result = -2021 },
		{ NULL, "pointer", .bad_pointer = true, .result = -2021 },
		{ NULL, "pointer to nowhere", .null_pointer = true, .result = -EFAULT },
		{ NULL, "size", .size = 16, .result = -2020 },
		{ NULL, "larger size", .size = 25, .result = 0 },
		{ NULL, "largest size", .size = 4097, .result = -E2BIG },
		{ NULL, "skipped", .nr = -1, .result = -ENOSYS },
		/* mount_setattr() ignores the bad word at offset 20. */
		{ NULL, "another call", .nr = 442, .result = -EINVAL },
		{ NULL, "a call without", .nr = __NR_getpid, .result = 0 },
		/* The pointer is the first argument. */
		{ LANDLOCK, "nothing", .result = 0 },
		{ LANDLOCK, "pointer", .bad_pointer = true, .result = -2021 },
		{ LANDLOCK, "pointer to nowhere", .null_pointer = true, .result = -EFAULT },
		{ LANDLOCK, "nothing", true, .result = 0 },
		{ LANDLOCK, "content", true, .bad_content = true, .result = -2021 },
		{ LANDLOCK, "pointer", true, .bad_pointer = true, .result = -2021 },
		{ LANDLOCK, "pointer to nowhere", true, .null_pointer = true, .result = -EFAULT },
		{ LANDLOCK, "size", true, .size = 16, .result = -2020 },
		{ LANDLOCK, "largest size", true, .size = 4097, .result = -E2BIG },
#ifdef __arm__
		{ LANDLOCK, "r0 alone", true, true, .bad_pointer = true, .result = 0 },
#endif
		{ NULL, "pointer", true, .bad_pointer = true, .result = -2021 },
		{ NULL, "size", true, .size = 16, .result = -2020 },
		/* The size is in the struct. */
		{ "sched_setattr", "nothing", .result = 0 },
		{ "sched_setattr", "size", .size = 16, .result = -2020 },
		{ "sched_setattr", "smaller size", .size = 48, .result = 0 },
		{ "sched_setattr", "smallest size", .size = 1, .result = -E2BIG },
		{ "sched_setattr", "largest size", .size = 4097, .result = -E2BIG },
		{ "sched_setattr", "pointer", true, .bad_pointer = true, .result = -2021 },
		{ "listmount", "pointer", true, .bad_pointer = true, .result = -2021 },
		{ "listmount", "smaller size", .size = 24, .result = 0 },
		{ "listmount", "smallest size", .size = 8, .result = -EINVAL },
	};

	for (size_t i = 0; i < LENGTH(rewrites); i++)
		EXPECT_EQ(0, in_child(rewritten, &rewrites[i]));
}

/*
 * While a tracer suspends seccomp the kernel reads the caller's own struct; afterwards the filter
 * decides again.
 */
static int suspended(const void *unused)
{
	const struct ea_call *call = ea_find("openat2");
	int status;
	pid_t pid;

	pid = fork();
	if (!pid) {
		__u8 bad[EA_ROOM];

		ea_bad(call, bad);
		if (ptrace(PTRACE_TRACEME, 0, 0, 0) ||
		    ea_install_word(call, call->bad, SECCOMP_RET_ALLOW, 0))
			_exit(1);
		if (ea_do(call, bad, call->known) != -4000)
			_exit(2);
		raise(SIGSTOP);
		/* The kernel knows no such flag; it would say E2BIG only of a tail. */
		if (ea_do(call, bad, call->known) != -EINVAL)
			_exit(3);
		bad[call->known] = 1;
		if (ea_do(call, bad, call->known + 1) != -E2BIG)
			_exit(4);
		raise(SIGSTOP);
		_exit(ea_do(call, bad, call->known) == -4000 ? 0 : 5);
	}
	for (int suspend = 1; suspend >= 0; suspend--) {
		if (waitpid(pid, &status, 0) != pid || !WIFSTOPPED(status))
			return 10;
		if (ptrace(PTRACE_SETOPTIONS, pid, 0,
			   PTRACE_O_EXITKILL | (suspend ? PTRACE_O_SUSPEND_SECCOMP : 0)))
			return 11;
		ptrace(PTRACE_CONT, pid, 0, 0);
	}
	return waitpid(pid, &status, 0) == pid ? status : 12;
}

TEST_F(ea, suspended_by_a_tracer)
{
	EXPECT_EQ(0, in_child(suspended, NULL));
}
