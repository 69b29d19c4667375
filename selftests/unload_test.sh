#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# When the tests before this one have ended, nothing of them holds the module.
. ./tap.sh

check 'no reference to the module is left' unused
check 'it unloads' rmmod rust_seccomp
refuse 'and is gone' is_loaded
check 'and it loads again' insmod /rust_seccomp.ko
finish
