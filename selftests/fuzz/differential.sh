#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# Random filters against what they say, so many stacks of them, on both engines: the built-in one
# comes first, before the module is loaded. A new seed each time, which is printed.
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
