#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# When the tests before this one have ended, nothing refers to the module any more.
. ./tap.sh

# Some of upstream's tests fail on both engines, and leave processes behind.
confined=$(grep -l '^Seccomp:.2' /proc/[0-9]*/status 2>/dev/null)
listening=$(stat -c '%n %N' /proc/[0-9]*/fd/* 2>/dev/null | grep 'seccomp notify')
printf '%s\n' "$confined" "$listening" | sed -n 's,^/proc/\([0-9]*\)/.*,\1,p' | sort -u |
	xargs -r kill -KILL

mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
instance=/sys/kernel/tracing/instances/unload
mkdir "$instance"
event=$instance/events/seccomp/seccomp_verdict
turn_on() { echo 1 >"$event/enable"; }
tells() { ./confined -n 1 && grep -q 'seccomp_verdict: nr=' "$instance/trace"; }

check 'its event can be turned on' turn_on
check 'it tells of a call' tells
check 'no reference to the module is left' unused
check 'it unloads while its event is on' rmmod rust_seccomp
refuse 'and is gone' is_loaded
refuse 'and its event' [ -e "$event" ]
check 'the trace can still be read' grep -q tracer: "$instance/trace"
check 'and it loads again' insmod /rust_seccomp.ko
check 'and its event can be turned on again' turn_on
check 'and tells of a call' tells
rmdir "$instance"
finish
