# SPDX-License-Identifier: MIT OR Apache-2.0
"""The layouts of structs, from the debug information that a compiler writes."""

import re

BYTES = {1: "8", 2: "16", 4: "32", 8: "64"}
BIG_ENDIAN = {"__be16": "be16", "__be32": "be32"}


class Layouts:
    """The types in the debug information of an object file."""

    def __init__(self, compiler, text):
        compiler.compile(["-g", "-fno-eliminate-unused-debug-types", "-c"], text)
        dump = compiler.tool("readelf", "--debug-dump=info", str(compiler.directory / "out"))
        self.entries = {}
        self.structs = {}
        parents, entry = [], None
        for line in dump.splitlines():
            head = re.match(r"\s*<(\d+)><([0-9a-f]+)>: Abbrev Number: \d+ \(DW_TAG_(\w+)\)", line)
            attribute = re.match(r"\s*<[0-9a-f]+>\s+DW_AT_(\w+)\s*:\s*(?:\(.*?\): )?(.*)", line)
            if head:
                depth, offset, tag = int(head.group(1)), head.group(2), head.group(3)
                entry = {"tag": tag, "children": []}
                self.entries[offset] = entry
                del parents[depth:]
                if parents:
                    parents[-1]["children"].append(entry)
                parents.append(entry)
            elif attribute and entry is not None:
                entry.setdefault(attribute.group(1), attribute.group(2).strip())
        for entry in self.entries.values():
            if entry["tag"] == "structure_type" and "byte_size" in entry and "name" in entry:
                self.structs[entry["name"]] = entry

    def size(self, struct):
        """The size of a struct in bytes."""
        return int(self.structs[struct]["byte_size"], 0)

    def _type(self, entry):
        reference = re.match(r"<0x([0-9a-f]+)>", entry["type"]).group(1)
        return self.entries[reference]

    def members(self, struct):
        """Yields name, offset and type of each member.

        Members of unnamed structs and unions are members of what these are in; those of named ones
        have both names, with a point. Bit-fields in one word are one member, `flags`.
        """
        words = set()
        for name, offset, kind in self._members(self.structs[struct], "", 0):
            if name == "flags" and offset in words:
                continue
            words.add(offset)
            yield name, offset, kind

    def _members(self, struct, prefix, base):
        for member in struct["children"]:
            if member["tag"] != "member":
                continue
            kind = self._type(member)
            if "bit_size" in member:
                size = int(kind["byte_size"], 0) if "byte_size" in kind else self._size(kind)
                bits = int(member["data_bit_offset"], 0)
                word = base + bits // (8 * size) * size
                yield prefix + "flags", word, f"u{8 * size}"
                continue
            offset = base + int(member.get("data_member_location", "0"), 0)
            name = prefix + member["name"] if "name" in member else prefix
            yield from self._flatten(kind, name, offset)

    def _size(self, kind):
        while "byte_size" not in kind:
            kind = self._type(kind)
        return int(kind["byte_size"], 0)

    def _flatten(self, kind, name, offset):
        while kind["tag"] in ("typedef", "const_type", "volatile_type"):
            if kind.get("name") in BIG_ENDIAN:
                yield name, offset, BIG_ENDIAN[kind["name"]]
                return
            if kind.get("name") == "compat_uptr_t":
                yield name, offset, "ptr"
                return
            kind = self._type(kind)
        tag = kind["tag"]
        if tag in ("structure_type", "union_type"):
            yield from self._members(kind, f"{name}." if name and name[-1] != "." else name, offset)
        elif tag == "pointer_type":
            yield name, offset, "ptr"
        elif tag == "array_type":
            yield from self._array(kind, name, offset)
        elif tag == "base_type":
            sign = "u" if "unsigned" in kind["encoding"] else "s"
            yield name, offset, sign + BYTES[int(kind["byte_size"], 0)]
        else:
            raise ValueError(f"{name}: a member with {tag}")

    def _array(self, kind, name, offset):
        bound = kind["children"][0].get("upper_bound")
        if bound is None:
            return
        count = int(bound, 0) + 1
        elements = list(self._flatten(self._type(kind), name, 0))
        size = self._size(self._type(kind))
        if size == 1:
            yield name, offset, f"bytes{count}"
            return
        for at in range(count):
            for member, inner, element in elements:
                yield f"{member}{at}", offset + at * size + inner, element
