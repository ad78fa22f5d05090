"""Sounds from files, bytes and arrays: told by their content, scaled to -1 to 1, and one line where they are broken."""

from __future__ import annotations

import io
import struct
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.errors import DataError
from edgewright.media.sound.opening import open_sound

from .sounds import EXTENSIBLE, FLOAT, GUID_END, chunk, sound_format, tone, wav, wav_of

soundfile = pytest.importorskip("soundfile")

HALF = 2.0**-31


def samples(source: Any, most: int = 1000) -> Any:
    blocks = list(open_sound(source).blocks(most))
    assert all(block.dtype == np.float32 and len(block) <= most for block in blocks)
    return np.concatenate(blocks)


@pytest.mark.parametrize(
    ("code", "bits", "body", "expected"),
    [
        (1, 8, bytes([0, 128, 255]), [-1, 0, 127 / 128]),
        (1, 16, struct.pack("<3h", -32768, 0, 16384), [-1, 0, 0.5]),
        (1, 24, b"\0\0\x80" + b"\0\0\0" + b"\0\0\x40", [-1, 0, 0.5]),
        (1, 32, struct.pack("<3i", -(2**31), 0, 2**30), [-1, 0, 0.5]),
        (FLOAT, 32, struct.pack("<3f", -1, 0, 0.5), [-1, 0, 0.5]),
        (FLOAT, 64, struct.pack("<3d", -1, 0, 0.5), [-1, 0, 0.5]),
    ],
    ids=["8 bits", "16 bits", "24 bits", "32 bits", "float", "double"],
)
def test_every_width_of_wav(code: int, bits: int, body: bytes, expected: list[float]) -> None:
    recording = open_sound(wav(body, code=code, bits=bits, rate=8000))
    assert (recording.rate, recording.channels, recording.frames) == (8000, 1, 3)
    np.testing.assert_array_equal(samples(wav(body, code=code, bits=bits)).ravel(), np.float32(expected))


@pytest.mark.parametrize("code", [1, FLOAT])
def test_the_extensible_header_says_the_same(code: int) -> None:
    body = struct.pack("<2h", 0, 16384) if code == 1 else struct.pack("<2f", 0, 0.5)
    bits = 16 if code == 1 else 32
    said = sound_format(EXTENSIBLE, 1, 16000, bits) + struct.pack("<HHIH", 22, bits, 4, code) + GUID_END
    file = chunk(b"fmt ", said) + chunk(b"data", body)
    found = samples(b"RIFF" + struct.pack("<I", 4 + len(file)) + b"WAVE" + file)
    np.testing.assert_array_equal(found.ravel(), [0, 0.5])


def test_chunks_of_others_are_passed_over_before_and_behind() -> None:
    whole = wav(struct.pack("<2h", 0, 16384), before=chunk(b"LIST", b"abc")) + chunk(b"id3 ", b"\xff" * 99)
    np.testing.assert_array_equal(samples(whole).ravel(), [0, 0.5])


@pytest.mark.parametrize("length", [0xFFFFFFFF, 0x7FFFFFFF, 0x7FFF0000 + 36])
def test_a_length_that_a_pipe_left_unknown_goes_to_the_end(length: int) -> None:
    np.testing.assert_array_equal(samples(wav(struct.pack("<2h", 0, 16384), length=length)).ravel(), [0, 0.5])


def test_a_length_of_64_bits() -> None:
    body = struct.pack("<2h", 0, 16384)
    said = chunk(b"ds64", struct.pack("<QQQI", 99, len(body), 2, 0)) + chunk(b"fmt ", sound_format(1, 1, 16000, 16))
    file = b"RF64\xff\xff\xff\xffWAVE" + said + chunk(b"data", body, 0xFFFFFFFF) + chunk(b"junk", b"\x7f" * 8)
    np.testing.assert_array_equal(samples(file).ravel(), [0, 0.5])


@pytest.mark.parametrize("kind", ["FLAC", "OGG", "MP3", "AIFF"])
def test_other_formats_are_told_by_content_whatever_their_name(kind: str, tmp_path: Path) -> None:
    there = tone(440, 16000, 1)
    path = tmp_path / "sound.wav"
    with path.open("wb") as stream:
        soundfile.write(stream, there, 16000, format=kind)
    recording = open_sound(path)
    assert (recording.rate, recording.channels, recording.frames) == (16000, 1, 16000)
    found = samples(path).ravel()
    assert np.corrcoef(found, there)[0, 1] > 0.99
    raw = tmp_path / "sound.raw"  # by whose name soundfile would go
    path.rename(raw)
    np.testing.assert_array_equal(samples(raw).ravel(), found)


