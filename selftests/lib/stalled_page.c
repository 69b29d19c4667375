// SPDX-License-Identifier: GPL-2.0
/*
 * A page of memory that is missing until the test fills it: userfaultfd.
 */

#include "stalled_page.h"

int stall(void *page, size_t size, int flags)
{
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = {
		.range = { (uintptr_t)page, size }, .mode = UFFDIO_REGISTER_MODE_MISSING,
	};
	int fd = syscall(__NR_userfaultfd, O_CLOEXEC | flags);

	if (fd >= 0 && (ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range))) {
		close(fd);
		fd = -1;
	}
	return fd;
}

struct stalled_page stalled_page_map(void)
{
	long size = sysconf(_SC_PAGESIZE);
	struct stalled_page page;

	page.memory = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	page.fd = stall(page.memory, size, 0);
	if (page.fd < 0)
		exit(printf("userfaultfd: %m\n"));
	return page;
}

void stalled_page_await(const struct stalled_page *page)
{
	struct uffd_msg message;

	if (read(page->fd, &message, sizeof(message)) != sizeof(message))
		exit(printf("no page fault: %m\n"));
}

void stalled_page_fill(const struct stalled_page *page)
{
	struct uffdio_zeropage zero = {
		.range = { (uintptr_t)page->memory, sysconf(_SC_PAGESIZE) },
	};

	if (ioctl(page->fd, UFFDIO_ZEROPAGE, &zero))
		exit(printf("the page: %m\n"));
}
