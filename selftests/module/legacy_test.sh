#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Tasks that were confined before the module was loaded, beside tasks that are confined after it.
. ./tap.sh

confine -t 2 -f -a
legacy=$!
mkfifo /tmp/go
./tsync_legacy </tmp/go >/tmp/tsync &
tsync=$!
exec 3>/tmp/go
sleep 1

check 'the module loads beside confined tasks' insmod /rust_seccomp.ko
check 'the kernel says what was taken over' sh -c 'dmesg | grep -q "rust_seccomp: took over.*do_seccomp"'
check 'a task confined before does not hold the module' has_references 0
# One of the threads adds a filter, for all of them.
filters() { awk '/^Seccomp_filters:/ { n += $2 } END { print n }' /proc/$legacy/task/*/status; }
before=$(filters)
kill -USR1 $legacy
for _ in 1 2 3 4 5 6 7 8 9 10; do
	[ "$(filters)" = "$before" ] || break
	sleep 0.5
done
check 'it adds a filter' [ "$(filters)" -gt "$before" ]
check 'nor do the filters that it adds' has_references 0
check 'and it is unharmed' kill -0 $legacy

confine -t 2 -f
new=$!
refuse 'a task confined now holds the module' has_references 0
refuse 'which cannot be unloaded' rmmod rust_seccomp
check 'and stays' is_loaded

echo go >&3
exec 3>&-
wait $tsync
check 'TSYNC beside a thread of the built-in engine' grep -q '^ok$' /tmp/tsync
cat /tmp/tsync

kill $new
wait $new
check 'the sandbox held' [ $? = 0 ]
check 'the module is free when its last task has gone' unused
check 'and is unloaded' rmmod rust_seccomp
sleep 1
kill $legacy
wait $legacy
check 'the sandbox of the task confined before held throughout' [ $? = 0 ]
confine -n 1
wait $!
check 'the built-in engine is back' [ $? = 0 ]

# A thread in the built-in engine's code while the module loads.
: >/tmp/loading
./tsync_loading >/tmp/loading &
loading=$!
until grep -q waiting /tmp/loading || ! kill -0 $loading; do sleep 0.1; done
check 'the module loads beside a thread that attaches a filter' insmod /rust_seccomp.ko
wait $loading
check 'TSYNC leaves that thread alone' grep -q '^ok$' /tmp/loading
sed 's/^/# /' /tmp/loading
check 'the module is free then' unused
check 'and is unloaded' rmmod rust_seccomp

# The sysctl changes between the first hook and the last.
setting=/proc/sys/kernel/seccomp/actions_logged
before=$(cat $setting)
logs() {
	dmesg -c >/dev/null
	./allow -l /bin/true
	sleep 1
	dmesg | grep -q 'type=1326.* code=0x7ffc0000'
}
echo 0 >/proc/sys/kernel/printk_ratelimit
if logs; then
	{
		until grep -q rsc_entry___secc /sys/kernel/tracing/enabled_functions; do :; done
		echo trap >$setting
	} &
	insmod /rust_seccomp.ko
	wait $!
	refuse 'what the administrator changes while the module loads holds' logs
	echo "$before" >$setting
	check 'and what is changed after' logs
	echo trap >$setting
	refuse 'either way' logs
	rmmod rust_seccomp
	refuse 'and when the module has gone' logs
	echo "$before" >$setting
else
	skip 'what the administrator changes while the module loads holds' 'no audit records here'
fi
finish
