// SPDX-License-Identifier: GPL-2.0
/*
 * The system calls with an extensible argument: bytes behind a pointer whose
 * length is known when the call is entered. The functions that check the sizes are
 * named beside each.
 */

#include <linux/compat.h>
#include <linux/sched.h>
#include <linux/seccomp_ea.h>
#include <linux/socket.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <net/compat.h>

#include <asm/syscall.h>
#ifdef CONFIG_X86_64
#include <asm/unistd_64_x32.h>
#endif

#include "append.h"

static_assert(sizeof(struct seccomp_syscall_ea) == SECCOMP_SYSCALL_EA_SIZE_VER0);

/* The largest socket address: a call refuses a longer one without a look at it. */
#define SECCOMP_EA_BUFFER_MAX		sizeof(struct sockaddr_storage)

/* What a NULL pointer means to a call. */
enum seccomp_ea_null {
	SECCOMP_EA_NULL_ADDRESS,	/* it is read as any other */
	SECCOMP_EA_NULL_NOTHING,	/* there is no argument, and nothing is read */
};

/**
 * struct seccomp_ea_call - a system call with an extensible argument
 *
 * @nr: its number
 * @compat_nr: its number for 32-bit callers; -1 if that is not known
 * @kind: SECCOMP_EA_KIND_*
 * @null: what a NULL pointer means
 * @pointer_arg: which argument is the pointer
 * @size_arg: which is the size, SECCOMP_EA_SIZE_IN_STRUCT or SECCOMP_EA_SIZE_FIXED
 * @size_offset: where the size is in the struct
 * @size_zero: what the call takes a size of 0 in the struct for
 * @size_min: the smallest size that the call accepts
 * @size_known: the size that the call knows
 * @size_compat: the size of a fixed struct for 32-bit callers
 */
struct seccomp_ea_call {
	int nr;
	int compat_nr;
	u8 kind;
	u8 null;
	u8 pointer_arg;
	u32 size_arg;
	u32 size_offset;
	u32 size_zero;
	u32 size_min;
	u32 size_known;
	u32 size_compat;
};

#if defined(CONFIG_X86_64) && defined(SECCOMP_ARCH_COMPAT)
#define SECCOMP_COMPAT_NR(name)	__NR_ia32_##name
#elif defined(CONFIG_ARM64) && defined(SECCOMP_ARCH_COMPAT)
#define SECCOMP_COMPAT_NR(name)	__NR_compat32_##name
#endif

#ifdef CONFIG_COMPAT
#define SECCOMP_COMPAT_MSGHDR_SIZE	sizeof(struct compat_msghdr)
#else
#define SECCOMP_COMPAT_MSGHDR_SIZE	0
#endif

#ifdef SECCOMP_COMPAT_NR
#define SECCOMP_EA_CALL(name) \
	.nr = __NR_##name, .compat_nr = SECCOMP_COMPAT_NR(name)
#else
#define SECCOMP_EA_CALL(name) \
	.nr = __NR_##name, .compat_nr = -1
#endif

/* A struct whose size is an argument. */
#define SECCOMP_EA_STRUCT(pointer, size) \
	.kind = SECCOMP_EA_KIND_STRUCT, .pointer_arg = (pointer), .size_arg = (size)

/* A struct that has its size in it. */
#define SECCOMP_EA_SIZED(pointer, offset) \
	.kind = SECCOMP_EA_KIND_STRUCT, .pointer_arg = (pointer), \
	.size_arg = SECCOMP_EA_SIZE_IN_STRUCT, .size_offset = (offset)

/* A socket address. */
#define SECCOMP_EA_BUFFER(pointer, size) \
	.kind = SECCOMP_EA_KIND_BUFFER, .pointer_arg = (pointer), .size_arg = (size), \
	.size_known = SECCOMP_EA_BUFFER_MAX

#define SECCOMP_EA_SIZES(smallest, known) \
	.size_min = (smallest), .size_known = (known)

