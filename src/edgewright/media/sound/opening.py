"""Opening a sound, from whatever it comes, without decoding it: its header is read, and its length is known."""

from __future__ import annotations

import io
import math
import os
from collections.abc import Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError
from edgewright.media.sound import compressed, wav
from edgewright.media.sound.formats import HEAD_BYTES, NAMES, detect, guess_other
from edgewright.media.sound.recording import Recording, Samples, check_range
from edgewright.media.sources import reason, stream_of

SoundSource = str | os.PathLike[str] | bytes | BinaryIO | tuple[npt.NDArray[Any], float]

_WAYS = "or an array with its rate: (array, 16000)"


def open_sound(source: SoundSource) -> Recording:
    """Read the header of a sound: a path, bytes, a file object, or (array, rate).

    An array is (samples,) or (samples, channels): floats -1 to 1, int16 or int32, or uint8 as in WAV files. Raises
    `DataError` where there is no sound, and `MissingExtraError` where only `soundfile` can read it.
    """
    if isinstance(source, tuple | np.ndarray):
        return _from_array(source)
    again = _repeatable(source)
    with _stream(again) as (stream, name):
        try:
            return _opened(again, stream, name)
        except OSError as problem:
            raise DataError(f"{name}: cannot be read ({reason(problem)})") from problem


def _stream(source: Any) -> AbstractContextManager[tuple[BinaryIO, str]]:
    return stream_of(source, "sound", _WAYS)


def _repeatable(source: Any) -> Any:
    """What can be read from its start again: a pipe is read whole."""
    piped = hasattr(source, "read") and not isinstance(source, io.TextIOBase)
    return source.read() if piped and not (hasattr(source, "seekable") and source.seekable()) else source


def _opened(source: Any, stream: BinaryIO, name: str) -> Recording:
    head = stream.read(HEAD_BYTES)
    kind = detect(head)
    if kind is None:
        raise DataError(f"{name}: not a sound ({guess_other(head)}). Expected one of: {NAMES}")
    if kind == "WAV" and (header := wav.read_header(stream, name)).code in wav.OURS:
        return Recording(name, header.rate, header.channels, header.frames, partial(_wav_blocks, source, header))
    rate, channels, frames, floats = compressed.read_facts(stream, name, kind)
    return Recording(name, rate, channels, frames, partial(_compressed_blocks, source, kind, floats))


def _wav_blocks(source: Any, header: wav.WavHeader, most: int) -> Iterator[Samples]:
    with _stream(source) as (stream, name):
        for block in wav.read_samples(stream, header, most):
            yield check_range(block, name) if header.code == wav.FLOAT else block


def _compressed_blocks(source: Any, kind: str, floats: bool, most: int) -> Iterator[Samples]:
    with _stream(source) as (stream, name):
        for block in compressed.read_samples(stream, name, kind, most):
            yield check_range(block, name) if floats else block


def _from_array(source: Any) -> Recording:
    name = "<array>"
    if not (isinstance(source, tuple) and len(source) == 2 and isinstance(source[0], np.ndarray)):
        raise DataError(f"{name}: samples without their rate. Give both: (array, 16000)")
    array, rate = source
    if not _is_whole(rate):
        raise DataError(f"{name}: a rate of {rate!r}. Expected whole samples a second: (array, 16000)")
    if array.ndim not in (1, 2) or (array.ndim == 2 and array.shape[1] > array.shape[0]):
        raise DataError(f"{name}: samples of shape {array.shape}. Expected (samples,) or (samples, channels)")
    frames = array[:, None] if array.ndim == 1 else array
    return Recording(name, int(rate), frames.shape[1], len(frames), partial(_array_blocks, frames, _scale(array, name)))


def _is_whole(rate: Any) -> bool:
    number = isinstance(rate, int | float | np.integer | np.floating) and not isinstance(rate, bool)
    return number and math.isfinite(rate) and rate == int(rate)


def _scale(array: npt.NDArray[Any], name: str) -> tuple[float, float]:
    """What is taken off whole numbers, and what the rest is divided by, as their type says it."""
    if array.dtype.kind == "f":
        return 0.0, 1.0
    if array.dtype.name not in _SCALES:
        raise DataError(
            f"{name}: samples of {array.dtype}, which does not say what is full scale. Expected floats -1 to 1, "
            f"{', '.join(_SCALES)}"
        )
    return _SCALES[array.dtype.name]


_SCALES = {"int16": (0.0, 2.0**15), "int32": (0.0, 2.0**31), "uint8": (128.0, 128.0)}


def _array_blocks(frames: npt.NDArray[Any], scale: tuple[float, float], most: int) -> Iterator[Samples]:
    zero, full = np.float32(scale[0]), np.float32(scale[1])
    for start in range(0, len(frames), most):
        block: Samples = (frames[start : start + most].astype(np.float32) - zero) / full
        yield check_range(block, "<array>")
