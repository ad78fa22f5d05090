"""A microphone of this machine, through PortAudio."""

from __future__ import annotations

import queue
import threading
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from edgewright.agent.capture.frame import Frame
from edgewright.agent.capture.signal import Signal
from edgewright.agent.capture.sources.protocol import SourceError, Taken
from edgewright.agent.capture.sources.signals.silence import Silence
from edgewright.errors import MissingExtraError, UsageError
from edgewright.media import SoundPreparation

_PIECE_S = 0.1
_LOOK_S = 0.25

# What waits for the model at most, in pieces: ten seconds. Behind that the device runs over, and says so.
_WAITING = 100

# PortAudio's words where another program has the device: its codes -9985 and, of the host's own errors, -9999.
_BUSY = ("Device unavailable", "Unanticipated host error")


class _Piece(NamedTuple):
    samples: npt.NDArray[np.float32]
    captured_s: float
    started_s: float
    is_lossy: bool


class MicrophoneSource:
    """A microphone by its number or a part of its name, the system's own without; one that is unplugged is waited for.

    It is asked for the rate of the model; where it does not have that, for its own, and `soxr` changes it.
    """

    live = True
    can_stall = True

    def __init__(self, device: str, takes: SoundPreparation) -> None:
        self._sounddevice = _library()
        self._device: str | int | None = int(device) if device.isdecimal() else device or None
        self._takes = takes
        self.name = f"microphone:{device}" if device else "microphone"
        self._closed = threading.Event()

    def frames(self) -> Iterator[Frame]:
        """Give samples as they come; raises `SourceError` where the microphone is missing, busy or breaks off."""
        pieces: queue.Queue[_Piece] = queue.Queue(_WAITING)
        silence = Silence()
        with self._opened(pieces) as stream:
            rate = stream.samplerate
            while not self._closed.is_set():
                try:
                    piece = pieces.get(timeout=_LOOK_S)
                except queue.Empty:
                    if not stream.active:
                        raise SourceError("it is gone (is it plugged in?)") from None
                    silence.check()
                    continue
                silence.heard()
                signal = Signal(piece.samples, rate, begins_anew=piece.is_lossy)
                yield Frame(signal, piece.captured_s, piece.started_s)

    @contextmanager
    def _opened(self, pieces: queue.Queue[_Piece]) -> Iterator[Any]:
        ended = threading.Event()

        def came(samples: npt.NDArray[np.float32], _count: int, _times: object, status: Any) -> None:
            piece = _Piece(samples.copy(), time.time(), time.monotonic(), bool(status.input_overflow))
            while not ended.is_set():
                with suppress(queue.Full):
                    pieces.put(piece, timeout=_LOOK_S)
                    return

        with _devices.held(self._sounddevice):
            stream = self._made(came)
            try:
                stream.start()
                yield stream
            except self._sounddevice.PortAudioError as error:
                raise SourceError(_meaning(error)) from error
            finally:
                ended.set()
                stream.close()

    def _made(self, came: Any) -> Any:
        library = self._sounddevice
        try:
            found = library.query_devices(self._device, "input")
            channels = max(1, min(self._takes.channels, int(found["max_input_channels"])))
            rate = self._rate(channels, float(found["default_samplerate"]))
            block = round(rate * _PIECE_S)
            return library.InputStream(rate, block, self._device, channels, "float32", callback=came)
        except ValueError as error:
            raise SourceError(f"{_plain(error)}. {self._there()}") from error
        except library.PortAudioError as error:
            raise SourceError(self._missing() or _meaning(error)) from error

    def _rate(self, channels: int, own: float) -> float:
        library = self._sounddevice
        try:
            library.check_input_settings(self._device, channels, "float32", samplerate=self._takes.rate)
        except library.PortAudioError:
            return own
        return float(self._takes.rate)

    def _missing(self) -> str | None:
        """What to say where there is no microphone at all."""
        return None if self._names() else "there is no microphone (is it plugged in?)"

    def _there(self) -> str:
        names = self._names()
        return f"There are: {', '.join(names)}" if names else "There is none (is it plugged in?)"

    def _names(self) -> list[str]:
        devices = enumerate(self._sounddevice.query_devices())
        return [f"{number} ({one['name']})" for number, one in devices if one["max_input_channels"] > 0]

    def give_back(self, marks: Iterable[str]) -> None:
        """What was heard is past."""

    def close(self) -> None:
        """End within a moment."""
        self._closed.set()


class _Devices:
    """The list of devices, which PortAudio makes once: it is made anew where no microphone is open.

    So one that was plugged in again is found.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open = 0

    @contextmanager
    def held(self, library: Any) -> Iterator[None]:
        with self._lock:
            if not self._open:
                self._make_anew(library)
            self._open += 1
        try:
            yield
        finally:
            with self._lock:
                self._open -= 1

    def _make_anew(self, library: Any) -> None:
        with suppress(library.PortAudioError):  # where it did not start the last time, there is nothing to end
            library._terminate()
        try:
            library._initialize()
        except library.PortAudioError as error:
            raise SourceError(_meaning(error)) from error


_devices = _Devices()


def _meaning(error: Exception) -> str:
    said = _plain(error)
    return "it is busy: another program is using it" if any(words in said for words in _BUSY) else said


def _plain(error: Exception) -> str:
    """The first of its words, without PortAudio's number."""
    return " ".join(str(error.args[0] if error.args else error).split()).partition(" [PaErrorCode")[0].rstrip(".")


def _library() -> Any:
    try:
        import sounddevice
    except ImportError:
        raise MissingExtraError("Listening to a microphone", "microphone") from None
    except OSError:  # the package brings PortAudio for macOS and Windows only
        raise UsageError("Listening to a microphone needs PortAudio. Install it: apt install libportaudio2") from None
    return sounddevice


def open_microphone(target: object, *, every_frame: bool, memory: Taken, takes: SoundPreparation) -> MicrophoneSource:
    """The source of the system's microphone (""), or of one by its number or a part of its name."""
    return MicrophoneSource("" if target is True else str(target), takes)
