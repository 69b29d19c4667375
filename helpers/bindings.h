/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bindgen reads (bindgen.mk) to declare C functions for sys/ffi.rs: our
 * headers, and those of functions that are exported but not in the kernel's own
 * bindings. For one of the latter bindgen.mk has to name the function, too.
 */

#include <linux/anon_inodes.h>

#include "rsc.h"
#include "verdict_event.h"
