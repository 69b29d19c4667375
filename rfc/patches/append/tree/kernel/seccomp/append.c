// SPDX-License-Identifier: GPL-2.0
/*
 * Appended filters: classic BPF over struct seccomp_data_append.
 *
 * Each task under such a filter has one of these structs, with room for an
 * extensible argument behind it (struct seccomp_ea). What is the same for all
 * filters of a call is filled in before the first is run, and what a filter has
 * asked for before that filter is run.
 */
#define pr_fmt(fmt) "seccomp: " fmt

#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/seccomp_ea.h>
#include <linux/uaccess.h>

#include <asm/syscall.h>
#ifdef CONFIG_X86
#include <asm/cpufeature.h>
#include <asm/special_insns.h>
#endif
#ifdef CONFIG_ARM64
#include <asm/cpufeature.h>
#include <asm/sysreg.h>
#endif

#include "append.h"
#include "internal.h"

#define SECCOMP_APPEND_FLAG_MASK	(SECCOMP_FILTER_FLAG_MASK | \
					 SECCOMP_APPEND_FLAG_WANT_NR_HIGH | \
					 SECCOMP_APPEND_FLAG_WANT_ARCH | \
					 SECCOMP_APPEND_FLAG_USE_EA_SIZE | \
					 SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE)

/* What a filter answers that loads from an argument with more in it than it sees. */
#define SECCOMP_RET_E2BIG		(SECCOMP_RET_ERRNO | E2BIG)

static_assert(sizeof(struct seccomp_data_append) == SECCOMP_DATA_APPEND_SIZE);
static_assert(sizeof(struct seccomp_notif_append) == SECCOMP_NOTIF_APPEND_SIZE);
static_assert(sizeof(struct seccomp_append_filter) == SECCOMP_APPEND_FILTER_SIZE_VER0);
static_assert(sizeof(struct seccomp_features) == SECCOMP_FEATURES_SIZE_VER0);
static_assert(SECCOMP_EA_SIZE == SECCOMP_EXTENSIBLE_ARG_MAX);

/* The feature, if the caller's register with the number has an upper half. */
static u64 seccomp_nr_high(u32 arch, u32 *value)
{
	/* A 32-bit call has none: it is zero. */
	*value = 0;
	if (seccomp_is_compat(arch))
		return SECCOMP_DATA_FEATURE_NR_HIGH;
#if defined(CONFIG_X86) && defined(CONFIG_64BIT)
	*value = upper_32_bits(task_pt_regs(current)->orig_ax);
	return SECCOMP_DATA_FEATURE_NR_HIGH;
#elif defined(CONFIG_ARM64)
	*value = upper_32_bits(task_pt_regs(current)->regs[8]);
	return SECCOMP_DATA_FEATURE_NR_HIGH;
#else
	return BITS_PER_LONG == 32 ? SECCOMP_DATA_FEATURE_NR_HIGH : 0;
#endif
}

/*
 * The feature, if the processor has a protection-key register. The kernel switches
 * it with the task and does not change it on entry: it has what user space has set.
 * Of POR_EL0 the lower half has all keys that there are.
 */
static u64 seccomp_pkey(u32 *value)
{
	*value = 0;
#if defined(CONFIG_X86)
	if (cpu_feature_enabled(X86_FEATURE_OSPKE)) {
		*value = rdpkru();
		return SECCOMP_DATA_FEATURE_PKEY;
	}
#elif defined(CONFIG_ARM64)
	if (system_supports_poe()) {
		*value = lower_32_bits(read_sysreg_s(SYS_POR_EL0));
		return SECCOMP_DATA_FEATURE_PKEY;
	}
#endif
	return 0;
}

/* How much an appended filter may load. */
static u32 seccomp_append_size(const struct seccomp_append *append)
{
	return SECCOMP_DATA_APPEND_SIZE + append->ea_size;
}

/*
 * bpf_prog_create_from_user() has its callback check a program, and tells it
 * nothing of what for. The callback runs in the task that installs the filter,
 * which has put the size and the program into its struct seccomp_ea. No other task
 * uses that, and no filter is run meanwhile.
 */
static int seccomp_check_appended(struct sock_filter *filter, unsigned int flen)
{
	return seccomp_check_insns(filter, flen, current->seccomp.ea->view->size);
}

