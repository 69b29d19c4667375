# SPDX-License-Identifier: GPL-2.0
"""Bochs in QEMU's place, for qemu/vm --ibt: a processor that has IBT, and a CD, which it boots from."""

import errno
import os
import re
import shutil
import subprocess

# Instructions that make a second of the guest. With fewer the kernel's clock ticks too often, with more
# its loops that wait take too long.
PER_SECOND = 50_000_000

# It has IBT, and an Indirect Target Selection that the kernel mitigates by thunks.
MODEL = "tigerlake"

# Bochs' SYSRET leaves the attributes of SS alone as AMD's does, of which the kernel knows nothing on a
# processor of Intel's: 32-bit programs would die. And Bochs has no MSR that says that string operations
# are fast, which its own are. These tell the kernel, and taint it as out of specification.
FLAGS = "setcpuid=sysret_ss_attrs,rep_good,erms"
TAINT = 1 << 2

# Serial ports take as long for each byte as in life. The first and the third share an interrupt, so the
# second has what there is most of.
PLATFORM = f"console=ttyS0,115200 no_timer_check tsc_early_khz={PER_SECOND // 1000} {FLAGS}"

# Of what the kernel does while it boots: its cryptography tests itself.
LEFT_OUT = "cryptomgr.notests=1"

# A triple fault, by which a kernel that has panicked is to reboot, ends Bochs.
REBOOT = "reboot=triple"

CONFIGURATION = """\
config_interface: textconfig
display_library: term
plugin_ctrl: es1370=0, gameport=0, parallel=0, sb16=0, speaker=0
memory: guest={memory}, host={memory}
romimage: file=/usr/share/bochs/BIOS-bochs-latest
vgaromimage: file=/usr/share/bochs/VGABIOS-lgpl-latest
cpu: model={model}, count=1, ips={ips}, reset_on_triple_fault=0, ignore_bad_msrs=1
clock: sync=none
boot: cdrom
ata0-master: type=cdrom, path={work}/cd, status=inserted
com1: enabled=1, mode=file, dev={work}/console
com2: enabled=1, mode=file, dev={work}/output
com3: enabled=1, mode=file, dev={work}/verdict
log: {work}/bochs
panic: action=fatal
error: action=report
info: action=ignore
"""


def configuration(work, memory):
    """What Bochs is told, with so many MiB."""
    return CONFIGURATION.format(work=work, memory=memory, model=MODEL, ips=PER_SECOND)


def menu(append):
    """What GRUB is told; append is the kernel's command line."""
    words = " ".join("'" + word.replace("'", "'\\''") + "'" for word in append.split())
    return f"set timeout=0\nlinux /vmlinuz {words}\ninitrd /initramfs\nboot\n"


def command(work, image, initramfs, append, memory):
    """Makes the CD, and returns the command that boots it."""
    tree = work / "tree"
    (tree / "boot/grub").mkdir(parents=True)
    (tree / "boot/grub/grub.cfg").write_text(menu(append))
    shutil.copyfile(image, tree / "vmlinuz")
    initramfs.rename(tree / "initramfs")
    made = subprocess.run(
        ["grub-mkrescue", "-d", "/usr/lib/grub/i386-pc", "-o", str(work / "cd"), str(tree)],
        capture_output=True,
        text=True,
    )
    if made.returncode:
        why = (made.stderr.strip().splitlines() or ["it has failed"])[-1]
        raise OSError(errno.EIO, why, "grub-mkrescue")
    shutil.rmtree(tree)
    (work / "bochsrc").write_text(configuration(work, memory))
    return ["bochs-bin", "-q", "-f", str(work / "bochsrc")]


class Screen:
    """The terminal that Bochs opens for itself. If nobody reads what it shows there, it stops."""

    def __init__(self, said):
        # The file with what Bochs has printed, the terminal's name among it.
        self.said = said
        self.terminal = None

    def read(self):
        if self.terminal is None:
            name = re.search(rb'connected to screen "(/dev/[^"]+)"', self.said.read_bytes())
            if not name:
                return
            self.terminal = os.open(name[1], os.O_RDONLY | os.O_NOCTTY | os.O_NONBLOCK)
        try:
            while os.read(self.terminal, 65536):
                pass
        except OSError:
            # There is no more at the moment, or for ever.
            pass
