// SPDX-License-Identifier: GPL-2.0
/* Helpers of <linux/filter.h>, for rust/sys/bpf.rs. */

#include <linux/err.h>
#include <linux/filter.h>

#include "rsc.h"

int rsc_prog_create_from_user(struct bpf_prog **prog, unsigned short len,
			      void __user *insns, bpf_aux_classic_check_t check)
{
	struct sock_fprog fprog = { .len = len, .filter = insns };

	return bpf_prog_create_from_user(prog, &fprog, check, true);
}

void rsc_prog_destroy(struct bpf_prog *prog)
{
	bpf_prog_destroy(prog);
}

unsigned int rsc_prog_len(const struct bpf_prog *prog)
{
	return prog->len;
}

const struct sock_filter *rsc_prog_orig(const struct bpf_prog *prog, unsigned int *len)
{
	*len = prog->orig_prog->len;
	return prog->orig_prog->filter;
}

u32 rsc_prog_run(const struct bpf_prog *prog, const void *ctx)
{
	return bpf_prog_run_pin_on_cpu(prog, ctx);
}

/* The memory that a program takes, in bytes: its pages, its original, its code. */
size_t rsc_prog_memory(const struct bpf_prog *prog)
{
	size_t bytes = ((size_t)prog->pages << PAGE_SHIFT) + prog->jited_len;

	if (prog->orig_prog)
		bytes += bpf_classic_proglen(prog->orig_prog);
	return bytes;
}

/**
 * rsc_prog_assemble() - Have the kernel compile eBPF that the engine has made.
 * @insns: the instructions, which the kernel does not verify. They call nothing
 *	   and read no memory but what their two arguments point to, what the
 *	   struct behind the second one points to, and their stack.
 * @len: the number of instructions.
 * @stack: the number of bytes of stack that they use.
 *
 * Return: the program; -EOPNOTSUPP if the kernel has no JIT, because its
 * interpreters take no second argument; -ENOMEM if memory is short, or the
 * kernel's limit for compiled code is reached.
 */
struct bpf_prog *rsc_prog_assemble(const struct bpf_insn *insns, unsigned int len,
				   unsigned int stack)
{
	struct bpf_prog *prog;
	int err;

	prog = bpf_prog_alloc(bpf_prog_size(len), GFP_KERNEL_ACCOUNT | __GFP_NOWARN);
	if (!prog)
		return ERR_PTR(-ENOMEM);
	memcpy(prog->insnsi, insns, len * sizeof(*insns));
	prog->len = len;
	prog->aux->stack_depth = stack;
	prog = bpf_prog_select_runtime(prog, &err);
	if (err || !prog->jited) {
		/*
		 * A JIT compiles every instruction that the engine uses, so memory was
		 * short. Or constants were blinded and took a jump out of its range;
		 * that is reported in the same way.
		 */
		err = prog->jit_requested ? -ENOMEM : -EOPNOTSUPP;
		bpf_prog_free(prog);
		return ERR_PTR(err);
	}
	return prog;
}

void rsc_prog_free(struct bpf_prog *prog)
{
	bpf_prog_free(prog);
}

bpf_func_t rsc_prog_func(const struct bpf_prog *prog)
{
	return prog->bpf_func;
}
