"""Arrays in files of strangers: read as they are, refused in one line, never run."""

from __future__ import annotations

import json
import pickle
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.errors import DataError
from edgewright.media import array_of, read_arrays


def test_what_was_saved_is_read(tmp_path: Path) -> None:
    x, y = np.arange(6, dtype=np.int8).reshape(2, 3), np.float64([0.5, np.nan])
    np.save(tmp_path / "x.npy", x)
    np.savez_compressed(tmp_path / "both.npz", x=x, y=y)
    np.testing.assert_array_equal(read_arrays(tmp_path / "x.npy"), x)
    both = read_arrays(tmp_path / "both.npz")
    assert isinstance(both, dict)
    assert {name: array.dtype.name for name, array in both.items()} == {"x": "int8", "y": "float64"}
    np.testing.assert_array_equal(both["y"], y)


@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        ([[1, 2], [3, 4]], "float64"),
        ([1.5, 2], "float64"),
        ([True, False], "bool"),
        (["a", "bc"], "<U2"),
        (3, "float64"),
        ([2**53 + 1], "int64"),
        ([], "float64"),
    ],
)
def test_json_holds_real_numbers_truth_values_and_texts(tmp_path: Path, value: Any, dtype: str) -> None:
    (tmp_path / "a.json").write_text(json.dumps({"x": value}))
    found = read_arrays(tmp_path / "a.json")
    assert isinstance(found, dict)
    assert (found["x"].dtype.str.lstrip("|") if dtype.startswith("<") else found["x"].dtype.name) == dtype
    np.testing.assert_array_equal(found["x"], np.array(value))


class Trap:
    """What a pickle would run."""

    def __reduce__(self) -> Any:
        return (exec, ("raise SystemExit('the pickle ran')",))


def header(shape: str, descr: str = "'|u1'") -> bytes:
    text = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}}}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(text).to_bytes(2, "little") + text


BROKEN = {
    "objects": (header("(1,)", "'|O'") + pickle.dumps(Trap()), "Python objects"),
    "code in the header": (header("(1,)", "exec('x=1')") + b"\0", "not a NumPy array"),
    "huge": (header(f"({2**62},)") + b"\0", "over the limit"),
    "negative": (header("(-1,)") + b"\0", "its header promises|not a NumPy array"),
    "promises more": (header("(1000000, 784)") + b"\0", "its header promises shape"),
    "holds more": (header("(1,)") + b"\0\0", "more bytes follow"),
    "another version": (b"\x93NUMPY\x07\x00" + b"\0" * 20, "version .* is not read"),
    "empty": (b"", "not a NumPy array"),
    "text": (b"1,2,3\n", "not a NumPy array"),
}


@pytest.mark.parametrize("name", BROKEN)
@pytest.mark.parametrize("suffix", [".npy", ".npz"])
def test_broken_arrays_are_one_line(tmp_path: Path, name: str, suffix: str) -> None:
    content, words = BROKEN[name]
    path = tmp_path / f"a{suffix}"
    if suffix == ".npz":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("x.npy", content)
    else:
        path.write_bytes(content)
    refused(path, words)


def refused(path: Path, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        read_arrays(path)
    assert str(caught.value).startswith(str(path))
    assert "\n" not in str(caught.value)


def test_an_archive_that_would_grow_without_bounds_is_refused(tmp_path: Path) -> None:
    np.savez_compressed(tmp_path / "bomb.npz", x=np.zeros(20_000_000, np.uint8))
    refused(tmp_path / "bomb.npz", "decompression bomb")
    with zipfile.ZipFile(tmp_path / "many.npz", "w") as archive:
        for number in range(1001):
            archive.writestr(f"{number}.npy", b"")
    refused(tmp_path / "many.npz", "it holds 1,001 files")
    with zipfile.ZipFile(tmp_path / "none.npz", "w"):
        pass
    refused(tmp_path / "none.npz", "there are no arrays in it")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "cannot be read"),
        ("{}", "there are no arrays in it"),
        ('{"x": [[1], [1, 2]]}', "x: no array; lists beside each other differ"),
        ('{"x": {"y": 1}}', "x: no array of numbers"),
        ('{"x": [null]}', "x: no array of numbers"),
        ("[" * 100_000, "nested over 200 deep"),
        ("[" + "[1]," * 1_000_001 + "[1]]", "more than 1,000,000 values"),
        ("null", "no array of numbers"),
        ('{"x": [1e999, 1]}', None),
    ],
    ids=range(9),
)
def test_json_that_holds_no_arrays_is_one_line(tmp_path: Path, text: str, words: str | None) -> None:
    (tmp_path / "a.json").write_text(text)
    if words is None:
        assert np.isinf(read_arrays(tmp_path / "a.json")["x"][0])
    else:
        refused(tmp_path / "a.json", words)


def test_other_files_are_told_apart_by_their_name(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("1 2 3")
    refused(tmp_path / "a.txt", r"no arrays\. Expected \.npz, \.npy, \.json")
    refused(tmp_path / "gone.npz", "no such file")


def test_an_array_stays_what_it_is() -> None:
    array = np.int16([1, 2])
    assert array_of(array, "x") is array
