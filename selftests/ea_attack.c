// SPDX-License-Identifier: GPL-2.0
/*
 * ea_attack [ATTEMPTS] [MILLISECONDS]: a thread makes calls with extensible arguments under a
 * filter, while another one attacks the argument, or the copy of it.
 *
 * The call must never act on bytes that the filter has not seen. What a victim tries is such that
 * its outcome tells: with the struct that the filter forbids the call returns something that it
 * returns for no other reason.
 *
 * All attacks take MILLISECONDS each, with each victim; then the quickest victim goes on until
 * there were ATTEMPTS in all. Finally, the same attacks are tried on a supervisor that reads the
 * struct from the caller's memory, checks it, and lets the call go on. That they must break.
 */

/* Addresses are offsets in /proc/self/mem, of 32-bit programs too. */
#define _FILE_OFFSET_BITS 64

#include "ea.h"
#include "fuse_page.h"
#include "raw_call.h"

#include <linux/io_uring.h>
#include <linux/userfaultfd.h>

#include "kselftest.h"

#define PAGE 4096UL
/* Seconds, where all depends on one scenario. */
#define PATIENCE 20
#define FORBIDDEN "/tmp/ea_forbidden"

/* What is done with a word: the struct is allowed with it, or forbidden. */
struct victim {
	const char *name, *call;
	unsigned int offset;
	__u32 allowed, forbidden;
	/* Further words. */
	struct ea_word words[4];
	const char *path;
};

static const struct victim victims[] = {
	{ "openat2, O_CREAT", "openat2", 0, O_RDONLY | O_DIRECTORY, O_CREAT | O_WRONLY, { },
	  FORBIDDEN },
	{ "openat2, RESOLVE_BENEATH", "openat2", 16, 8, 0, { }, "/etc/../tmp" },
	/* An unknown flag; CLONE_INTO_CGROUP, with a descriptor that is none */
	{ "clone3, CLONE_INTO_CGROUP", "clone3", 4, 1U << 31, 2, { { 80, 0x7777 } }, NULL },
	/*
	 * SCHED_FLAG_UTIL_CLAMP, for which the smaller struct has no values; with the larger one it
	 * is about SCHED_FIFO, for which the privilege is missing.
	 */
	{ "sched_setattr, size", "sched_setattr", 0, 48, 56,
	  { { 4, 1 }, { 8, 0x60 }, { 20, 1 }, { 52, 1000 } }, NULL },
	/* Another namespace, which there is not. */
	{ "listmount, size", "listmount", 0, 24, 32, { { 24, 9 } }, NULL },
	/* The cheapest. */
	{ "landlock_create_ruleset", "landlock_create_ruleset", 4, 1U << 31, 0, { }, NULL },
};

#define CHEAPEST (LENGTH(victims) - 1)

/* How a scenario went, in memory shared with the child that it is played in. */
struct record {
	unsigned long attempts, allowed, refused, unreadable, broken, moves;
	/* An attack on the slot that should have failed did not. */
	unsigned long let_through;
	char what[64];
	int listener, pid;
	bool ready, done;
};

static struct record *record;

struct scenario {
	const struct victim *victim;
	const struct ea_call *call;
	/* The argument, in a page of its own, and others to play with. */
	__u8 *page, *spare[2];
	unsigned int offset;
	__u8 allowed[EA_ROOM], forbidden[EA_ROOM];
	long allowed_result, forbidden_result;
	/* Delay of the attacker; 0 for a random one. */
	unsigned int delay;
	unsigned int random;
	volatile bool stop, attacking;
	int memory;
	struct fuse_page served;
	unsigned int served_random;
	/* Where the cached arguments are. */
	__u8 *region;
};

static unsigned int next_random(unsigned int *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 17;
	*state ^= *state << 5;
	return *state;
}

static void pause_for(struct scenario *s)
{
	unsigned int turns = s->delay;

	if (!turns)
		turns = 1U << (next_random(&s->random) % 12);
	while (turns--)
		asm volatile("" ::: "memory");
}

static void set_word(struct scenario *s, bool forbidden)
{
	*(volatile __u32 *)(s->page + s->offset + s->victim->offset) =
		forbidden ? s->victim->forbidden : s->victim->allowed;
}

