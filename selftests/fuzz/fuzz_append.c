// SPDX-License-Identifier: GPL-2.0
/*
 * Random use of what rust_seccomp adds, in threads that race.
 *
 *	fuzz_append [ROUNDS [SEED]]
 *
 * In each round a process, which is killed at its end, has
 *
 *	a caller	which repeats one call with an extensible argument, under a filter that
 *			decides by a word of it, or that has a supervisor decide;
 *	a writer	which changes that word between two values, and at times takes the memory
 *			away;
 *	an attacher	which appends random filters that allow the calls of this test;
 *	an asker	which asks the questions that seccomp(2) answers.
 *
 * Each call must have one of the two outcomes that it has with either word, as tried out before: a
 * refused call has no effect. The number of filters grows by one with each filter that is
 * installed, and only then. Errors are the documented ones.
 */

#include "ea.h"
#include "fuzz.h"

#include <time.h>

enum { REFUSED = 4000, MAX_FILTERS = 40, PAGE = 4096 };

/* Counters, in memory shared with the round's process. */
static struct {
	unsigned long calls, refused, continued, appended, turned_down, questions, inspected, wrong;
	bool ready;
} *counts;

static const struct ea_call *call;
static struct ea_word word;		/* the other value of the word */
static __u8 structs[2][EA_ROOM];	/* with one and the other */
static unsigned long size;
static __u32 ea_size;
static __u8 *page;
static bool supervised, hiding;
static long outcomes[2];
static int listener = -1;

static void count(unsigned long *counter)
{
	__atomic_add_fetch(counter, 1, __ATOMIC_RELAXED);
}

#define wrong(...) do {						\
	printf("# " __VA_ARGS__);				\
	fflush(stdout);						\
	count(&counts->wrong);					\
} while (0)

/* The filters and the supervisor refuse this value of the word. */
static bool is_refused(const __u8 *bytes)
{
	__u32 value;

	memcpy(&value, bytes + word.offset, 4);
	return value == word.value;
}

static int install_looker(void)
{
	struct sock_filter insns[] = {
		LOAD_AT(OFFSET(data.nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, call->nr, 0, 3),
		LOAD_EA(word.offset),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, word.value, 0, 1),
		RET(SECCOMP_RET_ERRNO | REFUSED),
		RET(SECCOMP_RET_ALLOW),
	};
	__u64 flags = USE_EA | (one_in(2) ? TAIL_VISIBLE : 0);

	if (supervised) {
		/* The supervisor decides, whatever the word is. */
		insns[3].jf = 0;
		insns[4].k = SECCOMP_RET_USER_NOTIF;
		flags |= SECCOMP_FILTER_FLAG_NEW_LISTENER;
	}
	return APPEND(insns, flags, ea_size);
}

/* The supervisor: a process that decides by the word in the request. */
static void supervise(int fd)
{
	static union {
		struct seccomp_notif_append request;
		__u8 bytes[SECCOMP_NOTIF_APPEND_SIZE + SECCOMP_EXTENSIBLE_ARG_MAX];
	} buffer;
	__u32 room = word.offset + 4 + below(EA_ROOM);

	for (;;) {
		struct seccomp_notif_resp answer = {};

		memset(&buffer, 0, sizeof(buffer));
		if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV_APPEND(room), &buffer)) {
			if (errno == ENOENT || errno == EINTR)
				continue;
			_exit(0);
		}
		answer.id = buffer.request.notif.id;
		if (!(buffer.request.features & SECCOMP_DATA_FEATURE_EA))
			wrong("%s: a request without its argument\n", call->name);
		if (is_refused(buffer.request.extensible_arg))
			answer.error = -REFUSED;
		else
			answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		if (!ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &answer) && answer.flags)
			count(&counts->continued);
	}
}

static void linger(void)
{
	for (volatile __u32 turns = below(2000); turns; turns--)
		;
}

static void *write_words(void *unused)
{
	__u32 first;

	memcpy(&first, structs[0] + word.offset, 4);
	for (;;) {
		volatile __u32 *at = (volatile __u32 *)(page + word.offset);

		*at = word.value;
		linger();
		*at = first;
		linger();
		if (hiding && one_in(64)) {
			mprotect(page, PAGE, PROT_NONE);
			mprotect(page, PAGE, PROT_READ | PROT_WRITE);
		}
	}
	return NULL;
}

