// SPDX-License-Identifier: GPL-2.0
/*
 * The attacks of ea_attack on supervisors.
 */

#include "ea_attack_supervisors.h"

/* A request with its argument. */
struct notification {
	struct seccomp_notif_append notif;
	__u8 argument[EA_KNOWN];
};

/*
 * The supervisor of a scenario: reads the struct, from the caller's memory (naive) or from the
 * notification, and refuses the call or lets it continue.
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

bool play_supervised(const struct victim *victim, const struct attack *attack, bool naive,
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
		/* An older filter reads the argument, so the notification contains it. */
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
