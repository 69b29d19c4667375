// SPDX-License-Identifier: GPL-2.0
/*
 * Extensible arguments: that what filters decide holds whatever happens around a call, by tracers,
 * signals and changes of memory, and in children, after exec and in many threads.
 */

#include "ea_fixture.h"

#include <elf.h>
#include <linux/ptrace.h>
#include <sys/user.h>

#ifndef PTRACE_SET_SYSCALL_INFO
#define PTRACE_SET_SYSCALL_INFO 0x4212
#endif

/* A tracer that rewrites what the call is, after the filter has seen it. */
struct rewrite {
	/* The call, openat2() if none is named. */
	const char *call, *what;
	/* By the registers themselves, not by PTRACE_SET_SYSCALL_INFO. */
	bool by_registers;
	/* Of a 32-bit ARM program; the kernel takes the first argument from elsewhere. */
	bool r0_alone;
	/* What it is set to; 0 if it stays. */
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
	/* And what was cached is forgotten. */
	if (ea_do(ea_find("mount_setattr"), zeros, 32))
		_exit(2);
	_exit(0);
}

/* Changes the arguments that a tracee's registers hold; whether that can be. */
static bool set_registers(pid_t pid, const long *args, bool r0_alone)
{
#ifdef __arm__
	unsigned long regs[18];

	if (ptrace(PTRACE_GETREGS, pid, NULL, regs))
		return false;
	for (int i = 0; i < 6; i++)
		regs[i] = args[i];
	/* The first argument is what r0 was when the call was made. */
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
	/* The kernel has the first argument twice, and sees to it that the two agree. */
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
	/* The filter is run again, and the tracer not asked again. */
	ptrace(PTRACE_CONT, pid, 0, 0);
	if (waitpid(pid, &status, 0) != pid || status)
		return 16;
	if (traced->result != rewrite->result) {
		printf("# %s, %s: %ld, not %ld\n", call->name, rewrite->what, traced->result,
		       rewrite->result);
		return 17;
	}
	/* Where the kernel says how much it knows, it is said to the caller. */
	if ((call->flags & EA_WRITES_BACK) && rewrite->result == -E2BIG &&
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
		/* The bad word is at offset 20, which is none of mount_setattr()'s concern. */
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
 * While a tracer suspends seccomp the call is as the kernel makes it, with the caller's own struct;
 * afterwards the filter is heard again.
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
		/* The kernel has no such flag, and says E2BIG only of what it has not read. */
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

/* A call that is interrupted and restarted is filtered anew. */
static __u8 *interrupted_how;
static int interruption;

static void interrupt(int signal)
{
	if (interruption == 0)
		interrupted_how[16] = 1;
	else
		interrupted_how[1] = O_NONBLOCK >> 8;
}

static int restarted(const void *arg)
{
	const struct ea_call *call = ea_find("openat2");
	struct sigaction action = { .sa_handler = interrupt, .sa_flags = SA_RESTART };
	struct itimerval timer = { .it_value.tv_usec = 200000, .it_interval.tv_usec = 200000 };
	long args[6];

	unlink("/tmp/ea_fifo");
	if (mkfifo("/tmp/ea_fifo", 0600))
		return 1;
	interruption = *(const int *)arg;
	interrupted_how = calloc(1, 64);
	sigaction(SIGALRM, &action, NULL);
	if (ea_install_word(call, (struct ea_word) { 16, 1 }, SECCOMP_RET_ALLOW, 0))
		return 2;
	ea_args(call, interrupted_how, 24, args);
	args[1] = (long)"/tmp/ea_fifo";
	setitimer(ITIMER_REAL, &timer, NULL);
	if (ea_run(call, args) != (interruption ? 0 : -4000))
		return 3;
	return 0;
}

TEST_F(ea, restarted)
{
	for (int i = 0; i < 2; i++)
		EXPECT_EQ(0, in_child(restarted, &i));
}

/* A new task has nothing cached, however it came to be. */
static int children(const void *arg)
{
	const struct ea_call *clone3 = ea_find("clone3"), *openat2 = ea_find("openat2");
	static __u8 good[EA_ROOM], bad[EA_ROOM], how[EA_ROOM], bad_how[EA_ROOM];
	const long plain = ea_do(openat2, how, 24);
	int status;
	pid_t pid;

	ea_good(clone3, good);
	ea_bad(clone3, bad);
	ea_bad(openat2, bad_how);
	if (ea_install_word(clone3, clone3->bad, SECCOMP_RET_ALLOW, 0) ||
	    ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0))
		return 1;
	for (int i = 0; i < 50; i++) {
		switch (i % 3) {
		case 0:
			pid = syscall(435, good, 88);
			break;
		case 1:
			pid = fork();
			break;
		default:
			/* In the same address space. */
			pid = vfork();
		}
		if (pid < 0)
			return 2;
		if (!pid) {
			/* The same call again, the other, and what is allowed. */
			if (ea_do(clone3, bad, 88) != -4000 ||
			    ea_do(openat2, bad_how, 24) != -4000 ||
			    ea_do(openat2, how, 24) != plain || ea_do(clone3, good, 88))
				_exit(1);
			_exit(0);
		}
		if (waitpid(pid, &status, 0) != pid || status)
			return 10 + i % 3;
		if (ea_do(openat2, bad_how, 24) != -4000 || ea_do(openat2, how, 24) != plain)
			return 4;
	}
	return 0;
}

TEST_F(ea, children)
{
	EXPECT_EQ(0, in_child(children, NULL));
}

/* The other side of exec: the filters are as they were, and the slot is another. */
__attribute__((constructor)) static void after_exec(void)
{
	const struct ea_call *openat2 = ea_find("openat2");
	__u8 how[EA_ROOM];
	const char *turn = getenv("EA_EXEC");
	char next[16];

	if (!turn)
		return;
	ea_bad(openat2, how);
	if (ea_do(openat2, how, 24) != -4000)
		_exit(1);
	ea_good(openat2, how);
	if (ea_do(openat2, how, 24) != 0)
		_exit(2);
	if (!atoi(turn))
		_exit(0);
	snprintf(next, sizeof(next), "%d", atoi(turn) - 1);
	setenv("EA_EXEC", next, 1);
	execl("/proc/self/exe", "ea_task_test", NULL);
	_exit(3);
}

static void *exec_in_thread(void *arg)
{
	__u8 how[EA_ROOM] = {};

	ea_do(ea_find("openat2"), how, 24);
	execl("/proc/self/exe", "ea_task_test", NULL);
	return NULL;
}

static int exec(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	__u8 how[EA_ROOM] = {};
	pthread_t thread;

	if (ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0) || ea_do(openat2, how, 24))
		return 10;
	setenv("EA_EXEC", "3", 1);
	if (arg) {
		pthread_create(&thread, NULL, exec_in_thread, NULL);
		pthread_join(thread, NULL);
	}
	execl("/proc/self/exe", "ea_task_test", NULL);
	return 11;
}

