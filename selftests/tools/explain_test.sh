#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# secpol explain --pid: what the filters of a running thread do, by ptrace and by debugfs.
. ./tap.sh

told=/tmp/told
said=/tmp/said
# What the number alone decides is told in the same words by both; conditions may be told in another
# order, as residual programs ask in another.
calls=read,openat,ioctl,execve,getppid,mkdirat,getpid
conditions=write,openat2
machine=$(uname -m)

# explain ARGUMENT...: its status; what it tells is in $told.
explain() { ./secpol explain --pid "$process" "$@" >"$told" 2>"$said"; }

# tells PATTERN
tells() {
	grep -q "$1" "$told" && return
	sed 's/^/# /' "$told" "$said"
	return 1
}

# What is told of the calls. debugfs does not tell of x32 calls.
of_calls() {
	awk '/^all together$/ { on = 1; next } /, x32 calls:$/ { on = 0 } on' "$told"
}

# has_filters COUNT: waits until the process has so many.
has_filters() {
	for _ in $(seq $((50 * ${SLOWNESS:-1}))); do
		explain --from debugfs --call read
		! grep -q "^thread $process: $1 filters\$" "$told" || return 0
		sleep 0.2
	done
	sed 's/^/# /' "$told" "$said"
	return 1
}

# same COMMAND...: what it prints is what $expected has.
same() {
	"$@" >/tmp/printed
	cmp /tmp/expected /tmp/printed && return
	diff /tmp/expected /tmp/printed | sed 's/^/# /'
	return 1
}

mkfifo /tmp/stay
cat >/tmp/outer.pol <<'END'
@default allow
@fallback openat2 allow
getppid: errno(ENOENT)
mkdirat: trap(3)
write: fd == 7 -> errno(EBADF)
openat2: how.flags & O_CREAT != 0 -> errno(EROFS)
END
cat >/tmp/inner.pol <<'END'
@default allow
@fallback openat2 allow
getpid: log
mkdirat: errno(EPERM)
write: fd in 3 else errno(EPERM)
openat2: how.resolve & RESOLVE_BENEATH != 0 else errno(EXDEV)
END

if ! is_loaded; then
	process=1
	explain --from debugfs
	check 'without the module debugfs shows nothing' [ $? = 2 ]
	check 'that is said' grep -q '^secpol: /sys/kernel/debug/rust_seccomp/filters: ' "$said"
	finish
fi

# It reads from a pipe that nobody writes to.
./secpol run --short /tmp/outer.pol -- ./secpol run --short /tmp/inner.pol -- \
	cat /tmp/stay </dev/null >/dev/null 2>&1 &
process=$!
check 'the program has its filters' has_filters 2

check 'ptrace tells' explain --from ptrace --arch "$machine" --call "$calls"
check 'of both filters' tells "^filter 1: "
of_calls >/tmp/expected
check 'and of both together' grep -q '^  errno(ENOENT):$' /tmp/expected
check 'debugfs tells' explain --from debugfs --arch "$machine" --call "$calls"
check 'the same' same of_calls
check 'without a word about ptrace' [ ! -s "$said" ]
for source in ptrace debugfs; do
	check "$source tells of conditions" \
		explain --from "$source" --arch "$machine" --call "$conditions"
	check 'of numbers' tells 'fd .* -> '
	check 'and of structs' tells 'how.resolve & RESOLVE_BENEATH .* -> '
done
check 'ptrace is the default' explain --arch "$machine" --call "$calls"
check 'so it is silent' [ ! -s "$said" ]
check 'and tells the same' same of_calls

# A caller that has a filter may not ask ptrace.
printf '@default allow\n' >/tmp/any.pol
./secpol run /tmp/any.pol -- \
	./secpol explain --pid "$process" --arch "$machine" --call "$calls" >"$told" 2>"$said"
check 'debugfs is asked where ptrace may not be' [ $? = 0 ]
check 'that is said' grep -q 'no filter of one.s own); debugfs is asked instead$' "$said"
check 'and the same is told' same of_calls
./secpol run /tmp/any.pol -- \
	./secpol explain --pid "$process" --from ptrace >"$told" 2>"$said"
check 'unless ptrace is asked for' [ $? = 2 ]

explain --from debugfs --filter 1
check 'debugfs cannot tell filters apart' [ $? = 2 ]
check 'that is said' grep -q -e '--filter is for --from ptrace' "$said"
kill "$process"
wait "$process" 2>/dev/null

process=$$
check 'a thread without filters' explain
check 'has none' tells "^thread $process: no filters\$"
process=999999
explain --from debugfs
check 'a thread that is not there' [ $? = 2 ]
check 'is told' grep -q 'No such process' "$said"
finish
