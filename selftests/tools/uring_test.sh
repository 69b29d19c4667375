#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# secpol: a ring of io_uring does what a policy lets calls do, and nothing else (uring.c).
. ./tap.sh

echo read >/tmp/uring-read
# Its last line says that it has come to an end, and that no other program has.
all_as_expected() {
	rm -f /tmp/uring-made
	echo given >/tmp/uring-given
	"$@" 3<>/tmp/uring-given >/tmp/tried 2>&1 && [ "$(cat /tmp/tried)" = 'as expected' ] && return
	sed 's/^/# /' /tmp/tried
	return 1
}
sees=arguments
if is_loaded; then
	sees=structs
fi
under() {
	tap_policy=$1
	shift
	./secpol run --short "$tap_policy" -- "$@"
}
sed -e '/^@io_uring/d' -e "s!^@include !&$PWD/!" rings.pol >/tmp/rings-free.pol
printf '@unrestricted\n@io_uring nop\n' >/tmp/wider.pol

if ! ./uring probe; then
	skip 'rings are held to a policy' 'this kernel makes no rings'
	finish
fi
check 'without a policy a ring does everything' all_as_expected ./uring free
check 'and under one that says nothing of rings' \
	all_as_expected under /tmp/rings-free.pol ./uring free
if ./secpol features | grep -q '^io_uring has filters'; then
	check 'under a policy a ring does what calls may' \
		all_as_expected under rings.pol ./uring $sees
	refuse 'nor has it made a file' [ -e /tmp/uring-made ]
	check 'filters that were there before open nothing' \
		all_as_expected under /tmp/wider.pol ./secpol run --short rings.pol -- ./uring $sees
	check 'those of a policy that refuses nothing allow everything' \
		all_as_expected under /tmp/wider.pol ./uring free
else
	skip 'under a policy a ring does what calls may' 'this kernel has no filters for io_uring'
	refuse 'the policy runs nothing' under rings.pol true
	check 'it says why' sh -c \
		'./secpol run --short rings.pol -- true 2>&1 | grep -q "cannot register filters of io_uring"'
fi
finish
