# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0
#
# What the scripts here share: messages, locks, the cache, and the toolchain root.

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
cache=${XDG_CACHE_HOME:-$HOME/.cache}/rust-seccomp
start=$SECONDS
# How a command that waits for this one calls it.
self="process $$ (qemu/${0##*/}${*:+ $*})"

say() { printf '%4ds  %s\n' $((SECONDS - start)) "$*" >&2; }

die() {
	printf '%s: %s\n' "${0##*/}" "$*" >&2
	exit "${status:-1}"
}

# check_arch ARCH
check_arch() {
	case $1 in
	x86_64 | arm64) ;;
	*) die "unknown architecture '$1': x86_64 or arm64" ;;
	esac
}

# The recipe of the toolchain root. Its hash names the root, so that a change makes a new one.
recipe=$top/qemu/sdk-recipe
sdk_key() { sha256sum "$recipe" | cut -c1-12; }
sdk_root() { echo "$cache/sdk-$(sdk_key)"; }

# Likewise for the root with Bochs.
bochs_recipe=$top/qemu/bochs-recipe
bochs_root() { echo "$cache/bochs-$(sha256sum "$bochs_recipe" | cut -c1-12)"; }

# Likewise for kernel NAME. That of the series is made of its patches, too.
kernel_key() {
	local made_of=("$top/qemu/kernel-$1")
	if [ "$1" = rfc ]; then
		# But for the cover letter.
		mapfile -t -O 1 made_of < <(find "$top/build/rfc" -name '*.patch' ! -name '0000-*' 2>/dev/null | sort)
	fi
	cat "${made_of[@]}" | sha256sum | cut -c1-8
}

# kernel_tree ARCH NAME: where the prepared kernel is, or will be.
kernel_tree() { echo "$cache/kernel-$(sdk_key)-$1-$2.$(kernel_key "$2")"; }

