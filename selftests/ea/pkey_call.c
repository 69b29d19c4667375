// SPDX-License-Identifier: GPL-2.0
/*
 * A system call without rights to memory of protection key 0, on x86_64.
 */

#include "pkey_call.h"

#ifdef __x86_64__
asm(".text\n"
	".globl call_without\n.type call_without, @function\ncall_without:\n"
	"	push	%rbx\n"
	"	push	%r12\n"
	"	push	%r13\n"
	"	push	%r14\n"
	"	mov	%rsi, %r12\n"
	"	mov	%r8, %r13\n"
	"	mov	%edi, %ebx\n"
	"	mov	%rdx, %rdi\n"
	"	mov	%rcx, %rsi\n"
	"	mov	%r9, %r10\n"
	"	xor	%ecx, %ecx\n"
	"	rdpkru\n"
	"	mov	%eax, %r14d\n"
	"	or	%ebx, %eax\n"
	"	wrpkru\n"
	"	mov	%r12, %rax\n"
	"	mov	%r13, %rdx\n"
	"	syscall\n"
	"	mov	%rax, %r12\n"
	"	mov	%r14d, %eax\n"
	"	xor	%ecx, %ecx\n"
	"	xor	%edx, %edx\n"
	"	wrpkru\n"
	"	mov	%r12, %rax\n"
	"	pop	%r14\n"
	"	pop	%r13\n"
	"	pop	%r12\n"
	"	pop	%rbx\n"
	"	ret\n");
#endif
