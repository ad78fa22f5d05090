"""What the lines of a list of labels mean: a label each, a label behind the number of its place, or all in one line."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from edgewright.errors import MetadataError
from edgewright.model.describing.label_files import MOST_LABELS

# "0 red", "0: red", "0,red", "0. red", "0) red", "0 - red"; a number alone has no label.
_NUMBERED = r"(?s)\s*(\d{1,7})(?:\s*[:,;=|]\s*|[.)]\s+|\s+[-–]\s+|\s+|$)(.*)"
_SHOWN = 5

GAP = "???"
"""What lists of labels call a number that stands for no class, as in COCO's 90."""

Fits = Callable[[int], bool]


def meant_labels(
    lines: Sequence[str], *, count: int | None = None, fits: Fits | None = None, gap: str | None = None
) -> tuple[str, ...]:
    """The labels that a list means, for `count` outputs where that is known.

    Where all lines begin with a number, and 0 or 1 is among them, the number is the place: "7up" and "3 wheeler" amid
    other labels, and years alone, are labels. `gap` is what a place without a label is called. One line with commas is
    all labels where so many of them fit, and one does not; `fits` says that, `count` outputs by default.

    Raises `MetadataError` where an output has no label, or two, and for labels of outputs that are not there.
    """
    numbered = _numbered(lines)
    if numbered is not None:
        return _by_place(numbered, count, gap)
    if fits is None:
        fits = (lambda number: False) if count is None else (lambda number: number in (count, count - 1))
    return _of_one_line(lines[0], count, fits) if len(lines) == 1 else tuple(lines)


def _numbered(lines: Sequence[str]) -> list[tuple[int, str]] | None:
    """Places and labels; None where the lines are not numbered."""
    first = next((line.lstrip() for line in lines if line.strip()), "")
    if not first[:1].isdecimal():  # Most lists, for which the expression need not be compiled.
        return None
    found: list[tuple[int, str]] = []
    for line in lines:
        match = re.fullmatch(_NUMBERED, line)
        if match is None and line.strip():
            return None
        if match is not None:
            found.append((int(match[1]), match[2].strip()))
    named = sum(bool(label) for _, label in found)
    starts = any(place in (0, 1) for place, _ in found)
    return found if starts and len(found) > 1 and 2 * named > len(found) else None


def _by_place(numbered: Sequence[tuple[int, str]], count: int | None, gap: str | None) -> tuple[str, ...]:
    places = Counter(place for place, _ in numbered)
    if twice := [place for place, times in places.items() if times > 1]:
        raise MetadataError(f"two labels for output {min(twice)}. The number before a label is its output")
    labels = {place: label for place, label in numbered if label}
    size = max(places) + 1
    if size > MOST_LABELS:
        raise MetadataError(f"a label for output {size - 1:,}; at most {MOST_LABELS:,} are possible")
    if count is not None and size > count and gap is None and 0 in places:
        outputs = f"the outputs go from 0 to {count - 1}"
        raise MetadataError(f"a label for output {size - 1}, and {outputs}. The number before a label is its output")
    return _filled(labels, max(size, (count or 0) if gap is None else 0), gap)


def _filled(labels: Mapping[int, str], size: int, gap: str | None) -> tuple[str, ...]:
    missing = [place for place in range(min(size, 2 * len(labels) + _SHOWN)) if place not in labels]
    if missing and gap is None:
        shown = ", ".join(map(str, missing[:_SHOWN])) + (", …" if len(missing) > _SHOWN else "")
        raise MetadataError(f"no label for output {shown}. The number before a label is its output, counted from 0")
    return tuple(labels.get(place, gap or "") for place in range(size))


def _of_one_line(line: str, count: int | None, fits: Fits) -> tuple[str, ...]:
    parts = tuple(part.strip() for part in line.split(","))
    if len(parts) == 1 or not all(parts):
        return (line,)
    return parts if len(parts) == count or (fits(len(parts)) and not fits(1)) else (line,)
