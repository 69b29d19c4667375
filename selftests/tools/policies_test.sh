#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The policies that ship with secpol: nothing that they shut can be had under them (escape.c), and what
# they are for can.
. ./tap.sh

cage=/tmp/cage
mkdir -p $cage
mount -t tmpfs tmpfs $cage
mkdir -p $cage/work $cage/closed $cage/mnt
echo closed >$cage/closed/file
echo given >$cage/given
ln -s ../closed/file $cage/work/link
mkdir -p /dev/pts
grep -q ' /dev/pts ' /proc/mounts || mount -t devpts devpts /dev/pts
mkfifo $cage/listens
./escape listen >$cage/listens &
read -r _ <$cage/listens

# Its last line says that it has come to an end, and that no other program has.
all_as_expected() {
	"$@" 3<"$cage/work" 4<"$cage/given" >/tmp/tried 2>&1 &&
		tail -n 1 /tmp/tried | grep -q 'as expected$' && return
	sed 's/^/# /' /tmp/tried
	return 1
}
check 'without a policy all ways are open' all_as_expected ./escape free
for policy in agent browser build container; do
	check "nothing that $policy.pol shuts can be had, and what it is for can" \
		all_as_expected ./secpol run --short $policy.pol -- ./escape $policy
	check "each call of $policy.calls is decided as it says" \
		./secpol test --short $policy.pol --file $policy.calls
done
check 'the closed file is as it was' [ "$(cat $cage/closed/file)" = closed ]
check 'and the given one' [ "$(cat $cage/given)" = given ]

check 'a build runs' ./secpol run --short build.pol -- sh -c "
	cd $cage/work && echo 'echo built' >built && chmod 755 built && mkdir -p out &&
	(sh ./built | cat >out/log) && [ \"\$(cat out/log)\" = built ] && rm -r out built"
check 'and a shell in a container' ./secpol run --short container.pol -- sh -c "
	[ \"\$(for i in 1 2 3; do (echo \$i); done | wc -l)\" = 3 ] && ls /proc/self/fd >/dev/null"
finish
