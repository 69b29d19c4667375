#!/bin/sh
# SPDX-License-Identifier: GPL-2.0
# The sample supervisors do for a confined program what their policy allows, and nothing else, even if
# the program attacks them (attack_*.c).
. ./tap.sh

mkdir -p /tmp/open/sub /tmp/closed
echo inside >/tmp/open/sub/file
echo outside >/tmp/closed/file
ln -sf /tmp/closed/file /tmp/open/link
ln -sf sub/file /tmp/open/near
broker() { ./file_broker /tmp/open -- "$@" 2>/dev/null; }
# result COMMAND...: prints the exit status of COMMAND.
result() {
	"$@" 2>/dev/null
	echo $?
}

check 'the broker opens what is allowed' [ "$(broker cat /tmp/open/sub/file)" = inside ]
check 'through a link that stays inside' [ "$(broker cat /tmp/open/near)" = inside ]
refuse 'not what is elsewhere' broker cat /tmp/closed/file
refuse 'nor through ..' broker cat /tmp/open/../closed/file
refuse 'nor through a link that leads outside' broker cat /tmp/open/link
refuse 'nor for writing' broker sh -c 'echo more >/tmp/open/sub/file'
check 'a file that does not exist is ENOENT' \
	sh -c './file_broker /tmp/open -- cat /tmp/open/none 2>&1 | grep -q "No such file"'
