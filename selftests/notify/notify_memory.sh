#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# No memory is charged under the lock of the requests: the cgroup of who is charged may delay that for any
# time, and both those who ask and those who answer wait for the lock. Lockdep's events tell which locks a
# task holds, the allocator's events what it allocates.
. ./tap.sh

trace=/sys/kernel/tracing/instances/notify_memory
what='nothing is charged under the lock'
if [ ! -e /sys/kernel/tracing/events/lock/lock_acquire ]; then
	skip "$what" 'no events of lockdep'
	finish
fi
mkdir $trace
echo 8192 >$trace/buffer_size_kb
echo 1 >$trace/options/event-fork
echo $$ >$trace/set_event_pid
for event in lock/lock_acquire lock/lock_release; do
	echo 'name ~ "*board.rs*"' >$trace/events/$event/filter
	echo 1 >$trace/events/$event/enable
done
for event in kmem/kmalloc kmem/kmem_cache_alloc kmem/mm_page_alloc; do
	echo 1 >$trace/events/$event/enable
done
check 'threads ask' ./notify_test -r global.many_readers_and_many_askers
echo 0 >$trace/events/enable

# The first word of each line names the task.
counts=$(awk '
	/ lock_acquire: / { taken++; has[$1] = 1 }
	/ lock_release: / { has[$1] = 0 }
	/ (kmalloc|kmem_cache_alloc|mm_page_alloc): .*ACCOUNT/ && $1 in has { charged[has[$1]]++ }
	END { print taken + 0, charged[0] + 0, charged[1] + 0 }' $trace/trace)
head -n 3 $trace/trace
rmdir $trace
# shellcheck disable=SC2086 # three numbers
set -- $counts
echo "# the lock was taken $1 times; charged without it $2 times, with it $3 times"
check 'events are told' [ "$1" -gt 0 ]
check "$what" [ "$3" = 0 ]
finish
