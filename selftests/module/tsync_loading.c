// SPDX-License-Identifier: GPL-2.0
/*
 * A thread waits for user memory in the built-in engine's do_seccomp() while the module is loaded.
 * From the first moment on, TSYNC of another thread must not give it a filter of the module. Says
 * "ok".
 */

#include "append.h"
#include "stalled_page.h"

static volatile pid_t waiting_tid;
static volatile int result = 1;
static volatile int error;
static struct sock_fprog prog;

static void *wait_inside(void *arg)
{
	(void)arg;
	waiting_tid = gettid_();
	result = seccomp(SECCOMP_SET_MODE_FILTER, 0, &prog);
	error = errno;
	return NULL;
}

static int synchronize(void)
{
	return install_for(__NR_getppid, SECCOMP_RET_ERRNO | EXDEV, SECCOMP_FILTER_FLAG_TSYNC);
}

int main(void)
{
	struct stalled_page page = stalled_page_map();
	struct seccomp_features features;
	int ret, tries = 0;
	pthread_t thread;
	time_t end;

	setvbuf(stdout, NULL, _IOLBF, 0);
	no_new_privs();
	prog = (struct sock_fprog) { .len = 1, .filter = page.memory };
	pthread_create(&thread, NULL, wait_inside, NULL);
	stalled_page_await(&page);
	puts("waiting");

	while (seccomp(SECCOMP_GET_FEATURES, sizeof(features), &features))
		;
	for (end = time(NULL) + 5; time(NULL) < end || tries < 3; tries++) {
		ret = synchronize();
		if (ret != waiting_tid)
			/* The filters go away before that thread goes on. */
			return printf("TSYNC after %d: %d, not thread %d: %m\n", tries, ret,
				      waiting_tid);
	}

	/* A program of zeros is invalid, so the call fails. */
	stalled_page_fill(&page);
	pthread_join(thread, NULL);
	if (result != -1 || error != EINVAL)
		return printf("the built-in do_seccomp(): %d, errno %d\n", result, error);
	pthread_create(&thread, NULL, wait_inside, NULL);
	pthread_join(thread, NULL);
	ret = synchronize();
	if (ret || syscall(__NR_getppid) != -1 || errno != EXDEV)
		return printf("TSYNC after all: %d: %m\n", ret);
	printf("# refused %d times\nok\n", tries);
	return 0;
}
