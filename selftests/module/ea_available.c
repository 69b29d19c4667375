// SPDX-License-Identifier: GPL-2.0
/*
 * Asks in several ways whether filters see extensible arguments. Exits with 0 if all answers are
 * yes, with 1 if all are no, and with 2 if they contradict each other.
 */

#include "append.h"

int main(void)
{
	const __u64 flags = USE_EA | TAIL_VISIBLE;
	const __u64 data = SECCOMP_DATA_FEATURE_EA | SECCOMP_DATA_FEATURE_EA_TAIL |
			   SECCOMP_DATA_FEATURE_EA_EXTENT;
	struct sock_filter allow[] = { RET(SECCOMP_RET_ALLOW) };
	struct seccomp_syscall_ea ea = { .arch = ARCH_NATIVE, .nr = 437 /* openat2 */ };
	struct seccomp_features features = {};
	bool there, is_known;

	if (seccomp(SECCOMP_GET_FEATURES, sizeof(features), &features) || no_new_privs()) {
		perror("ea_available");
		return 2;
	}
	there = features.data_features & data;
	is_known = !seccomp(SECCOMP_GET_SYSCALL_EA_SIZE, sizeof(ea), &ea);
	if (is_known != there || (!is_known && errno != EOPNOTSUPP)) {
		fprintf(stderr, "ea_available: openat2: %m\n");
		return 2;
	}
	errno = 0;
	if (!APPEND(allow, USE_EA, 24) != there || errno != (there ? 0 : EOPNOTSUPP)) {
		fprintf(stderr, "ea_available: a filter: %m\n");
		return 2;
	}
	/*
	 * Wrong arguments fail in either case, and filters without extensible arguments work in
	 * either case.
	 */
	if (!APPEND(allow, USE_EA, 22) || errno != EINVAL || APPEND(allow, 0, 0)) {
		fprintf(stderr, "ea_available: another filter: %m\n");
		return 2;
	}
	if ((features.data_features & data) != (there ? data : 0) ||
	    (features.append_flags & flags) != (there ? flags : 0) ||
	    features.extensible_arg_max != (there ? SECCOMP_EXTENSIBLE_ARG_MAX : 0)) {
		fprintf(stderr, "ea_available: %#llx, %#llx, %u\n",
			(unsigned long long)features.data_features,
			(unsigned long long)features.append_flags, features.extensible_arg_max);
		return 2;
	}
	return !there;
}
