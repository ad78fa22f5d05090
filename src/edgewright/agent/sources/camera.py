"""A camera of this machine, by its number or device."""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from edgewright.agent.frame import Frame
from edgewright.agent.sources.decoding import Decoder, live_frames, load_av
from edgewright.agent.sources.protocol import SourceError, Taken

# How FFmpeg calls the cameras of each system, and how it wants them named.
_SYSTEMS = {
    "linux": ("v4l2", "/dev/video{}"),
    "darwin": ("avfoundation", "{}:none"),
    "win32": ("dshow", "video={}"),
}


class CameraSource:
    """A camera; one that is unplugged is waited for."""

    live = True
    can_stall = True

    def __init__(self, device: str) -> None:
        load_av()
        self._format, pattern = _SYSTEMS.get(sys.platform, _SYSTEMS["linux"])
        self._device = pattern.format(device) if device.isdigit() or sys.platform != "linux" else device
        self.name = f"camera:{device}"
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Give frames as they come; raises `SourceError` where the camera is missing, busy or breaks off."""
        if sys.platform == "linux" and not Path(self._device).exists():
            raise SourceError(f"there is no {self._device}; is the camera plugged in?")
        yield from live_frames(Decoder(self._device, container_format=self._format), self._closed)
        if not self._closed.is_set():
            raise SourceError("the camera stopped")

    def give_back(self, marks: Iterable[str]) -> None:
        """What a camera saw is past."""

    def close(self) -> None:
        """End at the next frame."""
        self._closed.set()


def open_camera(target: str, *, every_frame: bool, memory: Taken) -> CameraSource:
    """The source of camera 0, 1, …, or of a device like /dev/video2."""
    return CameraSource(str(target))
