"""One sample, whatever it is, into the real numbers that a model's input takes."""

from __future__ import annotations

import dataclasses
import hashlib
import math
import os
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import Dataset
from edgewright.errors import DataError, UsageError
from edgewright.evaluate import kind_for
from edgewright.media import Meaning, Preparation, Prepare, Prepared, meaning_of_numbers, one_line, place
from edgewright.model import InputMetadata, ModelFile, TensorSpec
from edgewright.task import preparation

Array = npt.NDArray[Any]
Values = npt.NDArray[np.float32]

# So many arrays show what their numbers mean.
_LOOKED_AT = 500


class Preparer:
    """Makes an input tensor, float32 in the shape of the model's input, of a picture or an array.

    What is no array is prepared as the model's task does it.
    """

    def __init__(self, model: ModelFile, samples: Dataset, task: str | None = None) -> None:
        """Raise UsageError where the model has not one float32 input of one sample, DataError for unfit arrays."""
        self.spec = _float_input(model)
        self.described = model.metadata.inputs[0] if model.metadata.inputs else InputMetadata()
        self.samples = samples
        self._file, self._task = model, task
        self._stack = isinstance(samples.inputs, np.ndarray)
        if isinstance(samples.inputs, np.ndarray):
            self._check_shape(samples.inputs.shape[1:], "the samples have")

    @property
    def recipe(self) -> str:
        """Everything that decides what a sample becomes; the same text, the same result."""
        said = self.described
        fields = ("color_space", "mean", "std", "resize", "crop_fraction", "interpolation", "pad")
        return repr((self.spec.shape, self._input, self.meaning.raw, [getattr(said, field) for field in fields]))

    @cached_property
    def meaning(self) -> Meaning:
        """What the numbers of arrays mean. Raises DataError where they contradict the normalization."""
        items = self.samples.inputs
        chosen = np.linspace(0, len(items) - 1, min(len(items), _LOOKED_AT)).round().astype(int)
        arrays = [np.asarray(items[index]) for index in chosen if _is_array(items[index])]
        return meaning_of_numbers(arrays, self.described, self.spec.shape, self.samples.name)

    def __call__(self, index: int) -> Prepared:
        """Prepare a sample. Raises DataError where it cannot be read, does not fit, or is not finite."""
        item = self.samples.inputs[index]
        prepared = self._array(item, index) if _is_array(item) else self._prepare(item)
        if not np.isfinite(values_of(prepared)).all():
            raise DataError(f"{self.samples.name}: {self.samples.input_name(index)} holds NaN or infinity")
        return prepared

    def _array(self, item: Any, index: int) -> Prepared:
        array, name = np.asarray(item), self.samples.input_name(index)
        if array.dtype.kind not in "uif":
            raise DataError(f"{self.samples.name}: {name} is {array.dtype}. Expected numbers")
        picture = self._as_picture(array)
        if picture is not None:
            return picture
        self._check_shape(array.shape, f"{name} has")
        return self._whole(self.meaning.values(array, self.described))

    def _check_shape(self, shape: tuple[int, ...], which: str) -> None:
        """Dimensions of 1 are put right, and a flat input takes the values of any array in their order."""
        given, wanted = _without_ones(shape), _without_ones(self.spec.shape)
        if given != wanted and not (len(wanted) == 1 and math.prod(given) == wanted[0]):
            raise DataError(
                f"{self.samples.name}: {which} the shape {list(shape)}, and the input of {self._file.name} "
                f"{list(self.spec.shape)}. Arrays are taken as they are"
            )

    def _as_picture(self, array: Array) -> Prepared | None:
        """Pixels of the right size are not fitted again; single pictures of another size are, stacks are not."""
        if array.dtype != np.uint8 or array.ndim not in (2, 3) or isinstance(self._fitting, UsageError):
            return None
        fitting = self._fitting
        channels = () if fitting.color_space == "GRAYSCALE" else (3,)
        if array.shape == (*fitting.size, *channels):
            return self._whole(fitting.tensor(array))
        single = array.ndim == 2 or array.shape[2] == 3
        return fitting.prepare(array) if single and not self._stack else None

    def _whole(self, values: Values) -> Prepared:
        """An array that is all of the input; where that is a picture, its pixels are the original's."""
        tensor = values.reshape(self.spec.shape)
        if isinstance(self._fitting, UsageError):
            return Prepared(tensor)
        return Prepared(tensor, place(self._fitting.size, self._fitting.size), self._fitting.size)

    @cached_property
    def _prepare(self) -> Prepare:
        return preparation(self._file, self._input, {})

    @cached_property
    def _input(self) -> str:
        return kind_for(self._file, self.samples, {} if self._task is None else {"task": self._task}).input

    @cached_property
    def _fitting(self) -> Preparation | UsageError:
        try:
            return Preparation.of(self.spec, self.described)
        except UsageError as problem:
            return problem


