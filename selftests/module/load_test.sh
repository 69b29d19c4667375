#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# load_test.sh [ROUNDS]: loads and unloads the module, ROUNDS times, while tasks fork, confine
# themselves and are killed without pause.
. ./tap.sh

rounds=${1:-100}

# The first round fills caches, which stay.
insmod /rust_seccomp.ko && rmmod rust_seccomp
before=$(slab)

./hammer 3 &
hammer=$!
refused=0 unloaded=0 attempts=0
for _ in $(seq "$rounds"); do
	if ! insmod /rust_seccomp.ko; then break; fi
	confine -t 2
	new=$!
	if ! rmmod rust_seccomp 2>/dev/null; then refused=$((refused + 1)); fi
	kill $new
	wait $new || break
	# The hammer confines tasks all the time, so unloading takes some attempts.
	for _ in $(seq 500); do
		attempts=$((attempts + 1))
		if rmmod rust_seccomp 2>/dev/null; then
			unloaded=$((unloaded + 1))
			break
		fi
	done
done
check "unloading was refused in all of $rounds rounds while a task was confined ($refused)" \
	[ "$refused" = "$rounds" ]
check "the module was unloaded after each ($unloaded, $attempts attempts)" \
	[ "$unloaded" = "$rounds" ]
refuse 'and is gone' is_loaded
kill $hammer
wait $hammer
check 'every task got what its filter asked for' [ $? = 0 ]
insmod /rust_seccomp.ko
for file in filters counters; do
	exec 3<>/sys/kernel/debug/rust_seccomp/$file
	refuse "unloading is refused while $file is open" rmmod rust_seccomp
	exec 3>&-
done
check 'and not when it is closed' rmmod rust_seccomp
refuse 'debugfs is as it was' [ -e /sys/kernel/debug/rust_seccomp ]
confine -n 1
wait $!
check 'the machine still works' [ $? = 0 ]

check_slab "$before"
finish