static void *map_at(void *address, int prot, int flags, int fd, off_t offset)
{
	return mmap(address, PAGE, prot, flags | (address ? MAP_FIXED : 0), fd, offset);
}

#define RW (PROT_READ | PROT_WRITE)
#define ANONYMOUS (MAP_PRIVATE | MAP_ANONYMOUS)

/* The attacks: each makes one move. */

static void rewrite(struct scenario *s)
{
	set_word(s, true);
	pause_for(s);
	set_word(s, false);
	pause_for(s);
}

static void unmap(struct scenario *s)
{
	munmap(s->page, PAGE);
	pause_for(s);
	map_at(s->page, RW, ANONYMOUS, -1, 0);
	memcpy(s->page + s->offset, s->forbidden, EA_ROOM);
	pause_for(s);
	set_word(s, false);
	pause_for(s);
}

static void protect(struct scenario *s)
{
	set_word(s, false);
	pause_for(s);
	mprotect(s->page, PAGE, PROT_NONE);
	pause_for(s);
	mprotect(s->page, PAGE, RW);
	set_word(s, true);
	pause_for(s);
}

/* Another page takes its place. */
static void move(struct scenario *s)
{
	mremap(s->page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, s->spare[0]);
	mremap(s->spare[1], PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, s->page);
	pause_for(s);
	mremap(s->page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, s->spare[1]);
	mremap(s->spare[0], PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, s->page);
	pause_for(s);
}

static void map_over(struct scenario *s)
{
	map_at(s->page, PROT_READ, MAP_SHARED, s->memory, PAGE);
	pause_for(s);
	map_at(s->page, PROT_READ, MAP_PRIVATE, s->memory, 0);
	pause_for(s);
}

/* A private page of a file, which shows the file again when it is dropped. */
static void discard(struct scenario *s)
{
	set_word(s, true);
	pause_for(s);
	madvise(s->page, PAGE, MADV_DONTNEED);
	pause_for(s);
}

static void punch(struct scenario *s)
{
	pwrite(s->memory, s->forbidden, EA_ROOM, s->offset);
	pause_for(s);
	fallocate(s->memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE);
	pause_for(s);
	pwrite(s->memory, s->allowed, EA_ROOM, s->offset);
	pause_for(s);
}

/* A page that stalls who reads it, and then is what the attacker likes. */
static void stall(struct scenario *s)
{
	__u8 *source = s->spare[0];
	struct uffd_msg msg;
	bool forbidden = next_random(&s->random) & 1;
	struct uffdio_copy copy = {
		.dst = (uintptr_t)s->page, .src = (uintptr_t)source, .len = PAGE,
	};

	if (read(s->memory, &msg, sizeof(msg)) == sizeof(msg)) {
		pause_for(s);
		memcpy(source + s->offset, forbidden ? s->forbidden : s->allowed, EA_ROOM);
		ioctl(s->memory, UFFDIO_COPY, &copy);
		pause_for(s);
		set_word(s, !forbidden);
	}
	pause_for(s);
	madvise(s->page, PAGE, MADV_DONTNEED);
}

/* The same by a file system: what is in the page is said when it is read, late. */
static void serve(void *arg, __u8 *page)
{
	struct scenario *s = arg;

	usleep(next_random(&s->served_random) % 64);
	memcpy(page + s->offset, next_random(&s->served_random) & 1 ? s->forbidden : s->allowed,
	       EA_ROOM);
}

static void drop(struct scenario *s)
{
	fuse_page_drop(s->memory);
	pause_for(s);
}

/* Attacks on the copy. What must fail is counted if it does not. */

#define MUST_FAIL(call) do { \
		if ((long)(call) != -1 && !record->let_through++) \
			snprintf(record->what, sizeof(record->what), "%.60s", #call); \
	} while (0)

static int self_memory = -1;

