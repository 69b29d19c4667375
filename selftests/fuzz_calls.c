// SPDX-License-Identifier: GPL-2.0
/*
 * Random sequences over the interface that both engines have, and what came of each step.
 *
 *	fuzz_calls [-a] [SEQUENCES [SEED]]
 *
 * The output is the same on both, to the letter; fuzz.sh compares. With -a filters are installed by
 * SECCOMP_APPEND_FILTER, and the output is still the same.
 *
 * A sequence has a director, which is not confined, and actors (fuzz_actor.h), which are. They are
 * in a pid namespace of their own, without address space randomization, and only one of them runs
 * at a time: the director gives an order and waits until it is carried out, the actor has died, has
 * stopped for its tracer, or asks a listener. The director is the tracer and the supervisor, so all
 * that happens is a function of the seed.
 */

#include "fuzz_actor.h"

#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/prctl.h>

enum { MAX_LISTENERS = 6, STEPS = 26, EVENTS = 60, PATIENCE_MS = 8000 };

struct actor {
	struct slot *slot;
	pid_t pid, tid;
	bool alive, gone, traced, stopped, asking, executing;
	/* A tracer or a trap may have left the registers as they were. */
	bool odd;
	int status;
};

struct listener {
	int fd;
	bool killable;
	/* Ids of requests: the first one, and the one that is dealt with. */
	__u64 first, last;
	bool asked;
};

static struct actor actors[MAX_ACTORS];
static int actor_count;
static struct listener listeners[MAX_LISTENERS];
static int listener_count;
static bool appending, stuck;
/* An actor waits for an answer while others act: not by accident is it to get one. */
static bool nested;
static unsigned long step_count;

#define say(...) printf(__VA_ARGS__)

static int name(const struct actor *a)
{
	return a - actors;
}

/* ---- Waiting. ---- */

enum event { DONE, DEAD, STOPPED, ASKS, STUCK };

static void bury(pid_t pid, int status)
{
	say("  process %d ended with %#x\n", pid, status);
	for (int i = 0; i < actor_count; i++)
		if (actors[i].pid == pid)
			actors[i].alive = false;
}

/* Takes notice of what the kernel has to tell of the actors. */
static void reap(void)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		bool ended = false;

		for (int i = 0; i < actor_count; i++) {
			struct actor *a = &actors[i];

			if (a->tid != pid || (!a->alive && WIFSTOPPED(status)))
				continue;
			if (WIFSTOPPED(status)) {
				a->stopped = true;
				a->status = status;
			} else if (a->pid == pid) {
				ended = true;
			} else {
				/* Its process may end as well, in any order. */
				a->gone = true;
			}
		}
		if (ended)
			bury(pid, status);
	}
}

static void kill_process(struct actor *a)
{
	kill(a->pid, SIGKILL);
	while (a->alive)
		reap();
}

static void pause_us(__u32 *word, __u32 value, long us)
{
	struct timespec time = { .tv_nsec = us * 1000 };

	syscall(__NR_futex, word, FUTEX_WAIT, value, &time);
}

static bool is_done(const struct actor *a)
{
	return __atomic_load_n(&a->slot->done, __ATOMIC_ACQUIRE) == a->slot->ordered;
}

static void give(struct actor *a)
{
	a->slot->made = 0;
	a->odd = false;
	__atomic_store_n(&a->slot->ordered, a->slot->ordered + 1, __ATOMIC_RELEASE);
	syscall(__NR_futex, &a->slot->ordered, FUTEX_WAKE, 1);
}

static __u64 now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return now.tv_sec * 1000ULL + now.tv_nsec / 1000000;
}

static struct actor *sibling_of(const struct actor *a)
{
	for (int i = 0; i < actor_count; i++)
		if (&actors[i] != a && actors[i].alive && actors[i].pid == a->pid &&
		    !actors[i].asking && !actors[i].stopped)
			return &actors[i];
	return NULL;
}

/* An actor has ended: alone, or will its process follow? If not the others still take orders. */
static void see_end(struct actor *a)
{
	__u64 end = now_ms() + PATIENCE_MS;
	struct actor *other = sibling_of(a);
	__u32 none = 0;

	while (a->alive && !a->gone && a->tid != a->pid && !syscall(__NR_tgkill, a->pid, a->tid, 0)) {
		pause_us(&none, 0, 300);
		reap();
	}
	if (!a->alive)
		return;
	for (int i = 0; i < 2 && other; i++) {
		other->slot->order = ORDER_CALLS;
		other->slot->count = 0;
		give(other);
		while (other->alive && !is_done(other) && now_ms() < end) {
			reap();
			pause_us(&other->slot->done, other->slot->done, 300);
		}
	}
	if (!other)
		pause_us(&none, 0, 40000);
	reap();
	if (a->alive)
		say("  %d ended alone\n", name(a));
	a->alive = false;
}

static enum event await(struct actor *a, struct listener **asked)
{
	__u64 end = now_ms() + PATIENCE_MS;

	do {
		__u32 done = a->slot->done;

		if (is_done(a))
			return DONE;
		reap();
		if (!a->alive)
			return DEAD;
		if (a->stopped)
			return STOPPED;
		for (int i = 0; i < listener_count; i++) {
			struct pollfd poll_ = { .fd = listeners[i].fd, .events = POLLIN };

			if (poll_.fd >= 0 && poll(&poll_, 1, 0) == 1 && poll_.revents & POLLIN) {
				*asked = &listeners[i];
				return ASKS;
			}
		}
		if (a->gone || !__atomic_load_n(&a->slot->tid, __ATOMIC_ACQUIRE)) {
			see_end(a);
			return DEAD;
		}
		pause_us(&a->slot->done, done, 300);
	} while (now_ms() < end);
	return STUCK;
}

/* ---- What can be seen. ---- */

