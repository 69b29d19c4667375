// SPDX-License-Identifier: GPL-2.0
/*
 * allow [-l|-u|--ea] PROGRAM [ARGUMENT...]: runs a program under a filter that allows everything
 * (with -l, and logs it; with -u, as an unprivileged user): for test suites of other parts of the
 * kernel, which seccomp must not disturb.
 *
 * With --ea the filter looks at extensible arguments, so that calls read the copy. Where filters
 * cannot see these the program runs without a filter.
 */

#include "append.h"

/*
 * The filter refuses words that no struct has, so only a run of it can tell that a call is allowed.
 */
static int install_ea(void)
{
	struct sock_filter insns[] = {
		LOAD_EA(0),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, 0x5ecc0de5, 0, 3),
		LOAD_EA(4092),
		RET_IF_EQ(0x5ecc0de5, SECCOMP_RET_KILL_PROCESS),
		RET(SECCOMP_RET_ALLOW),
	};

	return APPEND(insns, USE_EA | TAIL_VISIBLE, SECCOMP_EXTENSIBLE_ARG_MAX);
}

/* On the built-in engine programs run as they are: others are compared with that. */
static bool sees_arguments(void)
{
	struct seccomp_features features = {};

	if (!access("/sys/module/rust_seccomp", F_OK))
		return true;
	return !seccomp(SECCOMP_GET_FEATURES, sizeof(features), &features) &&
	       features.append_flags & USE_EA;
}

int main(int argc, char **argv)
{
	struct sock_filter insns[] = { RET(SECCOMP_RET_ALLOW) };
	bool ea = argc > 1 && !strcmp(argv[1], "--ea");
	bool log = argc > 1 && !strcmp(argv[1], "-l");
	bool user = argc > 1 && !strcmp(argv[1], "-u");
	int failed = 0;

	if (log)
		insns[0].k = SECCOMP_RET_LOG;
	if (ea || log || user) {
		argc--;
		argv++;
	}
	if (argc < 2)
		return 2;
	/* Root may install a filter without no_new_privs, so privileges stay as they are. */
	if (!ea)
		failed = INSTALL(insns, 0);
	else if (sees_arguments())
		failed = install_ea();
	if (failed) {
		perror("allow: cannot install the filter");
		return 3;
	}
	if (user && (setresgid(65534, 65534, 65534) || setresuid(65534, 65534, 65534))) {
		perror("allow: cannot become nobody");
		return 3;
	}
	execv(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
