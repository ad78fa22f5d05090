"""Tensors: named arrays, as they are or as real numbers, straight to a model's inputs."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.errors import DataError
from edgewright.media import Prepare, Prepared, read_arrays
from edgewright.mistaken import meant
from edgewright.model import ModelFile, TensorSpec
from edgewright.spelling import argument
from edgewright.task.names import input_names
from edgewright.task.options import Options

# NumPy's own name for the arrays that nobody named: `numpy.savez(path, first, second)`.
_UNNAMED = "arr_"
_LONGEST = 60


class _Kind:
    """What a model's inputs take: an array, a tuple of them in order, a mapping from names, or a file with those."""

    name = "tensors"
    plural = "inputs"
    options: frozenset[str] = frozenset()

    @property
    def suffixes(self) -> frozenset[str]:
        """Those of files that are looked for in folders."""
        from edgewright.media import ARRAY_SUFFIXES

        return frozenset(ARRAY_SUFFIXES)

    def preparation(self, model: ModelFile, options: Options) -> Prepare:
        """Work out what each input is called, and what it takes."""
        return TensorPreparation(model.name, tuple(zip(input_names(model), model.inputs, strict=True)))

    def is_one(self, value: object) -> bool:
        """A list is several inputs; an array is one, whatever its shape. So are bytes, which are refused as a whole."""
        if isinstance(value, bytes | bytearray | memoryview):
            return True
        return isinstance(value, str | os.PathLike | np.ndarray | Mapping | tuple) or hasattr(value, "read")

    def find(self, words: Sequence[str]) -> Iterable[Path]:
        """Files, all that hold arrays below folders, and patterns."""
        from edgewright.media import ARRAY_SUFFIXES, find_files

        found = list(find_files(words, ARRAY_SUFFIXES))
        for path in found:
            _check_suffix(path)
        return found


KIND = _Kind()


@dataclass(frozen=True)
class TensorPreparation:
    """Arrays into what the inputs store. `inputs`: each with what people call it."""

    model: str
    inputs: tuple[tuple[str, TensorSpec], ...]
    _places: dict[str | int, int] = field(default_factory=dict, compare=False)

    def __post_init__(self) -> None:
        """Note all words for an input: its name, its tensor's name, its place, which "0" says too."""
        for place, (name, spec) in enumerate(self.inputs):
            for word in (place, str(place), spec.name, name):
                self._places.setdefault(word, place)

    def __call__(self, source: Any) -> Prepared:
        """Prepare one input.

        Real numbers are quantized with the input's scale, and numbers of the input's own type taken as they are. A
        leading dimension of 1 may be left out, and free ones (-1) may have any size. Raises `DataError` for what does
        not fit.
        """
        arrays = self._in_order(source)
        given = zip(arrays, self.inputs, strict=True)
        return Prepared({spec.index: _stored(array, spec, name, self.model) for array, (name, spec) in given})

    def _in_order(self, source: Any) -> list[Any]:
        if isinstance(source, str | os.PathLike):
            source = _read(Path(source))
        elif hasattr(source, "read"):
            source = read_arrays(source)
        if isinstance(source, Mapping):
            return self._by_name(source)
        arrays = source if isinstance(source, tuple) else (source,)
        if len(arrays) != len(self.inputs):
            raise DataError(f"{self.model}: {_count(len(arrays))} for its {self._text()}. Give one for each, by name")
        return list(arrays)

    def _by_name(self, named: Mapping[Any, Any]) -> list[Any]:
        found: dict[int, Any] = {}
        for key, value in named.items():
            place = self._place(key)
            if place in found:
                raise DataError(f"{self.model}: two arrays for its input {self.inputs[place][0]!r}; one is {key!r}")
            found[place] = value
        if missing := [repr(name) for place, (name, _) in enumerate(self.inputs) if place not in found]:
            raise DataError(f"{self.model}: no array for {', '.join(missing)}; it has {self._text()}")
        return [found[place] for place in range(len(self.inputs))]

    def _place(self, key: Any) -> int:
        word = key.removeprefix(_UNNAMED) if isinstance(key, str) and key not in self._places else key
        if word not in self._places:
            raise DataError(f"{self.model}: it has no input {_short(str(key))!r}; it has {self._text()}")
        return self._places[word]

    def _text(self) -> str:
        said = ", ".join(f"{_short(name)!r} {spec.dtype} {_shape(spec)}" for name, spec in self.inputs[:10])
        return f"{len(self.inputs)} inputs {said}" if len(self.inputs) != 1 else f"1 input {said}"


def _read(path: Path) -> Any:
    _check_suffix(path)
    return read_arrays(path)


def _check_suffix(path: Path) -> None:
    """Say which tasks take what a file seems to be, where it is none with arrays."""
    from edgewright.media import ARRAY_SUFFIXES, one_line

    if path.suffix.lower() in ARRAY_SUFFIXES:
        return
    if not path.exists():
        raise DataError(f"{one_line(path)}: no such file{meant(path)}")
    message = f"{one_line(path)}: plain tensors are arrays ({', '.join(ARRAY_SUFFIXES)}), and nothing says that this"
    raise DataError(f"{message} model takes {_what_else(path.suffix.lower())}")


def _what_else(suffix: str) -> str:
    """What a file is by its suffix, and which tasks take it."""
    from edgewright.media import SUFFIXES

    known = {"pictures": SUFFIXES, "sounds": _SOUNDS, "texts": _TEXTS, "series": _SERIES}
    named = next((plural for plural, suffixes in known.items() if suffix in suffixes), None)
    if named is None:
        return f"anything else. If it does, say its task with {argument('task')}"
    tasks = " or ".join(argument("task", task) for task in TASKS[named])
    return f"{named}. If it does, say its task: {tasks}"


TASKS = {
    "pictures": (
        "classification", "detection", "segmentation", "pose", "faces", "hands", "bodies", "landmarks", "embedding",
    ),
    "sounds": ("audio-classification",),
    "texts": ("text-classification", "text-embedding"),
    "series": ("series",),
}  # fmt: skip
"""Which of our tasks take what else; kinds of tasks stand above kinds of inputs and cannot be asked here."""

_SOUNDS = (".wav", ".flac", ".ogg", ".mp3", ".aac", ".m4a", ".opus")
_TEXTS = (".txt",)
_SERIES = (".csv", ".tsv")


def _stored(value: Any, spec: TensorSpec, name: str, model: str) -> Any:
    """The numbers that an input stores, of the right shape."""
    from edgewright.task.inputs.storing import stored

    where = f"{model}: its input {_short(name)!r}"
    array = stored(value, spec, where)
    if spec.shape and array.ndim == len(spec.shape) - 1 and spec.shape[0] == 1:
        array = array[None]
    free = spec.shape_signature or spec.shape
    if len(array.shape) != len(free) or any(one not in (-1, size) for one, size in zip(free, array.shape, strict=True)):
        raise DataError(f"{where} takes the shape {_shape(spec)}, got {list(array.shape)}")
    if not array.size:
        raise DataError(f"{where} got an empty array, of shape {list(array.shape)}")
    return array


def _shape(spec: TensorSpec) -> list[int]:
    return list(spec.shape_signature or spec.shape)


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"


def _count(arrays: int) -> str:
    return "1 array" if arrays == 1 else f"{arrays} arrays"
