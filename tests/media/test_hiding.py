"""What is blurred is gone, at any size and place, and nothing of the original travels along."""

from __future__ import annotations

import io

import numpy as np
import pytest
from PIL import Image

from edgewright.media import Box, blur_boxes


def striped(width: int, height: int) -> Image.Image:
    """Black and white in stripes of four pixels, as strong a pattern as there is."""
    rows = (np.indices((height, width)).sum(axis=0) // 4 % 2 * 255).astype(np.uint8)
    return Image.fromarray(rows).convert("RGB")


@pytest.mark.parametrize("box", [(20, 20, 28, 28), (30, 10, 90, 90), (10, 10, 390, 290)])
def test_a_pattern_is_gone_at_any_size(box: tuple[int, int, int, int]) -> None:
    x0, y0, x1, y1 = box
    blurred = np.asarray(blur_boxes(striped(400, 300), [Box(*box)])).astype(int)[y0:y1, x0:x1]
    assert blurred.std() < 12
    assert np.abs(blurred.mean() - 127) < 20


@pytest.mark.parametrize("box", [(-30, -40, 50, 60), (350, 250, 500, 400), (-10, 100, 410, 200), (380, -5, 405, 20)])
def test_a_box_that_lies_partly_beside_the_picture(box: tuple[int, int, int, int]) -> None:
    blurred = np.asarray(blur_boxes(striped(400, 300), [Box(*box)])).astype(int)
    x0, y0, x1, y1 = max(box[0], 0), max(box[1], 0), min(box[2], 400), min(box[3], 300)
    assert blurred.shape == (300, 400, 3)
    assert blurred[y0:y1, x0:x1].std() < 12


@pytest.mark.parametrize("box", [(-50, -50, -20, -20), (500, 400, 600, 500), (10, 10, 10, 10)])
def test_a_box_beside_the_picture_or_without_area_changes_nothing_else(box: tuple[int, int, int, int]) -> None:
    changed = np.asarray(blur_boxes(striped(400, 300), [Box(*box)])) != np.asarray(striped(400, 300))
    assert not changed.any()


def test_a_turned_box_is_covered_whole() -> None:
    blurred = np.asarray(blur_boxes(striped(400, 300), [Box(100, 140, 300, 160, np.pi / 4)])).astype(int)
    for step in (-95, 0, 95):
        x, y = round(200 + step * 0.7), round(150 + step * 0.7)
        assert blurred[y - 5 : y + 6, x - 5 : x + 6].std() < 12


def test_where_two_boxes_meet_nothing_comes_back() -> None:
    both = np.asarray(blur_boxes(striped(200, 100), [Box(20, 20, 80, 80), Box(60, 20, 120, 80)])).astype(int)
    assert both[20:80, 20:120].std() < 15


def test_the_original_stays_as_it_was() -> None:
    image = striped(100, 100)
    before = np.array(image)
    blur_boxes(image, [Box(10, 10, 90, 90)])
    np.testing.assert_array_equal(np.asarray(image), before)


@pytest.mark.parametrize("mode", ["L", "P", "RGBA", "CMYK"])
def test_any_mode_becomes_rgb(mode: str) -> None:
    result = blur_boxes(striped(60, 40).convert(mode), [Box(5, 5, 30, 30)])
    assert (result.mode, result.size) == ("RGB", (60, 40))


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "TIFF"])
def test_nothing_travels_along(form: str) -> None:
    """Pillow writes comments and color profiles of a picture that was read into the next file, unasked."""
    stream = io.BytesIO()
    exif = Image.Exif()
    exif[0x010E] = "taken at home"
    striped(60, 40).save(stream, "JPEG", exif=exif, comment=b"a secret", icc_profile=b"profile" * 20, dpi=(300, 300))
    read = Image.open(io.BytesIO(stream.getvalue()))
    result = blur_boxes(read, [Box(5, 5, 30, 30)])
    assert not result.info
    saved = io.BytesIO()
    result.save(saved, form)
    for words in (b"taken at home", b"a secret", b"profileprofile"):
        assert words in stream.getvalue()
        assert words not in saved.getvalue()


@pytest.mark.parametrize("far", [1e5, 1e10, 1e38])
def test_a_box_that_reaches_far_beyond_the_picture_is_hidden(far: float) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (60, 80, 3), np.uint8)
    hidden = np.asarray(blur_boxes(Image.fromarray(pixels), [Box(-far, 0, far, far)]))
    assert hidden.std(axis=(0, 1)).max() < 3
