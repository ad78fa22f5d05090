"""A Raspberry Pi of each kind, emulated: a Debian root with the project's wheel installed by pip alone."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

HERE = Path(__file__).parent
PROJECT = HERE.parents[1]

# Read now: each test has a cache folder of its own, and a root is to outlive the tests.
_CACHES = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
CACHE = Path(os.environ.get("EDGEWRIGHT_TEST_ENVS") or _CACHES / "edgewright-test") / "device"

# Architecture -> the machine's name, what Debian provides there, options of venv.
KINDS = {
    "arm64": ("aarch64", [], []),
    "armhf": ("armv7l", ["numpy", "pillow"], ["--system-site-packages"]),
}

_TOOLS = ("debootstrap", "unshare", "chroot", "qemu-aarch64-static", "qemu-arm-static")
_WORK = "srv"
_SECONDS = 900


@dataclass(frozen=True)
class Device:
    """An emulated machine. `work` is a folder in its root, seen from here; commands run there."""

    architecture: str
    root: Path
    work: Path

    def run(self, *command: object, expect: int = 0) -> str:
        """Run a command there and give its standard output; a path under `work` has to be relative to it."""
        return _output([*self._enter(), *command], self.work, expect)

    def python(self, *arguments: object) -> str:
        """Run the Python there that has the project installed."""
        return self.run("venv/bin/python", *arguments)

    def edgewright(self, *arguments: object, expect: int = 0) -> str:
        """Run the installed command there."""
        return self.run("venv/bin/edgewright", *arguments, expect=expect)

    def _enter(self) -> list[object]:
        inside = "/" / self.work.relative_to(self.root)
        return [*_ENTER, self.root, inside]


_ENTER = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private"]
_ENTER += ["sh", str(HERE / "enter.sh")]


@dataclass(frozen=True)
class Host:
    """This machine, with the same calls as a device; commands run in `work`."""

    work: Path

    def python(self, *arguments: object) -> str:
        """Run this Python."""
        return _output([sys.executable, *arguments], self.work)

    def edgewright(self, *arguments: object, expect: int = 0) -> str:
        """Run the installed command."""
        return _output([Path(sys.executable).with_name("edgewright"), *arguments], self.work, expect)


def _output(command: list[object], folder: Path, expect: int = 0) -> str:
    words = [str(word) for word in command]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=_SECONDS, check=False)
    assert done.returncode == expect, f"{' '.join(words)}: exit code {done.returncode}\n{done.stdout}\n{done.stderr}"
    return done.stdout


@pytest.fixture(scope="session")
def roots() -> Iterator[dict[str, Path]]:
    """The path of each root, built on the first run; nobody else uses them meanwhile."""
    if lacking := _lacking():
        reason = f"a device cannot be emulated here: {lacking}"
        if os.environ.get("CI"):
            pytest.fail(reason)
        pytest.skip(reason)
    CACHE.mkdir(parents=True, exist_ok=True)
    with (CACHE / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = _output([sys.executable, HERE / "build_root.py", CACHE, *KINDS], CACHE)
        yield {architecture: Path(root) for architecture, root in json.loads(said).items()}


def _lacking() -> str:
    if sys.platform != "linux" or os.geteuid() != 0:
        return "only root on Linux can enter another root. Run it as root, in a container or virtual machine"
    missing = [tool for tool in _TOOLS if shutil.which(tool) is None]
    return f"{', '.join(missing)} missing. Run: apt-get install debootstrap qemu-user-static" if missing else ""


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project's wheel, built from a copy so that nothing is left in the source tree."""
    source, target = tmp_path_factory.mktemp("source"), tmp_path_factory.mktemp("wheel")
    for name in ("pyproject.toml", "README.md"):
        shutil.copy(PROJECT / name, source)
    shutil.copytree(PROJECT / "src", source / "src", ignore=shutil.ignore_patterns("*.egg-info", "__pycache__"))
    _output([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", target, source], source)
    return next(target.glob("*.whl"))


@pytest.fixture(scope="session", params=KINDS)
def device(request: pytest.FixtureRequest, roots: dict[str, Path], wheel: Path) -> Iterator[Device]:
    """Each kind of device, with the project installed in `venv`; what tests leave there is removed."""
    root = roots[request.param]
    for left in (root / _WORK).iterdir():  # of a run that was killed
        shutil.rmtree(left)
    work = Path(tempfile.mkdtemp(dir=root / _WORK))
    device = Device(request.param, root, work)
    try:
        install(device, wheel)
        yield device
    finally:
        shutil.rmtree(work)


def install(device: Device, wheel: Path) -> None:
    """Install the wheel with pip, from a folder that holds nothing but what pip asks for on that machine."""
    machine, provided, options = KINDS[device.architecture]
    wheels = device.work / "wheels"
    wheels.mkdir()
    shutil.copy(wheel, wheels)
    _output([sys.executable, HERE / "wheelhouse.py", wheel, machine, wheels, *provided], wheels)
    device.run("python3", "-m", "venv", *options, "venv")
    device.run("venv/bin/pip", "install", "--no-index", "--find-links", "wheels", "edgewright")


@pytest.fixture
def host(device: Device) -> Host:
    """This machine, working in the same folder as the device."""
    return Host(device.work)


@pytest.fixture
def given(device: Device, shared_file: Callable[[str], Path]) -> Callable[[str], Path]:
    """Put a published file into the folder where both work; gives its path there."""

    def copy(name: str) -> Path:
        place = Path(Path(name).name)
        shutil.copyfile(shared_file(name), device.work / place)
        return place

    return copy
