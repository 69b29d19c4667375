// SPDX-License-Identifier: GPL-2.0
/*
 * Random filter programs for the fuzzers.
 */

#include "fuzz.h"

__u64 edge(void)
{
	static const __u64 edges[] = {
		0, 1, 2, 7, 8, 23, 24, 25, 32, 63, 64, 511, 512, 4095, 4096, 4097, 0x7fffffff,
		0x80000000, 0xffffffff, 0x100000000, -1ULL,
	};

	return one_in(3) ? bits() : PICK(edges);
}

/* Calls that the fuzzers themselves need: only spoilt filters refuse them. */
static const int fuzz_needed[] = {
	__NR_futex, __NR_wait4, __NR_close, __NR_exit, __NR_exit_group, __NR_rt_sigreturn,
};

const __u16 fuzz_jumps[5] = { BPF_JEQ, BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };

int fuzz_favourites[5];
__u32 fuzz_values[4];

void fuzz_choose(void)
{
	for (size_t i = 0; i < LENGTH(fuzz_favourites); i++)
		fuzz_favourites[i] = one_in(4) ? PICK(fuzz_control) : PICK(fuzz_calls);
	for (size_t i = 0; i < LENGTH(fuzz_values); i++)
		fuzz_values[i] = one_in(3) ? bits() : below(64);
}

static void add(struct program *p, __u16 code, __u8 jt, __u8 jf, __u32 k)
{
	if (p->len < LENGTH(p->insns))
		p->insns[p->len++] = (struct sock_filter) { code, jt, jf, k };
}

__u32 fuzz_return(void)
{
	static const __u32 mild[] = {
		SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW | 7, SECCOMP_RET_LOG, SECCOMP_RET_ERRNO,
		SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 38, SECCOMP_RET_ERRNO | 4095,
		SECCOMP_RET_ERRNO | 0xffff, SECCOMP_RET_TRAP | 3, SECCOMP_RET_TRAP | 0x1234,
		SECCOMP_RET_TRACE | 5, SECCOMP_RET_TRACE | 0xffff, SECCOMP_RET_TRACE,
		SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF | 9, SECCOMP_RET_USER_NOTIF,
		SECCOMP_RET_USER_NOTIF, SECCOMP_RET_USER_NOTIF,
	};
	static const __u32 deadly[] = {
		SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS, SECCOMP_RET_KILL_THREAD | 1,
		0x00070000, 0x7fc10000, 0xffffffff,
	};

	return one_in(16) ? PICK(deadly) : PICK(mild);
}

__u32 fuzz_constant(void)
{
	switch (below(6)) {
	case 0:
	case 1:
		return PICK(fuzz_favourites);
	case 2:
	case 3:
		return PICK(fuzz_values) - below(2);
	case 4:
		return ARCH_NATIVE;
	default:
		return edge();
	}
}

/* Adds a load of one of the 16 words of seccomp_data. */
static void add_load(struct program *p)
{
	add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, 4 * (one_in(2) ? 4 + below(12) : below(16)));
}

/* Adds some instructions that compute, compare and may return. */
static void add_soup(struct program *p, __u32 len)
{
	static const __u16 ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_OR, BPF_AND, BPF_XOR, BPF_DIV,
	};

	for (__u32 cell = 0; cell < 2; cell++)
		add(p, BPF_ST, 0, 0, cell);
	for (__u32 pc = 0; pc < len; pc++) {
		__u32 room = len - pc < 8 ? len - pc : 8;

		switch (below(9)) {
		case 0 ... 1:
			add_load(p);
			break;
		case 2 ... 4:
			add(p, BPF_JMP | PICK(fuzz_jumps) | (one_in(6) ? BPF_X : BPF_K),
			    below(room), below(room), fuzz_constant());
			break;
		case 5:
			add(p, BPF_ALU | PICK(ops) | BPF_K, 0, 0, fuzz_constant() ?: 1);
			break;
		case 6:
			add(p, one_in(2) ? BPF_ST : BPF_LDX | BPF_MEM, 0, 0, below(2));
			break;
		case 7:
			add(p, BPF_MISC | (one_in(2) ? BPF_TAX : BPF_TXA), 0, 0, 0);
			break;
		default:
			add(p, BPF_RET | BPF_K, 0, 0, fuzz_return());
			break;
		}
	}
}

/* Adds a rule for a number: a constant verdict, or one that depends on an argument. */
static void add_rule(struct program *p)
{
	__u32 nr = PICK(fuzz_favourites), offset = 16 + 4 * below(12);

	add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
	if (one_in(2)) {
		add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, nr);
		add(p, BPF_RET | BPF_K, 0, 0, fuzz_return());
	} else {
		add(p, BPF_JMP | BPF_JEQ | BPF_K, 0, 3, nr);
		add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
		add(p, BPF_JMP | PICK(fuzz_jumps) | BPF_K, 0, 1, fuzz_constant());
		add(p, BPF_RET | BPF_K, 0, 0, fuzz_return());
	}
}

/* Allows the calls that are needed, and decides on seccomp(2) by its number alone. */
static void add_needed(struct program *p)
{
	__u32 count = LENGTH(fuzz_needed);

	add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
	for (__u32 i = 0; i < count; i++)
		add(p, BPF_JMP | BPF_JEQ | BPF_K, count - i, 0, fuzz_needed[i]);
	add(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 2, __NR_seccomp);
	add(p, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
	add(p, BPF_RET | BPF_K, 0, 0, one_in(12) ? fuzz_return() : SECCOMP_RET_ALLOW);
}

/* Spoils a program: the kernel refuses it in most cases. */
static void fuzz_spoil(struct program *p)
{
	struct sock_filter *insn = &p->insns[below(p->len)];

	p->polite = false;
	p->portable = false;
	switch (below(8)) {
	case 0:
		insn->code = bits();
		break;
	case 1:
		insn->k = edge();
		break;
	case 2:
		insn->jt = bits();
		insn->jf = bits();
		break;
	case 3:
		p->len -= 1 + below(p->len);
		break;
	case 4:
		insn->code = BPF_LD | BPF_W | BPF_ABS;
		insn->k = 4 * below(20) + below(4);
		break;
	case 5:
		insn->code = BPF_LD | BPF_MEM;
		insn->k = below(20);
		break;
	case 6:
		insn->code = BPF_ALU | BPF_LSH | BPF_K;
		insn->k = below(64);
		break;
	default:
		for (__u32 i = 0; i < p->len; i++)
			((__u64 *)p->insns)[i] = bits();
		break;
	}
}

void fuzz_program(struct program *p)
{
	p->len = 0;
	p->portable = true;
	p->polite = true;
	add_needed(p);
	switch (below(4)) {
	case 0:
		add_soup(p, 2 + below(24));
		break;
	case 1:
		add(p, BPF_LD | BPF_W | BPF_ABS, 0, 0, 4);
		add(p, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, ARCH_NATIVE);
		add(p, BPF_RET | BPF_K, 0, 0, fuzz_return());
		fallthrough;
	default:
		for (__u32 rules = below(6); rules; rules--)
			add_rule(p);
		break;
	}
	add(p, BPF_RET | BPF_K, 0, 0, one_in(24) ? fuzz_return() : SECCOMP_RET_ALLOW);
	if (one_in(10))
		fuzz_spoil(p);
}
