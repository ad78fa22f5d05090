"""Rows of numbers on the disk, one for each picture, written piece by piece: what is finished outlives a kill."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import prod
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import OutputError
from edgewright.files import write_atomic

Array = npt.NDArray[Any]

# Left free on the disk for everybody else.
_SPARE = 64 * 1024**2


@dataclass(frozen=True)
class Column:
    """What a store has of each picture: an array of this shape and type."""

    name: str
    shape: tuple[int, ...]
    dtype: str

    @property
    def nbytes(self) -> int:
        """Bytes of a row."""
        return prod(self.shape) * np.dtype(self.dtype).itemsize


@dataclass(frozen=True)
class Store:
    """A folder with a file of rows for each column, and how many of them are finished; `total` will be."""

    folder: Path
    columns: tuple[Column, ...]
    total: int

    @property
    def done(self) -> int:
        """How many rows are finished."""
        try:
            stored = json.loads(self._note.read_text(encoding="utf-8"))
            done = int(stored["done"])
            whole = all(self._path(column).stat().st_size >= done * column.nbytes for column in self.columns)
        except (OSError, ValueError, KeyError, TypeError):
            return 0
        return done if whole else 0

    def needed(self, first: int | None = None) -> int:
        """Bytes that are still to be written, of all rows or of so many of them."""
        until = min(first or self.total, self.total)
        return max(until - self.done, 0) * sum(column.nbytes for column in self.columns)

    def fill(self, pieces: Iterable[Mapping[str, Array]]) -> None:
        """Append pieces, (rows, ...) of each column; after each of them it counts as finished.

        Raises `OutputError` where the disk is full.
        """
        done = self.done
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            for piece in pieces:
                done += self._append(piece, done)
                write_atomic(self._note, json.dumps({"done": done}).encode(), overwrite=True)
        except OSError as problem:
            reason = problem.strerror or problem
            raise OutputError(f"{self.folder}: cannot be written: {reason}. Free some space, then go on") from problem

    def read(self) -> dict[str, Array]:
        """The finished rows of each column, (rows, ...), mapped from the disk."""
        return {
            column.name: np.memmap(self._path(column), column.dtype, "r", shape=(self.done, *column.shape))
            for column in self.columns
        }

    def _append(self, piece: Mapping[str, Array], done: int) -> int:
        for column in self.columns:
            with self._path(column).open("r+b" if done else "wb") as stream:
                stream.seek(done * column.nbytes)
                stream.write(np.ascontiguousarray(piece[column.name], column.dtype).data)
                stream.flush()
                os.fsync(stream.fileno())
        return len(next(iter(piece.values())))

    def _path(self, column: Column) -> Path:
        return self.folder / f"{column.name}.rows"

    @property
    def _note(self) -> Path:
        return self.folder / "done.json"


def needed_to_choose(stores: Sequence[Store], enough: int) -> int:
    """Bytes that are still to be written where `enough` rows of each decide which one gets all of its rows.

    That is the one of which the least is missing: as long as nothing was chosen, they are alike.
    """
    rest = min(store.needed() - store.needed(enough) for store in stores)
    return sum(store.needed(enough) for store in stores) + rest


def check_space(needed: int, folder: Path) -> None:
    """Refuse before the work so many bytes where the disk has no room for them. Raises `OutputError`."""
    free = shutil.disk_usage(folder).free
    if needed + _SPARE > free:
        raise OutputError(
            f"{folder}: the features of the pictures take {needed / 1e6:,.0f} MB, and {free / 1e6:,.0f} MB are free. "
            "Free some space, or choose another folder"
        )
