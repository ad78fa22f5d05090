"""A camera that libcamera drives, as the ribbon-cable cameras of a Raspberry Pi, through the makers' Picamera2."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.sources.protocol import SourceError
from edgewright.errors import UsageError

_TARGET = re.compile(r"(?:picamera2|libcamera)(?::(\d+))?")

# Models look at 200 to 600 pixels. What Picamera2 calls BGR888 has red first in the array.
_MAIN = {"size": (640, 480), "format": "BGR888"}


def number_of(target: str) -> int | None:
    """The number of the camera that "picamera2", "libcamera:1" and the like mean; None for anything else."""
    match = _TARGET.fullmatch(target)
    return int(match[1] or 0) if match else None


class PicameraSource:
    """Camera `number` of libcamera; one that is not there is waited for. Raises `UsageError` without Picamera2."""

    live = True
    can_stall = True

    def __init__(self, number: int) -> None:
        self._library = _load()
        self._number = number
        self.name = f"camera:libcamera:{number}"
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Give frames as they come; raises `SourceError` where the camera is missing, busy or breaks off."""
        try:
            if self._number >= len(self._library.global_camera_info()):
                raise SourceError("there is none (rpicam-hello --list-cameras says which the system sees)")
            with self._library(self._number) as camera:
                camera.configure(camera.create_video_configuration(main=dict(_MAIN)))
                camera.start()
                while not self._closed.is_set():
                    yield Frame(np.ascontiguousarray(camera.capture_array("main")[:, :, :3]))
        except (RuntimeError, OSError, IndexError) as error:  # as libcamera's bindings say that it is busy or gone
            raise SourceError(" ".join(str(error).split()) or type(error).__name__) from error

    def give_back(self, marks: Iterable[str]) -> None:
        """What a camera saw is past."""

    def close(self) -> None:
        """End at the next frame."""
        self._closed.set()


def _load() -> Any:
    try:
        from picamera2 import Picamera2
    except ImportError as error:
        raise UsageError(
            "cameras of libcamera are read through Picamera2, which is not there: sudo apt install python3-picamera2, "
            f"and an environment made with --system-site-packages ({error})"
        ) from None
    return Picamera2
