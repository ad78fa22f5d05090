"""A disk that is full, or fills up while something is installed: one line, and what was at work stays at work."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from .cutting import Bundles
from .devices import Device, label


class Disk:
    """A file system of its own, with room for so many files."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def mount(self, options: str) -> bool:
        command = ["mount", "-t", "tmpfs", "-o", f"{options},mode=0700", "tmpfs", str(self.folder)]
        return os.geteuid() == 0 and not subprocess.run(command, capture_output=True, check=False).returncode

    def allow(self, files: int) -> None:
        """Leave room for so many more files."""
        there = os.statvfs(self.folder)
        self._remount(there.f_files - there.f_ffree + files)

    def _remount(self, files: int) -> None:
        subprocess.run(["mount", "-o", f"remount,nr_inodes={files}", str(self.folder)], check=True)


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[Disk]:
    made = Disk(tmp_path / "disk")
    made.folder.mkdir()
    if not made.mount("size=200m,nr_inodes=10000"):
        pytest.skip("only root may mount the small disk that this fills")
    yield made
    subprocess.run(["umount", "--lazy", str(made.folder)], check=True)


@pytest.fixture
def full(disk: Disk, with_old: Path) -> Iterator[Device]:
    """A device on that disk, with the old version at work."""
    device = Device(disk.folder / "device")
    shutil.copytree(with_old, device.root, symlinks=True)
    (device.root / "starts").unlink()
    device.boot()
    device.wait(lambda: device.starts)
    yield device
    device.end()


def is_as_before(device: Device, old: str) -> None:
    assert (device.current, device.starts[-1]) == (old, old)
    assert [path.name for path in (device.root / "versions").iterdir()] == [old]
    assert not (device.root / "trial.json").exists()


def test_too_little_room_is_said_before_anything_is_written(full: Device, disk: Disk, bundles: Bundles):
    with (disk.folder / "ballast").open("wb") as ballast:
        os.posix_fallocate(ballast.fileno(), 0, 190 << 20)
    code, said = full.install(bundles.new)
    assert (code, "MB are free; nothing was changed. Free some space" in said["error"]) == (1, True)
    is_as_before(full, label(bundles.old))
    (disk.folder / "ballast").unlink()
    assert full.install(bundles.new)[0] == 0


# How many more than an unpacked version with its environment, which is as many as there are of the old one.
@pytest.mark.parametrize(
    "more", [-20, -4, 0, 2, 3], ids=["unpacked", "its environment", "its mark", "the switch", "its trial"]
)
def test_a_disk_that_fills_up_changes_nothing(full: Device, disk: Disk, bundles: Bundles, more: int):
    old = label(bundles.old)
    whole = 1 + sum(path.name not in ("complete", "healthy") for path in (full.root / "versions" / old).rglob("*"))
    disk.allow(whole + more)
    code, said = full.install(bundles.new)
    assert code == 1, said
    if "error" in said:
        assert re.fullmatch(r"[^\n]*(room|space|full)[^\n]*", said["error"])
        is_as_before(full, old)
    full.wait(lambda: full.starts[-1] == full.current == old)
    disk.allow(5000)
    assert full.install(bundles.new)[0] == 0
    assert full.starts[-1] == label(bundles.new)
