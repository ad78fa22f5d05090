"""The parts of the results: a file for each piece of the inputs, which is there whole or not at all."""

from __future__ import annotations

import contextlib
import re
import time
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any

from edgewright.errors import OutputError
from edgewright.files import write_atomic
from edgewright.scale.listing.stored import writing
from edgewright.scale.rows.forms import Part, read_file

Shard = tuple[int, int]
"""Which share: (number from 0, how many there are)."""

_NAME = re.compile(r"part-(\d{8,})\.(?:jsonl|parquet)")
_FAILED = "errors"
TEMPORARY = ".edgewright-*.tmp"
"""What `files.write_atomic` calls a file that is not whole yet."""

# A temporary file of that age is nobody's any more.
_LEFT_AFTER_S = 3600.0


class Parts:
    """The parts of the results in `folder`: of so many `pieces`, in one `form`.

    A part that is there is done, whoever made it. Beside the parts, `errors/` has those rows again that have an error.
    """

    def __init__(self, folder: Path, pieces: int, form: str) -> None:
        self.folder = folder
        self.pieces = pieces
        self._form = form

    def path(self, piece: int) -> Path:
        """Where the part of a piece is, or will be."""
        return self.folder / f"part-{piece:08}.{self._form}"

    def is_done(self, piece: int) -> bool:
        """Whether it is there."""
        return self.path(piece).is_file()

    def done(self) -> set[int]:
        """The numbers of all that are there."""
        return {number for number, _ in parts_in(self.folder) if number < self.pieces}

    def missing(self, shard: Shard = (0, 1)) -> Iterator[int]:
        """The pieces of a shard that are not there, each asked for when its turn comes."""
        done = self.done()
        number, of = shard
        return (piece for piece in range(number, self.pieces, of) if piece not in done and not self.is_done(piece))

    def write(self, piece: int, part: Part) -> None:
        """Write the part of a piece, whole or not at all; one that is there stays. Raises `OutputError`."""
        if self.is_done(piece):
            return
        self._write_failed(self.failed_path(piece), part.failed)
        write_atomic(self.path(piece), part.data, overwrite=True)

    def failed_path(self, piece: int) -> Path:
        """Where the rows of a piece are that have an error, as JSON lines; no file where none has."""
        return self.folder / _FAILED / f"part-{piece:08}.jsonl"

    def failures(self, pieces: Collection[int]) -> int:
        """How many rows of these pieces, which are done, have an error."""
        try:
            failed = parts_in(self.folder / _FAILED)
        except OSError:
            return 0
        return sum(path.read_bytes().count(b"\n") for number, path in failed if number in pieces)

    def sweep(self) -> None:
        """Remove what is left of parts that were being written when somebody was killed."""
        for folder in (self.folder, self.folder / _FAILED):
            remove_left(folder)

    def _write_failed(self, path: Path, rows: bytes) -> None:
        """Before the part itself: what is done has told its errors."""
        if rows:
            make_folder(path.parent)
            write_atomic(path, rows, overwrite=True)
        else:
            with writing(path.parent), contextlib.suppress(FileNotFoundError, NotADirectoryError):
                path.unlink()


def remove_left(folder: Path, pattern: str = TEMPORARY) -> None:
    """Remove the temporary files of those who were killed, which nobody has written to for an hour."""
    for left in folder.glob(pattern):
        with contextlib.suppress(OSError):
            if time.time() - left.stat().st_mtime > _LEFT_AFTER_S:
                left.unlink()


def make_folder(folder: Path) -> None:
    """Make a folder and those above it. Raises `OutputError`."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise OutputError(f"{folder}: the folder cannot be made: {error.strerror}. Name another one") from None


def parts_in(folder: Path) -> list[tuple[int, Path]]:
    """The numbers and paths of all parts in a folder, in their order."""
    named = ((_NAME.fullmatch(path.name), path) for path in folder.iterdir())
    return sorted((int(match[1]), path) for match, path in named if match)


def read_rows(folder: str | Path) -> Iterator[dict[str, Any]]:
    """The rows of all parts that are there, in the order of the inputs, of either form; one part is in memory at once.

    Each is what `edgewright run --json` says of the input, with its "index" and the SHA-256 of the "model". Raises
    `DataError` for a part that cannot be read, and `OutputError` for a folder that is none.

    >>> for row in ew.scale.read_rows("out"):
    ...     print(row["index"], row["input"], row.get("error"))
    """
    try:
        parts = parts_in(Path(folder))
    except OSError as error:
        raise OutputError(f"{folder}: no folder of results: {error.strerror}. Name the one of -o") from None
    for _, path in parts:
        yield from read_file(path)