static void attack_slot(struct scenario *s)
{
	static __u8 lies[PAGE];
	/* The victim's slot is one of the first. */
	__u8 *slot = s->region + PAGE * (1 + next_random(&s->random) % 2);
	struct iovec local = { lies, PAGE }, remote = { slot, PAGE };
	int pipes[2];

	memcpy(lies, s->forbidden, EA_ROOM);
	set_word(s, next_random(&s->random) & 1);
	switch (next_random(&s->random) % 16) {
	case 0:
		MUST_FAIL(pwrite(self_memory, lies, EA_ROOM, (off_t)(uintptr_t)slot));
		break;
	case 1:
		MUST_FAIL(process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
		break;
	case 2:
		MUST_FAIL(munmap(slot, PAGE));
		MUST_FAIL(munmap(s->region, 128 * PAGE));
		MUST_FAIL(munmap(s->region - PAGE, 130 * PAGE));
		break;
	case 3:
		MUST_FAIL(mprotect(slot, PAGE, RW));
		MUST_FAIL(mprotect(s->region, 128 * PAGE, RW));
		MUST_FAIL(syscall(__NR_pkey_mprotect, slot, PAGE, RW, -1));
		break;
	case 4:
		MUST_FAIL(mremap(slot, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, s->spare[0]));
		MUST_FAIL(mremap(s->region, 128 * PAGE, 256 * PAGE, MREMAP_MAYMOVE));
		MUST_FAIL(mremap(slot, 0, PAGE, MREMAP_MAYMOVE));
		MUST_FAIL(mremap(s->spare[0], PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, slot));
		break;
	case 5:
		MUST_FAIL(map_at(slot, RW, ANONYMOUS, -1, 0));
		MUST_FAIL(map_at(slot, RW, MAP_SHARED, s->memory, PAGE));
		MUST_FAIL(mmap(s->region, 128 * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
		break;
	case 6:
		/* This one may: the next who looks gets the same page. */
		madvise(slot, PAGE, MADV_DONTNEED);
		madvise(s->region, 128 * PAGE, MADV_DONTNEED);
		break;
	case 7:
		madvise(slot, PAGE, MADV_COLD);
		madvise(slot, PAGE, MADV_PAGEOUT);
		MUST_FAIL(madvise(slot, PAGE, MADV_FREE));
		MUST_FAIL(madvise(slot, PAGE, MADV_REMOVE));
		MUST_FAIL(madvise(slot, PAGE, 23 /* MADV_POPULATE_WRITE */));
		MUST_FAIL(madvise(slot, PAGE, 102 /* MADV_GUARD_INSTALL */));
		MUST_FAIL(madvise(slot, PAGE, MADV_WIPEONFORK));
		MUST_FAIL(madvise(s->region, 128 * PAGE, MADV_DOFORK));
		break;
	case 8:
		MUST_FAIL(syscall(__NR_remap_file_pages, slot, PAGE, 0, 0, 0));
		MUST_FAIL(syscall(__NR_getrandom, slot, 64, 0));
		MUST_FAIL(syscall(__NR_readv, s->memory, &remote, 1));
		break;
	case 9:
		/* A pipe that refers to the page can be read, and not be written to the page. */
		if (pipe(pipes))
			break;
		if (vmsplice(pipes[1], &remote, 1, SPLICE_F_GIFT) == PAGE) {
			MUST_FAIL(vmsplice(pipes[0], &remote, 1, SPLICE_F_NONBLOCK));
			if (read(pipes[0], lies, 100) != 100)
				record->let_through++;
		}
		close(pipes[0]);
		close(pipes[1]);
		break;
	case 10:
		mlock(slot, PAGE);
		munlock(slot, PAGE);
		break;
	default:
		/* Most of the time the argument itself is attacked. */
		rewrite(s);
	}
	pause_for(s);
}

struct attack {
	const char *name;
	void (*move)(struct scenario *s);
	/* How the page is mapped. */
	enum { PRIVATE, SHARED_FILE, PRIVATE_FILE, STALLING, SERVED, SLOT } kind;
};

static const struct attack attacks[] = {
	{ "rewrite", rewrite, PRIVATE },
	{ "munmap", unmap, PRIVATE },
	{ "mprotect", protect, PRIVATE },
	{ "mremap", move, PRIVATE },
	{ "MAP_FIXED", map_over, PRIVATE_FILE },
	{ "MADV_DONTNEED", discard, PRIVATE_FILE },
	{ "hole punched", punch, SHARED_FILE },
	{ "userfaultfd", stall, STALLING },
	{ "FUSE", drop, SERVED },
	{ "the copy", attack_slot, SLOT },
};

static int open_userfaultfd(struct scenario *s)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register reg = {
		.range = { (uintptr_t)s->page, PAGE }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC | O_NONBLOCK);

	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &reg))
		return -1;
	return fd;
}

