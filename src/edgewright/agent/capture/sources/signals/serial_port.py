"""Readings from a serial port: lines of numbers, as a microcontroller prints them."""

from __future__ import annotations

import errno
import threading
from collections.abc import Iterable, Iterator
from typing import Any

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.sources.protocol import SourceError, Taken
from edgewright.agent.capture.sources.signals.readings import TOO_LONG, LineSplitter, Readings
from edgewright.errors import MissingExtraError, UsageError
from edgewright.media import SeriesPreparation

BAUD = 115_200
"""Where nobody says a speed: what most examples for boards with a USB port of their own set."""

_LOOK_S = 0.25

_MEANINGS = {
    errno.ENOENT: "there is none (is it plugged in?)",
    errno.EACCES: "no permission (add the user to the group dialout, and log in again)",
    errno.EBUSY: "it is busy: another program is using it",
    errno.EAGAIN: "it is busy: another program is using it",
    errno.ENXIO: "it is gone (is it plugged in?)",
    errno.ENODEV: "it is gone (is it plugged in?)",
    errno.EIO: "it is gone (is it plugged in?)",
    errno.ENOTTY: "it is no serial port",
    errno.EISDIR: "it is no serial port",
}
_GONE = _MEANINGS[errno.EIO]


class SerialSource:
    """A serial port; one that is unplugged is waited for."""

    live = True
    can_stall = False  # it tells silence itself: how long is too long depends on how often the sensor speaks

    def __init__(self, device: str, baud: int, takes: SeriesPreparation) -> None:
        self._serial = _library()
        self._device, self._baud, self._takes = device, baud, takes
        self.name = f"serial:{device}"
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Give rows as they come; raises `SourceError` where the port is missing, busy, breaks off or is silent."""
        port = self._opened()
        readings, splitter = Readings(self._takes, is_joined=True), LineSplitter()
        hint = f". Is the speed right? It is read at {self._baud} baud"
        try:
            while not self._closed.is_set():
                for line in splitter.lines(self._read(port)):
                    yield from readings.frames(line) if line is not None else [readings.damaged(TOO_LONG)]
                readings.silence.check(hint)
        finally:
            port.close()

    def _opened(self) -> Any:
        try:
            return self._serial.Serial(self._device, self._baud, timeout=_LOOK_S, exclusive=True)
        except (ValueError, OSError) as error:  # its own errors are such
            raise SourceError(f"{self._device}: {_meaning(error)}") from error

    def _read(self, port: Any) -> bytes:
        try:
            return bytes(port.read(max(1, port.in_waiting)))
        except (self._serial.SerialException, OSError, TypeError) as error:  # TypeError: closed under its hands
            raise SourceError(f"{self._device}: {_MEANINGS.get(_number(error), _GONE)}") from error

    def give_back(self, marks: Iterable[str]) -> None:
        """What a sensor measured is past."""

    def close(self) -> None:
        """End within a moment."""
        self._closed.set()


def _number(error: BaseException) -> int:
    """The system's number of an error, which pyserial at times has only in its cause or its text."""
    number = getattr(error, "errno", None)
    cause = error.__cause__ or error.__context__
    return number or (_number(cause) if cause is not None else 0)


def _meaning(error: BaseException) -> str:
    return _MEANINGS.get(_number(error)) or " ".join(str(error).split())


def _library() -> Any:
    try:
        import serial
    except ImportError:
        raise MissingExtraError("Reading a serial port", "serial") from None
    return serial


def open_serial(
    target: str, *, every_frame: bool, memory: Taken, takes: SeriesPreparation, baud: int | None = None
) -> SerialSource:
    """The source of "/dev/ttyUSB0", or "/dev/ttyUSB0@9600" with its speed; raises `UsageError` for what is neither."""
    device, at, speed = str(target).rpartition("@")
    if not at or not speed.isdecimal():
        device, speed = str(target), ""
    if not device:
        raise UsageError(f"serial port {target!r}: expected a device such as /dev/ttyUSB0")
    chosen = baud if baud is not None else int(speed or BAUD)
    if not isinstance(chosen, int) or not 50 <= chosen <= 20_000_000:
        raise UsageError(f"serial port {device}: a speed of {chosen} baud; usual ones are 9600 and 115200")
    return SerialSource(device, chosen, takes)
