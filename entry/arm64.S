/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The code that the hooked functions call, arm64: those of kernel/seccomp.c
 * that are taken over, and the wrappers of extensible calls.
 *
 * A direct call of ftrace arrives with x30 = the hooked function behind its
 * patch site and x9 = that function's caller. Returning to x9 replaces the
 * function; returning to x30 with x30 = x9 runs it. "ret" is used for both:
 * BTI does not check it, and neither address need be a landing pad.
 */

#include <linux/linkage.h>
#include <asm/assembler.h>

#include "offsets.h"

	.text

/* A patch site branches here with bl, or ftrace_caller with br x17. */
.macro LANDING
	hint	#38				// bti jc
.endm

.macro CONTINUE_IN_KERNEL
	mov	x10, x30
	mov	x30, x9
	ret	x10
.endm

/* bool __seccomp_permit_syscall(void) */
SYM_CODE_START(rsc_entry___seccomp_permit_syscall)
	LANDING
	mrs	x0, sp_el0			// current
	/*
	 * Another thread's TSYNC stores the filter, then the mode, then (behind
	 * a full barrier) the flag that brought us here: order our loads too.
	 */
	dmb	ishld
	ldr	x2, [x0, #TASK_SECCOMP_FILTER]
	tbz	x2, #0, 1f
	ldr	x1, [x0, #TASK_STACK]
	add	x1, x1, #(STACK_PT_REGS & 0xfff)
	add	x1, x1, #(STACK_PT_REGS & 0xfff000)
	mov	x30, x9
	b	rsc_permit_syscall
1:	CONTINUE_IN_KERNEL
SYM_CODE_END(rsc_entry___seccomp_permit_syscall)

/*
 * void func(struct task_struct *tsk), left to the kernel unless the filter of
 * @tsk is ours.
 */
.macro TASK_ENTRY func handler
SYM_CODE_START(rsc_entry_\func)
	LANDING
	ldr	x10, [x0, #TASK_SECCOMP_FILTER]
	tbz	x10, #0, 1f
	mov	x30, x9
	b	\handler
1:	CONTINUE_IN_KERNEL
SYM_CODE_END(rsc_entry_\func)
.endm

/*
 * long func(up to five arguments): the handler decides. Its sixth argument is
 * where the function goes on. It returns in x0 whether it has dealt with the
 * call, and in x1 the result of the call.
 */
.macro CALL_ENTRY func handler
SYM_CODE_START(rsc_entry_\func)
	LANDING
	stp	x29, x9, [sp, #-80]!
	mov	x29, sp
	stp	x0, x1, [sp, #16]
	stp	x2, x3, [sp, #32]
	stp	x4, x30, [sp, #48]
	mov	x5, x30
	bl	\handler
	mov	x10, x0
	mov	x11, x1
	ldp	x0, x1, [sp, #16]
	ldp	x2, x3, [sp, #32]
	ldp	x4, x12, [sp, #48]
	ldp	x29, x30, [sp], #80
	cbz	x10, 1f
	mov	x0, x11
	ret
1:	ret	x12
SYM_CODE_END(rsc_entry_\func)
.endm

TASK_ENTRY get_seccomp_filter, rsc_get_seccomp_filter
TASK_ENTRY seccomp_filter_release, rsc_seccomp_filter_release
CALL_ENTRY seccomp_get_filter, rsc_seccomp_get_filter
CALL_ENTRY seccomp_get_metadata, rsc_seccomp_get_metadata
CALL_ENTRY seccomp_actions_logged_handler, rsc_actions_logged
CALL_ENTRY do_seccomp, rsc_do_seccomp

/* Runs (the rest of) a function, whose address is the sixth argument. */
SYM_CODE_START(rsc_call_body)
	ret	x5
SYM_CODE_END(rsc_call_body)

/*
 * Comes before a wrapper of a system call, long wrapper(const struct pt_regs
 * *regs), and chooses the registers that it sees. All wrappers have this entry;
 * x30 says which one has called it.
 *
 * Nothing is live but x0, x9, x30 and what calls preserve. The handler returns
 * the address of the registers in x0, and 0 in x1; or, if it has run the
 * wrapper, the wrapper's result and 1.
 */
SYM_CODE_START(rsc_entry_ea)
	LANDING
	mrs	x1, sp_el0			// current
	ldr	x10, [x1, #TASK_SECCOMP_FILTER]
	tbz	x10, #0, 1f
	stp	x29, x9, [sp, #-32]!
	mov	x29, sp
	str	x30, [sp, #16]
	mov	x2, x30
	bl	rsc_ea_regs
	ldr	x10, [sp, #16]
	ldp	x29, x30, [sp], #32
	cbnz	x1, 2f
	ret	x10
1:	CONTINUE_IN_KERNEL
2:	ret
SYM_CODE_END(rsc_entry_ea)

SYM_FUNC_ALIAS(rsc_call_wrapper, rsc_call_body)
