// SPDX-License-Identifier: GPL-2.0
/*
 * The verdict of filters on a call, by an interpreter that was written from the definition of
 * classic BPF and not from either engine.
 */

#include "interpreter.h"
#include "raw_call.h"

/* What a filter sees of a call. */
struct seen {
	struct seccomp_data_append data;
	__u8 argument[MAX_ARGUMENT];
};

/* What a load from an argument does to a filter that sees no tail, if there is one. */
#define REFUSED (SECCOMP_RET_ERRNO | E2BIG)

static __u32 run(const struct filter *f, const struct seen *seen, bool refuses)
{
	__u32 words[sizeof(*seen) / 4], a = 0, x = 0, cells[BPF_MEMWORDS];
	size_t pc = 0;

	memcpy(words, seen, f->appended ? sizeof(words) : sizeof(seen->data.data));
	for (;;) {
		const struct sock_filter *i = &f->insns[pc++];
		__u32 b = BPF_SRC(i->code) == BPF_X ? x : i->k;

		switch (BPF_CLASS(i->code)) {
		case BPF_LD:
			switch (BPF_MODE(i->code)) {
			case BPF_ABS:
				if (refuses && i->k >= OFFSET(extensible_arg))
					return REFUSED;
				a = words[i->k / 4];
				break;
			case BPF_IMM:
				a = i->k;
				break;
			case BPF_MEM:
				a = cells[i->k];
				break;
			case BPF_LEN:
				a = seen->data.size;
				break;
			}
			break;
		case BPF_LDX:
			switch (BPF_MODE(i->code)) {
			case BPF_IMM:
				x = i->k;
				break;
			case BPF_MEM:
				x = cells[i->k];
				break;
			case BPF_LEN:
				x = seen->data.size;
				break;
			}
			break;
		case BPF_ST:
			cells[i->k] = a;
			break;
		case BPF_STX:
			cells[i->k] = x;
			break;
		case BPF_ALU:
			switch (BPF_OP(i->code)) {
			case BPF_ADD:
				a += b;
				break;
			case BPF_SUB:
				a -= b;
				break;
			case BPF_MUL:
				a *= b;
				break;
			case BPF_DIV:
				if (!b)
					return 0;
				a /= b;
				break;
			case BPF_OR:
				a |= b;
				break;
			case BPF_AND:
				a &= b;
				break;
			case BPF_LSH:
				a <<= b & 31;
				break;
			case BPF_RSH:
				a >>= b & 31;
				break;
			case BPF_XOR:
				a ^= b;
				break;
			case BPF_NEG:
				a = -a;
				break;
			}
			break;
		case BPF_JMP: {
			bool holds = false;

			switch (BPF_OP(i->code)) {
			case BPF_JA:
				pc += i->k;
				continue;
			case BPF_JEQ:
				holds = a == b;
				break;
			case BPF_JGT:
				holds = a > b;
				break;
			case BPF_JGE:
				holds = a >= b;
				break;
			case BPF_JSET:
				holds = a & b;
				break;
			}
			pc += holds ? i->jt : i->jf;
			break;
		}
		case BPF_RET:
			return BPF_RVAL(i->code) == BPF_A ? a : i->k;
		case BPF_MISC:
			if (BPF_MISCOP(i->code) == BPF_TAX)
				x = a;
			else
				a = x;
			break;
		}
	}
}

struct filter filters[MAX_FILTERS];
int filter_count;

bool has_pkeys;

static __u32 pkey_register(void)
{
	__u32 value = 0;

#ifdef HAS_PKRU
	__u32 high;

	if (has_pkeys)
		asm volatile("rdpkru" : "=a"(value), "=d"(high) : "c"(0));
#endif
	return value;
}

/* Fills in the extensible argument as filters see it. Returns its size as they see it. */
static __u64 see_argument(const struct call *call, __u8 *argument)
{
	const struct extensible *e = call->extensible;
	bool readable = call->args[e->pointer] == (uintptr_t)buffer;
	__u32 length, field;
	__u64 size;

	if (e->size >= 0) {
		size = call->args[e->size];
		length = size;
	} else {
		if (!readable)
			return 0;
		memcpy(&field, call->argument + e->offset, 4);
		size = field;
		length = field ?: e->zero;
		/* The kernel refuses the size, and reads no more. */
		if (length < e->smallest || length > 4096)
			length = e->offset + 4;
	}
	if (readable)
		memcpy(argument, call->argument, length);
	return size;
}

/* The verdict of one filter. */
static __u32 verdict_by(const struct filter *f, const struct call *call)
{
	struct seen s = {
		.data.data = {
			.nr = call->nr,
			.arch = ARCH_NATIVE,
			.instruction_pointer = (uintptr_t)raw_call_ip,
		},
		.data.size = f->appended ? OFFSET(extensible_arg) + f->ea_size : 64,
	};

	bool refuses = false;

	for (int i = 0; i < 6; i++)
		s.data.data.args[i] = call->args[i];
	if (f->append_flags & WANT_NR_HIGH) {
		s.data.features |= SECCOMP_DATA_FEATURE_NR_HIGH;
#if __SIZEOF_LONG__ == 8
		s.data.nr_high = (unsigned long)call->nr >> 32;
#endif
	}
	if (f->append_flags & WANT_ARCH && has_pkeys) {
		s.data.features |= SECCOMP_DATA_FEATURE_PKEY;
		s.data.arch_reserved[0] = pkey_register();
	}
	if (f->append_flags & USE_EA && call->extensible) {
		__u64 size = see_argument(call, s.argument);
		__u32 extent = MAX_ARGUMENT;

		while (extent && !s.argument[extent - 1])
			extent--;
		/* What is beyond is not looked at, and taken not to be zero. */
		if (size > MAX_ARGUMENT)
			extent = size < UINT32_MAX ? size : UINT32_MAX;
		s.data.features |= SECCOMP_DATA_FEATURE_EA | SECCOMP_DATA_FEATURE_EA_EXTENT;
		s.data.extensible_arg_size = size;
		s.data.extensible_arg_extent = extent;
		refuses = extent > f->ea_size && !(f->append_flags & TAIL_VISIBLE);
		if (extent > f->ea_size && !refuses)
			s.data.features |= SECCOMP_DATA_FEATURE_EA_TAIL;
	}
	return run(f, &s, refuses);
}

__u32 verdict_of(const struct call *call)
{
	__u32 verdict = SECCOMP_RET_ALLOW;

#ifdef __x86_64__
	if ((int)call->nr == 335 || (int)call->nr == 336)
		return SECCOMP_RET_ALLOW;
#endif
	for (int i = filter_count - 1; i >= 0; i--) {
		__u32 ret = verdict_by(&filters[i], call);

		if ((int32_t)(ret & SECCOMP_RET_ACTION_FULL) <
		    (int32_t)(verdict & SECCOMP_RET_ACTION_FULL))
			verdict = ret;
	}
	return verdict;
}

const char *const kind_names[KINDS] = {
	"allow", "log", "trace", "notify", "errno", "trap", "kill",
};

enum kind kind_of(__u32 verdict)
{
	switch (verdict & SECCOMP_RET_ACTION_FULL) {
	case SECCOMP_RET_ALLOW:
		return ALLOW;
	case SECCOMP_RET_LOG:
		return LOG;
	case SECCOMP_RET_TRACE:
		return TRACE;
	case SECCOMP_RET_USER_NOTIF:
		return NOTIFY;
	case SECCOMP_RET_ERRNO:
		return ERRNO;
	case SECCOMP_RET_TRAP:
		return TRAP;
	default:
		return KILL;
	}
}
