#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# notify_soak.sh SECONDS: notify_soak, and that nothing is left behind by it.
. ./tap.sh

slab() { sed -n 's/^Slab: *\([0-9]*\) kB/\1/p' /proc/meminfo; }

insmod /rust_seccomp.ko
./notify_soak 5 >/dev/null
echo 3 >/proc/sys/vm/drop_caches
before=$(slab)
check 'the soak' ./notify_soak "$1"
check 'no module reference is left' unused
sleep 2
echo 3 >/proc/sys/vm/drop_caches
after=$(slab)
check "no slab memory is lost: $before kB before, $after kB after" \
	[ "$after" -lt $((before + 4096)) ]
check 'the module unloads' rmmod rust_seccomp
finish
