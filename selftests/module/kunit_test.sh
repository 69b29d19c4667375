#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The tests of the logic that run in the kernel. If the kernel has KUnit, their module was built, and
# runs them when it is loaded.
. ./tap.sh

module=/rust_seccomp_kunit.ko
if [ ! -e $module ]; then
	skip 'the logic passes its tests in the kernel' 'the kernel is built without KUnit'
	echo "1..$tap_count"
	exit 4
fi

# Loading takes as long as the tests, which is long on debug kernels.
hung=/proc/sys/kernel/hung_task_timeout_secs
if [ -e $hung ]; then
	seconds=$(cat $hung)
	echo 0 >$hung
fi
echo 1000 >/sys/module/kunit/parameters/timeout
check 'the tests are loaded' insmod $module
if [ -e $hung ]; then echo "$seconds" >$hung; fi
suites=0
for suite in /sys/kernel/debug/kunit/rust_seccomp_*; do
	name=${suite##*/rust_seccomp_}
	sed 's/^/# /' "$suite/results"
	grep -E '^    (not )?ok [0-9]+ ' "$suite/results" >/tmp/cases
	while read -r result; do
		case $result in
		ok*) report 0 "$name: ${result#ok * }" ;;
		*) report 1 "$name: ${result#not ok * }" ;;
		esac
	done </tmp/cases
	planned=$(sed -n 's/^    1\.\.//p' "$suite/results")
	check "$name: all of its tests have run" [ "$(wc -l </tmp/cases)" = "$planned" ]
	suites=$((suites + 1))
done
check "all suites are there ($suites)" [ $suites = 6 ]
check 'the tests are unloaded' rmmod rust_seccomp_kunit
finish