static void show_status(const struct actor *a)
{
	static const char *const keys[] = { "NoNewPrivs:", "Seccomp:", "Seccomp_filters:" };
	char path[64], text[4096] = "";
	int fd, values[3];
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/status", a->tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	for (int i = 0; i < 3; i++) {
		char *at = strstr(text, keys[i]);

		values[i] = at ? atoi(at + strlen(keys[i])) : -1;
	}
	say("  %d: nnp %d seccomp %d filters %d\n", name(a), values[0], values[1], values[2]);
}

/* Whether a signal would come to the actor's notice. */
static bool takes_signal(const struct actor *a, int signal)
{
	static const char *const keys[] = { "SigBlk:", "SigIgn:" };
	char path[64], text[4096] = "";
	int fd;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/%d/status", a->tid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	len = read(fd, text, sizeof(text) - 1);
	close(fd);
	text[len > 0 ? len : 0] = '\0';
	for (int i = 0; i < 2; i++) {
		char *at = strstr(text, keys[i]);

		if (!at || strtoull(at + 7, NULL, 16) & (1ULL << (signal - 1)))
			return false;
	}
	return true;
}

static __u32 hash(const void *bytes, size_t len)
{
	__u32 value = 2166136261u;

	while (len--)
		value = (value ^ *(const __u8 *)bytes++) * 16777619;
	return value;
}

static bool is_seccomp(long nr)
{
	return (__u32)nr == __NR_seccomp;
}

static void show_result(struct actor *a, struct order_call *call)
{
	struct slot *s = a->slot;

	if (s->traps)
		a->odd = true;
	/* How it was installed shows in the arguments, and these may be left in registers. */
	if (a->odd && is_seccomp(call->nr))
		say("  -> odd");
	else
		say("  -> %ld", call->result);
	if (s->traps)
		say(" traps %u nr %d data %d arch %#x at %#lx", s->traps, s->trap_nr, s->trap_data,
		    s->trap_arch, s->trap_at);
	if (s->signals)
		say(" signals %u", s->signals);
	say("\n");
	s->traps = 0;
	s->signals = 0;
}

/* ---- The tracer's part. ---- */

#define PTRACE_GET_INFO 0x420e
#define PTRACE_SET_INFO 0x4212

struct call_info {
	__u8 op, reserved;
	__u16 flags;
	__u32 arch;
	__u64 instruction_pointer, stack_pointer;
	__u64 nr, args[6];
	__u32 ret_data, reserved2;
};

static void resume(struct actor *a, int request, long data)
{
	a->stopped = false;
	if (ptrace(request, a->tid, NULL, (void *)data))
		say("  resume: %s\n", strerrorname_np(errno));
	if (request == PTRACE_DETACH)
		a->traced = false;
}

static struct sock_filter fetched[4096];

static void look_at_filters(struct actor *a)
{
	for (int i = 1 + below(4); i; i--) {
		static const __u32 sizes[] = { 0, 7, 8, 12, 16, 16, 16, 24, 32 };
		static const __u64 far[] = { 100, 0xffffffff, -1ULL };
		unsigned long offset = one_in(8) ? PICK(far) : below(5);
		__u32 size = PICK(sizes);
		__u64 data[4] = { offset, 0xa5a5, 0xa5a5, 0xa5a5 };
		long len = ptrace(PTRACE_SECCOMP_GET_FILTER, a->tid, (void *)offset,
				  one_in(4) ? NULL : fetched);
		long got;

		say("  filter %ld: %s", offset, len < 0 ? strerrorname_np(errno) : "");
		if (len > 0)
			say("%ld %08x", len, hash(fetched, len * sizeof(*fetched)));
		/* Of an appended filter there is more to tell. */
		if (appending && size > 16)
			size = 16;
		got = ptrace(PTRACE_SECCOMP_GET_METADATA, a->tid, (void *)(long)size,
			     one_in(12) ? (void *)8 : data);
		say(" metadata %s", got < 0 ? strerrorname_np(errno) : "");
		if (got > 0)
			say("%ld %llx", got > 16 ? 16 : got,
			    (unsigned long long)data[1] & ~SECCOMP_METADATA_APPENDED);
		say("\n");
	}
}

static void rewrite(struct actor *a, struct call_info *info)
{
	switch (below(3)) {
	case 0:
		info->nr = (__s64)-1;
		break;
	case 1:
		if (!is_seccomp(info->nr) && a->slot->order == ORDER_CALLS) {
			info->args[below(6)] = below(64);
			break;
		}
		/* fallthrough */
	default:
		info->nr = (__s64)(one_in(2) ? PICK(fuzz_favourites) : PICK(fuzz_calls));
		for (size_t i = 0; i < LENGTH(fuzz_control); i++)
			if ((int)info->nr == fuzz_control[i])
				info->nr = __NR_getuid;
		for (int i = 0; i < 6; i++)
			info->args[i] = PICK(fuzz_values);
	}
	say("  becomes %d", (int)info->nr);
	if (ptrace(PTRACE_SET_INFO, a->tid, (void *)sizeof(*info), info))
		say(": %s", strerrorname_np(errno));
	say("\n");
}

static void show_stop(struct actor *a, struct call_info *info)
{
	unsigned long message = 0;

	memset(info, 0, sizeof(*info));
	ptrace(PTRACE_GETEVENTMSG, a->tid, NULL, &message);
	ptrace(PTRACE_GET_INFO, a->tid, (void *)sizeof(*info), info);
	say("  stop %#x message %lu op %u", a->status >> 8, message, info->op);
	if (info->op == 3) {
		say(" arch %#x nr %d", info->arch, (int)info->nr);
		if (!is_seccomp(info->nr) && !a->executing)
			say(" args %08x", hash(info->args, sizeof(info->args)));
	}
	say("\n");
}

