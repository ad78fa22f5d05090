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
from edgewright.zips import is_named, open_zip

# The largest associated files in use are vocabularies and score tables of a few megabytes.
_MAX_MEMBERS = 256
_MAX_BYTES = 64 * 1024 * 1024

# Other methods are not in use for models, and unpacking them takes memory that no size in the archive tells.
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)

# The earliest time that a zip archive can express: the same content gives the same bytes.
_EPOCH = (1980, 1, 1, 0, 0, 0)


def read_archive(data: bytes) -> dict[str, bytes]:
    """The associated files of a model file by name; empty where it has none.

    Raises `MetadataError` for an archive that is damaged, encrypted, packed in an unusual way or more than a hundred
    times, of more than 256 members, or larger than 64 MiB when unpacked.
    """
    if not zipfile.is_zipfile(io.BytesIO(data)):
        return {}
    try:
        with open_zip(io.BytesIO(data), members=_MAX_MEMBERS, total=_MAX_BYTES) as archive:
            members = archive.infolist()
            _check_members(members)
            return {member.filename: archive.read(member) for member in members}
    except (zipfile.BadZipFile, zlib.error, EOFError, OSError, RuntimeError, ValueError, OverflowError) as error:
        raise MetadataError(f"the associated files at the end of the model cannot be read: {error}") from error


def append_archive(flatbuffer: bytes, files: Mapping[str, bytes]) -> bytes:
    """The model file with its associated files behind it; without any, the flatbuffer as it is."""
    if not files:
        return flatbuffer
    stream = io.BytesIO(flatbuffer)
    with zipfile.ZipFile(stream, "a", zipfile.ZIP_STORED) as archive:
        for name, content in files.items():
            archive.writestr(zipfile.ZipInfo(name, _EPOCH), content)
    return stream.getvalue()


def _check_members(members: list[zipfile.ZipInfo]) -> None:
    if odd := next((member for member in members if member.compress_type not in _METHODS), None):
        raise MetadataError(
            f"{odd.filename!r} inside the model is packed by method {odd.compress_type}; 0 and 8 are read"
        )
    if nameless := next((member for member in members if not is_named(member.filename)), None):
        raise MetadataError(f"a file inside the model is called {nameless.filename!r}, which is no name of a file")
