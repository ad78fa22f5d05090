"""Damaged and hostile files of sound: one line, or samples that the file really has, and memory that is bounded."""

from __future__ import annotations

import io
import struct
import tracemalloc
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import DataError
from edgewright.media import SoundPreparation
from edgewright.media.sound.opening import open_sound
from edgewright.model import InputMetadata, TensorSpec

soundfile = pytest.importorskip("soundfile")

MOST = 1 << 16
TENSOR = TensorSpec(index=0, name="sound", shape=(800,), dtype="float32", shape_signature=(800,))
SOUND = 0.5 * np.sin(np.arange(8000) / 5)


def encoded(kind: str, **options: Any) -> bytes:
    stream = io.BytesIO()
    soundfile.write(stream, SOUND, 16000, format=kind, **options)
    return stream.getvalue()


WAV = encoded("WAV", subtype="PCM_16")
OTHERS = {kind: encoded(kind) for kind in ("FLAC", "OGG", "MP3", "AIFF")}


@contextmanager
def refused_in_one_line() -> Iterator[None]:
    said = ""
    try:
        yield
    except DataError as error:
        said = str(error)
    assert "\n" not in said


def frames_of(content: bytes) -> int:
    """How many frames are read before it is refused in one line."""
    blocks: list[Any] = []
    with refused_in_one_line():
        blocks += open_sound(content).blocks(MOST)
    assert all(np.isfinite(block).all() for block in blocks)
    return sum(map(len, blocks))


@given(place=st.integers(0, 47), value=st.integers(0, 255), length=st.integers(0, len(WAV)))
def test_any_byte_of_a_wav_header_may_be_wrong_and_the_file_end_anywhere(place: int, value: int, length: int) -> None:
    content = bytearray(WAV)
    content[place] = value
    assert frames_of(bytes(content[:length])) <= len(WAV)
    assert frames_of(bytes(content)) <= len(WAV)


@given(content=st.binary(max_size=200))
def test_anything_behind_the_name_of_a_wav(content: bytes) -> None:
    assert frames_of(b"RIFF\0\0\0\0WAVE" + content) <= len(content)
    assert frames_of(b"RF64\xff\xff\xff\xffWAVEfmt " + content) <= len(content)


@pytest.mark.parametrize("kind", OTHERS)
@pytest.mark.parametrize("seed", range(12))
def test_damaged_files_of_other_formats(kind: str, seed: int) -> None:
    random = np.random.default_rng(seed)
    content = np.frombuffer(OTHERS[kind], np.uint8).copy()
    places = random.integers(0, min(len(content), 400) if seed % 2 else len(content), 1 + seed)
    content[places] = random.integers(0, 256, len(places))
    frames_of(content.tobytes())
    frames_of(content.tobytes()[: random.integers(0, len(content))])


def claims(channels: int, rate: int, bits: int, length: int, body: bytes = b"\0" * 64) -> bytes:
    frame = channels * bits // 8
    said = struct.pack("<HHIIHH", 1, channels, rate, 0, frame & 0xFFFF, bits)
    return b"RIFF\0\0\0\0WAVE" + b"fmt " + struct.pack("<I", 16) + said + b"data" + struct.pack("<I", length) + body


HUGE = {
    "4 GB of samples": claims(1, 16000, 16, 0xFFFFFFFE),
    "64 channels of 32 bits": claims(64, 1_000_000, 32, 0xFFFFFFFF, b"\0" * 256),
    "65,535 channels": claims(65535, 16000, 8, 0xFFFFFFFF, b"\0" * 70_000),
    "terabytes in RF64": b"RF64\xff\xff\xff\xffWAVEds64" + struct.pack("<IQQQI", 28, 2**60, 2**60, 2**60, 0)
    + claims(1, 16000, 16, 0xFFFFFFFF)[12:],
    "a chunk of 4 GB in front": b"RIFF\0\0\0\0WAVEjunk\xff\xff\xff\xff" + b"\0" * 64,
}  # fmt: skip


@pytest.mark.parametrize("name", HUGE)
def test_what_a_header_claims_is_not_reserved(name: str) -> None:
    prepare = SoundPreparation.of(TENSOR, InputMetadata(kind="audio", sample_rate=16000))
    tracemalloc.start()
    with refused_in_one_line():
        for _ in prepare(HUGE[name]).windows or ():
            pass
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 4 << 20


def test_hours_of_silence_in_few_bytes_are_refused_before_they_are_decoded() -> None:
    stream = io.BytesIO()
    with soundfile.SoundFile(stream, "w", 8000, 1, format="FLAC") as file:
        for _ in range(5 * 60):
            file.write(np.zeros(8000 * 60, np.int16))
    assert len(stream.getvalue()) < 1 << 20
    with pytest.raises(DataError, match=r"5 h 0 min of sound, over the limit of 4 h 0 min"):
        SoundPreparation.of(TENSOR, InputMetadata(kind="audio", sample_rate=16000))(stream.getvalue())
