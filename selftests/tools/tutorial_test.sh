#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Types what Documentation/user/tutorial.rst says, and compares what it prints.
. ./tap.sh

here=$PWD
mkdir -p /tmp/tutorial/bin
ln -sf "$here/secpol" /tmp/tutorial/bin/secpol
PATH=/tmp/tutorial/bin:$PATH
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
if ! [ -d /sys/kernel/tracing/events/raw_syscalls ]; then
	skip 'the tutorial' 'the kernel tells of no system calls'
	finish
fi
echo content >/tmp/tutorial/index.html
httpd -p 127.0.0.1:8080 -h /tmp/tutorial
httpd -p 127.0.0.1:8081 -h /tmp/tutorial
cd /tmp/tutorial || exit 1

# Each command in a file of its own, and what it is to print in another.
awk '/^\t\$ / { n++; print substr($0, 4) >("command." n); printf "" >("expected." n); on = 1; next }
	on && /^\t/ { print substr($0, 2) >("expected." n); next }
	{ on = 0 }' "$here/tutorial.rst"

n=1
while [ -e "command.$n" ]; do
	sh "command.$n" >"printed.$n" 2>"said.$n"
	check "$(cat "command.$n")" cmp "expected.$n" "printed.$n"
	sed 's/^/# /' "said.$n"
	n=$((n + 1))
done
check 'these are all commands' [ "$n" = 8 ]
check 'the page was fetched' grep -q content page
killall httpd
finish
