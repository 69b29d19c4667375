// SPDX-License-Identifier: GPL-2.0
/* ea_notify_test, as a 32-bit program. */

#include "ea_notify_test.c"
