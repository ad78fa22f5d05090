"""The smallest arena of TensorFlow Lite Micro for a model, searched in children that may die of one too small."""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path

from edgewright.check.targets.micro_child import SIZES, STEP, MicroRun, search_arena
from edgewright.check.trying import MEMORY
from edgewright.errors import ChildError
from edgewright.machine import run_in_child

# A bisection over 4 GiB in steps of 16 bytes asks 28 times; not each of them can end a process.
_MOST_CHILDREN = 32

_LINE = re.compile(r"(?P<what>trying|enough) (?P<size>\d+)\n")


def smallest_arena(data: bytes, run: MicroRun, timeout: float) -> int:
    """Bytes of the smallest arena in which a model that ran can be opened, in steps of the allocator's granularity.

    Where the search does not come to an end, it is the smallest that is known to be enough.
    """
    too_small, enough, hint = 0, _raised(run.enough), _raised(run.reported)
    for _ in range(_MOST_CHILDREN):
        if enough - too_small <= STEP:
            break
        too_small, enough = _search(data, too_small, enough, hint, timeout)
    return enough


def _raised(size: int) -> int:
    return -(-size // STEP) * STEP


def _search(data: bytes, too_small: int, enough: int, hint: int, timeout: float) -> tuple[int, int]:
    """The bounds after one child; a size that it died of was too small."""
    with tempfile.TemporaryDirectory(prefix="edgewright-check-") as folder:
        with contextlib.suppress(ChildError):
            run_in_child(search_arena, data, too_small, enough, hint, folder, timeout=timeout, memory=MEMORY)
        sizes = Path(folder, SIZES)
        lines = _LINE.findall(sizes.read_text(encoding="utf-8")) if sizes.exists() else []
    fitting = {int(size) for what, size in lines if what == "enough"}
    failing = {int(size) for what, size in lines} - fitting
    return max([too_small, *failing]), min([enough, *fitting])
