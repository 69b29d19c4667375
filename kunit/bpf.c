// SPDX-License-Identifier: GPL-2.0
/* The twins for rust/sys/bpf.rs, which is in this module, too. */

#include "../helpers/bpf.c"
