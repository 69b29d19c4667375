// SPDX-License-Identifier: GPL-2.0
/*
 * Random filters, installed and tried out: does each call get what they say?
 *
 *	differential [STACKS [SEED]]
 *
 * What they say is found by an interpreter in here, written from the definition of classic BPF and
 * not from either engine, so that this must pass on both. For each stack of filters a child makes
 * calls without them, installs them, and makes the calls again. Nothing in the child relies on
 * system calls then: results go to shared memory, and it ends by an illegal instruction, or by the
 * call for which it is to be killed.
 */

#include "common.h"
#include "raw_call.h"

#include <setjmp.h>

enum {
	MAX_FILTERS = 8,
	MAX_INSNS = 1200,
	MAX_CALLS = 40,
	MAX_ERRNO = 4095,
};

/* ---- Random numbers: splitmix64. ---- */

static __u64 rng_state;

static __u64 bits(void)
{
	__u64 z = rng_state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

static __u32 below(__u32 n)
{
	return ((bits() >> 32) * n) >> 32;
}

static bool one_in(__u32 n)
{
	return !below(n);
}

#define PICK(array) ((array)[below(LENGTH(array))])

/* ---- The calls: all harmless, whatever their arguments. ---- */

struct call {
	long nr; /* the whole register */
	unsigned long args[6];
};

static const int numbers[] = {
	__NR_getpid, __NR_getppid, __NR_gettid, __NR_getuid, __NR_geteuid, __NR_getgid,
	__NR_getegid, __NR_getpgid, __NR_getsid, __NR_getpriority, __NR_sched_get_priority_max,
	__NR_sched_get_priority_min, __NR_sched_getscheduler,
	/* Unassigned: at the end of tables of 512, and beyond. */
	500, 507, 510, 511, 512, 513, 600, 4096, 0xffff,
	/* Negative, among them what stands for no call at all. */
	-1, -2, -512, -0x10000, INT32_MIN, INT32_MIN + 39,
#ifndef __arm__
	/* x32's bit, where it means something or nothing. Large numbers are fatal on 32-bit Arm. */
	0x40000000 | __NR_getpid, 0x40000000 | __NR_getppid, 0x40000000 | 511, 0x40000200,
	INT32_MAX,
#endif
#ifdef __x86_64__
	/* uprobe(2), which no filter may refuse; of no use but to a trampoline. */
	336,
#endif
};

/* ---- Programs. ---- */

struct filter {
	struct sock_filter insns[MAX_INSNS];
	size_t len;
	unsigned int flags;
};

static const __u32 returns[] = {
	SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW | 5,
	SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 38, SECCOMP_RET_ERRNO | 4095,
	SECCOMP_RET_ERRNO | 0xffff, SECCOMP_RET_TRAP, SECCOMP_RET_TRAP | 0x1234,
	SECCOMP_RET_TRACE | 3, SECCOMP_RET_LOG, SECCOMP_RET_LOG | 9, SECCOMP_RET_USER_NOTIF,
};

static const __u32 deadly[] = {
	SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS, 0x00070000, 0x7fc10000, 0xffffffff,
};

/* What a stack's filters and calls are made of, so that comparisons come true. */
static __u32 values[6];
static int favourites[6];

static __u32 near_(__u32 value)
{
	return one_in(4) ? value - 1 + below(3) : value;
}

static __u32 constant(void)
{
	static const __u32 arches[] = {
		AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, ARCH_NATIVE,
	};
	static const __u32 edges[] = {
		0, 1, 2, 31, 32, 63, 64, 511, 512, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000,
		0xffffffff,
	};

	switch (below(10)) {
	case 0 ... 3:
		return near_(PICK(favourites));
	case 4:
		return PICK(arches);
	case 5:
		return PICK(edges);
	case 6:
		return 1U << below(32);
	case 7:
	case 8:
		return near_(PICK(values));
	default:
		return bits();
	}
}

static void add(struct filter *f, __u16 code, __u8 jt, __u8 jf, __u32 k)
{
	f->insns[f->len++] = (struct sock_filter){ code, jt, jf, k };
}

static void add_return(struct filter *f)
{
	if (one_in(24))
		add(f, BPF_RET | BPF_A, 0, 0, 0);
	else
		add(f, BPF_RET | BPF_K, 0, 0, one_in(24) ? PICK(deadly) : PICK(returns));
}

static void add_load(struct filter *f)
{
	static const __u32 offsets[] = {
		0, 0, 0, 0, 0, 0, 16, 16, 16, 24, 24, 20, 32, 40, 48, 56, 4, 8, 12, 28,
	};

	add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, PICK(offsets));
}

