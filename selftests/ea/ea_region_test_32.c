// SPDX-License-Identifier: GPL-2.0
/* ea_region_test, as a 32-bit program. */

#include "ea_region_test.c"
