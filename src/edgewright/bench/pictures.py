"""Real pictures as inputs: end to end through the task, and prepared for the bare engine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from edgewright.bench.inputs import Array, Inputs
from edgewright.errors import DataError, UsageError
from edgewright.media import find_pictures, unread_pictures
from edgewright.model import ModelFile
from edgewright.task import input_options, kind_of, preparation, takes_unsaid_pixels

MOST = 32
"""Pictures that take turns; more of them would not change a median."""

# Any numbers will do: a pixel is looked up in a table, whatever is in it.
_NORMALIZATION = (127.5, 127.5)


def pictures_in(place: str) -> list[Path]:
    """The first pictures of a folder, pattern or file; raises `DataError` where there are none."""
    found = list(islice(find_pictures([place]), MOST))
    if not found or not found[0].exists():
        left_out = unread_pictures([place])
        raise DataError(f"{place}: no pictures in there{f'; {left_out}' if left_out else ''}")
    return found


def task_options(model: ModelFile) -> dict[str, Any]:
    """What a task has to be told of a file that does not say how pixels become its input; empty for others."""
    return {"normalization": _NORMALIZATION} if takes_unsaid_pixels(model) else {}


def prepared(model: ModelFile, pictures: Sequence[Path]) -> list[Inputs]:
    """Every picture as the model's input tensor, prepared as its task does it.

    Raises `UsageError` where the model's task takes no pictures and `DataError` for one that cannot be read.
    """
    kind = kind_of(model, or_tensors=False)
    if kind.input != "picture":
        raise UsageError(f"{model.name}: its task is {kind.name}, which takes no pictures. Leave out the images")
    prepare = preparation(model, kind.input, {**input_options(model), **task_options(model)})
    return [_by_index(model, prepare(picture).tensors) for picture in pictures]


def _by_index(model: ModelFile, tensors: Inputs | Array) -> Inputs:
    return tensors if isinstance(tensors, Mapping) else {model.inputs[0].index: tensors}
