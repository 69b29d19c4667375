// SPDX-License-Identifier: GPL-2.0
/* fuzz_calls, as a 32-bit program. */

#include "fuzz_calls.c"
