#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# fuzz.sh SEQUENCES [SEED [ROUNDS]]: random sequences of calls on both engines, which must come out
# the same to the letter, ROUNDS times, every other time by 32-bit programs. SEED 0 is a new one
# each time, which is printed.
. ./tap.sh

sequences=${1:-200}
seed=${2:-1}
rounds=${3:-1}
[ "$seed" != 0 ] || seed=$(($(date +%s) * 100000))

# A sequence of an output.
sequence() { sed -n "/^sequence $1\$/,/^sequence /p" "$2" | sed '$d'; }

# same A B: says where they begin to differ.
same() {
	cmp -s "$1" "$2" && return
	line=$(cmp "$1" "$2" 2>&1 | sed -n 's/.* line //p')
	which=$(head -n "${line:-1}" "$1" | sed -n 's/^sequence //p' | tail -n 1)
	echo "# sequence $which differs; - is $1, + is $2"
	sequence "$which" "$1" >/tmp/one
	sequence "$which" "$2" >/tmp/two
	diff -U 40 /tmp/one /tmp/two | head -n 90 | sed 's/^/# /'
	return 1
}

# all_end FILE: no sequence is stuck.
all_end() { ! grep -B 12 -E 'is stuck|goes on and on' "$1" | sed 's/^/# /' | grep .; }

# The round's sequences on the built-in engine, on ours, and there with appended filters.
run() {
	rm -f /tmp/stock /tmp/ours /tmp/appended
	$program "$sequences" "$seed" >/tmp/stock &&
		insmod /rust_seccomp.ko &&
		$program "$sequences" "$seed" >/tmp/ours &&
		$program -a "$sequences" "$seed" >/tmp/appended
}

attempt() { run && same /tmp/stock /tmp/ours && same /tmp/stock /tmp/appended; }
again() { { ! is_loaded || { unused && rmmod rust_seccomp; }; } && run; }

for round in $(seq "$rounds"); do
	echo "# seed $seed"
	program=./fuzz_calls what="round $round, $sequences sequences"
	[ $((round % 2)) = 1 ] || program=./fuzz_calls_32 what="$what of 32-bit calls"
	# On a busy machine some wait may have been too short; what differs for a reason does so again.
	if ! attempt; then
		echo '# once more'
		check "$what: are run once more" again
	fi
	check "$what: both engines do the same" same /tmp/stock /tmp/ours
	check "$what: filters do the same when appended" same /tmp/stock /tmp/appended
	check "$what: all of them end" all_end /tmp/stock
	echo "# $(awk '$2 == "steps" { n += $1 } END { print n }' /tmp/ours) steps," \
		"$(grep -c asks /tmp/ours) questions, $(grep -c ' stop ' /tmp/ours) stops," \
		"$(grep -c traps /tmp/ours) traps, $(grep -c ended /tmp/ours) ends"
	check "$what: the module is not used any more" unused
	check "$what: it unloads" rmmod rust_seccomp
	seed=$((seed + sequences))
done
finish
