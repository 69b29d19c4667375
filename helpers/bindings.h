/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What bindgen reads to make the declarations of rust/sys/ffi.rs. Of the kernel's
 * own headers it is what the kernel's bindings leave out and Kbuild allows.
 */

#include <linux/anon_inodes.h>

#include "rsc.h"
