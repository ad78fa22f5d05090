from __future__ import annotations

import gzip
import struct
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from edgewright.data import load
from edgewright.data.formats.idx import read_idx
from edgewright.errors import DataError

SharedFile = Callable[[str], Path]
IMAGES, LABELS = "images-idx3-ubyte", "labels-idx1-ubyte"
CODES = {"u1": 0x08, "i1": 0x09, "i2": 0x0B, "i4": 0x0C, "f4": 0x0D, "f8": 0x0E}


def idx(array: np.ndarray) -> bytes:
    head = bytes([0, 0, CODES[array.dtype.str[1:]], array.ndim]) + struct.pack(f">{array.ndim}I", *array.shape)
    return head + array.astype(array.dtype.newbyteorder(">")).tobytes()


def pair(folder: Path, prefix: str, labels: list[int], *, zipped: bool = False) -> Path:
    folder.mkdir(exist_ok=True)
    pictures = np.arange(len(labels) * 6, dtype=np.uint8).reshape(-1, 2, 3)
    for name, array in ((IMAGES, pictures), (LABELS, np.array(labels, np.uint8))):
        data = gzip.compress(idx(array), mtime=0) if zipped else idx(array)
        (folder / f"{prefix}-{name}{'.gz' if zipped else ''}").write_bytes(data)
    return folder / f"{prefix}-{IMAGES}{'.gz' if zipped else ''}"


arrays = st.sampled_from(list(CODES)).flatmap(
    lambda code: hnp.arrays(np.dtype(code), hnp.array_shapes(max_dims=4, max_side=5))
)


@given(arrays, st.booleans())
def test_what_was_written_is_read(array: np.ndarray, zipped: bool) -> None:
    with TemporaryDirectory() as folder:
        path = Path(folder, "x")
        path.write_bytes(gzip.compress(idx(array), 1, mtime=0) if zipped else idx(array))
        read = read_idx(path)
    assert read.shape == array.shape
    np.testing.assert_array_equal(read, array)


@given(st.binary(max_size=60), st.integers(0, 59), st.integers(0, 255), st.booleans())
def test_damage_is_read_or_refused_and_nothing_else(tail: bytes, at: int, byte: int, zipped: bool) -> None:
    whole = idx(np.arange(24, dtype=np.uint8).reshape(4, 2, 3))
    data = bytearray(gzip.compress(whole, 1, mtime=0) if zipped else whole)
    data[at % len(data)] = byte
    with TemporaryDirectory() as folder:
        for content in (bytes(data), bytes(data[:at]), bytes(data) + tail, tail):
            path = Path(folder, "train-images-idx3-ubyte")
            path.write_bytes(content)
            message = ""
            try:
                read_idx(path)
            except DataError as refusal:
                message = str(refusal)
            assert "\n" not in message


def test_the_published_test_digits_are_read(shared_file: SharedFile) -> None:
    dataset = load(shared_file("data/mnist-t10k-images-idx3-ubyte.gz"))
    assert dataset.x.shape == (10000, 28, 28)
    # The first ten labels of the MNIST test set are well known.
    assert dataset.y[:10].tolist() == [7, 2, 1, 0, 4, 1, 4, 9, 5, 9]
    assert dataset.classes == tuple("0123456789")


@pytest.mark.parametrize("zipped", [True, False])
def test_images_labels_or_their_folder_give_the_same(tmp_path: Path, zipped: bool) -> None:
    images = pair(tmp_path, "t10k", [1, 0, 1], zipped=zipped)
    labels = images.with_name(images.name.replace("images", "labels").replace("idx3", "idx1"))
    digests = {load(one).digest for one in (images, labels, tmp_path)}
    assert len(digests) == 1


def test_names_with_dots_are_paired(tmp_path: Path) -> None:
    pair(tmp_path, "train", [1, 0, 1])
    for name in (IMAGES, LABELS):
        (tmp_path / f"train-{name}").rename(tmp_path / f"train-{name}".replace("-idx", ".idx"))
    assert len(load(tmp_path)) == 3


def test_a_train_and_a_test_pair_are_the_published_split(tmp_path: Path) -> None:
    pair(tmp_path, "t10k", [2, 0])
    pair(tmp_path, "train", [1, 0, 1])
    dataset = load(tmp_path)
    assert dataset.y.tolist() == [1, 0, 1, 2, 0]
    assert dataset.train_count == 3


def test_a_file_and_its_compressed_copy_are_one(tmp_path: Path) -> None:
    pair(tmp_path, "train", [1, 0, 1])
    pair(tmp_path, "train", [1, 0, 1], zipped=True)
    assert len(load(tmp_path)) == 3


def test_missing_labels_are_named(tmp_path: Path) -> None:
    images = pair(tmp_path, "train", [1, 0])
    (tmp_path / f"train-{LABELS}").unlink()
    with pytest.raises(DataError, match=f"labels file train-{LABELS} or train-{LABELS}.gz is not beside it"):
        load(images)


def test_an_idx_file_with_another_name_says_how_to_name_it(tmp_path: Path) -> None:
    pair(tmp_path, "train", [1, 0]).rename(tmp_path / "pictures")
    with pytest.raises(DataError, match="which labels belong to it"):
        load(tmp_path / "pictures")


def test_several_sets_in_a_folder_are_listed(tmp_path: Path) -> None:
    for prefix in ("a", "b"):
        pair(tmp_path, prefix, [1, 0])
    with pytest.raises(DataError, match=rf"several IDX sets \(a-{IMAGES}, b-{IMAGES}\)"):
        load(tmp_path)


def test_labels_of_another_length_are_refused(tmp_path: Path) -> None:
    images = pair(tmp_path, "train", [1, 0])
    (tmp_path / f"train-{LABELS}").write_bytes(idx(np.array([1, 0, 1], np.uint8)))
    with pytest.raises(DataError, match=r"inputs of shape \(2, 2, 3\) but labels of shape \(3,\)"):
        load(images)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "ends in the middle of the IDX header, 0 of 4"),
        (b"<html>", "not an IDX file"),
        (b"\0\0\x07\1\0\0\0\1\0", "not an IDX file"),
        (b"\0\0\x08\0", "not an IDX file"),
        (b"\0\0\x08\3\0\0\0\2", "ends in the middle of the IDX header, 4 of 12"),
        (b"\0\0\x08\1\0\0\0\2\0", r"ends in the middle of the values of shape \(2,\), 1 of 2"),
        (b"\0\0\x08\1\0\0\0\2\0\0\0", "more bytes follow"),
        (b"\0\0\x08\1\0\0\0\0", "no values"),
        (gzip.compress(b"\0\0\x08\1\0\0\0\2\0\1", mtime=0)[:-5], "cannot be read"),
    ],
)
def test_each_kind_of_damage_has_its_line(tmp_path: Path, content: bytes, words: str) -> None:
    path = tmp_path / f"train-{IMAGES}"
    path.write_bytes(content)
    with pytest.raises(DataError, match=words):
        read_idx(path)
