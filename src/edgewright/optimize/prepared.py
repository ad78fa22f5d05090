"""The data of an optimization, prepared once for the model and shared by all processes through a memory map."""

from __future__ import annotations

import contextlib
import hashlib
import os
import shutil
import tempfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import CALIBRATION, Dataset, ThreeParts, load_samples, one_by_one, three_way_split
from edgewright.errors import DataError, OutputError
from edgewright.machine import Progress, silent
from edgewright.media import one_line
from edgewright.model import ModelFile
from edgewright.optimize.class_names import match_classes
from edgewright.optimize.preparing import Preparer, Values, check_scale, content_digest

Indices = npt.NDArray[np.int64]

# What the prepared samples may take on the disk: 7,000 pictures of 224 x 224, many more than any proof needs.
_MAX_BYTES = 4 * 1024**3


@dataclass(frozen=True, eq=False)
class Prepared:
    """Samples as the model takes them, their labels, and which of them is for what; small to pickle.

    path: an .npy file of (n, *input shape) float32, see `open`. labels: (n,) int64, the right output of each; None
    where nobody labelled them. classes: the names of the model's outputs. digest: SHA-256 of the data (samples as they
    came, labels, class names). calibration, selection, proof: indices of samples, (k,) int64, no sample in two of them,
    each in random order. names: what each sample is called: the file's path, or its number in the data. notices: what
    was interpreted, one sentence each, for the caller to show.
    """

    path: Path
    labels: Indices | None
    classes: tuple[str, ...]
    digest: str
    calibration: Indices
    selection: Indices
    proof: Indices
    names: tuple[str, ...]
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        used = np.concatenate([self.calibration, self.selection, self.proof])
        if len(np.unique(used)) != len(used) or used.min() < 0 or used.max() >= len(self.names):
            raise DataError(f"{self.path}: the parts share samples, or name some that do not exist")
        if self.labels is not None and len(self.labels) != len(self.names):
            raise DataError(f"{self.path}: {len(self.names)} samples but {len(self.labels)} labels")

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


def prepare(
    model: ModelFile,
    data: Any,
    *,
    folder: Path,
    seed: int = 0,
    calibration: int = CALIBRATION,
    progress: Progress = silent,
) -> Prepared:
    """Prepare data for a float classifier with one input, as the model's own metadata say, and split them in three.

    `data` is all that `data.load_samples` takes. Pictures are read, fitted and normalized; arrays are raw values of the
    input's shape, and are normalized. The file is put in `folder`, which is made; one that is there already, of the
    same data for the same preparation, is used again. Where a split was published, the training part only calibrates.

    Raises UsageError for a model that cannot be optimized or tells too little of its input, DataError for data that
    cannot be read, do not fit, are of one class or too few, and OutputError where `folder` cannot be written.
    """
    samples = load_samples(data, progress=progress)
    preparer = Preparer(model, samples)
    matched = match_classes(model, samples)
    check_scale(samples, preparer.described)
    split, notices = _split(samples, calibration, seed, preparer.spec.elements * 4)
    used = np.sort(np.concatenate(split))
    digest = content_digest(samples, used)
    key = hashlib.sha256(f"{digest} {preparer.recipe}".encode()).hexdigest()
    path = folder / f"inputs-{key[:32]}.npy"
    _ensure(path, preparer, used, progress)
    return Prepared(
        path=path,
        labels=None if matched.labels is None else matched.labels[used],
        classes=matched.classes,
        digest=digest,
        calibration=np.searchsorted(used, split.calibration),
        selection=np.searchsorted(used, split.selection),
        proof=np.searchsorted(used, split.proof),
        names=tuple(preparer.name(int(index)) for index in used),
        notices=(*samples.notices, *matched.notices, *notices),
    )


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


def _ensure(path: Path, preparer: Preparer, used: Indices, progress: Progress) -> None:
    shape = (len(used), *preparer.spec.shape)
    found = _mapped(path)
    if found is not None and found.shape == shape:
        return
    step = "Preparing samples"
    indices = [int(index) for index in used]
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        needed, free = int(np.prod(shape, dtype=object)) * 4, shutil.disk_usage(path.parent).free
        if needed > free:
            raise OutputError(f"{one_line(path.parent)}: the samples take {needed} bytes, and {free} are free")
        _write(path, shape, one_by_one(indices, step, progress, preparer, "sample"))
    except OSError as problem:
        raise OutputError(f"{one_line(path)}: cannot be written ({problem.strerror})") from problem


def _write(path: Path, shape: tuple[int, ...], rows: Iterable[Values]) -> None:
    """Written as a stream, not through a map: a full disk is then an error, and not the end of the process."""
    descriptor, temporary = tempfile.mkstemp(prefix=".inputs-", dir=path.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            header = {"descr": "<f4", "fortran_order": False, "shape": shape}
            np.lib.format.write_array_header_1_0(stream, header)
            for row in rows:
                stream.write(row.astype("<f4", copy=False).tobytes())
            stream.flush()
            os.fsync(stream.fileno())
        Path(temporary).replace(path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            Path(temporary).unlink()


def _mapped(path: Path) -> npt.NDArray[np.float32] | None:
    """The samples of a file that is there and whole, else None."""
    try:
        mapped: npt.NDArray[np.float32] = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return mapped if mapped.dtype == np.float32 else None
