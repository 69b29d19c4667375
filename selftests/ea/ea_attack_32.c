// SPDX-License-Identifier: GPL-2.0
/* ea_attack, as a 32-bit program. */

#include "ea_attack.c"
