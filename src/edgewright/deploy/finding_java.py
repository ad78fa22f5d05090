"""Where a Java of this machine is that is new enough."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

_HOMES = Path("/usr/lib/jvm")


def java_command(oldest: int) -> str | None:
    """The first `java` of at least that version: that of JAVA_HOME, of the path, or of where Linux keeps them."""
    return next((command for command in _candidates() if _version(command) >= oldest), None)


def _candidates() -> Iterator[str]:
    homes = [Path(os.environ["JAVA_HOME"])] if os.environ.get("JAVA_HOME") else []
    places = [str(home / "bin/java") for home in homes]
    places += [shutil.which("java") or ""]
    places += [str(home / "bin/java") for home in sorted(_HOMES.glob("*"), reverse=True)] if _HOMES.is_dir() else []
    yield from dict.fromkeys(place for place in places if place and Path(place).is_file())


def _version(command: str) -> int:
    try:
        done = subprocess.run([command, "-version"], capture_output=True, text=True, check=False, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    said = re.search(r'version "(\d+)', done.stderr)
    return int(said[1]) if said else 0