def test_a_wav_of_another_coding_is_left_to_soundfile(tmp_path: Path) -> None:
    path = tmp_path / "telephone.wav"
    soundfile.write(path, tone(440, 8000, 0.5), 8000, subtype="ULAW")
    assert np.corrcoef(samples(path).ravel(), tone(440, 8000, 0.5))[0, 1] > 0.999


class Pipe(io.RawIOBase):
    """A file object that cannot go back."""

    def __init__(self, content: bytes) -> None:
        self._content = io.BytesIO(content)

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        return self._content.readinto(buffer)


def test_every_kind_of_source_gives_the_same(shared_file: Any) -> None:
    path = shared_file("images/speech.wav")
    content = path.read_bytes()
    expected = samples(path)
    assert expected.shape == (68360, 1)
    whole = np.frombuffer(content[44:], "<i2")[:68360]
    at_the_end = io.BytesIO(content)
    at_the_end.seek(0, 2)
    for source in (
        str(path), content, bytearray(content), at_the_end, Pipe(content), (whole, 16000), (whole[:, None], 16000.0),
        (whole / 32768, 16000), (whole.astype(np.int32) * 65536, 16000),
    ):  # fmt: skip
        np.testing.assert_array_equal(samples(source, 777), expected)


def test_stereo_has_two_channels() -> None:
    both = np.stack([tone(440, 16000, 0.1), -tone(440, 16000, 0.1)], axis=1)
    np.testing.assert_allclose(samples(wav_of(both)), both, atol=2**-15)
    np.testing.assert_allclose(samples((both, 16000)), both, atol=1e-7)


FINE = struct.pack("<4h", 1, 2, 3, 4)
BROKEN = {
    "empty": (b"", "not a sound (the file is empty)"),
    "a text": (b"hello, sound", "not a sound (it starts with b'hello, s'). Expected one of: WAV, FLAC, OGG, MP3, AIFF"),
    "a picture": (b"\x89PNG\r\n\x1a\n", "not a sound (it is a picture)"),
    "a video": (b"\0\0\0\x20ftypM4A \0\0\0\0", "it is AAC, M4A or a video; make a WAV of it first: ffmpeg -i"),
    "AAC": (b"\xff\xf1\x50\x80", "it is AAC, M4A or a video"),
    "the first bytes": (wav(FINE)[:12], "the WAV file has no samples; it is damaged or incomplete"),
    "half of the format": (wav(FINE)[:30], "the header of the WAV file is damaged"),
    "no samples": (wav(b""), "there are no samples in it"),
    "no channels": (wav(FINE, channels=0), "0 channels. A sound has 1 to 64"),
    "too many channels": (wav(FINE, channels=65535, bits=8, frame_bytes=65535), "65,535 channels. A sound has 1 to 64"),
    "no rate": (wav(FINE, rate=0), "0 samples a second. A sound has 1,000 to 1,000,000"),
    "a rate of 4 billion": (wav(FINE, rate=2**32 - 1), "4,294,967,295 samples a second"),
    "half of the samples": (wav(FINE * 8000, length=128000), "ends after 2.00 s and its header says 4.00 s"),
    "a length of 2 GB": (wav(FINE, length=2_000_000_000), "ends after 0.00 s and its header says 62500.00 s"),
    "frames of another width": (wav(FINE, frame_bytes=7), "a WAV file of 16 bits in 7 bytes for 1 channels is damaged"),
    "more bits than bytes": (wav(FINE, bits=4096, frame_bytes=2), "a WAV file of 4096 bits in 2 bytes"),
    "floats of 16 bits": (wav(FINE, code=FLOAT), "a WAV file of 16 bits in 2 bytes"),
    "an unknown coding": (wav(FINE, code=0x4242), "the WAV sound cannot be decoded"),
    "a million chunks": (b"RIFF\0\0\0\0WAVE" + chunk(b"junk", b"") * 100_000, "the WAV file has no samples"),
    "unscaled floats": (
        wav(struct.pack("<4f", 1, -32768, 3, 4), code=FLOAT, bits=32),
        "samples up to 32,768, and -1 to 1 is expected. Divide 16-bit numbers by 32768",
    ),
    "not a number": (wav(struct.pack("<2f", 0, np.nan), code=FLOAT, bits=32), "samples that are no finite number"),
    "infinity": (wav(struct.pack("<2d", 0, np.inf), code=FLOAT, bits=64), "samples that are no finite number"),
    "FLAC and nothing more": (b"fLaC\0\0\0\x22" + b"\0" * 40, "the FLAC sound cannot be decoded"),
    "OGG and nothing more": (b"OggS" + b"\0" * 40, "the OGG sound cannot be decoded"),
    "MP3 and nothing more": (b"\xff\xfb\x90\x64" + b"\0" * 40, "the MP3 sound cannot be decoded"),
}  # fmt: skip


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_broken_is_said_in_one_line(name: str, tmp_path: Path) -> None:
    content, expected = BROKEN[name]
    path = tmp_path / "sound.wav"
    path.write_bytes(content)
    for source, called in ((path, str(path)), (content, "<bytes>")):
        with pytest.raises(DataError) as caught:
            samples(source)
        said = str(caught.value)
        assert said.startswith(f"{called}: ")
        assert expected in said
        assert "\n" not in said


