// SPDX-License-Identifier: GPL-2.0
/* Tests of helpers/in_flight.c. */

#include <kunit/test.h>
#include <linux/slab.h>
#include <linux/vmalloc.h>

#include "../helpers/in_flight.c"

/* Makes a task that looks as if it were in seccomp(2), with its registers on @stack. */
static struct task_struct *task_in_seccomp(struct kunit *test, void *stack)
{
	struct task_struct *task = kunit_kzalloc(test, sizeof(*task), GFP_KERNEL);
	struct pt_regs *regs = (struct pt_regs *)stack_pt_regs(stack);

	KUNIT_ASSERT_NOT_NULL(test, task);
	task->stack = stack;
#ifdef CONFIG_X86
	regs->orig_ax = __NR_seccomp;
#else
	regs->syscallno = __NR_seccomp;
#endif
	return task;
}

static void seccomp_call_is_seen(struct kunit *test)
{
	void *stack = vzalloc(THREAD_SIZE);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, stack);
	task = task_in_seccomp(test, stack);
	KUNIT_EXPECT_TRUE(test, rsc_in_seccomp_call(task));
	task->flags |= PF_EXITING;
	KUNIT_EXPECT_FALSE(test, rsc_in_seccomp_call(task));
	vfree(stack);
}

/* A task that exits may lose its stack after it was looked up: the stack is then unmapped. */
static void stack_may_be_gone(struct kunit *test)
{
	void *stack = vzalloc(THREAD_SIZE);
	struct task_struct *task;

	KUNIT_ASSERT_NOT_NULL(test, stack);
	task = task_in_seccomp(test, stack);
	vfree(stack);
	vm_unmap_aliases();
	KUNIT_EXPECT_FALSE(test, rsc_in_seccomp_call(task));
}

static struct kunit_case in_flight_cases[] = {
	KUNIT_CASE(seccomp_call_is_seen),
	KUNIT_CASE(stack_may_be_gone),
	{ }
};

static struct kunit_suite in_flight_suite = {
	.name = "rust_seccomp_in_flight",
	.test_cases = in_flight_cases,
};

kunit_test_suite(in_flight_suite);
