// SPDX-License-Identifier: GPL-2.0
/* log_test, as a 32-bit program. */

#include "log_test.c"
