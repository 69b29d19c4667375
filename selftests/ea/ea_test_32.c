// SPDX-License-Identifier: GPL-2.0
/* ea_test, as a 32-bit program. */

#include "ea_test.c"
