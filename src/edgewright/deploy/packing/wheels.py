"""Wheels of another machine: which versions go with each other there, and the files, kept on this machine for later."""

from __future__ import annotations

import hashlib
import json
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edgewright.bundle import Platform
from edgewright.cache import cache_folder
from edgewright.deploy.packing.locks import INSTALLER, Pin
from edgewright.deploy.packing.own_wheel import Wheel
from edgewright.deploy.packing.tags import markers_of, options_of
from edgewright.errors import DeployError, OutputError
from edgewright.files import write_atomic
from edgewright.machine import (
    UNATTENDED,
    VERIFIED,
    Progress,
    pip_disk_full,
    pip_environment,
    pip_problem,
    run_in_child,
    silent,
    stage,
)

_PIP = [sys.executable, "-P", "-m"]
_ELSEWHERE = "edgewright.deploy.packing.pip_elsewhere"
_COLLECTED = re.compile(r"(Collecting|Processing) ")
_NONE_FITS = re.compile(r"^ERROR: No matching distribution found for (\S+)", re.MULTILINE)
_CONFLICT = re.compile(r"^ERROR: (Cannot install .+)$", re.MULTILINE)


def resolve(
    own: Wheel,
    extras: Sequence[str],
    platform: Platform,
    *,
    others: Sequence[str] = (),
    stubs: Sequence[Wheel] = (),
    progress: Progress = silent,
) -> tuple[Pin, ...]:
    """The wheels of other projects that ours needs on a platform, with its extras and `others` (requirements).

    They are looked up in the index that pip is set to; pip itself is one of them. `stubs` stand for what a device has
    from elsewhere.

    Raises `DeployError` where one has no wheel for the platform, and with what pip says went wrong.
    """
    asked = _Asked(own, tuple(extras), platform, (INSTALLER, *others), tuple(stubs))
    return run_in_child(resolve_here, asked, progress=progress)


def check_lock(
    pins: Sequence[Pin],
    files: Mapping[str, Path],
    own: Wheel,
    extras: Sequence[str],
    platform: Platform,
    *,
    others: Sequence[str] = (),
    stubs: Sequence[Wheel] = (),
    progress: Progress = silent,
) -> None:
    """Hold a lock that was given to what is needed now. Raises `DeployError` where something is not in it."""
    pinned = tuple(f"{pin.name}=={pin.version}" for pin in pins)
    asked = _Asked(own, tuple(extras), platform, (*pinned, *others), tuple(stubs), tuple(files.values()))
    run_in_child(resolve_here, asked, progress=progress)


@dataclass(frozen=True)
class _Asked:
    """What is to be resolved; with `files` from these wheels alone."""

    own: Wheel
    extras: tuple[str, ...]
    platform: Platform
    others: tuple[str, ...]
    stubs: tuple[Wheel, ...]
    files: tuple[Path, ...] = ()


def resolve_here(asked: _Asked, progress: Progress = silent) -> tuple[Pin, ...]:
    """In a child, whose group dies with pip in it: do as `resolve`."""
    own, platform = asked.own, asked.platform
    with tempfile.TemporaryDirectory(prefix="edgewright-") as place, stage(progress, "looking up wheels"):
        folder, report = Path(place), Path(place, "report.json")
        for wheel in (own, *asked.stubs):
            (folder / wheel.file).write_bytes(wheel.content)
        for path in asked.files:
            (folder / path.name).symlink_to(path)
        words = [_ELSEWHERE, json.dumps(dict(markers_of(platform))), "install", "--dry-run", "--ignore-installed"]
        words += ["--only-binary", ":all:", "--report", str(report), "--target", str(folder / "nowhere")]
        words += [*UNATTENDED, *options_of(platform), "--find-links", str(folder)]
        words += ["--no-index"] if asked.files else []
        wanted = f"[{','.join(asked.extras)}]" if asked.extras else ""
        words += [f"{own.name}{wanted} @ {(folder / own.file).as_uri()}", *asked.others]
        words += [f"{stub.name}=={stub.version}" for stub in asked.stubs]
        _run([*_PIP, *words], asked, folder)
        left_out = {own.name, *(stub.name for stub in asked.stubs)}
        return _pins(json.loads(report.read_text(encoding="utf-8")), platform, left_out)


def _pins(report: Any, platform: Platform, left_out: set[str]) -> tuple[Pin, ...]:
    went_by = {name: report["environment"].get(name) for name in markers_of(platform)}
    if went_by != markers_of(platform):
        raise DeployError(
            "this pip resolves for no other machine", remedy=f"Run: {sys.executable} -m pip install -U pip"
        )
    pins = [_pin(entry) for entry in report["install"]]
    return tuple(sorted((pin for pin in pins if pin.name not in left_out), key=lambda pin: pin.name))


