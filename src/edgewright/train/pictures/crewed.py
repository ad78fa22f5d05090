"""Pictures that a crew looks at through the network: what it sees is put into the stores of a training here."""

from __future__ import annotations

import dataclasses
import os
import pickle
import tempfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.machine import Crew, Progress
from edgewright.task import sent_files
from edgewright.train.epochs import deterministic
from edgewright.train.pictures.looking import BETWEEN, PIECE, Looking, Wanted
from edgewright.train.pictures.network import open_network

_LOOK = "edgewright.train.pictures.crewed:look"

Array = npt.NDArray[Any]


def look_on(crew: Crew, network: Path, wanted: Wanted, environment: Mapping[str, str], progress: Progress) -> None:
    """Have a crew look at what is wanted. Raises as `Crew.call_each` and `Store.fill` do; what is done stays."""
    store, until = wanted.store, wanted.until
    starts = range(store.done, until, PIECE)
    between = any(column.name == BETWEEN for column in store.columns)
    plain = dataclasses.replace(wanted.look, dataset=wanted.look.dataset.take([0]))
    common = {"between": between, "environment": dict(environment), "suffix": network.suffix}

    def each() -> Iterator[dict[str, Any]]:
        for start in starts:
            places = range(start, min(start + PIECE, until))
            sources = sent_files([wanted.look.dataset.inputs[at] for at in places])
            yield {**common, "piece": pickle.dumps((plain, places, sources))}

    def seen() -> Iterator[Mapping[str, Array]]:
        for start, rows in zip(starts, crew.call_each(_LOOK, each(), {"network": network}), strict=True):
            progress(wanted.step, start, until)
            yield pickle.loads(rows)  # noqa: S301 - what our own workers said
        progress(wanted.step, until, until)

    store.fill(seen())


def look(arguments: Mapping[str, Any], files: Mapping[str, Path], progress: Progress) -> bytes:
    """What the network sees in the pictures of a piece, for a worker."""
    os.environ.update(arguments["environment"])  # before TensorFlow is imported
    looking = _opened(files["network"], arguments["suffix"], arguments["between"])
    described, places, sources = pickle.loads(arguments["piece"])  # noqa: S301 - what was sent by `look_on`
    return pickle.dumps({name: np.asarray(rows) for name, rows in looking.seen(described, places, sources).items()})


@lru_cache(maxsize=1)  # one network after the other; the names of files are those of their contents
def _opened(network: Path, suffix: str, between: bool) -> Looking:
    deterministic(0)
    with tempfile.TemporaryDirectory(prefix="edgewright-") as folder:
        named = Path(folder, f"network{suffix}")
        named.symlink_to(network)
        return Looking(open_network(named), Path(), between=between)
