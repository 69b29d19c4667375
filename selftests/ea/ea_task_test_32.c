// SPDX-License-Identifier: GPL-2.0
/* ea_task_test, as a 32-bit program. */

#include "ea_task_test.c"
