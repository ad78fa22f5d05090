"""Preparation against golden values, each worked out here from the definition and nothing of ours."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from edgewright.errors import UsageError
from edgewright.media import Preparation
from edgewright.model import InputMetadata, TensorSpec

HALF = InputMetadata(mean=(127.5,), std=(127.5,))


def spec(
    *shape: int, dtype: str = "float32", scale: float | None = None, zero: int = 0, free: bool = False
) -> TensorSpec:
    signature = tuple(-1 if free and place == 1 else size for place, size in enumerate(shape))
    quantization = {} if scale is None else {"scale": (scale,), "zero_point": (zero,)}
    return TensorSpec(0, "image", shape, dtype, signature, **quantization)


def ramp(height: int, width: int, channels: int = 3) -> np.ndarray:
    """Every pixel and channel has a value of its own, as far as bytes go."""
    return (np.arange(height * width * channels) % 256).astype(np.uint8).reshape(height, width, channels)


def prepared(picture: np.ndarray, tensor: TensorSpec, described: InputMetadata) -> np.ndarray:
    result = Preparation.of(tensor, described)(picture)
    assert result.shape == tensor.shape
    assert result.dtype == np.dtype(tensor.dtype)
    return result


def test_float_rgb_is_normalized_channels_last():
    picture = ramp(4, 5)
    result = prepared(picture, spec(1, 4, 5, 3), HALF)
    for y, x, c in np.ndindex(4, 5, 3):
        assert result[0, y, x, c] == pytest.approx((int(picture[y, x, c]) - 127.5) / 127.5, abs=1e-6)


def test_channels_first():
    picture = ramp(4, 5)
    result = prepared(picture, spec(1, 3, 4, 5), InputMetadata(mean=(0.0,), std=(255.0,)))
    for y, x, c in np.ndindex(4, 5, 3):
        assert result[0, c, y, x] == pytest.approx(int(picture[y, x, c]) / 255, abs=1e-6)


def test_each_channel_has_its_mean_and_std():
    means, stds = (123.675, 116.28, 103.53), (58.395, 57.12, 57.375)
    picture = ramp(3, 3)
    result = prepared(picture, spec(1, 3, 3, 3), InputMetadata(mean=means, std=stds))
    for y, x, c in np.ndindex(3, 3, 3):
        assert result[0, y, x, c] == pytest.approx((int(picture[y, x, c]) - means[c]) / stds[c], rel=1e-5)


@pytest.mark.parametrize(
    ("dtype", "scale", "zero", "low", "high"),
    [
        ("int8", 1 / 128, 0, -128, 127),
        ("int8", 1 / 127.5, -1, -128, 127),
        ("uint8", 1 / 64, 100, 0, 255),
        ("int16", 1 / 32768, 0, -32768, 32767),
    ],
)
def test_quantized_inputs_use_their_own_scale_and_zero_point(dtype: str, scale: float, zero: int, low: int, high: int):
    picture = np.arange(256, dtype=np.uint8).reshape(16, 16)
    result = prepared(picture, spec(1, 16, 16, dtype=dtype, scale=scale, zero=zero), HALF)
    for value in range(256):
        real = (value - 127.5) / 127.5
        exact = real / np.float32(scale) + zero
        stored = int(result[0, value // 16, value % 16])
        assert low <= stored <= high
        assert abs(stored - min(max(exact, low), high)) <= 0.5 + 1e-3


IMAGENET = InputMetadata(mean=(123.675, 116.28, 103.53), std=(58.395, 57.12, 57.375))


@pytest.mark.parametrize("described", [HALF, InputMetadata(mean=(0.1,), std=(255.0,)), IMAGENET])
def test_floats_are_the_formulas_to_the_bit(described: InputMetadata):
    picture = ramp(16, 16)
    mean, std = np.array(described.mean, np.float32), np.array(described.std, np.float32)
    result = prepared(picture, spec(1, 16, 16, 3), described)
    np.testing.assert_array_equal(result[0], (picture.astype(np.float32) - mean) / std)


@pytest.mark.parametrize("shape", [(1, 8, 8, 3), (1, 3, 8, 8)])
@pytest.mark.parametrize(("dtype", "scale", "zero"), [("int8", 1 / 64, 3), ("uint8", 1 / 64, 100), ("int16", 1e-4, 0)])
def test_each_channel_is_quantized_with_its_mean_and_std(shape: tuple[int, ...], dtype: str, scale: float, zero: int):
    picture = ramp(8, 8)
    result = prepared(picture, spec(*shape, dtype=dtype, scale=scale, zero=zero), IMAGENET)
    real = (picture - np.array(IMAGENET.mean)) / np.array(IMAGENET.std)
    limits = np.iinfo(dtype)
    exact = np.clip(real / np.float32(scale) + zero, limits.min, limits.max)
    rows = result[0] if shape[3] == 3 else result[0].transpose(1, 2, 0)
    assert np.abs(rows - exact).max() <= 0.5 + 1e-2


def test_a_normalization_for_other_channels_is_refused():
    with pytest.raises(UsageError, match=r"the normalization is for 3 channels, and input 'image' has 1"):
        Preparation.of(spec(1, 8, 8, 1), IMAGENET)


@pytest.mark.parametrize("described", [InputMetadata(), HALF, InputMetadata(mean=(128.0,), std=(128.0,))])
def test_files_trained_on_bytes_get_the_bytes(described: InputMetadata):
    """Scale 0.0078125 and zero point 128 with mean and std 127.5 are meant to be the identity, and all but are."""
    picture = ramp(16, 16)
    result = prepared(picture, spec(1, 16, 16, 3, dtype="uint8", scale=0.0078125, zero=128), described)
    np.testing.assert_array_equal(result[0], picture)


def test_gray_from_rgb_is_luma():
    """ITU-R 601-2: L = 0.299 R + 0.587 G + 0.114 B."""
    picture = np.array([[[200, 100, 50], [0, 255, 0]]], np.uint8)
    result = prepared(picture, spec(1, 1, 2, 1), InputMetadata(mean=(0.0,), std=(1.0,)))
    assert result.ravel() == pytest.approx([0.299 * 200 + 0.587 * 100 + 0.114 * 50, 0.587 * 255], abs=1)


def test_rgb_from_gray_repeats_it():
    result = prepared(np.array([[7, 9]], np.uint8), spec(1, 1, 2, 3), InputMetadata(mean=(0.0,), std=(1.0,)))
    assert result.tolist() == [[[[7, 7, 7], [9, 9, 9]]]]


def test_transparent_pixels_are_white():
    picture = np.array([[[10, 20, 30, 255], [10, 20, 30, 0]]], np.uint8)
    result = prepared(picture, spec(1, 1, 2, 3), InputMetadata(mean=(0.0,), std=(1.0,)))
    assert result.tolist() == [[[[10, 20, 30], [255, 255, 255]]]]


@pytest.mark.parametrize(("height", "width"), [(8, 16), (16, 8)])
def test_crop_takes_the_middle(height: int, width: int):
    """Halves of two grays; the crop's fraction keeps 4 x 4 around the middle of the 8 x 8 square."""
    picture = np.zeros((height, width, 3), np.uint8)
    y, x = height // 2 - 2, width // 2 - 2
    picture[y : y + 4, x : x + 4] = ramp(4, 4)
    described = InputMetadata(mean=(0.0,), std=(1.0,), resize="crop", crop_fraction=0.5)
    np.testing.assert_array_equal(prepared(picture, spec(1, 4, 4, 3), described)[0], ramp(4, 4))


