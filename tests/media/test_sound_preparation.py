"""Sounds become windows of a model's input: rate, channels, scale, and where each window lies."""

from __future__ import annotations

import sys
import tracemalloc
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.errors import DataError, MissingExtraError, UsageError
from edgewright.media import SoundPreparation
from edgewright.media.sound.windows import Reel, window_spans, window_starts
from edgewright.model import InputMetadata, TensorSpec

from .sounds import tone, wav, wav_of


def spec(shape: tuple[int, ...] = (100,), dtype: str = "float32", **more: Any) -> TensorSpec:
    return TensorSpec(index=0, name="sound", shape=shape, dtype=dtype, shape_signature=shape, **more)


def prepare(
    source: Any,
    input_spec: TensorSpec | None = None,
    rate: int = 1000,
    channels: int = 0,
    mean: tuple[float, ...] = (),
    std: tuple[float, ...] = (),
    **options: Any,
) -> Any:
    described = InputMetadata(kind="audio", sample_rate=rate, channels=channels, mean=mean, std=std)
    return SoundPreparation.of(input_spec or spec(), described, **options)(source)


def windows(source: Any, *args: Any, **options: Any) -> list[Any]:
    return [np.array(tensor) for tensor in prepare(source, *args, **options).windows]


# ----- where windows lie


@given(length=st.integers(1, 5000), window=st.integers(1, 700), data=st.data())
def test_windows_cover_the_sound_and_none_is_needless(length: int, window: int, data: Any) -> None:
    hop = data.draw(st.integers(1, window))
    starts = window_starts(length, window, hop)
    spans = window_spans(length, window, hop, 1000)
    assert starts[0] == 0
    assert set(np.diff(starts)) <= {hop}
    assert starts[-1] + window >= length
    assert len(starts) == 1 or starts[-2] + window < length
    assert len(spans) == len(starts)
    assert spans[-1][1] == length / 1000
    assert all(start < end for start, end in spans)


@given(length=st.integers(1, 3000), window=st.integers(1, 400), block=st.integers(1, 900), data=st.data())
def test_a_reel_gives_what_lies_in_a_window_whatever_the_blocks(
    length: int, window: int, block: int, data: Any
) -> None:
    hop = data.draw(st.integers(1, window))
    sound = np.arange(1, length + 1, dtype=np.float32)[:, None]
    reel = Reel(lambda: (sound[at : at + block] for at in range(0, length, block)), 1, window, hop)
    padded = np.concatenate([sound, np.zeros((window + hop, 1), np.float32)])
    last = len(window_starts(length, window, hop)) - 1
    for number in [*data.draw(st.lists(st.integers(0, last), max_size=5)), 0, last]:
        np.testing.assert_array_equal(reel.window(number), padded[number * hop :][:window])


def test_half_a_window_is_the_hop_and_the_last_is_filled_with_zeros() -> None:
    sound = np.arange(1, 221, dtype=np.float32) / 256
    prepared = prepare((sound, 1000))
    assert prepared.windows.spans == ((0, 0.1), (0.05, 0.15), (0.1, 0.2), (0.15, 0.22))
    found = [np.array(tensor) for tensor in prepared.windows]
    np.testing.assert_array_equal(prepared.tensors, found[0])
    np.testing.assert_array_equal(found[1], sound[50:150])
    np.testing.assert_array_equal(found[3], np.concatenate([sound[150:], np.zeros(30)]))
    np.testing.assert_array_equal(prepared.windows.tensors(1), sound[50:150])  # back again


def test_a_sound_that_is_shorter_than_a_window_is_one() -> None:
    prepared = prepare((np.full(30, 0.5), 1000))
    assert prepared.windows.spans == ((0, 0.03),)
    np.testing.assert_array_equal(prepared.tensors, [0.5] * 30 + [0] * 70)


@pytest.mark.parametrize(
    ("hop", "count"), [(0.1, 3), ("100%", 3), ("25%", 9), (0.025, 9), ("0.025", 9), (0.07, 4), ("50%", 5), (None, 5)]
)
def test_the_hop_is_seconds_or_a_share(hop: Any, count: int) -> None:
    assert len(prepare((np.zeros(300), 1000), hop=hop).windows) == count


@pytest.mark.parametrize("hop", [0, -1, 0.11, "101%", "0%", "half", "%", float("nan"), float("inf"), 0.001])
def test_a_hop_that_is_none_is_refused(hop: Any) -> None:
    with pytest.raises(UsageError, match=r"windows of 0.1 s start 0.01 to 0.1 s behind each other"):
        prepare((np.zeros(300), 1000), hop=hop)


# ----- golden vectors

SOUND = np.array([-1, -0.5, 0, 0.25, 1], np.float64)


