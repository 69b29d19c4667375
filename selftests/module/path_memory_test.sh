#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# A process can tie up at most twice the memory that it could with the built-in engine.
. ./tap.sh

if ! ./path_memory >/tmp/stock || ! insmod /rust_seccomp.ko; then exit 1; fi
check 'paths can be filled' sh -c './path_memory >/tmp/ours'
sed 's/^/# stock: /' /tmp/stock
sed 's/^/# ours: /' /tmp/ours
most=$(sort -nk3 /tmp/stock | tail -n 1 | cut -d ' ' -f 3)
while read -r name count size; do
	check "$name: $count filters take $size KiB, at most twice $most" [ "$size" -le $((2 * most)) ]
	stock=$(sed -n "s/^$name \([0-9]*\) .*/\1/p" /tmp/stock)
	[ -z "$stock" ] || check "$name: there are as many as with the built-in engine ($stock)" \
		[ "$count" -ge "$stock" ]
done </tmp/ours
check 'the module unloads' sh -c 'for _ in $(seq 60); do rmmod rust_seccomp && exit; sleep 0.5; done; exit 1'
finish
