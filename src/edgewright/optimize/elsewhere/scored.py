"""Samples that a crew has models answer for: their rows are sent, and what is said of each comes back."""

from __future__ import annotations

import pickle
from collections.abc import Generator, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.data import Target
from edgewright.machine import Crew, Progress
from edgewright.media import Prepared
from edgewright.model import ModelFile
from edgewright.optimize.inputs.prepared import PreparedData
from edgewright.optimize.inputs.samples import Samples
from edgewright.optimize.measuring import LOOK_EVERY, Array, Said, say
from edgewright.optimize.scoring import Scoring

_ANSWER = "edgewright.optimize.elsewhere.scored:answer"

# Bytes of rows that go at once.
_MOST_BYTES = 16 << 20


@dataclass(frozen=True, eq=False)
class _Piece:
    """Some samples as they are sent: what a model takes, and what is right for each."""

    samples: Samples
    targets: tuple[Target | None, ...]
    scoring: Scoring
    names: tuple[str, ...]


def said_on(
    crew: Crew, model: Path, reference: Path | None, prepared: PreparedData, indices: Array
) -> Generator[Said, None, None]:
    """What `said_here` gives, by a crew. Raises as `Crew.call_each` does."""
    files: dict[str, Path | bytes] = {
        str(place): path for place, path in enumerate((model, reference)) if path is not None
    }
    names = tuple(str(path) for path in files.values())
    pieces = ({"piece": pickle.dumps(piece)} for piece in _pieces(prepared, indices, names))
    for answers in crew.call_each(_ANSWER, pieces, files):
        yield from pickle.loads(answers)  # noqa: S301 - what our own workers said


def answer(arguments: Mapping[str, Any], files: Mapping[str, Path], progress: Progress) -> bytes:
    """What a model says of the samples of a piece, for a worker."""
    piece: _Piece = pickle.loads(arguments["piece"])  # noqa: S301 - what was sent by `said_on`
    with ExitStack() as opened:
        models = [ModelFile(files[str(place)].read_bytes(), name) for place, name in enumerate(piece.names)]
        tasks = [opened.enter_context(piece.scoring.open(file, _inputs(piece.samples, file))) for file in models]
        said = [say(piece.scoring.metric, tasks, place, target) for place, target in enumerate(piece.targets)]
    return pickle.dumps(said)


def _inputs(samples: Samples, model: ModelFile) -> Any:
    def prepare(source: Any) -> Prepared:
        return samples.prepared(source, model.inputs)

    return prepare


def _pieces(prepared: PreparedData, indices: Array, names: tuple[str, ...]) -> Iterator[_Piece]:
    samples = prepared.open()
    row = sum(array[:1].nbytes for array in samples.arrays)
    runs = max(1, prepared.runs(indices) // len(indices))
    step = max(1, min(LOOK_EVERY, _MOST_BYTES // max(1, row * runs)))
    for place in range(0, len(indices), step):
        chosen = [int(index) for index in indices[place : place + step]]
        targets = tuple(prepared.target(index) for index in chosen)
        yield _Piece(_taken(samples, chosen), targets, prepared.scoring, names)


def _taken(samples: Samples, chosen: list[int]) -> Samples:
    """Some samples by themselves, in memory."""
    rows = samples.rows(chosen)
    arrays = tuple(np.stack(arrays) for arrays in zip(*rows, strict=True))
    counts = [len(samples.rows([index])) for index in chosen]
    starts = None if samples.starts is None else np.cumsum([0, *counts]).astype(np.int64)
    return Samples(arrays, starts, tuple(samples.about[index] for index in chosen) if samples.about else ())
