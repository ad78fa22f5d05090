"""A folder that tells whether anything in it was opened, written, made or removed: the proof that a payload ran."""

from __future__ import annotations

import ctypes
import os
from pathlib import Path

_ACCESS, _MODIFY, _OPEN, _MOVED, _CREATE, _DELETE = 0x1, 0x2, 0x20, 0xC0, 0x100, 0x200
_ANY = _ACCESS | _MODIFY | _OPEN | _MOVED | _CREATE | _DELETE
_libc = ctypes.CDLL(None, use_errno=True)


class Bait:
    """A secret to read and places to write to. Linux tells of each touch, whichever process it was."""

    def __init__(self, folder: Path, modules: Path) -> None:
        self.folder, self.modules = folder, modules
        folder.mkdir()
        modules.mkdir()
        self.secret, self.touched = folder / "secret", folder / "touched"
        self.secret.write_text("first\nsecond\n")
        (folder / "saved_model").mkdir()
        (folder / "saved_model" / "saved_model.pb").write_bytes(b"\x08\x01")
        (modules / "edgewright_bait.py").write_text(
            f"open({str(self.touched)!r}, 'w').close()\nDense = relu = object\n"
        )
        self._watch = _libc.inotify_init1(os.O_NONBLOCK)
        for place in (folder, folder / "saved_model"):
            if _libc.inotify_add_watch(self._watch, os.fsencode(place), _ANY) < 0:
                raise OSError(ctypes.get_errno(), "inotify")

    def taken(self) -> bool:
        """Whether anything was touched since the last question."""
        try:
            return bool(os.read(self._watch, 1 << 16))
        except BlockingIOError:
            return False

    def close(self) -> None:
        """Stop watching."""
        os.close(self._watch)
