#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# stress.sh [TASKS [STACKS]]: the program of that name on both engines, whose memory figures can be
# compared. The built-in engine gets a tenth of TASKS and STACKS, as it frees programs slowly.
. ./tap.sh

echo '# the built-in engine:'
check 'the built-in engine' ./stress $((${1:-10000} / 10)) $((${2:-1000} / 10))
insmod /rust_seccomp.ko
echo '# the module:'
check 'the module' ./stress "$@"
check 'no module reference is left' unused
check 'the module unloads' rmmod rust_seccomp
finish
