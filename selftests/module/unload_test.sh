#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# When the tests before this one have ended, nothing refers to the module any more.
. ./tap.sh

# Some of upstream's tests fail on both engines, and leave processes behind.
confined=$(grep -l '^Seccomp:.2' /proc/[0-9]*/status 2>/dev/null)
listening=$(stat -c '%n %N' /proc/[0-9]*/fd/* 2>/dev/null | grep 'seccomp notify')
printf '%s\n' "$confined" "$listening" | sed -n 's,^/proc/\([0-9]*\)/.*,\1,p' | sort -u |
	xargs -r kill -KILL

check 'no reference to the module is left' unused
check 'it unloads' rmmod rust_seccomp
refuse 'and is gone' is_loaded
check 'and it loads again' insmod /rust_seccomp.ko
finish
