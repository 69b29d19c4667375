/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What a supervisor of seccomp notifications needs: to start a program under a filter whose
 * listener it gets, to read the program's memory, and to answer.
 *
 * The program is taken for an enemy of its supervisor. Four things stand between them:
 *
 * - The filter refuses the calls that reach into other processes, and those that a younger kernel
 *   adds. Every supervisor's filter begins with PREFIX and has NO_OTHERS and NO_NAMESPACES in it.
 * - A Landlock domain: the kernel itself refuses to let the program trace, signal or connect to
 *   anything that is not confined with it, whatever call asks for it.
 * - The program has no capabilities, and execve() gives it none.
 * - The supervisor is not dumpable: the kernel refuses to let other processes of its user trace it,
 *   and read its memory and descriptors in /proc.
 *
 * What remains: the program can keep its supervisor busy, which serves one request at a time. And
 * it may do whatever else its user and group ids allow, unless the sample says otherwise.
 */
#ifndef RUST_SECCOMP_SUPERVISOR_H
#define RUST_SECCOMP_SUPERVISOR_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/landlock.h>
#include <linux/seccomp_append.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#ifdef __x86_64__
#define ARCH_NATIVE AUDIT_ARCH_X86_64
#else
#define ARCH_NATIVE AUDIT_ARCH_AARCH64
#endif

/* What headers older than Linux 7.3 lack. */
#ifndef __NR_open_tree_attr
#define __NR_open_tree_attr 467
#endif
#ifndef __NR_fchroot
#define __NR_fchroot 472
#endif
#ifndef LANDLOCK_ACCESS_FS_RESOLVE_UNIX
#define LANDLOCK_ACCESS_FS_RESOLVE_UNIX (1ULL << 16)
#endif

#define ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

#define LOAD_NR BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr))
/* The low half of argument n: all that a call looks at whose argument is an int. */
#define LOAD_INT(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[n]))
#define REFUSED (SECCOMP_RET_ERRNO | EPERM)
#define MISSING (SECCOMP_RET_ERRNO | ENOSYS)

/* The last call that is judged below. */
#define LAST_NR __NR_fchroot

/*
 * The start of every filter; then the number is in the accumulator. Other ABIs are not served, and
 * calls that nobody has judged are missing: those of younger kernels, and of x32, whose numbers are
 * all above LAST_NR.
 */
#define PREFIX \
	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, arch)), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, ARCH_NATIVE, 1, 0), \
	BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS), \
	LOAD_NR, \
	BPF_JUMP(BPF_JMP | BPF_JGT | BPF_K, LAST_NR, 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, MISSING)
#define ON(nr, action) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1), BPF_STMT(BPF_RET | BPF_K, action)
#define OTHERWISE(action) BPF_STMT(BPF_RET | BPF_K, action)

/* Refuses call nr if argument n, an int, has any of the bits; is value; or is not zero. */
#define REFUSE_IF_ANY(nr, n, bits) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4), LOAD_INT(n), \
	BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, bits, 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, REFUSED), LOAD_NR
#define REFUSE_IF(nr, n, value) \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 4), LOAD_INT(n), \
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, value, 0, 1), \
	BPF_STMT(BPF_RET | BPF_K, REFUSED), LOAD_NR
#define REFUSE_UNLESS_ZERO(nr, n) REFUSE_IF_ANY(nr, n, 0xffffffff)

/*
 * The program reaches into no other process, its supervisor first of all: neither its memory, nor
 * its descriptors, limits, scheduling (0 is the caller itself) and keys. It types nothing into its
 * terminal for the shell behind it to read, and has no io_uring, whose requests pass no filter. A
 * userfaultfd would let it hold up a supervisor that reads its memory.
 *
 * Signals are left to Landlock: kill(-1) and a descriptor that signals its owner name no process.
 *
 * seccomp() is refused because of its listeners. When the supervisor is dead, the program could
 * install a listener of its own, whose answers count as the youngest filter's, and let the calls
 * continue that its supervisor was to decide on. It can still confine itself by prctl().
 */
#define NO_OTHERS \
	ON(__NR_ptrace, REFUSED), \
	ON(__NR_process_vm_readv, REFUSED), \
	ON(__NR_process_vm_writev, REFUSED), \
	ON(__NR_process_madvise, REFUSED), \
	ON(__NR_process_mrelease, REFUSED), \
	ON(__NR_pidfd_getfd, REFUSED), \
	ON(__NR_kcmp, REFUSED), \
	ON(__NR_move_pages, REFUSED), \
	ON(__NR_migrate_pages, REFUSED), \
	ON(__NR_perf_event_open, REFUSED), \
	ON(__NR_bpf, REFUSED), \
	ON(__NR_userfaultfd, REFUSED), \
	ON(__NR_io_uring_setup, REFUSED), \
	ON(__NR_seccomp, REFUSED), \
	ON(__NR_ioprio_set, REFUSED), \
	ON(__NR_add_key, REFUSED), \
	ON(__NR_request_key, REFUSED), \
	ON(__NR_keyctl, REFUSED), \
	REFUSE_UNLESS_ZERO(__NR_prlimit64, 0), \
	REFUSE_UNLESS_ZERO(__NR_sched_setscheduler, 0), \
	REFUSE_UNLESS_ZERO(__NR_sched_setparam, 0), \
	REFUSE_UNLESS_ZERO(__NR_sched_setattr, 0), \
	REFUSE_UNLESS_ZERO(__NR_sched_setaffinity, 0), \
	REFUSE_UNLESS_ZERO(__NR_setpriority, 0), \
	REFUSE_UNLESS_ZERO(__NR_setpriority, 1), \
	REFUSE_IF(__NR_ioctl, 1, TIOCSTI), \
	REFUSE_IF(__NR_ioctl, 1, TIOCLINUX)

