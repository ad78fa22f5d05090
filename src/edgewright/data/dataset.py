"""A data set as a value: inputs, what is right for each, names of classes, and where it came from."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.brief import line_of, name
from edgewright.data.labels import check_classes, to_indices
from edgewright.data.targets import ClassTarget, Target
from edgewright.errors import DataError
from edgewright.media import Series, one_line

Inputs = npt.NDArray[Any] | Sequence[Any]
Targets = npt.NDArray[np.int64] | Sequence[Target] | None


@dataclass(frozen=True, eq=False)
class Dataset:
    """Inputs and what is right for each; validates itself, and its arrays are read-only.

    inputs: one array (n, ...) uint8, int8 .. int64, or float16 .. float64, all finite, raw values (pictures: 0 to 255,
    (n, height, width) gray or (n, height, width, 3) RGB); or n things that are read when they are used: paths, bytes,
    PIL images, series, arrays of their own size. targets: the classes (n,) int64, each in 0 .. len(classes) - 1; or a
    `Target` for each input; None where nobody labeled them. classes: names, each its own. name: for people
    ("mnist5k"). origin: where it was read from. train_count: the first so many samples are the training part of a
    published split and the rest is its test part; None where nobody published one. notices: what was interpreted while
    reading, one sentence each, for the caller to show.

    Raises DataError on construction when any of this does not hold.
    """

    inputs: Inputs
    targets: Targets
    classes: tuple[str, ...]
    name: str
    origin: str
    train_count: int | None = None
    notices: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        inputs, targets = _inputs(self.inputs, self.name), _class_indices(self.targets)
        classes = check_classes(self.classes, self.name, least=1 if isinstance(targets, np.ndarray) else 0)
        if targets is not None:
            _check_targets(targets, len(inputs), len(classes), self.name)
        if self.train_count is not None and not 0 < self.train_count < len(inputs):
            raise DataError(
                f"{self.name}: {self.train_count} training samples of {len(inputs)} leave a part of it empty"
            )
        for field, value in (("classes", classes), ("inputs", _read_only(inputs)), ("targets", _read_only(targets))):
            object.__setattr__(self, field, value)

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def x(self) -> npt.NDArray[Any]:
        """The inputs (n, ...) where they are one array. Raises DataError where they are read one by one."""
        if not isinstance(self.inputs, np.ndarray):
            raise DataError(f"{self.name}: its inputs are no arrays, but files and the like. Read them with data.load")
        return self.inputs

    @property
    def y(self) -> npt.NDArray[np.int64] | None:
        """The classes (n,) where each input is of one, else None."""
        return self.targets if isinstance(self.targets, np.ndarray) else None

    @property
    def labels(self) -> npt.NDArray[np.int64]:
        """The same. Raises DataError where there is not one class for each input."""
        if self.y is None:
            raise DataError(f"{self.name}: no class for each input. {self._said()}")
        return self.y

    def target(self, index: int) -> Target | None:
        """What is right for an input; None without targets."""
        if self.y is not None:
            return ClassTarget(int(self.y[index]))
        return None if self.targets is None else self.targets[index]

    def input_name(self, index: int) -> str:
        """How an input is called in messages and reports: the file's path, a series' name, or its number."""
        item = self.inputs[index]
        if isinstance(item, Series):
            return item.name
        return one_line(os.fspath(item)) if isinstance(item, str | os.PathLike) else f"sample {index}"

    @cached_property
    def digest(self) -> str:
        """SHA-256 (hex) of inputs, labels and class names; the same on every machine, whatever the file format was."""
        digest = hashlib.sha256(repr((self.x.dtype.str.replace(">", "<"), self.x.shape, self.classes)).encode())
        digest.update(self.x.astype(self.x.dtype.newbyteorder("<"), copy=False).data)
        digest.update(self.labels.astype("<i8", copy=False).data)
        return digest.hexdigest()

    @cached_property
    def counts(self) -> tuple[int, ...]:
        """Samples of each class, in the order of `classes`."""
        return tuple(int(n) for n in np.bincount(self.labels, minlength=len(self.classes)))

    def take(self, indices: Sequence[int] | npt.NDArray[np.int64]) -> Dataset:
        """Make a data set of the samples at `indices`, in that order, with the same classes.

        Raises DataError when there is none or one is outside 0 .. n - 1.
        """
        chosen = np.asarray(indices, dtype=np.int64)
        if chosen.ndim != 1 or chosen.size == 0:
            raise DataError(f"{self.name}: no samples chosen. Give at least one index")
        if chosen.min() < 0 or chosen.max() >= len(self):
            raise DataError(f"{self.name}: sample {_outside(chosen, len(self))} of {len(self)} does not exist")
        targets = None if self.targets is None else _taken(self.targets, chosen)
        return replace(self, inputs=_taken(self.inputs, chosen), targets=targets, train_count=None)

    def _said(self) -> str:
        if self.targets is None:
            return "Nobody labeled them"
        return f"They are labeled with {type(self.targets[0]).__name__}"

    def __repr__(self) -> str:
        labels = f"{len(self.classes):,} classes" if self.classes else "no labels"
        return line_of(self, name(self.name), f"{len(self):,} inputs{self._form()}", labels)

    def _form(self) -> str:
        """What each input is, where all are alike."""
        return f" of {self.inputs.dtype} {self.inputs.shape[1:]}" if isinstance(self.inputs, np.ndarray) else ""


def from_arrays(
    x: npt.ArrayLike,
    y: npt.ArrayLike,
    *,
    name: str,
    classes: Sequence[str] | None = None,
    origin: str = "arrays",
    train_count: int | None = None,
    least: int = 2,
) -> Dataset:
    """Make a Dataset of arrays as people have them: labels as integers in any width, as a column, or one-hot.

    Without `classes` the names are "0", "1", ... up to the largest label. A one-hot array and classes without any
    sample are said in `notices`. Raises DataError for what is no class label (floats, text, booleans), for fewer than
    `least` classes present (1 is enough to evaluate), and for all that Dataset refuses.
    """
    inputs, labels = _array(x, name, "inputs"), _array(y, name, "labels")
    found = to_indices(labels, None if classes is None else tuple(classes), name, least)
    return Dataset(inputs, found.y, found.classes, name, origin, train_count, found.notices)


def _array(values: npt.ArrayLike, name: str, what: str) -> npt.NDArray[Any]:
    try:
        return np.asarray(values)
    except ValueError as problem:  # a list of lists of different lengths
        raise DataError(f"{name}: the {what} are not all of one shape. Bring each to the same shape first") from problem


def _inputs(inputs: Any, name: str) -> Inputs:
    if not isinstance(inputs, np.ndarray):
        return _items(inputs, name)
    x = inputs
    if len(np.atleast_1d(x)) == 0:
        raise DataError(f"{name}: no samples, inputs of shape {x.shape}")
    if x.dtype.kind not in "uif" or x.dtype.itemsize > 8:
        raise DataError(f"{name}: the inputs are {x.dtype}. Expected numbers: uint8 pictures or float32 features")
    if x.ndim < 2 or x.size == 0:
        raise DataError(f"{name}: inputs of shape {x.shape} are no samples. Expected (samples, ...), none of them 0")
    if x.dtype.kind == "f":
        _check_finite(x, name)
    return np.ascontiguousarray(x.astype(x.dtype.newbyteorder("="), copy=False))


def _items(inputs: Any, name: str) -> Sequence[Any]:
    if not isinstance(inputs, Sequence) or isinstance(inputs, str | bytes):
        raise DataError(f"{name}: the inputs are {type(inputs).__name__}. Expected an array, or a sequence of inputs")
    if not len(inputs):
        raise DataError(f"{name}: no samples")
    return tuple(inputs) if isinstance(inputs, list) else inputs


def _check_finite(x: npt.NDArray[Any], name: str) -> None:
    bad = ~np.isfinite(x).reshape(len(x), -1).all(axis=1)
    if bad.any():
        raise DataError(
            f"{name}: {int(bad.sum())} of {len(x)} inputs hold NaN or infinity, first sample {int(bad.argmax())}. "
            "Remove or repair them"
        )


def _class_indices(targets: Any) -> Targets:
    """Classes as an array also where they came as a `ClassTarget` each."""
    if targets is None or isinstance(targets, np.ndarray):
        return targets
    if len(targets) and all(isinstance(target, ClassTarget) for target in targets):
        return np.array([target.index for target in targets], np.int64)
    return tuple(targets)


def _check_targets(targets: npt.NDArray[np.int64] | Sequence[Target], inputs: int, classes: int, name: str) -> None:
    if isinstance(targets, np.ndarray) and (targets.ndim != 1 or targets.dtype != np.int64):
        raise DataError(
            f"{name}: the labels are {targets.dtype} {targets.shape}. Expected int64 (n,); from_arrays converts what "
            "can be"
        )
    if len(targets) != inputs:
        raise DataError(f"{name}: {inputs} inputs but {len(targets)} labels. Each input needs exactly one label")
    used = targets if isinstance(targets, np.ndarray) else _classes_of(targets, name)
    if used.size and (used.min() < 0 or used.max() >= classes):
        raise DataError(f"{name}: label {_outside(used, classes)} is outside 0 .. {classes - 1}, the {classes} classes")


def _classes_of(targets: Sequence[Target], name: str) -> npt.NDArray[np.int64]:
    for place, target in enumerate(targets):
        if not isinstance(target, Target):
            raise DataError(f"{name}: sample {place} is labeled with {target!r}. Expected a target for each input")
    return np.array(sorted(frozenset[int]().union(*(target.classes for target in targets))), np.int64)


def _outside(values: npt.NDArray[np.int64], limit: int) -> int:
    return int(values[(values < 0) | (values >= limit)][0])


def _taken(values: Any, chosen: npt.NDArray[np.int64]) -> Any:
    return values[chosen] if isinstance(values, np.ndarray) else tuple(values[int(index)] for index in chosen)


def _read_only(values: Any) -> Any:
    if not isinstance(values, np.ndarray):
        return values
    view = np.ascontiguousarray(values).view()
    view.flags.writeable = False
    return view
