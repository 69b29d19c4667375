#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Runs a command in a VM. Called by qemu/vm, which see, inside the toolchain root."""

import argparse
import contextlib
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile

import bochs
import clock
import locks
import splat

TIMEOUT, SPLAT, NO_VERDICT = 124, 125, 126

# All limits are for the time that QEMU, or Bochs, has had: what it lost by waiting for a processor does
# not count (clock.py).

# Seconds for the boot and a short command, under emulation.
DEFAULT_TIMEOUT = {"x86_64": 120, "arm64": 120}

# Emulated boots at times hang, which is not the module's doing: it is loaded by a system that is up.
BOOTS = 3
BOOT_TIMEOUT = {"debian": 90, "debug": 600, "kcsan": 600, "rfc": 90}

# Has the engine built in. There is an image with either engine.
BUILT_IN = "rfc"

# Kernels that look for bugs: all others have none of what makes them different.
DEBUG = ("debug", "kcsan")

# Bochs takes a minute for a boot.
IBT_TIMEOUT, IBT_BOOT_TIMEOUT = 500, 400

# Lines of the command's output. From the first one on it has so many seconds until the second one.
LIMITS = re.compile(rb"^@@ (?:begin (\S+) (\d+)|end .*)\r?$", re.M)

# Out-of-tree and unsigned modules are what we are about, and tests in the kernel (N) are welcome; all
# else is a splat (W, D, L, ...).
HARMLESS_TAINT = 1 << 12 | 1 << 13 | 1 << 18

DIRECTORIES = "bin dev etc files proc root sbin sys tmp usr usr/bin usr/sbin var vm".split()


def parse_arguments():
    parser = argparse.ArgumentParser(prog="qemu/vm", description=__doc__)
    parser.add_argument("--arch", default=os.uname().machine)
    parser.add_argument("--stock", action="store_true", help="do not load the module")
    parser.add_argument("--ibt", action="store_true", help="in Bochs, which has IBT")
    parser.add_argument("--icount", action="store_true", help="a nanosecond an instruction")
    parser.add_argument("--cpus", type=int, default=2)
    parser.add_argument("--memory", type=int, default=0, help="MiB")
    parser.add_argument("--timeout", type=float, help="seconds")
    parser.add_argument("--time", action="store_true", help="say at the end how long it took")
    parser.add_argument("--files", help="directory to copy to /files")
    parser.add_argument("--append", default="", help="kernel command line")
    parser.add_argument("--kernel", default="debian")
    parser.add_argument("--console", action="store_true", help="interactive, on this terminal")
    parser.add_argument("--log", help="file for the kernel's console")
    parser.add_argument("command", nargs="+")
    return parser.parse_args()


def cannot_start(message):
    print(f"qemu/vm: {message}", file=sys.stderr)
    sys.exit(NO_VERDICT)


@contextlib.contextmanager
def complete(directory):
    """While this lasts no command builds in the directory. Refuses what is left of a build that was
    killed."""
    directory = pathlib.Path(directory)
    if not directory.is_relative_to("/src/build") or not directory.is_dir():
        yield
        return
    with locks.held(directory, "qemu/vm", shared=True):
        if (directory / "unfinished").exists():
            cannot_start(f"the build of {directory.relative_to('/src')} was interrupted: run make")
        yield