static const __u16 jumps[] = { BPF_JEQ, BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };

/* Anything that is admitted, of len instructions; cells were stored before. */
static void make_soup(struct filter *f, __u32 len, __u32 cells)
{
	static const __u16 ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH, BPF_XOR,
	};
	__u32 exotic = one_in(2) ? 9 : 0;

	for (__u32 pc = 0; pc < len - 1; pc++) {
		/* Jumps may go to all that follow, as far as they reach. */
		__u32 room = len - pc - 1, near = room < 9 ? room : 9;
		__u16 op;

		switch (below(12 + exotic)) {
		case 0 ... 3:
			add_load(f);
			break;
		case 4 ... 8:
			op = PICK(jumps) | (one_in(6) ? BPF_X : BPF_K);
			add(f, BPF_JMP | op, below(near), one_in(2) ? 0 : below(near), constant());
			break;
		case 9:
			add_return(f);
			break;
		case 10:
			op = PICK(ops);
			if (one_in(3))
				add(f, BPF_ALU | op | BPF_X, 0, 0, 0);
			else if (op == BPF_LSH || op == BPF_RSH)
				add(f, BPF_ALU | op, 0, 0, below(32));
			else
				add(f, BPF_ALU | op, 0, 0, constant() ?: 1);
			break;
		case 11:
			add(f, BPF_JMP | BPF_JA, 0, 0, below(near));
			break;
		case 12:
			add(f, one_in(2) ? BPF_ST : BPF_STX, 0, 0, below(cells));
			break;
		case 13:
		case 14:
			add(f, (one_in(2) ? BPF_LD : BPF_LDX) | BPF_MEM, 0, 0, below(cells));
			break;
		case 15:
			add(f, BPF_MISC | (one_in(2) ? BPF_TAX : BPF_TXA), 0, 0, 0);
			break;
		case 16:
			add(f, (one_in(2) ? BPF_LD : BPF_LDX) | BPF_IMM, 0, 0, constant());
			break;
		case 17:
			add(f, (one_in(2) ? BPF_LD : BPF_LDX) | BPF_W | BPF_LEN, 0, 0, 0);
			break;
		case 18:
			add(f, BPF_ALU | BPF_NEG, 0, 0, 0);
			break;
		default:
			add(f, BPF_ALU | PICK(ops) | BPF_X, 0, 0, 0);
			break;
		}
	}
	add_return(f);
}

/* Tests of an argument's halves; falls out at its end unless all hold. */
static void add_arguments(struct filter *f)
{
	size_t tests[4], count = 0;
	__u32 offset = offsetof(struct seccomp_data, args) + 8 * below(6);

	for (int half = 1; half >= 0; half--) {
		if (one_in(3))
			continue;
		add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset + 4 * half);
		if (one_in(4))
			add(f, BPF_ALU | BPF_AND | BPF_K, 0, 0, constant());
		tests[count++] = f->len;
		add(f, BPF_JMP | PICK(jumps) | BPF_K, 0, 0, half && !one_in(4) ? 0 : constant());
	}
	add_return(f);
	while (count--)
		f->insns[tests[count]].jf = f->len - tests[count] - 1;
}

/* What libraries make: rules one after the other. */
static void make_linear(struct filter *f, __u32 rules)
{
	if (one_in(2)) {
		add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
		add(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, one_in(8) ? constant() : ARCH_NATIVE);
		add_return(f);
	}
	add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
	while (rules--) {
		size_t at = f->len;

		add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, one_in(3) ? below(512) : PICK(favourites));
		if (one_in(2)) {
			add_arguments(f);
			add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
		} else {
			add_return(f);
		}
		f->insns[at].jf = f->len - at - 1;
	}
	add_return(f);
}

/* What libraries make, too: a search in ranges of numbers. */
static void make_tree(struct filter *f, __u32 low, __u32 high, __u32 depth)
{
	__u32 middle;
	size_t at;

	if (!depth || high - low < 2) {
		if (one_in(3))
			add_arguments(f);
		add_return(f);
		return;
	}
	middle = near_(PICK(favourites));
	if (middle <= low || middle >= high)
		middle = low + 1 + below(high - low - 1);
	at = f->len;
	if (one_in(2))
		add(f, BPF_JMP | BPF_JGE | BPF_K, 0, 1, middle);
	else
		add(f, BPF_JMP | BPF_JGT | BPF_K, 0, 1, middle - 1);
	add(f, BPF_JMP | BPF_JA, 0, 0, 0);
	make_tree(f, low, middle, depth - 1);
	f->insns[at + 1].k = f->len - at - 2;
	make_tree(f, middle, high, depth - 1);
}

