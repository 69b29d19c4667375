// SPDX-License-Identifier: GPL-2.0
/*
 * Calls a label that has no ENDBR through a pointer, which a kernel that enforces Indirect Branch
 * Tracking does not survive. If it did, what the module's tests show beside it would mean nothing.
 */

#include <linux/module.h>
#include <asm/nospec-branch.h>

void noendbr_target(void);

/* Here and below the annotations keep objtool from saying what is meant. */
#define TARGET						\
	".text\n"					\
	".type noendbr_target, @function\n"		\
	"noendbr_target:\n\t"				\
	ANNOTATE_NOENDBR "\n\t"				\
	ASM_RET						\
	".size noendbr_target, . - noendbr_target\n"

asm(TARGET);

static int __init noendbr_init(void)
{
	void (*target)(void) = noendbr_target;

	pr_info("noendbr: calling what has no ENDBR\n");
	asm volatile(ANNOTATE_RETPOLINE_SAFE "\n\tcall *%[target]"
		     : ASM_CALL_CONSTRAINT : [target] "r" (target) : "memory");
	pr_info("noendbr: nothing has stopped the call\n");
	return 0;
}
module_init(noendbr_init);

MODULE_DESCRIPTION("An indirect call of what has no ENDBR");
MODULE_LICENSE("GPL");