static void on_stop(struct actor *a)
{
	struct call_info info;

	a->odd = true;
	show_stop(a, &info);
	if (a->status >> 8 != (SIGTRAP | (PTRACE_EVENT_SECCOMP << 8))) {
		int signal = WSTOPSIG(a->status) & 0x7f;

		resume(a, PTRACE_CONT, signal == SIGTRAP || a->status >> 16 ? 0 : signal);
		return;
	}
	switch (a->executing ? below(3) : below(11)) {
	case 0 ... 3:
		resume(a, PTRACE_CONT, 0);
		break;
	case 4 ... 6:
		rewrite(a, &info);
		resume(a, PTRACE_CONT, 0);
		break;
	case 7:
		resume(a, PTRACE_SYSCALL, 0);
		break;
	case 8:
		look_at_filters(a);
		resume(a, PTRACE_CONT, 0);
		break;
	case 9:
		say("  detach\n");
		resume(a, PTRACE_DETACH, 0);
		break;
	default:
		say("  kill\n");
		kill_process(a);
		break;
	}
}

/* ---- The supervisor's part. ---- */

static void on_alarm(int signal)
{
	(void)signal;
}

/* An ioctl that may block. */
static int try_ioctl(int fd, unsigned long request, void *arg)
{
	struct itimerval timer = { .it_value.tv_usec = 400000 }, off = {};
	int ret;

	setitimer(ITIMER_REAL, &timer, NULL);
	ret = ioctl(fd, request, arg);
	ret = ret < 0 ? -errno : ret;
	setitimer(ITIMER_REAL, &off, NULL);
	return ret;
}

static __u64 some_id(struct listener *l)
{
	switch (below(6)) {
	case 0:
		return bits();
	case 1:
		return l->last + 1;
	case 2:
		return nested ? 0 : l->first;
	default:
		return l->last;
	}
}

/* Reads a request. */
static bool receive(struct listener *l)
{
	struct seccomp_notif request = {};
	int ret = try_ioctl(l->fd, SECCOMP_IOCTL_NOTIF_RECV, &request);
	const struct seccomp_data *data = &request.data;

	say("  recv %d", ret);
	if (!ret) {
		if (!l->asked)
			l->first = request.id;
		l->asked = true;
		l->last = request.id;
		say(" id +%lld pid %u flags %u arch %#x nr %d",
		    (long long)(request.id - l->first), request.pid, request.flags, data->arch,
		    data->nr);
		if (!is_seccomp(data->nr))
			say(" ip %#llx args %08x", (unsigned long long)data->instruction_pointer,
			    hash(data->args, sizeof(data->args)));
	}
	say("\n");
	return !ret;
}

static void receive_badly(struct listener *l)
{
	static __u8 *read_only;
	struct seccomp_notif request = {};
	int ret;

	if (!read_only)
		read_only = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	switch (below(3)) {
	case 0:
		((__u8 *)&request)[below(sizeof(request))] = 1;
		ret = try_ioctl(l->fd, SECCOMP_IOCTL_NOTIF_RECV, &request);
		break;
	case 1:
		ret = try_ioctl(l->fd, SECCOMP_IOCTL_NOTIF_RECV, (void *)8);
		break;
	default:
		ret = try_ioctl(l->fd, SECCOMP_IOCTL_NOTIF_RECV, read_only);
		break;
	}
	say("  recv badly %d\n", ret);
}

static void check_id(struct listener *l)
{
	__u64 id = some_id(l);
	bool old = one_in(2);
	unsigned long request = old ? SECCOMP_IOR(2, __u64) : SECCOMP_IOW(2, __u64);
	int ret = try_ioctl(l->fd, request, one_in(10) ? (void *)8 : &id);

	say("  id valid%s %d\n", old ? " (old)" : "", ret);
}

/* Whether it was taken. */
static bool send_answer(struct listener *l, bool good)
{
	struct seccomp_notif_resp answer = { .id = good ? l->last : some_id(l) };
	int ret;

	switch (below(good ? 4 : 6)) {
	case 0:
		answer.flags = SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		break;
	case 1:
		answer.error = -1 - (int)below(4095);
		break;
	case 2:
		answer.val = below(100);
		break;
	case 3:
		answer.error = one_in(2) ? below(100) : -5000;
		answer.val = below(3);
		break;
	default:
		answer.flags = one_in(2) ? edge() : SECCOMP_USER_NOTIF_FLAG_CONTINUE;
		answer.val = edge();
		answer.error = edge();
		break;
	}
	ret = try_ioctl(l->fd, SECCOMP_IOCTL_NOTIF_SEND, &answer);
	say("  send flags %#x error %d val %lld: %d\n", answer.flags, answer.error,
	    (long long)answer.val, ret);
	return !ret;
}

/* Whether it was an answer. */
static bool add_fd(struct listener *l, bool good)
{
	static const __u32 sizes[] = { 24, 24, 24, 24, 24, 0, 8, 20, 23, 25, 32, 40, 200, 4096, 8192 };
	union {
		struct seccomp_notif_addfd addfd;
		__u8 bytes[8192];
	} arg = { .addfd = { .id = good ? l->last : some_id(l) } };
	__u32 size = good ? 24 : PICK(sizes);
	int ret;

	arg.addfd.srcfd = one_in(8) ? 700 : 0;
	if (one_in(2)) {
		arg.addfd.flags = SECCOMP_ADDFD_FLAG_SETFD;
		arg.addfd.newfd = one_in(6) ? 5000000 : 20 + below(6);
	} else if (one_in(8)) {
		arg.addfd.newfd = 21;
	}
	if (good || one_in(3))
		arg.addfd.flags |= SECCOMP_ADDFD_FLAG_SEND;
	if (one_in(10))
		arg.addfd.flags |= edge();
	arg.addfd.newfd_flags = one_in(8) ? edge() : one_in(2) ? O_CLOEXEC : 0;
	if (size > 24 && one_in(2))
		arg.bytes[24 + below(size - 24)] = 1;
	ret = try_ioctl(l->fd, _IOC(_IOC_WRITE, SECCOMP_IOC_MAGIC, 3, size), &arg);
	say("  addfd size %u flags %#x new %u %#x: %d\n", size, arg.addfd.flags, arg.addfd.newfd,
	    arg.addfd.newfd_flags, ret);
	return ret >= 0 && arg.addfd.flags & SECCOMP_ADDFD_FLAG_SEND;
}