TEST_F(ea, exec)
{
	EXPECT_EQ(0, in_child(exec, NULL));
	EXPECT_EQ(0, in_child(exec, self));
}

/* Threads, more than there are slots in a region, each with arguments of its own. */
#define THREADS 150
#define ROUNDS 40

static pthread_barrier_t all_threads;

static void *opens(void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	const long number = (long)arg;
	/* Three results: fine, refused by the filter, refused by the kernel. */
	static const long results[] = { 0, -4000, -EINVAL };
	__u8 how[EA_ROOM] = {};

	if (number % 3 == 1)
		ea_bad(openat2, how);
	else if (number % 3 == 2)
		how[23] = 1;
	pthread_barrier_wait(&all_threads);
	for (int i = 0; i < ROUNDS; i++)
		if (ea_do(openat2, how, 24) != results[number % 3])
			return (void *)1;
	/* All have a slot at the same time. */
	pthread_barrier_wait(&all_threads);
	return NULL;
}

static int threads(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	pthread_t threads[THREADS];
	pthread_attr_t attr;
	int failed = 0;

	if (ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0))
		return 1;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, 64 << 10);
	for (int turn = 0; turn < 2; turn++) {
		pthread_barrier_init(&all_threads, NULL, THREADS);
		for (long i = 0; i < THREADS; i++)
			if (pthread_create(&threads[i], &attr, opens, (void *)i))
				return 2;
		for (int i = 0; i < THREADS; i++) {
			void *result;

			pthread_join(threads[i], &result);
			failed += !!result;
		}
	}
	return failed;
}

TEST_F(ea, threads)
{
	EXPECT_EQ(0, in_child(threads, NULL));
}

/* How many regions the process sees that it has, and where the last one begins. */
static int regions(__u8 **start)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	char line[256];
	int count = 0;

	while (maps && fgets(line, sizeof(line), maps)) {
		if (!strstr(line, "seccomp_args"))
			continue;
		/* One that could be written would be none. */
		count += strstr(line, " r--s ") ? 1 : -1000;
		*start = (__u8 *)strtoul(line, NULL, 16);
	}
	if (!maps)
		return -1;
	fclose(maps);
	return count;
}

/* The mapping, as far as the process can see. */
static int mapping(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	__u8 how[EA_ROOM] = {}, *region;

	if (ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0) || ea_do(openat2, how, 24))
		return 1;
	return regions(&region) == 1 ? 0 : 2;
}

TEST_F(ea, mapping)
{
	EXPECT_EQ(0, in_child(mapping, NULL));
}

