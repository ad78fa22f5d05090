"""What is cut off in its work, on devices of its own, and what has to be found afterwards."""

from __future__ import annotations

import hashlib
import os
import shutil
from collections.abc import Callable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from edgewright.bundle import Manifest

from .devices import Device, label

T = TypeVar("T")

_AT_ONCE = 4


@dataclass(frozen=True)
class Bundles:
    """What runs, what is installed when the power fails, and what comes afterwards."""

    old: Path
    new: Path
    next: Path


class Ordeal:
    """A device of its own for each cut."""

    def __init__(self, folder: Path, template: Path, bundles: Bundles, new: Path) -> None:
        self.folder, self.template, self.bundles, self.new = folder, template, bundles, new
        self.may_run = {label(bundles.old), label(new)}

    def device(self, name: str) -> Device:
        device = Device(self.folder / name / "device")
        shutil.copytree(self.template, device.root, symlinks=True)
        (device.root / "launcher.pid").unlink()
        # It stays: a new one could get the inode of a file that was replaced, and with that its content after a cut.
        (device.root / "starts").write_bytes(b"")
        return device

    def look_at(self, device: Device) -> None:
        """After the cut the old or the new version is at work, whole; and the next one is installed as ever."""
        before = len(device.starts)
        device.boot()
        device.wait(lambda: len(device.starts) > before and not (device.root / "trial.json").exists())
        assert device.current in self.may_run
        device.wait(lambda: device.starts[-1] == device.current)
        assert_whole(device.root / "versions" / device.current)
        for left in device.root.glob(".edgewright-*.tmp"):
            os.utime(left, (0, 0))  # what is young may be one that the agent is writing
        code, said = device.install(self.bundles.next)
        assert (code, said.get("state")) == (0, "healthy"), said
        assert device.starts[-1] == label(self.bundles.next)
        assert not [path for path in device.root.rglob("*.tmp") if path.parent == device.root]
        whole = {path.parent for path in device.root.glob("versions/*/complete")}
        assert {*(device.root / "versions").iterdir()} == whole


def at_once(try_one: Callable[[int, T], None], numbered: Iterable[tuple[int, T]]) -> None:
    """Try many, a few at a time: most of it is waiting."""
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for done in [pool.submit(try_one, number, point) for number, point in numbered]:
            done.result()


def assert_whole(version: Path) -> None:
    manifest = Manifest.from_bytes((version / "manifest.json").read_bytes())
    for entry in manifest.files:
        assert hashlib.sha256((version / entry.path).read_bytes()).hexdigest() == entry.sha256, entry.path
