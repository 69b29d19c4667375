// SPDX-License-Identifier: GPL-2.0
/* Helpers of kunit/machine.rs, and those of rust/sys/bpf.rs, which this module has as well. */

#include "../helpers/bpf.c"

#include <kunit/test.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>

unsigned long rsk_user_memory(unsigned long len);

/**
 * rsk_user_memory() - Map user memory for the running test.
 * @len: the number of bytes.
 *
 * Return: the address, or 0. KUnit unmaps it when the thread of the test ends.
 */
unsigned long rsk_user_memory(unsigned long len)
{
	const bool is_new = !current->mm;
	unsigned long address;

	address = kunit_vm_mmap(current->kunit_test, NULL, 0, len, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, 0);
	/*
	 * KUnit calls kthread_use_mm(), which takes a reference that nobody gives
	 * back: when the thread ends, only the one of mm_alloc() is dropped.
	 */
	if (is_new && current->mm && atomic_read(&current->mm->mm_count) > 1)
		mmdrop(current->mm);
	return address;
}
