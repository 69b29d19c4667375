// SPDX-License-Identifier: GPL-2.0
/*
 * Random numbers that a seed determines: splitmix64.
 */

#include "random.h"

static __u64 random_state;

void random_seed(__u64 seed)
{
	random_state = seed * 0xd1342543de82ef95;
}

__u64 bits(void)
{
	__u64 z = random_state += 0x9e3779b97f4a7c15;

	z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
	z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
	return z ^ (z >> 31);
}

__u32 below(__u32 n)
{
	return ((bits() >> 32) * n) >> 32;
}

bool one_in(__u32 n)
{
	return !below(n);
}