static void poll_listener(struct listener *l)
{
	struct pollfd poll_ = { .fd = l->fd, .events = 0x3fff };
	int ret = poll(&poll_, 1, 0);

	say("  poll %d %#x\n", ret, poll_.revents);
}

static void other_ioctl(struct listener *l)
{
	__u64 data[16] = {};
	__u32 nr = below(6), size = 8 * below(16), dir = below(4);
	unsigned long request = one_in(4) ? (__u32)bits() :
					    _IOC(dir, SECCOMP_IOC_MAGIC, nr, size);

	/* The enlarged forms are the module's own. */
	if (_IOC_NR(request) == 0 && _IOC_TYPE(request) == SECCOMP_IOC_MAGIC)
		return;
	if (_IOC_NR(request) == 4)
		data[0] = one_in(2) ? below(2) : edge();
	else
		data[0] = _IOC_NR(request) == 1 ? bits() : some_id(l);
	say("  ioctl %#lx %d\n", _IOC_NR(request) == 4 ? request : request & 0xffff,
	    try_ioctl(l->fd, request, data));
}

static void other_call(struct listener *l)
{
	char path[64], text[64] = "";
	struct stat st;
	ssize_t len;

	snprintf(path, sizeof(path), "/proc/self/fd/%d", l->fd);
	len = readlink(path, text, sizeof(text) - 1);
	text[len > 0 ? len : 0] = '\0';
	say("  %s", text);
	len = read(l->fd, text, 8);
	say(" read %d", len < 0 ? errno : 0);
	len = write(l->fd, text, 8);
	say(" write %d", len < 0 ? errno : 0);
	say(" seek %d", lseek(l->fd, 3, SEEK_SET) < 0 ? errno : 0);
	say(" flags %#x", fcntl(l->fd, F_GETFL));
	fstat(l->fd, &st);
	say(" mode %#x\n", st.st_mode);
}

/* Anything. Whether a request has got an answer by it. */
static bool try_listener(struct listener *l)
{
	switch (below(10)) {
	case 0 ... 1:
		check_id(l);
		return false;
	case 2:
		return send_answer(l, false);
	case 3 ... 4:
		return add_fd(l, false);
	case 5 ... 6:
		poll_listener(l);
		return false;
	case 7:
		other_call(l);
		return false;
	default:
		other_ioctl(l);
		return false;
	}
}

static void close_listener(struct listener *l)
{
	say("  close\n");
	close(l->fd);
	l->fd = -1;
}

static void step(void);

/* Sends a signal to an actor that asks; its question, which may come again, has then gone. */
static void interrupt(struct actor *a)
{
	__u32 *signals = &a->slot->signals, before = *signals;
	__u64 end = now_ms() + PATIENCE_MS;

	syscall(__NR_tgkill, a->pid, a->tid, SIGUSR1);
	while (a->alive && __atomic_load_n(signals, __ATOMIC_ACQUIRE) == before &&
	       now_ms() < end) {
		pause_us(signals, before, 300);
		reap();
	}
}

/* An actor asks. Something is done about it, after which it runs again, or has died. */
static void on_question(struct actor *a, struct listener *l)
{
	bool received = false;
	__u64 id = 0;

	say("  %d asks listener %d\n", name(a), (int)(l - listeners));
	a->odd = true;
	a->asking = true;
	for (int i = a->executing ? 0 : below(5); i; i--) {
		switch (below(12)) {
		case 0 ... 1:
			if (!received) {
				receive_badly(l);
				break;
			}
			/* fallthrough */
		case 2 ... 6:
			if (try_listener(l))
				goto out;
			break;
		case 7:
			if (a->traced || !takes_signal(a, SIGUSR1))
				break;
			say("  signal\n");
			if (received && l->killable) {
				syscall(__NR_tgkill, a->pid, a->tid, SIGUSR1);
				break;
			}
			interrupt(a);
			goto out;
		case 8:
			if (!one_in(4))
				break;
			say("  kill\n");
			kill_process(a);
			goto out;
		case 9:
			if (!one_in(4) || nested)
				break;
			close_listener(l);
			goto out;
		default:
			if (!received) {
				received = receive(l);
				id = l->last;
			} else if (!nested) {
				l->last = 0;
				nested = true;
				step();
				nested = false;
				l->last = id;
			}
			break;
		}
		if (!a->alive || l->fd < 0 || stuck || is_done(a))
			goto out;
	}
	if (!received)
		receive(l);
	if (!one_in(6) || !add_fd(l, true))
		send_answer(l, true);
out:
	a->asking = false;
}

/* ---- Orders. ---- */

/* Until the actor has done what it was told to; whether it lives. */
static bool settle(struct actor *a)
{
	struct listener *l = NULL;

	for (int events = 0; events < EVENTS; events++) {
		switch (await(a, &l)) {
		case DONE:
			return true;
		case DEAD:
			say("  %d is dead after %u\n", name(a), a->slot->made);
			return false;
		case STOPPED:
			on_stop(a);
			break;
		case ASKS:
			on_question(a, l);
			break;
		case STUCK:
			say("  %d is stuck\n", name(a));
			stuck = true;
			return false;
		}
		if (stuck)
			return false;
	}
	say("  %d goes on and on\n", name(a));
	stuck = true;
	return false;
}

