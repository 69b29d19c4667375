#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests of lib.sh and locks.py: prints TAP.
set -euo pipefail
# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/lib/tap.sh
. "$top/selftests/lib/tap.sh"

scripts=$top/qemu
top=$(mktemp -d)
cache=$top/cache
trap 'rm -rf "$top"' EXIT
cd "$top"
mkdir "$cache"

# work COMMAND...: a build, which leaves "overlap" if another one is at it.
work() {
	mkdir busy || : >overlap
	"$@"
	rmdir busy || true
}
# eventually COMMAND...: within ten seconds.
eventually() {
	for _ in $(seq 100); do
		"$@" 2>/dev/null && return
		sleep 0.1
	done
	return 1
}
fails_with() { [ "$("${@:2}" >/dev/null 2>&1; echo $?)" = "$1" ]; }
no_process() { ! kill -0 "$1"; }
lines() { [ "$(grep -c "$2" "$3")" = "$1" ]; }

# Two builds in one directory.
build_in out work eventually test -s second 2>first & one=$!
eventually test -e busy || true
build_in out work true 2>second || true
wait "$one" || true
refuse 'two builds in a directory do not overlap' test -e overlap
check 'the second one says for whom it waits' \
	lines 1 "waiting for out, used by process $$ (qemu/lib_test.sh)$" second
check 'and nothing else' lines 1 '' second
check 'the first one says nothing' test ! -s first
build_in out build_in out true 2>nested
check 'one inside another does not wait' test ! -s nested
build_in other eventually test -e apart.done & other=$!
eventually test -e other/unfinished || true
build_in out true 2>apart
check 'nor one in another directory' test ! -s apart
: >apart.done
wait "$other"

# Those that fail, and those that are killed.
check 'the status is that of the build' fails_with 3 build_in out sh -c 'exit 3'
refuse 'a build that fails has ended' test -e out/unfinished
touch out/half
setsid bash -c '. "$1"/lib.sh; top=$2; build_in out sleep 100' bash "$scripts" "$top" & holder=$!
disown
eventually test -e out/unfinished || true
kill -KILL -- "-$holder"
check 'a build that was killed has not' test -e out/unfinished
check 'and it keeps no lock' eventually flock --nonblock out.lock true
build_in out true
check 'what is left of it is removed' test ! -e out/half

# hold NAME FILE: locks as a VM does that copies what is there, makes NAME, and waits until something is
# in FILE.
hold() {
	python3 -c 'import os, sys, time; sys.path.insert(0, sys.argv[1]); import locks
with locks.held(sys.argv[2], "qemu/vm", shared=True):
    open(sys.argv[3], "w")
    for _ in range(100):
        if os.path.exists(sys.argv[4]) and os.path.getsize(sys.argv[4]):
            break
        time.sleep(0.1)' "$scripts" "$top/out" "$@"
}
echo >now
hold held fourth & one=$!
eventually test -e held || true
hold too now 2>third
check 'two VMs copy at the same time' test ! -s third
build_in out true 2>fourth
check 'a build waits for a VM that copies' lines 1 'used by process [0-9]* (qemu/vm)$' fourth
wait "$one"
build_in out eventually test -s fifth & one=$!
eventually test -e out/unfinished || true
hold after now 2>fifth
check 'a VM waits for a build' lines 1 "out, used by process $$ (qemu/lib_test.sh)$" fifth
check 'and finds it finished' test ! -e out/unfinished
wait "$one"

# What is made once.
make_slowly() {
	mkdir "$1"
	echo '0 upgraded, 7 newly installed, 0 to remove and 0 not upgraded.'
	for i in 1 2 3; do
		echo "Unpacking package-$i (1.0) ..."
		sleep 0.6
	done
	: >"$1/whole"
}
tell_seconds=0.5 once "$cache/thing" 'making the thing (a while)' make_slowly 2>told
check 'it is made' test -e "$cache/thing/whole"
check 'it is told how far it is' grep -q 'making the thing: unpacking package [23] of 7$' told
cp told told.then
sleep 1
check 'and not after its end' cmp -s told told.then
once "$cache/thing" 'making the thing' false 2>again
check 'it is made once' test ! -s again

# children PID: those of the process, here the command and what tells how far it is.
children() { grep -l "^PPid:	$1\$" /proc/[0-9]*/status 2>/dev/null | cut -d / -f 3; }
for signal in INT TERM KILL; do
	rm -f killed
	# What a shell has in the background ignores SIGINT.
	setsid env --default-signal=INT bash -c '. "$1/lib.sh"; cache=$2 tell_seconds=0.3
		run() { in_namespace sleep 1000; }
		once "$cache/killed" "making it" run' bash "$scripts" "$cache" >/dev/null 2>killed &
	maker=$!
	eventually grep -q 'objects built' killed || true
	mapfile -t processes < <(children "$maker")
	# As on a terminal.
	if [ "$signal" = INT ]; then kill -INT -- "-$maker"; else kill "-$signal" "$maker"; fi
	wait "$maker" 2>/dev/null || true
	check "SIG$signal: there were two processes" test "${#processes[@]}" = 2
	for process in "${processes[@]}"; do
		check "SIG$signal leaves none of them" eventually no_process "$process"
	done
	cp killed killed.then
	sleep 0.7
	check "after SIG$signal nothing is told" cmp -s killed killed.then
	kill -KILL "${processes[@]}" 2>/dev/null || true
	check "after SIG$signal it is not taken for made" test ! -e "$cache/killed"
done
tell_seconds=0.5 once "$cache/killed" 'making it' make_slowly 2>/dev/null
check 'what was killed is made anew' test -e "$cache/killed/whole"
finish