/* Fills in the scenario; returns an error code. */
static int set_scene(struct scenario *s, const struct victim *victim, const struct attack *attack,
		     unsigned int delay)
{
	*s = (struct scenario) {
		.victim = victim, .call = ea_find(victim->call), .delay = delay,
		.random = 0x9e3779b9 ^ getpid(), .offset = 64,
	};
	ea_good(s->call, s->forbidden);
	for (size_t i = 0; i < LENGTH(victim->words); i++)
		if (victim->words[i].value)
			ea_put(s->forbidden, victim->words[i]);
	if (victim == &victims[CHEAPEST])
		memset(s->forbidden, 0, EA_ROOM);
	memcpy(s->allowed, s->forbidden, EA_ROOM);
	ea_put(s->forbidden, (struct ea_word) { victim->offset, victim->forbidden });
	ea_put(s->allowed, (struct ea_word) { victim->offset, victim->allowed });

	/* A file with both, one in each page. */
	s->memory = memfd_create("ea_attack", MFD_CLOEXEC);
	if (s->memory < 0 || ftruncate(s->memory, 2 * PAGE) ||
	    pwrite(s->memory, s->allowed, EA_ROOM, s->offset) != EA_ROOM ||
	    pwrite(s->memory, s->forbidden, EA_ROOM, s->offset + PAGE) != EA_ROOM)
		return 20;
	for (int i = 0; i < 2; i++)
		s->spare[i] = map_at(NULL, RW, ANONYMOUS, -1, 0);
	memcpy(s->spare[1] + s->offset, s->forbidden, EA_ROOM);
	switch (attack->kind) {
	case SHARED_FILE:
		s->page = map_at(NULL, RW, MAP_SHARED, s->memory, 0);
		break;
	case PRIVATE_FILE:
		s->page = map_at(NULL, RW, MAP_PRIVATE, s->memory, 0);
		break;
	case SERVED:
		s->served = (struct fuse_page) { .fill = serve, .arg = s };
		s->served_random = s->random + 1;
		s->page = fuse_page_map(&s->served);
		close(s->memory);
		s->memory = s->served.device;
		break;
	default:
		s->page = map_at(NULL, RW, ANONYMOUS, -1, 0);
	}
	if (s->page == MAP_FAILED)
		return 21;
	if (attack->kind == PRIVATE || attack->kind == SLOT)
		memcpy(s->page + s->offset, s->allowed, EA_ROOM);
	if (attack->kind == STALLING) {
		close(s->memory);
		s->memory = open_userfaultfd(s);
		if (s->memory < 0)
			return 22;
	}
	return 0;
}

static long attempt(struct scenario *s, void *pointer)
{
	long args[6], ret;

	ea_args(s->call, pointer, s->call->known, args);
	if (s->victim->path)
		args[1] = (long)s->victim->path;
	/* Without errno, which some attackers share. */
	ret = raw_call(s->call->nr, (unsigned long *)args);
	if (ret < 0)
		return ret;
	if (s->call->nr == 435) {
		if (!ret)
			_exit(0);
		waitpid(ret, NULL, __WALL);
	}
	if (s->call->flags & EA_OPENS)
		close(ret);
	return 0;
}

