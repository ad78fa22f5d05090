from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from edgewright.data import Dataset, from_arrays, load, load_samples
from edgewright.errors import DataError, UsageError

X = np.arange(8, dtype=np.float32).reshape(4, 2)


def test_load_takes_pairs() -> None:
    dataset = load(zip(X, [0, 1, 1, 0], strict=True))
    assert np.array_equal(dataset.x, X)
    assert dataset.y.tolist() == [0, 1, 1, 0]
    named = load([(one, label) for one, label in zip(X, ["dog", "cat", "cat", "dog"], strict=True)])
    assert named.classes == ("cat", "dog")
    assert named.y.tolist() == [1, 0, 0, 1]


def test_load_needs_labels_and_one_shape() -> None:
    with pytest.raises(DataError, match="no labels"):
        load(list(X))
    with pytest.raises(DataError, match="not all of one shape"):
        load([(np.zeros(2), 0), (np.zeros(3), 1)])


@pytest.mark.parametrize(
    ("labels", "says"),
    [
        ([0.0, 1.0], r"label '0\.0'\. Expected an integer"),
        ([0, "cat"], "label 'cat'"),
        ([True, False], "label 'True'"),
        ([0, None], "label 'None'"),
        ([0, -1], "label -1 is outside"),
        ([1, 1], "of one class"),
        (["a", "a"], "of one class"),
    ],
)
def test_labels_that_cannot_be_meant_are_refused(labels: list[object], says: str) -> None:
    with pytest.raises(DataError, match=says):
        load_samples([(np.zeros(2), label) for label in labels])


def test_pairs_and_inputs_are_not_mixed() -> None:
    with pytest.raises(DataError, match="sample 1 is no pair"):
        load_samples([(X[0], 0), X[1]])


def test_no_samples_are_refused() -> None:
    for nothing in ([], (), np.zeros((0, 2))):
        with pytest.raises(DataError, match="no samples"):
            load_samples(nothing)


def test_inputs_alone_have_no_labels() -> None:
    for data in (X, list(X), iter(X), (one for one in X)):
        samples = load_samples(data)
        assert samples.y is None
        assert samples.classes == ()
        assert len(samples) == 4


def test_a_data_set_and_a_pair_of_arrays_are_labeled() -> None:
    dataset = from_arrays(X, [0, 1, 0, 1], name="d", train_count=2)
    samples = load_samples(dataset)
    assert np.shares_memory(samples.inputs, dataset.x)
    assert samples.train_count == 2
    assert load_samples(samples) is samples
    assert load_samples((X, np.array([0, 1, 2, 0]))).classes == ("0", "1", "2")


def test_a_folder_of_pictures_alone_has_no_labels(tmp_path: Path) -> None:
    for name in ("b", "a"):
        Image.new("RGB", (2, 2)).save(tmp_path / f"{name}.png")
    (tmp_path / "notes.txt").touch()
    samples = load_samples(tmp_path)
    assert samples.y is None
    assert list(samples.inputs) == [tmp_path / "a.png", tmp_path / "b.png"]
    with pytest.raises(DataError, match="2 pictures but no class folders"):
        load(tmp_path)


def test_class_folders_are_listed_without_decoding(tmp_path: Path) -> None:
    for name in ("dog", "cat"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "1.jpg").touch()
    samples = load_samples(tmp_path)
    assert samples.classes == ("cat", "dog")
    assert samples.y is not None
    assert samples.y.tolist() == [0, 1]


def test_names_and_archives_are_read(tmp_path: Path) -> None:
    assert len(load_samples("mnist5k")) == 5000
    np.savez(tmp_path / "d.npz", x=X, y=[0, 1, 0, 1])
    assert np.array_equal(load_samples(str(tmp_path / "d.npz")).inputs, X)


@pytest.mark.parametrize("data", [None, 5, b"bytes", {"x": X}])
def test_anything_else_is_refused(data: object) -> None:
    with pytest.raises(UsageError, match="Expected a name, a path, arrays, or pairs"):
        load_samples(data)


def test_labels_that_do_not_fit_are_refused() -> None:
    with pytest.raises(DataError, match="4 inputs but 3 labels"):
        Dataset(X, np.array([0, 1, 0]), ("a", "b"), "s", "")
    with pytest.raises(DataError, match=r"label 2 is outside 0 \.\. 1, the 2 classes"):
        Dataset(X, np.array([0, 1, 2, 0]), ("a", "b"), "s", "")
