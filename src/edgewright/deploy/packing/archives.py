"""Zip archives whose bytes depend on nothing but their files: a wheel, a program, arrays."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping

_EARLIEST = (1980, 1, 1, 0, 0, 0)
_MODE = 0o100644 << 16
_UNIX = 3


def zip_of(files: Mapping[str, bytes], *, begin: bytes = b"") -> bytes:
    """The archive of these files in their order, behind `begin`.

    They are stored as they are: another zlib would pack them into other bytes.
    """
    stream = io.BytesIO(begin)
    stream.seek(0, io.SEEK_END)
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_STORED) as archive:
        for path, content in files.items():
            entry = zipfile.ZipInfo(path, _EARLIEST)
            entry.external_attr, entry.create_system = _MODE, _UNIX
            archive.writestr(entry, content)
    return stream.getvalue()
