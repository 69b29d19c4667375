// SPDX-License-Identifier: GPL-2.0
/*
 * A system call with all of its registers, made by an instruction whose address is known.
 */

#include "raw_call.h"

#if defined(__x86_64__)
asm(".text\n"
	".globl raw_call\n.type raw_call, @function\nraw_call:\n"
	"	mov	%rdi, %rax\n"
	"	mov	%rsi, %r11\n"
	"	mov	0(%r11), %rdi\n"
	"	mov	8(%r11), %rsi\n"
	"	mov	16(%r11), %rdx\n"
	"	mov	24(%r11), %r10\n"
	"	mov	32(%r11), %r8\n"
	"	mov	40(%r11), %r9\n"
	"	syscall\n"
	".globl raw_call_ip\nraw_call_ip:\n"
	"	ret\n");
#elif defined(__i386__)
asm(".text\n"
	".globl raw_call\n.type raw_call, @function\nraw_call:\n"
	"	push	%ebx\n"
	"	push	%esi\n"
	"	push	%edi\n"
	"	push	%ebp\n"
	"	mov	20(%esp), %eax\n"
	"	mov	24(%esp), %ebp\n"
	"	mov	0(%ebp), %ebx\n"
	"	mov	4(%ebp), %ecx\n"
	"	mov	8(%ebp), %edx\n"
	"	mov	12(%ebp), %esi\n"
	"	mov	16(%ebp), %edi\n"
	"	mov	20(%ebp), %ebp\n"
	"	int	$0x80\n"
	".globl raw_call_ip\nraw_call_ip:\n"
	"	pop	%ebp\n"
	"	pop	%edi\n"
	"	pop	%esi\n"
	"	pop	%ebx\n"
	"	ret\n");
#elif defined(__aarch64__)
asm(".text\n"
	".globl raw_call\n.type raw_call, %function\nraw_call:\n"
	"	mov	x8, x0\n"
	"	mov	x9, x1\n"
	"	ldp	x0, x1, [x9]\n"
	"	ldp	x2, x3, [x9, #16]\n"
	"	ldp	x4, x5, [x9, #32]\n"
	"	svc	#0\n"
	".globl raw_call_ip\nraw_call_ip:\n"
	"	ret\n");
#elif defined(__arm__)
asm(".text\n.arm\n.syntax unified\n.balign 4\n"
	".globl raw_call\n.type raw_call, %function\nraw_call:\n"
	"	push	{r4-r7, lr}\n"
	"	mov	r7, r0\n"
	"	mov	r12, r1\n"
	"	ldm	r12, {r0-r5}\n"
	"	svc	#0\n"
	".globl raw_call_ip\nraw_call_ip:\n"
	"	pop	{r4-r7, pc}\n");
#endif