/* The seccomp(2) calls that follow must come through all filters but the last. */
static void make_filter(struct filter *f, bool last)
{
	f->len = 0;
	f->flags = one_in(4) ? SECCOMP_FILTER_FLAG_LOG : 0;
	if (!last) {
		add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
		add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, __NR_seccomp);
		add(f, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
		add(f, BPF_LD | BPF_IMM, 0, 0, 0);
	}
	switch (below(5)) {
	case 0:
		make_linear(f, below(one_in(20) ? 120 : 12));
		break;
	case 1:
		add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
		make_tree(f, 0, one_in(2) ? 520 : 0xffffffff, below(one_in(20) ? 6 : 4));
		break;
	default: {
		__u32 cells = one_in(2) ? 2 : 16;

		for (__u32 cell = 0; cell < cells; cell++)
			add(f, BPF_ST, 0, 0, cell);
		make_soup(f, 2 + below(one_in(20) ? 400 : 24), cells);
		break;
	}
	}
}

/* ---- What it all means. ---- */

static __u32 run(const struct filter *f, const struct seccomp_data *data)
{
	__u32 words[16], a = 0, x = 0, cells[BPF_MEMWORDS];
	size_t pc = 0;

	memcpy(words, data, sizeof(words));
	for (;;) {
		const struct sock_filter *i = &f->insns[pc++];
		__u32 b = BPF_SRC(i->code) == BPF_X ? x : i->k;

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			switch (BPF_MODE(i->code)) {
			case BPF_ABS:
				a = words[i->k / 4];
				break;
			case BPF_IMM:
				a = i->k;
				break;
			case BPF_MEM:
				a = cells[i->k];
				break;
			case BPF_LEN:
				a = sizeof(*data);
				break;
			}
			break;
		case BPF_LDX:
			switch (BPF_MODE(i->code)) {
			case BPF_IMM:
				x = i->k;
				break;
			case BPF_MEM:
				x = cells[i->k];
				break;
			case BPF_LEN:
				x = sizeof(*data);
				break;
			}
			break;
		case BPF_ST:
			cells[i->k] = a;
			break;
		case BPF_STX:
			cells[i->k] = x;
			break;
		case BPF_ALU:
			switch (BPF_OP(i->code)) {
			case BPF_ADD:
				a += b;
				break;
			case BPF_SUB:
				a -= b;
				break;
			case BPF_MUL:
				a *= b;
				break;
			case BPF_DIV:
				if (!b)
					return 0;
				a /= b;
				break;
			case BPF_OR:
				a |= b;
				break;
			case BPF_AND:
				a &= b;
				break;
			case BPF_LSH:
				a <<= b & 31;
				break;
			case BPF_RSH:
				a >>= b & 31;
				break;
			case BPF_XOR:
				a ^= b;
				break;
			case BPF_NEG:
				a = -a;
				break;
			}
			break;
		case BPF_JMP: {
			bool holds = false;

			switch (BPF_OP(i->code)) {
			case BPF_JA:
				pc += i->k;
				continue;
			case BPF_JEQ:
				holds = a == b;
				break;
			case BPF_JGT:
				holds = a > b;
				break;
			case BPF_JGE:
				holds = a >= b;
				break;
			case BPF_JSET:
				holds = a & b;
				break;
			}
			pc += holds ? i->jt : i->jf;
			break;
		}
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_A ? a : i->k;
		case BPF_MISC:
			if (BPF_MISCOP(i->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		}
	}
}

static struct filter filters[MAX_FILTERS];
static int filter_count;
static struct call calls[MAX_CALLS];
static __u32 verdicts[MAX_CALLS];

/* The lowest action wins, and of equals the newest filter's. */
static __u32 verdict_of(const struct call *call)
{
	struct seccomp_data data = {
		.nr = call->nr,
		.arch = ARCH_NATIVE,
		.instruction_pointer = (uintptr_t)raw_call_ip,
	};
	__u32 verdict = SECCOMP_RET_ALLOW;

#ifdef __x86_64__
	if (data.nr == 335 || data.nr == 336)
		return SECCOMP_RET_ALLOW;
#endif
	for (int i = 0; i < 6; i++)
		data.args[i] = call->args[i];
	for (int i = filter_count - 1; i >= 0; i--) {
		__u32 ret = run(&filters[i], &data);

		if ((int32_t)(ret & SECCOMP_RET_ACTION_FULL) <
		    (int32_t)(verdict & SECCOMP_RET_ACTION_FULL))
			verdict = ret;
	}
	return verdict;
}

enum kind { ALLOW, LOG, TRACE, NOTIFY, ERRNO, TRAP, KILL, KINDS };

static const char *const kind_names[] = {
	"allow", "log", "trace", "notify", "errno", "trap", "kill",
};

static enum kind kind_of(__u32 verdict)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return ALLOW;
	case SECCOMP_RET_LOG:
		return LOG;
	case SECCOMP_RET_TRACE:
		return TRACE;
	case SECCOMP_RET_USER_NOTIF:
		return NOTIFY;
	case SECCOMP_RET_ERRNO:
		return ERRNO;
	case SECCOMP_RET_TRAP:
		return TRAP;
	default:
		return KILL;
	}
}