@pytest.mark.parametrize(
    ("dtype", "scale", "zero_point", "expected"),
    [
        ("float32", (), (), [-1, -0.5, 0, 0.25, 1]),
        ("float16", (), (), [-1, -0.5, 0, 0.25, 1]),
        ("int8", (1 / 128,), (0,), [-128, -64, 0, 32, 127]),
        ("int8", (1 / 64,), (3,), [-61, -29, 3, 19, 67]),
        ("uint8", (1 / 128,), (128,), [0, 64, 128, 160, 255]),
        ("uint8", (1 / 100,), (100,), [0, 50, 100, 125, 200]),
        ("int16", (1 / 32768,), (0,), [-32768, -16384, 0, 8192, 32767]),
        ("int16", (), (), [-32768, -16384, 0, 8192, 32767]),
        ("int8", (), (), [-128, -64, 0, 32, 127]),
        ("uint8", (), (), [0, 64, 128, 160, 255]),
    ],
)
def test_samples_in_the_tensors_own_numbers(dtype: str, scale: Any, zero_point: Any, expected: list[float]) -> None:
    tensors = prepare((SOUND, 1000), spec((5,), dtype, scale=scale, zero_point=zero_point)).tensors
    assert tensors.dtype == dtype
    np.testing.assert_array_equal(tensors, np.array(expected, dtype))


def test_silence_is_the_zero_point() -> None:
    for dtype, zero_point in (("int8", -7), ("uint8", 128)):
        tensors = prepare((np.zeros(3), 1000), spec((5,), dtype, scale=(0.01,), zero_point=(zero_point,))).tensors
        np.testing.assert_array_equal(tensors, [zero_point] * 5)  # where the sound is, and where it has ended


def test_a_normalization_of_the_file_is_applied() -> None:
    tensors = prepare((SOUND, 1000), spec((5,)), mean=(0.5,), std=(0.25,)).tensors
    np.testing.assert_array_equal(tensors, [-6, -4, -2, -1, 2])
    whole = prepare((SOUND, 1000), spec((5,), "int16"), mean=(0.0,), std=(0.01,)).tensors
    np.testing.assert_array_equal(whole, [-100, -50, 0, 25, 100])


@pytest.mark.parametrize("shape", [(6,), (1, 6), (1, 6, 1), (1, 1, 6)])
def test_stereo_becomes_mono_by_its_mean(shape: tuple[int, ...]) -> None:
    left, right = np.linspace(-1, 1, 6), np.full(6, 0.5)
    tensors = prepare((np.stack([left, right], axis=1), 1000), spec(shape)).tensors
    assert tensors.shape == shape
    np.testing.assert_allclose(tensors.ravel(), (left + 0.5) / 2, atol=1e-7)


@pytest.mark.parametrize("shape", [(1, 3, 2), (3, 2), (6,), (1, 6)])
def test_a_model_of_two_channels_gets_them_sample_by_sample(shape: tuple[int, ...]) -> None:
    both = np.array([[0.1, -0.1], [0.2, -0.2], [0.3, -0.3]])
    tensors = prepare((both, 1000), spec(shape), channels=2).tensors
    np.testing.assert_allclose(tensors.ravel(), [0.1, -0.1, 0.2, -0.2, 0.3, -0.3])
    mono = prepare((both[:, 0], 1000), spec(shape), channels=2).tensors
    np.testing.assert_allclose(mono.ravel(), [0.1, 0.1, 0.2, 0.2, 0.3, 0.3])


def test_more_channels_than_the_model_takes_are_refused() -> None:
    with pytest.raises(DataError, match="<array>: 3 channels, and the model takes 2"):
        prepare((np.zeros((9, 3)), 1000), spec((6,)), channels=2)


# ----- what does not fit


@pytest.mark.parametrize(
    ("input_spec", "expected"),
    [
        (spec((1, 49, 10, 1)), r"\[1, 49, 10, 1\]\) takes no samples of 1 channel\. A model that takes a spectrogram"),
        (spec((100,), "int32"), r"int32, \[100\]\) takes no samples"),
        (spec((1,)), r"takes no samples"),
        (spec((1, 7), "float32"), None),
        (TensorSpec(index=0, name="s", shape=(1,), dtype="float32", shape_signature=(-1,)), "leaves its length open"),
    ],
)  # fmt: skip
def test_inputs_that_take_no_sound_are_refused(input_spec: TensorSpec, expected: str | None) -> None:
    if expected is None:
        assert prepare((np.zeros(7), 1000), input_spec).tensors.shape == (1, 7)
        return
    with pytest.raises(UsageError, match=expected):
        prepare((np.zeros(7), 1000), input_spec)


