"""FLAC, OGG, MP3, AIFF, and rarer WAV files, decoded by `soundfile` (libsndfile), which the extra "sound" brings."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any, BinaryIO

from edgewright.errors import DataError, MissingReaderError
from edgewright.media.sound.recording import Samples
from edgewright.media.sources import one_line

# What libsndfile may make of a file; it reads more formats, and guesses.
_FORMATS = frozenset({"FLAC", "OGG", "MP3", "AIFF", "WAV", "WAVEX", "RF64"})


class _Unnamed:
    """A file object without its name, by which `soundfile` would go."""

    def __init__(self, stream: BinaryIO) -> None:
        self.read, self.seek, self.tell = stream.read, stream.seek, stream.tell

    def write(self, data: bytes) -> int:
        """Never called: the file is read. `soundfile` wants it all the same."""
        raise OSError("a sound is only read")


def read_facts(stream: BinaryIO, name: str, kind: str) -> tuple[int, int, int, bool]:
    """Rate, channels, frames, and whether floats are stored. Raises `DataError` where it cannot be decoded."""
    with _decoding(stream, name, kind) as file:
        return int(file.samplerate), int(file.channels), int(file.frames), file.subtype in ("FLOAT", "DOUBLE")


def read_samples(stream: BinaryIO, name: str, kind: str, most: int) -> Iterator[Samples]:
    """The samples as -1 to 1, in blocks of at most so many frames."""
    with _decoding(stream, name, kind) as file:
        while len(block := file.read(most, dtype="float32", always_2d=True)):
            yield block


@contextmanager
def _decoding(stream: BinaryIO, name: str, kind: str) -> Iterator[Any]:
    soundfile = _library(name, kind)
    try:
        stream.seek(0)
        with _forward(soundfile)(_Unnamed(stream)) as file:
            if file.format not in _FORMATS:
                raise DataError(f"{name}: not a sound that is read ({file.format})")
            yield file
    except (soundfile.SoundFileError, RuntimeError) as problem:
        said = one_line(getattr(problem, "error_string", problem)).rstrip(". ")
        raise DataError(f"{name}: the {kind} sound cannot be decoded ({said})") from problem


@cache
def _forward(soundfile: Any) -> Any:
    """A file of `soundfile` that is only read on.

    It seeks to where it is after every block otherwise, and an MP3 decoder forgets on that what the next frame needs.
    """
    return type("Forward", (soundfile.SoundFile,), {"seekable": lambda file: False})


def _library(name: str, kind: str) -> Any:
    try:
        import soundfile
    except ImportError:
        raise MissingReaderError(f"{name}: reading {kind}", "sound") from None
    except OSError as problem:  # No libsndfile: there are machines for which soundfile does not bring one.
        raise DataError(
            f"{name}: reading {kind} needs libsndfile, which cannot be loaded ({one_line(problem)}). Install it: "
            "apt install libsndfile1"
        ) from None
    return soundfile
