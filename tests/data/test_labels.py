from __future__ import annotations

import numpy as np
import pytest

from edgewright.data.labels import to_indices
from edgewright.errors import DataError


@pytest.mark.parametrize("dtype", ["u1", "i1", ">i4", "u8", "i8"])
@pytest.mark.parametrize("shape", [(4,), (4, 1)])
def test_integers_of_any_width_and_as_a_column_are_taken(dtype: str, shape: tuple[int, ...]) -> None:
    found = to_indices(np.array([0, 2, 1, 0], dtype).reshape(shape), None, "d")
    assert found.y.tolist() == [0, 2, 1, 0]
    assert found.y.dtype == np.int64
    assert found.classes == ("0", "1", "2")


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, bool])
def test_one_hot_labels_are_read_and_said(dtype: type) -> None:
    found = to_indices(np.eye(3)[[0, 2, 1]].astype(dtype), ("a", "b", "c"), "d")
    assert found.y.tolist() == [0, 2, 1]
    assert found.classes == ("a", "b", "c")
    assert found.notices == ("The labels were one-hot and were read as class indices.",)


def test_labels_counting_from_one_are_pointed_out() -> None:
    (notice,) = to_indices(np.array([1, 2, 3]), None, "d").notices
    assert notice == "No sample of 1 of the 4 classes: 0. Do the labels count from 1? Class indices count from 0."


def test_gaps_in_the_labels_are_pointed_out() -> None:
    assert to_indices(np.array([0, 9]), None, "d").notices == ("No sample of 8 of the 10 classes: 1, 2, 3, 4, 5, ....",)


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        ([0.0, 1.0], r"the labels are float64.*save y.astype\('int64'\)"),
        ([0.5, 1.5], "the labels are float64"),
        ([True, False], "the labels are bool"),
        (["cat", "dog"], r"text or objects.*numpy.unique\(labels, return_inverse=True\)"),
        (np.array([0, "x"], object), "text or objects"),
        ([0, -1], "label -1 is outside"),
        ([0, 2**40], "label 1099511627776 is outside"),
        (np.array([0, 2**64 - 1], np.uint64), "label 18446744073709551615 is outside"),
        ([3, 3, 3], "all 3 samples are of one class, '3'"),
        ([], "no samples|the labels are float64"),
        (np.zeros((3, 4)), "not one-hot"),
        (np.ones((3, 4)), "not one-hot"),
        (np.array([[2, -1], [1, 0]]), "not one-hot"),
        (np.array([["1", "0"]]), "not one-hot"),
        (np.array([[np.nan, 1.0]]), "not one-hot"),
        (np.zeros((2, 2, 2), int), "not one-hot|Expected one integer"),
        (np.array(3), r"labels of shape \(\)"),
    ],
)
def test_what_cannot_be_meant_is_one_line(labels: object, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        to_indices(np.asarray(labels), None, "d")
    assert "\n" not in str(caught.value)


def test_more_labels_than_classes_is_found_by_the_data_set() -> None:
    assert to_indices(np.array([0, 1, 2]), ("a", "b"), "d").classes == ("a", "b")
