"""Prepared samples on the disk: a memory map for each input of the model, and beside them what is known of each sample.

A sample has a row in each map, or several: one for each window of a sound or a series.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import OutputError
from edgewright.files import write_atomic
from edgewright.media import Prepared, one_line, quantize
from edgewright.model import TensorSpec
from edgewright.optimize.inputs.about import About

Array = npt.NDArray[Any]
Row = tuple[Array, ...]
"""One run of the model: an array for each input, in the model's order."""

# What the prepared samples may take on the disk: 7,000 pictures of 224 x 224, many more than any proof needs.
MAX_BYTES = 4 * 1024**3

TYPES = {"float32": "<f4", "int32": "<i4", "int64": "<i8", "bool": "|b1"}
"""The types of inputs that are kept, and how they lie on the disk."""


@dataclass(frozen=True, eq=False)
class Samples:
    """Samples that are mapped, read-only; only those looked at are read from the disk.

    `arrays`: (rows, *input shape) of each input. `starts`: (n + 1,) the first row of each sample; None where each has
    one. `about`: of each sample, empty where there is nothing to know.
    """

    arrays: tuple[Array, ...]
    starts: npt.NDArray[np.int64] | None = None
    about: tuple[About, ...] = ()

    def row(self, number: int) -> Row:
        """The arrays of a row."""
        return tuple(array[number] for array in self.arrays)

    def first(self, index: int) -> int:
        """The first row of a sample."""
        return index if self.starts is None else int(self.starts[index])

    def rows(self, indices: Iterable[int], most: int | None = None) -> list[Row]:
        """All rows of some samples in their order; `most`: at most so many of them, evenly spread."""
        numbers = [number for index in map(int, indices) for number in self._numbers(index)]
        if most is not None and len(numbers) > most:
            numbers = [numbers[int(place)] for place in np.linspace(0, len(numbers) - 1, most).round()]
        return [self.row(number) for number in numbers]

    def _numbers(self, index: int) -> range:
        first = self.first(index)
        return range(first, first + 1 if self.starts is None else int(self.starts[index + 1]))

    def prepared(self, index: int, specs: Sequence[TensorSpec]) -> Prepared:
        """A sample as a model takes it whose inputs are `specs`: the float model, or one made of it."""
        first = self.first(index)

        def tensors(number: int) -> Any:
            stored = {
                spec.index: quantize(array, spec) for spec, array in zip(specs, self.row(first + number), strict=True)
            }
            return stored if len(stored) > 1 else next(iter(stored.values()))

        def real(number: int) -> Array:
            return self.row(first + number)[0]

        return (self.about[index] if self.about else About()).prepared(tensors, real)


def paths_of(path: Path, inputs: int) -> list[Path]:
    """The files of so many inputs: that of the first one, and others beside it."""
    return [path, *(path.with_suffix(f".{number}.npy") for number in range(1, inputs))]


def open_samples(path: Path, inputs: int, about: tuple[About, ...], count: int) -> Samples | None:
    """Map what `ensure_samples` wrote of `count` samples for so many inputs; None where it is gone or damaged."""
    rows = [one.rows for one in about] if about else [1] * count
    arrays = [array for one in paths_of(path, inputs) if (array := _mapped(one, sum(rows))) is not None]
    if len(arrays) < inputs:
        return None
    several = any(number != 1 for number in rows)
    return Samples(tuple(arrays), np.cumsum([0, *rows]).astype(np.int64) if several else None, about)


def ensure_samples(
    path: Path, specs: Sequence[TensorSpec], count: int, prepared: Iterable[Prepared]
) -> tuple[About, ...]:
    """Make the files where they are not there, and return what is known of the `count` samples.

    Raises `OutputError` where they cannot be written.
    """
    about = _read_about(path, count)
    there = None if about is None else open_samples(path, len(specs), about, count)
    if about is not None and there is not None and _fits(there, specs):
        return about
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        needed, free = count * row_bytes(specs), shutil.disk_usage(path.parent).free
        if needed > free:
            raise OutputError(f"{one_line(path.parent)}: the samples take {needed} bytes, and {free} are free")
        return _write(path, specs, prepared)
    except OSError as problem:
        raise OutputError(f"{one_line(path)}: cannot be written ({problem.strerror})") from problem


def row_bytes(specs: Sequence[TensorSpec]) -> int:
    """What one run of the model takes on the disk."""
    return sum(spec.elements * np.dtype(TYPES[spec.dtype]).itemsize for spec in specs)


