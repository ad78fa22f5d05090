"""Fetches what a wheel needs on another processor.

pip evaluates the markers of dependencies for the machine it runs on, whatever `--platform` says. So this walks them
itself, for the machine's name as `uname -m` says it, and pip fetches.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import zipfile
from email.parser import BytesParser
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

PYTHON = "3.11"
_GLIBC_MINORS = range(17, 37)  # manylinux2014 to Debian 12


def fetch(wheel: Path, machine: str, folder: Path, provided: set[str]) -> None:
    """Put the wheels that `wheel` needs on `machine`, directly or through others, into `folder`; not the `provided`."""
    done = {canonicalize_name(name) for name in provided}
    wheels = [wheel]
    while wheels:
        needed = [one for wheel in wheels for one in needs(wheel, machine)]
        new = [one for one in needed if canonicalize_name(one.name) not in done]
        wheels = _download(new, machine, folder) if new else []
        done |= {canonicalize_name(one.name) for one in new}


def needs(wheel: Path, machine: str) -> list[Requirement]:
    """What a wheel requires on a Linux machine of that name, without extras."""
    target = {"platform_machine": machine, "sys_platform": "linux", "python_version": PYTHON, "extra": ""}
    with zipfile.ZipFile(wheel) as archive:
        name = next(name for name in archive.namelist() if name.endswith(".dist-info/METADATA"))
        headers = BytesParser().parsebytes(archive.read(name))
    requirements = map(Requirement, headers.get_all("Requires-Dist", []))
    return [one for one in requirements if one.marker is None or one.marker.evaluate(target)]


def _download(requirements: list[Requirement], machine: str, folder: Path) -> list[Path]:
    platforms = [f"manylinux_2_{minor}_{machine}" for minor in _GLIBC_MINORS]
    options = [word for platform in platforms for word in ("--platform", platform)]
    with tempfile.TemporaryDirectory(dir=folder) as place:
        command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--only-binary=:all:"]
        command += ["--python-version", PYTHON, "--implementation", "cp", *options, "--dest", place]
        subprocess.run([*command, *(f"{one.name}{one.specifier}" for one in requirements)], check=True)
        return [wheel.rename(folder / wheel.name) for wheel in Path(place).iterdir()]