def _pin(entry: Any) -> Pin:
    said, digests = entry["metadata"], entry["download_info"].get("archive_info", {}).get("hashes", {})
    if "sha256" not in digests:
        raise DeployError(f"the package index says no SHA-256 of {said['name']}", remedy="Take another index for pip")
    return Pin(said["name"], said["version"], digests["sha256"], entry["download_info"]["url"])


def fetch(pins: Sequence[Pin], platform: Platform, progress: Progress = silent) -> dict[str, Path]:
    """The files of a lock by their digests, fetched where they are not kept on this machine already.

    Raises `DeployError` where one cannot be had, or is not the file that the lock names.
    """
    found = {pin.sha256: _kept(pin) for pin in pins}
    if missing := [pin for pin in pins if found[pin.sha256] is None]:
        run_in_child(fetch_here, tuple(missing), platform, progress=progress)
    return {pin.sha256: _kept(pin) or _gone(pin) for pin in pins}


def fetch_here(pins: tuple[Pin, ...], platform: Platform, progress: Progress = silent) -> None:
    """In a child, whose group dies with pip in it: have pip fetch these wheels, then keep each under its digest."""
    folder = wheels_folder()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".fetching-", dir=folder) as place:
            _download(pins, platform, Path(place), progress)
            for path in sorted(Path(place).glob("*.whl")):
                content = path.read_bytes()
                _keep(folder / hashlib.sha256(content).hexdigest(), path.name, content)
    except OSError as problem:
        raise OutputError(
            f"{problem.filename or folder}: {problem.strerror}", remedy="EDGEWRIGHT_CACHE names another folder"
        ) from None


def wheels_folder() -> Path:
    """Where wheels are kept, each in a folder of its digest; it need not exist."""
    return cache_folder() / "wheels"


def _keep(folder: Path, name: str, content: bytes) -> None:
    folder.mkdir(exist_ok=True)
    write_atomic(folder / name, content, overwrite=True)


def _download(pins: tuple[Pin, ...], platform: Platform, place: Path, progress: Progress) -> None:
    lock, step, collected = place / "lock.txt", f"downloading {len(pins)} wheels", 0
    lock.write_text("".join(f"{pin.wanted}\n" for pin in pins), encoding="utf-8")

    def count(line: str) -> None:
        nonlocal collected
        if _COLLECTED.match(line):
            progress(step, collected, len(pins))
            collected += 1

    words = ["pip", "download", *VERIFIED, *UNATTENDED, *options_of(platform)]
    _run([*_PIP, *words, "--dest", str(place), "--requirement", str(lock)], platform, place, count)
    progress(step, len(pins), len(pins))


def _kept(pin: Pin) -> Path | None:
    """The file of a wheel that is kept, if it is still the one of that digest."""
    for path in sorted((wheels_folder() / pin.sha256).glob("*.whl")):
        if hashlib.sha256(path.read_bytes()).hexdigest() == pin.sha256:
            return path
        shutil.rmtree(path.parent, ignore_errors=True)
    return None


def _gone(pin: Pin) -> Path:
    raise DeployError(f"the wheel of {pin.name} {pin.version} was fetched and is not kept", where=str(wheels_folder()))


def _run(
    command: Sequence[str], asked: _Asked | Platform, folder: Path, heard: Callable[[str], None] = lambda line: None
) -> None:
    log: list[str] = []
    settings, piped = pip_environment(folder), subprocess.PIPE
    with subprocess.Popen(
        command, env=settings, stdout=piped, stderr=subprocess.STDOUT, errors="replace", cwd=folder
    ) as program:
        for line in program.stdout or ():
            log.append(line)
            heard(line)
    if program.returncode != 0:
        raise _failure("".join(log), asked)


def _failure(log: str, asked: _Asked | Platform) -> DeployError | OutputError:
    if pip_disk_full(log):
        return OutputError("the disk is full, wheels cannot be fetched", remedy="Free some room")
    problem, where = pip_problem(log, sys.executable), "the wheels of the device"
    if match := _CONFLICT.search(log):
        return DeployError(f"no versions go with each other: {match[1].rstrip('.')}", where=where)
    if (match := _NONE_FITS.search(log)) and "does not have it" in problem:
        return DeployError(_missing(match[1], asked), where=where)
    return DeployError(problem, where=where)


def _missing(name: str, asked: _Asked | Platform) -> str:
    if isinstance(asked, _Asked) and asked.files:
        return f"the lock has no wheel of {name}, which is needed now. Make a bundle without it, for a new one"
    platform = asked.platform if isinstance(asked, _Asked) else asked
    on = f"{platform.machine} with Python {platform.python} and {platform.libc}"
    return f"there is no wheel of {name} for {on} in the index that pip is set to"
