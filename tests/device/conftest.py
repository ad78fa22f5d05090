"""A Raspberry Pi of each kind, emulated: a Debian root with the project's wheel installed by pip alone."""

from __future__ import annotations

import fcntl
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from .build_root import build_roots
from .machines import KINDS, Device, Host, output

PROJECT = Path(__file__).parents[2]

# Taken when the tests are collected: each test has a home and cache of its own, and a root outlives them.
_CACHES = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
CACHE = Path(os.environ.get("EDGEWRIGHT_TEST_ENVS") or _CACHES / "edgewright-test-envs") / "device"

_TOOLS = ("debootstrap", "unshare", "chroot", "qemu-aarch64-static", "qemu-arm-static")
_WORK = "srv"


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
        yield build_roots(CACHE, list(KINDS))


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
    output([sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", target, source], source)
    return next(target.glob("*.whl"))


@pytest.fixture(scope="session", params=KINDS)
def device(request: pytest.FixtureRequest, roots: dict[str, Path], wheel: Path) -> Iterator[Device]:
    """Each kind of device, with the project installed; what tests leave there is removed."""
    place = roots[request.param] / _WORK
    for left in place.iterdir():  # of a run that was killed
        shutil.rmtree(left)
    work = Path(tempfile.mkdtemp(dir=place))
    try:
        machine = Device(request.param, roots[request.param], work)
        machine.install(wheel)
        yield machine
    finally:
        shutil.rmtree(work)


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
