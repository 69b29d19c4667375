// SPDX-License-Identifier: GPL-2.0
/* Helpers of <linux/mm.h>, for rust/sys/mapping.rs. Part of the takeover. */

#include <linux/mm.h>
#include <linux/sched.h>

#include "takeover.h"

/**
 * rsc_vma_harden() - Let the owner of a mapping read it, and do nothing else.
 * @vma: a mapping that its file's ->mmap() is about to set up.
 *
 * The owner can neither write nor execute it, nor unmap, move or grow it, and
 * does not pass it on by fork.
 *
 * Documentation/internals/ea-internals.rst has the reason for each flag.
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

/* Maps the page at @address into the caller's page table, as a read of it would. */
int rsc_show_page(unsigned long address)
{
	int ret;

	mmap_read_lock(current->mm);
	ret = fixup_user_fault(current->mm, address, 0, NULL);
	mmap_read_unlock(current->mm);
	return ret;
}

/* Answers a fault with @page, without taking a reference to it. */
vm_fault_t rsc_insert_page(struct vm_fault *vmf, struct page *page)
{
	return vmf_insert_pfn(vmf->vma, vmf->address, page_to_pfn(page));
}
