#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# notify_soak.sh SECONDS [SEED]: runs notify_soak, and checks that it leaves nothing behind.
. ./tap.sh

insmod /rust_seccomp.ko
./notify_soak 5 >/dev/null
before=$(slab)
check 'the soak' ./notify_soak "$@"
check 'no module reference is left' unused
check_slab "$before"
check 'the module unloads' rmmod rust_seccomp
finish
