/* SPDX-License-Identifier: GPL-2.0 */
/* What bindgen reads for the module, which has the helpers of the takeover as well. */

#include "bindings.h"
#include "takeover.h"