class Cpio:
    """Writes an archive in the newc format."""

    def __init__(self, out):
        self.out = out
        self.inode = 0

    def add(self, name, mode, data=b"", device=(0, 0)):
        self.inode += 1
        name = name.encode() + b"\0"
        fields = (self.inode, mode, 0, 0, 1, 0, len(data), 0, 0, *device, len(name), 0)
        header = b"070701" + b"".join(b"%08x" % field for field in fields) + name
        self.out.write(header + b"\0" * (-len(header) % 4) + data + b"\0" * (-len(data) % 4))

    def add_tree(self, top, name):
        """Adds the directory top as name."""
        for directory, subdirectories, files in os.walk(top):
            for entry in subdirectories + files:
                path = pathlib.Path(directory) / entry
                info = path.lstat()
                data, device = b"", (0, 0)
                if stat.S_ISREG(info.st_mode):
                    data = path.read_bytes()
                elif stat.S_ISLNK(info.st_mode):
                    data = os.readlink(path).encode()
                elif stat.S_ISBLK(info.st_mode) or stat.S_ISCHR(info.st_mode):
                    device = (os.major(info.st_rdev), os.minor(info.st_rdev))
                elif stat.S_ISSOCK(info.st_mode):
                    continue
                self.add(f"{name}/{path.relative_to(top)}", info.st_mode, data, device)

    def finish(self):
        self.add("TRAILER!!!", 0)
        self.out.write(b"\0" * (-self.out.tell() % 512))


def add_modules(cpio, module, stock):
    """Adds what is there of the modules. Without the engine's there is only the stock one."""
    with complete(module.parent):
        if not stock and not module.exists():
            cannot_start(f"{module.relative_to('/src')} is missing: run make")
        # The second one is made for kernels with KUnit.
        for file in module, module.with_name("rust_seccomp_kunit.ko"):
            if file.exists():
                cpio.add(file.name, 0o100644, file.read_bytes())
    if not stock:
        cpio.add("vm/load", 0o100644)


def write_initramfs(path, args, module):
    debian = {"x86_64": "amd64", "arm64": "arm64"}[args.arch]
    busybox = pathlib.Path(f"/kernel/{debian}/busybox").read_bytes()
    applets = subprocess.run(
        ["/bin/busybox", "--list"], check=True, capture_output=True, text=True
    ).stdout.split()
    with open(path, "wb") as out:
        cpio = Cpio(out)
        for directory in DIRECTORIES:
            cpio.add(directory, 0o040755)
        cpio.add("dev/console", 0o020600, device=(5, 1))
        cpio.add("init", 0o100755, pathlib.Path(f"/src/build/vm/init-{args.arch}").read_bytes())
        cpio.add("bin/busybox", 0o100755, busybox)
        for applet in applets:
            if applet != "busybox":
                cpio.add(f"bin/{applet}", 0o120777, b"busybox")
        cpio.add("etc/passwd", 0o100644, b"root:x:0:0::/root:/bin/sh\n")
        cpio.add("etc/group", 0o100644, b"root:x:0:\n")
        cpio.add("vm/command", 0o100644, b"".join(w.encode() + b"\0" for w in args.command))
        if args.kernel != BUILT_IN:
            add_modules(cpio, module, args.stock)
        if args.console:
            cpio.add("vm/console", 0o100644)
        if args.ibt:
            cpio.add("vm/serial", 0o100644)
        if args.files:
            with complete(args.files):
                cpio.add_tree(args.files, "files")
        cpio.finish()


def kvm_works(arch):
    """/dev/kvm can be there and hang, so the processor is asked first."""
    cpuinfo = pathlib.Path("/proc/cpuinfo").read_text()
    if arch != os.uname().machine or not re.search(r"^flags.*\b(vmx|svm)\b", cpuinfo, re.M):
        return False
    try:
        os.close(os.open("/dev/kvm", os.O_RDWR))
    except OSError:
        return False
    return True


def memory(args, initramfs):
    """MiB: what was asked for, or enough."""
    return args.memory or (512 if args.ibt else 2048) + 3 * initramfs.stat().st_size // (1 << 20)


def kernel_arguments(args, platform):
    # Or failslab could not be told of each cache.
    nomerge = "slab_nomerge" if args.kernel in DEBUG else ""
    return (
        f"{platform} {nomerge} loglevel=5 panic=-1 oops=panic rcupdate.rcu_cpu_stall_timeout=150 "
        f"watchdog_thresh=60 log_buf_len=16M nokaslr {args.append}"
    )


