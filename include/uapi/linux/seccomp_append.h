/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * What rust_seccomp adds to <linux/seccomp.h>: appended filters, which see more
 * than struct seccomp_data. Above all they see extensible arguments: structs
 * behind a pointer argument whose size the caller passes.
 *
 * Every struct here that is passed to seccomp(2) is extensible itself: the caller
 * passes its size in place of the flags of older operations. If the caller's
 * struct is smaller than the kernel's, the kernel takes the missing fields to be
 * zero on input, and leaves them out on output. If it is larger, its unknown tail
 * must be zero on input (else E2BIG) and is zero-filled on output. A size below
 * that of the first version is EINVAL.
 */
#ifndef _UAPI_LINUX_SECCOMP_APPEND_H
#define _UAPI_LINUX_SECCOMP_APPEND_H

#include <linux/seccomp.h>
#include <linux/types.h>

/* Operations of seccomp(2). */
#define SECCOMP_APPEND_FILTER		4
#define SECCOMP_GET_SYSCALL_EA_SIZE	5
#define SECCOMP_GET_FEATURES		6

/* Flag of SECCOMP_GET_NOTIF_SIZES: seccomp_notif is that of struct seccomp_notif_append. */
#define SECCOMP_GET_NOTIF_SIZES_APPEND	(1UL << 0)

/**
 * struct seccomp_append_filter - argument of SECCOMP_APPEND_FILTER
 * @flags: SECCOMP_FILTER_FLAG_* and SECCOMP_APPEND_FLAG_*
 * @filter: pointer to a struct sock_fprog
 * @extensible_arg_size: the number of bytes of an extensible argument that the
 *	filter understands, at most SECCOMP_EXTENSIBLE_ARG_MAX; 0 without
 *	SECCOMP_APPEND_FLAG_USE_EA_SIZE
 */
struct seccomp_append_filter {
	__u64 flags;
	__u64 filter;
	__u64 extensible_arg_size;
};

#define SECCOMP_APPEND_FILTER_SIZE_VER0	24

/* The filter sees the high half of the number's register in nr_high, else zero. */
#define SECCOMP_APPEND_FLAG_WANT_NR_HIGH	(1ULL << 32)
/* The filter sees what the architecture offers in arch_reserved, else zeros. */
#define SECCOMP_APPEND_FLAG_WANT_ARCH		(1ULL << 33)
/* The filter sees the first extensible_arg_size bytes of an extensible argument. */
#define SECCOMP_APPEND_FLAG_USE_EA_SIZE		(1ULL << 34)
/*
 * The filter may load from an argument that has bytes other than zero beyond what
 * the filter understands. Without the flag such a load, if it is executed, ends the
 * filter with SECCOMP_RET_ERRNO | E2BIG.
 */
#define SECCOMP_APPEND_FLAG_EA_TAIL_VISIBLE	(1ULL << 35)

/* The largest extensible_arg_size of a filter. */
#define SECCOMP_EXTENSIBLE_ARG_MAX	4096

/**
 * struct seccomp_data_append - what an appended filter loads from
 * @data: what other filters load from
 * @size: the number of bytes that the filter may load, its extensible_arg_size
 *	included
 * @features: SECCOMP_DATA_FEATURE_*
 * @nr_high: the high half of the register that has the system call's number
 * @arch_reserved: the first word is the protection-key register
 * @extensible_arg_extent: the offset in the argument just behind the last byte
 *	that is not zero, whatever the filter understands; 0 if all are zero, or if
 *	the call has no extensible argument. Bytes beyond the first
 *	SECCOMP_EXTENSIBLE_ARG_MAX are taken not to be zero.
 * @hole: zero
 * @extensible_arg_size: the size that the caller passed; 0 if the call has no
 *	extensible argument
 * @extensible_arg: the argument, zero beyond what the caller passed
 */
struct seccomp_data_append {
	struct seccomp_data data;
	__u64 size;
	__u64 features;
	__u32 nr_high;
	__u32 arch_reserved[5];
	__u32 extensible_arg_extent;
	__u8 hole[1020];
	__u64 extensible_arg_size;
	__u8 extensible_arg[];
};

#define SECCOMP_DATA_APPEND_SIZE	1136

/* nr_high is populated. */
#define SECCOMP_DATA_FEATURE_NR_HIGH	(1ULL << 0)
/* arch_reserved[0] is the protection-key register: PKRU, or POR_EL0. */
#define SECCOMP_DATA_FEATURE_PKEY	(1ULL << 1)
/* The call has an extensible argument, and the filter sees it. */
#define SECCOMP_DATA_FEATURE_EA		(1ULL << 2)
/* The argument has bytes other than zero beyond what the filter sees. */
#define SECCOMP_DATA_FEATURE_EA_TAIL	(1ULL << 3)
/* extensible_arg_extent is populated: the call has an argument, and the filter sees it. */
#define SECCOMP_DATA_FEATURE_EA_EXTENT	(1ULL << 4)

