"""What names of files say of pictures that belong together."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from edgewright.train.likeness.numbering import neighbors, passes


def named(*names: str) -> list[Path]:
    return [Path("data") / name for name in names]


@pytest.mark.parametrize(
    ("names", "pairs"),
    [
        (["a/f_001.jpg", "a/f_002.jpg", "a/f_003.jpg"], [(0, 1), (1, 2)]),
        (["a/f_3.jpg", "a/f_10.jpg", "a/f_2.jpg", "a/f_9.jpg"], [(0, 2), (1, 3)]),
        (["a/f_1.jpg", "a/f_3.jpg", "a/f_6.jpg"], [(0, 1)]),
        (["a/f_1.jpg", "b/f_2.jpg"], [(0, 1)]),
        (["a/f_1.jpg", "a/f_2.jpg", "b/f_1.jpg", "b/f_2.jpg"], [(0, 1), (2, 3)]),
        (["a/f_1.jpg", "a/g_2.jpg", "a/f_2_old.jpg", "a/cat.jpg"], []),
        (["a/cup (1).jpg", "a/cup (2).jpg"], [(0, 1)]),
        (["a/clip1_07.crop.png", "a/clip1_08.crop.png", "a/clip2_08.crop.png"], [(0, 1)]),
    ],
)
def test_neighbors(names: list[str], pairs: list[tuple[int, int]]) -> None:
    assert neighbors(named(*names)) == pairs


def test_what_has_no_name_has_no_neighbors() -> None:
    assert neighbors([b"bytes", np.zeros((2, 2)), Path("a/1.png")]) == []
    assert passes([b"bytes"] * 9, np.arange(9) % 3) == []


def series(classes: list[int], start: int = 100, step: int = 1) -> list[Path]:
    return named(*(f"{label}/IMG_{start + step * at}.JPG" for at, label in enumerate(classes)))


def test_passes_end_where_the_first_class_comes_again() -> None:
    classes = [0, 1, 2] * 4
    assert passes(series(classes), np.array(classes)) == [(at, at + 1) for at in range(11) if at % 3 < 2]


def test_the_order_of_a_pass_is_that_of_the_numbers_and_not_of_the_alphabet() -> None:
    classes = [2, 0, 1] * 4
    assert passes(series(classes), np.array(classes)) == [(at, at + 1) for at in range(11) if at % 3 < 2]


def test_a_picture_that_is_missing_or_copied_does_not_end_all_passes() -> None:
    classes = [0, 1, 2, 3] * 6
    files = series(classes)
    del files[9], classes[9]
    files.append(Path("data/2/IMG_100.JPG"))
    pairs = passes(files, np.array([*classes, 2]))
    assert (8, 9) in pairs
    assert not any(23 in pair for pair in pairs)
    assert len(pairs) == 17


@pytest.mark.parametrize(
    "classes",
    [
        [0] * 10 + [1] * 10 + [2] * 10,
        [0, 0, 1, 1, 2, 2] * 5,
        [0, 1, 2] * 2,
        [0, 1] * 10 + [2] * 10,
        np.random.RandomState(0).randint(0, 3, 60).tolist(),
        np.random.RandomState(1).randint(0, 2, 200).tolist(),
    ],
    ids=["one after the other", "twice each", "too few passes", "one class apart", "any three", "any two"],
)
def test_no_passes(classes: list[int]) -> None:
    assert passes(series(classes), np.array(classes)) == []


def test_numbers_far_apart_are_no_pass() -> None:
    classes = [0, 1, 2] * 5
    assert passes(series(classes, step=50), np.array(classes)) == []


@given(st.integers(2, 6), st.integers(3, 8), st.randoms(use_true_random=False))
def test_no_pass_has_a_class_twice(count: int, times: int, random: object) -> None:
    classes = list(range(count)) * times
    files = series(classes)
    left_out = set(random.sample(range(len(classes)), len(classes) // 10))  # type: ignore[attr-defined]
    files = [file for at, file in enumerate(files) if at not in left_out]
    labels = np.array([label for at, label in enumerate(classes) if at not in left_out])
    group = {at: at for at in range(len(files))}
    for first, second in passes(files, labels):
        kept, merged = group[first], group[second]
        group = {at: kept if one == merged else one for at, one in group.items()}
    for one in set(group.values()):
        members = [labels[at] for at in group if group[at] == one]
        assert len(members) == len(set(members))