/* The caller's own count, whatever pid namespace /proc belongs to. */
static long count_filters(void)
{
	char text[4096] = "", *at;
	int fd = open("/proc/thread-self/status", O_RDONLY | O_CLOEXEC);
	ssize_t len = read(fd, text, sizeof(text) - 1);

	close(fd);
	at = len < 0 ? NULL : strstr(text, "Seccomp_filters:");
	return at ? atol(at + strlen("Seccomp_filters:")) : -1;
}

/* Filters that allow what happens here: they refuse a number that nobody calls. */
static void *append_filters(void *unused)
{
	static const int errors[] = {
		EACCES, E2BIG, EBUSY, EFAULT, EINVAL, ENOMEM, EMFILE, ENFILE, ESRCH, EOPNOTSUPP,
	};
	static const __u32 offsets[] = { 0, 4, 16, 64, 72, 76, 80, 84, 100, 104, 1124, 1128, 1136 };
	long before = count_filters();

	while (before < MAX_FILTERS) {
		__u64 flags = one_in(2) ? bits() & (0xfULL << 32) : 0, length;
		__u32 offset = PICK(offsets) + (one_in(4) ? 4 * below(40) : 0);
		struct sock_filter insns[] = {
			LOAD_AT(offset),
			BPF_JUMP(BPF_JMP | PICK(fuzz_jumps) | BPF_K, fuzz_constant(), 0, 0),
			LOAD(nr),
			RET_IF_EQ(507, fuzz_return()),
			RET(SECCOMP_RET_ALLOW),
		};
		struct sock_fprog prog = { LENGTH(insns), insns };
		__u32 arg_size = one_in(6) ? edge() : 24;
		struct {
			struct seccomp_append_filter append;
			__u8 more[PAGE];
		} arg = {};
		int ret, error;
		long now;

		if (one_in(10))
			insns[0].k = edge();
		length = !(flags & USE_EA) && !one_in(8) ? 0 : one_in(8) ? edge() : below(200);
		/* Without the flag a load from a struct with a tail would refuse the call. */
		flags |= flags & USE_EA ? TAIL_VISIBLE : 0;
		flags |= one_in(3) ? SECCOMP_FILTER_FLAG_TSYNC : 0;
		flags |= one_in(3) ? SECCOMP_FILTER_FLAG_TSYNC_ESRCH : 0;
		flags |= one_in(3) ? SECCOMP_FILTER_FLAG_LOG : 0;
		flags |= one_in(10) ? edge() & ~8ULL : 0;
		if (!(flags & TAIL_VISIBLE))
			flags &= ~USE_EA;
		arg.append = (struct seccomp_append_filter){
			.flags = flags,
			.filter = one_in(20) ? edge() : (uintptr_t)&prog,
			.extensible_arg_size = length,
		};
		if (one_in(8))
			arg.more[below(one_in(2) ? 16 : PAGE)] = bits();
		ret = seccomp(SECCOMP_APPEND_FILTER, arg_size, one_in(30) ? (void *)8 : &arg);
		error = errno;
		now = count_filters();
		if (now != before + !ret)
			wrong("append: %d (%d), %ld filters, then %ld\n", ret, error, before, now);
		for (size_t i = 0; ret < 0 && i < LENGTH(errors); i++)
			ret = error == errors[i] ? 1 : ret;
		if (ret < 0)
			wrong("append: error %d with flags %#llx\n", error,
			      (unsigned long long)flags);
		count(ret ? &counts->turned_down : &counts->appended);
		before = now;
	}
	return NULL;
}

