"""What time it is on a device that may have no clock: never earlier than it was known to be once."""

from __future__ import annotations

import json
import time
from pathlib import Path

from edgewright.documents import parse_json
from edgewright.errors import OutputError
from edgewright.files import write_atomic

FILE = "clock.json"
"""In the root of a device."""

_MOST_BYTES, _LATEST = 1_000, 2**34


def latest_time(root: Path) -> float:
    """The later of what the clock says and of what it was known to be, in seconds since 1970.

    A device that starts without a clock believes to be in 1970, where no key has expired yet.
    """
    return max(time.time(), _remembered(root))


def remember_time(root: Path) -> None:
    """Keep what time it is, if it is later than what was kept; that it cannot be written is no reason to stop."""
    now = time.time()
    if now > _remembered(root):
        try:
            write_atomic(root / FILE, json.dumps({"latest": int(now)}).encode(), overwrite=True)
        except OutputError:
            return


def forget_time(root: Path) -> None:
    """Start anew from what the clock says: it was wrong, and too late. Somebody at the device has to want that."""
    (root / FILE).unlink(missing_ok=True)


def _remembered(root: Path) -> float:
    try:
        with (root / FILE).open("rb") as stream:
            latest = parse_json(stream.read(_MOST_BYTES), most_bytes=_MOST_BYTES)["latest"]
    except (OSError, ValueError, KeyError, TypeError):
        return 0.0
    return float(latest) if isinstance(latest, int) and 0 <= latest < _LATEST else 0.0
