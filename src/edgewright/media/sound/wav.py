"""WAV files, read without decoding what is not asked for: whole numbers of 8 to 32 bits and floating point.

The standard library's `wave` refuses floating point, and before Python 3.12 the extensible header too, and believes
what the header says of lengths. Sources: Multimedia Programming Interface and Data Specifications 1.0 (Microsoft, IBM
1991); WAVEFORMATEXTENSIBLE (Microsoft); RF64, EBU Tech 3306.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from edgewright.errors import DataError
from edgewright.media.sound.recording import Samples

_INTEGER, FLOAT, _EXTENSIBLE = 1, 3, 0xFFFE
# The formats that are read here.
OURS = (_INTEGER, FLOAT)
_GUID_END = bytes.fromhex("000000001000800000aa00389b71")
# A program that writes into a pipe does not know the length yet, and writes one of these or something near it.
_UNKNOWN_LENGTH = 0x7FFF0000
# Real files have a handful of chunks in front of the samples.
_MOST_CHUNKS = 1000


@dataclass(frozen=True)
class WavHeader:
    """How samples are stored: `code` 1 for whole numbers and 3 for floating point, `width` bytes each, from `start` on.

    `code` is another number where somebody else has to decode them; the rest is 0 then.
    """

    code: int
    rate: int = 0
    channels: int = 0
    width: int = 0
    start: int = 0
    frames: int = 0


def read_header(stream: BinaryIO, name: str) -> WavHeader:
    """Find format and samples in a WAV file. Raises `DataError` where the file is damaged or ends too early."""
    size = stream.seek(0, 2)
    stream.seek(12)
    sound_format, long_length = None, None
    for _ in range(_MOST_CHUNKS):
        head = stream.read(8)
        if len(head) < 8:
            break
        kind, length = struct.unpack("<4sI", head)
        start = stream.tell()
        if kind == b"ds64":
            long_length = _long_length(stream.read(16), name)
        elif kind == b"fmt ":
            sound_format = _format(stream.read(min(length, 40)), name)
        elif kind == b"data" and sound_format is not None:
            claimed = long_length if long_length is not None and length == 0xFFFFFFFF else length
            return _with_samples(sound_format, start, claimed, size - start, name)
        stream.seek(start + length + length % 2)
    raise DataError(f"{name}: the WAV file has no samples; it is damaged or incomplete")


def _long_length(body: bytes, name: str) -> int:
    if len(body) < 16:
        raise DataError(f"{name}: the header of the WAV file is damaged")
    return int(struct.unpack("<QQ", body)[1])


def _format(body: bytes, name: str) -> WavHeader:
    if len(body) < 16:
        raise DataError(f"{name}: the header of the WAV file is damaged")
    code, channels, rate, _, frame_bytes, bits = struct.unpack_from("<HHIIHH", body)
    if code == _EXTENSIBLE and body[26:] == _GUID_END:
        code = struct.unpack_from("<H", body, 24)[0]
    if code not in OURS:
        return WavHeader(code)
    width = frame_bytes // channels if channels else 0
    if channels and (width * channels != frame_bytes or (code, width) not in _DECODERS or bits > 8 * width):
        raise DataError(f"{name}: a WAV file of {bits} bits in {frame_bytes} bytes for {channels} channels is damaged")
    return WavHeader(code, rate, channels, width)


def _with_samples(found: WavHeader, start: int, claimed: int, there: int, name: str) -> WavHeader:
    """What the header claims is believed as far as the file goes."""
    if found.code not in OURS or not found.channels:
        return found
    if claimed > there and claimed < _UNKNOWN_LENGTH:
        rate = max(found.rate * found.channels * found.width, 1)
        raise DataError(
            f"{name}: the WAV file ends after {there / rate:.2f} s and its header says {claimed / rate:.2f} s; it is "
            "damaged or incomplete"
        )
    frames = min(claimed, there) // (found.channels * found.width)
    return WavHeader(found.code, found.rate, found.channels, found.width, start, frames)


def read_samples(stream: BinaryIO, header: WavHeader, most: int) -> Iterator[Samples]:
    """The samples as -1 to 1, in blocks of at most so many frames."""
    decode = _DECODERS[header.code, header.width]
    frame_bytes = header.channels * header.width
    stream.seek(header.start)
    left = header.frames
    while left > 0:
        body = stream.read(min(left, most) * frame_bytes)
        frames = len(body) // frame_bytes
        if not frames:
            return
        left -= frames
        yield decode(body[: frames * frame_bytes]).reshape(frames, header.channels)


def _unsigned_bytes(body: bytes) -> Samples:
    return (np.frombuffer(body, np.uint8).astype(np.float32) - np.float32(128)) / np.float32(128)


def _three_bytes(body: bytes) -> Samples:
    """24 bits as the upper ones of 32."""
    wide = np.zeros((len(body) // 3, 4), np.uint8)
    wide[:, 1:] = np.frombuffer(body, np.uint8).reshape(-1, 3)
    return _scaled(wide.view("<i4").reshape(-1))


def _scaled(whole: npt.NDArray[Any]) -> Samples:
    scaled: Samples = whole.astype(np.float32)
    scaled *= np.float32(2.0 ** (1 - 8 * whole.dtype.itemsize))
    return scaled


# By format code and bytes of a sample.
_DECODERS: dict[tuple[int, int], Callable[[bytes], Samples]] = {
    (_INTEGER, 1): _unsigned_bytes,
    (_INTEGER, 2): lambda body: _scaled(np.frombuffer(body, "<i2")),
    (_INTEGER, 3): _three_bytes,
    (_INTEGER, 4): lambda body: _scaled(np.frombuffer(body, "<i4")),
    (FLOAT, 4): lambda body: np.frombuffer(body, "<f4").astype(np.float32),
    (FLOAT, 8): lambda body: np.frombuffer(body, "<f8").astype(np.float32),
}
