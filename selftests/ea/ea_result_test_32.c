// SPDX-License-Identifier: GPL-2.0
/* ea_result_test, as a 32-bit program. */

#include "ea_result_test.c"
