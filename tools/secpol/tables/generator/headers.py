# SPDX-License-Identifier: MIT OR Apache-2.0
"""Where the constants are that a policy may want: what programs pass to system calls."""

# Of the headers that programs get. What they include of asm-generic/ counts as theirs. Left out are
# those of drivers for graphics, sound and media, and of what is inside of netlink messages.
UAPI = """
asm/errno.h asm/fcntl.h asm/ioctl.h asm/ioctls.h asm/mman.h asm/poll.h asm/resource.h asm/shmbuf.h
asm/siginfo.h asm/signal.h asm/socket.h asm/sockios.h asm/stat.h linux/acct.h linux/aio_abi.h
linux/android/binder.h linux/android/binderfs.h linux/audit.h linux/auto_dev-ioctl.h linux/auto_fs.h
linux/auxvec.h linux/binfmts.h linux/blkdev.h linux/blkpg.h linux/blkzoned.h linux/bpf.h
linux/bpf_common.h linux/bsg.h linux/btrfs.h linux/can.h linux/can/bcm.h linux/can/isotp.h
linux/can/raw.h linux/capability.h linux/cdrom.h linux/close_range.h linux/coredump.h
linux/dm-ioctl.h linux/dma-buf.h linux/dma-heap.h linux/dqblk_xfs.h linux/errno.h linux/errqueue.h
linux/eventfd.h linux/eventpoll.h linux/ext4.h linux/f2fs.h linux/fadvise.h linux/falloc.h
linux/fanotify.h linux/fb.h linux/fcntl.h linux/fd.h linux/fiemap.h linux/filter.h linux/fs.h
linux/fscrypt.h linux/fsmap.h linux/fsverity.h linux/fuse.h linux/futex.h linux/gpio.h linux/hdreg.h
linux/hiddev.h linux/hidraw.h linux/hpet.h linux/i2c-dev.h linux/i2c.h linux/icmp.h linux/icmpv6.h
linux/if.h linux/if_alg.h linux/if_arp.h linux/if_bonding.h linux/if_ether.h linux/if_packet.h
linux/if_ppp.h linux/if_pppox.h linux/if_tun.h linux/if_vlan.h linux/if_xdp.h linux/in.h linux/in6.h
linux/inotify.h linux/input.h linux/io_uring.h linux/iommufd.h linux/ioprio.h linux/ip.h linux/ipc.h
linux/ipv6.h linux/kcmp.h linux/kcov.h linux/kd.h linux/kexec.h linux/keyctl.h linux/landlock.h
linux/limits.h linux/loop.h linux/lsm.h linux/magic.h linux/major.h linux/membarrier.h linux/memfd.h
linux/mempolicy.h linux/mman.h linux/module.h linux/mount.h linux/mqueue.h linux/mroute.h
linux/mroute6.h linux/msdos_fs.h linux/msg.h linux/mtio.h linux/nbd.h linux/net.h linux/net_tstamp.h
linux/netfilter_ipv4.h linux/netfilter_ipv6.h linux/netlink.h linux/nsfs.h linux/nvme_ioctl.h
linux/openat2.h linux/perf_event.h linux/personality.h linux/pidfd.h linux/poll.h linux/ppp-ioctl.h
linux/pps.h linux/pr.h linux/prctl.h linux/ptp_clock.h linux/ptrace.h linux/quota.h
linux/raid/md_u.h linux/random.h linux/reboot.h linux/resource.h linux/rfkill.h linux/route.h
linux/rseq.h linux/rtc.h linux/sched.h linux/sched/types.h linux/sctp.h linux/seccomp.h
linux/securebits.h linux/sem.h linux/serial.h linux/shm.h linux/signalfd.h linux/socket.h
linux/sockios.h linux/stat.h linux/suspend_ioctls.h linux/sync_file.h linux/tcp.h linux/tee.h
linux/time.h linux/timerfd.h linux/timex.h linux/tiocl.h linux/tls.h linux/ublk_cmd.h
linux/udmabuf.h linux/udp.h linux/uhid.h linux/uinput.h linux/uio.h linux/un.h linux/usbdevice_fs.h
linux/userfaultfd.h linux/utsname.h linux/vduse.h linux/vfio.h linux/vhost.h linux/vhost_types.h
linux/vm_sockets.h linux/vt.h linux/wait.h linux/watch_queue.h linux/watchdog.h linux/wireless.h
linux/x25.h linux/xattr.h
""".split()

# Those that one architecture has.
OWN = {
    "x86": ["linux/kvm.h", "asm/ldt.h", "asm/prctl.h", "asm/ptrace-abi.h", "asm/sgx.h"],
    "arm64": ["linux/kvm.h", "asm/ptrace.h"],
    "arm": ["asm/ptrace.h"],
}

# Of the kernel's own headers: what a C library has copies of. Macros of these prefixes and values
# of these enums.
INTERNAL = {
    "include/linux/socket.h": (("AF_", "PF_", "SOL_", "MSG_", "SCM_", "SOMAXCONN"), ()),
    "include/linux/net.h": (("SOCK_",), ("sock_type", "sock_shutdown_cmd")),
    "include/linux/fs.h": (("MNT_", "UMOUNT_NOFOLLOW"), ()),
    "include/linux/splice.h": (("SPLICE_F_",), ()),
    "include/linux/stat.h": (("UTIME_",), ()),
    "include/linux/swap.h": (("SWAP_FLAG_",), ()),
    "include/linux/syslog.h": (("SYSLOG_ACTION_",), ()),
}

# Those whose names are too common: ECHO, B0.
COMMON = ("asm-generic/termbits.h", "asm-generic/termbits-common.h")

# What a C library alone has, and the kernel takes; and handlers of signals as numbers.
LIBC = """
#undef SIG_DFL
#undef SIG_IGN
#define SIG_DFL 0
#define SIG_IGN 1
#define F_OK 0
#define X_OK 1
#define W_OK 2
#define R_OK 4
#define ENOTSUP EOPNOTSUPP
#define SIGCLD SIGCHLD
#define WAIT_ANY (-1)
#define WAIT_MYPGRP 0
#define RLIMIT_OFILE RLIMIT_NOFILE
#define MAP_ANON MAP_ANONYMOUS
"""