static bool seccomp_loads_argument(const struct sock_filter *insn)
{
	return insn->code == (BPF_LD | BPF_W | BPF_ABS) && insn->k >= SECCOMP_DATA_APPEND_SIZE;
}

/*
 * Makes the program that refuses arguments of which the filter sees only a part:
 * each load from the argument becomes a return. It is made from the instructions of
 * the other one, whatever user space has put in their place by now.
 */
static int seccomp_check_refusing(struct sock_filter *filter, unsigned int flen)
{
	const struct sock_fprog_kern *original = current->seccomp.ea->original;
	unsigned int pc;

	if (WARN_ON_ONCE(flen != original->len))
		return -EINVAL;
	memcpy(filter, original->filter, bpf_classic_proglen(original));
	for (pc = 0; pc < flen; pc++) {
		if (seccomp_loads_argument(&filter[pc]))
			filter[pc] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
								  SECCOMP_RET_E2BIG);
	}
	return seccomp_check_appended(filter, flen);
}

static bool seccomp_needs_refusing(const struct seccomp_append *append,
				   const struct sock_fprog_kern *fprog)
{
	unsigned int pc;

	if (append->flags & SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE)
		return false;
	for (pc = 0; pc < fprog->len; pc++) {
		if (seccomp_loads_argument(&fprog->filter[pc]))
			return true;
	}
	return false;
}

/**
 * seccomp_append_create() - Make the programs of an appended filter
 * @append: its flags and size; gets its second program
 * @prog: gets its program
 * @fprog: what user space passed
 *
 * Return: 0 or a negative errno.
 */
int seccomp_append_create(struct seccomp_append *append, struct bpf_prog **prog,
			  struct sock_fprog *fprog)
{
	struct seccomp_ea *ea = seccomp_ea_get();
	int ret;

	if (!ea)
		return -ENOMEM;
	if (!fprog->filter)
		return -EFAULT;
	ea->view->size = seccomp_append_size(append);
	ret = bpf_prog_create_from_user(prog, fprog, seccomp_check_appended, true);
	if (ret || !seccomp_needs_refusing(append, (*prog)->orig_prog))
		return ret;
	ea->original = (*prog)->orig_prog;
	ret = bpf_prog_create_from_user(&append->refusing, fprog, seccomp_check_refusing, false);
	ea->original = NULL;
	if (ret)
		bpf_prog_destroy(*prog);
	return ret;
}

/**
 * seccomp_append_free() - Free what a filter has beyond others
 * @append: part of a filter that nobody uses
 */
void seccomp_append_free(struct seccomp_append *append)
{
	if (append->refusing)
		bpf_prog_destroy(append->refusing);
}

/**
 * seccomp_append_len() - Say how long a filter is, beyond its program
 * @append: part of a filter
 *
 * Return: the number of instructions.
 */
unsigned int seccomp_append_len(const struct seccomp_append *append)
{
	return append->refusing ? append->refusing->len : 0;
}

/**
 * seccomp_append_attach() - Note what the path of a new filter needs
 * @append: part of the filter, which nobody uses yet
 * @prev: part of the filter below, or NULL
 */
void seccomp_append_attach(struct seccomp_append *append, const struct seccomp_append *prev)
{
	append->in_path = seccomp_is_appended(append) || (prev && prev->in_path);
	append->ea_in_path = (append->flags & SECCOMP_APPEND_FLAG_USE_EA_SIZE) ||
			     (prev && prev->ea_in_path);
}

/**
 * seccomp_append_gather() - Gather what appended filters see of the caller's call
 * @newest: part of the newest filter of a path with appended filters
 * @sd: what all filters see of the call
 *
 * If a filter of the path sees extensible arguments, and the call has one, then the
 * call will read what is copied here, unless seccomp_ea_forget() is called.
 *
 * Context: Process context. May sleep.
 * Return: what seccomp_append_run() needs, or ERR_PTR(-ENOMEM).
 */
struct seccomp_ea *seccomp_append_gather(const struct seccomp_append *newest,
					 const struct seccomp_data *sd)
{
	struct seccomp_ea *ea = seccomp_ea_get();

	if (!ea)
		return ERR_PTR(-ENOMEM);
	ea->view->data = *sd;
	if (!newest->ea_in_path || !seccomp_ea_gather(ea, sd)) {
		seccomp_ea_clear(ea);
		ea->present = false;
		ea->size = 0;
		ea->extent = 0;
	}
	return ea;
}

