#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# secpol: what a policy says is what the kernel does, and a program under a policy can do that alone.
. ./tap.sh

says() {
	tap_pattern=$1
	shift
	"$@" 2>&1 | grep -q "$tap_pattern"
}
# The status of a command, whatever it prints.
ends_with() {
	tap_status=$1
	shift
	"$@" >/dev/null 2>&1
	[ $? = "$tap_status" ]
}
compares() {
	./secpol-selftest "$@" >/tmp/compared 2>&1 && return
	sed 's/^/# /' /tmp/compared
	return 1
}
under() {
	tap_policy=$1
	shift
	./secpol run --short "$tap_policy" -- "$@"
}

check 'the kernel does what the policies say, call by call' \
	compares widths.pol reader.pol
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
if [ -d /sys/kernel/tracing/events/syscalls ]; then
	check 'the tables have the arguments that the kernel tells of' \
		compares /sys/kernel/tracing/events/syscalls
else
	skip 'the tables have the arguments that the kernel tells of' 'the kernel tells of none'
fi
if [ -e /sys/kernel/btf/vmlinux ]; then
	check 'the tables have the layouts that the kernel tells of' compares /sys/kernel/btf/vmlinux
	# How much that is, and what the kernel does not tell of.
	sed -n 's/^ok .* # /# /p' /tmp/compared
else
	skip 'the tables have the layouts that the kernel tells of' 'the kernel tells of none'
fi
if is_loaded; then
	check 'secpol knows that filters see structs' ./secpol features --quiet
	check 'the kernel does what policies about structs say' \
		compares structs.pol connector.pol
else
	check 'secpol knows that filters see arguments alone' ends_with 1 ./secpol features --quiet
	check 'a policy about structs is refused' \
		says 'cannot see what the rule for clone3 looks at' under structs.pol true
	refuse 'its program does not run' under structs.pol touch /tmp/was-run
	check 'nor has it run' [ ! -e /tmp/was-run ]
fi

echo inside >/tmp/read
check 'a confined program reads' says inside under reader.pol cat /tmp/read
check 'it does not write' says 'not permitted' under reader.pol touch /tmp/was-written
check 'nor has it written' [ ! -e /tmp/was-written ]
check 'it does not execute' says 'not permitted' under reader.pol env cat /tmp/read
check 'nor does it make processes' says 'fork' under reader.pol sh -c '(:); :'
check 'its status is that of the program' ends_with 1 under reader.pol grep -q outside /tmp/read
printf '@default allow\n' >/tmp/any.pol
# shellcheck disable=SC2016 # for the inner shell
under /tmp/any.pol sh -c 'kill -PIPE $$; exit 3'
check 'a pipe that nobody reads ends it, as it would without a policy' [ $? = 141 ]
check 'a program that is not there is told' says 'no program missing' under reader.pol missing

if is_loaded; then
	httpd -p 127.0.0.1:8080 -h /tmp
	httpd -p 127.0.0.1:8081 -h /tmp
	check 'it connects to the address of the policy' \
		says inside under connector.pol wget -q -O - http://127.0.0.1:8080/read
	check 'it does not connect to another port' \
		says 'denied' under connector.pol wget -q -O - http://127.0.0.1:8081/read
	check 'without the policy it would' \
		says inside wget -q -O - http://127.0.0.1:8081/read
	killall httpd
else
	check 'the fallback holds' says 'denied' \
		under connector.pol wget -q -O - http://127.0.0.1:8080/read
fi

echo 'read: fd = 0' >/tmp/wrong.pol
refuse 'a wrong policy runs nothing' under /tmp/wrong.pol touch /tmp/was-run
check 'nor has it' [ ! -e /tmp/was-run ]
check 'it is told in a line, with its place' \
	says '^/tmp/wrong.pol:1:10: error: ' ./secpol check --short /tmp/wrong.pol
finish
