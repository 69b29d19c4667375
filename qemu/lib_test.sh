#!/bin/bash
# SPDX-License-Identifier: GPL-2.0
#
# Tests of lib.sh and locks.py: prints TAP.
set -euo pipefail
# shellcheck source=qemu/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=selftests/tap.sh
. "$top/selftests/tap.sh"

scripts=$top/qemu
top=$(mktemp -d)
trap 'rm -rf "$top"' EXIT
cd "$top"

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

finish
