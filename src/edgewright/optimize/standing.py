"""What candidates are made of: the float model, or for integers a YOLO of it whose boxes and scores stand apart.

Where they share an output they share a scale, and beside boxes in pixels nothing is left of scores in eight bits.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.evaluate import Runner
from edgewright.model import ModelFile
from edgewright.optimize.inputs.prepared import PreparedData
from edgewright.optimize.inputs.samples import Row
from edgewright.rewrite import rewrite
from edgewright.task import joined_yolo, separated

# So many samples have to come out of both files alike, number for number.
_COMPARED = 8


@dataclass(frozen=True)
class Base:
    """A float file that candidates are made of, and the operators of it that no integer recipe touches, by index."""

    path: Path
    in_float: frozenset[int] = frozenset()

    @cached_property
    def model(self) -> ModelFile:
        """The file, read once."""
        return ModelFile.read(self.path)


def may_stand_apart(model: ModelFile) -> bool:
    """Whether a model is a YOLO with boxes and scores in one output; nothing is run for that."""
    return joined_yolo(model) is not None


def take_apart(model: Path, prepared: PreparedData, target: Path) -> dict[str, Any]:
    """Write the file with its output taken apart to `target`, and say what stays in float; for a child process.

    Where its numbers are not those of the whole, or what comes out is not understood, nothing is written.
    """
    whole = ModelFile.read(model)
    yolo, rows = joined_yolo(whole), prepared.open().rows(prepared.calibration, _COMPARED)
    outputs = _outputs(whole, rows)
    found = None if yolo is None else separated(whole, yolo, outputs[0])
    if found is None:
        return {"apart": False}
    made, expected = rewrite(found.model).model, [found.cut.of(one) for one in outputs]
    if not _same(expected, _outputs(made, rows)):
        return {"apart": False}
    made.save(target, overwrite=True)
    return {"apart": True, "in_float": sorted(found.yolo.computing(made)), "names": found.cut.names}


def _outputs(model: ModelFile, rows: Sequence[Row]) -> list[list[Any]]:
    with Runner(model) as run:
        return [run(row) for row in rows]


def _same(expected: Sequence[Sequence[Any]], given: Sequence[Sequence[Any]]) -> bool:
    return all(
        len(ours) == len(theirs) and all(map(np.array_equal, ours, theirs))
        for ours, theirs in zip(expected, given, strict=True)
    )
