// SPDX-License-Identifier: GPL-2.0
/* append_test, as a 32-bit program. */

#include "append_test.c"
