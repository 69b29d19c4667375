// SPDX-License-Identifier: GPL-2.0
/*
 * Offsets of kernel structures, turned into assembler constants by Kbuild.
 */

#define COMPILE_OFFSETS

#include <linux/kbuild.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>

#ifndef TOP_OF_KERNEL_STACK_PADDING
#define TOP_OF_KERNEL_STACK_PADDING 0
#endif

int main(void)
{
	OFFSET(TASK_SECCOMP_FILTER, task_struct, seccomp.filter);
	OFFSET(TASK_STACK, task_struct, stack);
	/* task_pt_regs(task) is task->stack plus this. */
	DEFINE(STACK_PT_REGS, THREAD_SIZE - TOP_OF_KERNEL_STACK_PADDING -
	       sizeof(struct pt_regs));
	return 0;
}