#define CLONE_NEW (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | \
		   CLONE_NEWPID | CLONE_NEWNET)

/*
 * The program stays in its namespaces and changes no mount: in a user namespace of its own it
 * would have the capabilities to do so. A filter does not see the flags of clone3(), which
 * therefore is missing, so that C libraries fall back to clone(). The new calls about mounts are
 * missing as well, so that programs fall back to mount(), which is for the sample to decide on.
 */
#define NO_NAMESPACES \
	ON(__NR_clone3, MISSING), \
	REFUSE_IF_ANY(__NR_clone, 0, CLONE_NEW), \
	ON(__NR_unshare, REFUSED), \
	ON(__NR_setns, REFUSED), \
	ON(__NR_open_tree, MISSING), \
	ON(__NR_open_tree_attr, MISSING), \
	ON(__NR_move_mount, MISSING), \
	ON(__NR_fsopen, MISSING), \
	ON(__NR_fspick, MISSING), \
	ON(__NR_fsconfig, MISSING), \
	ON(__NR_fsmount, MISSING), \
	ON(__NR_mount_setattr, MISSING), \
	ON(__NR_umount2, REFUSED), \
	ON(__NR_pivot_root, REFUSED), \
	ON(__NR_chroot, REFUSED), \
	ON(__NR_fchroot, REFUSED)

static inline void die(const char *what)
{
	perror(what);
	exit(125);
}

/* Adds the ruleset to the domain of the caller, for good. */
static inline void restrict_self(int ruleset)
{
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		die("no_new_privs");
	if (ruleset < 0 || syscall(__NR_landlock_restrict_self, ruleset, 0))
		die("Landlock");
	close(ruleset);
}

/*
 * Enters a Landlock domain that the program and its descendants cannot leave. From within, they
 * can neither trace processes outside, nor signal them (whether by a call or by a descriptor that
 * signals its owner), nor connect to them by Unix sockets. As in any domain that handles files,
 * they cannot change mounts, and cannot move or link files from one directory to another.
 */
static inline void enter_domain(void)
{
	struct landlock_ruleset_attr attr = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_REFER | LANDLOCK_ACCESS_FS_RESOLVE_UNIX,
		.scoped = LANDLOCK_SCOPE_SIGNAL | LANDLOCK_SCOPE_ABSTRACT_UNIX_SOCKET,
	};

	restrict_self(syscall(__NR_landlock_create_ruleset, &attr, sizeof(attr), 0));
}

/*
 * Gives up all capabilities, and the bounding set, so that execve() as root gives none either. A
 * caller without CAP_SETPCAP keeps the bounding set; no_new_privs has execve() give nothing of it.
 */
static inline void drop_capabilities(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct none[2] = {};

	for (int cap = 0; prctl(PR_CAPBSET_READ, cap, 0, 0, 0) >= 0; cap++)
		if (prctl(PR_CAPBSET_DROP, cap, 0, 0, 0) && errno != EPERM)
			die("bounding set");
	if (prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) ||
	    syscall(__NR_capset, &header, none))
		die("capabilities");
}

/* In the child: confines itself, sends the listener, and becomes the program. */
static inline void become_confined(struct sock_fprog *filter, char **argv, void (*prepare)(void),
				   void (*finish)(void), int sock, struct msghdr *msg)
{
	/* Once a request was read, no signal takes it back, so that it is not done twice. */
	const int flags = SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV;
	struct cmsghdr *cmsg = CMSG_FIRSTHDR(msg);
	int fd;

	if (prepare)
		prepare();
	drop_capabilities();
	enter_domain();
	/* The program gets 0, 1 and 2, and nothing else that its caller has open. */
	if (close_range(3, ~0U, CLOSE_RANGE_CLOEXEC))
		die("close_range");
	fd = syscall(__NR_seccomp, SECCOMP_SET_MODE_FILTER, flags, filter);
	if (fd < 0)
		die("seccomp");
	cmsg->cmsg_level = SOL_SOCKET;
	cmsg->cmsg_type = SCM_RIGHTS;
	cmsg->cmsg_len = CMSG_LEN(sizeof(fd));
	memcpy(CMSG_DATA(cmsg), &fd, sizeof(fd));
	if (sendmsg(sock, msg, 0) != 1)
		die("sendmsg");
	close(fd);
	if (finish)
		finish();
	execvp(argv[0], argv);
	die(argv[0]);
}

