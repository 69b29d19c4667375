// SPDX-License-Identifier: GPL-2.0
/*
 * Installs random filters, and checks that each call gets their verdict.
 *
 *	differential [-a] [STACKS [SEED]]
 *
 * With -a most filters are appended ones, stacks have up to 64 filters, and some calls have
 * extensible arguments. Without it only what the built-in engine has is used.
 *
 * An interpreter (interpreter.h) that was written from the definition of classic BPF, and not from
 * either engine, finds the verdicts, so both engines must pass. For each stack of filters a child
 * makes calls without filters, installs them, and makes the calls again. Under filters the child
 * relies on no system call: it writes results to shared memory, and ends by an illegal instruction,
 * or by the call that kills it.
 */

#include "interpreter.h"
#include "raw_call.h"

#include <setjmp.h>

static __u32 verdicts[MAX_CALLS];

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
	/* Not by sigreturn(), which a filter may refuse as well. */
	siglongjmp(back, 1);
}

static long make_call(const struct call *call)
{
	memcpy(buffer, call->argument, sizeof(buffer));
	return raw_call(call->nr, call->args);
}

static int install_filter(struct filter *f)
{
	if (f->appended)
		return append(f->insns, f->len, f->flags | f->append_flags, f->ea_size);
	return install(f->insns, f->len, f->flags);
}

/* Makes all calls but those that kill, of which it makes the last one at the end. */
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
		shared->outcomes[i].plain = make_call(&calls[i]);
	for (i = 0; i < filter_count; i++)
		shared->installed[i] = install_filter(&filters[i]) ? errno : -1;
	shared->stage = INSTALLED;
	for (i = 0; i < MAX_CALLS; i++) {
		if (kind_of(verdicts[i]) == KILL)
			continue;
		current = &shared->outcomes[i];
		if (!sigsetjmp(back, 0))
			current->value = make_call(&calls[i]);
	}
	shared->stage = CALLED;
	if (deadly_call >= 0)
		make_call(&calls[deadly_call]);
	__builtin_trap();
}

static bool is_right(const struct outcome *o, const struct call *call, __u32 verdict)
{
	__u32 data = verdict & SECCOMP_RET_DATA;

	switch (kind_of(verdict)) {
	case ALLOW:
	case LOG:
		/* A call that opens a descriptor returns another one each time. */
		return !o->trapped && (o->value == o->plain ||
				       (call->extensible && o->value >= 0 && o->plain >= 0));
	case TRACE:
	case NOTIFY:
		/* Without a tracer and a listener both fail. */
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
		printf("# filter %d, flags %#x%s%#llx, %u\n", i, filters[i].flags,
		       filters[i].appended ? ", appended with " : ", ",
		       (unsigned long long)filters[i].append_flags, filters[i].ea_size);
		for (size_t pc = 0; pc < filters[i].len; pc++) {
			struct sock_filter *insn = &filters[i].insns[pc];

			printf("#  %04x %02x %02x %08x\n", insn->code, insn->jt, insn->jf, insn->k);
		}
	}
}

static unsigned long counts[KINDS], varied;

/* Tries one stack of filters. Returns whether every call got the right verdict. */
static bool try_one(__u64 seed)
{
	int deadly_call = -1, status = 0;
	bool killed, has_deadly, right = true;
	pid_t pid;

	random_seed(seed);
	for (size_t i = 0; i < LENGTH(values); i++)
		values[i] = one_in(3) ? bits() : below(256);
	for (size_t i = 0; i < LENGTH(favourites); i++)
		favourites[i] = PICK(numbers);
	filter_count = one_in(2) ? 1 : 1 + below(!one_in(4) ? 3 : appending ? MAX_FILTERS : 8);
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

/* Has no action logged. Returns the previous setting. */
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
	unsigned long stacks = 1000;
	__u64 seed = 1;
	struct seccomp_features features;
	static const struct rlimit no_core = {};
	unsigned long total = 0, wrong = 0;
	const char *logged;
	bool often = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	if (argc > 1 && !strcmp(argv[1], "-a")) {
		appending = true;
		argc--;
		argv++;
		if (seccomp(SECCOMP_GET_FEATURES, sizeof(features), &features))
			return printf("not ok 1 this engine has appended filters\n");
		has_pkeys = features.data_features & SECCOMP_DATA_FEATURE_PKEY;
	}
	if (argc > 1)
		stacks = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (shared == MAP_FAILED)
		return 1;
	/* Keeps logs and core dumps from filling console and disk. */
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
	/*
	 * With -a half of the calls have an extensible argument, and are less often equal but for
	 * the arguments.
	 */
	often &= varied >= stacks / (appending ? 4 : 2);
	printf("# %lu calls under %lu stacks; for %lu it is the arguments that decide\n",
	       total, stacks, varied);
	printf("%s 1 every call gets what the filters say\n", wrong ? "not ok" : "ok");
	/* Few stacks do not cover everything. */
	often |= stacks < 80;
	printf("%s 2 all that can be said is said often\n", often ? "ok" : "not ok");
	printf("1..2\n");
	return wrong || !often;
}
