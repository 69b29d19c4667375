// SPDX-License-Identifier: GPL-2.0
/* Twins of <linux/filter.h> for rust/sys/bpf.rs. */

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

/* Bytes that a program takes: its pages, its original, its code. */
size_t rsc_prog_memory(const struct bpf_prog *prog)
{
	size_t bytes = ((size_t)prog->pages << PAGE_SHIFT) + prog->jited_len;

	if (prog->orig_prog)
		bytes += bpf_classic_proglen(prog->orig_prog);
	return bytes;
}

/**
 * rsc_prog_assemble() - Have the kernel compile instructions of our own making.
 * @insns: eBPF that calls nothing and reads no memory but what its two arguments
 *	   point to, what the second one leads to, and its stack. Nobody verifies it.
 * @len: how many.
 * @stack: bytes of stack that it uses.
 *
 * Return: the program; -EOPNOTSUPP if there is no JIT, as interpreters take no
 * second argument; -ENOMEM if there is no memory, or no more for compiled code.
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
		 * A JIT that is there knows all that we use. Blinding constants may take
		 * jumps out of their range; there is no code then, either.
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
