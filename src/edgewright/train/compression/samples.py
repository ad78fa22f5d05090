"""Data as a network takes them, prepared once and shared by all processes through a memory map."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import Dataset, content_digest, grouped_split, one_by_one
from edgewright.errors import DataError, UsageError
from edgewright.machine import Progress
from edgewright.media import one_line
from edgewright.model import ModelFile
from edgewright.optimize import Preparer, match_targets, scoring_for, values_of
from edgewright.train.rows_file import write_rows

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Samples:
    """Inputs, and what is right for each; small to pickle.

    `inputs`: an .npy file of (n, *input shape) float32. `targets`: the right class of each, (n,) int64, in the
    numbering of the network's outputs; None where nobody labeled them: then the network is to go on answering as it
    does. `train`, `validation` and `test`: indices of samples, (k,) int64, no sample in two; `test` may be empty.
    `digest`: of the data and their preparation. `notices`: what was interpreted.
    """

    inputs: Path
    targets: npt.NDArray[np.int64] | None
    train: Indices
    validation: Indices
    test: Indices
    digest: str
    notices: tuple[str, ...] = ()

    @property
    def held_out(self) -> Indices:
        """What figures are of: the test part, or where there is none the one that said when to stop."""
        return self.test if len(self.test) else self.validation

    def open(self) -> npt.NDArray[np.float32]:
        """Map the inputs, read-only. Raises `DataError` where the file is gone or damaged."""
        try:
            mapped: npt.NDArray[np.float32] = np.load(self.inputs, mmap_mode="r", allow_pickle=False)
        except (OSError, ValueError, EOFError):
            raise DataError(f"{one_line(self.inputs)}: the prepared samples are gone or damaged. Start again") from None
        return mapped


def parted(dataset: Dataset, share: float, seed: int) -> tuple[Dataset, Dataset]:
    """What is trained on, and what says when to stop; the same for the same data, share and seed."""
    places = grouped_split(dataset, np.arange(len(dataset), dtype=np.int64), share, seed)
    return dataset.take(places[0]), dataset.take(places[1])


def prepare_samples(
    model: ModelFile, train: Dataset, validation: Dataset, test: Dataset | None, folder: Path, progress: Progress
) -> Samples:
    """Prepare all parts for a float model, as its metadata say; what lies in `folder` already is not done again.

    Raises `UsageError` for a model that has not one input and one output, `DataError` for data that do not fit it.
    """
    _require_one(model)
    parts = [part for part in (train, validation, test) if part is not None]
    preparers = [Preparer(model, part) for part in parts]
    matched = [match_targets(model, part, scoring_for(model, part, None, None)) for part in parts]
    said = [[content_digest(part), preparer.recipe] for part, preparer in zip(parts, preparers, strict=True)]
    digest = hashlib.sha256(repr(said).encode()).hexdigest()
    path = folder / f"samples-{digest[:32]}.npy"
    if not path.exists():
        _write(path, preparers, progress)
    starts = np.cumsum([0, *map(len, parts)])
    places = [np.arange(start, start + len(part), dtype=np.int64) for start, part in zip(starts, parts, strict=False)]
    targets = [one.targets for one in matched if isinstance(one.targets, np.ndarray)]
    notices = (
        notice for one, preparer in zip(matched, preparers, strict=True) for notice in (*one.notices, preparer.notice)
    )
    return Samples(
        inputs=path,
        targets=np.concatenate(targets) if len(targets) == len(parts) else None,
        train=places[0],
        validation=places[1],
        test=places[2] if test is not None else np.empty(0, np.int64),
        digest=digest,
        notices=tuple(dict.fromkeys(filter(None, notices))),
    )


def _require_one(model: ModelFile) -> None:
    if len(model.inputs) != 1 or len(model.outputs) != 1 or model.inputs[0].dtype != "float32":
        takes = ", ".join(f"{spec.dtype} {list(spec.shape)}" for spec in model.inputs)
        raise UsageError(
            f"{model.name}: takes {takes} and gives {len(model.outputs)} outputs. Networks with one input of float32 "
            "and one output can be compressed"
        )


def _write(path: Path, preparers: Sequence[Preparer], progress: Progress) -> None:
    shape = (sum(len(preparer.samples) for preparer in preparers), *preparers[0].spec.shape[1:])
    rows = (
        values_of(row)
        for preparer in preparers
        for row in one_by_one(range(len(preparer.samples)), "preparing samples", progress, preparer, "sample")
    )
    write_rows(path, shape, np.float32, rows)
