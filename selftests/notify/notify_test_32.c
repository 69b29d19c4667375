// SPDX-License-Identifier: GPL-2.0
/* notify_test, as a 32-bit program. */

#include "notify_test.c"
