"""Runs a command of the device, and keeps what a power cut at each of its calls would leave of the root.

    python losing.py ROOT FOLDER COMMAND...

Of a file that is what it was at its last fsync, of a folder the names it had at its last fsync; all of it, at a sync.
What is at first is on the disk. FOLDER/N gets what would be left before the call N that changes something.
"""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from edgewright.bundle.program import main

CHANGING = (
    "open",
    "replace",
    "rename",
    "unlink",
    "remove",
    "rmdir",
    "mkdir",
    "symlink",
    "link",
    "fsync",
    "sync",
    "chmod",
)


class Disk:
    """What has reached the disk, by inode."""

    def __init__(self, root: Path, folder: Path) -> None:
        self.root, self.folder, self.number = root, folder, 0
        self.contents: dict[int, tuple[int, bytes | str]] = {}
        self.names: dict[int, dict[str, int]] = {}
        self.real: dict[str, Callable[..., Any]] = {name: getattr(os, name) for name in CHANGING}
        self.busy = False

    def keep_all(self, path: Path) -> None:
        for folder, folders, files in os.walk(path):
            self.keep(Path(folder))
            for name in (*folders, *files):
                self.keep(Path(folder, name))

    def keep(self, path: Path) -> None:
        """One file or folder, as it is now."""
        status = path.lstat()
        if stat.S_ISDIR(status.st_mode):
            self.names[status.st_ino] = {entry.name: entry.inode() for entry in os.scandir(path)}
            for entry in os.scandir(path):
                if entry.is_symlink():  # it is no more than a name
                    self.contents[entry.inode()] = (0, str(Path(entry.path).readlink()))
        elif stat.S_ISREG(status.st_mode):
            self.forget(status.st_ino)
            self.contents[status.st_ino] = (stat.S_IMODE(status.st_mode), path.read_bytes())

    def forget(self, inode: int) -> None:
        """What had the number before is gone."""
        self.names.pop(inode, None)
        self.contents.pop(inode, None)

    def write_out(self, place: Path, inode: int) -> None:
        """What would be left, from a folder on."""
        self.real["mkdir"](place)
        for name, inner in self.names[inode].items():
            if inner in self.names:
                self.write_out(place / name, inner)
                continue
            mode, content = self.contents.get(inner, (0o600, b""))
            if isinstance(content, str):
                self.real["symlink"](content, place / name)
            else:
                descriptor = self.real["open"](place / name, os.O_WRONLY | os.O_CREAT, mode)
                os.write(descriptor, content)
                os.close(descriptor)

    def before(self) -> None:
        self.number += 1
        self.write_out(self.folder / f"{self.number}", self.root.stat().st_ino)

    def after(self, name: str, given: tuple[Any, ...], made: Any) -> None:
        if name == "open" and os.fstat(made).st_size == 0:
            self.forget(os.fstat(made).st_ino)
        if name == "sync":
            self.keep_all(self.root)
        if name == "fsync":
            self.keep(Path(f"/proc/self/fd/{given[0]}").readlink())
        if name == "mkdir":  # empty, until it is synchronized
            self.names[Path(given[0]).stat().st_ino] = {}

    def watch(self, name: str) -> None:
        def watched(*given: Any, **options: Any) -> Any:
            if self.busy or (name == "open" and not given[1] & os.O_CREAT):
                return self.real[name](*given, **options)
            self.busy = True
            try:
                self.before()
                made = self.real[name](*given, **options)
                self.after(name, given, made)
                return made
            finally:
                self.busy = False

        setattr(os, name, watched)


def run() -> int:
    root, folder = Path(sys.argv[1]), Path(sys.argv[2])
    disk = Disk(root, folder)
    disk.keep_all(root)
    for name in CHANGING:
        disk.watch(name)
    return main(["--root", str(root), *sys.argv[3:]])


if __name__ == "__main__":
    sys.exit(run())