/* What the call returns for both, before there is a filter. */
static int learn_results(struct scenario *s)
{
	static __u8 bytes[EA_ROOM];

	unlink(FORBIDDEN);
	self_memory = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	if (self_memory < 0)
		return 18;
	if (s->call->nr == __NR_sched_setattr && setresuid(65534, 65534, 65534))
		return 19;
	memcpy(bytes, s->allowed, EA_ROOM);
	s->allowed_result = attempt(s, bytes);
	memcpy(bytes, s->forbidden, EA_ROOM);
	s->forbidden_result = attempt(s, bytes);
	unlink(FORBIDDEN);
	if (s->allowed_result == s->forbidden_result || s->forbidden_result == -EACCES ||
	    s->forbidden_result == -EFAULT || s->allowed_result == -EACCES) {
		printf("# %s: %ld and %ld\n", s->victim->name, s->allowed_result,
		       s->forbidden_result);
		return 23;
	}
	return 0;
}

static void *attacker(void *arg)
{
	void **args = arg;
	struct scenario *s = args[0];
	const struct attack *attack = args[1];

	s->attacking = true;
	while (!s->stop) {
		attack->move(s);
		record->moves++;
	}
	if (attack->kind == STALLING)
		close(s->memory);
	return NULL;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

static __u8 *find_region(void)
{
	FILE *maps = fopen("/proc/self/maps", "r");
	unsigned long start = 0;
	char line[256];

	while (maps && !start && fgets(line, sizeof(line), maps))
		if (strstr(line, "seccomp_args"))
			start = strtoul(line, NULL, 16);
	if (maps)
		fclose(maps);
	return (__u8 *)start;
}

/*
 * Attempts, under attack, until the time is up or there were enough, or one was broken. Both
 * structs should have been there: on a busy machine that can take longer, for which there is
 * patience.
 */
static int be_attacked(struct scenario *s, const struct attack *attack, double seconds,
		       double patience, unsigned long attempts)
{
	void *args[2] = { s, (void *)attack };
	const double end = now() + seconds;
	pthread_t thread;

	if (pthread_create(&thread, NULL, attacker, args))
		return 30;
	while (!s->attacking)
		sched_yield();
	while (!record->broken) {
		long ret = attempt(s, s->page + s->offset);

		record->attempts++;
		if (ret == s->forbidden_result)
			record->broken++;
		else if (ret == s->allowed_result)
			record->allowed++;
		else if (ret == -EACCES)
			record->refused++;
		else if (ret == -EFAULT)
			record->unreadable++;
		if (record->attempts >= attempts)
			break;
		if (record->attempts % 16 == 0 && now() > end &&
		    ((record->allowed && record->refused) || now() > end + patience))
			break;
	}
	if (!access(FORBIDDEN, F_OK))
		record->broken++;
	s->stop = true;
	/* Some wait for one another. */
	if (attack->kind != STALLING && attack->kind != SERVED)
		pthread_join(thread, NULL);
	unlink(FORBIDDEN);
	return 0;
}

static int filter_for(const struct scenario *s, __u32 action)
{
	struct sock_filter insns[] = {
		LOAD(nr),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, s->call->nr, 1, 0),
		RET(SECCOMP_RET_ALLOW),
		LOAD_EA(s->victim->offset),
		RET_IF_EQ(s->victim->forbidden, SECCOMP_RET_ERRNO | EACCES),
		RET(action),
	};

	return APPEND(insns, USE_EA, EA_KNOWN);
}

/* Plays a scenario in a child; whether it was carried out. */
static bool play(const struct victim *victim, const struct attack *attack, unsigned int delay,
		 double seconds, unsigned long attempts)
{
	struct scenario s;
	int status;
	pid_t pid;

	memset(record, 0, sizeof(*record));
	pid = fork();
	if (!pid) {
		__u8 allowed[EA_ROOM];
		int failed = set_scene(&s, victim, attack, delay) ?: learn_results(&s);

		if (failed)
			_exit(failed);
		no_new_privs();
		if (filter_for(&s, SECCOMP_RET_ALLOW))
			_exit(24);
		memcpy(allowed, s.allowed, EA_ROOM);
		if (attempt(&s, allowed) != s.allowed_result)
			_exit(25);
		prctl(PR_SET_DUMPABLE, 1);
		s.region = find_region();
		if (!s.region)
			_exit(26);
		_exit(be_attacked(&s, attack, seconds, 4 * seconds, attempts));
	}
	if (waitpid(pid, &status, 0) != pid || status) {
		printf("# status %x\n", status);
		return false;
	}
	return true;
}