/*
 * bpf() is not among them, as it writes results to its struct. sendmsg() and the
 * calls that hide such an argument: see seccomp_ea_hidden().
 */
static const struct seccomp_ea_call seccomp_ea_calls[] = {
#ifdef __NR_clone3
	/* copy_clone_args_from_user() */
	{ SECCOMP_EA_CALL(clone3), SECCOMP_EA_STRUCT(0, 1), SECCOMP_EA_SIZES(64, 88) },
#endif
	{ SECCOMP_EA_CALL(openat2), SECCOMP_EA_STRUCT(2, 3), SECCOMP_EA_SIZES(24, 24) },
	/* wants_mount_setattr() */
	{ SECCOMP_EA_CALL(mount_setattr), SECCOMP_EA_STRUCT(3, 4), SECCOMP_EA_SIZES(32, 32) },
	{ SECCOMP_EA_CALL(open_tree_attr), SECCOMP_EA_STRUCT(3, 4), SECCOMP_EA_SIZES(32, 32),
	  .null = SECCOMP_EA_NULL_NOTHING },
	{ SECCOMP_EA_CALL(file_setattr), SECCOMP_EA_STRUCT(2, 3), SECCOMP_EA_SIZES(24, 24) },
	{ SECCOMP_EA_CALL(setxattrat), SECCOMP_EA_STRUCT(4, 5), SECCOMP_EA_SIZES(16, 16) },
	{ SECCOMP_EA_CALL(getxattrat), SECCOMP_EA_STRUCT(4, 5), SECCOMP_EA_SIZES(16, 16) },
	{ SECCOMP_EA_CALL(landlock_create_ruleset), SECCOMP_EA_STRUCT(0, 1),
	  SECCOMP_EA_SIZES(8, 48), .null = SECCOMP_EA_NULL_NOTHING },
	/* copy_mnt_id_req() */
	{ SECCOMP_EA_CALL(statmount), SECCOMP_EA_SIZED(0, 0), SECCOMP_EA_SIZES(24, 32) },
	{ SECCOMP_EA_CALL(listmount), SECCOMP_EA_SIZED(0, 0), SECCOMP_EA_SIZES(24, 32) },
	/* copy_ns_id_req() */
	{ SECCOMP_EA_CALL(listns), SECCOMP_EA_SIZED(0, 0), SECCOMP_EA_SIZES(32, 32) },
	/* sched_copy_attr() */
	{ SECCOMP_EA_CALL(sched_setattr), SECCOMP_EA_SIZED(1, 0), SECCOMP_EA_SIZES(48, 56),
	  .size_zero = 48, .null = SECCOMP_EA_NULL_NOTHING },
	/* perf_copy_attr() */
	{ SECCOMP_EA_CALL(perf_event_open), SECCOMP_EA_SIZED(0, 4), SECCOMP_EA_SIZES(64, 144),
	  .size_zero = 64 },
	/* move_addr_to_kernel() */
	{ SECCOMP_EA_CALL(connect), SECCOMP_EA_BUFFER(1, 2) },
	{ SECCOMP_EA_CALL(bind), SECCOMP_EA_BUFFER(1, 2) },
	{ SECCOMP_EA_CALL(sendto), SECCOMP_EA_BUFFER(4, 5), .null = SECCOMP_EA_NULL_NOTHING },
	/* copy_msghdr_from_user(), get_compat_msghdr() */
	{ SECCOMP_EA_CALL(sendmsg), .kind = SECCOMP_EA_KIND_FIXED, .pointer_arg = 1,
	  .size_arg = SECCOMP_EA_SIZE_FIXED, .size_min = sizeof(struct user_msghdr),
	  .size_known = sizeof(struct user_msghdr), .size_compat = SECCOMP_COMPAT_MSGHDR_SIZE },
};

static bool seccomp_is_native(u32 arch)
{
#ifdef SECCOMP_ARCH_NATIVE
	return arch == SECCOMP_ARCH_NATIVE;
#else
	return false;
#endif
}

