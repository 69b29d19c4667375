// SPDX-License-Identifier: GPL-2.0
/* The trace event of verdicts, for rust/sys/verdict_event.rs. */

#include <crypto/sha2.h>
#include <linux/unaligned.h>

#define CREATE_TRACE_POINTS
#include "verdict_event.h"

void rsc_trace_verdict(const struct rsc_verdict *v)
{
	u8 digest[SHA256_DIGEST_SIZE] = {};

	if (v->insns)
		sha256((const u8 *)v->insns, v->insn_count * sizeof(*v->insns), digest);
	trace_seccomp_verdict(v, get_unaligned_be64(digest));
}
