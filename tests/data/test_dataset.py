from __future__ import annotations

import numpy as np
import pytest

from edgewright.data import BoxesTarget, Dataset, from_arrays
from edgewright.errors import DataError

X = np.arange(4 * 2 * 2, dtype=np.uint8).reshape(4, 2, 2)
Y = np.array([0, 1, 0, 1])
BOX = BoxesTarget(np.array([[0.0, 0.0, 1.0, 1.0]]), np.array([2]))


def make(**changes: object) -> Dataset:
    values = {"inputs": X, "targets": Y, "classes": ("cat", "dog"), "name": "pets", "origin": "test"} | changes
    return Dataset(**values)  # type: ignore[arg-type]


def test_a_data_set_keeps_what_it_was_given() -> None:
    pets = make()
    assert len(pets) == 4
    assert pets.counts == (2, 2)
    np.testing.assert_array_equal(pets.x, X)
    np.testing.assert_array_equal(pets.y, Y)


def test_its_arrays_cannot_be_changed_through_it() -> None:
    with pytest.raises(ValueError, match="read-only"):
        make().x[0] = 0
    assert X.flags.writeable


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"targets": np.array([0, 1, 0])}, "4 inputs but 3 labels"),
        ({"targets": np.array([0, 1, 0, 2])}, r"label 2 is outside 0 \.\. 1"),
        ({"targets": np.array([0, -1, 0, 1])}, "label -1 is outside"),
        ({"targets": np.array([0, 1, 0, 1], np.int32)}, "from_arrays converts"),
        ({"inputs": np.array([[0.0, np.nan]] * 4)}, "4 of 4 inputs hold NaN or infinity, first sample 0"),
        (
            {"inputs": np.array([[0.0, 1.0]] * 3 + [[0.0, np.inf]])},
            "1 of 4 inputs hold NaN or infinity, first sample 3",
        ),
        ({"inputs": np.array([["a", "b"]] * 4)}, "the inputs are <U1"),
        ({"inputs": np.array([[None]] * 4)}, "the inputs are object"),
        ({"inputs": np.zeros((4, 2), complex)}, "complex128"),
        ({"inputs": np.zeros((4, 0))}, r"inputs of shape \(4, 0\)"),
        ({"inputs": np.zeros(4)}, r"inputs of shape \(4,\)"),
        ({"inputs": np.zeros((0, 2)), "targets": np.zeros(0, np.int64)}, r"inputs of shape \(0, 2\)"),
        ({"inputs": "four"}, "the inputs are str"),
        ({"inputs": (), "targets": np.zeros(0, np.int64)}, "no samples"),
        ({"targets": [BOX, BOX, BOX, "cat"]}, "sample 3 is labeled with 'cat'"),
        ({"targets": [BOX] * 3}, "4 inputs but 3 labels"),
        ({"targets": [BOX] * 4}, r"label 2 is outside 0 \.\. 1"),
        ({"classes": ()}, "no samples"),
        ({"classes": ("cat", "cat")}, "two classes are named 'cat'"),
        ({"classes": (1, 2)}, "class names are text, got 1"),
        ({"train_count": 4}, "leave a part of it empty"),
    ],
)
def test_what_is_no_data_set_is_refused_in_one_line(changes: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        make(**changes)
    assert str(caught.value).startswith("pets: ")
    assert "\n" not in str(caught.value)


def test_the_digest_depends_on_content_only() -> None:
    swapped = make(inputs=X.astype(">u2"), name="other", origin="elsewhere")
    assert swapped.digest == make(inputs=X.astype("<u2")).digest
    others = [
        make(),
        make(inputs=X + 1),
        make(targets=1 - Y),
        make(classes=("cat", "cow")),
        make(inputs=X.reshape(4, 4)),
        swapped,
    ]
    assert len({one.digest for one in others}) == len(others)
    assert make(inputs=np.asfortranarray(X)).digest == make().digest


def test_take_keeps_order_and_classes() -> None:
    taken = make(train_count=2).take([3, 0])
    np.testing.assert_array_equal(taken.x, X[[3, 0]])
    assert taken.y.tolist() == [1, 0]
    assert taken.classes == ("cat", "dog")
    assert taken.train_count is None


@pytest.mark.parametrize(("indices", "words"), [([], "no samples"), ([4], "sample 4 of 4"), ([-1], "sample -1 of 4")])
def test_take_refuses_what_is_not_there(indices: list[int], words: str) -> None:
    with pytest.raises(DataError, match=words):
        make().take(indices)


def test_from_arrays_names_the_classes_by_number() -> None:
    found = from_arrays(X, [0, 1, 2, 1], name="pets")
    assert found.classes == ("0", "1", "2")
    assert found.notices == ()


def test_ragged_lists_are_refused() -> None:
    with pytest.raises(DataError, match=r"pets: the inputs are not all of one shape"):
        from_arrays([[1, 2], [3]], [0, 1], name="pets")