/* ---- Trying it out. ---- */

struct outcome {
	long plain; /* without filters */
	long value;
	int trapped, data, nr, arch;
	uintptr_t address;
};

static struct {
	enum { BEGUN, INSTALLED, CALLED } stage;
	int installed[MAX_FILTERS];
	struct outcome outcomes[MAX_CALLS];
} *volatile shared;

static struct outcome *volatile current;
static sigjmp_buf back;

static void on_sigsys(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	current->trapped = 1;
	current->data = info->si_errno;
	current->nr = info->si_syscall;
	current->arch = info->si_arch;
	current->address = (uintptr_t)info->si_call_addr;
	/* Not by sigreturn, which may be refused as well. */
	siglongjmp(back, 1);
}

/* Calls that are to kill are left out, but for the last. */
static __attribute__((noreturn)) void child(int deadly_call)
{
	struct sigaction action = {
		.sa_sigaction = on_sigsys,
		.sa_flags = SA_SIGINFO | SA_NODEFER,
	};
	volatile int i;

	if (sigaction(SIGSYS, &action, NULL) || no_new_privs())
		_exit(1);
	for (i = 0; i < MAX_CALLS; i++)
		shared->outcomes[i].plain = raw_call(calls[i].nr, calls[i].args);
	for (i = 0; i < filter_count; i++) {
		shared->installed[i] = install(filters[i].insns, filters[i].len, filters[i].flags) ?
					       errno :
					       -1;
	}
	shared->stage = INSTALLED;
	for (i = 0; i < MAX_CALLS; i++) {
		if (kind_of(verdicts[i]) == KILL)
			continue;
		current = &shared->outcomes[i];
		if (!sigsetjmp(back, 0))
			current->value = raw_call(calls[i].nr, calls[i].args);
	}
	shared->stage = CALLED;
	if (deadly_call >= 0)
		raw_call(calls[deadly_call].nr, calls[deadly_call].args);
	__builtin_trap();
}

static bool is_right(const struct outcome *o, const struct call *call, __u32 verdict)
{
	__u32 data = verdict & SECCOMP_RET_DATA;

	switch (kind_of(verdict)) {
	case ALLOW:
	case LOG:
		return !o->trapped && o->value == o->plain;
	case TRACE:
	case NOTIFY:
		/* Nobody traces, nobody listens. */
		return !o->trapped && o->value == -ENOSYS;
	case ERRNO:
		return !o->trapped && o->value == -(long)(data < MAX_ERRNO ? data : MAX_ERRNO);
	case TRAP:
		return o->trapped && o->data == data && o->nr == (int)call->nr &&
		       (__u32)o->arch == ARCH_NATIVE && o->address == (uintptr_t)raw_call_ip;
	default:
		return true;
	}
}

static void describe(__u64 seed)
{
	printf("# seed %llu, %d filters, the oldest first\n", (unsigned long long)seed,
	       filter_count);
	for (int i = 0; i < filter_count; i++) {
		printf("# filter %d, flags %#x\n", i, filters[i].flags);
		for (size_t pc = 0; pc < filters[i].len; pc++) {
			struct sock_filter *insn = &filters[i].insns[pc];

			printf("#  %04x %02x %02x %08x\n", insn->code, insn->jt, insn->jf, insn->k);
		}
	}
}

static void make_calls(void)
{
	for (int i = 0; i < MAX_CALLS; i++) {
		struct call *call = &calls[i];

		call->nr = one_in(4) ? PICK(numbers) : PICK(favourites);
#if __SIZEOF_LONG__ == 8
		/* The upper half of the register is nobody's business. */
		if (one_in(8))
			call->nr = (__u32)call->nr | (bits() << 32);
#endif
		for (int n = 0; n < 6; n++) {
			call->args[n] = one_in(2) ? PICK(values) : constant();
#if __SIZEOF_LONG__ == 8
			if (one_in(4))
				call->args[n] |= (__u64)constant() << 32;
#endif
		}
	}
}

static unsigned long counts[KINDS], varied;

