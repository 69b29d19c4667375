// SPDX-License-Identifier: GPL-2.0
/*
 * How much memory the kernel uses for itself.
 */

#include "memory.h"

#include <stdio.h>
#include <string.h>

long memory_used(void)
{
	char line[512];
	long kib = 0, bytes, sum = 0;
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file))
		sscanf(line, "Slab: %ld", &kib);
	fclose(file);
	file = fopen("/proc/vmallocinfo", "r");
	while (file && fgets(line, sizeof(line), file)) {
		if (sscanf(line, "%*s %ld", &bytes) == 1 && !strstr(line, "exec"))
			sum += bytes - 4096; /* less the guard page */
	}
	fclose(file);
	return sum + kib * 1024;
}
