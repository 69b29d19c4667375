// SPDX-License-Identifier: GPL-2.0
/*
 * The attacks of ea_attack.
 */

#include "ea_attack_moves.h"
#include "stalled_page.h"

int self_memory = -1;

static void rewrite(struct scenario *s)
{
	set_word(s, true);
	pause_for(s);
	set_word(s, false);
	pause_for(s);
}

/*
 * Leaves the struct readable for a while; in one of four cases until the victim has made a whole
 * call. System calls that take the page away wait for the victim's processor, so the struct is
 * readable for moments only, in none of which the victim may run on a busy machine.
 */
static void show(struct scenario *s)
{
	const unsigned long attempts = record->attempts;

	if (next_random(&s->random) % 4) {
		pause_for(s);
		return;
	}
	while (*(volatile unsigned long *)&record->attempts - attempts < 2 && !s->stop)
		sched_yield();
}

static void unmap(struct scenario *s)
{
	munmap(s->page, PAGE);
	pause_for(s);
	map_at(s->page, RW, ANONYMOUS, -1, 0);
	memcpy(s->page + s->offset, s->forbidden, EA_ROOM);
	show(s);
	set_word(s, false);
	show(s);
}

static void protect(struct scenario *s)
{
	set_word(s, false);
	show(s);
	mprotect(s->page, PAGE, PROT_NONE);
	pause_for(s);
	mprotect(s->page, PAGE, RW);
	set_word(s, true);
	show(s);
}

/* Another page takes its place. */
static void move(struct scenario *s)
{
	mremap(s->page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, s->spare[0]);
	mremap(s->spare[1], PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, s->page);
	show(s);
	mremap(s->page, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, s->spare[1]);
	mremap(s->spare[0], PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, s->page);
	show(s);
}

static void map_over(struct scenario *s)
{
	map_at(s->page, PROT_READ, MAP_SHARED, s->memory, PAGE);
	show(s);
	map_at(s->page, PROT_READ, MAP_PRIVATE, s->memory, 0);
	show(s);
}

/* A private page of a file: dropped, it shows the content of the file again. */
static void discard(struct scenario *s)
{
	set_word(s, true);
	show(s);
	madvise(s->page, PAGE, MADV_DONTNEED);
	pause_for(s);
}

static void punch(struct scenario *s)
{
	pwrite(s->memory, s->forbidden, EA_ROOM, s->offset);
	show(s);
	fallocate(s->memory, FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE, 0, PAGE);
	pause_for(s);
	pwrite(s->memory, s->allowed, EA_ROOM, s->offset);
	show(s);
}

/* A missing page: its reader waits until the attacker fills it, with either struct. */
static void hold_back(struct scenario *s)
{
	__u8 *source = s->spare[0];
	struct uffd_msg msg;
	bool forbidden = next_random(&s->random) & 1;
	struct uffdio_copy copy = {
		.dst = (uintptr_t)s->page, .src = (uintptr_t)source, .len = PAGE,
	};

	if (read(s->memory, &msg, sizeof(msg)) == sizeof(msg)) {
		pause_for(s);
		memcpy(source + s->offset, forbidden ? s->forbidden : s->allowed, EA_ROOM);
		ioctl(s->memory, UFFDIO_COPY, &copy);
		pause_for(s);
		set_word(s, !forbidden);
	}
	pause_for(s);
	madvise(s->page, PAGE, MADV_DONTNEED);
}

void serve(void *arg, __u8 *page)
{
	struct scenario *s = arg;

	usleep(next_random(&s->served_random) % 64);
	memcpy(page + s->offset, next_random(&s->served_random) & 1 ? s->forbidden : s->allowed,
	       EA_ROOM);
}

static void drop(struct scenario *s)
{
	fuse_page_drop(s->memory);
	pause_for(s);
}

