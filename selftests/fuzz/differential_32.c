// SPDX-License-Identifier: GPL-2.0
/* differential, as a 32-bit program. */

#include "differential.c"