/* Fills in what an appended filter has asked for. All else reads as zero. */
static void seccomp_append_show(const struct seccomp_append *append, struct seccomp_ea *ea)
{
	struct seccomp_data_append *view = ea->view;

	view->size = seccomp_append_size(append);
	view->features = 0;
	view->nr_high = 0;
	view->arch_reserved[0] = 0;
	view->extensible_arg_extent = 0;
	view->extensible_arg_size = 0;
	if (append->flags & SECCOMP_APPEND_FLAG_WANT_NR_HIGH)
		view->features |= seccomp_nr_high(view->data.arch, &view->nr_high);
	if (append->flags & SECCOMP_APPEND_FLAG_WANT_ARCH)
		view->features |= seccomp_pkey(&view->arch_reserved[0]);
	if (!ea->present || !(append->flags & SECCOMP_APPEND_FLAG_USE_EA_SIZE))
		return;
	view->features |= SECCOMP_DATA_FEATURE_EA | SECCOMP_DATA_FEATURE_EA_EXTENT;
	if (append->flags & SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE && ea->extent > append->ea_size)
		view->features |= SECCOMP_DATA_FEATURE_EA_TAIL;
	view->extensible_arg_extent = ea->extent;
	view->extensible_arg_size = ea->size;
}

/**
 * seccomp_append_run() - Run an appended filter
 * @append: part of the filter
 * @prog: its program
 * @ea: from seccomp_append_gather()
 *
 * Return: SECCOMP_RET_*.
 */
u32 seccomp_append_run(const struct seccomp_append *append, const struct bpf_prog *prog,
		       struct seccomp_ea *ea)
{
	seccomp_append_show(append, ea);
	if (append->refusing && ea->extent > append->ea_size)
		prog = append->refusing;
	return bpf_prog_run_pin_on_cpu(prog, ea->view);
}

/**
 * seccomp_append_see() - Note what a supervisor will be told of the caller's call
 * @seen: to be filled in
 * @sd: what all filters see of the call
 *
 * The argument is that of the last seccomp_append_gather(), which was about this
 * call: a task under a filter that sees arguments does not come here without.
 */
void seccomp_append_see(struct seccomp_seen *seen, const struct seccomp_data *sd)
{
	const struct seccomp_ea *ea = current->seccomp.ea;

	*seen = (struct seccomp_seen){};
	seen->features |= seccomp_nr_high(sd->arch, &seen->nr_high);
	seen->features |= seccomp_pkey(&seen->pkey);
	if (!ea || !ea->present)
		return;
	seen->features |= SECCOMP_DATA_FEATURE_EA;
	seen->extent = ea->extent;
	seen->size = ea->size;
	seen->argument = ea->data;
}

/**
 * seccomp_append_notif() - Fill in what a notification has beyond struct seccomp_notif
 * @notif: the notification, which is zero there
 * @room: bytes for the argument behind it, at most SECCOMP_EXTENSIBLE_ARG_MAX
 * @seen: from seccomp_append_see()
 */
void seccomp_append_notif(struct seccomp_notif_append *notif, size_t room,
			  const struct seccomp_seen *seen)
{
	notif->features = seen->features;
	notif->nr_high = seen->nr_high;
	notif->arch_reserved[0] = seen->pkey;
	notif->extensible_arg_size = seen->size;
	if (!seen->argument)
		return;
	if (seen->extent > room)
		notif->features |= SECCOMP_DATA_FEATURE_EA_TAIL;
	memcpy(notif->extensible_arg, seen->argument, room);
}

/**
 * seccomp_append_metadata() - Fill in what a tracer is told of an appended filter
 * @append: part of a filter
 * @metadata: has the flags that other filters have
 *
 * Return: how many bytes of @metadata there are.
 */
size_t seccomp_append_metadata(const struct seccomp_append *append,
			       struct seccomp_metadata_append *metadata)
{
	if (!seccomp_is_appended(append))
		return sizeof(struct seccomp_metadata);
	metadata->flags |= append->flags;
	metadata->extensible_arg_size = append->ea_size;
	return sizeof(*metadata);
}