# prepared_kernels: a line "ARCH-NAME TREE" for each kernel that is prepared.
prepared_kernels() {
	local key recipe_of name tree of
	key=$(sdk_key)
	for recipe_of in "$top"/qemu/kernel-*; do
		name=${recipe_of##*/kernel-}
		# As long as it is made, it has another name.
		for tree in "$cache/kernel-$key"-*-"$name.$(kernel_key "$name")"{,.part}; do
			[ -d "$tree" ] || continue
			of=${tree##*/kernel-"$key"-}
			echo "${of%%.*} $tree"
		done
	done
}

# in_namespace COMMAND...: as root of a mount namespace that vanishes with the command. An ordinary
# user becomes root of a user namespace, with the subordinate ids that the machine gave out. If the
# shell that waits for the command is killed, the command gets SIGTERM.
in_namespace() {
	local user=()
	[ "$(id -u)" = 0 ] || user=(--user --map-root-user --map-auto)
	unshare "${user[@]}" --mount --propagation private -- setpriv --pdeathsig TERM -- "$@"
}

# remove PATH: what in_namespace has made.
remove() { [ ! -e "$1" ] || in_namespace rm -rf "$1"; }

# lock FILE: waits until no other command has locked FILE, and locks it. The kernel frees the lock when
# this shell and all that it has started have ended, killed or not. A command that this one starts has
# the lock as well. FILE says who took it last, so that a command that waits can say for whom.
lock() {
	local fd holder what
	! has_lock "$1" || return 0
	mkdir -p "${1%/*}"
	exec {fd}>>"$1"
	if ! flock --nonblock "$fd"; then
		read -r holder <"$1" || true
		what=${1#"$top/"}
		say "waiting for ${what%.lock}, used by ${holder:-another command}"
		flock "$fd"
	fi
	echo "$self" >"$1"
	export locked=${locked:-}:$1
}

has_lock() { [[ :${locked:-}: = *:"$1":* ]]; }

# build_in DIRECTORY COMMAND...: runs COMMAND, which builds in DIRECTORY of the repository, while no
# other command builds there and no VM copies what is there. Meanwhile DIRECTORY has a file
# "unfinished". A build that is killed leaves it: qemu/vm then refuses what is there, and the next build
# removes it all, for make would take half a file for a whole one.
build_in() (
	directory=$top/$1 status=0
	shift
	if has_lock "$directory.lock"; then
		"$@"
		exit
	fi
	lock "$directory.lock"
	[ ! -e "$directory/unfinished" ] || rm -rf "$directory"
	mkdir -p "$directory"
	touch "$directory/unfinished"
	"$@" || status=$?
	# Above 128 a signal has ended it. Of what fails otherwise make removes what is unfinished.
	[ "$status" -gt 128 ] || rm "$directory/unfinished"
	exit "$status"
)

# once PATH DESCRIPTION COMMAND...: runs COMMAND PATH.part to make PATH, unless it is there. The
# result appears in one step, so what was interrupted is never taken for finished, and of two
# builders the second waits for the first. Every half minute a line says how far it is.
once() {
	local path=$1 what=$2 log=$1.log status=0 why teller
	shift 2
	[ -e "$path" ] && return
	mkdir -p "$cache" 2>/dev/null || true
	[ -w "$cache" ] || die "cannot write to $cache"
	# The teller ends when this shell closes the pipe or is killed, so COMMAND must not have the pipe.
	exec 8> >(tell_progress "$what" "$path")
	teller=$!
	lock "$path.lock"
	if [ ! -e "$path" ]; then
		say "$what"
		remove "$path.part"
		"$@" "$path.part" >"$log" 2>&1 </dev/null 8>&- || status=$?
		if [ "$status" != 0 ]; then
			# While what fills the disk is still there.
			why=$(reason "$log")
			remove "$path.part"
			die "$why"
		fi
		mv "$path.part" "$path"
	fi
	exec 8>&-
	wait "$teller"
}

# tell_progress DESCRIPTION PATH: says every half minute how far the making of PATH is, until its
# input ends.
tell_progress() {
	local status=0
	while true; do
		read -r -t "${tell_seconds:-30}" || status=$?
		# Above 128 the time is up.
		[ "$status" -gt 128 ] || break
		say "${1%% (*}: $(progress "$2")"
	done
}

# progress PATH: how far the making of PATH is. Of the toolchain root the log tells; make is silent, so
# of a kernel the objects are counted, of which there will be some $objects (in $objects_in, if set).
progress() {
	if [ -s "$1.log" ]; then
		awk '
			/^I: / { said = substr($0, 4) }
			/^[0-9]+ upgraded, / { all = of = " of " $3; got = unpacked = set_up = 0 }
			/^Need to get / { size = ", " $4 " " $5 " in all" }
			/^Get:.* (InRelease|Packages) \[/ { said = "reading package lists"; next }
			/^Get:/ { said = "downloading package " ++got of size }
			/^Fetched / && got { said = "unpacking the download"; of = size = ""; got = 0 }
			/^Unpacking / { said = "unpacking package " ++unpacked all }
			/^Setting up / { said = "setting up package " ++set_up all }
			END { print said ? said : "starting" }' "$1.log"
	else
		echo "$(find "${objects_in:-$1.part}" -name '*.o' 2>/dev/null | wc -l) of some ${objects:-?} objects built"
	fi
}

# reason LOG: the likely cause of a failure, in a line; or what the log says last.
reason() {
	if grep -q 'No space left on device' "$1" ||
		[ "$(df --output=avail --block-size=1M "$cache" | tail -n 1)" -lt 1 ]; then
		echo "the disk of $cache is full"
	elif grep -qE 'Temporary failure resolving|Could not (resolve|connect)|Network is unreachable' "$1"; then
		echo 'the Debian archive cannot be reached; the first use needs a network'
	elif grep -q 'no 7\.3 kernel' "$1"; then
		echo 'the archive has no 7.3 kernel (any more)'
	elif grep -q /etc/subuid "$1"; then
		echo "$(id -un) has no subordinate ids in /etc/subuid and /etc/subgid; or run as root"
	elif grep -q newuidmap "$1"; then
		echo 'newuidmap is missing: install uidmap, or run as root'
	elif grep -qE 'unshare: .*(Operation not permitted|failed)' "$1"; then
		echo 'user namespaces are not available here: run as root'
	else
		printf 'failed; the whole log is %s\n%s\n' "$1" "$(tail -n 20 "$1")"
	fi
}

# need_mmdebstrap: what makes roots, which is installed if it is missing.
need_mmdebstrap() {
	! command -v mmdebstrap >/dev/null || return 0
	if [ "$(id -u)" != 0 ] || ! command -v apt-get >/dev/null; then
		die 'mmdebstrap is missing: install it'
	fi
	say 'installing mmdebstrap'
	{ apt-get -q update && apt-get -q -y --no-install-recommends install mmdebstrap; } \
		>/dev/null 2>&1 || die 'mmdebstrap cannot be installed: is there a network?'
}

# make_debian PATH ARCHITECTURES RECIPE: a minimal Debian trixie, and what RECIPE makes of it.
make_debian() {
	chmod +x "$3"
	in_namespace env TMPDIR="$cache" mmdebstrap --mode=root --variant=apt \
		--architectures="$2" \
		--aptopt='APT::Install-Recommends "false"' \
		--aptopt='Acquire::Languages "none"' \
		--aptopt='Acquire::Retries "3"' \
		--dpkgopt='path-exclude=/usr/share/man/*' \
		--dpkgopt='path-exclude=/usr/share/locale/*' \
		--customize-hook="$3" \
		trixie "$1"
}

# sdk_enter ROOT COMMAND...: runs COMMAND inside ROOT, with the repository as /src (the working
# directory), the prepared kernels as /k, and $sdk_files, if set, as /files.
sdk_enter() {
	# shellcheck disable=SC2016 # expanded by the inner shell
	in_namespace bash -euc '
		root=$1 top=$2 kernels=$3 files=$4
		shift 4
		mount --bind "$root" "$root"
		mkdir -p "$root"/{src,k,files,tmp}
		mount --rbind /proc "$root/proc"
		mount --rbind /dev "$root/dev"
		mount -t tmpfs tmpfs "$root/tmp"
		mount --bind "$top" "$root/src"
		mount -t tmpfs tmpfs "$root/k"
		while read -r kernel tree; do
			[ -n "$kernel" ] || continue
			mkdir -p "$root/k/$kernel"
			mount --bind "$tree" "$root/k/$kernel"
		done <<<"$kernels"
		[ -z "$files" ] || mount --bind "$files" "$root/files"
		if [ -e /etc/resolv.conf ]; then
			touch "$root/etc/resolv.conf"
			mount --bind /etc/resolv.conf "$root/etc/resolv.conf"
		fi
		# Whom the host trusts on its network, proxies that it has to go through included.
		trusted=/etc/ssl/certs/ca-certificates.crt
		if [ -e "$trusted" ] && [ -e "$root$trusted" ]; then
			mount --bind "$trusted" "$root$trusted"
		fi
		cd "$root/src"
		exec env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 \
			TERM="${TERM:-dumb}" CARGO_HOME=/src/build/cargo \
			chroot "$root" sh -c '\''cd /src && exec "$@"'\'' sh "$@"
	' bash "$1" "$top" "$(prepared_kernels)" "${sdk_files:-}" "${@:2}"
}

# sdk COMMAND...: as above, in the official root, which is made first if need be.
sdk() {
	"$top/qemu/sdk" || exit
	sdk_enter "$(sdk_root)" "$@"
}

# build_init ARCH: a VM's process 1, unless it is newer than its source.
build_init() {
	local init=build/vm/init-$1 compiler=gcc
	[ "$top/$init" -nt "$top/qemu/init.c" ] && return
	[ "$1" = x86_64 ] || compiler=aarch64-linux-gnu-gcc
	mkdir -p "$top/build/vm"
	sdk "$compiler" -static -O2 -Wall -o "$init.$$" qemu/init.c
	mv "$top/$init.$$" "$top/$init"
}

# build_selftests ARCH [TOOLS]: with TOOLS, a directory of qemu/tools, with what is there as well.
build_selftests() {
	build_in "build/selftests-$1" sdk make -s -j"$(nproc)" -C selftests ARCH="$1" \
		OUTPUT="/src/build/selftests-$1" TOOLS="${2:+/src/$2}"
}
