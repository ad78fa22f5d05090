"""Folders with pictures in them, and reading them."""

from __future__ import annotations

import contextlib
import io
import os
import threading
from pathlib import Path

from PIL import Image

from edgewright.agent.capture.sources import NoMemory, open_source
from edgewright.agent.capture.sources.folder import FolderSource

FORMATS = ["JPEG", "PNG", "GIF", "WEBP", "BMP"]
OLD = 1_000_000_000.0


def encoded(name: str = "JPEG") -> bytes:
    stream = io.BytesIO()
    Image.effect_noise((64, 48), 80).convert("RGB").save(stream, name)
    return stream.getvalue()


def put(folder: Path, name: str, content: bytes | None = None, when: float | None = OLD) -> Path:
    """A file that was finished long ago, or with `when` None just now."""
    path = folder / name
    path.write_bytes(encoded() if content is None else content)
    if when is not None:
        os.utime(path, (when, when))
    return path


def source(folder: Path, *, once: bool = True, every_frame: bool = True) -> FolderSource:
    return open_source("folder", str(folder), every_frame=every_frame, memory=NoMemory(), once=once)


def given(folder: Path) -> list[str]:
    """The names of all pictures; one that never came to an end is closed, and what it did not say is missed."""
    one = source(folder)
    with contextlib.closing(one):
        timer = threading.Timer(20, one.close)
        timer.start()
        names = [str(frame.name) for frame in one.frames()]
        assert timer.is_alive(), "it does not come to its end by itself"
        timer.cancel()
    return names


# Who may read everything cannot show what somebody else may not.
CANNOT_READ = """
import logging, os, sys
logging.basicConfig(level=logging.WARNING, format="%(message)s")
from edgewright.agent.capture.sources import NoMemory, open_source
import edgewright.agent.capture.sources.folder
os.setresuid(65534, 65534, 65534) if os.getuid() == 0 else None
one = open_source("folder", sys.argv[1], every_frame=True, memory=NoMemory(), once=True)
print([frame.name for frame in one.frames()])
"""