static unsigned long total;

static void say(const char *attack, const char *victim)
{
	total += record->attempts;
	printf("# %-14s %-25s %8lu attempts: %lu allowed, %lu refused, %lu unreadable; %lu moves\n",
	       attack, victim, record->attempts, record->allowed, record->refused,
	       record->unreadable, record->moves);
	if (record->broken)
		printf("# broken\n");
	if (record->let_through)
		printf("# %s has succeeded\n", record->what);
}

/* The kernel has nothing for it. */
static bool cannot_be(const struct attack *attack)
{
	return attack->kind == SERVED && access("/dev/fuse", F_OK);
}

/* An attack, with each victim, with each delay. */
static void test_attack(const struct attack *attack, double seconds)
{
	static const unsigned int delays[] = { 0, 40, 600 };
	bool held = true;
	unsigned long allowed = 0, refused = 0;

	if (cannot_be(attack)) {
		ksft_test_result_skip("attack: %s\n", attack->name);
		return;
	}
	for (size_t i = 0; i < LENGTH(victims); i++) {
		/* The delays in turn; a random one, the 0, for all. */
		for (size_t j = 0; j < 2; j++) {
			held &= play(&victims[i], attack, j ? delays[1 + i % 2] : 0, seconds, -1UL);
			held &= !record->broken && !record->let_through;
			allowed += record->allowed;
			refused += record->refused;
			say(attack->name, victims[i].name);
		}
	}
	/* The attack is one: the filter has seen both structs. */
	ksft_test_result(held && allowed && refused, "attack: %s\n", attack->name);
}

/* Processes that share the memory, or may write to it. */
static int poke(void *arg)
{
	struct scenario *s = arg;
	pid_t victim = record->pid;
	int file, status;
	char path[32];

	for (int i = 0; i < 30 && !s->stop; i++) {
		__u8 *slot = s->region + PAGE;
		struct iovec local = { s->forbidden, EA_ROOM }, remote = { slot, EA_ROOM };

		MUST_FAIL(process_vm_writev(victim, &local, 1, &remote, 1, 0));
		snprintf(path, sizeof(path), "/proc/%d/mem", victim);
		file = open(path, O_RDWR | O_CLOEXEC);
		if (file < 0)
			return 2;
		MUST_FAIL(pwrite(file, s->forbidden, EA_ROOM, (off_t)(uintptr_t)slot));
		close(file);
		if (ptrace(PTRACE_SEIZE, victim, 0, 0) ||
		    ptrace(PTRACE_INTERRUPT, victim, 0, 0) ||
		    waitpid(victim, &status, __WALL) != victim)
			return 3;
		MUST_FAIL(ptrace(PTRACE_POKEDATA, victim, slot, 0x10000000));
		MUST_FAIL(ptrace(PTRACE_POKEDATA, victim, slot + 16, 0));
		/* It could write elsewhere. */
		if (ptrace(PTRACE_POKEDATA, victim, s->spare[0], i))
			return 4;
		if (ptrace(PTRACE_DETACH, victim, 0, 0))
			return 5;
		record->moves++;
	}
	return 0;
}

/* A child with the memory of its parent, which attacks the parent's slot. */
static int attack_from_sibling(void *arg)
{
	struct scenario *s = arg;

	for (int i = 0; i < 3000 && !s->stop; i++) {
		attack_slot(s);
		record->moves++;
	}
	return 0;
}

