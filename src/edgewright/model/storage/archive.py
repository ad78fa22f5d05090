"""The associated files of a model: an uncompressed zip archive behind the flatbuffer.

Source: the TensorFlow Lite Metadata format. Readers of other projects map the file into memory and want every member
stored as it is, so nothing is compressed. Members are only ever held in memory, never unpacked to a disk.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

from edgewright.errors import MetadataError
from edgewright.model.storage.stored import MOST_BYTES, MOST_FILES
from edgewright.zips import OverLimitError, is_named, open_zip

# Other methods are not in use for models, and unpacking them takes memory that no size in the archive tells.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

_UNREADABLE = (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, OverflowError)
_LONGEST_NAME = 100

# The earliest time that a zip archive can express: the same content gives the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def read_archive(data: bytes, damaged: dict[str, str]) -> dict[str, bytes]:
    """The associated files of a model file by name; empty where it has none.

    A file that is damaged, encrypted, nameless or packed in an unusual way is left out, with the reason under "file"
    and its name in `damaged`; so is all of an archive that is damaged itself, under "files". Raises `MetadataError`
    for more than 256 members, over 64 MiB when unpacked, and what is packed more than a hundred times.
    """
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return {}
    try:
        with open_zip(io.BytesIO(data), members=MOST_FILES, total=MOST_BYTES) as archive:
            read = {member.filename: _content(archive, member, damaged) for member in archive.infolist()}
            return {name: content for name, content in read.items() if content is not None}
    except OverLimitError as error:
        raise MetadataError(f"the associated files at the end of the model are not read: {error}") from error
    except _UNREADABLE as error:
        damaged["files"] = f"the associated files at the end of the model cannot be read: {error}"
        return {}


def _content(archive: zipfile.ZipFile, member: zipfile.ZipInfo, damaged: dict[str, str]) -> bytes | None:
    """What a member holds; `None` where that cannot be read, with the reason in `damaged`."""
    reason = _oddity(member)
    if reason is None:
        try:
            return archive.read(member)
        except _UNREADABLE as error:
            reason = f"cannot be read: {error}"
    name = member.filename[:_LONGEST_NAME]
    damaged[f"file {name}"] = f"{name!r}, a file at the end of the model, {reason}"
    return None


def _oddity(member: zipfile.ZipInfo) -> str | None:
    if member.compress_type not in _METHODS:
        return f"is packed by method {member.compress_type}; 0 and 8 are read"
    return None if is_named(member.filename) else "is called what is no name of a file"


def append_archive(flatbuffer: bytes, files: Mapping[str, bytes]) -> bytes:
    """The model file with its associated files behind it; without any, the flatbuffer as it is."""
    if not files:
        return flatbuffer
    stream = io.BytesIO(flatbuffer)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return stream.getvalue()
