"""The data of an optimization, prepared once for the model and shared by all processes through a memory map."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import (
    CALIBRATION,
    Dataset,
    Target,
    ThreeParts,
    content_digest,
    load_samples,
    one_by_one,
    open_dataset,
    three_way_split,
)
from edgewright.errors import DataError
from edgewright.evaluate import Metric
from edgewright.machine import Progress, silent
from edgewright.media import Prepare, Prepared, one_line
from edgewright.model import ModelFile, TensorSpec
from edgewright.optimize.decision import check_budget
from edgewright.optimize.inputs.about import About
from edgewright.optimize.inputs.preparing import Preparer
from edgewright.optimize.inputs.samples import MAX_BYTES, Row, Samples, ensure_samples, open_samples, row_bytes
from edgewright.optimize.scoring import Matched, Scoring, Targets, match_targets, scoring_for, target_of

Indices = npt.NDArray[np.int64]

# Ranges of activations do not need every window of long sounds.
_MOST_CALIBRATED = 1000


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Samples as the model takes them, what is right for each, and which of them is for what; small to pickle.

    path: an .npy file of what the first input takes; those of other inputs (`tensors` in all) lie beside it, and so
    does what is known of the samples besides, see `open`. targets: the right class of each, (n,) int64, or a `Target`
    each, in the numbering of the model's labels; None where nobody labeled them or the metric needs none. classes: the
    names of the model's labels. digest: SHA-256 of the data (samples as they came, labels, class names). calibration,
    selection, proof: indices of samples, (k,) int64, no sample in two of them, each in random order. names: what each
    sample is called: the file's path, or its number in the data. scoring: task and metric. about: where pictures lie
    and windows are, empty where there is nothing of the kind. notices: what was interpreted, one sentence each, for the
    caller to show.
    """

    path: Path
    targets: Targets
    classes: tuple[str, ...]
    digest: str
    calibration: Indices
    selection: Indices
    proof: Indices
    names: tuple[str, ...]
    scoring: Scoring
    tensors: int = 1
    about: tuple[About, ...] = ()
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        used = np.concatenate([self.calibration, self.selection, self.proof])
        if len(np.unique(used)) != len(used) or used.min() < 0 or used.max() >= len(self.names):
            raise DataError(f"{self.path}: the parts share samples, or name some that do not exist")
        for what, values in (("labels", self.targets), ("places", self.about or None)):
            if values is not None and len(values) != len(self.names):
                raise DataError(f"{self.path}: {len(self.names)} samples but {len(values)} {what}")

    def __len__(self) -> int:
        return len(self.names)

    def open(self) -> Samples:
        """Map the samples. Raises DataError where the files are gone or are not what was written."""
        samples = open_samples(self.path, self.tensors, self.about, len(self))
        if samples is None:
            raise DataError(f"{one_line(self.path)}: the prepared samples are gone or damaged. Start again")
        return samples

    def to_calibrate(self) -> list[Row]:
        """What ranges of activations are measured on: the calibration split, of very many windows an even choice."""
        return self.open().rows(self.calibration, _MOST_CALIBRATED)

    def runs(self, indices: Indices) -> int:
        """How often a model runs for some samples: of sounds and series once for each window."""
        return sum(self.about[int(index)].rows for index in indices) if self.about else len(indices)

    def target(self, index: int) -> Target | None:
        """What is right for a sample; None where nobody knows."""
        return target_of(self.targets, index)

    def inputs(self, specs: Sequence[TensorSpec]) -> Prepare:
        """Samples by their index as a model takes them whose inputs are `specs`: the float model or one made of it."""
        samples = self.open()

        def prepare(source: Any) -> Prepared:
            return samples.prepared(source, specs)

        return prepare


