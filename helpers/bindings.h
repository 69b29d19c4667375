/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bindgen reads (Kbuild) to declare C functions for rust/sys/ffi.rs: our
 * headers, and those of functions that are exported but not in the kernel's own
 * bindings. For one of the latter Kbuild has to name the function, too.
 */

#include <linux/anon_inodes.h>

#include "rsc.h"
#include "takeover.h"
#include "verdict_event.h"
