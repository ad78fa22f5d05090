from __future__ import annotations

import zipfile
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgewright.data import load
from edgewright.errors import DataError

SharedFile = Callable[[str], Path]
X = np.arange(12, dtype=np.uint8).reshape(3, 2, 2)


def save(folder: Path, compressed: bool = False, **arrays: object) -> Path:
    path = folder / "data.npz"
    (np.savez_compressed if compressed else np.savez)(path, **arrays)  # type: ignore[arg-type]
    return path


@given(
    hnp.arrays(st.sampled_from(["u1", "i2", ">i4", "f4", ">f8"]), hnp.array_shapes(min_dims=2, max_dims=4, max_side=4),
               elements=st.integers(0, 100)),
    st.booleans(),
)  # fmt: skip
def test_what_was_saved_is_loaded(x: np.ndarray, compressed: bool) -> None:
    x = np.concatenate([x, x])
    y = np.arange(len(x)) % 2
    with TemporaryDirectory() as folder:
        dataset = load(save(Path(folder), compressed, x=np.asfortranarray(x), y=y))
    np.testing.assert_array_equal(dataset.x, x)
    assert dataset.x.dtype == x.dtype.newbyteorder("=")
    assert dataset.y.tolist() == y.tolist()


@given(st.data())
def test_damage_is_read_or_refused_and_nothing_else(data: st.DataObject) -> None:
    with TemporaryDirectory() as folder:
        path = save(Path(folder), data.draw(st.booleans()), x=X, y=np.array([0, 1, 0]))
        content = bytearray(path.read_bytes())
        for _ in range(data.draw(st.integers(1, 3))):
            content[data.draw(st.integers(0, len(content) - 1))] = data.draw(st.integers(0, 255))
        path.write_bytes(content[: data.draw(st.integers(0, len(content)) | st.just(len(content)))])
        message = ""
        try:
            load(path)
        except DataError as refusal:
            message = str(refusal)
        assert "\n" not in message


def test_the_published_clothes_are_read(shared_file: SharedFile) -> None:
    dataset = load(shared_file("data/fashion_mnist_900.npz"))
    assert dataset.x.shape == (900, 28, 28)
    assert dataset.counts == (90,) * 10
    assert dataset.notices == ()


def test_the_four_arrays_of_keras_are_a_published_split(tmp_path: Path) -> None:
    path = save(tmp_path, x_train=X, y_train=[0, 1, 0], x_test=X[:2], y_test=[2, 1])
    dataset = load(path)
    assert dataset.y.tolist() == [0, 1, 0, 2, 1]
    assert dataset.train_count == 3


def test_class_names_travel_in_the_file(tmp_path: Path) -> None:
    assert load(save(tmp_path, x=X, y=[0, 1, 0], classes=["cat", "dog"])).classes == ("cat", "dog")


def test_other_content_than_an_archive_is_recognized_without_suffix(tmp_path: Path) -> None:
    path = save(tmp_path, x=X, y=[0, 1, 0]).rename(tmp_path / "data.bin")
    assert len(load(path)) == 3


@pytest.mark.parametrize(
    ("arrays", "words"),
    [
        ({"images": X, "labels": [0, 1, 0]}, r"expected arrays x and y \(or x_train.*\); it holds images, labels"),
        ({}, "it holds nothing"),
        ({"x": X, "y": [0, 1]}, r"inputs of shape \(3, 2, 2\) but labels of shape \(2,\)"),
        ({"x": X, "y": [0.0, 1.0, 0.0]}, "the labels are float64"),
        ({"x": X, "y": ["a", "b", "a"]}, "the labels are text"),
        ({"x": X, "y": [1, 1, 1]}, "all 3 samples are of one class"),
        ({"x": np.full((3, 2), np.nan), "y": [0, 1, 0]}, "3 of 3 inputs hold NaN"),
        ({"x": np.array([[None]] * 3), "y": [0, 1, 0]}, "a pickle that could run anything"),
        ({"x": X, "y": np.array([0, "b", None], object)}, "a pickle that could run anything"),
        ({"x": np.zeros(3, "i4,f4"), "y": [0, 1, 0]}, "inputs are"),
        ({"x": X, "y": 3}, "labels of shape"),
        ({"x": X[:0], "y": np.zeros(0, int)}, "no samples"),
        ({"x": X, "y": [0, 1, 0], "classes": [1, 2]}, "Expected text"),
        ({"x": X, "y": [0, 1, 2], "classes": ["a", "b"]}, "label 2 is outside"),
        (
            {"x_train": X, "y_train": [0, 1, 0], "x_test": X[:, :1], "y_test": [0, 1, 0]},
            "inputs of train and test diff",
        ),
    ],
)
def test_each_wrong_content_has_its_line(tmp_path: Path, arrays: dict[str, object], words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        load(save(tmp_path, **arrays))
    assert "\n" not in str(caught.value)
    assert "data.npz" in str(caught.value)


@pytest.mark.parametrize("content", [b"", b"<html>hello", b"PK\x03\x04 and then nothing"])
def test_what_is_no_archive_is_said(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "data.npz"
    path.write_bytes(content)
    with pytest.raises(DataError, match=r"not an \.npz file, or cut short"):
        load(path)


def test_a_zip_of_something_else_lists_what_it_holds(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "data.npz", "w") as archive:
        archive.writestr("cats/1.jpg", b"x")
    with pytest.raises(DataError, match=r"it holds cats/1\.jpg"):
        load(tmp_path / "data.npz")
