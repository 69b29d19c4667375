#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The sandbox holds while others hook into the functions that the module has taken over.
. ./tap.sh

tracing=/sys/kernel/tracing
functions='__seccomp_permit_syscall get_seccomp_filter seccomp_filter_release do_seccomp
	seccomp_get_filter seccomp_get_metadata seccomp_actions_logged_handler'
rounds=${1:-5}

hooked() {
	for f in $functions; do
		grep -A1 "^$f (" "$tracing"/enabled_functions | grep -q "rsc_entry_$f" || return 1
	done
}

check 'every function is hooked' hooked
confine -t 2 -f
confined=$!
sleep 1

refuse 'kernel.ftrace_enabled cannot be switched off' sysctl -q -w kernel.ftrace_enabled=0
check 'and stays on' [ "$(cat /proc/sys/kernel/ftrace_enabled)" = 1 ]

# Tracing patches the scheduler when it enables a trace point that nobody uses, which QEMU does not
# always survive. So this trace point is in use all the time.
echo 'prev_pid < 0' >"$tracing"/events/sched/sched_switch/filter
echo 1 >"$tracing"/events/sched/sched_switch/enable

# Only these functions are traced, and not all of the kernel, for the same reason.
for f in $functions; do echo "$f" >>"$tracing"/set_ftrace_filter; done
traced=0
for _ in $(seq "$rounds"); do
	for tracer in function function_graph; do
		grep -qw $tracer "$tracing"/available_tracers || continue
		echo $tracer >"$tracing"/current_tracer
		sleep 0.3
		[ $tracer != function ] || ! grep -q __seccomp_permit_syscall "$tracing"/trace || traced=1
		echo nop >"$tracing"/current_tracer
	done
	kill -0 $confined || break
done
: >"$tracing"/set_ftrace_filter
check 'the function tracers come and go' kill -0 $confined
check 'and see the functions' [ $traced = 1 ]

i=0
for f in $functions; do
	i=$((i + 1))
	echo "p:rsc/p$i $f" >>"$tracing"/kprobe_events && echo "r:rsc/r$i $f" >>"$tracing"/kprobe_events
done
for _ in $(seq "$rounds"); do
	echo 1 >"$tracing"/events/rsc/enable
	sleep 0.3
	echo 0 >"$tracing"/events/rsc/enable
done
: >"$tracing"/kprobe_events
echo 0 >"$tracing"/events/sched/sched_switch/enable
check 'kprobes come and go' kill -0 $confined

if ./fentry vfs_read true; then
	for f in $functions; do
		./fentry "$f" true >/tmp/fentry 2>&1
		check "a BPF program cannot take $f" grep -q 'cannot attach' /tmp/fentry
	done
else
	skip 'a BPF program cannot take the functions' 'no BPF tracing here'
fi

check 'every function is still hooked' hooked
kill $confined
wait $confined
check 'the sandbox held' [ $? = 0 ]
finish
