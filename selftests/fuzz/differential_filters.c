// SPDX-License-Identifier: GPL-2.0
/*
 * The random filters of differential.
 */

#include "differential_filters.h"

bool appending;

static const __u32 returns[] = {
	SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW, SECCOMP_RET_ALLOW | 5,
	SECCOMP_RET_ERRNO, SECCOMP_RET_ERRNO | 1, SECCOMP_RET_ERRNO | 38, SECCOMP_RET_ERRNO | 4095,
	SECCOMP_RET_ERRNO | 0xffff, SECCOMP_RET_TRAP, SECCOMP_RET_TRAP | 0x1234,
	SECCOMP_RET_TRACE | 3, SECCOMP_RET_LOG, SECCOMP_RET_LOG | 9, SECCOMP_RET_USER_NOTIF,
};

static const __u32 deadly[] = {
	SECCOMP_RET_KILL_THREAD, SECCOMP_RET_KILL_PROCESS, 0x00070000, 0x7fc10000, 0xffffffff,
};

__u32 values[6];
int favourites[6];

static __u32 near_(__u32 value)
{
	return one_in(4) ? value - 1 + below(3) : value;
}

__u32 constant(void)
{
	static const __u32 arches[] = {
		AUDIT_ARCH_X86_64, AUDIT_ARCH_I386, AUDIT_ARCH_AARCH64, AUDIT_ARCH_ARM, ARCH_NATIVE,
	};
	static const __u32 edges[] = {
		0, 1, 2, 31, 32, 63, 64, 511, 512, 0x3fffffff, 0x40000000, 0x7fffffff, 0x80000000,
		0xffffffff,
	};

	switch (below(10)) {
	case 0 ... 3:
		return near_(PICK(favourites));
	case 4:
		return PICK(arches);
	case 5:
		return PICK(edges);
	case 6:
		return 1U << below(32);
	case 7:
	case 8:
		return near_(PICK(values));
	default:
		return bits();
	}
}

static void add(struct filter *f, __u16 code, __u8 jt, __u8 jf, __u32 k)
{
	f->insns[f->len++] = (struct sock_filter){ code, jt, jf, k };
}

static void add_return(struct filter *f)
{
	if (one_in(24))
		add(f, BPF_RET | BPF_A, 0, 0, 0);
	else
		add(f, BPF_RET | BPF_K, 0, 0, one_in(24) ? PICK(deadly) : PICK(returns));
}

static void add_load(struct filter *f)
{
	static const __u32 offsets[] = {
		0, 0, 0, 0, 0, 0, 16, 16, 16, 24, 24, 20, 32, 40, 48, 56, 4, 8, 12, 28,
	};

	static const __u32 more[] = { 64, 68, 72, 72, 72, 76, 80, 80, 84, 84, 88, 500, 1128, 1132 };
	__u32 offset = PICK(offsets);

	if (f->appended && one_in(3)) {
		offset = PICK(more);
		if (f->ea_size >= 4 && one_in(2))
			offset = OFFSET(extensible_arg) + 4 * below(f->ea_size / 4);
	}
	add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset);
}

static const __u16 jumps[] = { BPF_JEQ, BPF_JEQ, BPF_JGT, BPF_JGE, BPF_JSET };

/* Makes any len instructions that the kernel admits; that many cells were stored before. */
static void make_soup(struct filter *f, __u32 len, __u32 cells)
{
	static const __u16 ops[] = {
		BPF_ADD, BPF_SUB, BPF_MUL, BPF_DIV, BPF_OR, BPF_AND, BPF_LSH, BPF_RSH, BPF_XOR,
	};
	__u32 exotic = one_in(2) ? 9 : 0;

	for (__u32 pc = 0; pc < len - 1; pc++) {
		/* Jumps may go to any later instruction within reach. */
		__u32 room = len - pc - 1, near = room < 9 ? room : 9;
		__u16 op;

		switch (below(12 + exotic)) {
		case 0 ... 3:
			add_load(f);
			break;
		case 4 ... 8:
			op = PICK(jumps) | (one_in(6) ? BPF_X : BPF_K);
			add(f, BPF_JMP | op, below(near), one_in(2) ? 0 : below(near), constant());
			break;
		case 9:
			add_return(f);
			break;
		case 10:
			op = PICK(ops);
			if (one_in(3))
				add(f, BPF_ALU | op | BPF_X, 0, 0, 0);
			else if (op == BPF_LSH || op == BPF_RSH)
				add(f, BPF_ALU | op, 0, 0, below(32));
			else
				add(f, BPF_ALU | op, 0, 0, constant() ?: 1);
			break;
		case 11:
			add(f, BPF_JMP | BPF_JA, 0, 0, below(near));
			break;
		case 12:
			add(f, one_in(2) ? BPF_ST : BPF_STX, 0, 0, below(cells));
			break;
		case 13:
		case 14:
			add(f, (one_in(2) ? BPF_LD : BPF_LDX) | BPF_MEM, 0, 0, below(cells));
			break;
		case 15:
			add(f, BPF_MISC | (one_in(2) ? BPF_TAX : BPF_TXA), 0, 0, 0);
			break;
		case 16:
			add(f, (one_in(2) ? BPF_LD : BPF_LDX) | BPF_IMM, 0, 0, constant());
			break;
		case 17:
			add(f, (one_in(2) ? BPF_LD : BPF_LDX) | BPF_W | BPF_LEN, 0, 0, 0);
			break;
		case 18:
			add(f, BPF_ALU | BPF_NEG, 0, 0, 0);
			break;
		default:
			add(f, BPF_ALU | PICK(ops) | BPF_X, 0, 0, 0);
			break;
		}
	}
	add_return(f);
}

