#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# differential.sh [STACKS [SEED]]: the program of that name on both engines, first on the built-in one,
# before the module is loaded. Without a SEED each run has a new one, which it prints.
. ./tap.sh

stacks=${1:-10000}
seed=${2:-$(($(date +%s) * 1000))}
echo "# seed $seed"
check 'the built-in engine' ./differential "$stacks" "$seed"
check 'the built-in engine, 32-bit callers' ./differential_32 "$stacks" "$seed"
insmod /rust_seccomp.ko
check 'the module' ./differential "$stacks" "$seed"
check 'the module, 32-bit callers' ./differential_32 "$stacks" "$seed"
check 'the module is not used any more' unused
finish