static void test_sibling(const char *name, int (*sibling)(void *), int flags, double seconds)
{
	int status;
	pid_t pid;

	memset(record, 0, sizeof(*record));
	pid = fork();
	if (!pid) {
		static struct scenario s;
		const double end = now() + 4 * seconds;
		char *stack = malloc(64 << 10);
		pid_t child;
		int failed = set_scene(&s, &victims[0], &attacks[0], 0) ?: learn_results(&s);

		if (failed)
			_exit(failed);
		no_new_privs();
		prctl(PR_SET_PTRACER, PR_SET_PTRACER_ANY);
		if (filter_for(&s, SECCOMP_RET_ALLOW) ||
		    attempt(&s, s.page + s.offset) != s.allowed_result)
			_exit(24);
		s.region = find_region();
		record->pid = getpid();
		child = clone(sibling, stack + (64 << 10), flags | SIGCHLD, &s);
		if (child < 0)
			_exit(25);
		for (int i = 0; now() < end ||
		     (now() < end + PATIENCE &&
		      !(record->moves && record->allowed && record->refused)); i++) {
			long ret;

			if (!(flags & CLONE_VM))
				set_word(&s, i & 1);
			ret = attempt(&s, s.page + s.offset);
			record->attempts++;
			record->allowed += ret == s.allowed_result;
			record->refused += ret == -EACCES;
			record->broken += ret == s.forbidden_result;
			if (waitpid(child, &status, WNOHANG) == child)
				_exit(status ? 100 + WEXITSTATUS(status) : 0);
		}
		s.stop = true;
		kill(child, SIGKILL);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	say(name, victims[0].name);
	if (status)
		printf("# status %x\n", status);
	ksft_test_result(!status && !record->broken && !record->let_through && record->moves &&
			 record->allowed && record->refused, "attack: %s\n", name);
}

/* The slot cannot be a buffer of io_uring, nor does a userfaultfd take it. */
static int register_slot(void)
{
	struct io_uring_params params = {};
	struct scenario s;
	struct iovec buffer;
	int ring, failed;

	failed = set_scene(&s, &victims[0], &attacks[0], 0) ?: learn_results(&s);
	if (failed)
		return failed;
	no_new_privs();
	if (filter_for(&s, SECCOMP_RET_ALLOW) ||
	    attempt(&s, s.page + s.offset) != s.allowed_result)
		return 24;
	s.region = find_region();
	s.page = s.region + PAGE;
	if (open_userfaultfd(&s) >= 0)
		return 1;
	ring = syscall(425, 4, &params);
	if (ring < 0)
		return errno == ENOSYS || errno == EPERM ? KSFT_SKIP : 2;
	buffer = (struct iovec) { s.page, PAGE };
	if (!syscall(427, ring, 0 /* IORING_REGISTER_BUFFERS */, &buffer, 1))
		return 3;
	return errno == EFAULT ? 0 : 5;
}

static void test_registered(void)
{
	const char *name = "attack: the copy as a registered buffer";
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(register_slot());
	waitpid(pid, &status, 0);
	if (status == KSFT_SKIP << 8)
		ksft_test_result_skip("%s: no io_uring\n", name);
	else if (status)
		ksft_test_result_fail("%s: %x\n", name, status);
	else
		ksft_test_result_pass("%s\n", name);
}

/* Supervisors. */

struct notification {
	struct seccomp_notif_append notif;
	__u8 argument[EA_KNOWN];
};

/*
 * Takes part in a scenario: reads a struct, from the memory of the caller or from the notification,
 * checks it, and lets the call go on or not.
 */
static void supervise(pid_t pid, const struct victim *victim, bool naive, int listener)
{
	const struct ea_call *call = ea_find(victim->call);
	struct notification got;

	while (!record->done) {
		struct seccomp_notif_resp resp = {};
		struct pollfd poller = { listener, POLLIN, 0 };
		__u32 word = victim->forbidden;

		if (poll(&poller, 1, 100) <= 0)
			continue;
		if (poller.revents & POLLHUP)
			break;
		memset(&got, 0, sizeof(got));
		if (ioctl(listener, SECCOMP_IOCTL_NOTIF_RECV_APPEND(EA_KNOWN), &got))
			continue;
		if (naive) {
			const __u64 pointer = got.notif.notif.data.args[call->pointer];
			struct iovec local = { &word, 4 };
			struct iovec remote = { (void *)(uintptr_t)(pointer + victim->offset), 4 };

			process_vm_readv(pid, &local, 1, &remote, 1, 0);
		} else {
			memcpy(&word, got.argument + victim->offset, 4);
		}
		resp.id = got.notif.notif.id;
		if (word == victim->forbidden)
			resp.error = -EACCES;
		else
			resp.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &resp);
	}
}

