// SPDX-License-Identifier: GPL-2.0
/*
 * A thread that the C library does not know of.
 */

#include "raw_thread.h"

#if defined(__x86_64__)
asm(".text\n"
	".globl raw_thread\n.type raw_thread, @function\nraw_thread:\n"
	"	mov	%rcx, %r10\n"
	"	xor	%r8d, %r8d\n"
	"	mov	%rsp, %r9\n"
	"	mov	$56, %eax\n"
	"	syscall\n"
	"	cmp	%rsp, %r9\n"
	"	jne	1f\n"
	"	ret\n"
	"1:	call	raw_thread_main\n"
	"	hlt\n");
#elif defined(__i386__)
asm(".text\n"
	".globl raw_thread\n.type raw_thread, @function\nraw_thread:\n"
	"	push	%ebx\n"
	"	push	%esi\n"
	"	push	%edi\n"
	"	push	%ebp\n"
	"	mov	20(%esp), %ebx\n"
	"	mov	24(%esp), %ecx\n"
	"	mov	28(%esp), %edx\n"
	"	mov	32(%esp), %edi\n"
	"	xor	%esi, %esi\n"
	"	mov	%esp, %ebp\n"
	"	mov	$120, %eax\n"
	"	int	$0x80\n"
	"	cmp	%esp, %ebp\n"
	"	jne	1f\n"
	"	pop	%ebp\n"
	"	pop	%edi\n"
	"	pop	%esi\n"
	"	pop	%ebx\n"
	"	ret\n"
	"1:	call	raw_thread_main\n"
	"	hlt\n");
#elif defined(__aarch64__)
asm(".text\n"
	".globl raw_thread\n.type raw_thread, %function\nraw_thread:\n"
	"	mov	x4, x3\n"
	"	mov	x3, #0\n"
	"	mov	x9, sp\n"
	"	mov	x8, #220\n"
	"	svc	#0\n"
	"	mov	x10, sp\n"
	"	cmp	x9, x10\n"
	"	b.ne	1f\n"
	"	ret\n"
	"1:	bl	raw_thread_main\n"
	"	brk	#1\n");
#elif defined(__arm__)
asm(".text\n.arm\n.syntax unified\n.balign 4\n"
	".globl raw_thread\n.type raw_thread, %function\nraw_thread:\n"
	"	push	{r4-r7, lr}\n"
	"	mov	r4, r3\n"
	"	mov	r3, #0\n"
	"	mov	r6, sp\n"
	"	mov	r7, #120\n"
	"	svc	#0\n"
	"	cmp	r6, sp\n"
	"	bne	1f\n"
	"	pop	{r4-r7, pc}\n"
	"1:	bl	raw_thread_main\n"
	"	udf	#0\n");
#endif
