"""NumPy and Pillow for 32-bit ARM, where there are no wheels of them: packages of the device's Debian, fetched here.

The desk's own `apt-get` resolves them for the other processor, in folders of its own, against what `dpkg` on the device
says is installed; so only what is missing there travels. It holds Debian's signatures to Debian's keys.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from pathlib import Path

from edgewright.bundle import Platform
from edgewright.deploy.packing.archives import zip_of
from edgewright.deploy.packing.contents import plain_name
from edgewright.deploy.packing.own_wheel import Wheel
from edgewright.deploy.packing.tags import ARM_32
from edgewright.errors import DeployError
from edgewright.machine import Progress, run_in_child, silent, stage

_PACKAGES = ("python3-numpy", "python3-pil")
# What Debian 12 has: the runtime for 32-bit ARM is built for its Python and no later one.
_SUITE, _PYTHON = "bookworm", "3.11"
_THERE = {"numpy": "1.24.2", "pillow": "9.4.0"}

_KEYS = Path("/usr/share/keyrings/debian-archive-keyring.gpg")
_SOURCES = f"deb [signed-by={_KEYS}] http://deb.debian.org/debian {_SUITE} main\n"
_CONFIGURATION = """\
APT::Architecture "armhf";
APT::Architectures {{ "armhf"; }};
APT::Install-Recommends "false";
APT::Sandbox::User "";
Acquire::Languages "none";
Dir "{folder}";
Dir::State "{folder}/state";
Dir::State::status "{folder}/status";
Dir::Cache "{folder}/cache";
Dir::Etc "{folder}/etc";
Dir::Log "{folder}/log";
"""
_ERROR = re.compile(r"^E: (.+)$", re.MULTILINE)


def needs_debs(platform: Platform) -> bool:
    """Whether a device takes NumPy and Pillow from its Debian.

    Raises `DeployError` for one whose Python has no runtime.
    """
    if platform.machine in ARM_32 and platform.python != _PYTHON:
        raise DeployError(
            f"the runtime for {platform.machine} is built for Python {_PYTHON}, and the device has {platform.python}",
            remedy="Take Debian 12 or Raspberry Pi OS 12, or a 64-bit system",
        )
    return platform.machine in ARM_32


def stubs() -> tuple[Wheel, ...]:
    """Wheels with nothing in them that stand for what Debian has, so that pip resolves the rest."""
    return tuple(_stub(name, version) for name, version in _THERE.items())


def missing_debs(installed: str, progress: Progress = silent) -> dict[str, bytes]:
    """The packages that a device lacks, by their paths in a bundle; `installed`: the text of its /var/lib/dpkg/status.

    Raises `DeployError` where that is not known, where this machine has no `apt-get` or lacks Debian's keys, and where
    they cannot be fetched.
    """
    if "Package:" not in installed:
        reason = "a device of 32-bit ARM takes NumPy and Pillow from Debian, and what it has of it is not known"
        raise DeployError(reason, remedy="Deploy over SSH, by which it is asked, or take a 64-bit system")
    return run_in_child(missing_here, installed, progress=progress)


def missing_here(installed: str, progress: Progress = silent) -> dict[str, bytes]:
    """In a child, whose group dies with apt in it: do as `missing_debs`."""
    if not _KEYS.is_file():
        raise DeployError(f"this machine has not Debian's keys ({_KEYS})", remedy=_by_hand())
    with tempfile.TemporaryDirectory(prefix="edgewright-") as place, stage(progress, "fetching packages of Debian"):
        folder = Path(place)
        for name in ("state/lists/partial", "cache/archives/partial", "log", "etc/apt.conf.d", "etc/preferences.d"):
            (folder / name).mkdir(parents=True)
        (folder / "status").write_text(installed, encoding="utf-8")
        (folder / "etc/sources.list").write_text(_SOURCES, encoding="utf-8")
        (folder / "apt.conf").write_text(_CONFIGURATION.format(folder=folder), encoding="utf-8")
        _apt(folder, "update")
        _apt(folder, "install", "--yes", "--download-only", *_PACKAGES)
        found = sorted((folder / "cache/archives").glob("*.deb"))
        return {f"debs/{plain_name(path.stem, 'package')}.deb": path.read_bytes() for path in found}


def _apt(folder: Path, *words: str) -> None:
    options = ["--quiet", "--option", "APT::Update::Error-Mode=any"]
    try:
        done = subprocess.run(
            ["apt-get", *options, *words],
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C", "APT_CONFIG": str(folder / "apt.conf")},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError:
        raise DeployError("there is no apt-get on this machine", remedy=_by_hand()) from None
    if done.returncode != 0:
        said = _ERROR.findall(done.stderr) or done.stderr.strip().splitlines()[-1:] or ["it said nothing"]
        raise DeployError(f"apt-get failed: {said[-1].rstrip('.')}", where="packages of Debian", remedy=_by_hand())


def _by_hand() -> str:
    return f"Install them on the device, and then deploy: sudo apt install {' '.join(_PACKAGES)}"


def _stub(name: str, version: str) -> Wheel:
    information = f"{name}-{version}.dist-info"
    metadata = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    wheel = b"Wheel-Version: 1.0\nGenerator: edgewright\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    files = {f"{information}/METADATA": metadata, f"{information}/WHEEL": wheel, f"{information}/RECORD": b""}
    return Wheel(name, version, f"{name}-{version}-py3-none-any.whl", zip_of(files))
