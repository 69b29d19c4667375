// SPDX-License-Identifier: GPL-2.0
/*
 * Tries to get out of a policy that ships with secpol.
 *
 *	escape agent|browser|build|container
 *		under the policy: what it shuts must fail, and what it is for must work
 *	escape free
 *		under none: all must work, so that it is the policy that stops what it shuts
 *	escape listen
 *		takes connections at both ports, and closes them
 */

#include "common.h"
#include "escape.h"

#include <poll.h>
#include <sys/wait.h>

static const struct attempt *const all[] = {
	file_attempts, task_attempts, net_attempts, race_attempts,
};

static unsigned int policy_of(const char *name)
{
	static const char *const names[] = { "agent", "browser", "build", "container" };

	for (unsigned int i = 0; i < 4; i++)
		if (!strcmp(name, names[i]))
			return 1U << i;
	return 0;
}

/* This kernel was built without what is tried. */
static bool is_missing(int error)
{
	return error == ENOSYS || error == EOPNOTSUPP;
}

/* An attempt may change its process, which without a policy is one of its own. */
static int in_a_child(const struct attempt *attempt)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		_exit(attempt->try());
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EINTR;
}

static bool is_as_expected(const struct attempt *attempt, unsigned int policy)
{
	bool shut = policy & attempt->shut_by;
	int error;

	if (policy && !shut && !(policy & attempt->open_in))
		return true;
	error = policy ? attempt->try() : in_a_child(attempt);
	if (!policy && is_missing(error))
		printf("%s: this kernel has no such thing\n", attempt->what);
	if (shut == !!error || (!policy && is_missing(error)))
		return true;
	printf("%s: %s\n", attempt->what, error ? strerror(error) : "got through");
	return false;
}

static int listener(int port)
{
	struct sockaddr_in address = loopback(port);
	int fd = socket(AF_INET, SOCK_STREAM, 0);
	int on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || listen(fd, 100)) {
		perror("listen");
		exit(1);
	}
	return fd;
}

static void take_connections(void)
{
	struct pollfd fds[] = {
		{ listener(LISTED), POLLIN, 0 },
		{ listener(UNLISTED), POLLIN, 0 },
	};

	puts("listens");
	fflush(stdout);
	while (poll(fds, 2, -1) > 0)
		for (int i = 0; i < 2; i++)
			if (fds[i].revents)
				close(accept(fds[i].fd, NULL, NULL));
}

int main(int argc, char **argv)
{
	unsigned int policy = argc == 2 ? policy_of(argv[1]) : 0;
	int tried = 0, wrong = 0;

	if (argc == 2 && !strcmp(argv[1], "listen"))
		take_connections();
	if (!policy && (argc != 2 || strcmp(argv[1], "free"))) {
		fprintf(stderr, "usage: escape agent|browser|build|container|free|listen\n");
		return 2;
	}
	for (unsigned int i = 0; i < LENGTH(all); i++)
		for (const struct attempt *attempt = all[i]; attempt->what; attempt++) {
			tried += !policy || (policy & (attempt->shut_by | attempt->open_in));
			wrong += !is_as_expected(attempt, policy);
			fflush(stdout);
		}
	/* A program that was executed in place of this one does not say so. */
	printf("%d of %d as expected\n", tried - wrong, tried);
	return !!wrong;
}