/**
 * seccomp_is_compat() - Is this the architecture of 32-bit calls here?
 * @arch: AUDIT_ARCH_*
 *
 * Return: whether it is.
 */
bool seccomp_is_compat(u32 arch)
{
#ifdef SECCOMP_ARCH_COMPAT
	return arch == SECCOMP_ARCH_COMPAT;
#else
	return false;
#endif
}

/*
 * The call with this number, if it has an extensible argument. A search, as user
 * space chose the number: there is no index to speculate on.
 */
static const struct seccomp_ea_call *seccomp_ea_find(u32 arch, u32 nr)
{
	const bool compat = seccomp_is_compat(arch);
	const struct seccomp_ea_call *call;

	if (!compat && !seccomp_is_native(arch))
		return NULL;
#if defined(CONFIG_X86) && defined(CONFIG_64BIT)
	/* The calls of x32 that are not its own. */
	if (!compat)
		nr &= ~__X32_SYSCALL_BIT;
#endif
	/* Of a call that there is not, the table has -1. */
	if (nr > INT_MAX)
		return NULL;
	for (call = seccomp_ea_calls;
	     call < seccomp_ea_calls + ARRAY_SIZE(seccomp_ea_calls); call++) {
		if ((compat ? call->compat_nr : call->nr) == nr)
			return call;
	}
	return NULL;
}

/*
 * Does the call with this number pass such an argument where filters do not see
 * it: in a vector, or by a pointer to the arguments?
 */
static bool seccomp_ea_hidden(u32 arch, u32 nr)
{
	if (seccomp_is_native(arch)) {
		switch (nr) {
		case __NR_sendmmsg:
#ifdef __NR_socketcall
		case __NR_socketcall:
#endif
#if defined(CONFIG_X86) && defined(CONFIG_64BIT)
		/* They have the layout of 32-bit calls. */
		case __X32_SYSCALL_BIT + __NR_x32_sendmsg:
		case __X32_SYSCALL_BIT + __NR_x32_sendmmsg:
#endif
			return true;
		}
	}
#ifdef SECCOMP_COMPAT_NR
	if (seccomp_is_compat(arch)) {
		switch (nr) {
		case SECCOMP_COMPAT_NR(sendmmsg):
#ifdef __NR_ia32_socketcall
		case __NR_ia32_socketcall:
#endif
			return true;
		}
	}
#endif
	return false;
}

/* An argument of a call, as its wrapper takes it. */
static u64 seccomp_argument(const struct seccomp_data *sd, unsigned int index)
{
	return seccomp_is_compat(sd->arch) ? (u32)sd->args[index] : sd->args[index];
}

/* The size in bytes that the caller passed; 0 if it is in the struct. */
static u64 seccomp_ea_size_passed(const struct seccomp_ea_call *call,
				  const struct seccomp_data *sd)
{
	switch (call->size_arg) {
	case SECCOMP_EA_SIZE_IN_STRUCT:
		return 0;
	case SECCOMP_EA_SIZE_FIXED:
		return seccomp_is_compat(sd->arch) ? call->size_compat : call->size_known;
	}
	/* The size of an address is an int. */
	if (call->kind == SECCOMP_EA_KIND_BUFFER)
		return (u32)seccomp_argument(sd, call->size_arg);
	return seccomp_argument(sd, call->size_arg);
}

/* Will the call refuse an argument of this size though it takes shorter ones? */
static bool seccomp_ea_refuses(const struct seccomp_ea_call *call, u64 size)
{
	return call->kind == SECCOMP_EA_KIND_BUFFER && size > SECCOMP_EA_BUFFER_MAX;
}

/*
 * How much to copy of a struct that has this size in it. A call that refuses the
 * size has read it, but nothing behind it.
 */
static size_t seccomp_ea_field_len(const struct seccomp_ea_call *call, u32 size)
{
	const u32 len = size ?: call->size_zero;

	if (len < call->size_min || len > SECCOMP_EA_SIZE)
		return call->size_offset + sizeof(u32);
	return len;
}

