// SPDX-License-Identifier: GPL-2.0
/*
 * The director of fuzz_calls as the supervisor of its actors.
 */

#include "fuzz_steps.h"
#include "fuzz_supervisor.h"

void on_alarm(int signal)
{
	(void)signal;
}

/* An ioctl with a time limit: RECV blocks without a request, others until the actor reacts. */
static int try_ioctl(int fd, unsigned long request, void *arg)
{
	struct itimerval timer = { .it_value.tv_sec = 30, .it_interval.tv_sec = 30 }, off = {};
	int ret;

	if (_IOC_NR(request) == 0)
		timer = (struct itimerval){ { .tv_usec = 400000 }, { .tv_usec = 400000 } };

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

bool receive(struct listener *l)
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

/* Answers. Returns whether the kernel took the answer. */
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

/* Adds a descriptor. Returns whether it was an answer as well. */
static bool add_fd(struct listener *l, bool good)
{
	static const __u32 sizes[] = {
		24, 24, 24, 24, 24, 0, 8, 20, 23, 25, 32, 40, 200, 4096, 8192,
	};
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

	/* Only the module has larger forms of RECV. */
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

bool try_listener(struct listener *l)
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

void close_listener(struct listener *l)
{
	say("  close\n");
	close(l->fd);
	l->fd = -1;
}

/*
 * Sends a signal to an actor that waits for an answer: this withdraws its request, which may come
 * again.
 */
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

void on_question(struct actor *a, struct listener *l)
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
			fallthrough;
		case 2 ... 6:
			if (try_listener(l))
				goto out;
			break;
		case 7:
			if (a->traced || !takes_signal(a, SIGUSR1))
				break;
			say("  signal\n");
			/* Only fatal signals interrupt this one, so it goes on waiting. */
			if (received && l->killable && has_signal(a, "SigCgt:", SIGUSR1)) {
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
