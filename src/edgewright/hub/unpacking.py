"""Reads one file out of a published archive; nothing is unpacked to the disk, and no path in it is ever used."""

from __future__ import annotations

import io
import tarfile
import zipfile
import zlib
from pathlib import Path
from typing import BinaryIO

from edgewright.errors import HubError
from edgewright.zips import open_zip

# No member that we know is larger, nor all that stands before it in a .tgz; what claims more is a bomb.
_MEMBER_LIMIT = 1 << 30
_UNPACKED_LIMIT = 4 << 30
_MEMBERS = 50_000
_BROKEN = (
    zipfile.BadZipFile, tarfile.TarError, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError,
)  # fmt: skip


def member(archive: Path | bytes, name: str, title: str) -> bytes:
    """The bytes of the file `name` in a .zip (a wheel is one) or .tgz, in whatever folder it lies there.

    `archive` is a path, or the bytes of a .zip.

    Raises HubError, which calls the archive `title`, where there is no such file, more than one, or one of no sane
    size, and where the archive is damaged or a bomb.
    """
    try:
        if isinstance(archive, bytes):
            return _in_zip(io.BytesIO(archive), name, title)
        if zipfile.is_zipfile(archive):
            return _in_zip(archive, name, title)
        return _in_tar(archive, name, title)
    except tarfile.ReadError:
        raise HubError(f"{title}: cannot be unpacked: it is neither a zip nor a tar archive, or damaged") from None
    except _BROKEN as problem:
        raise HubError(f"{title}: cannot be unpacked: {problem}") from None


def _in_zip(archive: Path | BinaryIO, name: str, title: str) -> bytes:
    with open_zip(archive, members=_MEMBERS, total=_UNPACKED_LIMIT) as opened:
        found = [info for info in opened.infolist() if _is(info.filename, name)]
        if len(found) != 1 or found[0].file_size > _MEMBER_LIMIT:
            raise HubError(f"{title}: it does not hold {name} just once and in a sane size")
        return opened.read(found[0])


def _in_tar(archive: Path, name: str, title: str) -> bytes:
    """Walk through a .tgz as a stream: the first regular file of that name is taken, and nothing before it kept."""
    with tarfile.open(archive, mode="r:gz") as opened:
        for info in opened:
            if info.offset_data + info.size > _UNPACKED_LIMIT:
                raise HubError(f"{title}: it unpacks to more than {_UNPACKED_LIMIT:,} bytes")
            if info.isreg() and _is(info.name, name) and info.size <= _MEMBER_LIMIT:
                stream = opened.extractfile(info)
                return stream.read() if stream else b""
    raise HubError(f"{title}: it does not hold {name}, or not in a sane size")


def _is(path: str, name: str) -> bool:
    return f"/{path}".endswith(f"/{name}")
