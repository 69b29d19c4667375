#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# secpol denials: what is refused is told as it happens, with the line of the policy.
. ./tap.sh

said=/tmp/said
told=/tmp/told
instances=/sys/kernel/tracing/instances

# listen ARGUMENT...: starts to listen, and waits until it does. It is stopped by heard(), or by itself.
listen() {
	rm -f "$said" "$told"
	./secpol denials "$@" >"$told" 2>"$said" &
	listener=$!
	for _ in $(seq $((100 * ${SLOWNESS:-1}))); do
		! grep -q listening "$said" || return 0
		[ -d "/proc/$listener" ] || break
		sleep 0.2
	done
	sed 's/^/# /' "$said"
	return 1
}

# heard COUNT: waits until so many lines were told, and interrupts.
heard() {
	for _ in $(seq $((50 * ${SLOWNESS:-1}))); do
		[ "$(wc -l <"$told")" -lt "$1" ] || break
		sleep 0.2
	done
	kill -INT "$listener" 2>/dev/null
	wait "$listener"
}

# tells PATTERN
tells() {
	grep -q "$1" "$told" && return
	sed 's/^/# /' "$told"
	return 1
}

under() {
	tap_policy=$1
	shift
	./secpol run --short "$tap_policy" -- "$@" 2>/dev/null
}

mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null
if ! [ -d "$instances" ]; then
	skip 'denials are told' 'the kernel has no tracefs'
	finish
fi
if ! is_loaded; then
	./secpol denials 2>"$said"
	check 'without the module there is nothing to listen to' [ $? = 2 ]
	check 'that is said' grep -q 'does not tell of verdicts' "$said"
	refuse 'and nothing is left behind' rmdir "$instances"/secpol-*
	finish
fi

echo inside >/tmp/read
tab=$(printf '\t')
check 'it listens' listen reader.pol connector.pol
under reader.pol touch /tmp/was-written
under reader.pol cat /tmp/read >/dev/null
httpd -p 127.0.0.1:8081 -h /tmp
under connector.pol wget -q -O /dev/null http://127.0.0.1:8081/
killall httpd
check 'it ends when it is interrupted' heard 2
check 'an argument is told, with the line of the policy' \
	tells "touch: utimensat(dfd=-100, .*, flags=0) -> errno(EPERM)${tab}program.pol:4\$"
check 'so is what an argument points to' \
	tells "wget: connect(.*, uservaddr={family=AF_INET, in.port=0x1f91, in.addr=0x7f000001}) -> errno(EACCES)${tab}connector.pol:8\$"
refuse 'what is allowed is not told' grep -q ' cat: ' "$told"
refuse 'and nothing is left behind' rmdir "$instances"/secpol-*

check 'it listens for a policy that is not in force' listen -n 1 connector.pol
under reader.pol touch /tmp/was-written
check 'it ends when it has told as much as was asked for' wait "$listener"
check 'the filter is told by its number' \
	tells "touch: .* -> errno(EPERM)${tab}filter 1, instruction [0-9]*, of tag [0-9a-f]*\$"
check 'one call is told' [ "$(wc -l <"$told")" = 1 ]

printf 'read: log\n@default allow\n' >/tmp/logs.pol
check 'it listens once more' listen /tmp/logs.pol
under /tmp/logs.pol sh -c 'read -r _ </tmp/read'
heard 1
check 'what is logged is told' tells "sh: read(.* -> log${tab}/tmp/logs.pol:1\$"

mkfifo /tmp/go
# The shell goes on when somebody writes to the pipe.
(read -r _ </tmp/go && exec ./secpol run reader.pol -- touch /tmp/was-written) 2>/dev/null &
process=$!
check 'it listens to a process' listen --pid "$process" reader.pol
under reader.pol mkdir /tmp/was-made
echo >/tmp/go
heard 1
check 'its calls are told' tells ' touch: '
refuse 'those of others are not' grep -q ' mkdir: ' "$told"

./secpol denials --pid 999999 2>"$said"
check 'a process that is not there' [ $? = 2 ]
check 'is told' grep -q '^secpol: /proc/999999/task: ' "$said"
./secpol denials missing.pol 2>"$said"
check 'a policy that is not there' [ $? = 2 ]
check 'is told as well' grep -q 'cannot read missing.pol' "$said"
refuse 'and nothing is left behind in the end' rmdir "$instances"/secpol-*
finish