def values_of(prepared: Prepared) -> Values:
    """The one tensor of a prepared input."""
    tensors = prepared.tensors
    return tensors if isinstance(tensors, np.ndarray) else next(iter(tensors.values()))


def content_digest(samples: Dataset, used: npt.NDArray[np.int64]) -> str:
    """SHA-256 (hex) of the samples at `used`: the bytes of files and arrays, the labels, and the names of classes.

    Raises DataError where a file cannot be read, and for file objects, which can be read once only.
    """
    labels = None if samples.y is None else samples.y[used].tolist()
    digest = hashlib.sha256(repr((samples.classes, labels)).encode())
    for index in used:
        digest.update(_content(samples.inputs[index]))
        if samples.targets is not None and samples.y is None:
            digest.update(_plain(samples.targets[index]))
    return digest.hexdigest()


def _plain(value: Any) -> bytes:
    """A target's fields as bytes, all numbers of its arrays included."""
    if isinstance(value, np.ndarray):
        return repr((value.dtype.str, value.shape)).encode() + np.ascontiguousarray(value).tobytes()
    if dataclasses.is_dataclass(value):
        fields = [field.name for field in dataclasses.fields(value)]
        return b"".join([name.encode() + b"=" + _plain(getattr(value, name)) + b";" for name in fields])
    if isinstance(value, list | tuple):
        return b"[" + b",".join(map(_plain, value)) + b"]"
    return repr(value).encode()


def _content(item: Any) -> bytes:
    if isinstance(item, str | os.PathLike):
        try:
            return hashlib.sha256(Path(item).read_bytes()).digest()
        except (OSError, ValueError) as problem:
            reason = getattr(problem, "strerror", None) or problem
            raise DataError(f"{one_line(item)}: cannot be read ({one_line(reason)})") from problem
    if isinstance(item, bytes):
        return hashlib.sha256(item).digest()
    if hasattr(item, "read"):
        raise DataError("pictures as open files cannot be read twice. Give their paths, or their bytes")
    array = np.ascontiguousarray(item)
    return hashlib.sha256(repr((array.dtype.str, array.shape)).encode() + array.tobytes()).digest()


def _float_input(model: ModelFile) -> TensorSpec:
    if len(model.inputs) != 1:
        raise UsageError(f"{model.name}: {len(model.inputs)} inputs. Models with one input can be optimized")
    spec = model.inputs[0]
    if spec.quantized or spec.dtype in ("uint8", "int8", "int16"):
        raise UsageError(f"{model.name}: is quantized already, its input is {spec.dtype}. Give the float model")
    if spec.dtype != "float32":
        raise UsageError(f"{model.name}: its input is {spec.dtype}. Models with a float32 input can be optimized")
    if -1 in spec.shape_signature[1:]:
        raise UsageError(
            f"{model.name}: the size of its input is left open, {list(spec.shape_signature)}. Fix it first"
        )
    if len(spec.shape) > 1 and spec.shape[0] != 1:
        raise UsageError(f"{model.name}: takes {spec.shape[0]} samples at once. Convert it for one sample at a time")
    return spec


def _without_ones(shape: tuple[int, ...]) -> list[int]:
    return [size for size in shape if size != 1]


def _is_array(item: Any) -> bool:
    """Whether it is numbers; PIL images, which can become an array too, are read as pictures."""
    return hasattr(item, "__array__") and not hasattr(item, "getbands")