static bool order(struct actor *a, enum order what)
{
	a->slot->order = what;
	give(a);
	return settle(a);
}

static struct order_call *one_call(struct actor *a, long nr)
{
	struct order_call *call = &a->slot->calls[0];

	memset(call, 0, sizeof(*call));
	call->nr = nr;
	a->slot->count = 1;
	return call;
}

#define CALL(a, ...) call_one(a, (const unsigned long[7]){ __VA_ARGS__ })

/* Whether it has got back; a result is shown. */
static bool call_one(struct actor *a, const unsigned long *words)
{
	struct order_call *call = one_call(a, words[0]);

	memcpy(call->args, words + 1, sizeof(call->args));
	if (!order(a, ORDER_CALLS))
		return false;
	show_result(a, call);
	return true;
}

static void adopt(struct actor *a, bool thread)
{
	struct actor *child = &actors[actor_count];
	struct slot *slot = &shared->slots[actor_count];
	__u32 tid = slot->born;

	if (!tid)
		return;
	while (!__atomic_load_n(&slot->present, __ATOMIC_ACQUIRE))
		pause_us(&slot->present, 0, 300);
	*child = (struct actor){
		.slot = slot, .tid = tid, .pid = thread ? a->pid : tid, .alive = true,
	};
	actor_count++;
	say("  %d is %d of %d\n", actor_count - 1, child->tid, child->pid);
}

static void do_thread(struct actor *a)
{
	if (actor_count == MAX_ACTORS)
		return;
	say("%d makes a thread\n", name(a));
	a->slot->other = actor_count;
	one_call(a, __NR_clone);
	if (order(a, ORDER_THREAD))
		show_result(a, a->slot->calls);
	adopt(a, true);
}

static void do_fork(struct actor *a)
{
	struct slot *child = &shared->slots[actor_count];
	unsigned long born = (unsigned long)&child->born, tid = (unsigned long)&child->tid;
	bool clone3 = one_in(3);
	struct order_call *call;

	if (actor_count == MAX_ACTORS)
		return;
	say("%d makes a process%s\n", name(a), clone3 ? " by clone3" : "");
	a->slot->other = actor_count;
	call = one_call(a, clone3 ? __NR_clone3 : __NR_clone);
	if (clone3) {
		__u64 *args = a->slot->buffer;

		memset(args, 0, 88);
		args[0] = CLONE_PARENT | CLONE_TIDS;
		args[2] = tid;
		args[3] = born;
		call->args[0] = (unsigned long)args;
		call->args[1] = 88;
	} else {
		call->args[0] = CLONE_PARENT | CLONE_TIDS | SIGCHLD;
		call->args[2] = born;
#ifdef __x86_64__
		call->args[3] = tid;
#else
		call->args[4] = tid;
#endif
	}
	if (order(a, ORDER_FORK))
		show_result(a, call);
	adopt(a, false);
}

static void do_exec(struct actor *a)
{
	struct slot *s = a->slot;
	struct order_call *call;

	for (int i = 0; i < actor_count; i++)
		if (actors[i].alive && actors[i].pid == a->pid &&
		    (actors[i].traced || (actors[i].asking && &actors[i] != a)))
			return;
	say("%d executes\n", name(a));
	snprintf(s->number, sizeof(s->number), "%d", name(a));
	s->argv[0] = "fuzz_calls";
	s->argv[1] = "--actor";
	s->argv[2] = s->number;
	call = one_call(a, __NR_execve);
	call->args[0] = (unsigned long)"/proc/self/exe";
	call->args[1] = (unsigned long)s->argv;
	call->args[2] = (unsigned long)s->envp;
	a->executing = true;
	if (order(a, ORDER_CALLS)) {
		show_result(a, call);
		if (s->made == MAX_CALLS + 1) {
			for (int i = 0; i < actor_count; i++)
				if (&actors[i] != a && actors[i].pid == a->pid)
					actors[i].alive = false;
			a->tid = a->pid;
		}
	}
	a->executing = false;
}

static void show_all(void)
{
	for (int i = 0; i < actor_count; i++)
		if (actors[i].alive)
			show_status(&actors[i]);
}

/* A listener has been made: from now on it is the director's alone. */
static void take_listener(struct actor *a, int fd, bool killable)
{
	char path[64], target[64] = "";
	int pidfd = syscall(__NR_pidfd_open, a->pid, 0);
	int mine = syscall(__NR_pidfd_getfd, pidfd, fd, 0);

	close(pidfd);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", mine);
	if (mine < 0 || readlink(path, target, sizeof(target) - 1) < 0 ||
	    strcmp(target, "anon_inode:seccomp notify")) {
		say("  no listener\n");
		close(mine);
		return;
	}
	listeners[listener_count++] = (struct listener){ .fd = mine, .killable = killable };
	say("  listener %d\n", listener_count - 1);
	CALL(a, __NR_close, fd);
}

/* Where the program is: mostly where it is to be. */
static unsigned long some_pointer(struct slot *s)
{
	switch (below(24)) {
	case 0:
		return 0;
	case 1:
		return 8;
	case 2:
		s->fprog.len = 0;
		break;
	case 3:
		s->fprog.len = 4097 + below(60000);
		break;
	case 4:
		s->fprog.filter = (void *)8;
		break;
	default:
		return (unsigned long)&s->fprog;
	}
	s->program.portable = false;
	return (unsigned long)&s->fprog;
}

