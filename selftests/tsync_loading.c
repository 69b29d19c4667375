// SPDX-License-Identifier: GPL-2.0
/*
 * A thread on its way through the built-in engine's do_seccomp(), where it waits for user memory,
 * while the module is loaded. TSYNC of another thread must never put a filter of the module's on
 * it, from the first moment at which there can be one. Says "ok".
 */

#include "append.h"

#include <linux/userfaultfd.h>

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
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };
	struct uffdio_zeropage zero = {};
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC), ret, tries = 0;
	long size = sysconf(_SC_PAGESIZE);
	struct seccomp_features features;
	struct uffd_msg message;
	pthread_t thread;
	time_t end;
	void *page;

	setvbuf(stdout, NULL, _IOLBF, 0);
	no_new_privs();
	page = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	range.range.start = (uintptr_t)page;
	range.range.len = size;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range))
		return printf("userfaultfd: %m\n");
	prog = (struct sock_fprog) { .len = 1, .filter = page };
	pthread_create(&thread, NULL, wait_inside, NULL);
	if (read(fd, &message, sizeof(message)) != sizeof(message))
		return printf("no page fault: %m\n");
	puts("waiting");

	while (seccomp(SECCOMP_GET_FEATURES, sizeof(features), &features))
		;
	for (end = time(NULL) + 5; time(NULL) < end || tries < 3; tries++) {
		ret = synchronize();
		if (ret != waiting_tid)
			/* And away, before that thread goes on. */
			return printf("TSYNC after %d: %d, not thread %d: %m\n", tries, ret,
				      waiting_tid);
	}

	/* No program of zeros is one, so it leaves as it has come. */
	zero.range = range.range;
	if (ioctl(fd, UFFDIO_ZEROPAGE, &zero))
		return printf("the page: %m\n");
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
