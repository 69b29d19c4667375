// SPDX-License-Identifier: GPL-2.0
/*
 * A thread confined before the module was loaded, beside one that is confined after: TSYNC of the
 * latter must find the former out of step. Waits for a line on stdin in between. Says "ok".
 */

#include "append.h"

static pid_t legacy_tid;
static pthread_barrier_t barrier;
static struct sock_filter allow[] = { RET(SECCOMP_RET_ALLOW) };

static void *legacy(void *arg)
{
	(void)arg;
	legacy_tid = gettid_();
	if (install_for(__NR_getppid, SECCOMP_RET_ERRNO | EDOM, 0))
		exit(printf("cannot install before: %m\n"));
	pthread_barrier_wait(&barrier);
	pthread_barrier_wait(&barrier);
	if (syscall(__NR_getppid) != -1 || errno != EDOM)
		exit(printf("the old thread's filter is gone\n"));
	/* A task of the built-in engine cannot use what that engine lacks. */
	if (APPEND(allow, 0, 0) != -1 || errno != EBUSY ||
	    APPEND(allow, WANT_NR_HIGH, 0) != -1 || errno != EBUSY)
		exit(printf("SECCOMP_APPEND_FILTER of the old thread: %m\n"));
	/* Its own TSYNC finds a thread of the other engine. */
	if (install_for(__NR_getpgid, SECCOMP_RET_ERRNO | EXDEV, SECCOMP_FILTER_FLAG_TSYNC) !=
	    getpid())
		exit(printf("TSYNC of the old thread: %m\n"));
	return NULL;
}

int main(void)
{
	unsigned int esrch = SECCOMP_FILTER_FLAG_TSYNC | SECCOMP_FILTER_FLAG_TSYNC_ESRCH;
	pthread_t thread;
	char line[16];
	int ret;

	setvbuf(stdout, NULL, _IOLBF, 0);
	no_new_privs();
	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, legacy, NULL);
	pthread_barrier_wait(&barrier);
	if (read(0, line, sizeof(line)) < 1)
		return printf("no word\n");

	ret = install_for(__NR_getppid, SECCOMP_RET_ERRNO | EXDEV, SECCOMP_FILTER_FLAG_TSYNC);
	if (ret != legacy_tid)
		return printf("TSYNC: %d, not thread %d: %m\n", ret, legacy_tid);
	ret = install_for(__NR_getppid, SECCOMP_RET_ERRNO | EXDEV, esrch);
	if (ret != -1 || errno != ESRCH)
		return printf("TSYNC_ESRCH: %d: %m\n", ret);
	if (syscall(__NR_getppid) == -1)
		return printf("a filter was installed all the same\n");
	if (install_for(__NR_getppid, SECCOMP_RET_ERRNO | EXDEV, 0))
		return printf("cannot install after: %m\n");
	if (syscall(__NR_getppid) != -1 || errno != EXDEV)
		return printf("the new thread's filter does nothing\n");
	pthread_barrier_wait(&barrier);
	pthread_join(thread, NULL);
	puts("ok");
	return 0;
}
