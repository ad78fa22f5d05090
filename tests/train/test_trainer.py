"""Data go to the trainer that knows what to do with them."""

from __future__ import annotations

import io
import wave

import numpy as np
import pytest
from PIL import Image

from edgewright.data import open_dataset
from edgewright.train.trainer import trainer_for


def picture(kind: str) -> bytes:
    stream = io.BytesIO()
    Image.new("RGB", (8, 8)).save(stream, kind)
    return stream.getvalue()


def sound() -> bytes:
    stream = io.BytesIO()
    with wave.open(stream, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(np.zeros(16_000, "<i2").tobytes())
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (picture("JPEG"), "pictures"),
        (picture("PNG"), "pictures"),
        (sound(), "sounds"),
        (b"fLaC" + bytes(60), "sounds"),
        (b"OggS" + bytes(60), "sounds"),
        (b"ID3" + bytes(60), "sounds"),
    ],
    ids=["JPEG", "PNG", "WAV", "FLAC", "OGG", "MP3"],
)
def test_bytes_are_told_by_what_they_hold(data: bytes, name: str) -> None:
    dataset = open_dataset([(data, "one"), (data + b"\0", "other")])
    assert trainer_for(dataset).name == name
