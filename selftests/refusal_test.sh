#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The module does not load where it could not work, and leaves nothing behind.
. ./tap.sh

tracing=/sys/kernel/tracing
nothing_left() { ! is_loaded && ! grep -q rsc_entry "$tracing"/enabled_functions; }

says() {
	dmesg | grep -q "rust_seccomp: $1" && return
	dmesg | tail -n 5
	return 1
}

# A module that looks for a function that no kernel has: the names are strings in it, of one length.
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
confine -n 1
wait $!
check 'the built-in engine works' [ $? = 0 ]
check 'the module loads after all' insmod /rust_seccomp.ko
refuse 'but not twice' insmod /rust_seccomp.ko
check 'and unloads' rmmod rust_seccomp
finish
