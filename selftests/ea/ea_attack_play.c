// SPDX-License-Identifier: GPL-2.0
/*
 * How ea_attack plays a scenario: the victim makes its calls while a thread attacks.
 */

#include "ea_attack_play.h"
#include "raw_call.h"
#include "stalled_page.h"

#include <time.h>

unsigned int seed;

int set_scene(struct scenario *s, const struct victim *victim, const struct attack *attack,
	      unsigned int delay)
{
	*s = (struct scenario) {
		.victim = victim, .call = ea_find(victim->call), .delay = delay,
		.random = seed ?: 0x9e3779b9 ^ getpid(), .offset = 64,
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

	/* A file with both structs, one in each page. */
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
		s->memory = stall(s->page, PAGE, O_NONBLOCK);
		if (s->memory < 0)
			return 22;
	}
	return 0;
}

long attempt(struct scenario *s, void *pointer)
{
	long args[6], ret;

	ea_args(s->call, pointer, s->call->known, args);
	if (s->victim->path)
		args[1] = (long)s->victim->path;
	/* raw_call() does not use errno, which some attackers share. */
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

int learn_results(struct scenario *s)
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

double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec + time.tv_nsec / 1e9;
}

__u8 *find_region(void)
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

void count_attempt(const struct scenario *s, long ret)
{
	record->attempts++;
	if (ret == s->forbidden_result) {
		record->broken++;
	} else if (ret == s->allowed_result) {
		record->allowed++;
	} else if (ret == -EACCES) {
		record->refused++;
	} else if (ret == -EFAULT) {
		record->unreadable++;
	} else {
		record->other++;
		record->other_result = ret;
	}
}

int be_attacked(struct scenario *s, const struct attack *attack, double seconds, double patience,
		unsigned long attempts)
{
	void *args[2] = { s, (void *)attack };
	const double end = now() + seconds;
	pthread_t thread;

	if (pthread_create(&thread, NULL, attacker, args))
		return 30;
	while (!s->attacking)
		sched_yield();
	while (!record->broken) {
		count_attempt(s, attempt(s, s->page + s->offset));
		if (record->attempts >= attempts)
			break;
		if (record->attempts % 16 == 0 && now() > end &&
		    (both_seen() || now() > end + patience))
			break;
	}
	if (!access(FORBIDDEN, F_OK))
		record->broken++;
	s->stop = true;
	/* These two may wait for each other, and are not joined. */
	if (attack->kind != STALLING && attack->kind != SERVED)
		pthread_join(thread, NULL);
	unlink(FORBIDDEN);
	return 0;
}

int filter_for(const struct scenario *s, __u32 action)
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

bool play(const struct victim *victim, const struct attack *attack, unsigned int delay,
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

unsigned long total;

void say(const char *attack, const char *victim)
{
	total += record->attempts;
	printf("# %-14s %-25s %8lu attempts: %lu allowed, %lu refused, %lu unreadable; %lu moves\n",
	       attack, victim, record->attempts, record->allowed, record->refused,
	       record->unreadable, record->moves);
	if (record->other)
		printf("# %lu others, the last of them %ld\n", record->other, record->other_result);
	if (record->broken)
		printf("# broken\n");
	if (record->let_through)
		printf("# %s has succeeded\n", record->what);
}

bool cannot_be(const struct attack *attack)
{
	return attack->kind == SERVED && access("/dev/fuse", F_OK);
}
