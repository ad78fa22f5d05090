"""Builds small Debian roots of other processors with debootstrap and QEMU: build_root.py CACHE ARCHITECTURE...

Each root is built once and kept in the folder CACHE. Prints a JSON document with the path of each. Needs to be root.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

SUITE = "bookworm"  # Raspberry Pi OS 12 is built on it

# Architecture -> what is installed there beside Debian's minimum, as docs/how-to/raspberry-pi.md says.
PACKAGES = {
    "arm64": ["python3-venv"],
    "armhf": ["python3-venv", "python3-numpy", "python3-pil"],
}

# An emulated processor spends its time on small files: nobody reads the documentation, and nothing in there uses the
# network, so no certificates either (their installation alone took five minutes).
DPKG_SETTINGS = """\
force-unsafe-io
path-exclude=/usr/share/doc/*
path-exclude=/usr/share/man/*
path-exclude=/usr/share/locale/*
path-exclude=/usr/share/ca-certificates/*
"""

ENTER = ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--propagation", "private", "sh"]
ENTER.append(str(Path(__file__).with_name("enter.sh")))

_LOG_LINES = 30


def root_path(cache: Path, architecture: str) -> Path:
    """Where the root of an architecture is kept; it changes when this recipe does."""
    recipe = hashlib.sha256(Path(__file__).read_bytes()).hexdigest()
    return cache / f"{SUITE}-{architecture}-{recipe[:12]}"


def build(cache: Path, architecture: str) -> Path:
    """Build the root of an architecture unless it is there; an unfinished one is never taken for a finished one."""
    target = root_path(cache, architecture)
    if target.exists():
        return target
    partial = cache / f"partial-{architecture}"
    for old in [partial, *cache.glob(f"{SUITE}-{architecture}-*")]:
        shutil.rmtree(old, ignore_errors=True)
    log = cache / f"{architecture}.log"
    with log.open("w", encoding="utf-8") as stream:
        for command in (_first_stage(partial, architecture), [*ENTER, partial, "/", *_SECOND_STAGE]):
            if subprocess.run(command, stdout=stream, stderr=stream, stdin=subprocess.DEVNULL, check=False).returncode:
                sys.exit(f"{architecture}: {_tail(log)}\n{command[0]} failed; the whole log is {log}")
            (partial / "etc/dpkg/dpkg.cfg.d/emulated").write_text(DPKG_SETTINGS, encoding="utf-8")
    shutil.rmtree(partial / "var/cache/apt")
    partial.rename(target)
    return target


_SECOND_STAGE = ["/debootstrap/debootstrap", "--second-stage"]


def _first_stage(target: Path, architecture: str) -> list[str | Path]:
    include = ",".join(PACKAGES[architecture])
    options = ["--foreign", f"--arch={architecture}", "--variant=minbase", f"--include={include}"]
    return ["debootstrap", *options, SUITE, target]


def _tail(log: Path) -> str:
    return "\n".join(log.read_text(encoding="utf-8", errors="replace").splitlines()[-_LOG_LINES:])


def main() -> None:
    """Build the roots that the command line names, at the same time."""
    cache, architectures = Path(sys.argv[1]).resolve(), sys.argv[2:]
    cache.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor() as pool:
        roots = pool.map(lambda architecture: build(cache, architecture), architectures)
        print(json.dumps(dict(zip(architectures, map(str, roots), strict=True))))


if __name__ == "__main__":
    main()
