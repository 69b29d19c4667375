#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# What "make run" shows: the engine taken over, at work, and given back.
. ./tap.sh

echo "Linux $(uname -r), $(uname -m): the distribution's own kernel."
echo
echo '1. A task confines itself while the built-in engine is in charge.'
confine -t 2
legacy=$!

echo '2. insmod rust_seccomp.ko'
insmod /rust_seccomp.ko || exit 1
echo '   ftrace says where the functions of kernel/seccomp.c lead now:'
awk '/^[a-z0-9_]+ \(/ { name = $1 }
	/rsc_entry_ea/ { calls++; next }
	match($0, /rsc_entry[a-z_]*/) { print "   " name " -> " substr($0, RSTART, RLENGTH) }
	END { print "   " calls " functions of system calls -> rsc_entry_ea" }' \
	/sys/kernel/tracing/enabled_functions

echo '3. A program confined by our engine'
./show

echo '   and one under a policy about the structs behind pointers (samples/ea_policy.c)'
./ea_policy ./show_ea

echo '   and one that may connect to one address (samples/net_supervisor.c)'
echo 'user:x:1000:1000::/tmp:/bin/sh' >>/etc/passwd
su user -c ./show_net

echo '4. The task of step 1 still belongs to the built-in engine'
kill -0 $legacy && grep -E '^Seccomp' /proc/$legacy/status | sed 's/^/   /'
echo "   references to the module: $(references)"

echo '5. Unloading'
confine -t 2
new=$!
echo "   a task of ours runs, references to the module: $(references)"
rmmod rust_seccomp 2>&1 | sed 's/^/   /'
kill $new
wait $new || exit 1
unused
rmmod rust_seccomp || exit 1
echo '   after its end: unloaded'
kill $legacy
wait $legacy || exit 1
echo '   and the task of step 1 had what its filter asked for, all the time'
