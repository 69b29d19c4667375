/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The code that the hooked functions of kernel/seccomp.c jump to, and the
 * wrappers of extensible calls call, x86_64.
 *
 * The former are taken over with register_ftrace_direct() in its jmp form:
 * the fentry nop becomes a direct jmp to an entry below, so that the stack is
 * as at the function's first instruction and a plain return leaves the hooked
 * function. No indirect branch ends here, hence no ENDBR.
 *
 * An entry that leaves the call to the built-in engine continues behind the
 * fentry site (rsc_body_<function>). It gets there with push and return: the
 * address has no ENDBR, so an indirect jump would fault under IBT.
 */

#include <linux/linkage.h>
#include <asm/asm.h>
#include <asm/asm-offsets.h>
#include <asm/nospec-branch.h>
#include <asm/percpu.h>
#include <asm/unwind_hints.h>

#include "offsets.h"

/* Where the hooked function goes on; set once, while the module loads. */
.macro BODY func
	.pushsection .data..ro_after_init, "aw"
	.balign	8
SYM_DATA(rsc_body_\func, .quad 0)
	.popsection
.endm

.macro CONTINUE_IN_KERNEL func
	pushq	rsc_body_\func(%rip)
	UNWIND_HINT_FUNC
	RET
.endm

	.text

/* bool __seccomp_permit_syscall(void) */
BODY __seccomp_permit_syscall
SYM_FUNC_START(rsc_entry___seccomp_permit_syscall)
	ANNOTATE_NOENDBR
	movq	PER_CPU_VAR(current_task), %rdi
	movq	TASK_SECCOMP_FILTER(%rdi), %rdx
	testb	$1, %dl
	jz	.Lpermit_not_ours
	movq	TASK_STACK(%rdi), %rsi
	addq	$STACK_PT_REGS, %rsi
	jmp	rsc_permit_syscall
.Lpermit_not_ours:
	CONTINUE_IN_KERNEL __seccomp_permit_syscall
SYM_FUNC_END(rsc_entry___seccomp_permit_syscall)

/*
 * void func(struct task_struct *tsk), left to the kernel unless the filter of
 * @tsk is ours.
 */
.macro TASK_ENTRY func handler
BODY \func
SYM_FUNC_START(rsc_entry_\func)
	ANNOTATE_NOENDBR
	testb	$1, TASK_SECCOMP_FILTER(%rdi)
	jz	.Lnot_ours_\@
	jmp	\handler
.Lnot_ours_\@:
	CONTINUE_IN_KERNEL \func
SYM_FUNC_END(rsc_entry_\func)
.endm

/*
 * long func(up to five arguments): the handler decides. Its sixth argument is
 * where the function goes on. It returns in rax whether it has dealt with the
 * call, and in rdx the result of the call.
 */
.macro CALL_ENTRY func handler
BODY \func
SYM_FUNC_START(rsc_entry_\func)
	ANNOTATE_NOENDBR
	pushq	%rbp
	movq	%rsp, %rbp
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	pushq	%r8
	subq	$8, %rsp
	movq	rsc_body_\func(%rip), %r9
	call	\handler
	movq	%rax, %r11
	movq	%rdx, %rax
	addq	$8, %rsp
	popq	%r8
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	popq	%rbp
	testq	%r11, %r11
	jz	.Lnot_ours_\@
	RET
.Lnot_ours_\@:
	CONTINUE_IN_KERNEL \func
SYM_FUNC_END(rsc_entry_\func)
.endm

TASK_ENTRY get_seccomp_filter, rsc_get_seccomp_filter
TASK_ENTRY seccomp_filter_release, rsc_seccomp_filter_release
CALL_ENTRY seccomp_get_filter, rsc_seccomp_get_filter
CALL_ENTRY seccomp_get_metadata, rsc_seccomp_get_metadata
CALL_ENTRY seccomp_actions_logged_handler, rsc_actions_logged
CALL_ENTRY do_seccomp, rsc_do_seccomp

/* Runs the rest of a hooked function, whose address is the sixth argument. */
SYM_FUNC_START(rsc_call_body)
	ANNOTATE_NOENDBR
	pushq	%r9
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(rsc_call_body)

/*
 * Comes before a wrapper of a system call, long wrapper(const struct pt_regs
 * *regs), and chooses the registers that it sees.
 *
 * Unlike the entries above this one is called, not jumped to: all wrappers have
 * it, and the return address says which one has called it. A plain return goes
 * on in the wrapper. The call at the fentry site does not account for its
 * depth, so the entry does.
 *
 * Nothing is live but rdi and what calls preserve. The handler returns the
 * address of the registers in rax, and 0 in rdx; or, if it has run the wrapper,
 * the wrapper's result and 1.
 */
SYM_FUNC_START(rsc_entry_ea)
	ANNOTATE_NOENDBR
	CALL_DEPTH_ACCOUNT
	movq	PER_CPU_VAR(current_task), %rsi
	testb	$1, TASK_SECCOMP_FILTER(%rsi)
	jz	.Lea_not_ours
	movq	(%rsp), %rdx
	pushq	%rbp
	movq	%rsp, %rbp
	call	rsc_ea_regs
	popq	%rbp
	movq	%rax, %rdi
	testq	%rdx, %rdx
	jnz	.Lea_done
.Lea_not_ours:
	RET
.Lea_done:
	/* Returns from the wrapper. Rare enough for the return-stack predictor. */
	addq	$8, %rsp
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(rsc_entry_ea)

SYM_FUNC_ALIAS(rsc_call_wrapper, rsc_call_body)
