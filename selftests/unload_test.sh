#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# When the tests before this one have ended, nothing of them holds the module.
. ./tap.sh

# Some of upstream's fail on both engines, and leave processes behind.
for process in /proc/[0-9]*; do
	if grep -q '^Seccomp:.2' "$process"/status 2>/dev/null ||
		stat -c %N "$process"/fd/* 2>/dev/null | grep -q 'seccomp notify'; then
		kill -KILL "${process#/proc/}"
	fi
done

check 'no reference to the module is left' unused
check 'it unloads' rmmod rust_seccomp
refuse 'and is gone' is_loaded
check 'and it loads again' insmod /rust_seccomp.ko
finish
