"""Pictures arrive as they were given, and right and wrong differ by more than a color."""

from __future__ import annotations

import base64
import io
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from PIL import Image

from edgewright.errors import UsageError
from edgewright.report import Picture, Pictures, encode_png

from ..exploring import examples

DIGIT = encode_png(np.arange(784, dtype=np.uint8).reshape(28, 28))


@settings(max_examples=examples(50))
@given(
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
    st.sampled_from([None, 1, 3, 4]),
    st.integers(0, 2**32 - 1),
    st.booleans(),
)
def test_png_keeps_every_pixel(size: tuple[int, int], channels: int | None, seed: int, flipped: bool) -> None:
    shape = size if channels is None else (*size, channels)
    pixels = np.random.default_rng(seed).integers(0, 256, shape, np.uint8)
    pixels = pixels[:, ::-1] if flipped else pixels
    back = np.asarray(Image.open(io.BytesIO(encode_png(pixels))))
    assert np.array_equal(back, pixels.squeeze(-1) if channels == 1 else pixels)


@pytest.mark.parametrize(
    "pixels",
    [
        np.zeros((28, 28), np.float32),
        np.zeros((28, 28, 2), np.uint8),
        np.zeros((1, 28, 28, 1), np.uint8),
        np.zeros((0, 28), np.uint8),
        np.zeros(28, np.uint8),
    ],
)
def test_what_is_no_picture_is_refused_with_what_was_expected(pixels: np.ndarray[Any, Any]) -> None:
    with pytest.raises(UsageError, match="expected uint8"):
        encode_png(pixels)


def test_the_page_holds_the_very_bytes(read_html: Callable[[str], Any]) -> None:
    document = read_html(Pictures("Digits", [Picture(DIGIT, "4")]).to_html())
    head, _, encoded = document.all("img")[0].attributes["src"].partition(",")
    assert head == "data:image/png;base64"
    assert base64.b64decode(encoded) == DIGIT


def test_a_photograph_is_not_shortened_as_text_is(read_html: Callable[[str], Any]) -> None:
    photo = encode_png(np.random.default_rng(0).integers(0, 256, (200, 300, 3), np.uint8))
    source = read_html(Pictures("p", [Picture(photo, "noise")]).to_html()).all("img")[0].attributes["src"]
    assert base64.b64decode(source.partition(",")[2]) == photo


def test_right_and_wrong_differ_in_shape_and_in_words(read_html: Callable[[str], Any]) -> None:
    grid = Pictures("Digits", [Picture(DIGIT, "4", "0.98", "right"), Picture(DIGIT, "9", "0.61", "wrong")])
    document = read_html(grid.to_html())
    assert [node.text for node in document.with_class("label")] == ["right: 4", "wrong: 9"]
    marks = [node.attributes["d"] for node in document.all("path")]
    assert len(set(marks)) == 2


def test_a_picture_is_described(read_html: Callable[[str], Any]) -> None:
    grid = Pictures("Digits", [Picture(DIGIT, "4", "score 0.98"), Picture(DIGIT, "4", description="a four")])
    images = read_html(grid.to_html()).all("img")
    assert [image.attributes["alt"] for image in images] == ["Picture, 4, score 0.98", "a four"]


def test_only_small_pictures_are_shown_pixel_by_pixel(read_html: Callable[[str], Any]) -> None:
    large = encode_png(np.zeros((96, 20, 3), np.uint8))
    file = io.BytesIO()
    Image.new("RGB", (8, 8)).save(file, "JPEG")
    grid = Pictures("Mixed", [Picture(DIGIT, "a"), Picture(large, "b"), Picture(file.getvalue(), "c")])
    images = read_html(grid.to_html()).all("img")
    assert [image.attributes.get("class") for image in images] == ["pixels", None, None]
    assert images[2].attributes["src"].startswith("data:image/jpeg;base64,")


@pytest.mark.parametrize("image", [b"", b"<svg onload='alert(1)'></svg>", b"GIF89a"])
def test_other_files_are_refused(image: bytes) -> None:
    with pytest.raises(UsageError, match="PNG or JPEG"):
        Picture(image, "x")


def test_an_unknown_verdict_is_refused() -> None:
    with pytest.raises(UsageError, match="right, wrong"):
        Picture(DIGIT, "x", verdict="maybe")  # type: ignore[arg-type]