static void do_attach(struct actor *a)
{
	static const __u32 flag_sets[] = {
		0, 0, 0, SECCOMP_FILTER_FLAG_LOG, SECCOMP_FILTER_FLAG_SPEC_ALLOW,
		SECCOMP_FILTER_FLAG_TSYNC, SECCOMP_FILTER_FLAG_TSYNC, 1 | 16, 1 | 16,
		SECCOMP_FILTER_FLAG_NEW_LISTENER, SECCOMP_FILTER_FLAG_NEW_LISTENER,
		SECCOMP_FILTER_FLAG_NEW_LISTENER, 8 | 32, 8 | 32, 8 | 1, 8 | 1 | 16, 8 | 1 | 16 | 32, 32,
		16,
	};
	struct slot *s = a->slot;
	unsigned long pointer;
	__u32 flags = one_in(12) ? edge() : one_in(12) ? below(64) : PICK(flag_sets);
	struct order_call *call;
	bool by_prctl = one_in(8), ours;

	fuzz_program(&s->program);
	s->fprog = (struct sock_fprog){ .len = s->program.len, .filter = s->program.insns };
	pointer = some_pointer(s);
	ours = appending && !by_prctl && s->program.portable && pointer == (unsigned long)&s->fprog;
	say("%d attaches %u %08x at %#lx with %#x\n", name(a), s->fprog.len,
	    hash(s->program.insns, sizeof(s->program.insns[0]) * s->program.len), pointer, flags);
	call = one_call(a, __NR_seccomp);
	if (ours) {
		s->append = (struct seccomp_append_filter){
			.flags = flags, .filter = pointer,
		};
		call->args[0] = SECCOMP_APPEND_FILTER;
		call->args[1] = sizeof(s->append);
		call->args[2] = (unsigned long)&s->append;
	} else if (by_prctl) {
		flags = 0;
		call->nr = __NR_prctl;
		call->args[0] = PR_SET_SECCOMP;
		call->args[1] = SECCOMP_MODE_FILTER;
		call->args[2] = pointer;
	} else {
		call->args[0] = SECCOMP_SET_MODE_FILTER;
		call->args[1] = flags;
		call->args[2] = pointer;
	}
	s->doomed = !s->program.polite;
	if (!order(a, ORDER_CALLS)) {
		say("  => %ld\n", call->result);
		return;
	}
	s->doomed = false;
	show_result(a, call);
	if (flags & SECCOMP_FILTER_FLAG_NEW_LISTENER && call->result >= 0 &&
	    listener_count < MAX_LISTENERS)
		take_listener(a, call->result, flags & 32);
	show_all();
}

/* What has to do with seccomp, and attaches nothing. */
static void do_ask(struct actor *a)
{
	static const __u32 actions[] = {
		SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD, SECCOMP_RET_TRAP,
		SECCOMP_RET_ERRNO, SECCOMP_RET_USER_NOTIF, SECCOMP_RET_TRACE, SECCOMP_RET_LOG,
		SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW | 1, 0x10000,
	};
	struct slot *s = a->slot;
	unsigned long buffer = one_in(8) ? 8 : (unsigned long)s->buffer;
	__u32 flags;

	say("%d asks for", name(a));
	memset(s->buffer, 0, sizeof(s->buffer));
	switch (below(7)) {
	case 0:
		s->buffer[0] = one_in(4) ? bits() : PICK(actions);
		say(" action %#x\n", (__u32)s->buffer[0]);
		CALL(a, __NR_seccomp, SECCOMP_GET_ACTION_AVAIL, one_in(6), buffer);
		break;
	case 1:
		flags = one_in(4) ? 2 + below(100) : 0;
		say(" sizes %u\n", flags);
		CALL(a, __NR_seccomp, SECCOMP_GET_NOTIF_SIZES, flags, buffer);
		say("  %llx\n", (unsigned long long)s->buffer[0]);
		break;
	case 2:
		flags = one_in(2) ? 7 + below(100) : 7 | bits();
		say(" operation %u\n", flags);
		CALL(a, __NR_seccomp, flags, edge(), buffer);
		break;
	case 3:
		say(" mode\n");
		CALL(a, __NR_prctl, PR_GET_SECCOMP);
		break;
	case 4:
		flags = one_in(4) ? edge() : 3 + below(3);
		flags = flags == 1 || flags == 2 ? 0 : flags;
		say(" mode %u\n", flags);
		CALL(a, __NR_prctl, PR_SET_SECCOMP, flags, buffer);
		break;
	case 5:
		say(" speculation\n");
		CALL(a, __NR_prctl, PR_GET_SPECULATION_CTRL, below(3));
		break;
	default:
		say(" strictness\n");
		/* With an argument, or flags, there is none. */
		CALL(a, __NR_seccomp, SECCOMP_SET_MODE_STRICT, one_in(2), buffer);
		break;
	}
}

static void do_privileges(struct actor *a)
{
	say("%d has privileges\n", name(a));
	switch (below(4)) {
	case 0:
		CALL(a, __NR_setresuid, 1000, 1000, 1000);
		break;
	case 1:
		CALL(a, __NR_prctl, PR_SET_NO_NEW_PRIVS, one_in(4) ? edge() : 1, one_in(8));
		break;
	default:
		CALL(a, __NR_prctl, PR_SET_NO_NEW_PRIVS, 1);
		break;
	}
	if (a->alive)
		show_status(a);
}

