# shellcheck shell=sh
# SPDX-License-Identifier: GPL-2.0
# TAP for tests that are scripts: check DESCRIPTION COMMAND..., refuse DESCRIPTION COMMAND...

tap_count=0
tap_failed=0

report() {
	tap_count=$((tap_count + 1))
	if [ "$1" = 0 ]; then
		echo "ok $tap_count $2"
	else
		echo "not ok $tap_count $2"
		tap_failed=1
	fi
}

# The command succeeds.
check() {
	tap_what=$1
	shift
	if "$@"; then report 0 "$tap_what"; else report 1 "$tap_what"; fi
}

# The command fails.
refuse() {
	tap_what=$1
	shift
	if "$@" 2>/dev/null; then report 1 "$tap_what"; else report 0 "$tap_what"; fi
}

skip() {
	tap_count=$((tap_count + 1))
	echo "ok $tap_count $1 # SKIP $2"
}

finish() {
	echo "1..$tap_count"
	exit $tap_failed
}

# The module's reference count; empty if it is not loaded.
references() { sed -n 's/^rust_seccomp [0-9]* \([0-9]*\) .*/\1/p' /proc/modules; }
has_references() { [ "$(references)" = "$1" ]; }
is_loaded() { grep -q '^rust_seccomp ' /proc/modules; }

# Waits until the kernel has freed the module's last filter: five seconds, or longer on debug kernels.
unused() {
	for _ in $(seq $((10 * ${SLOWNESS:-1}))); do
		has_references 0 && return
		sleep 0.5
	done
	return 1
}

# Starts "confined" with the arguments and waits until its filters are in place.
confine() {
	rm -f /tmp/ready
	mkfifo /tmp/ready
	./confined -w /tmp/ready "$@" &
	timeout 20 cat /tmp/ready || echo "# confined is not ready"
}

# The number of processes, kernel threads included.
tasks() { set -- /proc/[0-9]*; echo $#; }

# tasks_go_down_to COUNT: waits until there are not more than a few processes above COUNT. Workers that
# the kernel starts to free programs stay for five minutes.
tasks_go_down_to() {
	for _ in $(seq 150); do
		[ "$(tasks)" -gt $(($1 + 10)) ] || return 0
		sleep 3
	done
	return 1
}

# kB of kernel objects in use, after late frees: of RCU, and of KASAN's quarantine on kernels that have
# it. Objects too large for a cache have pages of their own, which count as slab memory, too.
# kmemleak's own objects do not count.
slab() {
	sleep 2
	echo 3 >/proc/sys/vm/drop_caches
	for cache in /sys/kernel/slab/*/shrink; do
		echo 1 >"$cache" 2>/dev/null
	done
	[ ! -e /tmp/slab ] || mv /tmp/slab /tmp/slab.before
	tail -n +3 /proc/slabinfo >/tmp/slab
	awk -v all="$(sed -n 's/^Slab: *\([0-9]*\) kB/\1/p' /proc/meminfo)" '
		{ caches += $6 * $15 * 4 }
		!/^kmemleak_/ { used += $2 * $4 / 1024 }
		END { printf "%d\n", used + all - caches }' /tmp/slab
}

# Prints the caches whose objects in use have grown by 50 kB or more.
slab_growth() {
	awk 'NR == FNR { before[$1] = $2 * $4; next }
		{ grown = ($2 * $4 - before[$1]) / 1024 }
		grown >= 50 { printf "# %s: %+d kB\n", $1, grown }' /tmp/slab.before /tmp/slab
}

# check_slab BEFORE: checks that not more than BEFORE kB are in use, but for objects that the kernel
# keeps for reuse. Objects count, and not pages: a single object keeps its page.
check_slab() {
	tap_after=$(slab)
	check "no slab memory is lost: $1 kB in use before, $tap_after kB after" \
		[ "$tap_after" -lt $(($1 + 2048)) ]
	slab_growth
}