/* Calls that are decided without their struct take nothing of the process. */
static int no_mapping(const void *arg)
{
	const struct ea_call *mount_setattr = ea_find("mount_setattr");
	struct sock_filter old[] = {
		LOAD(nr),
		RET_IF_EQ(437, SECCOMP_RET_LOG),
		LOAD_ARG_LO(3),
		RET_IF_EQ(0x7777, SECCOMP_RET_ERRNO | 2050),
		RET(SECCOMP_RET_ALLOW),
	};
	struct sock_filter appended[] = {
		LOAD_AT(OFFSET(features)),
		RET_IF_EQ(0x7777, SECCOMP_RET_ERRNO | 2051),
		LOAD_ARG_LO(2),
		RET_IF_EQ(0x7777, SECCOMP_RET_ERRNO | 2052),
		RET(SECCOMP_RET_ALLOW),
	};
	__u8 bytes[EA_ROOM], *region;

	for (int filters = 0; filters < 3; filters++) {
		if (filters == 0 && INSTALL(old, 0))
			return 1;
		if (filters == 1 && APPEND(appended, 0, 0))
			return 2;
		/* It looks at no other call's struct, nor is there a tail to refuse. */
		if (filters == 2 && ea_install_word(mount_setattr, mount_setattr->bad,
						    SECCOMP_RET_ALLOW, TAIL_VISIBLE))
			return 3;
		for (size_t i = 0; i < LENGTH(ea_calls); i++) {
			if (filters == 2 && &ea_calls[i] == mount_setattr)
				continue;
			ea_good(&ea_calls[i], bytes);
			ea_do(&ea_calls[i], bytes, ea_calls[i].known);
			if (regions(&region)) {
				printf("# %s\n", ea_calls[i].name);
				return 10 + filters;
			}
		}
	}
	ea_bad(mount_setattr, bytes);
	if (ea_do(mount_setattr, bytes, 32) != -4000)
		return 4;
	return regions(&region) == 1 ? 0 : 5;
}

TEST_F(ea, no_mapping)
{
	EXPECT_EQ(0, in_child(no_mapping, NULL));
}

/* A struct may be in the copy of the last one, or what is near it. */
static int in_the_slot(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	__u8 good[EA_ROOM], bad[EA_ROOM], *region;

	ea_good(openat2, good);
	ea_bad(openat2, bad);
	if (ea_install_word(openat2, openat2->bad, SECCOMP_RET_ALLOW, 0) ||
	    ea_do(openat2, good, 24))
		return 1;
	if (regions(&region) != 1)
		return 2;
	for (int i = 0; i < 3; i++) {
		if (ea_do(openat2, good, 24) || ea_do(openat2, region + PAGE, 24))
			return 3;
		if (ea_do(openat2, bad, 24) != -4000 || ea_do(openat2, region + PAGE, 24) != -4000)
			return 4;
		/* The bad word of resolve becomes one of mode. */
		if (ea_do(openat2, region + PAGE + 8, 24) != -EINVAL)
			return 5;
		/* The guard, and a slot that nobody has. */
		if (ea_do(openat2, region, 24) != -EFAULT ||
		    ea_do(openat2, region + PAGE - 8, 24) != -EFAULT ||
		    ea_do(openat2, region + 9 * PAGE, 24) != -EFAULT)
			return 6;
	}
	return 0;
}

TEST_F(ea, in_the_slot)
{
	EXPECT_EQ(0, in_child(in_the_slot, NULL));
}

#ifdef __x86_64__
/* A 32-bit call of a 64-bit program. */
static long old_call(long nr, long a, long b, long c, long d)
{
	asm volatile("int $0x80"
		     : "+a"(nr) : "b"(a), "c"(b), "d"(c), "S"(d)
		     : "r8", "r9", "r10", "r11", "memory");
	return nr;
}

static int calls_of_both_kinds(const void *arg)
{
	const struct ea_call *openat2 = ea_find("openat2");
	char *low = mmap(NULL, PAGE, PROT_READ | PROT_WRITE,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 437, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		LOAD(arch),
		BPF_STMT(BPF_MISC | BPF_TAX, 0),
		LOAD_EA(openat2->bad.offset),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, openat2->bad.value, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_MISC | BPF_TXA, 0),
		RET_IF_EQ(AUDIT_ARCH_I386, SECCOMP_RET_ERRNO | 2031),
		RET(SECCOMP_RET_ERRNO | 2032),
	};

	if (low == MAP_FAILED || APPEND(insns, USE_EA, 24))
		return 1;
	low[256] = '/';
	for (int i = 0; i < 10; i++) {
		ea_good(openat2, low);
		if (ea_do(openat2, low, 24) ||
		    old_call(437, AT_FDCWD, (long)low + 256, (long)low, 24) < 0)
			return 2;
		low[23] = 1;
		if (ea_do(openat2, low, 24) != -EINVAL ||
		    old_call(437, AT_FDCWD, (long)low + 256, (long)low, 24) != -EINVAL)
			return 3;
		ea_bad(openat2, low);
		if (ea_do(openat2, low, 24) != -2032 ||
		    old_call(437, AT_FDCWD, (long)low + 256, (long)low, 24) != -2031)
			return 4;
	}
	return 0;
}

TEST_F(ea, calls_of_both_kinds)
{
	EXPECT_EQ(0, in_child(calls_of_both_kinds, NULL));
}
#endif

TEST_HARNESS_MAIN
