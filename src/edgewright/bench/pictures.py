"""Real pictures as inputs: end to end through the task, and prepared for the bare engine."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from edgewright.bench.inputs import Inputs
from edgewright.errors import DataError, UsageError
from edgewright.media import Preparation, find_pictures
from edgewright.model import InputMetadata, ModelFile

MOST = 32
"""Pictures that take turns; more of them would not change a median."""

# Any numbers will do: a pixel is looked up in a table, whatever is in it.
_NORMALIZATION = (127.5, 127.5)


def pictures_in(place: str) -> list[Path]:
    """The first pictures of a folder, pattern or file; raises `DataError` where there are none."""
    found = list(islice(find_pictures([place]), MOST))
    if not found or not found[0].exists():
        raise DataError(f"{place}: no pictures in there")
    return found


def task_options(model: ModelFile) -> dict[str, Any]:
    """What a task has to be told of a file that does not say how pixels become its input; empty for others."""
    said = _described(model)
    unsaid = not said.mean and bool(model.inputs) and model.inputs[0].dtype != "uint8"
    return {"normalization": _NORMALIZATION} if unsaid else {}


def prepared(model: ModelFile, pictures: Sequence[Path]) -> list[Inputs]:
    """Every picture as the model's input tensor.

    Raises `UsageError` where the model takes no pictures and `DataError` for one that cannot be read.
    """
    if len(model.inputs) != 1:
        raise UsageError(f"{model.name}: a model of pictures has one input, this one has {len(model.inputs)}")
    try:
        prepare = Preparation.of(model.inputs[0], _normalized(model))
    except UsageError as error:
        raise UsageError(f"{model.name}: {error}") from None
    return [{model.inputs[0].index: prepare(picture)} for picture in pictures]


def _normalized(model: ModelFile) -> InputMetadata:
    from dataclasses import replace

    said = _described(model)
    mean, std = _NORMALIZATION
    return replace(said, mean=(mean,), std=(std,)) if task_options(model) else said


def _described(model: ModelFile) -> InputMetadata:
    return model.metadata.inputs[0] if model.metadata.inputs else InputMetadata()
