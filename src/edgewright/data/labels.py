"""From labels as people have them to class indices; what cannot be meant is refused, what is interpreted is said."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError

# Labels above this are something else (identifiers, time stamps): naming that many classes would help nobody.
_MAX_CLASSES = 100_000


@dataclass(frozen=True)
class Labels:
    """Class indices y, (n,) int64; the class names; and what was interpreted to get there."""

    y: npt.NDArray[np.int64]
    classes: tuple[str, ...]
    notices: tuple[str, ...]


def to_indices(array: npt.NDArray[Any], classes: tuple[str, ...] | None, name: str, least: int = 2) -> Labels:
    """Turn integer labels (n,) or (n, 1), or one-hot labels (n, classes), into class indices.

    Raises DataError for text, booleans, floats that are not one-hot, negative labels, and fewer than `least` classes
    that occur.
    """
    if array.ndim == 2 and array.shape[1] > 1:
        y, notices = _from_one_hot(array, name)
        width = array.shape[1]
    else:
        y, notices = _from_integers(array, name), ()
        width = int(y.max()) + 1 if y.size else 0
    names = check_classes(classes or tuple(str(index) for index in range(width)), name, least)
    check_present(y, names, name, least)
    return Labels(y, names, notices + _empty_classes(y, names))


def named_indices(labels: Sequence[Any], name: str) -> Labels:
    """Turn labels that are all integers, or all names of classes, into class indices; names in alphabetical order.

    Raises DataError for anything else, and a mixture of both.
    """
    if not all(isinstance(label, str) for label in labels):
        return to_indices(_integers(labels, name), None, name, least=1)
    classes = tuple(sorted(set(labels)))
    place = {label: index for index, label in enumerate(classes)}
    y = np.array([place[label] for label in labels], np.int64)
    return Labels(y, check_classes(classes, name, least=1), ())


def check_classes(classes: Sequence[str], name: str, least: int = 2) -> tuple[str, ...]:
    """Return the class names as a tuple of at least `least` different ones; raises DataError otherwise."""
    names = tuple(classes)
    if not all(isinstance(one, str) for one in names):
        raise DataError(f"{name}: class names are text, got {next(one for one in names if not isinstance(one, str))!r}")
    if len(names) < least:
        raise DataError(f"{name}: {_count(len(names))}. A classifier needs at least two")
    if len(set(names)) < len(names):
        twice = next(one for one in names if names.count(one) > 1)
        raise DataError(f"{name}: two classes are named {twice!r}. Give each its own name")
    return names


def check_present(y: npt.NDArray[np.int64], names: Sequence[str], name: str, least: int = 2) -> None:
    """Refuse labels that are all of one class where `least` asks for more: a classifier learns nothing from them."""
    present = np.unique(y)
    if len(present) == 1 < least:
        only = int(present[0])
        shown = names[only] if only < len(names) else str(only)
        alone = f"only one class, {shown}: " if len(names) == 1 else ""
        raise DataError(
            f"{name}: {alone}all {len(y)} samples are of one class, {shown!r}. A classifier needs at least two"
        )


def _integers(labels: Sequence[Any], name: str) -> npt.NDArray[Any]:
    scalars = [np.asarray(label) for label in labels]
    odd = [label for label, one in zip(labels, scalars, strict=True) if one.shape or one.dtype.kind not in "ui"]
    if odd:
        shown = str(odd[0])[:40]
        raise DataError(f"{name}: label {shown!r}. Expected an integer for each input, or the name of its class")
    return np.array([int(one) for one in scalars], np.int64)


def _from_integers(array: npt.NDArray[Any], name: str) -> npt.NDArray[np.int64]:
    flat = array[:, 0] if array.ndim == 2 else array
    if flat.ndim != 1:
        raise DataError(f"{name}: labels of shape {array.shape}. Expected one integer for each input, shape (n,)")
    if flat.dtype.kind in "USO":
        raise DataError(
            f"{name}: the labels are text or objects ({flat.dtype}). Expected integers: "
            "classes, y = numpy.unique(labels, return_inverse=True), then save y and classes"
        )
    if flat.dtype.kind not in "ui":
        raise DataError(
            f"{name}: the labels are {flat.dtype}. Expected integers 0, 1, 2, ...; "
            "if they are whole numbers, save y.astype('int64')"
        )
    if flat.size and (flat.min() < 0 or flat.max() >= _MAX_CLASSES):
        wrong = flat.min() if flat.min() < 0 else flat.max()
        raise DataError(f"{name}: label {int(wrong)} is outside 0 .. {_MAX_CLASSES - 1}. Number the classes from 0")
    return flat.astype(np.int64)


def _from_one_hot(array: npt.NDArray[Any], name: str) -> tuple[npt.NDArray[np.int64], tuple[str, ...]]:
    numeric = array.dtype.kind in "uifb"
    if not numeric or not ((array == 0) | (array == 1)).all() or not (array.sum(axis=1) == 1).all():
        raise DataError(
            f"{name}: labels of shape {array.shape} are not one-hot (a single 1 in each row, else 0). "
            "Expected one integer for each input, shape (n,)"
        )
    return array.argmax(axis=1).astype(np.int64), ("The labels were one-hot and were read as class indices.",)


def _empty_classes(y: npt.NDArray[np.int64], names: tuple[str, ...]) -> tuple[str, ...]:
    present = set(np.unique(y).tolist())
    missing = [names[index] for index in range(len(names)) if index not in present]
    if not missing:
        return ()
    shown = ", ".join(missing[:5]) + (", ..." if len(missing) > 5 else "")
    hint = " Do the labels count from 1? Class indices count from 0." if missing == [names[0]] else ""
    return (f"No sample of {len(missing)} of the {len(names)} classes: {shown}.{hint}",)


def _count(classes: int) -> str:
    return "no samples" if classes == 0 else "only one class"
