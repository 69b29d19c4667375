// SPDX-License-Identifier: GPL-2.0
/* fault_sync_test, as a 32-bit program. */

#include "fault_sync_test.c"
