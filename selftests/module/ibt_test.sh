#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What "make test-ibt" rests on: the processor tracks indirect branches, and functions return by the
# thunk that was asked for.
. ./tap.sh

tracks() { dmesg | grep 'Indirect Branch Tracking enabled'; }
# returns_by WORD FILE: what the kernel says of a vulnerability that the thunk is for.
returns_by() { grep "$1" "/sys/devices/system/cpu/vulnerabilities/$2"; }

check 'the processor tracks indirect branches' tracks
if grep -q retbleed=stuff /proc/cmdline; then
	check 'returns account for the depth of calls' returns_by Stuffing retbleed
else
	check 'returns are in aligned thunks' returns_by thunks indirect_target_selection
fi
finish
