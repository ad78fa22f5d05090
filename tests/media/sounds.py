"""Sounds for tests: tones as arrays, and WAV files written byte by byte, right and wrong."""

from __future__ import annotations

import struct
from typing import Any

import numpy as np

PCM, FLOAT, EXTENSIBLE = 1, 3, 0xFFFE
GUID_END = bytes.fromhex("000000001000800000aa00389b71")


def tone(frequency: float, rate: int, seconds: float, amplitude: float = 0.5) -> Any:
    """A sine as float64 (samples,)."""
    return amplitude * np.sin(2 * np.pi * frequency * np.arange(round(rate * seconds)) / rate)


def chunk(name: bytes, body: bytes, length: int | None = None) -> bytes:
    claimed = len(body) if length is None else length
    return name + struct.pack("<I", claimed) + body + b"\0" * (len(body) % 2)


def sound_format(code: int, channels: int, rate: int, bits: int, frame_bytes: int | None = None) -> bytes:
    frame = channels * bits // 8 if frame_bytes is None else frame_bytes
    return struct.pack("<HHIIHH", code, channels, rate, min(rate * frame, 2**32 - 1), frame, bits)


def wav(
    body: bytes,
    *,
    code: int = PCM,
    channels: int = 1,
    rate: int = 16000,
    bits: int = 16,
    length: int | None = None,
    frame_bytes: int | None = None,
    before: bytes = b"",
) -> bytes:
    """A WAV file; `length` is what its header claims, `before` stands between the header and the samples."""
    said = chunk(b"fmt ", sound_format(code, channels, rate, bits, frame_bytes))
    rest = said + before + chunk(b"data", body, length)
    return b"RIFF" + struct.pack("<I", min(4 + len(rest), 2**32 - 1)) + b"WAVE" + rest


def wav_of(samples: Any, rate: int = 16000) -> bytes:
    """Samples -1 to 1, (n,) or (n, channels), as 16 bits."""
    channels = 1 if samples.ndim == 1 else samples.shape[1]
    whole = np.clip(np.rint(samples * 32768), -32768, 32767).astype("<i2")
    return wav(whole.tobytes(), channels=channels, rate=rate)
