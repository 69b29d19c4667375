/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Asserts the layout of <linux/seccomp_append.h> wherever C is compiled: in the
 * module and in the selftests, the 32-bit ones included. rust/logic/abi.rs asserts
 * the same for Rust.
 */
#ifndef RUST_SECCOMP_UAPI_CHECK_H
#define RUST_SECCOMP_UAPI_CHECK_H

#define AT(type, field, offset) \
	_Static_assert(__builtin_offsetof(struct type, field) == (offset), #type "." #field)
#define SIZE(type, size) _Static_assert(sizeof(struct type) == (size), #type)

SIZE(seccomp_append_filter, SECCOMP_APPEND_FILTER_SIZE_VER0);
AT(seccomp_append_filter, flags, 0);
AT(seccomp_append_filter, filter, 8);
AT(seccomp_append_filter, extensible_arg_size, 16);

SIZE(seccomp_data_append, SECCOMP_DATA_APPEND_SIZE);
AT(seccomp_data_append, data, 0);
AT(seccomp_data_append, size, 64);
AT(seccomp_data_append, features, 72);
AT(seccomp_data_append, nr_high, 80);
AT(seccomp_data_append, arch_reserved, 84);
AT(seccomp_data_append, extensible_arg_extent, 104);
AT(seccomp_data_append, hole, 108);
AT(seccomp_data_append, extensible_arg_size, 1128);
AT(seccomp_data_append, extensible_arg, 1136);

SIZE(seccomp_syscall_ea, SECCOMP_SYSCALL_EA_SIZE_VER0);
AT(seccomp_syscall_ea, arch, 0);
AT(seccomp_syscall_ea, nr, 4);
AT(seccomp_syscall_ea, pointer_arg, 8);
AT(seccomp_syscall_ea, size_arg, 12);
AT(seccomp_syscall_ea, size_offset, 16);
AT(seccomp_syscall_ea, size_min, 20);
AT(seccomp_syscall_ea, size_known, 24);
AT(seccomp_syscall_ea, kind, 28);

SIZE(seccomp_features, SECCOMP_FEATURES_SIZE_VER0);
AT(seccomp_features, operations, 0);
AT(seccomp_features, actions, 8);
AT(seccomp_features, extensible_arg_max, 12);
AT(seccomp_features, filter_flags, 16);
AT(seccomp_features, append_flags, 24);
AT(seccomp_features, data_features, 32);

SIZE(seccomp_notif_append, SECCOMP_NOTIF_APPEND_SIZE);
AT(seccomp_notif_append, notif, 0);
AT(seccomp_notif_append, features, 80);
AT(seccomp_notif_append, nr_high, 88);
AT(seccomp_notif_append, arch_reserved, 92);
AT(seccomp_notif_append, extensible_arg_size, 112);
AT(seccomp_notif_append, extensible_arg, 120);

SIZE(seccomp_metadata_append, 24);
AT(seccomp_metadata_append, filter_off, 0);
AT(seccomp_metadata_append, flags, 8);
AT(seccomp_metadata_append, extensible_arg_size, 16);

#undef AT
#undef SIZE

#endif /* RUST_SECCOMP_UAPI_CHECK_H */