def bochs_command(args, work, image, initramfs):
    append = kernel_arguments(args, f"{bochs.PLATFORM} {bochs.LEFT_OUT} {bochs.REBOOT}")
    return bochs.command(work, image, initramfs, append, memory(args, initramfs))


def qemu_command(args, work, image, initramfs):
    if args.icount:
        accel, cpus = ["-accel", "tcg", "-icount", "shift=0,sleep=off"], 1
    elif kvm_works(args.arch):
        accel, cpus = ["-accel", "kvm"], args.cpus
    else:
        accel, cpus = ["-accel", "tcg,thread=multi"], args.cpus
    if args.arch == "x86_64":
        # While identify_cpu() has the features cleared an interrupt finds no LA57, and KASAN, with
        # five levels of page tables, no shadow where it then looks.
        cpu = "max,la57=off" if args.kernel in DEBUG else "max"
        machine = ["qemu-system-x86_64", "-cpu", cpu]
        # The check wants ten ticks within some time, and gives up booting if a busy host has none.
        platform = "console=ttyS0 no_timer_check"
    else:
        machine = ["qemu-system-aarch64", "-M", "virt,gic-version=3", "-cpu", "cortex-a76"]
        platform = "console=ttyAMA0"
    if args.console:
        serial = ["-serial", "mon:stdio"]
    else:
        serial = ["-serial", f"file:{work}/console", "-monitor", "none"]
    size = str(memory(args, initramfs))
    append = kernel_arguments(args, platform)
    return [
        *machine,
        *accel,
        *("-smp", str(cpus), "-m", size, "-display", "none", "-no-reboot", "-nodefaults"),
        *serial,
        *("-device", "virtio-serial-pci"),
        *("-chardev", f"file,id=output,path={work}/output"),
        *("-device", "virtserialport,chardev=output,name=output"),
        *("-chardev", f"file,id=verdict,path={work}/verdict"),
        *("-device", "virtserialport,chardev=verdict,name=verdict"),
        *("-kernel", str(image), "-initrd", str(initramfs), "-append", append),
    ]


def read_text(path):
    try:
        return path.read_text(errors="replace")
    except OSError:
        return ""


class Stream:
    """Copies what is appended to a file to our output, and sees the limits in there."""

    def __init__(self, path):
        self.path = path
        self.file = None
        self.line = b""
        # What has begun, and how long it may take.
        self.running = None, 0

    def pump(self):
        """Returns whether something has begun or ended."""
        if self.file is None and self.path.exists():
            self.file = open(self.path, "rb")
        last = None
        while self.file and (data := self.file.read(65536)):
            sys.stdout.buffer.write(data)
            lines, newline, rest = (self.line + data).rpartition(b"\n")
            self.line = rest
            for last in LIMITS.finditer(lines + newline):
                name, seconds = last.groups(b"")
                self.running = name.decode(errors="replace"), int(seconds or 0)
        sys.stdout.buffer.flush()
        return last is not None


def is_up(work):
    """Whether init runs, and so the command, or will soon."""
    return bool(read_text(work / "verdict"))


def run(command, work, timeout, boot_timeout, screen=None):
    """Runs QEMU, or Bochs, which has a screen. Returns what has timed out, "" if it ended by itself, and
    the clock that tells how long it took."""
    stream = Stream(work / "output")
    parent = os.getppid()
    with open(work / "qemu", "wb") as errors:
        interactive = "mon:stdio" in command
        qemu = subprocess.Popen(
            command,
            stdin=None if interactive else subprocess.DEVNULL,
            stdout=None if interactive else errors,
            stderr=errors,
        )
    time = clock.Clock(lambda: clock.threads_of(qemu.pid))
    began, late = 0.0, ""
    try:
        while qemu.poll() is None and not late:
            passed = time.seconds()
            if screen:
                screen.read()
            if stream.pump():
                began = passed + clock.INTERVAL
            name, seconds = stream.running
            if name and passed - began > seconds:
                late = f"{name} timed out"
            elif passed > timeout:
                late = "timed out"
            elif passed > boot_timeout and not is_up(work):
                late = "timed out before it was up"
            # Whoever started this was killed, and nobody wants the result.
            if os.getppid() != parent:
                sys.exit(NO_VERDICT)
            try:
                qemu.wait(0.05)
            except subprocess.TimeoutExpired:
                pass
        return late if qemu.poll() is None else "", time
    finally:
        if qemu.poll() is None:
            qemu.kill()
            qemu.wait()
        stream.pump()