/* One stack of filters. Returns whether all was as it is to be. */
static bool try_one(__u64 seed)
{
	int deadly_call = -1, status = 0;
	bool killed, has_deadly, right = true;
	pid_t pid;

	rng_state = seed * 0xd1342543de82ef95;
	for (size_t i = 0; i < LENGTH(values); i++)
		values[i] = one_in(3) ? bits() : below(256);
	for (size_t i = 0; i < LENGTH(favourites); i++)
		favourites[i] = PICK(numbers);
	filter_count = one_in(2) ? 1 : 1 + below(one_in(4) ? MAX_FILTERS : 3);
	for (int i = 0; i < filter_count; i++)
		make_filter(&filters[i], i == filter_count - 1);
	make_calls();
	for (int i = 0; i < MAX_CALLS; i++) {
		verdicts[i] = verdict_of(&calls[i]);
		if (kind_of(verdicts[i]) == KILL)
			deadly_call = i;
		for (int j = 0; j < i; j++) {
			if ((int)calls[j].nr == (int)calls[i].nr && verdicts[j] != verdicts[i]) {
				varied++;
				break;
			}
		}
	}
	memset((void *)shared, 0, sizeof(*shared));
	pid = fork();
	if (!pid)
		child(deadly_call);
	if (pid < 0 || waitpid(pid, &status, 0) != pid) {
		printf("# fork: %m\n");
		return false;
	}
	for (int i = 0; i < filter_count; i++) {
		if (shared->stage >= INSTALLED && shared->installed[i] != -1) {
			printf("# filter %d is not installed: %s\n", i,
			       strerror(shared->installed[i]));
			right = false;
		}
	}
	has_deadly = deadly_call >= 0;
	killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS;
	if (shared->stage != CALLED || !WIFSIGNALED(status) || killed != has_deadly) {
		printf("# the child ended with %#x at stage %d, the deadly call is %d\n", status,
		       shared->stage, deadly_call);
		right = false;
	}
	for (int i = 0; i < MAX_CALLS && shared->stage == CALLED; i++) {
		const struct outcome *o = &shared->outcomes[i];

		counts[kind_of(verdicts[i])] += kind_of(verdicts[i]) != KILL || i == deadly_call;
		if (is_right(o, &calls[i], verdicts[i]))
			continue;
		printf("# call %d (%#lx %#lx %#lx %#lx %#lx %#lx %#lx), verdict %#x:\n", i,
		       calls[i].nr, calls[i].args[0], calls[i].args[1], calls[i].args[2],
		       calls[i].args[3], calls[i].args[4], calls[i].args[5], verdicts[i]);
		printf("#  got %ld (%ld without filters), trapped %d, data %d, nr %d,", o->value,
		       o->plain, o->trapped, o->data, o->nr);
		printf(" arch %#x, at %#lx\n", o->arch,
		       (unsigned long)o->address);
		right = false;
	}
	if (!right)
		describe(seed);
	return right;
}

#define ACTIONS_LOGGED "/proc/sys/kernel/seccomp/actions_logged"

/* Returns what was logged before. */
static const char *log_nothing(void)
{
	static char names[256];
	int fd = open(ACTIONS_LOGGED, O_RDWR);

	if (fd < 0 || read(fd, names, sizeof(names) - 1) < 0)
		return "";
	close(fd);
	write_file(ACTIONS_LOGGED, "\n");
	return names;
}

int main(int argc, char **argv)
{
	unsigned long stacks = argc > 1 ? strtoul(argv[1], NULL, 0) : 1000;
	__u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	static const struct rlimit no_core = {};
	unsigned long total = 0, wrong = 0;
	const char *logged;
	bool often = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 1;
	/* Neither the console nor the disk is to be filled. */
	setrlimit(RLIMIT_CORE, &no_core);
	write_file("/proc/sys/debug/exception-trace", "0");
	logged = log_nothing();

	for (unsigned long n = 0; n < stacks && wrong < 3; n++)
		wrong += !try_one(seed + n);
	write_file(ACTIONS_LOGGED, logged);
	for (int kind = 0; kind < KINDS; kind++) {
		printf("# %s: %lu calls\n", kind_names[kind], counts[kind]);
		total += counts[kind];
		often &= counts[kind] >= stacks / 20;
	}
	printf("# %lu calls under %lu stacks; for %lu it is the arguments that decide\n",
	       total, stacks, varied);
	often &= varied >= stacks;
	printf("%s 1 every call gets what the filters say\n", wrong ? "not ok" : "ok");
	printf("%s 2 all that can be said is said often\n", often ? "ok" : "not ok");
	printf("1..2\n");
	return wrong || !often;
}
