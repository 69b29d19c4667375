#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The administrator decides whether filters see extensible arguments, when the module loads; no filter
# does.
. ./tap.sh

state=/sys/kernel/debug/rust_seccomp/extensible_arguments
case $(uname -m) in
x86_64) openat2=__x64_sys_openat2 ;;
*) openat2=__arm64_sys_openat2 ;;
esac
says() { dmesg | grep -q "rust_seccomp: $1"; }
there() { ./ea_available; }
absent() {
	./ea_available
	[ $? = 1 ]
}
shows() { [ "$(cat $state)" = "$1" ]; }
put() { echo "$1" >$state; }
hooked() { grep -q 'rsc_entry_ea' /sys/kernel/tracing/enabled_functions; }
attach() { ./fentry "$openat2" "$@" 2>/dev/null; }

# The steps that run while another user of ftrace has one of the calls.
if [ "$1" = beside ]; then
	insmod /rust_seccomp.ko && absent && ! put 1 2>/dev/null && shows 0
	exit
fi
attach true && can_attach=1

insmod /rust_seccomp.ko
check 'the calls are hooked when the module loads' hooked
check 'and filters see their arguments' there
check 'the file in debugfs says so' shows 1
refuse 'that cannot be taken back' put 0
refuse 'nothing else can be written' put 2
check 'to ask again does no harm' put 1
check 'the module unloads' rmmod rust_seccomp
refuse 'and nothing is hooked' hooked

insmod /rust_seccomp.ko extensible_arguments=0
check 'the parameter keeps the calls as they are' absent
refuse 'no filter has them hooked' hooked
check 'the log says so' says 'extensible arguments are not filtered, as the parameter says'
check 'and so does the file' shows 0
[ -z "$can_attach" ] || check 'a BPF program can have openat2()' attach true
check 'root may decide otherwise' put 1
check 'then they are there' there
[ -z "$can_attach" ] || refuse 'and no BPF program can have openat2()' attach true
check 'the module unloads' rmmod rust_seccomp
refuse 'a parameter that makes no sense is refused' insmod /rust_seccomp.ko extensible_arguments=maybe

if [ -n "$can_attach" ]; then
	check 'the module loads beside a BPF program at openat2(), without' attach "$0" beside
	check 'and says why' says 'extensible arguments are not filtered: a BPF program or a live patch'
	check 'when that is gone, root can have it tried again' put 1
	check 'then they are there' there
	check 'the module unloads' rmmod rust_seccomp
else
	skip 'the module loads beside a BPF program at openat2(), without' 'no BPF tracing here'
fi
finish
