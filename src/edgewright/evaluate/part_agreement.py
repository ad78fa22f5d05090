"""How the parts of an output compare, and which of them say nothing any more."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.evaluate.parts import WHOLE, Part

Array = npt.NDArray[Any]

# What moves by a smaller share of its size is the rounding of float32, or smaller than anything beside it.
_STILL, _NOTHING = 1e-4, 1e-9

# Two steps of an 8-bit number from -1 to 1. Bounded numbers that move less, as most of a thousand scores do, cannot be
# told apart in any 8-bit file, joined with others or not.
_BOUNDED_STEP = 1 / 64

# Fewer numbers may be alike by chance; then only what is this small a share of the output counts.
_ENOUGH_NUMBERS, _SMALL_SHARE = 16, 0.02

# Rows of scores add up to 1 within this.
_SUM = 1e-3


@dataclass(frozen=True)
class PartAgreement:
    """How one part of an output of model B compares with the same part of model A, over all samples.

    `where` names its entries in words, counted from 0; `axis`, `first` and `last` (counted in) are the same as numbers,
    `None` where its entries are scattered. `low` and `high` are the least and largest value in A, `low_b` and `high_b`
    those in B. `snr_db` and `largest_difference` are as for a whole output. `lost`: it varies in A, takes one or two
    values in B, and is further from A there than A's own mean is. `bounded`: see `Part`.
    """

    name: str
    where: str
    axis: int | None
    first: int | None
    last: int | None
    low: float
    high: float
    low_b: float
    high_b: float
    snr_db: float
    largest_difference: float
    lost: bool
    bounded: bool

    @property
    def scale(self) -> float:
        """The largest |a|."""
        return max(abs(self.low), abs(self.high))

    @property
    def judged(self) -> bool:
        """Whether its noise says anything: scores that are all near 0 round to 0 in any 8-bit file."""
        return not self.bounded or self.scale > _BOUNDED_STEP

    def to_dict(self) -> dict[str, Any]:
        """The figures as plain values, infinities as text."""
        figures = {key: getattr(self, key) for key in self.__dataclass_fields__}
        return {key: str(value) if value in (math.inf, -math.inf) else value for key, value in figures.items()}


def compare_parts(a: list[Array], b: list[Array], parts: Sequence[Part]) -> tuple[PartAgreement, ...]:
    """Compare each part of an output by itself; nothing where it has one meaning only."""
    fitting = [part for part in parts if _fits(part, a[0])]
    if len(fitting) < 2:
        return ()
    largest = largest_of(a)
    return tuple(_compare(part, a, b, largest) for part in fitting)


def lost_entries(a: list[Array], b: list[Array], parts: Sequence[Part]) -> tuple[PartAgreement, ...]:
    """Entries, or whole parts, that vary in A and say nothing in B; neighbors among them are put together."""
    largest = largest_of(a)
    lost: list[PartAgreement] = []
    for part in [part for part in parts if _fits(part, a[0])] or [WHOLE]:
        known = replace(part, bounded=True) if _are_shares(part, a) else part
        for entry in known.entries(a[0].shape) or [known]:
            agreement = _compare(entry, a, b, largest)
            if agreement.lost:
                lost.append(agreement)
    return tuple(_together(lost, a[0].ndim))


def _fits(part: Part, output: Array) -> bool:
    """Whether the output has the rank that the part is of: a file may leave it open."""
    if part.mask is not None:
        return part.mask.ndim == output.ndim and part.mask.shape[1:] == output.shape[1:]
    return part.axis is None or part.axis < output.ndim


def _are_shares(part: Part, a: list[Array]) -> bool:
    """Whether a part's last axis is a row of probabilities, whatever operators made it."""
    rows = [part.of(output) for output in a if output.ndim and output.shape[-1] > 1]
    if not rows or part.mask is not None:
        return False
    return all(bool((row >= 0).all()) and bool((np.abs(row.sum(-1) - 1) < _SUM).all()) for row in rows)


