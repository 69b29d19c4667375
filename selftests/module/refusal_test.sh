#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The module refuses to load where it could not work, and leaves nothing behind.
. ./tap.sh

tracing=/sys/kernel/tracing
nothing_left() { ! is_loaded && ! grep -q rsc_entry "$tracing"/enabled_functions; }

says() {
	dmesg | grep -q "rust_seccomp: $1" && return
	dmesg | tail -n 5
	return 1
}

# A module that looks for a function that no kernel has: its names are replaced by others as long.
without() {
	sed "s/$1/$2/g" /rust_seccomp.ko >/tmp/odd.ko
	refuse "refused without $1" insmod /tmp/odd.ko
	check 'the log names it' says "the kernel has no [a-z]* $2"
	check 'nothing is left' nothing_left
}
without ptrace_notify ptrace_notifx
without audit_seccomp audit_seccomx
without seccomp_get_metadata seccomp_get_metadatx

if ./fentry do_seccomp true; then
	./fentry do_seccomp sh -c '! insmod /rust_seccomp.ko' 2>/dev/null
	check 'refused where a BPF program sits on a function' [ $? = 0 ]
	check 'the log names it' says 'cannot take over do_seccomp: EBUSY'
	check 'nothing is left' nothing_left
else
	skip 'refused where a BPF program sits on a function' 'no BPF tracing here'
fi

# Loading fails because a tracer sleeps in the module's code.
rm -f /tmp/go
mkfifo /tmp/go
: >/tmp/tracer
./stuck_tracer </tmp/go >/tmp/tracer &
tracer=$!
exec 3>/tmp/go
until grep -q ready /tmp/tracer || ! kill -0 $tracer; do sleep 0.1; done
rm -f /tmp/loaded
{
	insmod /rust_seccomp.ko 2>/dev/null
	echo $? >/tmp/loaded
} &
loading=$!
until grep -q stuck /tmp/tracer || ! kill -0 $tracer; do sleep 0.1; done
for _ in $(seq 60); do
	says 'a tracer is stuck' >/dev/null && break
	sleep 0.5
done
check 'a tracer stuck in the inspection of filters is noticed' says 'a tracer is stuck'
sleep 3
refuse 'loading does not end while it sleeps in the code of the module' [ -e /tmp/loaded ]
echo go >&3
exec 3>&-
wait $tracer
check 'the tracer gets its answer' grep -q '^ok$' /tmp/tracer
wait $loading
# busybox tries a second time, when the tracer is gone.
[ "$(cat /tmp/loaded)" != 0 ] || rmmod rust_seccomp
check 'nothing is left' nothing_left

# A tracer that may not inspect filters does not reach that code.
./stuck_tracer -u </dev/null >/tmp/tracer &
tracer=$!
until grep -q stopped /tmp/tracer || ! kill -0 $tracer; do sleep 0.1; done
check 'the module loads beside a tracee that is stopped where it asks' insmod /rust_seccomp.ko
check 'and unloads' rmmod rust_seccomp
check 'and that one is still there' kill $tracer
wait $tracer
sed 's/^/# /' /tmp/tracer

confine -n 1
wait $!
check 'the built-in engine works' [ $? = 0 ]
check 'the module loads after all' insmod /rust_seccomp.ko
refuse 'but not twice' insmod /rust_seccomp.ko
check 'and unloads' rmmod rust_seccomp
finish
