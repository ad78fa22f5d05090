"""What is refused before a training begins, and before its longest part: one line each."""

from __future__ import annotations

import contextlib
import dataclasses
import shutil
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Literal, get_args

import numpy as np

from edgewright.data import MIN_SAMPLES, Dataset, content_digest
from edgewright.errors import DataError, MissingExtraError, OutputError, UsageError
from edgewright.evaluate import Outputs, match_classes
from edgewright.media import one_line
from edgewright.optimize import check_share
from edgewright.quantization import require_quantizer
from edgewright.report import numbers
from edgewright.spelling import argument
from edgewright.train.trainer import Parts

Quantize = Literal["none", "int8"]

# Bytes: a small network, its file and what conversion writes. A trainer that keeps more says so itself.
_LEAST_FREE = 50_000_000


def check_options(quantize: str, max_drop: float, validation: float) -> None:
    """Raise `UsageError` for what cannot be, whatever the data are."""
    if quantize not in get_args(Quantize):
        raise UsageError(f"{argument('quantize', quantize)} is unknown. Choose one of: {', '.join(get_args(Quantize))}")
    check_share(max_drop)
    if not 0 < validation < 1:
        raise UsageError(
            f"{argument('validation')} is {validation:g}; it is a share of the samples between 0 and 1: 0.2 is 20%. "
            "The rest is trained on"
        )


def check_installed(quantize: Quantize) -> None:
    """Raise `MissingExtraError` without TensorFlow, Keras or, where it is wanted, the quantizer."""
    if find_spec("tensorflow") is None or find_spec("keras") is None:
        raise MissingExtraError("Training a model", "train")
    if quantize == "int8":
        require_quantizer()


def check_folder(folder: Path) -> None:
    """Make the work folder; raise `OutputError` where that cannot be, and where its disk is full."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        free = shutil.disk_usage(folder).free
    except OSError as problem:
        raise OutputError(
            f"{one_line(folder)}: cannot keep there what is finished: {problem.strerror}. Choose another folder: "
            f"{argument('work', 'FOLDER')}"
        ) from problem
    if free < _LEAST_FREE:
        raise OutputError(
            f"{one_line(folder)}: the disk is full, {numbers.size(free)} are free and a training keeps at least "
            f"{numbers.size(_LEAST_FREE)} there. Free some space, or choose another folder: "
            f"{argument('work', 'FOLDER')}"
        )


def check_test(dataset: Dataset, test: Dataset) -> None:
    """Raise `DataError` for test data whose classes are not those that are trained."""
    if (dataset.y is None) != (test.y is None):
        which = "no class for each sample" if test.y is None else "a class for each sample"
        raise DataError(f"{test.name}: {which}, unlike {dataset.name}. Test data are labeled as what is trained on is")
    if test.y is not None:
        match_classes(test, Outputs(dataset.name, dataset.classes, named=True))


def check_parts(parts: Parts, quantize: Quantize) -> None:
    """Raise `DataError` where too little was left aside to choose an 8-bit file by."""
    count = len(parts.validation)
    if quantize == "int8" and count < MIN_SAMPLES:
        raise DataError(
            f"{parts.train.name}: {numbers.count(count, 'sample')} to choose an 8-bit file by, and at least "
            f"{MIN_SAMPLES} are needed. Give more data, a larger {argument('validation')}, or leave out "
            f"{argument('quantize', 'int8')}"
        )


def seen_before(trained: Dataset, test: Dataset) -> tuple[str, ...]:
    """A notice where samples of the test data are among those that were trained on, byte for byte."""
    count = samples_in(trained, test)
    if not count:
        return ()
    return (f"{count:,} of the {len(test):,} test samples are among what was trained on: the figure flatters.",)


def samples_in(known: Dataset, others: Dataset) -> int:
    """How many of the other samples are among the known ones, whatever they are called; byte for byte."""
    contents = set(_contents(known))
    return sum(content in contents for content in _contents(others))


def _contents(dataset: Dataset) -> Iterator[str]:
    """What each sample holds; what cannot be read is left out here, and named elsewhere."""
    bare = dataclasses.replace(dataset, targets=None, classes=(), train_count=None)
    places: Any = np.arange(len(bare))
    for index in places:
        with contextlib.suppress(DataError):
            yield content_digest(bare, places[index : index + 1])
