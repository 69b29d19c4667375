/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page of memory that comes from a file system of the test's own (FUSE): whoever touches it waits
 * until a thread of the test provides the content, which may differ each time.
 */
#ifndef RUST_SECCOMP_SELFTESTS_FUSE_PAGE_H
#define RUST_SECCOMP_SELFTESTS_FUSE_PAGE_H

#include "common.h"

struct fuse_page {
	/* /dev/fuse; set by fuse_page_map(). */
	int device;
	/* Fills in the page each time that it is read. May take its time. */
	void (*fill)(void *arg, __u8 *page);
	void *arg;
};

/*
 * Maps a page of this kind, private to the process, at whose end it goes away. Returns MAP_FAILED
 * if the kernel has no FUSE. Needs CAP_SYS_ADMIN.
 */
void *fuse_page_map(struct fuse_page *page);

/* Drops the page: whoever touches it next has it read again. */
void fuse_page_drop(int device);

#endif /* RUST_SECCOMP_SELFTESTS_FUSE_PAGE_H */
