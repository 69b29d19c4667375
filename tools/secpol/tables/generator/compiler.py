# SPDX-License-Identifier: MIT OR Apache-2.0
"""The compilers, and the kernel's headers as programs of each ABI see them."""

import pathlib
import subprocess

ABIS = ("x86_64", "i386", "aarch64", "arm")

PREFIXES = {
    "x86_64": "x86_64-linux-gnu-",
    "i386": "i686-linux-gnu-",
    "aarch64": "aarch64-linux-gnu-",
    "arm": "arm-linux-gnueabihf-",
}

ARCHES = {"x86_64": "x86", "i386": "x86", "aarch64": "arm64", "arm": "arm"}

# What headers of the kernel want of a C library's.
LIBRARY = {
    "netinet/in.h": "#include <linux/in.h>\n#include <linux/in6.h>\n",
    "stdint.h": """#pragma once
#include <linux/types.h>
typedef __u8 uint8_t;
typedef __u16 uint16_t;
typedef __u32 uint32_t;
typedef __u64 uint64_t;
typedef __s32 int32_t;
typedef __s64 int64_t;
""",
    "stddef.h": """#pragma once
typedef __SIZE_TYPE__ size_t;
#define offsetof(type, member) __builtin_offsetof(type, member)
""",
    "string.h": "void *memset(void *, int, __SIZE_TYPE__);\n",
    "sys/time.h": "#include <linux/time.h>\n",
    "sys/types.h": "",
    "sys/ioctl.h": "#include <linux/ioctl.h>\n",
    "sys/socket.h": """#pragma once
#include <linux/socket.h>
typedef __kernel_sa_family_t sa_family_t;
struct sockaddr {
    sa_family_t sa_family;
    char sa_data[14];
};
""",
}

# Headers that the build of the kernel generates, or that it strips from what programs get.
STUBS = (
    "asm/unistd_32.h",
    "asm/unistd_64.h",
    "asm/unistd_x32.h",
    "asm/unistd-eabi.h",
    "asm/unistd-oabi.h",
    "linux/compiler.h",
    "linux/compiler_types.h",
)


class Compiler:
    """The compiler of one ABI, which finds the kernel's headers and no others."""

    def __init__(self, abi, source, directory):
        self.abi = abi
        self.directory = pathlib.Path(directory) / abi
        wrappers = self.directory / "include"
        own = source / f"arch/{ARCHES[abi]}/include/uapi"
        (wrappers / "asm").mkdir(parents=True)
        for name, text in [*LIBRARY.items(), *((stub, "") for stub in STUBS)]:
            (wrappers / name).parent.mkdir(exist_ok=True)
            (wrappers / name).write_text(text)
        for header in (source / "include/uapi/asm-generic").glob("*.h"):
            if not (own / "asm" / header.name).exists():
                text = f"#include <asm-generic/{header.name}>\n"
                (wrappers / "asm" / header.name).write_text(text)
        self.command = [
            PREFIXES[abi] + "gcc",
            "-std=gnu11",
            "-ffreestanding",
            "-nostdinc",
            "-w",
            "-fmax-errors=0",
            "-D__user=",
            "-D__force=",
            "-D__attribute_const__=",
            "-D__packed=__attribute__((packed))",
            f"-I{wrappers}",
            f"-I{own}",
            f"-I{source / 'include/uapi'}",
        ]

    def run(self, options, text):
        """Compiles the text to the file `out`; returns whether that worked, and the messages."""
        (self.directory / "in.c").write_text(text)
        command = [*self.command, *options, "-o", "out", "in.c"]
        result = subprocess.run(
            command, cwd=self.directory, capture_output=True, text=True, check=False
        )
        return result.returncode == 0, result.stderr

    def compile(self, options, text):
        """Compiles the text, which must work; returns the path of the output."""
        works, messages = self.run(options, text)
        if not works:
            raise RuntimeError(f"{self.abi}: {messages}")
        return self.directory / "out"

    def tool(self, name, *arguments):
        """What a tool of the compiler's collection prints."""
        command = [PREFIXES[self.abi] + name, *arguments]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout
