"""A camera of this machine, by its number or device."""

from __future__ import annotations

import errno
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.sources.decoding import Decoder, live_frames, load_av
from edgewright.agent.capture.sources.protocol import SourceError, Taken
from edgewright.errors import UsageError

# How FFmpeg calls the cameras of each system, and how it wants them named.
_SYSTEMS = {
    "linux": ("v4l2", "/dev/video{}"),
    "darwin": ("avfoundation", "{}:none"),
    "win32": ("dshow", "video={}"),
}


# What the driver's refusals mean to the person who plugged the camera in.
_MEANINGS = {
    errno.EBUSY: "it is busy: another program is using it",
    errno.EACCES: "no permission (add the user to the group video, and log in again)",
    errno.ENOENT: "there is none (is the camera plugged in?)",
    errno.ENODEV: "it is gone (is the camera plugged in?)",
    errno.ENXIO: "it is gone (is the camera plugged in?)",
    errno.ENOTTY: "it is no camera",
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
            raise SourceError(f"{self._device}: {_MEANINGS[errno.ENOENT]}")
        try:
            yield from live_frames(Decoder(self._device, container_format=self._format), self._closed)
        except SourceError as error:
            raise SourceError(f"{self._device}: {_meaning(error)}") from error
        if not self._closed.is_set():
            raise SourceError(f"{self._device}: the camera stopped")

    def give_back(self, marks: Iterable[str]) -> None:
        """What a camera saw is past."""

    def close(self) -> None:
        """End at the next frame."""
        self._closed.set()


def _meaning(error: SourceError) -> str:
    number = getattr(error.__cause__, "errno", None)
    return _MEANINGS.get(number or 0, str(error))


def open_camera(target: str, *, every_frame: bool, memory: Taken) -> CameraSource:
    """The source of camera 0, 1, …, or of a device like /dev/video2; raises `UsageError` for what is neither."""
    device = str(target)
    if sys.platform == "linux" and not device.isdecimal() and not device.startswith("/"):
        raise UsageError(f"camera {device!r}: expected a number, or a device such as /dev/video2")
    return CameraSource(device)