def test_a_rate_that_nobody_says_is_asked_for() -> None:
    with pytest.raises(UsageError, match=r"at which sample rate input 'sound' takes its 100 samples\. Say it: rate="):
        prepare((np.zeros(7), 1000), rate=0)


def test_what_is_too_long_is_refused_before_it_is_read() -> None:
    claims = wav(b"\0" * 64, rate=1000, length=0xFFFFFFFF)
    assert len(prepare(claims, max_seconds=0.032).windows) == 1
    with pytest.raises(DataError, match=r"<bytes>: 32\.0 ms of sound, over the limit of 31\.0 ms"):
        prepare(claims, max_seconds=0.031)
    with pytest.raises(
        DataError, match=r"5 h 33 min of sound, over the limit of 4 h 0 min\. Raise it with max_seconds"
    ):
        prepare((np.zeros(20_000_000, np.int16), 1000))
    with pytest.raises(UsageError, match="max_seconds is 0"):
        prepare(claims, max_seconds=0)


def test_more_windows_than_fit_in_memory_are_refused() -> None:
    with pytest.raises(DataError, match=r"<array>: 299,999 windows, over the limit of 200,000\. Give a longer hop"):
        prepare((np.zeros(300_000, np.int16), 1000), spec((2,)))


@pytest.mark.parametrize("rate", [1, 2**32 - 1])
def test_a_rate_that_no_sound_has_is_refused(rate: int) -> None:
    with pytest.raises(UsageError, match=f"input 'sound' at {rate:,} samples a second; a sound has 1,000 to 1,000,000"):
        prepare((np.zeros(9), 1000), rate=rate)


def test_an_hour_of_sound_is_never_in_memory_as_a_whole() -> None:
    hour = wav(b"\0" * (2 * 8000 * 3600), rate=8000)
    tracemalloc.start()
    count = sum(1 for _ in prepare(hour, spec((8000,)), rate=16000).windows)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert count == 14399
    assert peak < 20 << 20


# ----- another rate


def weaker_by(found: Any, frequency: float, rate: int) -> float:
    """How many decibels all else is below a tone."""
    found = np.asarray(found, np.float64)[2000:-2000]
    turns = 2 * np.pi * frequency * np.arange(len(found)) / rate
    both = np.stack([np.sin(turns), np.cos(turns)], axis=1)
    fitted = both @ np.linalg.lstsq(both, found, rcond=None)[0]
    return 20 * np.log10(np.std(fitted) / np.std(found - fitted))


def test_a_tone_keeps_its_place_and_nothing_comes_with_it() -> None:
    pytest.importorskip("soxr")
    there = tone(7000, 44100, 4)
    (found,) = windows((there, 44100), spec((64000,)), rate=16000)
    assert weaker_by(found, 7000, 16000) > 100
    at = np.arange(64000)
    np.testing.assert_allclose(found[2000:-2000], tone(7000, 16000, 4)[at][2000:-2000], atol=1e-3)


def test_what_the_new_rate_cannot_hold_does_not_come_back_as_something_else() -> None:
    pytest.importorskip("soxr")
    (found,) = windows((tone(9000, 44100, 4, amplitude=1.0), 44100), spec((64000,)), rate=16000)
    assert 20 * np.log10(np.abs(found[2000:-2000]).max()) < -100


@pytest.mark.parametrize(("rate", "wanted"), [(8000, 16000), (44100, 16000), (48000, 16000), (11025, 16000)])
def test_blocks_make_no_difference(rate: int, wanted: int, monkeypatch: pytest.MonkeyPatch) -> None:
    soxr = pytest.importorskip("soxr")
    there = np.random.default_rng(1).uniform(-0.5, 0.5, rate * 2).astype(np.float32)
    expected = soxr.resample(there, rate, wanted)
    monkeypatch.setattr("edgewright.media.sound.preparation._BLOCK", 1234)
    found = windows((there, rate), spec((4000,)), rate=wanted, hop="100%")
    assert len(found) == 8
    np.testing.assert_allclose(np.concatenate(found), expected, atol=1e-5)


def test_without_the_extra_only_what_needs_it_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "soxr", None)
    monkeypatch.setitem(sys.modules, "soundfile", None)
    at_its_rate = wav_of(tone(440, 16000, 1), 16000)
    assert len(windows(at_its_rate, spec((16000,)), rate=16000)) == 1
    with pytest.raises(
        MissingExtraError, match=r"bringing it from 16,000 to 8,000 Hz needs .* pip install 'edgewright\[sound\]'"
    ):
        windows(at_its_rate, spec((8000,)), rate=8000)
    with pytest.raises(MissingExtraError, match=r"<bytes>: reading FLAC needs .* pip install 'edgewright\[sound\]'"):
        windows(b"fLaC" + b"\0" * 40, spec((8000,)), rate=8000)
