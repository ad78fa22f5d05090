"""Views of a picture: the first is what the finished file sees, the others follow from seed, picture and number."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from edgewright.model import InputMetadata
from edgewright.train.pictures.looking import preparation_of
from edgewright.train.pictures.views import Viewing

DESCRIBED = InputMetadata(mean=(127.0,), std=(128.0,), resize="crop", crop_fraction=0.875, interpolation="bicubic")


def viewing(seed: int = 0, *, mirror: bool = True, channels: int = 3) -> Viewing:
    return Viewing(preparation_of((24, 24, channels), DESCRIBED), seed, mirror)


def picture(seed: int, channels: int = 3) -> np.ndarray:
    shape = (40, 52, 3) if channels == 3 else (40, 52)
    return np.random.RandomState(seed).randint(0, 256, shape).astype(np.uint8)


def test_first_view_is_what_the_file_sees() -> None:
    np.testing.assert_array_equal(
        viewing().view(picture(1), 5, 0), preparation_of((24, 24, 3), DESCRIBED)(picture(1))[0]
    )


@settings(max_examples=15, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), place=st.integers(0, 10**6), number=st.integers(1, 50), gray=st.booleans())
def test_views_repeat_and_stay_within_the_scale(seed: int, place: int, number: int, gray: bool) -> None:
    channels = 1 if gray else 3
    seen = viewing(seed, channels=channels).view(picture(2, channels), place, number)
    assert seen.shape == (24, 24, channels)
    assert seen.dtype == np.float32
    assert seen.min() >= (0 - 127) / 128
    assert seen.max() <= (255 - 127) / 128
    np.testing.assert_array_equal(seen, viewing(seed, channels=channels).view(picture(2, channels), place, number))


def test_seed_picture_and_number_each_make_another_view() -> None:
    seen = [viewing(0).view(picture(3), 0, 1), viewing(1).view(picture(3), 0, 1)]
    seen += [viewing(0).view(picture(3), 1, 1), viewing(0).view(picture(3), 0, 2)]
    assert len({view.tobytes() for view in seen}) == 4


def test_in_a_mirror_left_is_right() -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 48)[None, :, None], (48, 48, 3)).astype(np.uint8)
    np.testing.assert_allclose(viewing().mirrored(ramp), viewing().view(ramp, 0, 0)[:, ::-1], atol=0.02)


def test_nothing_is_mirrored_where_that_would_change_the_meaning() -> None:
    ramp = np.broadcast_to(np.linspace(0, 255, 48)[None, :, None], (48, 48, 3)).astype(np.uint8)

    def rises(mirror: bool) -> set[bool]:
        views = [viewing(mirror=mirror).view(ramp, 0, number) for number in range(1, 30)]
        return {bool(view[:, -1].mean() > view[:, 0].mean()) for view in views}

    assert rises(True) == {True, False}
    assert rises(False) == {True}
