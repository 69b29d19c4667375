// SPDX-License-Identifier: GPL-2.0
/*
 * A child for calls that may be deadly.
 */

#include "engine_child.h"

int status_of_child(void (*fn)(void *), void *arg)
{
	pid_t pid = fork();
	int status = -1;

	if (!pid) {
		fn(arg);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}
