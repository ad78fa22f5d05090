"""The listing on disk: a line for each input, and where each piece of it begins; read piece by piece."""

from __future__ import annotations

import hashlib
import re
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import IO, Any, NamedTuple, Self

from edgewright.errors import DataError, OutputError
from edgewright.report import printable
from edgewright.scale.entry import Entry

MANIFEST, LISTING, INDEX = "manifest.json", "inputs.jsonl", "inputs.index"

MOST_PIECE = 1_000_000
# A line of the listing holds one name, and that of an archive, or a text, which is its own name.
_LONGEST_LINE = 16 << 20
_NAMED = 80
_DIGEST = 16
_SHA256 = re.compile("[0-9a-f]{64}")
_RECORD = 8 + _DIGEST


class _Record(NamedTuple):
    """Of a piece, in the index: where its lines begin in the listing, and their digest (BLAKE2b of 16 bytes)."""

    offset: int
    digest: bytes

    def to_bytes(self) -> bytes:
        return self.offset.to_bytes(8, "little") + self.digest

    @classmethod
    def of(cls, data: bytes) -> Self:
        return cls(int.from_bytes(data[:8], "little"), data[8:])


@dataclass(frozen=True)
class Listing:
    """`count` inputs in pieces of `piece`, in `size` bytes of lines; `digest` is the SHA-256 of their index.

    The index has, of each piece, where its lines begin (8 bytes, little-endian) and their digest (BLAKE2b, 16 bytes):
    a piece is checked when it is read, and 10⁸ lines never need to be. The names of both files have the digest in them:
    where there are no locks and two list at once, neither replaces what the other has.
    """

    folder: Path
    count: int
    piece: int
    size: int
    digest: str

    @property
    def pieces(self) -> int:
        """How many pieces there are."""
        return -(-self.count // self.piece)

    def length(self, piece: int) -> int:
        """How many inputs a piece has; the last one may have fewer."""
        return min(self.piece, self.count - piece * self.piece)

    def named(self, name: str) -> str:
        """What a file is called once the listing is the one of its folder."""
        stem, _, suffix = name.partition(".")
        return f"{stem}-{self.digest[:16]}.{suffix}"

    def _path(self, name: str) -> Path:
        """Where a file is: while it is written, and in folders that were made before, its name has no digest."""
        path = self.folder / self.named(name)
        return path if path.exists() else self.folder / name

    def check_numbers(self) -> None:
        """Refuse numbers that no listing has. Raises `DataError`."""
        if not _SHA256.fullmatch(self.digest):
            raise damaged(self.folder, "a digest that is none")
        fits = self.count > 0 and 0 < self.piece <= MOST_PIECE
        if not (fits and 0 < self.size <= self.count * _LONGEST_LINE):
            raise damaged(self.folder, "numbers that no run has")

    def check(self) -> None:
        """Refuse other files than were written, as far as that is known without reading all. Raises `DataError`."""
        with reading(self.folder):
            size, records = self._path(LISTING).stat().st_size, self._path(INDEX).stat().st_size
            with self._path(INDEX).open("rb") as index:
                digest = hashlib.file_digest(index, "sha256").hexdigest()
        if size != self.size:
            raise damaged(self.folder, f"{LISTING} has {size:,} bytes, and {self.size:,} were written")
        if digest != self.digest or records != self.pieces * _RECORD:
            raise damaged(self.folder, f"other bytes in {INDEX} than were written")

    @classmethod
    def write(cls, folder: Path, entries: Iterable[Entry], piece: int) -> Self:
        """Write the listing and its index into a folder; there may be no inputs. Raises `OutputError`."""
        with writing(folder):
            listing, index = (folder / LISTING).open("wb"), (folder / INDEX).open("w+b")
        with listing, index:
            writer = _Writer(folder, listing, index, piece)
            for entry in entries:
                writer.add(entry)
            return cls(folder, writer.count, piece, writer.size, writer.finish())

    def cut_again(self, piece: int) -> Listing:
        """The same inputs in pieces of `piece`, in the same folder, where that is fewer. Raises `OutputError`."""
        if piece >= self.piece:
            return self
        with writing(self.folder):
            temporary = tempfile.TemporaryDirectory(dir=self.folder)
        with temporary as other:
            entries = (entry for number in range(self.pieces) for entry in self.entries(number))
            finer = Listing.write(Path(other), entries, piece)
            (finer.folder / INDEX).replace(self.folder / INDEX)
        return replace(finer, folder=self.folder)

    def entries(self, piece: int) -> list[Entry]:
        """The inputs of a piece. Raises `DataError` where the listing is not the one that was made."""
        if not 0 <= piece < self.pieces:
            raise IndexError(piece)
        begin, end, digest = self._place(piece)
        with reading(self.folder), self._path(LISTING).open("rb") as listing:
            listing.seek(begin)
            data = listing.read(end - begin)
        if len(data) != end - begin or _digest(data).digest() != digest:
            raise damaged(self.folder, f"other bytes in {LISTING} than were written")
        lines = data.decode("utf-8", "surrogatepass").split("\n")[:-1]
        if len(lines) != self.length(piece):
            raise damaged(self.folder, f"{len(lines)} inputs in piece {piece} of {LISTING}")
        return list(map(Entry.of_line, lines))

    def _place(self, piece: int) -> tuple[int, int, bytes]:
        """Where the lines of a piece begin and end, and their digest."""
        with reading(self.folder), self._path(INDEX).open("rb") as index:
            index.seek(piece * _RECORD)
            data = index.read(2 * _RECORD)
        last = piece + 1 == self.pieces
        if len(data) != (_RECORD if last else 2 * _RECORD):
            raise damaged(self.folder, f"{INDEX} was cut")
        record = _Record.of(data[:_RECORD])
        end = self.size if last else _Record.of(data[_RECORD:]).offset
        if not 0 <= record.offset < end <= min(self.size, record.offset + self.length(piece) * _LONGEST_LINE):
            raise damaged(self.folder, f"{INDEX} points outside of {LISTING}")
        return record.offset, end, record.digest


class _Writer:
    """Writes entries one by one. An error of the disk is told from one of the inputs, which come from elsewhere."""

    def __init__(self, folder: Path, listing: IO[bytes], index: IO[bytes], piece: int) -> None:
        self._folder = folder
        self._listing = listing
        self._index = index
        self._piece = piece
        self._begin = 0
        self._digest = _digest(b"")
        self.count = self.size = 0

    def add(self, entry: Entry) -> None:
        line = entry.to_line().encode("utf-8", "surrogatepass")
        if len(line) > _LONGEST_LINE:
            raise DataError(f"{printable(entry.name[:_NAMED])}…: an input has over {_LONGEST_LINE >> 20} MiB as a line")
        with writing(self._folder):
            self._listing.write(line)
        self._digest.update(line)
        self.count, self.size = self.count + 1, self.size + len(line)
        if self.count % self._piece == 0:
            self._end_piece()

    def finish(self) -> str:
        """Write what is left; the digest of the index."""
        if self.size > self._begin:
            self._end_piece()
        with writing(self._folder):
            self._listing.flush()
            self._index.flush()
            self._index.seek(0)
        return hashlib.sha256(self._index.read()).hexdigest()

    def _end_piece(self) -> None:
        with writing(self._folder):
            self._index.write(_Record(self._begin, self._digest.digest()).to_bytes())
        self._begin, self._digest = self.size, _digest(b"")


def _digest(data: bytes) -> Any:
    return hashlib.blake2b(data, digest_size=_DIGEST)


@contextmanager
def writing(folder: Path) -> Iterator[None]:
    """Turn what the system says of a folder that cannot be written into an `OutputError` that names it."""
    try:
        yield
    except OSError as problem:
        reason = problem.strerror or printable(problem)
        raise OutputError(f"{printable(folder)}: cannot be written: {reason}. Choose another folder or disk") from None


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Turn what the system says of files that cannot be read into a `DataError` that names the folder."""
    try:
        yield
    except FileNotFoundError as problem:
        raise damaged(folder, f"{Path(str(problem.filename)).name} is missing") from None
    except OSError as problem:
        raise DataError(f"{printable(folder)}: cannot be read: {problem.strerror or printable(problem)}") from None


def damaged(folder: Path, what: str) -> DataError:
    """The error of a folder whose files are not those that were written."""
    return DataError(
        f"what says which inputs it has is damaged: {what}",
        where=printable(folder),
        remedy=f"Begin anew in another folder, or put {MANIFEST} and the two files of inputs back as they were",
    )
