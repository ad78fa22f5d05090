from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from edgewright.errors import UsageError
from edgewright.media import Placement, fit_picture, place, read_picture
from edgewright.media.pictures.resize import apply, apply_to_array
from edgewright.model import Interpolation

side = st.integers(1, 3000)


def test_stretch_uses_everything_and_fills_everything() -> None:
    assert place((30, 40), (10, 20)) == Placement((10, 20), (0, 0, 40, 30), (0, 0, 20, 10))


def test_crop_of_a_landscape_takes_the_center() -> None:
    # 300 x 400 into a square: the middle 300 columns; times 0.875 the middle 262.5.
    assert place((300, 400), (224, 224), "crop").box == (50, 0, 350, 300)
    assert place((300, 400), (224, 224), "crop", 0.875).box == (68.75, 18.75, 331.25, 281.25)


def test_crop_of_a_portrait_into_a_wide_result_keeps_its_aspect() -> None:
    assert place((400, 300), (100, 200), "crop").box == (0, 125, 300, 275)


def test_letterbox_leaves_equal_borders() -> None:
    assert place((300, 400), (224, 224), "letterbox").region == (0, 28, 224, 196)
    assert place((400, 300), (224, 224), "letterbox").region == (28, 0, 196, 224)


@given(side, side, st.integers(1, 600), st.integers(1, 600), st.sampled_from(["stretch", "crop", "letterbox"]))
def test_a_placement_stays_inside_picture_and_result(ph: int, pw: int, h: int, w: int, policy: str) -> None:
    found = place((ph, pw), (h, w), policy)  # type: ignore[arg-type]
    x0, y0, x1, y1 = found.box
    left, top, right, bottom = found.region
    assert 0 <= x0 < x1 <= pw
    assert 0 <= y0 < y1 <= ph
    assert 0 <= left < right <= w
    assert 0 <= top < bottom <= h
    corner = found.to_picture(right, bottom)
    assert corner == pytest.approx((x1, y1))


def test_cropping_equals_resizing_to_256_and_cutting_224() -> None:
    pixels = np.random.RandomState(0).randint(0, 256, (256, 256, 3)).astype(np.uint8)
    result = read_picture(pixels, size=(224, 224), policy="crop", crop_fraction=224 / 256)
    np.testing.assert_array_equal(result, pixels[16:240, 16:240])


def test_halving_averages_with_the_triangle_filter() -> None:
    # Bilinear reduction by 2: weights 1/8, 3/8, 3/8, 1/8 around each center, cut and renormalized at the edge.
    row = np.array([[0, 80, 160, 240, 80, 0, 40, 200]], np.uint8)
    inner = (80 + 3 * 160 + 3 * 240 + 80) / 8
    edge = (3 * 0 + 3 * 80 + 160) / 7
    result = read_picture(row, size=(1, 4), color_space="GRAYSCALE")
    assert result[0, 1] == round(inner)
    assert result[0, 0] == round(edge)


def test_letterbox_fills_its_borders() -> None:
    result = read_picture(np.full((10, 20, 3), 200, np.uint8), size=(8, 8), policy="letterbox", fill=114)
    assert result[:2].tolist() == np.full((2, 8, 3), 114).tolist()
    assert result[2:6].tolist() == np.full((4, 8, 3), 200).tolist()
    assert result[6:].tolist() == np.full((2, 8, 3), 114).tolist()