check 'a thousand files' [ "$(broker sh -c 'for _ in $(seq 250); do
	read -r a </tmp/open/sub/file; read -r b </tmp/open/near
	read -r c </tmp/open/sub/file; read -r d </tmp/open/near
	echo $a$b$c$d; done | sort | uniq -c | tr -d " "')" = 250insideinsideinsideinside ]
check 'the status of the program is passed on' [ "$(broker sh -c 'exit 7'; echo $?)" = 7 ]
mkfifo /tmp/open/fifo
refuse 'a FIFO does not hold up the broker' broker cat /tmp/open/fifo
refuse 'nor does the broker open its own files in /proc' \
	./file_broker /proc -- cat /proc/self/environ
refuse 'a directory that is not there is an error' ./file_broker /tmp/none -- true
refuse 'and a relative one' ./file_broker . -- true
cp /bin/busybox /tmp/closed/tool
check 'a program that attacks the broker gets nowhere' broker ./attack_supervisor
echo 'user:x:1000:1000::/tmp:/bin/sh' >>/etc/passwd
check 'nor if the broker is an ordinary user'"'"'s' \
	su user -c './file_broker /tmp/open -- ./attack_supervisor'
check 'nor one that wants to read, change or execute a file elsewhere' \
	broker ./attack_broker /tmp/closed/file /tmp/open /tmp/closed/tool
check 'the file is as it was' [ "$(cat /tmp/closed/file)" = outside ]

# Outside of its user namespace the program is not root.
mkdir -p /tmp/mnt/a /tmp/other /tmp/modules /tmp/evil
chmod 777 /tmp/mnt /tmp/other
manager() { ./mount_manager /tmp/mnt /tmp/modules rust_seccomp_none,nothing -- "$@" 2>/dev/null; }
check 'the manager mounts what is allowed' manager mount -t tmpfs tmpfs /tmp/mnt/a
check 'it is there' grep -q ' /tmp/mnt/a tmpfs .*nosuid,nodev' /proc/mounts
refuse 'not elsewhere' manager mount -t tmpfs tmpfs /tmp/other
refuse 'nor through ..' manager mount -t tmpfs tmpfs /tmp/mnt/../other
refuse 'nor another type' manager mount -t proc proc /tmp/mnt/a
refuse 'nor with options' manager mount -t tmpfs -o size=9m tmpfs /tmp/mnt/a
refuse 'nor anything from an unlisted module' manager insmod /rust_seccomp.ko
refuse 'unmounting is refused' manager umount /tmp/mnt/a
umount /tmp/mnt/a
cp /rust_seccomp.ko /tmp/modules/nothing.ko
echo nonsense >/tmp/evil/nothing.ko
check 'a listed module is loaded by the manager, which finds it loaded already' \
	sh -c './mount_manager /tmp/mnt /tmp/modules nothing -- insmod /tmp/evil/nothing.ko 2>&1 |
		grep -q "module for .*File exists"'
# attack_manager exits with the errno: 1 EPERM, 8 ENOEXEC, 17 EEXIST.
check 'not from the program'"'"'s file: nonsense of a listed name is not looked at' \
	[ "$(result manager ./attack_manager module /tmp/evil/nothing.ko)" = 17 ]
echo nonsense >/tmp/modules/nothing.ko
cp /rust_seccomp.ko /tmp/evil/nothing.ko
check 'nor is a module of a listed name' \
	[ "$(result manager ./attack_manager module /tmp/evil/nothing.ko)" = 8 ]
chmod o+w /tmp/modules/nothing.ko
check 'nor is one that others may write to' \
	[ "$(result manager ./attack_manager module /tmp/evil/nothing.ko)" = 1 ]
chmod o+w /tmp/modules
refuse 'a directory of modules that others may write to is an error' manager true
chmod o-w /tmp/modules
refuse 'and one that is not there' ./mount_manager /tmp/mnt /tmp/none nothing -- true
check 'a program that attacks the manager gets nowhere' manager ./attack_supervisor
check 'nor one that swaps in a symbolic link' manager ./attack_manager swap /tmp/mnt /tmp/other
refuse 'nothing is mounted elsewhere' grep -q ' /tmp/other ' /proc/mounts
check 'nor one that changes mounts' manager ./attack_manager undo /tmp/mnt
check 'its mount is as it was' grep -q ' /tmp/mnt/undo.0 tmpfs .*nosuid,nodev' /proc/mounts
umount /tmp/mnt/*.* 2>/dev/null

check 'the worked example of Documentation/append.rst' ./vault
check 'threads and processes, no namespaces, openat2() beneath its directory' ./ea_policy ./show_ea
refuse 'without the policy it is not so' ./show_ea
refuse 'unshare() is refused as well' ./ea_policy unshare -U true

# as_user COMMAND: runs it by the shell of an ordinary user.
as_user() { su user -c "$1" 2>/dev/null; }
check 'a program reaches the listed address, and no other in any way' as_user ./attack_network
as_user './attack_network - >/dev/null'
check 'without the supervisor it does' [ $? = 1 ]
check 'a program that attacks the supervisor of its network gets nowhere' \
	as_user './net_supervisor 127.0.0.1:1,[::1]:2 -- ./attack_supervisor'
refuse 'the supervisor does not start as root' ./net_supervisor 127.0.0.1:1 -- true
for address in 127.0.0.1 127.0.0.1: 127.0.0.1:0 127.0.0.1:65536 127.0.0.1:1x localhost:80 ::1:80; do
	as_user "./net_supervisor $address -- true"
	check "'$address' is an error" [ $? = 2 ]
done
as_user "./net_supervisor 127.0.0.1:1 -- sh -c 'exit 7'"
check 'the status of its program is passed on' [ $? = 7 ]

for sample in file_broker mount_manager ea_policy net_supervisor; do
	check "$sample without arguments is an error" [ "$(result ./$sample)" = 2 ]
done
check 'a program that tries all ways to a namespace has none' ./ea_policy ./attack_namespaces
in_words() { ./secpol run --short ea_policy.pol -- "$@"; }
check 'so it is under the same policy in words' in_words ./show_ea
refuse 'unshare() is refused there, too' in_words unshare -U true
in_words ./attack_namespaces >/tmp/ways
# A policy has no domain of Landlock: processes that are not confined are as they were.
check 'and all ways to a namespace are shut, but for other processes' \
	[ "$(grep WORKED /tmp/ways)" = '# ptrace() of the parent: WORKED
# kill(): WORKED' ]
refuse 'without the policy it has' sh -c './attack_namespaces >/dev/null'
finish