/* Asks one of the questions that seccomp(2) answers, and checks the answer. */
static void ask(void)
{
	static const __u32 arches[] = { AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64,
					AUDIT_ARCH_ARM, 0 };
	union {
		struct seccomp_syscall_ea ea;
		struct seccomp_features features;
		struct seccomp_notif_sizes sizes;
		__u8 bytes[2 * PAGE];
	} arg;
	__u32 length = one_in(2) ? (one_in(2) ? 32 : 40) : (__u32)edge(), op = 3;
	void *pointer = one_in(20) ? (void *)8 : &arg;
	int ret;

	memset(&arg, 0x5a, sizeof(arg));
	switch (below(3)) {
	case 0:
		op = SECCOMP_GET_SYSCALL_EA_SIZE;
		memset(&arg, 0, sizeof(arg.ea));
		arg.ea.arch = PICK(arches);
		arg.ea.nr = one_in(8) ? edge() : one_in(2) ? call->nr : below(480);
		if (length > 32 && !one_in(3))
			memset(arg.bytes + 32, 0, length < PAGE ? length - 32 : PAGE);
		break;
	case 1:
		op = SECCOMP_GET_FEATURES;
		break;
	default:
		op = SECCOMP_GET_NOTIF_SIZES;
		length = one_in(2) ? below(3) : length;
		break;
	}
	ret = seccomp(op, length, pointer);
	count(&counts->questions);
	if (ret < 0) {
		if (errno != EINVAL && errno != EFAULT && errno != E2BIG && errno != EOPNOTSUPP)
			wrong("operation %u, size %u: error %d\n", op, length, errno);
		return;
	}
	if (pointer != &arg || ret)
		wrong("operation %u, size %u: %d\n", op, length, ret);
	if (op == SECCOMP_GET_SYSCALL_EA_SIZE &&
	    (arg.ea.pointer_arg > 5 || arg.ea.size_min > arg.ea.size_known || arg.ea.kind > 3))
		wrong("the argument of %#x %u is told wrongly\n", arg.ea.arch, arg.ea.nr);
	if (op == SECCOMP_GET_FEATURES && (arg.features.operations & 0x7f) != 0x7f)
		wrong("operations %#llx\n", (unsigned long long)arg.features.operations);
	if (op == SECCOMP_GET_NOTIF_SIZES) {
		if (length > 1)
			wrong("sizes with flags %#x\n", length);
		if (arg.sizes.seccomp_notif != (length ? SECCOMP_NOTIF_APPEND_SIZE : 80))
			wrong("size %u of a notification\n", arg.sizes.seccomp_notif);
		length = sizeof(arg.sizes);
	}
	for (__u32 i = length; i < sizeof(arg); i++) {
		if (length < sizeof(arg) && arg.bytes[i] != 0x5a && arg.bytes[i]) {
			wrong("operation %u, size %u: byte %u is written\n", op, length, i);
			break;
		}
	}
}

static void *ask_questions(void *unused)
{
	for (;;)
		ask();
	return NULL;
}

static void make_calls(void)
{
	for (;;) {
		long result = ea_do(call, page, size);

		count(&counts->calls);
		if (result == -REFUSED)
			count(&counts->refused);
		if (result == outcomes[0] || result == outcomes[1] || result == -EINTR)
			continue;
		/* Unreadable memory; or descriptors, tasks or memory are short for a moment. */
		if ((hiding && result == -EFAULT) || result == -ENOMEM || result == -EAGAIN ||
		    result == -EMFILE)
			continue;
		wrong("%s, word %u %#x size %lu filter's %u%s: %ld, not %ld or %ld\n", call->name,
		      word.offset, word.value, size, ea_size, supervised ? " supervised" : "",
		      result, outcomes[0], outcomes[1]);
		_exit(1);
	}
}

static void nothing(int signal)
{
}

static void choose(void)
{
	__u32 value;

	call = &PICK(ea_calls);
	ea_good(call, structs[0]);
	/* A random clone3() could make a child that disturbs the test. */
	word = call->bad;
	if (call->nr != __NR_clone3) {
		/* Only one byte changes: the kernel's copy may see half of a larger change. */
		word.offset = 4 * below(call->known / 4);
		memcpy(&value, structs[0] + word.offset, 4);
		word.value = value ^ (1 + below(255)) << 8 * below(4);
	}
	memcpy(structs[1], structs[0], EA_ROOM);
	ea_put(structs[1], word);
	size = one_in(8) ? below(EA_ROOM) : call->known;
	ea_size = one_in(4) ? word.offset + 4 + 4 * below(20) : EA_ROOM;
	supervised = one_in(3);
	hiding = one_in(3);
}