def prepare(
    model: ModelFile,
    data: Any,
    *,
    folder: Path,
    task: str | None = None,
    metric: str | Metric | None = None,
    max_drop: float = 0.0,
    seed: int = 0,
    calibration: int = CALIBRATION,
    progress: Progress = silent,
) -> PreparedData:
    """Prepare data for a float model as its task does it, and split them in three.

    `data` is all that `data.open_dataset` takes. What is no array is prepared as `evaluate` does it; arrays for a
    model of pictures or sounds have the input's shape, and are normalized where they are raw values (see
    `media.meaning_of_numbers`). Inputs of several tensors are mappings by the inputs' names, or tuples. The files are
    put in `folder`, which is made; one that is there already, of the same data for the same preparation, is
    used again. Where a split was published, the training part only calibrates. `task`, `metric` and `max_drop`, which
    has to be a budget of it, are those of `optimize`.

    Raises UsageError for a model that cannot be optimized or tells too little of its input, DataError for data that
    cannot be read, do not fit, are of one class or too few, and OutputError where `folder` cannot be written.
    """
    samples = _opened(data, progress)
    preparer = Preparer(model, samples, task)
    scoring = scoring_for(model, samples, task, metric)
    check_budget(scoring.metric, max_drop)
    matched = match_targets(model, samples, scoring)
    split, notices = _split(samples, calibration, seed, row_bytes(preparer.specs))
    said = (*samples.notices, *matched.notices, preparer.notice, *notices)
    whole = replace(matched, notices=tuple(filter(None, said)))
    return _written(folder, preparer, split, whole, scoring, progress)


def _written(
    folder: Path, preparer: Preparer, split: ThreeParts, matched: Matched, scoring: Scoring, progress: Progress
) -> PreparedData:
    samples, used = preparer.samples, np.sort(np.concatenate(split))
    digest = content_digest(samples, used, texts=preparer.kind.input == "text")
    key = hashlib.sha256(f"{digest} {preparer.recipe}".encode()).hexdigest()
    path = folder / f"inputs-{key[:32]}.npy"
    made = one_by_one([int(index) for index in used], "Preparing samples", progress, preparer, "sample")
    return PreparedData(
        path=path,
        tensors=len(preparer.specs),
        about=ensure_samples(path, preparer.specs, len(used), made),
        targets=_taken(matched.targets, used),
        classes=matched.classes,
        digest=digest,
        calibration=np.searchsorted(used, split.calibration),
        selection=np.searchsorted(used, split.selection),
        proof=np.searchsorted(used, split.proof),
        names=tuple(samples.input_name(int(index)) for index in used),
        scoring=scoring,
        notices=matched.notices,
    )


def _opened(data: Any, progress: Progress) -> Dataset:
    """The data; where each sample is of one class, two classes have to occur, for one is nothing to tell apart."""
    samples = open_dataset(data, progress=progress)
    return samples if samples.y is None else load_samples(samples)


def _taken(targets: Targets, used: Indices) -> Targets:
    if targets is None or isinstance(targets, np.ndarray):
        return None if targets is None else targets[used]
    return tuple(targets[int(index)] for index in used)


def _split(samples: Dataset, calibration: int, seed: int, sample_bytes: int) -> tuple[ThreeParts, tuple[str, ...]]:
    """The three parts, the last two cut to what the disk shall hold: they are in random order."""
    stratified_by = len(samples) if samples.y is None else samples.y
    try:
        whole = three_way_split(stratified_by, calibration, seed=seed, train_count=samples.train_count)
    except DataError as problem:
        raise DataError(f"{samples.name}: {problem}") from None
    total, most = sum(map(len, whole)), max(MAX_BYTES // sample_bytes, 1)
    notices = []
    if samples.train_count is not None:
        notices.append(f"Of the published training part {len(whole.calibration)} samples are used, to calibrate.")
    if total <= most:
        return whole, tuple(notices)
    half = max((most - len(whole.calibration)) // 2, 1)
    cut = ThreeParts(whole.calibration, whole.selection[:half], whole.proof[:half])
    notices.append(f"{sum(map(len, cut))} of {total} samples are used, for more would take over 4 GiB prepared.")
    return cut, tuple(notices)
