"""What of its pictures an agent shows to nobody: things that are blurred, and parts that are masked."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from edgewright.agent.events.places.place import PlaceError, Zone
from edgewright.agent.inference.setup import BLUR_THRESHOLD, Polygon


@dataclass(frozen=True, kw_only=True)
class Privacy:
    """What is hidden in pictures before they are shown to anybody, as snapshots or live.

    `blur`: labels of things that are made unrecognizable, such as "face". `model`, a path, a name or a `ModelFile`,
    finds them, opened with `options`; None: the agent's own model where it knows the label, or for faces the detector
    `face_detector`, if it was fetched. `threshold`: the score from which on something is taken for such a thing.

    `mask`: polygons of (x, y) in shares of the picture, of all sources; they are gray to the agent's own model too.

    Raises `ValueError`.

    >>> from edgewright.agent import Privacy
    >>> Privacy(blur="face").blur
    ('face',)
    """

    blur: tuple[str, ...] = ()
    model: Any = None
    threshold: float = BLUR_THRESHOLD
    options: Mapping[str, Any] = field(default_factory=dict)
    mask: tuple[Polygon, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "blur", checked_labels("blur", self.blur))
        object.__setattr__(self, "mask", checked_mask(self.mask))
        number = self.threshold
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number) or number < 0:
            raise ValueError(f"threshold: {number!r}, expected a score")
        if self.model is not None and not self.blur:
            raise ValueError("model: it finds what is blurred, so blur has to say what that is")


def checked_labels(what: str, given: Any) -> tuple[str, ...]:
    """One label, or several, as a tuple; raises `ValueError` for anything else."""
    labels = (given,) if isinstance(given, str) else given
    if not isinstance(labels, list | tuple | set | frozenset) or not all(
        isinstance(one, str) and one for one in labels
    ):
        raise ValueError(f"{what}: {given!r}, expected a label or a list of labels")
    return tuple(dict.fromkeys(labels))


def checked_mask(given: Any) -> tuple[Polygon, ...]:
    """Polygons, or a single one, as tuples of points; raises `ValueError` for what is none, and says which point."""
    if not isinstance(given, list | tuple):
        raise ValueError(f"mask: {given!r}, expected a list of polygons, each a list of points [x, y]")
    polygons = [given] if given and _is_point(given[0]) else given
    return tuple(_polygon(number, polygon) for number, polygon in enumerate(polygons, 1))


def _is_point(given: Any) -> bool:
    return isinstance(given, list | tuple) and len(given) > 0 and not isinstance(given[0], Iterable)


def _polygon(number: int, points: Any) -> Polygon:
    try:
        return Zone(f"polygon {number}", points).points
    except PlaceError as error:
        which = "" if error.point is None else f"point {error.point + 1}: "
        raise ValueError(f"mask: {error.name}: {which}{error.reason}") from None