/*
 * Runs argv under the filter, and returns its listener. The program itself has no copy of it: it is
 * passed over a socket, which is closed on exec. The child calls prepare(), unless NULL, before it
 * confines itself, and finish(), unless NULL, when it has passed the listener.
 */
static inline int start_confined(struct sock_fprog *filter, char **argv, void (*prepare)(void),
				 void (*finish)(void), pid_t *pid)
{
	char byte = 0, control[CMSG_SPACE(sizeof(int))] = {};
	struct iovec iov = { &byte, 1 };
	struct msghdr msg = {
		.msg_iov = &iov, .msg_iovlen = 1,
		.msg_control = control, .msg_controllen = sizeof(control),
	};
	int socks[2], fd;

	/* Before there is a program that could look. Its execve() makes that dumpable again. */
	if (prctl(PR_SET_DUMPABLE, 0, 0, 0, 0))
		die("PR_SET_DUMPABLE");
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, socks))
		die("socketpair");
	*pid = fork();
	if (*pid < 0)
		die("fork");
	if (!*pid)
		become_confined(filter, argv, prepare, finish, socks[1], &msg);
	close(socks[1]);
	if (recvmsg(socks[0], &msg, MSG_CMSG_CLOEXEC) != 1 || !CMSG_FIRSTHDR(&msg)) {
		/* The child has said why. */
		waitpid(*pid, NULL, 0);
		exit(125);
	}
	close(socks[0]);
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&msg)), sizeof(fd));
	return fd;
}

/* Does the request still wait for an answer? If not, its pid may be another process's by now. */
static inline bool is_valid(int listener, __u64 id)
{
	return !ioctl(listener, SECCOMP_IOCTL_NOTIF_ID_VALID, &id);
}

/*
 * Reads a string from the memory of the task that asks; 0, or an errno. Another thread may change
 * it at any time, so a supervisor acts on its own copy, and never lets the call continue.
 */
static inline int read_string(int listener, const struct seccomp_notif *notif, __u64 address,
			      char *text, size_t size)
{
	size_t done = 0;

	/* By pages, as the string may end before memory that cannot be read. */
	while (done < size) {
		size_t chunk = 4096 - (address + done) % 4096;
		struct iovec local = { text + done, chunk < size - done ? chunk : size - done };
		struct iovec remote = { (void *)(unsigned long)(address + done), local.iov_len };
		ssize_t got = process_vm_readv(notif->pid, &local, 1, &remote, 1, 0);

		if (got <= 0)
			return EFAULT;
		/* What was read may be another process's, if this one is dead. */
		if (!is_valid(listener, notif->id))
			return ESRCH;
		if (memchr(text + done, 0, got))
			return 0;
		done += got;
	}
	return ENAMETOOLONG;
}

/* The call returns value, or fails with error. ENOENT: nobody waits for it any more. */
static inline void answer(int listener, __u64 id, __s64 value, int error)
{
	struct seccomp_notif_resp response = { .id = id, .val = value, .error = -error };

	if (ioctl(listener, SECCOMP_IOCTL_NOTIF_SEND, &response) && errno != ENOENT)
		die("SECCOMP_IOCTL_NOTIF_SEND");
}

/*
 * Calls serve for each request until the last confined task is gone; returns its exit status. With
 * an ea_size, the requests are struct seccomp_notif_append, with so many bytes of the argument.
 */
static inline int supervise(int listener, pid_t pid, unsigned int ea_size,
			    void (*serve)(int listener, struct seccomp_notif *notif))
{
	static union {
		struct seccomp_notif notif;
		__u8 bytes[SECCOMP_NOTIF_APPEND_SIZE + SECCOMP_EXTENSIBLE_ARG_MAX];
	} request;
	const unsigned long receive = ea_size ? SECCOMP_IOCTL_NOTIF_RECV_APPEND(ea_size) :
						SECCOMP_IOCTL_NOTIF_RECV;
	struct pollfd pollfd = { .fd = listener, .events = POLLIN };
	int status;

	while (poll(&pollfd, 1, -1) >= 0 || errno == EINTR) {
		memset(&request, 0, sizeof(request));
		if (pollfd.revents & POLLHUP)
			break;
		if (!(pollfd.revents & POLLIN))
			continue;
		/* ENOENT: it was interrupted before it was read. */
		if (!ioctl(listener, receive, &request))
			serve(listener, &request.notif);
		else if (errno != ENOENT && errno != EINTR)
			die("SECCOMP_IOCTL_NOTIF_RECV");
	}
	if (waitpid(pid, &status, 0) != pid)
		die("waitpid");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

#endif /* RUST_SECCOMP_SUPERVISOR_H */