def complain(message, said):
    """Prints the message, and the end of what was said."""
    lines = said.strip().splitlines()[-20:]
    print("\n".join([f"qemu/vm: {message}", *lines]), file=sys.stderr)


def judge(work, late, harmless=HARMLESS_TAINT):
    """The exit status, after what was said in a failure; late is what has timed out, and when."""
    console = read_text(work / "console")
    found = splat.find(console)
    verdict = re.search(r"^status (\d+) taint (\d+)$", read_text(work / "verdict"), re.M)
    if found:
        print(f"qemu/vm: the kernel complains:\n{found}", file=sys.stderr)
        return SPLAT
    if late:
        complain(late, console)
        return TIMEOUT
    if not verdict:
        complain("the VM died without a verdict", read_text(work / "qemu") + "\n" + console)
        return NO_VERDICT
    status, taint = map(int, verdict.groups())
    if taint & ~harmless:
        print(f"qemu/vm: the kernel is tainted: {taint:#x}", file=sys.stderr)
        return SPLAT
    return status


def main():
    args = parse_arguments()
    suffix = "" if args.kernel == "debian" else f"-{args.kernel}"
    module = pathlib.Path(f"/src/build/{args.arch}{suffix}/rust_seccomp.ko")
    engine = "-stock" if args.kernel == BUILT_IN and args.stock else ""
    image = pathlib.Path(f"/k/{args.arch}-{args.kernel}/vmlinuz{engine}")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(NO_VERDICT))
    work = pathlib.Path(tempfile.mkdtemp(prefix="vm-"))
    try:
        initramfs = work / "initramfs"
        write_initramfs(initramfs, args, module)
        if args.ibt:
            timeout, boot_timeout = IBT_TIMEOUT, IBT_BOOT_TIMEOUT
            harmless = HARMLESS_TAINT | bochs.TAINT
            command = bochs_command(args, work, image, initramfs)
        else:
            timeout = 1 << 30 if args.console else DEFAULT_TIMEOUT[args.arch]
            boot_timeout, harmless = BOOT_TIMEOUT[args.kernel], HARMLESS_TAINT
            command = qemu_command(args, work, image, initramfs)
        lived = waited = 0.0
        for boot in range(1, BOOTS + 1):
            screen = bochs.Screen(work / "qemu") if args.ibt else None
            late, time = run(command, work, args.timeout or timeout, boot_timeout, screen)
            lived, waited = lived + time.lived, waited + time.waited
            up = is_up(work)
            if not late or up or splat.find(read_text(work / "console")) or boot == BOOTS:
                break
            complain(f"boot {boot} hangs, trying again", read_text(work / "console"))
        if args.log and (work / "console").exists():
            shutil.copyfile(work / "console", args.log)
        figures = clock.tell(lived, waited)
        status = judge(work, late and f"{late}, after {figures}", harmless)
        if args.time:
            print(f"qemu/vm: {figures}", file=sys.stderr)
        sys.exit(status)
    except KeyboardInterrupt:
        sys.exit(130)
    except OSError as error:
        cannot_start(f"{error.filename}: {error.strerror}")
    finally:
        shutil.rmtree(work, ignore_errors=True)


if __name__ == "__main__":
    main()
