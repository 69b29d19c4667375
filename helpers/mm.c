// SPDX-License-Identifier: GPL-2.0
/* Twins of <linux/mm.h>. */

#include <linux/mm.h>
#include <linux/sched.h>

#include "takeover.h"

/**
 * rsc_vma_harden() - Make a mapping one that its owner can only read, and keep.
 * @vma: a mapping that its file's ->mmap() is about to set up.
 *
 * Documentation/ea-internals.rst has the reason for each flag.
 */
void rsc_vma_harden(struct vm_area_struct *vma)
{
	vm_flags_mod(vma, VM_SEALED | VM_IO | VM_PFNMAP | VM_DONTEXPAND | VM_DONTCOPY |
		     VM_DONTDUMP, VM_WRITE | VM_EXEC | VM_MAYWRITE | VM_MAYEXEC);
}

void *rsc_page_address(const struct page *page)
{
	return page_address(page);
}

/* Has the caller's page table show the page of a mapping, as a read of it would. */
int rsc_show_page(unsigned long address)
{
	int ret;

	mmap_read_lock(current->mm);
	ret = fixup_user_fault(current->mm, address, 0, NULL);
	mmap_read_unlock(current->mm);
	return ret;
}

/* Answers a fault, without a reference to the page. */
vm_fault_t rsc_insert_page(struct vm_fault *vmf, struct page *page)
{
	return vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(page));
}