static void do_probes(struct actor *a)
{
	struct slot *s = a->slot;
	bool compat = one_in(8);

	s->count = 1 + below(MAX_CALLS);
	say("%d calls%s", name(a), compat ? " (compat)" : "");
	for (__u32 i = 0; i < s->count; i++) {
		struct order_call *call = &s->calls[i];
		bool known = false;

		call->result = 0;
		call->nr = one_in(2) ? PICK(fuzz_favourites) : PICK(fuzz_calls);
		for (size_t j = 0; j < LENGTH(fuzz_calls); j++)
			known |= call->nr == fuzz_calls[j];
		/* Control calls are made with care; the table of compat calls is another one. */
		if (!known || (compat && one_in(2)))
			call->nr = compat ? 20 : __NR_getppid;
		if (compat && (__u32)call->nr < 500)
			call->nr = 20;
		for (int j = 0; j < 6; j++)
			call->args[j] = one_in(3) ? edge() : PICK(fuzz_values);
#if __SIZEOF_LONG__ == 8
		if (one_in(8))
			call->nr = (__u32)call->nr | (bits() << 32);
#endif
		say(" %d", (int)call->nr);
	}
	say("\n");
	if (!order(a, compat ? ORDER_COMPAT : ORDER_CALLS)) {
		for (__u32 i = 0; i < s->made; i++)
			say("  => %ld\n", s->calls[i].result);
		return;
	}
	for (__u32 i = 0; i < s->made; i++)
		show_result(a, &s->calls[i]);
}

static void do_signals(struct actor *a)
{
	static const int signals[] = { SIGUSR1, SIGUSR1, SIGSYS, SIGUSR2, SIGTERM };
	struct slot *s = a->slot;
	int signal = PICK(signals);

	if (one_in(3)) {
		say("%d masks %d\n", name(a), signal);
		s->buffer[0] = 1ULL << (signal - 1);
		CALL(a, __NR_rt_sigprocmask, below(3), (unsigned long)s->buffer, 0, 8);
	} else if (one_in(2) || a->traced) {
		s->value = signal;
		s->flags = below(7);
		say("%d handles %d by %u\n", name(a), signal, s->flags);
		one_call(a, __NR_rt_sigaction);
		if (order(a, ORDER_SIGNAL))
			show_result(a, s->calls);
	} else {
		say("%d is sent %d\n", name(a), signal);
		syscall(__NR_tgkill, a->pid, a->tid, signal);
		/* It has come when this is carried out, unless it was fatal. */
		s->count = 0;
		if (order(a, ORDER_CALLS))
			show_result(a, s->calls);
	}
}

/* Until a tracee has stopped. */
static bool stop(struct actor *a)
{
	__u64 end = now_ms() + PATIENCE_MS;
	__u32 none = 0;

	if (ptrace(PTRACE_INTERRUPT, a->tid, NULL, NULL))
		return false;
	for (;;) {
		reap();
		if (a->stopped || !a->alive || now_ms() > end)
			return a->stopped;
		pause_us(&none, 0, 300);
	}
}

static void do_trace(struct actor *a)
{
	static const unsigned long options[] = {
		0, PTRACE_O_TRACESECCOMP, PTRACE_O_TRACESECCOMP, PTRACE_O_TRACESECCOMP,
		PTRACE_O_TRACESECCOMP | PTRACE_O_TRACESYSGOOD, PTRACE_O_SUSPEND_SECCOMP,
	};
	unsigned long wanted = PICK(options);

	if (!a->traced) {
		say("%d is traced with %#lx", name(a), wanted);
		a->traced = !ptrace(PTRACE_SEIZE, a->tid, NULL, (void *)wanted);
		say("%s\n", a->traced ? "" : strerrorname_np(errno));
		return;
	}
	if (!stop(a)) {
		say("%d does not stop\n", name(a));
		return;
	}
	say("%d is stopped: %#x\n", name(a), a->status);
	look_at_filters(a);
	if (one_in(3)) {
		int ret = ptrace(PTRACE_SETOPTIONS, a->tid, NULL, (void *)wanted);

		say("  options %#lx: %d\n", wanted, ret ? errno : 0);
	}
	if (one_in(4)) {
		say("  detach\n");
		resume(a, PTRACE_DETACH, 0);
	} else {
		resume(a, PTRACE_CONT, 0);
	}
}

static struct actor *somebody(void)
{
	for (int tries = 0; tries < 40; tries++) {
		struct actor *a = &actors[below(actor_count)];

		if (a->alive && !a->asking && !a->stopped)
			return a;
	}
	return NULL;
}

static void do_inspect(struct actor *a)
{
	static const __u32 sizes[] = { 7, 8, 12, 16, 16 };
	struct actor *other = somebody();
	struct slot *s = a->slot;
	char path[64];

	if (!other || other->pid == a->pid || other->traced)
		return;
	s->other = name(other);
	s->flags = one_in(4) ? PTRACE_O_SUSPEND_SECCOMP : 0;
	s->value = below(4);
	s->count = PICK(sizes);
	say("%d inspects %d with %#x, filter %u, size %u\n", name(a), name(other), s->flags,
	    s->value, s->count);
	memset(s->buffer, 0, sizeof(s->buffer));
	order(a, ORDER_INSPECT);
	for (__u32 i = 0; i < s->made; i++)
		say("  => %ld\n", s->calls[i].result);
	if (s->made > 4)
		say("  %08x %llx\n", hash(s->fetched, sizeof(*s->fetched) * 32),
		    (unsigned long long)s->buffer[1]);
	s->traps = 0;
	/* If it may not let go, it goes. */
	snprintf(path, sizeof(path), "/proc/%d/status", other->tid);
	if (a->alive && proc_status(other->tid, "TracerPid") > 0) {
		say("  held\n");
		kill_process(a);
	}
}

static void do_end(struct actor *a)
{
	struct slot *s = a->slot;

	switch (below(5)) {
	case 0:
		s->value = below(2);
		s->flags = below(2);
		say("%d is strict, %u %u\n", name(a), s->value, s->flags);
		one_call(a, __NR_prctl);
		if (order(a, ORDER_STRICT))
			show_result(a, s->calls);
		break;
	case 1:
	case 2:
		say("%d exits\n", name(a));
		CALL(a, __NR_exit, 5);
		break;
	case 3:
		say("%d ends its process\n", name(a));
		CALL(a, __NR_exit_group, 6);
		break;
	default:
		say("%d is killed\n", name(a));
		kill_process(a);
		break;
	}
}

