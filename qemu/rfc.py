#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-2.0
"""Makes the series for the kernel's tree from rfc/ and the engine's sources. Called by qemu/rfc, which
see, inside the toolchain root.

rfc/series names the patches in their order. Each is a directory of rfc/patches/ with

  message     the subject, an empty line, the body
  edit.patch  changes of files that the kernel has, or that an earlier patch has brought
  tree/       files that are new, at their places
  copies      lines "SOURCE... DIRECTORY" or "SOURCE FILE": what is taken from this repository as it is;
              SOURCE is a pattern of the shell, or a directory, which is taken whole

What was copied no patch may change: the engine in the tree is the module's.

With --check it then has checkpatch look at the patches, but for what they copy, at which "make check"
looks where it comes from. rfc/checkpatch-notes says what it may complain of, and why.
"""

import os
import pathlib
import re
import shutil
import subprocess
import sys

TOP = pathlib.Path("/src")
KERNEL = pathlib.Path("/kernel/source")
MOST = 15

# Whoever posts the series becomes its author. Commits of a day that does not change have names that do
# not change.
IDENTITY = {
    "GIT_AUTHOR_NAME": "The rust_seccomp authors",
    "GIT_AUTHOR_EMAIL": "authors@rust-seccomp.invalid",
    "GIT_AUTHOR_DATE": "2026-12-01T00:00:00Z",
}


class SeriesError(Exception):
    """Why the series cannot be made."""


class Patch:
    """A patch as rfc/patches/ describes it."""

    def __init__(self, directory):
        self.name = directory.name
        self.message = (directory / "message").read_text()
        self.edit = directory / "edit.patch"
        self.tree = directory / "tree"
        self.copies = parse_copies(read_optional(directory / "copies"), directory.name)

    def edited(self):
        """The files that it changes."""
        return edited(read_optional(self.edit))

    def new(self, top):
        """The (file, place in the tree) of each file that it adds."""
        yield from targets(self.copies, top)
        for file in sorted(self.tree.rglob("*")):
            if file.is_file():
                yield file, str(file.relative_to(self.tree))

    def brought(self, top):
        """The places of the files that are there behind it, and may not have been before."""
        names = re.findall(r"^(?:\+\+\+ b/|rename to )(\S+)", read_optional(self.edit), re.M)
        return {*names, *(place for _, place in self.new(top))}


def read_optional(path):
    return path.read_text() if path.exists() else ""


def edited(patch):
    """The files that a patch in git's format changes, removes or renames."""
    return re.findall(r"^(?:--- a/|rename from )(\S+)", patch, re.M)


def parse_copies(text, name):
    """The (sources, target) of each line that is neither empty nor a comment."""
    copies = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0].startswith("#"):
            continue
        if len(words) < 2:
            raise SeriesError(f"{name}: '{line}' does not say where to copy to")
        copies.append((words[:-1], words[-1]))
    return copies


def expand(source, top):
    """The files that a source means, each with the path that it has in the target."""
    found = sorted(top.glob(source))
    if not found:
        raise SeriesError(f"'{source}' is not there")
    for path in found:
        if path.is_dir():
            for file in sorted(path.rglob("*")):
                if file.is_file():
                    yield file, file.relative_to(path.parent)
        else:
            yield path, pathlib.PurePath(path.name)


def targets(copies, top):
    """The (file, place in the tree) of all copies. A target with a slash at its end is a directory."""
    for sources, target in copies:
        for source in sources:
            for file, name in expand(source, top):
                yield file, target + str(name) if target.endswith("/") else target


def read_series(directory):
    names = [n for n in (directory / "series").read_text().split("\n") if n and n[0] != "#"]
    if len(names) > MOST:
        raise SeriesError(f"{len(names)} patches are more than {MOST}")
    return [Patch(directory / "patches" / name) for name in names]


def complain_of_forks(patches, top):
    """Raises if a patch changes what an earlier one has copied."""
    copied = {}
    for patch in patches:
        for file in patch.edited():
            if file in copied:
                raise SeriesError(f"{patch.name} changes {file}, a copy of {copied[file]}")
        for file, place in targets(patch.copies, top):
            copied[place] = file.relative_to(top)


def needed(patches, top):
    """The files that the kernel has to have: those that are changed, and no earlier patch brought."""
    files, brought = set(), set()
    for patch in patches:
        files |= set(patch.edited()) - brought
        brought |= patch.brought(top)
    return files