def _compare(part: Part, a: list[Array], b: list[Array], largest: float) -> PartAgreement:
    pairs = [(real(part.of(ours)), real(part.of(theirs))) for ours, theirs in zip(a, b, strict=True)]
    pairs = [(ours, theirs) for ours, theirs in pairs if ours.size]
    noise = sum(float(np.square(ours - theirs).sum()) for ours, theirs in pairs)
    signal = sum(float(np.square(ours).sum()) for ours, _ in pairs)
    low, high = _range(ours for ours, _ in pairs)
    low_b, high_b = _range(theirs for _, theirs in pairs)
    return PartAgreement(
        name=part.name,
        where=part.where(a[0].ndim),
        axis=part.axis,
        first=None if part.axis is None else part.first,
        last=None if part.axis is None else part.stop - 1,
        low=low,
        high=high,
        low_b=low_b,
        high_b=high_b,
        snr_db=signal_to_noise(signal, noise),
        largest_difference=max((float(np.abs(ours - theirs).max()) for ours, theirs in pairs), default=0.0),
        lost=_moves(part, low, high, largest)
        and _speaks_for_itself(pairs, max(abs(low), abs(high)), largest)
        and _says_nothing(pairs, noise, low_b, high_b),
        bounded=part.bounded,
    )


def _moves(part: Part, low: float, high: float, largest: float) -> bool:
    size = max(abs(low), abs(high))
    least = max(_STILL * size, _NOTHING * largest, _BOUNDED_STEP if part.bounded else 0.0)
    return high - low > least


def _speaks_for_itself(pairs: Sequence[tuple[Array, Array]], size: float, largest: float) -> bool:
    return sum(ours.size for ours, _ in pairs) >= _ENOUGH_NUMBERS or size <= _SMALL_SHARE * largest


def _says_nothing(pairs: Sequence[tuple[Array, Array]], noise: float, low_b: float, high_b: float) -> bool:
    """Whether B takes at most two values, and its distance from A is no less than that of A's own mean."""
    if any(bool(((theirs != low_b) & (theirs != high_b)).any()) for _, theirs in pairs):
        return False
    count = sum(ours.size for ours, _ in pairs)
    mean = sum(float(ours.sum()) for ours, _ in pairs) / count
    return noise >= sum(float(np.square(ours - mean).sum()) for ours, _ in pairs)


def _together(lost: list[PartAgreement], dimensions: int) -> Iterator[PartAgreement]:
    """Neighboring entries of one axis that say the same in B as one: "entries 4 to 8"."""
    rest = list(lost)
    while rest:
        run = rest.pop(0)
        while rest and _next(run, rest[0]):
            run = _joined(run, rest.pop(0), dimensions)
        yield run


def _next(run: PartAgreement, entry: PartAgreement) -> bool:
    alike = ("axis", "name", "low_b", "high_b")
    together = run.last is not None and all(getattr(run, key) == getattr(entry, key) for key in alike)
    return together and entry.first == (run.last or 0) + 1


def _joined(run: PartAgreement, entry: PartAgreement, dimensions: int) -> PartAgreement:
    part = Part(run.name, run.axis, run.first or 0, (entry.last or 0) + 1)
    return replace(
        run,
        where=part.where(dimensions),
        last=entry.last,
        low=min(run.low, entry.low),
        high=max(run.high, entry.high),
        snr_db=min(run.snr_db, entry.snr_db),
        largest_difference=max(run.largest_difference, entry.largest_difference),
    )


def signal_to_noise(signal: float, noise: float) -> float:
    """10 log10(signal / noise) in decibels, of two sums of squares; infinite where there is no noise."""
    if noise == 0:
        return math.inf
    return 10 * math.log10(signal / noise) if signal else -math.inf


def largest_of(arrays: Sequence[Array]) -> float:
    """The largest size of a number in any of the arrays."""
    return max((float(np.abs(real(array)).max()) for array in arrays if array.size), default=0.0)


def _range(arrays: Iterator[Array]) -> tuple[float, float]:
    ends = [(float(array.min()), float(array.max())) for array in arrays]
    return min((low for low, _ in ends), default=0.0), max((high for _, high in ends), default=0.0)


def real(array: Array) -> npt.NDArray[np.float64]:
    """The numbers with enough digits to add up many of them."""
    return array.astype(np.float64)
