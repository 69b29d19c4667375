/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A page of memory that is missing (userfaultfd): whoever touches it, the kernel included, waits
 * until the test fills it.
 */
#ifndef RUST_SECCOMP_SELFTESTS_STALLED_PAGE_H
#define RUST_SECCOMP_SELFTESTS_STALLED_PAGE_H

#include "common.h"

#include <linux/userfaultfd.h>

struct stalled_page {
	void *memory;
	int fd;
};

/*
 * Registers missing pages. Returns a userfaultfd, which reports who touches them, or -1. The flags
 * are those of userfaultfd(2).
 */
int stall(void *page, size_t size, int flags);

/* Maps a page of this kind. Ends the program if the kernel refuses. */
struct stalled_page stalled_page_map(void);

/* Waits until a thread waits for the page. */
void stalled_page_await(const struct stalled_page *page);

/* Fills the page with zeros: the waiting threads go on. */
void stalled_page_fill(const struct stalled_page *page);

#endif /* RUST_SECCOMP_SELFTESTS_STALLED_PAGE_H */
