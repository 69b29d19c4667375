// SPDX-License-Identifier: GPL-2.0
/*
 * What is left of the module's objects when nothing should use them any more.
 */

#include "common.h"
#include "leaks.h"

#define KMEMLEAK "/sys/kernel/debug/kmemleak"

long module_references(void)
{
	FILE *modules = fopen("/proc/modules", "r");
	long count = -1, value;
	char line[512];

	while (modules && fgets(line, sizeof(line), modules))
		if (sscanf(line, "rust_seccomp %*d %ld", &value) == 1)
			count = value;
	if (modules)
		fclose(modules);
	return count;
}

int find_leaks(void)
{
	static char object[16384];
	char line[512];
	FILE *leaks;
	int found = 0;
	bool more;

	/* What RCU frees has to be gone, and what is younger than five seconds is not shown. */
	sleep(6);
	if (write_file(KMEMLEAK, "scan"))
		return -1;
	sleep(6);
	if (write_file(KMEMLEAK, "scan"))
		return -1;
	leaks = fopen(KMEMLEAK, "r");
	if (!leaks)
		return -1;
	do {
		more = fgets(line, sizeof(line), leaks);
		if (!more || !strncmp(line, "unreferenced object", 19)) {
			if (strstr(object, "rust_seccomp") || strstr(object, "comm \"fault_")) {
				found++;
				for (char *at = strtok(object, "\n"); at; at = strtok(NULL, "\n"))
					printf("# %s\n", at);
			}
			object[0] = '\0';
		}
		if (more && strlen(object) + strlen(line) < sizeof(object))
			strcat(object, line);
	} while (more);
	fclose(leaks);
	return found;
}