def rows_of(prepared: Prepared, specs: Sequence[TensorSpec]) -> Iterator[Row]:
    """The numbers of a prepared sample, row by row, in the model's order and shapes."""
    for tensors in (prepared.tensors,) if prepared.windows is None else prepared.windows:
        given = tensors if not isinstance(tensors, np.ndarray) else {specs[0].index: tensors}
        named = {key if isinstance(key, int) else str(key): value for key, value in dict(given).items()}
        yield tuple(
            np.asarray(named[spec.index] if spec.index in named else named[spec.name]).reshape(spec.shape)
            for spec in specs
        )


def _write(path: Path, specs: Sequence[TensorSpec], samples: Iterable[Prepared]) -> tuple[About, ...]:
    """Written as a stream, not through a map: a full disk is then an error, and not the end of the process."""
    about: list[About] = []
    with ExitStack() as opened:
        targets = paths_of(path, len(specs))
        files = [opened.enter_context(_Growing(target, spec)) for target, spec in zip(targets, specs, strict=True)]
        for sample in samples:
            for row in rows_of(sample, specs):
                for file, array in zip(files, row, strict=True):
                    file.append(array)
            about.append(About.of(sample))
            if sum(file.bytes for file in files) > MAX_BYTES:
                raise OutputError(
                    f"{one_line(path.parent)}: the first {len(about)} samples take over {MAX_BYTES >> 30} GiB "
                    "prepared. Give fewer, or shorter ones"
                )
        found = _compact(about)
        plain = [one.to_plain() for one in found]
        write_atomic(_about_path(path), json.dumps([len(about), plain]).encode(), overwrite=True)
        for file in files:
            file.finish()
    return found


class _Growing:
    """An .npy file that is written row by row, and there under its name only when it is whole."""

    def __init__(self, path: Path, spec: TensorSpec) -> None:
        self._path, self._spec = path, spec
        self._rows = self.bytes = 0

    def __enter__(self) -> _Growing:
        descriptor, self._temporary = tempfile.mkstemp(prefix=".inputs-", dir=self._path.parent)
        self._stream: IO[bytes] = os.fdopen(descriptor, "wb")
        self._stream.write(self._header())
        return self

    def append(self, array: Array) -> None:
        """Write one more row."""
        self.bytes += self._stream.write(array.astype(TYPES[self._spec.dtype], copy=False).tobytes())
        self._rows += 1

    def finish(self) -> None:
        """Say how many rows there are, and give the file its name."""
        self._stream.seek(0)
        self._stream.write(self._header())
        self._stream.flush()
        os.fsync(self._stream.fileno())
        Path(self._temporary).replace(self._path)

    def __exit__(self, *_: object) -> None:
        self._stream.close()
        with contextlib.suppress(FileNotFoundError):
            Path(self._temporary).unlink()

    def _header(self) -> bytes:
        """It has the same length for any number of rows: NumPy leaves room for that to grow."""
        stream = io.BytesIO()
        shape = (self._rows, *self._spec.shape)
        header = {"descr": TYPES[self._spec.dtype], "fortran_order": False, "shape": shape}
        np.lib.format.write_array_header_1_0(stream, header)
        return stream.getvalue()


def _compact(about: Sequence[About]) -> tuple[About, ...]:
    return tuple(about) if any(one != About() for one in about) else ()


def _about_path(path: Path) -> Path:
    return path.with_suffix(".about")


def _read_about(path: Path, count: int) -> tuple[About, ...] | None:
    """What was written beside the samples; None where that is gone or damaged."""
    try:
        there, plain = json.loads(_about_path(path).read_bytes())
        about = tuple(About.of_plain(one) for one in plain)
    except (OSError, ValueError, TypeError, IndexError):
        return None
    return about if there == count and len(about) in (0, count) else None


def _fits(samples: Samples, specs: Sequence[TensorSpec]) -> bool:
    return [(array.shape[1:], array.dtype.str) for array in samples.arrays] == [
        (tuple(spec.shape), TYPES[spec.dtype]) for spec in specs
    ]


def _mapped(path: Path, rows: int) -> Array | None:
    """The rows of an input of a file that is there and whole, else None."""
    try:
        mapped: Array = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, ValueError, EOFError):
        return None
    return mapped if mapped.dtype.str in TYPES.values() and mapped.ndim and len(mapped) == rows else None