/*
 * The extent of an argument of this size. What is beyond a copy is not looked at:
 * it is taken not to be zero, as the call refuses it in any case.
 */
static u32 seccomp_ea_extent(const struct seccomp_ea *ea, u64 size)
{
	size_t extent = ea->len;

	if (size > SECCOMP_EA_SIZE)
		return min_t(u64, size, U32_MAX);
	while (extent && !ea->data[extent - 1])
		extent--;
	return extent;
}

/* Copies the argument of a call, which then reads the copy. */
static void seccomp_ea_copy_argument(struct seccomp_ea *ea, const struct seccomp_ea_call *call,
				     const struct seccomp_data *sd)
{
	const u64 pointer = seccomp_argument(sd, call->pointer_arg);
	void __user *uptr = (void __user *)(unsigned long)pointer;
	u64 size = seccomp_ea_size_passed(call, sd);
	const bool refuses = seccomp_ea_refuses(call, size);
	size_t len = min_t(u64, size, SECCOMP_EA_SIZE);
	u32 field;

	if (refuses || (!pointer && call->null == SECCOMP_EA_NULL_NOTHING)) {
		seccomp_ea_clear(ea);
	} else {
		if (call->size_arg == SECCOMP_EA_SIZE_IN_STRUCT &&
		    !get_user(field, (u32 __user *)(unsigned long)(pointer + call->size_offset))) {
			size = field;
			len = seccomp_ea_field_len(call, field);
		}
		/* Does not fail, as there is a copy to fill. */
		seccomp_ea_fill(uptr, len);
	}
	ea->present = true;
	ea->size = size;
	ea->extent = refuses ? 0 : seccomp_ea_extent(ea, size);
}

/**
 * seccomp_ea_gather() - Copy the extensible argument of the caller's call
 * @ea: the caller's, where the copy is put
 * @sd: what all filters see of the call
 *
 * The call will read the copy, unless seccomp_ea_forget() is called.
 *
 * Context: Process context. May sleep.
 * Return: whether the call has such an argument. If not, nothing is changed.
 */
bool seccomp_ea_gather(struct seccomp_ea *ea, const struct seccomp_data *sd)
{
	const struct seccomp_ea_call *call = seccomp_ea_find(sd->arch, sd->nr);

	if (call)
		seccomp_ea_copy_argument(ea, call, sd);
	return call;
}

static void seccomp_describe_call(struct seccomp_syscall_ea *args,
				  const struct seccomp_ea_call *call)
{
	const bool compat = seccomp_is_compat(args->arch) && call->kind == SECCOMP_EA_KIND_FIXED;

	args->pointer_arg = call->pointer_arg;
	args->size_arg = call->size_arg;
	args->size_offset = call->size_offset;
	args->size_min = compat ? call->size_compat : call->size_min;
	args->size_known = compat ? call->size_compat : call->size_known;
	args->kind = call->kind;
}

/**
 * seccomp_get_syscall_ea() - Run SECCOMP_GET_SYSCALL_EA_SIZE
 * @size: size of the caller's struct seccomp_syscall_ea
 * @uargs: that struct
 *
 * Return: 0 or a negative errno.
 */
long seccomp_get_syscall_ea(unsigned int size, void __user *uargs)
{
	const struct seccomp_ea_call *call;
	struct seccomp_syscall_ea args, answer = {};
	int ret;

	ret = seccomp_check_size(size, SECCOMP_SYSCALL_EA_SIZE_VER0) ?:
	      copy_struct_from_user(&args, sizeof(args), uargs, size);
	if (ret)
		return ret;
	answer.arch = args.arch;
	answer.nr = args.nr;
	call = seccomp_ea_find(args.arch, args.nr);
	if (call)
		seccomp_describe_call(&answer, call);
	else if (seccomp_ea_hidden(args.arch, args.nr))
		answer.kind = SECCOMP_EA_KIND_HIDDEN;
	else
		return -EOPNOTSUPP;
	return copy_struct_to_user(uargs, size, &answer, sizeof(answer), NULL);
}
