// SPDX-License-Identifier: GPL-2.0
/*
 * allow [-l] PROGRAM [ARGUMENT...]: runs a program under a filter that allows everything (with -l,
 * and logs it), for the suites of what seccomp must not disturb.
 */

#include "common.h"

int main(int argc, char **argv)
{
	struct sock_filter insns[] = { RET(SECCOMP_RET_ALLOW) };

	if (argc > 1 && !strcmp(argv[1], "-l")) {
		insns[0].k = SECCOMP_RET_LOG;
		argc--;
		argv++;
	}
	if (argc < 2)
		return 2;
	/* As root, so that privileges are left as they are. */
	if (INSTALL(insns, 0)) {
		perror("allow: cannot install the filter");
		return 3;
	}
	execv(argv[1], argv + 1);
	perror(argv[1]);
	return 127;
}