@pytest.mark.parametrize("pad", [None, 114, 255])
@pytest.mark.parametrize(("height", "width"), [(4, 8), (8, 4)])
def test_letterbox_keeps_the_shape_and_leaves_equal_borders(height: int, width: int, pad: int | None):
    picture = np.full((height, width, 3), 90, np.uint8)
    described = InputMetadata(mean=(0.0,), std=(1.0,), resize="letterbox", pad=pad)
    result = prepared(picture, spec(1, 8, 8, 3), described)[0]
    inside = np.full((8, 8, 3), float(pad or 0))
    inside[2:6, :] = 90
    np.testing.assert_array_equal(result, inside if width > height else inside.transpose(1, 0, 2))


def test_stretch_averages_when_it_shrinks():
    """Antialiased: halving a black and white checkerboard gives gray, where plain sampling gives black or white."""
    board = (np.indices((16, 16)).sum(0) % 2 * 255).astype(np.uint8)
    result = prepared(board, spec(1, 8, 8), InputMetadata(mean=(0.0,), std=(1.0,)))
    assert np.abs(result[0, 1:-1, 1:-1] - 127.5).max() <= 1


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path, orientation: int):
    """The eight ways of storing, each inverted by hand: EXIF 2.32, tag 274."""
    upright = ramp(6, 4)
    stored = {
        1: upright,
        2: upright[:, ::-1],
        3: upright[::-1, ::-1],
        4: upright[::-1],
        5: upright.transpose(1, 0, 2),
        6: np.rot90(upright, 1),
        7: np.rot90(upright.transpose(1, 0, 2), 2),
        8: np.rot90(upright, -1),
    }[orientation]
    exif = Image.Exif()
    exif[274] = orientation
    path = tmp_path / "picture.png"
    Image.fromarray(np.ascontiguousarray(stored)).save(path, exif=exif)
    result = prepared(path, spec(1, 6, 4, 3), InputMetadata(mean=(0.0,), std=(1.0,)))
    np.testing.assert_array_equal(result[0], upright)


def test_16_bit_gray(tmp_path):
    values = np.array([[0, 257, 32896, 65535]], np.uint16)
    path = tmp_path / "deep.png"
    Image.fromarray(values).save(path)
    result = prepared(path, spec(1, 1, 4), InputMetadata(mean=(0.0,), std=(1.0,)))
    assert result.ravel().tolist() == [round(value / 257) for value in values.ravel().tolist()]


@pytest.mark.parametrize(
    ("tensor", "described", "words"),
    [
        (spec(1, 8, 8, 3), InputMetadata(), "Pass the mean and std"),
        (spec(1, 8, 8, 3, dtype="int8", scale=0.1), InputMetadata(), "Pass the mean and std"),
        (spec(1, 8, 8, 5), HALF, "no picture of 1 or 3 channels"),
        (spec(1, 1960), HALF, "no picture"),
        (spec(1, 8, 8, 3, free=True), HALF, "leaves its size open"),
        (spec(1, 8, 8, 1), InputMetadata(mean=(0.0,), std=(1.0,), color_space="RGB"), "its metadata says RGB"),
    ],
)
def test_what_cannot_be_prepared_says_why(tensor: TensorSpec, described: InputMetadata, words: str):
    with pytest.raises(UsageError, match=words):
        Preparation.of(tensor, described)
