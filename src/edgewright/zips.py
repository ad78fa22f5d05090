"""Zip archives of strangers, held to limits before anything is unpacked: members, bytes, and how much they grow."""

from __future__ import annotations

import os
import struct
import zipfile
from collections.abc import Sequence
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from pathlib import Path

# No kind of file that we read packs better; what is small may, since nothing can come of it.
_RATIO, _RATIO_FROM = 100, 4 << 20
# APPNOTE.TXT of the zip format, 4.3.14 to 4.3.16: the end of an archive, and that of a large one.
_END, _END_64, _LOCATOR_64 = struct.Struct("<4s4H2IH"), struct.Struct("<4sQ2H2I4Q"), struct.Struct("<4sIQI")
_COMMENT = 65535
# Bytes of an entry in the directory: 46, a name, and what else tools add.
_ENTRY = 4096


class OverLimitError(zipfile.BadZipFile):
    """An archive with more in it than is read, as one that unpacks to a thousand times its size."""


def open_zip(source: Path | BinaryIO, *, members: int, total: int) -> zipfile.ZipFile:
    """Open an archive with at most `members` members of at most `total` bytes in all when unpacked.

    Raises `OverLimitError` for more and for members that grow more than a hundredfold, and `zipfile.BadZipFile` for
    what is no archive.
    """
    if not isinstance(source, os.PathLike):
        _check_directory(source, members)
    else:
        with source.open("rb") as stream:
            _check_directory(stream, members)
    try:
        archive = zipfile.ZipFile(source)
    except NotImplementedError as problem:  # a version of the format that there is not
        raise zipfile.BadZipFile(str(problem)) from None
    try:
        check_members(archive.infolist(), members=members, total=total)
    except zipfile.BadZipFile:
        archive.close()
        raise
    return archive


def check_members(found: Sequence[zipfile.ZipInfo], *, members: int, total: int) -> None:
    """Raise `OverLimitError` for more members or bytes, and for one that grows too much."""
    size = sum(member.file_size for member in found)
    if len(found) > members or size > total:
        raise OverLimitError(
            f"it holds {len(found):,} files of {size:,} bytes in all; at most {members:,} of {total:,} bytes are read"
        )
    for member in found:
        if member.file_size > _RATIO_FROM and member.file_size > _RATIO * max(member.compress_size, 1):
            raise OverLimitError(
                f"{member.filename[:100]!r} would grow from {member.compress_size:,} to {member.file_size:,} bytes. "
                "This is a decompression bomb"
            )


def is_named(name: str) -> bool:
    """Whether the name of a member is one of a file: neither empty nor only dots and slashes."""
    return any(part.strip(". ") for part in name.replace("\\", "/").split("/"))


def _check_directory(stream: BinaryIO, members: int) -> None:
    """Hold the directory, all of which Python reads into memory, against the number of members."""
    place = stream.tell()
    size = _directory_size(stream)
    stream.seek(place)
    if size > members * _ENTRY:
        raise OverLimitError(f"its directory has {size:,} bytes, for more than {members:,} files")


def _directory_size(stream: BinaryIO) -> int:
    length = stream.seek(0, 2)
    stream.seek(max(length - _COMMENT - _END.size, 0))
    tail = stream.read()
    found = tail.rfind(b"PK\x05\x06")
    if found < 0 or len(tail) - found < _END.size:
        return 0  # No archive, as zipfile says better.
    end = length - len(tail) + found
    size = int(_END.unpack_from(tail, found)[5])
    return max(size if size != 0xFFFFFFFF else 0, _size_64(stream, end))


def _size_64(stream: BinaryIO, end: int) -> int:
    """The size that the other end of a large archive states; 0 where there is none."""
    if end < _LOCATOR_64.size + _END_64.size:
        return 0
    stream.seek(end - _LOCATOR_64.size)
    if stream.read(4) != b"PK\x06\x07":
        return 0
    stream.seek(end - _LOCATOR_64.size - _END_64.size)  # where zipfile looks for it
    signature, *fields = _END_64.unpack(stream.read(_END_64.size))
    return int(fields[7]) if signature == b"PK\x06\x06" else 0
