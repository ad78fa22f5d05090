"""Builds small Debian roots of other processors with debootstrap and QEMU, and keeps them."""

from __future__ import annotations

import hashlib
import lzma
import shutil
import subprocess
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from .processors import PROCESSORS

SUITE = "bookworm"  # Raspberry Pi OS 12 is built on it

# Architecture -> what is installed there beside Debian's minimum, as docs/how-to/raspberry-pi.md says.
PACKAGES = {
    "arm64": ["python3-venv"],
    "armhf": ["python3-venv", "python3-numpy", "python3-pil"],
}

# An emulated processor spends its time on small files: nobody reads the documentation, and nothing in there uses the
# network, so no certificates either (their installation alone took minutes).
DPKG_SETTINGS = """\
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/ca-certificates/*
"""

_ENTER = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "sh"]
_ENTER.append(str(Path(__file__).with_name("enter.sh")))

_LOG_LINES = 30

# Of a root: where the packages wait that its second stage installs.
_PACKAGES_THERE = "var/cache/apt/archives"


def build_roots(cache: Path, architectures: Sequence[str]) -> dict[str, Path]:
    """Build the root of each architecture, at the same time, where it is not in the folder `cache` already."""
    with ThreadPoolExecutor() as pool:
        roots = pool.map(lambda architecture: _build(cache, architecture), architectures)
        return dict(zip(architectures, roots, strict=True))


def entering(root: Path, folder: Path, *command: object) -> list[str]:
    """The command line that runs `command` inside a root, in `folder` as seen from there. Needs to be root."""
    return [*_ENTER, str(root), str(folder), *map(str, command)]


def _build(cache: Path, architecture: str) -> Path:
    target = _path(cache, architecture)
    if target.exists():
        return target
    # A root that is not finished has another name, so that it is never taken for one that is.
    partial = cache / f"partial-{architecture}"
    for old in [partial, *cache.glob(f"{SUITE}-{architecture}-*")]:
        shutil.rmtree(old, ignore_errors=True)
    log = cache / f"{architecture}.log"
    log.unlink(missing_ok=True)
    _logged(_first_stage(partial, architecture), log)
    _shorten_lists(partial)
    for package in (partial / _PACKAGES_THERE).glob("*.deb"):
        package.write_bytes(unpacked(package.read_bytes()))
    PROCESSORS[architecture].describe_in(partial)
    (partial / "etc/dpkg/dpkg.cfg.d/emulated").write_text(DPKG_SETTINGS, encoding="utf-8")
    _logged(entering(partial, Path("/"), "/debootstrap/debootstrap", "--second-stage"), log)
    shutil.rmtree((partial / _PACKAGES_THERE).parent)
    return partial.rename(target)


def _path(cache: Path, architecture: str) -> Path:
    recipe = repr((SUITE, PACKAGES[architecture], DPKG_SETTINGS, PROCESSORS[architecture]))
    return cache / f"{SUITE}-{architecture}-{hashlib.sha256(recipe.encode()).hexdigest()[:12]}"


def _first_stage(target: Path, architecture: str) -> list[str]:
    include = ",".join(PACKAGES[architecture])
    options = ["--foreign", f"--arch={architecture}", "--variant=minbase", f"--include={include}"]
    return ["debootstrap", *options, SUITE, str(target)]


def _shorten_lists(root: Path) -> None:
    """Leave only the fetched packages in the lists: the second stage reads all of them, emulated, again and again."""
    fetched = {package.name.partition("_")[0] for package in (root / _PACKAGES_THERE).glob("*.deb")}
    for packages in (root / "var/lib/apt/lists").glob("*_Packages"):
        entries = packages.read_text(encoding="utf-8").split("\n\n")
        kept = [one for one in entries if one.partition("\n")[0].removeprefix("Package: ") in fetched]
        packages.write_text("".join(f"{one}\n\n" for one in kept), encoding="utf-8")


def unpacked(package: bytes) -> bytes:
    """A Debian package with its archives as they are before compression, which emulated takes a minute to undo for all.

    An `ar` file, as ar(5) and deb(5) describe it: headers of 60 bytes, contents of an even size.
    """
    parts, begin = [package[:8]], 8
    while begin < len(package):
        header, begin = package[begin : begin + 60], begin + 60
        size = int(header[48:58])
        name, content = header[:16].rstrip(b" /"), package[begin : begin + size]
        if name.endswith(b".xz"):
            name, content = name.removesuffix(b".xz"), lzma.decompress(content)
        parts += [name.ljust(16), header[16:48], b"%-10d" % len(content), header[58:]]
        parts += [content, b"\n" * (len(content) % 2)]
        begin += size + size % 2
    return b"".join(parts)


def _logged(command: list[str], log: Path) -> None:
    with log.open("a", encoding="utf-8") as stream:
        done = subprocess.run(command, stdout=stream, stderr=stream, stdin=subprocess.DEVNULL, check=False)
    if done.returncode:
        end = "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:])
        raise RuntimeError(f"{' '.join(command)} failed; the whole log is {log}; it ends with\n{end}")