void attack_slot(struct scenario *s)
{
	static __u8 lies[PAGE];
	/* The victim's slot is one of the first two. */
	__u8 *slot = s->region + PAGE * (1 + next_random(&s->random) % 2);
	struct iovec local = { lies, PAGE }, remote = { slot, PAGE };
	int pipes[2];

	memcpy(lies, s->forbidden, EA_ROOM);
	set_word(s, next_random(&s->random) & 1);
	switch (next_random(&s->random) % 16) {
	case 0:
		MUST_FAIL(pwrite(self_memory, lies, EA_ROOM, (off_t)(uintptr_t)slot));
		break;
	case 1:
		MUST_FAIL(process_vm_writev(getpid(), &local, 1, &remote, 1, 0));
		break;
	case 2:
		MUST_FAIL(munmap(slot, PAGE));
		MUST_FAIL(munmap(s->region, 128 * PAGE));
		MUST_FAIL(munmap(s->region - PAGE, 130 * PAGE));
		break;
	case 3:
		MUST_FAIL(mprotect(slot, PAGE, RW));
		MUST_FAIL(mprotect(s->region, 128 * PAGE, RW));
		MUST_FAIL(syscall(__NR_pkey_mprotect, slot, PAGE, RW, -1));
		break;
	case 4:
		MUST_FAIL(mremap(slot, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, s->spare[0]));
		MUST_FAIL(mremap(s->region, 128 * PAGE, 256 * PAGE, MREMAP_MAYMOVE));
		MUST_FAIL(mremap(slot, 0, PAGE, MREMAP_MAYMOVE));
		MUST_FAIL(mremap(s->spare[0], PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, slot));
		break;
	case 5:
		MUST_FAIL(map_at(slot, RW, ANONYMOUS, -1, 0));
		MUST_FAIL(map_at(slot, RW, MAP_SHARED, s->memory, PAGE));
		MUST_FAIL(mmap(s->region, 128 * PAGE, RW, ANONYMOUS | MAP_FIXED, -1, 0));
		break;
	case 6:
		/* Dropping the page is allowed: the next access maps the same page. */
		madvise(slot, PAGE, MADV_DONTNEED);
		madvise(s->region, 128 * PAGE, MADV_DONTNEED);
		break;
	case 7:
		madvise(slot, PAGE, MADV_COLD);
		madvise(slot, PAGE, MADV_PAGEOUT);
		MUST_FAIL(madvise(slot, PAGE, MADV_FREE));
		MUST_FAIL(madvise(slot, PAGE, MADV_REMOVE));
		MUST_FAIL(madvise(slot, PAGE, 23 /* MADV_POPULATE_WRITE */));
		MUST_FAIL(madvise(slot, PAGE, 102 /* MADV_GUARD_INSTALL */));
		MUST_FAIL(madvise(slot, PAGE, MADV_WIPEONFORK));
		MUST_FAIL(madvise(s->region, 128 * PAGE, MADV_DOFORK));
		break;
	case 8:
		MUST_FAIL(syscall(__NR_remap_file_pages, slot, PAGE, 0, 0, 0));
		MUST_FAIL(syscall(__NR_getrandom, slot, 64, 0));
		MUST_FAIL(syscall(__NR_readv, s->memory, &remote, 1));
		break;
	case 9:
		/*
		 * A pipe may refer to the page, to be read; nothing may be spliced into the page.
		 */
		if (pipe(pipes))
			break;
		if (vmsplice(pipes[1], &remote, 1, SPLICE_F_GIFT) == PAGE) {
			MUST_FAIL(vmsplice(pipes[0], &remote, 1, SPLICE_F_NONBLOCK));
			if (read(pipes[0], lies, 100) != 100)
				record->let_through++;
		}
		close(pipes[0]);
		close(pipes[1]);
		break;
	case 10:
		mlock(slot, PAGE);
		munlock(slot, PAGE);
		break;
	default:
		/* Most of the time the argument itself is attacked. */
		rewrite(s);
	}
	pause_for(s);
}

const struct attack attacks[ATTACKS] = {
	{ "rewrite", rewrite, PRIVATE },
	{ "munmap", unmap, PRIVATE },
	{ "mprotect", protect, PRIVATE },
	{ "mremap", move, PRIVATE },
	{ "MAP_FIXED", map_over, PRIVATE_FILE },
	{ "MADV_DONTNEED", discard, PRIVATE_FILE },
	{ "hole punched", punch, SHARED_FILE },
	{ "userfaultfd", hold_back, STALLING },
	{ "FUSE", drop, SERVED },
	{ "the copy", attack_slot, SLOT },
};

bool has_zeros(const struct attack *attack)
{
	return attack->move == unmap || attack->move == punch;
}