def test_bicubic_differs_from_bilinear() -> None:
    pixels = np.random.RandomState(1).randint(0, 256, (40, 40, 3)).astype(np.uint8)
    linear, cubic = (read_picture(pixels, size=(16, 16), interpolation=kind) for kind in ("bilinear", "bicubic"))
    assert (linear != cubic).mean() > 0.5


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (((4, 4), (2, 2), "squash"), "stretch, crop, letterbox"),
        (((4, 4), (0, 2)), "at least 1"),
        (((4, 4), (2, 2), "crop", 1.5), "at most 1"),
        (((4, 4), (2, 2), "stretch", 0.9), "belongs to the resize policy 'crop'"),
    ],
)
def test_impossible_requests_are_refused(arguments: tuple[object, ...], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        place(*arguments)  # type: ignore[arg-type]


def test_an_unknown_interpolation_lists_the_choices() -> None:
    with pytest.raises(UsageError, match="bilinear, bicubic"):
        apply(Image.new("L", (2, 2)), place((2, 2), (1, 1)), "lanczos")  # type: ignore[arg-type]


@pytest.mark.parametrize("block", [(1, 2), (2, 4), (3, 3), (3, 2), (4, 1), (5, 4)])
@pytest.mark.parametrize("corner", [(0, 0), (7, 3)])
def test_sharp_takes_the_middle_of_whole_blocks(block: tuple[int, int], corner: tuple[int, int]) -> None:
    """A middle lies on a pixel or between two; four pixels have the same weight where it lies between in both ways."""
    (down, across), (top, left) = block, corner
    pixels = np.random.RandomState(1).randint(0, 256, (60, 70, 3)).astype(np.uint8)
    box = (left, top, left + 8 * across, top + 6 * down)
    result = apply(Image.fromarray(pixels), Placement((6, 8), box, (0, 0, 8, 6)), "sharp")
    blocks = pixels[top : box[3], left : box[2]].reshape(6, down, 8, across, 3)
    middle = blocks[:, (down - 1) // 2 : down // 2 + 1][:, :, :, (across - 1) // 2 : across // 2 + 1]
    np.testing.assert_array_equal(np.asarray(result), np.floor(middle.mean(axis=(1, 3))))


@pytest.mark.parametrize("policy", ["stretch", "crop", "letterbox"])
@pytest.mark.parametrize("times", [(1, 2), (2, 4), (3, 3), (5, 4), (2, 1)])
def test_sharp_of_an_array_is_that_of_a_picture_to_the_bit(policy: str, times: tuple[int, int]) -> None:
    """Whichever way it goes; a part of an array, and one that runs backwards, are arrays too."""
    pixels = np.random.RandomState(3).randint(0, 256, (12 * times[0] + 4, 16 * times[1], 3)).astype(np.uint8)
    for array in (pixels[4:], pixels[:-4, ::-1], np.asfortranarray(pixels[4:])):
        options = {"size": (12, 16), "policy": policy, "interpolation": "sharp", "fill": 114}
        of_array, of_image = fit_picture(array, **options), fit_picture(Image.fromarray(array), **options)
        np.testing.assert_array_equal(of_array.pixels, of_image.pixels)
        assert of_array[1:] == of_image[1:]


def test_sharp_of_an_array_is_left_to_pillow_where_that_is_quicker() -> None:
    pixels = np.zeros((120, 160, 3), np.uint8)
    assert apply_to_array(pixels, place((120, 160), (60, 80)), "sharp") is not None
    assert apply_to_array(pixels, place((120, 160), (50, 80)), "sharp") is None
    assert apply_to_array(pixels, place((120, 160), (12, 16)), "sharp") is None
    assert apply_to_array(pixels, place((120, 160), (240, 320)), "sharp") is None
    assert apply_to_array(pixels, place((120, 160), (60, 80)), "bilinear") is None


@pytest.mark.parametrize("interpolation", ["sharp", "quick"])
@pytest.mark.parametrize("size", [(7, 9), (10, 10), (17, 23), (30, 40), (50, 70)])
def test_sampling_keeps_the_place(size: tuple[int, int], interpolation: Interpolation) -> None:
    """A slope from left to right stays where it is, whether it is averaged, sampled, both or made larger."""
    slope = np.tile(np.linspace(20, 220, 50).astype(np.uint8), (40, 1))
    result = read_picture(slope, size=size, interpolation=interpolation, color_space="GRAYSCALE").astype(float)
    middles = 20 + 200 * ((np.arange(size[1]) + 0.5) * 50 / size[1] - 0.5) / 49
    assert np.abs(result[:, 1:-1] - middles[1:-1]).max() < 2.5


@pytest.mark.parametrize("size", [(7, 9), (10, 10), (30, 40), (50, 70)])
def test_reduced_is_nearly_bilinear(size: tuple[int, int]) -> None:
    """A slope stays where it is; noise is averaged as much, but for blocks that are weighed alike."""
    slope = np.tile(np.linspace(20, 220, 50).astype(np.uint8), (40, 1))
    noise = np.random.RandomState(2).randint(0, 256, (620, 620)).astype(np.uint8)
    near = [
        [
            read_picture(one, size=size, interpolation=name, color_space="GRAYSCALE").astype(float)
            for one in (slope, noise)
        ]
        for name in ("reduced", "bilinear")
    ]
    assert np.abs(near[0][0] - near[1][0]).max() <= 2
    assert near[0][1].std() < 1.3 * near[1][1].std()


def test_reduced_changes_nothing_that_is_not_shrunk_much() -> None:
    noise = np.random.RandomState(2).randint(0, 256, (40, 40)).astype(np.uint8)
    same = [read_picture(noise, size=(16, 30), interpolation=name) for name in ("reduced", "bilinear")]
    np.testing.assert_array_equal(*same)


def test_sharp_is_bilinear_between_four_pixels() -> None:
    """Three rows to two: each result lies at 1/4 between two of them, and nothing else counts."""
    column = np.array([[0], [100], [200]], np.uint8)
    result = read_picture(column, size=(2, 1), interpolation="sharp", color_space="GRAYSCALE")
    assert result.ravel().tolist() == [25, 175]


def test_quick_is_the_average_of_four_pixels() -> None:
    """Of blocks of 4 x 5 those a quarter of a side away from the edges; the crop begins where it begins."""
    pixels = np.random.RandomState(1).randint(0, 256, (30, 40, 3)).astype(np.uint8)
    result = apply(Image.fromarray(pixels), Placement((5, 9), (3, 2, 39, 27), (0, 0, 9, 5)), "quick")
    blocks = pixels[2:27, 3:39].reshape(5, 5, 9, 4, 3)[:, [1, 3]][:, :, :, [1, 3]]
    np.testing.assert_allclose(np.asarray(result), blocks.mean(axis=(1, 3)), atol=0.5)


def test_sharp_averages_most_of_a_large_picture() -> None:
    """Noise is all but gone in a picture 31 times as small; plain sampling leaves a deviation of 50."""
    noise = np.random.RandomState(2).randint(0, 256, (620, 620)).astype(np.uint8)
    result = read_picture(noise, size=(20, 20), interpolation="sharp", color_space="GRAYSCALE")
    assert result.std() < 10
