#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# fuzz.sh SEQUENCES [SEED [ROUNDS]]: random sequences of calls on both engines, whose outputs must be
# the same to the letter; ROUNDS times, every other time by 32-bit programs. With SEED 0 each run has
# a new one, which it prints.
. ./tap.sh

sequences=${1:-200}
seed=${2:-1}
rounds=${3:-1}
[ "$seed" != 0 ] || seed=$(($(date +%s) * 100000))

# The sequences in which two outputs differ.
differing() {
	awk '/^sequence / { n = $2 }
		NR == FNR { one[n] = one[n] "\n" $0; next }
		{ two[n] = two[n] "\n" $0 }
		END { for (n in one) if (one[n] != two[n]) print n
			for (n in two) if (!(n in one)) print n }' "$1" "$2"
}

# seen SEQUENCE OUTPUT: the built-in engine repeats what OUTPUT has of the sequence. That may take some
# attempts if two tasks act at the same moment.
seen() {
	awk -v n="$1" '/^sequence / { on = $2 == n } on' "$2" >/tmp/wanted
	for attempt in $(seq 20); do
		$program 1 "$1" >/tmp/again || return
		cmp -s /tmp/again /tmp/wanted || continue
		echo "# sequence $1 of $2: so does the built-in engine, in attempt $attempt"
		return
	done
	echo "# sequence $1 differs; - is the built-in engine, + is $2"
	diff -U 40 /tmp/again /tmp/wanted | head -n 90 | sed 's/^/# /'
	return 1
}

# same OUTPUT: the output is the same as on the built-in engine, which is in charge now.
same() {
	for which in $(differing /tmp/stock "$1"); do
		seen "$which" "$1" || return
	done
}

# all_end FILE...: all sequences came to their end.
all_end() { ! grep -h -B 12 -E 'is stuck|goes on and on' "$@" | sed 's/^/# /' | grep .; }

# The round's sequences on the built-in engine, on ours, and there with appended filters.
run() {
	rm -f /tmp/stock /tmp/ours /tmp/appended
	$program "$sequences" "$seed" >/tmp/stock &&
		insmod /rust_seccomp.ko &&
		$program "$sequences" "$seed" >/tmp/ours &&
		$program -a "$sequences" "$seed" >/tmp/appended
}

for round in $(seq "$rounds"); do
	echo "# seed $seed"
	program=./fuzz_calls what="round $round, $sequences sequences"
	[ $((round % 2)) = 1 ] || program=./fuzz_calls_32 what="$what of 32-bit calls"
	check "$what: are run on both engines" run
	check "$what: all of them end" all_end /tmp/stock /tmp/ours /tmp/appended
	echo "# $(awk '$2 == "steps" { n += $1 } END { print n }' /tmp/ours) steps," \
		"$(grep -c asks /tmp/ours) questions, $(grep -c ' stop ' /tmp/ours) stops," \
		"$(grep -c traps /tmp/ours) traps, $(grep -c ended /tmp/ours) ends"
	check "$what: the module is not used any more" unused
	check "$what: it unloads" rmmod rust_seccomp
	check "$what: both engines do the same" same /tmp/ours
	check "$what: filters do the same when appended" same /tmp/appended
	seed=$((seed + sequences))
done
finish
