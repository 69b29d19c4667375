#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# secpol learn: a program may do under the policy what it was seen to do, and nothing else.
. ./tap.sh

instances=/sys/kernel/tracing/instances

learn() { ./secpol learn --short "$@" 2>/tmp/said; }
under() {
	tap_policy=$1
	shift
	./secpol run --short "$tap_policy" -- "$@" 2>/dev/null
}
has() { grep -q -- "$2" "$1" && return; sed 's/^/# /' "$1"; return 1; }
prints() {
	tap_expected=$1
	shift
	[ "$("$@")" = "$tap_expected" ]
}

mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
echo inside >/tmp/read
rm -f /tmp/*.pol
if ! [ -d /sys/kernel/tracing/events/raw_syscalls ]; then
	check 'without events of system calls nothing is learnt' \
		[ "$(learn -o /tmp/cat.pol -- touch /tmp/was-run; echo $?)" = 2 ]
	check 'that is said' has /tmp/said '^secpol: this kernel does not tell of system calls'
	refuse 'the program is not run' [ -e /tmp/was-run ]
	refuse 'nothing is written' [ -e /tmp/cat.pol ]
	finish
fi

check 'a program is learnt' learn -o /tmp/cat.pol -- cat /tmp/read
check 'what argument values were seen is written' has /tmp/cat.pol '^open.*: flags == O_'
refuse 'what this command did is not' grep -q '^\(execve\|seccomp\|pidfd\)' /tmp/cat.pol
check 'under the policy the program does it again' prints inside under /tmp/cat.pol cat /tmp/read
refuse 'another does not' under /tmp/cat.pol touch /tmp/was-written
refuse 'nor has it' [ -e /tmp/was-written ]
check 'the policy goes to standard output' has /tmp/cat.pol "$(learn -- true | grep '^exit_group')"

check 'processes that it makes are learnt' \
	learn -o /tmp/sh.pol -- sh -c 'cat /tmp/read; (cat /tmp/read)& wait'
check 'they may do it again' [ "$(under /tmp/sh.pol sh -c 'cat /tmp/read; (cat /tmp/read)& wait' |
	grep -c inside)" = 2 ]

# A program that ends before what it has started.
check 'what goes on after the program is learnt' \
	learn -o /tmp/late.pol -- sh -c '(usleep 300000; mkdir /tmp/late)& exit 3'
check 'all of it' has /tmp/late.pol '^mkdir'
check 'its status is told' has /tmp/said '^secpol: the program ended with status 3$'
rmdir /tmp/late

check 'the policy of another program is merged' \
	learn -o /tmp/both.pol --merge /tmp/cat.pol -- mkdir /tmp/made
rmdir /tmp/made
check 'one may do what it did' prints inside under /tmp/both.pol cat /tmp/read
check 'and so may the other' under /tmp/both.pol mkdir /tmp/made
rmdir /tmp/made
refuse 'the first policy alone does not allow it' under /tmp/cat.pol mkdir /tmp/made
check 'merging once more changes nothing' \
	learn -o /tmp/again.pol --merge /tmp/both.pol -- mkdir /tmp/made
check 'to the letter' cmp /tmp/both.pol /tmp/again.pol
./secpol diff /tmp/cat.pol /tmp/both.pol --stricter >/dev/null
check 'the merged policy is looser' [ $? = 1 ]
./secpol diff /tmp/both.pol /tmp/cat.pol --stricter >/dev/null
check 'and nowhere stricter' [ $? = 0 ]

httpd -p 127.0.0.1:8080 -h /tmp
httpd -p 127.0.0.1:8081 -h /tmp
fetch() { wget -q -O - "http://127.0.0.1:$1/read"; }
check 'a program that connects is learnt' learn -o /tmp/wget.pol -- wget -q -O /tmp/got \
	http://127.0.0.1:8080/read
check 'it may connect again' under /tmp/wget.pol wget -q -O /tmp/got http://127.0.0.1:8080/read
if is_loaded; then
	check 'its address is written' \
		has /tmp/wget.pol '^connect: .*in.addr == 127.0.0.1 && .*in.port == 8080$'
	refuse 'it does not connect to another port' \
		under /tmp/wget.pol wget -q -O /tmp/got http://127.0.0.1:8081/read
else
	check 'that its address was not seen is told' has /tmp/said 'that takes the module'
	check 'and is in the policy' has /tmp/wget.pol '^# connect: the address was not seen'
fi
killall httpd

printf 'mkdirat: errno(EPERM)\nmkdir: errno(EPERM)\n@default allow\n' >/tmp/never.pol
check 'what a policy refuses is not merged away' \
	[ "$(learn -o /tmp/out.pol --merge /tmp/never.pol -- mkdir /tmp/made; echo $?)" = 2 ]
check 'the place is told' has /tmp/said '^/tmp/never.pol:[12]:1: error: mkdir.* was called'
refuse 'nothing is written' [ -e /tmp/out.pol ]
rmdir /tmp/made

check 'a program that is not there' [ "$(learn -o /tmp/out.pol -- missing; echo $?)" = 2 ]
check 'is told' has /tmp/said '^secpol: there is no program missing'
echo text >/tmp/text
chmod +x /tmp/text
check 'one that is none' [ "$(learn -o /tmp/out.pol -- /tmp/text; echo $?)" = 2 ]
check 'is told as well' has /tmp/said '^secpol: /tmp/text: '
refuse 'and nothing is written' [ -e /tmp/out.pol ]
check 'it does not learn from within' \
	[ "$(learn -o /tmp/outer.pol -- ./secpol learn -o /tmp/inner.pol -- true; echo $?)" = 0 ]
refuse 'so nothing is written there' [ -e /tmp/inner.pol ]
refuse 'no half of a policy is left' ls /tmp/*.pol.*

learn -o /tmp/out.pol -- sleep 1000 &
for _ in $(seq 100); do
	pidof sleep >/dev/null && break
	sleep 0.1
done
kill -TERM "$(pidof secpol)"
wait $!
check 'interrupted, it says so' has /tmp/said '^secpol: interrupted: nothing was learnt$'
refuse 'it writes nothing' [ -e /tmp/out.pol ]
refuse 'and ends the program' pidof sleep
refuse 'nothing is left behind in tracefs' rmdir "$instances"/secpol-*
finish
