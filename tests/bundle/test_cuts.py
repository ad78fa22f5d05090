"""Power cuts at each call that changes a file, of the installer and of the launcher: a whole version runs, always."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import subprocess
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest

from .cutting import Ordeal, at_once
from .devices import SOON, Device

CALLS = (
    "openat,write,pwrite64,ftruncate,fsync,fdatasync,sync,fchmod,fchmodat,chmod,rename,renameat,renameat2,unlink,"
    "unlinkat,rmdir,mkdir,mkdirat,symlink,symlinkat,link,linkat"
)
_CALL = re.compile(r"(\w+)\(")

# Between the points that are tried in a short run.
EACH = 20


@dataclass(frozen=True)
class Point:
    """The so manieth time (from 1) that a process makes a system call."""

    call: str
    number: int


@pytest.fixture(scope="session", autouse=True)
def _strace():
    if shutil.which("strace") is None:
        if os.environ.get("CI"):
            pytest.fail("strace is missing; get it with: apt-get install strace")
        pytest.skip("strace is missing; get it with: apt-get install strace")


def traced(*options: str) -> list[str]:
    return ["strace", "-y", "-s", "512", "-e", f"trace={CALLS}", "-e", "signal=none", *options]


def points_of(trace: Path, root: Path) -> list[Point]:
    """The calls of a process that change something below the root."""
    seen: Counter[str] = Counter()
    found = []
    for line in trace.read_text(errors="replace").splitlines():
        if (match := _CALL.match(line)) is None:
            continue
        seen[match[1]] += 1
        made = "O_CREAT" in line or "O_TRUNC" in line
        if match[1] == "sync" or (str(root) in line and (match[1] != "openat" or made)):
            found.append(Point(match[1], seen[match[1]]))
    return found


class Traced(Ordeal):
    """Cuts at system calls."""

    def installer(self, device: Device, *options: str) -> int:
        """Install with the installer's own calls watched; how it ended."""
        command = [*traced(*options), *device.command("install", self.new, "--unsigned")]
        return subprocess.run(command, env=device.environment, capture_output=True, timeout=120, check=False).returncode

    def points_of_installer(self) -> list[Point]:
        device, trace = self.device("recorded"), self.folder / "trace"
        device.boot()
        assert self.installer(device, "-o", str(trace)) in (0, 1)
        device.end()
        return points_of(trace, device.root)

    def cut_installer(self, number: int, point: Point) -> None:
        device = self.device(f"{number}")
        device.boot()
        try:
            self.installer(device, *inject(point))
            device.cut()
            self.look_at(device)
        finally:
            device.end()

    def launcher(self, device: Device, *options: str) -> subprocess.Popen[bytes]:
        command = [*traced(*options), *device.command("launch", *SOON)]
        return subprocess.Popen(command, env=device.environment, stderr=subprocess.DEVNULL)

    def points_of_launcher(self) -> list[Point]:
        device, trace = self.device("recorded"), self.folder / "trace"
        launcher = self.launcher(device, "-o", str(trace))
        device.wait(lambda: (device.root / "launcher.pid").exists())
        device.install(self.new)
        end(launcher, signal.SIGTERM)
        return points_of(trace, device.root)

    def cut_launcher(self, number: int, point: Point) -> None:
        device = self.device(f"{number}")
        launcher = self.launcher(device, *inject(point))
        try:
            device.wait(lambda: launcher.poll() is not None or (device.root / "launcher.pid").exists())
            if launcher.poll() is None:
                self.install_until_cut(device, launcher)
            self.look_at(device)
        finally:
            end(launcher, signal.SIGKILL)
            device.end()

    def install_until_cut(self, device: Device, launcher: subprocess.Popen[bytes]) -> None:
        command = device.command("install", self.new, "--unsigned")
        with subprocess.Popen(command, env=device.environment, stdout=subprocess.DEVNULL) as installer:
            device.wait(lambda: launcher.poll() is not None or installer.poll() is not None)
            installer.kill()
        # It may have come to its end before that call; and the installer may have started another one.
        end(launcher, signal.SIGKILL)
        with contextlib.suppress(OSError, ValueError):
            os.kill(int((device.root / "launcher.pid").read_text()), signal.SIGKILL)


def end(traced: subprocess.Popen[bytes], number: signal.Signals) -> None:
    """End what strace runs, and with that strace."""
    with contextlib.suppress(OSError, ValueError):
        for child in Path(f"/proc/{traced.pid}/task/{traced.pid}/children").read_text().split():
            os.kill(int(child), number)
    traced.wait(60)


def inject(point: Point) -> list[str]:
    return ["-o", os.devnull, "-e", f"inject={point.call}:signal=KILL:when={point.number}"]


def try_all(ordeal: Traced, which: str, points: list[Point], share: slice) -> None:
    """Cut at each of these calls."""
    assert len(points) > 20, points
    print(f"{which}: {len(points)} calls that change a file")

    def cut(number: int, point: Point) -> None:
        try:
            getattr(ordeal, f"cut_{which}")(number, point)
        except AssertionError as error:
            raise AssertionError(f"cut at {point}: {error}") from error
        finally:
            shutil.rmtree(ordeal.folder / f"{number}", ignore_errors=True)

    at_once(cut, [*enumerate(points)][share])


SHARES = [
    pytest.param(slice(5, None, EACH), id="some"),
    pytest.param(slice(None), id="all", marks=pytest.mark.extras),
]


@pytest.mark.parametrize("share", SHARES)
class TestCutAtEachCall:
    def test_of_the_installer(self, tmp_path, with_old, bundles, share):
        ordeal = Traced(tmp_path, with_old, bundles, bundles.new)
        try_all(ordeal, "installer", ordeal.points_of_installer(), share)

    def test_of_the_launcher_that_goes_forward(self, tmp_path, with_old, bundles, share):
        ordeal = Traced(tmp_path, with_old, bundles, bundles.new)
        try_all(ordeal, "launcher", ordeal.points_of_launcher(), share)

    def test_of_the_launcher_that_goes_back(self, tmp_path, with_old, bundles, bad, share):
        ordeal = Traced(tmp_path, with_old, bundles, bad)
        try_all(ordeal, "launcher", ordeal.points_of_launcher(), share)
