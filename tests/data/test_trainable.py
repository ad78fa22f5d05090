"""What cannot be trained on is refused in one line, before the work."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.data import Dataset, check_trainable
from edgewright.errors import DataError


def labeled(labels: list[int], *classes: str) -> Dataset:
    return Dataset(np.zeros((len(labels), 2), np.uint8), np.array(labels, np.int64), classes, "pets", "arrays")


@pytest.mark.parametrize(
    ("labels", "classes", "says"),
    [
        ([0, 0, 0], ("cat",), "only one class"),
        ([0, 0, 0], ("cat", "dog"), "class 'dog' holds no picture. A part"),
        ([0, 0, 1], ("cat", "dog"), "class 'dog' has 1 picture. A part"),
        ([0, 0, 2, 2], ("cat", "dog", "hen"), "class 'dog' holds no picture. A part"),
        ([0, 0, 2], ("cat", "dog", "hen"), "class 'dog', 'hen' has at most 1 picture. A part"),
        ([0, 0, 1, 1], ("Cat", "cat"), "'Cat' and 'cat' differ by case or spaces only"),
        ([0, 0, 1, 1], ("cat", "cat "), "'cat' and 'cat ' differ by case or spaces only"),
        ([0, 0, 1, 1], ("red cat", "Red  cat"), "'red cat' and 'Red  cat' differ by case or spaces only"),
        ([0, 0, 1, 1], ("Straße", "STRASSE"), "'Straße' and 'STRASSE' differ by case or spaces only"),
    ],
)
def test_refused(labels: list[int], classes: tuple[str, ...], says: str) -> None:
    with pytest.raises(DataError, match=says) as caught:
        check_trainable(labeled(labels, *classes), "picture")
    assert "\n" not in str(caught.value)


def test_what_was_lost_before_is_said() -> None:
    with pytest.raises(DataError, match="has 1 picture; 3 of all cannot be read"):
        check_trainable(labeled([0, 0, 1], "cat", "dog"), "picture", unread=3)


def test_passes() -> None:
    check_trainable(labeled([0, 0, 1, 1], "cat", "cats"))
    check_trainable(Dataset(np.zeros((1, 2), np.uint8), None, (), "pets", "arrays"))
