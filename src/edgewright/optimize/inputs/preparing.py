"""One sample, whatever it is, into the numbers that the inputs of a float model take."""

from __future__ import annotations

import math
from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.data import Dataset
from edgewright.errors import DataError, UsageError
from edgewright.evaluate import kind_for
from edgewright.media import Meaning, Preparation, Prepare, Prepared, meaning_of_numbers, place
from edgewright.model import InputMetadata, ModelFile, TensorSpec
from edgewright.optimize.inputs.samples import TYPES, rows_of
from edgewright.task import Options, TaskKind, described_picture, input_options, preparation

Array = npt.NDArray[Any]
Values = npt.NDArray[np.float32]

# Kinds of inputs whose arrays have a meaning of their own.
_AS_THE_TASK_DOES = frozenset({"series", "tensors", "text"})

# So many arrays show what their numbers mean.
_LOOKED_AT = 500


class Preparer:
    """Makes what the inputs of a float model take of a sample: a picture, a sound, a text, a series, an array.

    What is no array is prepared as the model's task does it, and so is everything for a model of series, of texts or of
    plain tensors.
    """

    def __init__(self, model: ModelFile, samples: Dataset, task: str | None = None) -> None:
        """Raise UsageError where the model has inputs that are no float model's, DataError for unfit arrays."""
        self.specs = _inputs_of(model)
        self.spec = self.specs[0]
        self.samples = samples
        self._file, self._task = model, task
        self._stack = isinstance(samples.inputs, np.ndarray)
        if isinstance(samples.inputs, np.ndarray) and self._takes_arrays:
            self._check_shape(samples.inputs.shape[1:], "the samples have")

    @property
    def recipe(self) -> str:
        """Everything that decides what a sample becomes; the same text, the same result."""
        if not self._takes_arrays:
            return repr((self.kind.input, self._file.sha256))
        said = self.described
        fields = ("color_space", "mean", "std", "resize", "crop_fraction", "interpolation", "pad")
        return repr((self.spec.shape, self.kind.input, self.meaning.raw, [getattr(said, field) for field in fields]))

    @property
    def notice(self) -> str:
        """What was understood of the numbers of arrays where it was not plain."""
        return self.meaning.notice if self._takes_arrays else ""

    @cached_property
    def described(self) -> InputMetadata:
        """What the file says of its first input, or its kind where that says nothing."""
        if self.kind.input == "picture":
            return described_picture(self._file, dict(self._options))
        return self._file.metadata.inputs[0] if self._file.metadata.inputs else InputMetadata()

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
        array = self._takes_arrays and _is_array(item)
        prepared = self._array(item, index) if array else self._prepare(item)
        if prepared.windows is None and not all(map(_finite, next(rows_of(prepared, self.specs)))):
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
        return preparation(self._file, self.kind.input, self._options)

    @cached_property
    def kind(self) -> TaskKind:
        """What the model is for."""
        return kind_for(self._file, self.samples, {} if self._task is None else {"task": self._task})

    @cached_property
    def _options(self) -> Options:
        return input_options(self._file, self.kind)

    @cached_property
    def _takes_arrays(self) -> bool:
        """Whether an array may be what the input takes already, and not what its task makes of it."""
        return len(self.specs) == 1 and self.spec.dtype == "float32" and self.kind.input not in _AS_THE_TASK_DOES

    @cached_property
    def _fitting(self) -> Preparation | UsageError:
        try:
            return Preparation.of(self.spec, self.described)
        except UsageError as problem:
            return problem


def values_of(prepared: Prepared) -> Values:
    """The one tensor of a prepared sample that has one input and one window."""
    tensors = prepared.tensors
    return tensors if isinstance(tensors, np.ndarray) else next(iter(tensors.values()))


def _inputs_of(model: ModelFile) -> tuple[TensorSpec, ...]:
    if not model.inputs:
        raise UsageError(f"{model.name}: it takes no input, so nothing can be measured on data")
    for spec in model.inputs:
        which = "its input" if len(model.inputs) == 1 else f"its input {spec.name!r}"
        if spec.quantized or spec.dtype in ("uint8", "int8", "int16"):
            raise UsageError(f"{model.name}: is quantized already, {which} is {spec.dtype}. Give the float model")
        if spec.dtype not in TYPES:
            raise UsageError(f"{model.name}: {which} is {spec.dtype}. Inputs can be optimized of {', '.join(TYPES)}")
        if -1 in spec.shape_signature[1:]:
            raise UsageError(
                f"{model.name}: the size of {which} is left open, {list(spec.shape_signature)}. Fix it first"
            )
        if len(spec.shape) > 1 and spec.shape[0] != 1:
            raise UsageError(
                f"{model.name}: takes {spec.shape[0]} samples at once. Convert it for one sample at a time"
            )
    return model.inputs


def _finite(array: Array) -> bool:
    return array.dtype.kind != "f" or bool(np.isfinite(array).all())


def _without_ones(shape: tuple[int, ...]) -> list[int]:
    return [size for size in shape if size != 1]


def _is_array(item: Any) -> bool:
    """Whether it is numbers; PIL images, which can become an array too, are read as pictures."""
    return hasattr(item, "__array__") and not hasattr(item, "getbands")