static void step(void)
{
	struct actor *a = somebody();
	struct listener *l;

	if (!a)
		return;
	step_count++;
	switch (below(100)) {
	case 0 ... 27:
		do_attach(a);
		break;
	case 28 ... 52:
		do_probes(a);
		break;
	case 53 ... 57:
		do_thread(a);
		break;
	case 58 ... 62:
		do_fork(a);
		break;
	case 63 ... 64:
		do_exec(a);
		break;
	case 65 ... 69:
		do_ask(a);
		break;
	case 70 ... 74:
		do_privileges(a);
		break;
	case 75 ... 79:
		do_signals(a);
		break;
	case 80 ... 87:
		do_trace(a);
		break;
	case 88 ... 91:
		do_inspect(a);
		break;
	case 92 ... 96:
		if (!listener_count || nested)
			break;
		l = &listeners[below(listener_count)];
		if (l->fd < 0)
			break;
		say("listener %d\n", (int)(l - listeners));
		if (one_in(12))
			close_listener(l);
		else if (one_in(12))
			receive(l);
		else
			try_listener(l);
		break;
	default:
		do_end(a);
		break;
	}
}

/* ---- Sequences. ---- */

static void __attribute__((noreturn)) direct(__u64 seed)
{
	struct sigaction action = { .sa_handler = on_alarm };
	struct slot *first = &shared->slots[0];
	long pid;

	fuzz_state = seed * 0xd1342543de82ef95;
	fuzz_choose();
	sigaction(SIGALRM, &action, NULL);
	if (mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL) ||
	    mount("proc", "/proc", "proc", 0, NULL)) {
		say("mount: %m\n");
		exit(1);
	}
	memset(shared, 0, sizeof(*shared));
	fflush(stdout);
#ifdef __x86_64__
	pid = RAW_CALL(__NR_clone, CLONE_TIDS | SIGCHLD, 0, (unsigned long)&first->born,
		       (unsigned long)&first->tid);
#else
	pid = RAW_CALL(__NR_clone, CLONE_TIDS | SIGCHLD, 0, (unsigned long)&first->born, 0,
		       (unsigned long)&first->tid);
#endif
	if (!pid) {
		*my_owner() = first;
		act(first);
	}
	adopt(&actors[0], false);
	first->value = SIGSYS;
	order(&actors[0], ORDER_SIGNAL);
	first->value = SIGUSR1;
	order(&actors[0], ORDER_SIGNAL);
	if (one_in(2))
		CALL(&actors[0], __NR_prctl, PR_SET_NO_NEW_PRIVS, 1);
	for (int i = 0; i < STEPS && !stuck && somebody(); i++)
		step();
	say("%lu steps\n", step_count);
	fflush(stdout);
	_exit(stuck ? 2 : 0);
}

/* What is executed by an actor carries on as that actor. */
static void __attribute__((noreturn)) go_on(int number)
{
	struct slot *me = &shared->slots[number];

	if (mmap(SHARED_AT, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 SHARED_FD, 0) != SHARED_AT)
		RAW_CALL(__NR_exit_group, 9);
	*my_owner() = me;
	me->tid = me->born;
	RAW_CALL(__NR_set_tid_address, (unsigned long)&me->tid);
	me->calls[0].result = 7777;
	me->made = MAX_CALLS + 1;
	__atomic_store_n(&me->done, me->ordered, __ATOMIC_RELEASE);
	futex_wake(&me->done);
	act(me);
}

int main(int argc, char **argv)
{
	static const struct rlimit no_core = {}, files = { 256, 256 };
	unsigned long sequences = 100, failed = 0;
	__u64 seed = 1;
	int fd;

	if (argc == 3 && !strcmp(argv[1], "--actor"))
		go_on(atoi(argv[2]));
	if (argc > 1 && (!strcmp(argv[1], "-a") || !strcmp(argv[1], "-m"))) {
		appending = argv[1][1] == 'a';
		argc--;
		argv++;
	}
	if (!(personality(0xffffffff) & ADDR_NO_RANDOMIZE)) {
		/* Addresses, the stack's among them, are to be the same for all. */
		char *arguments[] = {
			"fuzz_calls", NULL, argc > 1 ? argv[1] : "100",
			argc > 2 ? argv[2] : "1", NULL,
		};

		arguments[1] = appending ? "-a" : "-m";
		personality(ADDR_NO_RANDOMIZE);
		execve("/proc/self/exe", arguments, (char *[]){ NULL });
		return 1;
	}
	if (argc > 1)
		sequences = strtoul(argv[1], NULL, 0);
	if (argc > 2)
		seed = strtoull(argv[2], NULL, 0);
	for (fd = 3; fd < 64; fd++)
		close(fd);
	fd = memfd_create("fuzz", 0);
	if (fd < 0 || dup2(fd, SHARED_FD) < 0 || close(fd) ||
	    ftruncate(SHARED_FD, sizeof(*shared)) ||
	    mmap(SHARED_AT, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED,
		 SHARED_FD, 0) != SHARED_AT) {
		printf("shared memory: %m\n");
		return 1;
	}
	setrlimit(RLIMIT_CORE, &no_core);
	setrlimit(RLIMIT_NOFILE, &files);
	while (sequences--) {
		int status = 0;
		long pid;

		printf("sequence %llu\n", (unsigned long long)seed);
		fflush(stdout);
		pid = RAW_CALL(__NR_clone, CLONE_NEWPID | CLONE_NEWNS | SIGCHLD);
		if (!pid)
			direct(seed);
		if (waitpid(pid, &status, 0) != pid || status)
			failed++;
		seed++;
	}
	return failed ? 1 : 0;
}
