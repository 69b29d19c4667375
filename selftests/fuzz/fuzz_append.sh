#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# fuzz_append.sh ROUNDS [SEED]: runs fuzz_append, and checks that it leaves nothing behind.
. ./tap.sh

seed=${2:-$(($(date +%s) * 100000))}
echo "# seed $seed"
insmod /rust_seccomp.ko
check "$1 rounds" ./fuzz_append "$1" "$seed"
check 'the module is not used any more' unused
check 'it unloads' rmmod rust_seccomp
finish