/* The process of a round. */
static void be_victim(void)
{
	struct sigaction action = { .sa_handler = nothing, .sa_flags = one_in(2) ? SA_RESTART : 0 };
	pthread_t thread;

	sigaction(SIGUSR1, &action, NULL);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (setresuid(1000, 1000, 1000) || no_new_privs() || page == MAP_FAILED)
		_exit(1);
	prctl(PR_SET_DUMPABLE, 1);
	listener = install_looker();
	if (listener < 0) {
		wrong("%s: no filter of size %u: %s\n", call->name, ea_size, strerror(errno));
		_exit(1);
	}
	if (supervised && !fork())
		supervise(listener);
	if (supervised)
		close(listener);
	for (int i = 0; i < 2; i++) {
		memcpy(page, structs[i], EA_ROOM);
		outcomes[i] = ea_do(call, page, size);
	}
	if (call->flags & EA_WRITES_BACK && (outcomes[0] == -E2BIG || outcomes[1] == -E2BIG))
		_exit(0);
	memcpy(page, structs[0], EA_ROOM);
	if (pthread_create(&thread, NULL, write_words, NULL) ||
	    pthread_create(&thread, NULL, append_filters, NULL) ||
	    pthread_create(&thread, NULL, ask_questions, NULL))
		_exit(1);
	counts->ready = true;
	make_calls();
}

/* Reads all filters of a task, as a tracer. */
static void inspect(pid_t pid)
{
	__u64 known = SECCOMP_FILTER_FLAG_LOG | SECCOMP_METADATA_APPENDED | (0xfULL << 32);
	struct seccomp_metadata_append meta = {};
	int status;
	long n;

	if (ptrace(PTRACE_SEIZE, pid, 0, 0) || ptrace(PTRACE_INTERRUPT, pid, 0, 0) ||
	    waitpid(pid, &status, __WALL) != pid || !WIFSTOPPED(status))
		return;
	for (n = 0; n < 100; n++) {
		bool appended;
		long ret;

		meta = (struct seccomp_metadata_append){ .filter_off = n };
		ret = ptrace(PTRACE_SECCOMP_GET_METADATA, pid, sizeof(meta), &meta);
		if (ret < 0)
			break;
		appended = meta.flags & SECCOMP_METADATA_APPENDED;
		if (ret != (appended ? 24 : 16) || meta.flags & ~known ||
		    meta.extensible_arg_size > SECCOMP_EXTENSIBLE_ARG_MAX)
			wrong("metadata %ld of filter %ld: %#llx\n", ret, n,
			      (unsigned long long)meta.flags);
		if (ptrace(PTRACE_SECCOMP_GET_FILTER, pid, n, NULL) < 6)
			wrong("filter %ld is too short\n", n);
		count(&counts->inspected);
	}
	if (errno != ENOENT && errno != ESRCH)
		wrong("metadata %ld: %s\n", n, strerror(errno));
	ptrace(PTRACE_DETACH, pid, 0, 0);
}

/* Forks process 1 of a new pid namespace: all its children end with it. */
static pid_t fork_first(void)
{
	return syscall(__NR_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD, 0, 0, 0, 0);
}

static void play(__u64 seed)
{
	struct timespec pause = { .tv_nsec = 1000000 };
	pid_t pid;

	random_seed(seed);
	fuzz_choose();
	choose();
	counts->ready = false;
	fflush(stdout);
	pid = fork_first();
	if (!pid)
		be_victim();
	for (int ms = below(300) + 30; ms > 0; ms--) {
		nanosleep(&pause, NULL);
		if (counts->ready && one_in(16))
			kill(pid, SIGUSR1);
		if (counts->ready && one_in(100))
			inspect(pid);
	}
	kill(pid, SIGKILL);
	waitpid(pid, NULL, __WALL);
}

int main(int argc, char **argv)
{
	unsigned long rounds = argc > 1 ? strtoul(argv[1], NULL, 0) : 100;
	__u64 seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1;
	unsigned long round;

	counts = mmap(NULL, sizeof(*counts), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		      0);
	if (counts == MAP_FAILED)
		return 1;
	ea_make_file();
	chmod(EA_FILE, 0666);
	for (round = 0; round < rounds && !counts->wrong; round++)
		play(seed + round);
	if (counts->wrong)
		printf("# seed %llu\n", (unsigned long long)seed + round - 1);
	printf("# %lu rounds, %lu calls, %lu refused, %lu continued,", round, counts->calls,
	       counts->refused, counts->continued);
	printf(" %lu filters appended, %lu turned down, %lu questions, %lu filters inspected\n",
	       counts->appended, counts->turned_down, counts->questions, counts->inspected);
	printf("1..2\n%s 1 nothing happens that must not (%lu things do)\n",
	       counts->wrong ? "not ok" : "ok", counts->wrong);
	printf("%s 2 there was something to see\n",
	       counts->refused && counts->continued && counts->appended ? "ok" : "not ok");
	return counts->wrong || !counts->refused || !counts->continued || !counts->appended;
}
