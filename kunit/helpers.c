// SPDX-License-Identifier: GPL-2.0
/* Twins for kunit/machine.rs, and those for rust/sys/bpf.rs, which is in this module, too. */

#include "../helpers/bpf.c"

#include <kunit/test.h>
#include <linux/mman.h>
#include <linux/sched/mm.h>

unsigned long rsk_user_memory(unsigned long len);

/**
 * rsk_user_memory() - Give the running test memory of a process.
 * @len: bytes.
 *
 * Return: its address, or 0; KUnit frees it with the thread that runs the test.
 */
unsigned long rsk_user_memory(unsigned long len)
{
	const bool is_new = !current->mm;
	unsigned long address;

	address = kunit_vm_mmap(current->kunit_test, NULL, 0, len, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, 0);
	/*
	 * KUnit has had kthread_use_mm() take a reference, which nobody gives
	 * back: the end of a thread drops but the one that mm_alloc() made.
	 */
	if (is_new && current->mm && atomic_read(&current->mm->mm_count) > 1)
		mmdrop(current->mm);
	return address;
}
