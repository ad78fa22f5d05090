"""A camera of this machine, by its number, device or name."""

from __future__ import annotations

import errno
import sys
import threading
from collections.abc import Iterable, Iterator
from pathlib import Path

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.sources.decoding import live_frames
from edgewright.agent.capture.sources.picamera import PicameraSource, number_of
from edgewright.agent.capture.sources.protocol import SourceError, Taken
from edgewright.agent.capture.sources.v4l2 import device_named
from edgewright.errors import UsageError
from edgewright.media import load_av

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

    def __init__(self, camera: str) -> None:
        load_av()
        self._format, self._pattern = _SYSTEMS.get(sys.platform, _SYSTEMS["linux"])
        self._camera = camera
        self.name = f"camera:{camera}"
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Give frames as they come; raises `SourceError` where the camera is missing, busy or breaks off."""
        device = self._device()
        if sys.platform == "linux" and not Path(device).exists():
            raise SourceError(f"{device}: {_MEANINGS[errno.ENOENT]}")
        try:
            yield from live_frames(device, self._closed, container_format=self._format)
        except SourceError as error:
            raise SourceError(f"{device}: {_meaning(error)}") from error
        if not self._closed.is_set():
            raise SourceError(f"{device}: the camera stopped")

    def give_back(self, marks: Iterable[str]) -> None:
        """What a camera saw is past."""

    def close(self) -> None:
        """End at the next frame."""
        self._closed.set()

    def _device(self) -> str:
        """What FFmpeg calls it now: a camera that is plugged in again may have another number."""
        if self._camera.isdecimal() or sys.platform != "linux":
            return self._pattern.format(self._camera)
        return self._camera if self._camera.startswith("/") else device_named(self._camera)


def _meaning(error: SourceError) -> str:
    number = getattr(error.__cause__, "errno", None)
    return _MEANINGS.get(number or 0, str(error))


def open_camera(target: str, *, every_frame: bool, memory: Taken) -> CameraSource | PicameraSource:
    """The source of camera 0, 1, …, of a device like /dev/video2, of a name, or of "libcamera:0".

    Raises `UsageError` for an empty name.
    """
    camera = str(target).strip()
    if not camera:
        raise UsageError("camera: no name, expected a number, a name, a device such as /dev/video2, or libcamera:0")
    number = number_of(camera)
    return CameraSource(camera) if number is None else PicameraSource(number)