/* Adds tests of an argument's halves; jumps to the end unless all of them hold. */
static void add_arguments(struct filter *f)
{
	size_t tests[4], count = 0;
	__u32 offset = offsetof(struct seccomp_data, args) + 8 * below(6);

	for (int half = 1; half >= 0; half--) {
		if (one_in(3))
			continue;
		add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, offset + 4 * half);
		if (one_in(4))
			add(f, BPF_ALU | BPF_AND | BPF_K, 0, 0, constant());
		tests[count++] = f->len;
		add(f, BPF_JMP | PICK(jumps) | BPF_K, 0, 0, half && !one_in(4) ? 0 : constant());
	}
	add_return(f);
	while (count--)
		f->insns[tests[count]].jf = f->len - tests[count] - 1;
}

/* Makes a filter as libraries do: one rule after the other. */
static void make_linear(struct filter *f, __u32 rules)
{
	if (one_in(2)) {
		add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, arch));
		add(f, BPF_JMP | BPF_JEQ | BPF_K, 1, 0, one_in(8) ? constant() : ARCH_NATIVE);
		add_return(f);
	}
	add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
	while (rules--) {
		size_t at = f->len;

		add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 0, one_in(3) ? below(512) : PICK(favourites));
		if (one_in(2)) {
			add_arguments(f);
			add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
		} else {
			add_return(f);
		}
		f->insns[at].jf = f->len - at - 1;
	}
	add_return(f);
}

/* Makes the other kind of filter that libraries do: a binary search for the number. */
static void make_tree(struct filter *f, __u32 low, __u32 high, __u32 depth)
{
	__u32 middle;
	size_t at;

	if (!depth || high - low < 2) {
		if (one_in(3))
			add_arguments(f);
		add_return(f);
		return;
	}
	middle = near_(PICK(favourites));
	if (middle <= low || middle >= high)
		middle = low + 1 + below(high - low - 1);
	at = f->len;
	if (one_in(2))
		add(f, BPF_JMP | BPF_JGE | BPF_K, 0, 1, middle);
	else
		add(f, BPF_JMP | BPF_JGT | BPF_K, 0, 1, middle - 1);
	add(f, BPF_JMP | BPF_JA, 0, 0, 0);
	make_tree(f, low, middle, depth - 1);
	f->insns[at + 1].k = f->len - at - 2;
	make_tree(f, middle, high, depth - 1);
}

void make_filter(struct filter *f, bool last)
{
	f->len = 0;
	f->flags = one_in(4) ? SECCOMP_FILTER_FLAG_LOG : 0;
	f->appended = appending && !one_in(3);
	f->append_flags = 0;
	f->ea_size = 0;
	if (f->appended) {
		static const __u32 sizes[] = { 0, 4, 8, 24, 32, 48, 64, 88, MAX_ARGUMENT };

		f->append_flags |= one_in(2) ? WANT_NR_HIGH : 0;
		f->append_flags |= one_in(2) ? WANT_ARCH : 0;
		if (!one_in(3)) {
			f->append_flags |= USE_EA | (one_in(2) ? TAIL_VISIBLE : 0);
			f->ea_size = PICK(sizes);
		}
	}
	if (!last) {
		add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
		add(f, BPF_JMP | BPF_JEQ | BPF_K, 0, 1, __NR_seccomp);
		add(f, BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ALLOW);
		add(f, BPF_LD | BPF_IMM, 0, 0, 0);
	}
	switch (below(5)) {
	case 0:
		make_linear(f, below(one_in(20) ? 120 : 12));
		break;
	case 1:
		add(f, BPF_LD | BPF_W | BPF_ABS, 0, 0, 0);
		make_tree(f, 0, one_in(2) ? 520 : 0xffffffff, below(one_in(20) ? 6 : 4));
		break;
	default: {
		__u32 cells = one_in(2) ? 2 : 16;

		for (__u32 cell = 0; cell < cells; cell++)
			add(f, BPF_ST, 0, 0, cell);
		make_soup(f, 2 + below(one_in(20) ? 400 : 24), cells);
		break;
	}
	}
}
