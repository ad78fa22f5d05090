"""Anchors: the boxes that a detector's raw numbers are relative to, as people and files have them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import UsageError

Anchors = npt.NDArray[np.float64]
"""(n, 4): y, x, height and width of each, the center and the size as shares of the input."""

FORM = "y, x, height and width of each anchor, the center and the size as shares of the picture"

_MOST_BYTES = 64 << 20


def read_anchors(given: Any, count: int) -> Anchors:
    """Anchors from an array, or from a .npy or .csv file; a first line that is no numbers is a heading.

    Raises `UsageError` where they cannot be read, are not (count, 4), or are no boxes.
    """
    name = os.fspath(given) if isinstance(given, str | os.PathLike) else "anchors"
    rows = _of_file(Path(given)) if isinstance(given, str | os.PathLike) else given
    try:
        anchors = np.array(rows, np.float64)
    except (TypeError, ValueError):
        raise UsageError(f"{name}: {FORM}, are expected") from None
    if anchors.shape != (count, 4):
        raise UsageError(f"{name}: of shape {list(anchors.shape)}; this model has {count:,} anchors: {FORM}")
    if not np.isfinite(anchors).all() or (anchors[:, 2:] <= 0).any():
        raise UsageError(f"{name}: an anchor has no size, or is no number. Expected: {FORM}")
    if np.abs(anchors).max() > 10:
        raise UsageError(f"{name}: numbers up to {np.abs(anchors).max():g}; expected: {FORM}. Divide by its size")
    return anchors


def _of_file(path: Path) -> Any:
    try:
        size = path.stat().st_size
        if size > _MOST_BYTES:
            raise UsageError(f"{path}: {size:,} bytes are no file of anchors; at most {_MOST_BYTES:,} are read")
        # Mapped, a file that claims more than it has is refused before memory is taken for it.
        return np.load(path, mmap_mode="r") if path.suffix.lower() == ".npy" else _of_text(path)
    except (OSError, ValueError, EOFError) as error:
        reason = getattr(error, "strerror", None) or str(error).splitlines()[0]
        raise UsageError(f"{path}: the anchors cannot be read: {reason}") from None


def _of_text(path: Path) -> list[list[float]]:
    lines = [line for line in path.read_text(encoding="utf-8-sig").splitlines() if line.strip()]
    try:
        return [_numbers(line) for line in lines]
    except ValueError:
        return [_numbers(line) for line in lines[1:]]


def _numbers(line: str) -> list[float]:
    return [float(word) for word in line.replace(";", ",").split(",")]
