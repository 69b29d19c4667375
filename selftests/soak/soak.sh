#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# soak.sh SECONDS: runs everything at once, again and again, and checks that nothing is left behind.
. ./tap.sh

rm -f /tmp/soak.failed
end=0

# again NAME COMMAND...: repeats COMMAND until the time is up, with another seed as its last argument.
again() {
	tap_name=$1 tap_rounds=0
	shift
	while [ "$(date +%s)" -lt "$end" ]; do
		tap_rounds=$((tap_rounds + 1))
		tap_seed=$(($(date +%s) * 1000 + tap_rounds))
		if ! "$@" "$tap_seed" >"/tmp/soak.$tap_name" 2>&1; then
			echo "# $tap_name, round $tap_rounds, seed $tap_seed failed:"
			grep -v '^ok' "/tmp/soak.$tap_name" | tail -n 20
			echo "$tap_name" >>/tmp/soak.failed
			return
		fi
	done
	echo "# $tap_name: $tap_rounds rounds"
	sed -n 's/^ok.*# SKIP/# &/p' "/tmp/soak.$tap_name"
}

# Reads the filters of all tasks in debugfs. Some tasks have no filters, some have ended meanwhile.
view() {
	cat /sys/kernel/debug/rust_seccomp/counters || return
	for tap_task in /proc/[0-9]*; do
		{
			echo "${tap_task#/proc/}" >&3 && cat <&3
		} 3<>/sys/kernel/debug/rust_seccomp/filters 2>/dev/null
	done
	sleep 1
}

# load SECONDS: everything at once, for so long.
load() {
	end=$(($(date +%s) + $1))
	again notify ./notify_soak 20 &
	again differential ./differential 40 &
	again differential_32 ./differential_32 40 &
	again append_chains ./differential -a 20 &
	again attack ./ea_attack 20000 500 &
	again view view &
	./hammer 2 &
	tap_hammer=$!
	sleep "$1"
	kill $tap_hammer
	wait $tap_hammer || echo hammer >>/tmp/soak.failed
	wait
}

insmod /rust_seccomp.ko
tasks_before=$(tasks)
echo '# 30 seconds, for what is cached from then on:'
load 30
check "the kernel's workers end" tasks_go_down_to "$tasks_before"
before=$(slab)
load "$1"
check 'no load failed' [ ! -e /tmp/soak.failed ]
check 'no module reference is left' unused
check "the kernel's workers end again" tasks_go_down_to "$tasks_before"
check_slab "$before"
check 'the module unloads' rmmod rust_seccomp
finish
