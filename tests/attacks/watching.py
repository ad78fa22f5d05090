"""Sees every opening, creation and change of a file in a folder, by whichever process: proof that nothing ran."""

from __future__ import annotations

import ctypes
import os
import struct
from pathlib import Path

_OPENED, _CREATED, _MODIFIED, _MOVED, _DELETED = 0x20, 0x100, 0x2, 0x80, 0x200
_HEAD = struct.Struct("iIII")


class Watch:
    """The files of a folder that were touched since it was made, by name; Linux only (inotify)."""

    def __init__(self, folder: Path) -> None:
        library = ctypes.CDLL(None, use_errno=True)
        self._descriptor = library.inotify_init1(os.O_NONBLOCK)
        wanted = _OPENED | _CREATED | _MODIFIED | _MOVED | _DELETED
        assert library.inotify_add_watch(self._descriptor, os.fsencode(folder), wanted) >= 0, folder

    def touched(self) -> set[str]:
        """What was touched since the last time; "" stands for the folder itself."""
        try:
            data = os.read(self._descriptor, 1 << 20)
        except BlockingIOError:
            return set()
        found, position = set(), 0
        while position < len(data):
            *_, size = _HEAD.unpack_from(data, position)
            position += _HEAD.size
            found.add(data[position : position + size].rstrip(b"\0").decode())
            position += size
        return found

    def close(self) -> None:
        os.close(self._descriptor)