@pytest.mark.parametrize("kind", ["FLAC", "MP3"])
def test_half_of_a_compressed_file_is_not_taken_for_the_whole(kind: str) -> None:
    stream = io.BytesIO()
    soundfile.write(stream, np.random.default_rng(1).normal(0, 0.1, 160000), 16000, format=kind)
    with pytest.raises(
        DataError, match=r"cannot be decoded|the sound ends after [2-7]\.\d+ s and has to last 10\.00 s"
    ):
        samples(stream.getvalue()[: len(stream.getvalue()) // 2])


def test_a_flac_that_claims_terabytes_takes_no_memory() -> None:
    stream = io.BytesIO()
    soundfile.write(stream, tone(440, 16000, 0.1), 16000, format="FLAC")
    content = bytearray(stream.getvalue())
    content[21] |= 0x0F  # the number of samples has 36 bits, the last of byte 21 on (RFC 9639, 8.2)
    content[22:26] = b"\xff" * 4
    with pytest.raises(DataError, match=r"cannot be decoded|ends after"):
        samples(bytes(content))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (np.zeros(9), "samples without their rate. Give both: (array, 16000)"),
        ((16000, np.zeros(9)), "samples without their rate"),
        ((np.zeros(9), "16000"), "a rate of '16000'"),
        ((np.zeros(9), True), "a rate of True"),
        ((np.zeros(9), 0.5), "a rate of 0.5"),
        ((np.zeros(9), float("nan")), "a rate of nan"),
        ((np.zeros(9), -16000), "-16,000 samples a second"),
        ((np.zeros(0), 16000), "there are no samples in it"),
        ((np.zeros((2, 9)), 16000), "samples of shape (2, 9). Expected (samples,) or (samples, channels)"),
        ((np.zeros((9, 2, 2)), 16000), "samples of shape (9, 2, 2)"),
        ((np.array(0.5), 16000), "samples of shape ()"),
        ((np.zeros(9, np.int64), 16000), "samples of int64, which does not say what is full scale"),
        ((np.zeros(9, np.complex64), 16000), "samples of complex64"),
        ((np.full(9, 300.0), 16000), "samples up to 300, and -1 to 1 is expected"),
        ((np.full(9, np.nan), 16000), "samples that are no finite number"),
        (12, "a sound cannot be a int. Give a path, bytes, file, or an array with its rate: (array, 16000)"),
        ("https://example.org/a.wav", "sounds are not fetched from the web"),
        ("missing.wav", "missing.wav: no such file"),
        (io.StringIO("text"), "opened as text"),
    ],
    ids=lambda value: value if isinstance(value, str) else type(value).__name__,
)  # fmt: skip
def test_what_is_no_sound_is_said_in_one_line(source: Any, expected: str) -> None:
    with pytest.raises(DataError) as caught:
        samples(source)
    assert expected in str(caught.value)


def test_a_folder_is_no_sound(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"not a file\. Give one sound file"):
        samples(tmp_path)


def test_louder_than_full_scale_is_no_mistake() -> None:
    assert float(samples((np.full(9, 1.4), 16000)).max()) == pytest.approx(1.4)