static int seccomp_check_flags(const struct seccomp_append_filter *args)
{
	if (args->flags & ~SECCOMP_APPEND_FLAG_MASK)
		return -EINVAL;
	if (!(args->flags & SECCOMP_APPEND_FLAG_USE_EA_SIZE)) {
		if (args->flags & SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE || args->extensible_arg_size)
			return -EINVAL;
		return 0;
	}
	if (args->extensible_arg_size > SECCOMP_EXTENSIBLE_ARG_MAX)
		return -E2BIG;
	/* A filter loads words, and could not see what is behind the last one. */
	if (args->extensible_arg_size % sizeof(u32))
		return -EINVAL;
	return 0;
}

static long seccomp_append_filter(unsigned int size, void __user *uargs)
{
	struct seccomp_append_filter args;
	struct seccomp_append append = {};
	int ret;

	ret = seccomp_check_size(size, SECCOMP_APPEND_FILTER_SIZE_VER0) ?:
	      copy_struct_from_user(&args, sizeof(args), uargs, size) ?:
	      seccomp_check_flags(&args);
	if (ret)
		return ret;
	if (args.filter != (unsigned long)args.filter)
		return -EFAULT;
	/* The lower half has the flags of SECCOMP_SET_MODE_FILTER. */
	append.flags = (args.flags & ~(u64)U32_MAX) | SECCOMP_METADATA_APPENDED;
	append.ea_size = args.extensible_arg_size;
	return seccomp_set_mode_filter(lower_32_bits(args.flags), u64_to_user_ptr(args.filter),
				       &append);
}

static long seccomp_get_features(unsigned int size, void __user *uargs)
{
	struct seccomp_features features = {
		.operations = BIT_ULL(SECCOMP_SET_MODE_STRICT) |
			      BIT_ULL(SECCOMP_SET_MODE_FILTER) |
			      BIT_ULL(SECCOMP_GET_ACTION_AVAIL) |
			      BIT_ULL(SECCOMP_GET_NOTIF_SIZES) |
			      BIT_ULL(SECCOMP_APPEND_FILTER) |
			      BIT_ULL(SECCOMP_GET_SYSCALL_EA_SIZE) |
			      BIT_ULL(SECCOMP_GET_FEATURES),
		/* As many as seccomp_get_action_avail() knows. */
		.actions = 8,
		.extensible_arg_max = SECCOMP_EXTENSIBLE_ARG_MAX,
		.filter_flags = SECCOMP_FILTER_FLAG_MASK,
		.append_flags = SECCOMP_APPEND_FLAG_MASK,
		.data_features = SECCOMP_DATA_FEATURE_EA |
				 SECCOMP_DATA_FEATURE_EA_TAIL |
				 SECCOMP_DATA_FEATURE_EA_EXTENT,
	};
	u32 value;
	int ret;

	ret = seccomp_check_size(size, SECCOMP_FEATURES_SIZE_VER0);
	if (ret)
		return ret;
	features.data_features |= seccomp_nr_high(syscall_get_arch(current), &value);
	features.data_features |= seccomp_pkey(&value);
	return copy_struct_to_user(uargs, size, &features, sizeof(features), NULL);
}

static long seccomp_get_append_sizes(void __user *uargs)
{
	const struct seccomp_notif_sizes sizes = {
		.seccomp_notif = sizeof(struct seccomp_notif_append),
		.seccomp_notif_resp = sizeof(struct seccomp_notif_resp),
		.seccomp_data = sizeof(struct seccomp_data_append),
	};

	return copy_to_user(uargs, &sizes, sizeof(sizes)) ? -EFAULT : 0;
}

/**
 * seccomp_append_op() - Run an operation of seccomp(2) that is about appended filters
 * @op: SECCOMP_*
 * @flags: flags of the operation, or the size of its argument
 * @uargs: argument of the operation
 *
 * Return: the result of the operation; -EINVAL if it is none.
 */
long seccomp_append_op(unsigned int op, unsigned int flags, void __user *uargs)
{
	switch (op) {
	case SECCOMP_APPEND_FILTER:
		return seccomp_append_filter(flags, uargs);
	case SECCOMP_GET_SYSCALL_EA_SIZE:
		return seccomp_get_syscall_ea(flags, uargs);
	case SECCOMP_GET_FEATURES:
		return seccomp_get_features(flags, uargs);
	case SECCOMP_GET_NOTIF_SIZES:
		if (flags != SECCOMP_GET_NOTIF_SIZES_APPEND)
			return -EINVAL;
		return seccomp_get_append_sizes(uargs);
	default:
		return -EINVAL;
	}
}
