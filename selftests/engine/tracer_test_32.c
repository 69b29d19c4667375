// SPDX-License-Identifier: GPL-2.0
/* tracer_test, as a 32-bit program. */

#include "tracer_test.c"
