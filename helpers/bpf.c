// SPDX-License-Identifier: GPL-2.0
/* Twins of <linux/filter.h> for rust/sys/bpf.rs. */

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