class Tree:
    """A git repository with those files of the kernel that the series changes."""

    def __init__(self, path, base):
        self.path = path
        self.environment = {**os.environ, **IDENTITY, "HOME": str(path)}
        self.environment.update(
            {name.replace("AUTHOR", "COMMITTER"): value for name, value in IDENTITY.items()}
        )
        path.mkdir(parents=True)
        self.git("init", "-q", "-b", "series")
        self.git("config", "core.excludesFile", "/dev/null")
        for file in sorted(base):
            if not (KERNEL / file).exists():
                raise SeriesError(f"this kernel has no {file}")
            self.put(KERNEL / file, file)
        self.commit("The kernel")

    def git(self, *words, **options):
        done = subprocess.run(
            ["git", *words],
            cwd=self.path,
            env=self.environment,
            capture_output=True,
            text=True,
            **options,
        )
        if done.returncode:
            raise SeriesError(f"git {words[0]}: {done.stderr.strip() or done.stdout.strip()}")
        return done.stdout

    def put(self, source, place):
        target = self.path / place
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, target)

    def commit(self, message):
        self.git("add", "-f", "-A", ".")
        self.git("commit", "-q", "-F", "-", input=message)

    def add(self, patch, top):
        """Commits a patch."""
        if patch.edit.exists():
            try:
                self.git("apply", "--index", "--whitespace=error-all", str(patch.edit))
            except SeriesError as error:
                raise SeriesError(f"{patch.name}: {error}") from None
        for source, place in patch.new(top):
            if (self.path / place).exists():
                raise SeriesError(f"{patch.name}: {place} is there already")
            self.put(source, place)
        self.commit(patch.message)


def make(out, directory, top):
    """Makes the series in OUT, an empty directory: git/ and the patches."""
    patches = read_series(directory)
    complain_of_forks(patches, top)
    tree = Tree(out / "git", needed(patches, top))
    for patch in patches:
        tree.add(patch, top)
    root = tree.git("rev-list", "--max-parents=0", "HEAD").strip()
    tree.git(
        *("format-patch", "-q", "-M", "--cover-letter", "--subject-prefix=RFC PATCH", "--no-signature"),
        *("--description-file", str(directory / "cover.txt"), "--cover-from-description=subject"),
        *("-o", str(out), f"{root}..HEAD"),
    )
    version = (directory / "base").read_text().strip()
    cover = out / "0000-cover-letter.patch"
    cover.write_text(f"{cover.read_text().rstrip()}\n\nbase-commit: {version}\n")
    return len(patches)


def read_notes(text):
    """The (patch, type) of each complaint that is explained: a line "PATCH TYPE reason"."""
    return {tuple(line.split()[:2]) for line in text.splitlines() if line and line[0] != "#"}


def complaints(name, said):
    """The lines of what checkpatch --terse --show-types has said of a patch, by (patch, type)."""
    found = {}
    for line in said.splitlines():
        kind = re.search(r" (?:ERROR|WARNING|CHECK):([A-Z_]+): ", line)
        if kind:
            found.setdefault((name, kind[1]), []).append(line)
    return found


def checkpatch(file):
    command = "perl scripts/checkpatch.pl --strict --codespell --no-signoff --terse --show-types".split()
    if file.suffix == ".patch":
        # Without a message, as an edit.patch is.
        command += ["--ignore", "COMMIT_MESSAGE"]
    else:
        command += ["--file"]
    done = subprocess.run([*command, str(file)], cwd=KERNEL, capture_output=True, text=True)
    return done.stdout


def check(out, directory):
    """What checkpatch complains of without a reason, and reasons without a complaint."""
    notes = read_notes((directory / "checkpatch-notes").read_text())
    found = {}
    for number, patch in enumerate(read_series(directory), 1):
        if patch.copies:
            files = [f for f in (patch.edit, *patch.tree.rglob("*.[ch]")) if f.exists()]
        else:
            files = out.glob(f"{number:04}-*.patch")
        for file in files:
            for key, lines in complaints(patch.name, checkpatch(file)).items():
                found.setdefault(key, []).extend(lines)
    lines = [line for key, lines in found.items() if key not in notes for line in lines]
    return lines + [f"{patch} has no {kind} any more" for patch, kind in sorted(notes - found.keys())]


def main():
    out = pathlib.Path(sys.argv[1])
    for old in out.glob("*.patch"):
        old.unlink()
    shutil.rmtree(out / "git", ignore_errors=True)
    try:
        count = make(out, TOP / "rfc", TOP)
    except (SeriesError, OSError) as error:
        sys.exit(f"qemu/rfc: {error}")
    if "--check" in sys.argv[2:]:
        unexplained = check(out, TOP / "rfc")
        print("\n".join(unexplained), end="\n" if unexplained else "")
        sys.exit(bool(unexplained))
    print(f"{count} patches are in {out.relative_to(TOP)}")


if __name__ == "__main__":
    main()
