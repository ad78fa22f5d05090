"""The data of an optimization, prepared once for the model and shared by all processes through a memory map."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Sequence
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
    load_samples,
    one_by_one,
    open_dataset,
    three_way_split,
)
from edgewright.errors import DataError, OutputError
from edgewright.evaluate import Metric
from edgewright.files import write_atomic
from edgewright.machine import Progress, silent
from edgewright.media import Placement, Prepare, Prepared, one_line, quantize
from edgewright.model import ModelFile, TensorSpec
from edgewright.optimize.decision import check_budget
from edgewright.optimize.preparing import Preparer, content_digest, values_of
from edgewright.optimize.scoring import Matched, Scoring, Targets, match_targets, scoring_for, target_of

Indices = npt.NDArray[np.int64]

# What the prepared samples may take on the disk: 7,000 pictures of 224 x 224, many more than any proof needs.
_MAX_BYTES = 4 * 1024**3


# Where an original lies in a prepared sample, and its (height, width); None for what is no picture.
Place = tuple[Placement, tuple[int, int]] | None


@dataclass(frozen=True, eq=False)
class PreparedData:
    """Samples as the model takes them, what is right for each, and which of them is for what; small to pickle.

    path: an .npy file of (n, *input shape) float32, see `open`; the places of pictures lie beside it. targets: the
    right class of each, (n,) int64, or a `Target` each, in the numbering of the model's labels; None where nobody
    labelled them or the metric needs none. classes: the names of the model's labels. digest: SHA-256 of the data
    (samples as they came, labels, class names). calibration, selection, proof: indices of samples, (k,) int64, no
    sample in two of them, each in random order. names: what each sample is called: the file's path, or its number in
    the data. scoring: task and metric. places: where the originals lie, empty where none is a picture. notices: what
    was interpreted, one sentence each, for the caller to show.
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
    places: tuple[Place, ...] = ()
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        used = np.concatenate([self.calibration, self.selection, self.proof])
        if len(np.unique(used)) != len(used) or used.min() < 0 or used.max() >= len(self.names):
            raise DataError(f"{self.path}: the parts share samples, or name some that do not exist")
        for what, values in (("labels", self.targets), ("places", self.places or None)):
            if values is not None and len(values) != len(self.names):
                raise DataError(f"{self.path}: {len(self.names)} samples but {len(values)} {what}")

    def __len__(self) -> int:
        return len(self.names)

    def open(self) -> npt.NDArray[np.float32]:
        """Map the samples, (n, *input shape) float32, read-only; only those looked at are read from the disk.

        Raises DataError where the file is gone or is not what was written.
        """
        mapped = _mapped(self.path)
        if mapped is None or len(mapped) != len(self):
            raise DataError(f"{one_line(self.path)}: the prepared samples are gone or damaged. Start again")
        return mapped

    def target(self, index: int) -> Target | None:
        """What is right for a sample; None where nobody knows."""
        return target_of(self.targets, index)

    def inputs(self, spec: TensorSpec) -> Prepare:
        """Samples by their index as a model takes them whose input is `spec`: the float model or one made of it."""
        values = self.open()

        def prepare(source: Any) -> Prepared:
            stored = quantize(values[source], spec)
            place = self.places[source] if self.places else None
            return Prepared(stored, *place) if place is not None else Prepared(stored)

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
    """Prepare data for a float model with one input and one output, as its task does it, and split them in three.

    `data` is all that `data.open_dataset` takes. Pictures are read, fitted and normalized as the model's metadata say;
    arrays have the input's shape, and are normalized where they are raw values (see `media.meaning_of_numbers`). The
    file is put in `folder`, which is made; one that is there already, of the same data for the same preparation, is
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
    meaning = preparer.meaning
    split, notices = _split(samples, calibration, seed, preparer.spec.elements * 4)
    said = (*samples.notices, *matched.notices, meaning.notice, *notices)
    whole = replace(matched, notices=tuple(filter(None, said)))
    return _written(folder, preparer, split, whole, scoring, progress)


def _written(
    folder: Path, preparer: Preparer, split: ThreeParts, matched: Matched, scoring: Scoring, progress: Progress
) -> PreparedData:
    samples, used = preparer.samples, np.sort(np.concatenate(split))
    digest = content_digest(samples, used)
    key = hashlib.sha256(f"{digest} {preparer.recipe}".encode()).hexdigest()
    path = folder / f"inputs-{key[:32]}.npy"
    return PreparedData(
        path=path,
        places=_ensure(path, preparer, used, progress),
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
    total, most = sum(map(len, whole)), max(_MAX_BYTES // sample_bytes, 1)
    notices = []
    if samples.train_count is not None:
        notices.append(f"Of the published training part {len(whole.calibration)} samples are used, to calibrate.")
    if total <= most:
        return whole, tuple(notices)
    half = max((most - len(whole.calibration)) // 2, 1)
    cut = ThreeParts(whole.calibration, whole.selection[:half], whole.proof[:half])
    notices.append(f"{sum(map(len, cut))} of {total} samples are used, for more would take over 4 GiB prepared.")
    return cut, tuple(notices)


def _ensure(path: Path, preparer: Preparer, used: Indices, progress: Progress) -> tuple[Place, ...]:
    """Make the file of samples where it is not there, and return the places in them."""
    shape = (len(used), *preparer.spec.shape)
    found, places = _mapped(path), _places(path, len(used))
    if found is not None and found.shape == shape and places is not None:
        return places
    step = "Preparing samples"
    indices = [int(index) for index in used]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        needed, free = int(np.prod(shape, dtype=object)) * 4, shutil.disk_usage(path.parent).free
        if needed > free:
            raise OutputError(f"{one_line(path.parent)}: the samples take {needed} bytes, and {free} are free")
        return _write(path, shape, one_by_one(indices, step, progress, preparer, "sample"))
    except OSError as problem:
        raise OutputError(f"{one_line(path)}: cannot be written ({problem.strerror})") from problem


def _write(path: Path, shape: tuple[int, ...], rows: Iterable[Prepared]) -> tuple[Place, ...]:
    """Written as a stream, not through a map: a full disk is then an error, and not the end of the process."""
    descriptor, temporary = tempfile.mkstemp(prefix=".inputs-", dir=path.parent)
    places: list[Place] = []
    try:
        with os.fdopen(descriptor, "wb") as stream:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(stream, header)
            for row in rows:
                stream.write(values_of(row).astype("<f4", copy=False).tobytes())
                places.append(None if row.placement is None or row.original is None else (row.placement, row.original))
            stream.flush()
            os.fsync(stream.fileno())
        _write_places(path, places)
        Path(temporary).replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()
    return _compact(places)


def _compact(places: Sequence[Place]) -> tuple[Place, ...]:
    return tuple(places) if any(place is not None for place in places) else ()


def _write_places(path: Path, places: Sequence[Place]) -> None:
    plain = [None if place is None else [place[0].size, place[0].box, place[0].region, place[1]] for place in places]
    write_atomic(path.with_suffix(".places"), json.dumps(plain).encode(), overwrite=True)


def _places(path: Path, count: int) -> tuple[Place, ...] | None:
    """What `_write_places` wrote; None where that is gone or damaged."""
    try:
        plain = json.loads(path.with_suffix(".places").read_bytes())
        places = [
            None if one is None else (Placement(tuple(one[0]), tuple(one[1]), tuple(one[2])), tuple(one[3]))
            for one in plain
        ]
    except (OSError, ValueError, TypeError, IndexError):
        return None
    return _compact(places) if len(places) == count else None


def _mapped(path: Path) -> npt.NDArray[np.float32] | None:
    """The samples of a file that is there and whole, else None."""
    try:
        mapped: npt.NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return mapped if mapped.dtype == np.float32 else None
