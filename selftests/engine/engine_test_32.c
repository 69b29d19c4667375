// SPDX-License-Identifier: GPL-2.0
/* engine_test, as a 32-bit program. */

#include "engine_test.c"