static bool play_supervised(const struct victim *victim, const struct attack *attack, bool naive,
			    double seconds)
{
	struct scenario s;
	int status, pidfd, listener;
	pid_t pid;

	memset(record, 0, sizeof(*record));
	pid = fork();
	if (!pid) {
		struct sock_filter insns[] = {
			LOAD(nr),
			RET_IF_EQ(ea_find(victim->call)->nr, SECCOMP_RET_USER_NOTIF),
			RET(SECCOMP_RET_ALLOW),
		};
		int failed = set_scene(&s, victim, attack, 0) ?: learn_results(&s);

		if (failed)
			_exit(failed);
		no_new_privs();
		/* One that reads the argument is below, so that the notification has it. */
		if (!naive && filter_for(&s, SECCOMP_RET_ALLOW))
			_exit(24);
		record->listener = INSTALL(insns, SECCOMP_FILTER_FLAG_NEW_LISTENER);
		if (record->listener < 0)
			_exit(25);
		record->ready = true;
		failed = be_attacked(&s, attack, seconds, PATIENCE, -1UL);
		record->done = true;
		_exit(failed);
	}
	while (!*(volatile bool *)&record->ready && !waitpid(pid, &status, WNOHANG))
		usleep(1000);
	pidfd = syscall(__NR_pidfd_open, pid, 0);
	listener = syscall(__NR_pidfd_getfd, pidfd, record->listener, 0);
	if (listener >= 0)
		supervise(pid, victim, naive, listener);
	else
		kill(pid, SIGKILL);
	close(listener);
	close(pidfd);
	return waitpid(pid, &status, 0) == pid && !status;
}

static void report(bool skip, bool passed, const char *what, const struct victim *victim,
		   const struct attack *attack)
{
	if (skip)
		ksft_test_result_skip("%s: %s, %s\n", what, victim->name, attack->name);
	else
		ksft_test_result(passed, "%s: %s, %s\n", what, victim->name, attack->name);
}

/* Those that the race is quickly won with. */
static const struct {
	int victim, attack;
} pairs[] = {
	{ 0, 0 }, { 5, 0 }, { 3, 0 }, { 1, 3 }, { 0, 8 },
};

static void test_supervisors(double seconds)
{
	for (size_t i = 0; i < LENGTH(pairs); i++) {
		const struct victim *victim = &victims[pairs[i].victim];
		const struct attack *attack = &attacks[pairs[i].attack];
		const bool skip = cannot_be(attack);
		bool played;

		played = skip || play_supervised(victim, attack, true, 20);
		say("by readv", victim->name);
		report(skip, played && record->broken,
		       "a supervisor that reads the caller's memory is broken", victim, attack);
		played = skip || play_supervised(victim, attack, false, 4 * seconds);
		say("by RECV_APPEND", victim->name);
		report(skip, played && !record->broken && record->allowed,
		       "one that reads the notification is not", victim, attack);
	}
}

int main(int argc, char **argv)
{
	unsigned long wanted = argc > 1 ? strtoul(argv[1], NULL, 10) : 1050000;
	double seconds = (argc > 2 ? atof(argv[2]) : 400) / 1000;
	unsigned long attempts;
	bool held = true;

	setvbuf(stdout, NULL, _IOLBF, 0);
	record = mmap(NULL, PAGE, RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ksft_print_header();
	ksft_set_plan(LENGTH(attacks) + 4 + 2 * LENGTH(pairs));
	for (size_t i = 0; i < LENGTH(attacks); i++)
		test_attack(&attacks[i], seconds);
	test_sibling("by a tracer", poke, 0, seconds);
	test_sibling("by a sibling", attack_from_sibling, CLONE_VM | CLONE_FILES, seconds);
	test_registered();
	test_supervisors(seconds);
	for (int delay = 0; total < wanted && held; delay = delay ? 0 : 100) {
		attempts = total;
		held = play(&victims[CHEAPEST], &attacks[0], delay, 20, 200000) && !record->broken;
		say("rewrite", victims[CHEAPEST].name);
		held &= total > attempts;
	}
	ksft_test_result(held, "%lu attempts in all\n", total);
	ksft_finished();
}