/**
 * struct seccomp_syscall_ea - argument of SECCOMP_GET_SYSCALL_EA_SIZE
 * @arch: AUDIT_ARCH_* of the call, to be filled in
 * @nr: its number, to be filled in
 * @pointer_arg: which argument is the pointer, counted from 0
 * @size_arg: which argument is the size; or SECCOMP_EA_SIZE_IN_STRUCT, or
 *	SECCOMP_EA_SIZE_FIXED
 * @size_offset: with SECCOMP_EA_SIZE_IN_STRUCT, the offset of the size, a __u32,
 *	in the struct
 * @size_min: the smallest size that the kernel accepts
 * @size_known: the size that the kernel knows
 * @kind: SECCOMP_EA_KIND_*
 */
struct seccomp_syscall_ea {
	__u32 arch;
	__u32 nr;
	__u32 pointer_arg;
	__u32 size_arg;
	__u32 size_offset;
	__u32 size_min;
	__u32 size_known;
	__u32 kind;
};

#define SECCOMP_SYSCALL_EA_SIZE_VER0	32
#define SECCOMP_EA_SIZE_IN_STRUCT	(~0U)
#define SECCOMP_EA_SIZE_FIXED		(~1U)

/* A struct that grows: the kernel takes more bytes than it knows if they are zero. */
#define SECCOMP_EA_KIND_STRUCT		0
/* A buffer, as a socket address: the kernel refuses more bytes than it knows. */
#define SECCOMP_EA_KIND_BUFFER		1
/* A struct of one size. 32-bit calls may have another layout, which filters see as it is. */
#define SECCOMP_EA_KIND_FIXED		2
/*
 * The call takes such an argument where filters do not see it: sendmmsg() in a vector, socketcall()
 * by a pointer to its arguments. All other fields are zero. A policy about addresses refuses it.
 */
#define SECCOMP_EA_KIND_HIDDEN		3

/**
 * struct seccomp_features - result of SECCOMP_GET_FEATURES
 * @operations: a bit for each operation of seccomp(2)
 * @actions: number of different SECCOMP_RET_* actions
 * @extensible_arg_max: SECCOMP_EXTENSIBLE_ARG_MAX
 * @filter_flags: SECCOMP_FILTER_FLAG_* of SECCOMP_SET_MODE_FILTER
 * @append_flags: all flags of struct seccomp_append_filter
 * @data_features: SECCOMP_DATA_FEATURE_* that this machine has
 */
struct seccomp_features {
	__u64 operations;
	__u32 actions;
	__u32 extensible_arg_max;
	__u64 filter_flags;
	__u64 append_flags;
	__u64 data_features;
};

#define SECCOMP_FEATURES_SIZE_VER0	40

/**
 * struct seccomp_notif_append - what SECCOMP_IOCTL_NOTIF_RECV_APPEND() reads
 * @notif: what SECCOMP_IOCTL_NOTIF_RECV reads
 * @features: as in struct seccomp_data_append, the tail being what does not fit
 * @nr_high: as there
 * @arch_reserved: as there
 * @extensible_arg_size: as there
 * @extensible_arg: the argument, as far as it fits, then zero
 *
 * All fields are populated, whatever the filter has asked for. The argument is
 * there only if some filter of the task sees extensible arguments.
 */
struct seccomp_notif_append {
	struct seccomp_notif notif;
	__u64 features;
	__u32 nr_high;
	__u32 arch_reserved[5];
	__u64 extensible_arg_size;
	__u8 extensible_arg[];
};

#define SECCOMP_NOTIF_APPEND_SIZE	120

/*
 * @ea_size: the number of bytes for the argument in the buffer, which has to be
 * zeroed; at most SECCOMP_EXTENSIBLE_ARG_MAX.
 */
#define SECCOMP_IOCTL_NOTIF_RECV_APPEND(ea_size) \
	_IOC(_IOC_READ | _IOC_WRITE, SECCOMP_IOC_MAGIC, 0, SECCOMP_NOTIF_APPEND_SIZE + (ea_size))

/**
 * struct seccomp_metadata_append - argument of PTRACE_SECCOMP_GET_METADATA
 * @filter_off: as in struct seccomp_metadata
 * @flags: as there; for an appended filter also its SECCOMP_APPEND_FLAG_* and
 *	SECCOMP_METADATA_APPENDED
 * @extensible_arg_size: of an appended filter
 */
struct seccomp_metadata_append {
	__u64 filter_off;
	__u64 flags;
	__u64 extensible_arg_size;
};

/* The filter was installed by SECCOMP_APPEND_FILTER; a restorer has to use it as well. */
#define SECCOMP_METADATA_APPENDED	(1ULL << 63)

#endif /* _UAPI_LINUX_SECCOMP_APPEND_H */
