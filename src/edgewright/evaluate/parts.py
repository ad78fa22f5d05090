"""Which numbers of an output mean the same: where it joins several meanings, each is compared by itself.

Known are they from the task (a YOLO has boxes and scores side by side) and from the graph (what is concatenated). Where
neither shows it, as in a dense layer that says two things in two units, the few entries of the last axis are looked at
one by one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.evaluate.branches import branches_of
from edgewright.model import ModelFile
from edgewright.task import BoxNumbers, box_numbers

Array = npt.NDArray[Any]

# More entries than this are an embedding, a picture or a row of samples, of which each alone says nothing.
_FEW_ENTRIES = 32


@dataclass(frozen=True, eq=False)
class Part:
    """Numbers of an output that mean one thing.

    `axis`, `first` and `stop` say where they are, where they are entries of one axis; else `mask`, which has the
    output's shape, is true for them. `bounded`: they are scores, or lie in -1 to 1 by construction. `looks_along` is
    the axis whose entries may have a unit each; `None` where they may not.
    """

    name: str = ""
    axis: int | None = None
    first: int = 0
    stop: int = 0
    mask: npt.NDArray[np.bool_] | None = None
    bounded: bool = False
    looks_along: int | None = None

    def of(self, output: Array) -> Array:
        """The part's numbers in an output, which may have a larger batch than the file says."""
        if self.axis is not None:
            return output[(*[slice(None)] * self.axis, slice(self.first, self.stop))]
        return output if self.mask is None else output[np.broadcast_to(self.mask, output.shape)]

    def entries(self, shape: Sequence[int]) -> list[Part]:
        """Its entries one by one, where they are few and may have a unit each."""
        axis = self.looks_along
        if axis is None or self.bounded or self.mask is not None or not -len(shape) <= axis < len(shape):
            return []
        axis %= len(shape)
        first, stop = (self.first, self.stop) if axis == self.axis else (0, shape[axis])
        if self.axis not in (None, axis) or stop - first > _FEW_ENTRIES:
            return []
        return [Part(self.name, axis, place, place + 1) for place in range(first, stop)]

    def where(self, dimensions: int) -> str:
        """In words, of an output with so many dimensions: "entries 4 to 8 of the last axis", counted from 0."""
        if self.axis is None:
            return "all entries" if self.mask is None else f"{int(self.mask.sum()):,} of {self.mask.size:,} entries"
        axis = "the last axis" if self.axis == dimensions - 1 else f"axis {self.axis}"
        last = self.stop - 1
        return f"entry {last} of {axis}" if last == self.first else f"entries {self.first} to {last} of {axis}"


WHOLE = Part(looks_along=-1)


def parts_of(model: ModelFile, labels: int = 0) -> tuple[tuple[Part, ...], ...]:
    """The parts of each output of a file; one alone where it joins nothing. `labels`: how many there are, 0 unknown."""
    boxes = box_numbers(model, labels)
    return tuple(
        tuple(_parts(model, position, boxes if boxes is not None and boxes.place == position else None))
        for position in range(len(model.outputs))
    )


def _parts(model: ModelFile, position: int, boxes: BoxNumbers | None) -> Iterator[Part]:
    branches = branches_of(model, position)
    stretches = _stretches(branches.ids.shape, boxes)
    both = stretches.astype(np.int64) * (int(branches.ids.max(initial=0)) + 2) + branches.ids
    values, places = np.unique(both, return_index=True)
    for place in np.sort(places):
        stretch = boxes.stretches[stretches.flat[place]] if boxes is not None else None
        bounded = int(branches.ids.flat[place]) in branches.bounded or (stretch is not None and stretch.score)
        along = branches.entries if boxes is None else boxes.axis
        name = "" if stretch is None else stretch.name
        yield _part(both == both.flat[place], name, bounded, along) if len(values) > 1 else _whole(bounded, along)


def _stretches(shape: Sequence[int], boxes: BoxNumbers | None) -> npt.NDArray[np.int32]:
    """For each number of an output, which of the stretches of a box's numbers it is in."""
    numbers = np.zeros(shape, np.int32)
    if boxes is not None:
        for number, stretch in enumerate(boxes.stretches):
            np.moveaxis(numbers, boxes.axis, 0)[stretch.first : stretch.stop] = number
    return numbers


def _whole(bounded: bool, along: int) -> Part:
    return Part(bounded=bounded, looks_along=along)


def _part(mask: npt.NDArray[np.bool_], name: str, bounded: bool, along: int) -> Part:
    """A part by what is true for its numbers: entries of an axis wherever that says it all."""
    for axis in reversed(range(mask.ndim)):
        others = tuple(other for other in range(mask.ndim) if other != axis)
        entries = mask.any(others)
        places = np.flatnonzero(entries)
        first, stop = int(places[0]), int(places[-1]) + 1
        if stop - first == len(places) and mask.sum() * mask.shape[axis] == len(places) * mask.size:
            return Part(name, axis, first, stop, bounded=bounded, looks_along=along)
    return Part(name, mask=mask, bounded=bounded)
