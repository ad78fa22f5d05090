"""Inputs in tar archives, as WebDataset has them: where the bytes of each lie. Nothing is unpacked.

Members of one sample follow each other and have one name up to its first dot: `0001.jpg`, `0001.cls`, `0001.json`. Of
names with more dots, none of which is such a sample, none is lost.
"""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from itertools import chain, groupby, islice
from typing import IO, Any, NamedTuple

from edgewright.errors import DataError
from edgewright.media import is_meant
from edgewright.report import printable
from edgewright.scale.entry import Entry

TARS = frozenset({".tar"})
_PACKED = (".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz", ".tar.zst", ".tzst", ".tar.lz4")

_BLOCK = tarfile.BLOCKSIZE
# A name, and what else a header says: far more than any tool writes, and nothing that fills the memory.
_MOST_HEADER = 1 << 20
# Inputs that are looked at together; no sample has so many.
_MOST_OF_SAMPLE = 100


class _Member(NamedTuple):
    name: str
    offset: int
    size: int


def refuse_packed(name: str, shown: str) -> None:
    """Raises `DataError` for an archive that is packed as a whole: a member in its middle cannot be read alone."""
    if name.lower().endswith(_PACKED):
        raise DataError(
            f"{shown}: a packed archive can only be read from its start, and here many read at many places. Unpack "
            "it (gunzip, bunzip2, unxz, unzstd) and give the .tar; pictures and sounds are packed by themselves"
        )


def tar_entries(file: IO[bytes], size: int, archive: str, shown: str, suffixes: frozenset[str]) -> Iterator[Entry]:
    """The inputs of an archive of `size` bytes, in its order: of each sample, the first member that is one.

    One whose name has a single dot goes before all with more of them: `0001.jpg` before `0001.mask.png`. Where none
    has, as among `IMG.2024.001.jpg` and `IMG.2024.002.jpg`, the first dot divides no samples, and each is an input.
    Raises `DataError` for what is no archive, was cut, or is damaged.
    """
    for _, sample in groupby(_members(file, size, shown), _stem):
        candidates = (member for member in sample if is_meant(_last(member), suffixes))
        yield from (_entry(archive, member) for member in _inputs(candidates))


def _inputs(candidates: Iterator[_Member]) -> Iterator[_Member]:
    """Those of the members of one stem that are inputs; what differs in its suffix alone is one."""
    first = list(islice(candidates, _MOST_OF_SAMPLE))
    plain = next((member for member in first if _last(member).count(".") == 1), None)
    if plain is not None:
        yield plain
        return
    for _, alike in groupby(chain(first, candidates), lambda member: member.name.rpartition(".")[0]):
        yield next(alike)


def _last(member: _Member) -> str:
    return member.name.rpartition("/")[2]


def _stem(member: _Member) -> str:
    return member.name[: len(member.name) - len(_last(member))] + _last(member).partition(".")[0]


def _entry(archive: str, member: _Member) -> Entry:
    return Entry(f"{archive}/{member.name}", archive, member.offset, member.size)


def _members(file: IO[bytes], size: int, shown: str) -> Iterator[_Member]:
    """The files in an archive; links, folders and devices have no bytes of their own."""
    place = 0
    try:
        with tarfile.open(fileobj=_Bounded(file), mode="r:", encoding="utf-8", errors="surrogateescape") as archive:
            kept: list[tarfile.TarInfo] = vars(archive)["members"]
            while (member := archive.next()) is not None:
                kept.clear()  # all of them would stay
                if member.size < 0 or archive.offset <= place or member.offset_data + member.size > size:
                    raise _damaged(shown, place)
                place = archive.offset
                if member.isfile():
                    yield _whole(member, shown)
            place = archive.offset
    except (tarfile.TarError, EOFError, ValueError, OverflowError, RecursionError) as problem:
        raise DataError(f"{shown}: no sound tar archive ({printable(problem)}). {_REMEDY}") from None
    _check_end(file, place, shown)


def _whole(member: tarfile.TarInfo, shown: str) -> _Member:
    if member.issparse():
        raise DataError(f"{shown}: {printable(member.name)} is stored with holes in it. Make the archive without them")
    return _Member(member.name, member.offset_data, member.size)


def _check_end(file: IO[bytes], place: int, shown: str) -> None:
    """`tarfile` takes a damaged header for the end, and what follows would be lost without a word."""
    file.seek(place)
    if file.read(_BLOCK) != bytes(_BLOCK):
        raise _damaged(shown, place)


_REMEDY = "Copy it again, or make it anew"


def _damaged(shown: str, place: int) -> DataError:
    return DataError(f"{shown}: the archive is damaged or was cut, at byte {place:,}. {_REMEDY}")


class _Bounded:
    """A file for `tarfile`, which reads headers as large as they say that they are."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file

    def read(self, size: int) -> bytes:
        if not 0 <= size <= _MOST_HEADER:
            raise tarfile.ReadError(f"a header of {size:,} bytes")
        return self._file.read(size)

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)
