"""Plain tensors: named arrays in and out, for every file that nothing else is known about."""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.errors import DataError, UsageError
from edgewright.hub import load
from edgewright.model import ModelFile
from edgewright.task import Tensors, files_of, in_one_line, kind_of, open_task

from ..model.builders import add_model, model, one_operator, operator, quantized, raw, subgraph, tensor

ADD = ("AddOptions", {"fused_activation_function": 0})
SCALE, ZERO = 0.5, 3


def added(dtype: str = "float32", **more: Any) -> ModelFile:
    """Two vectors of four numbers, x and y, into their sum, z."""
    tensors = [{**tensor([1, 4], dtype, **more), "name": name} for name in "xyz"]
    return ModelFile(raw(model(subgraph(tensors, [operator("ADD", [0, 1], [2], ADD)], [0, 1], [2]))), "sum.tflite")


def quantized_add(dtype: str) -> ModelFile:
    return added(dtype, quantization=quantized([SCALE], [ZERO]))


def answer(file: ModelFile, source: Any) -> Tensors:
    with open_task(file, task="tensors") as run:
        result = run(source)
    assert isinstance(result, Tensors)
    return result


X, Y = np.float32([[1, 2, 3, 4]]), np.float32([[0.5, 0.5, -1, 0]])


@pytest.mark.parametrize(
    "source",
    [
        {"x": X, "y": Y},
        {"y": Y, "x": X},
        {0: X, "1": Y},
        (X, Y),
        {"arr_0": X[0], "arr_1": Y[0]},
        {"x": [[1, 2, 3, 4]], "y": [0.5, 0.5, -1, 0]},
        {"x": X.astype(np.int64), "y": Y.astype(np.float64)},
    ],
    ids=["names", "any order", "places", "tuple", "unnamed, without the 1", "lists", "other types"],
)
def test_inputs_by_name_by_place_and_in_order(source: Any) -> None:
    found = answer(added(), source)
    assert list(found) == ["z"]
    np.testing.assert_array_equal(found["z"], X + Y)


@pytest.mark.parametrize("dtype", ["int8", "uint8"])
def test_real_numbers_are_quantized_and_come_back_real(dtype: str) -> None:
    x, y = np.float32([[1, 2, 3, 4]]), np.float32([[10, 0.5, 0.2, 20]])
    found = answer(quantized_add(dtype), {"x": x, "y": y})["z"]
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, np.rint(x / SCALE) * SCALE + np.rint(y / SCALE) * SCALE, atol=SCALE)


def test_stored_numbers_are_taken_as_they_are() -> None:
    x, y = np.int8([[5, 7, 9, 11]]), np.int8([[23, 4, 3, 43]])
    real = (x.astype(np.float32) - ZERO) * SCALE, (y.astype(np.float32) - ZERO) * SCALE
    file = quantized_add("int8")
    np.testing.assert_array_equal(answer(file, (x, y))["z"], answer(file, real)["z"])


@pytest.mark.parametrize(
    ("source", "words"),
    [
        ({"x": X}, r"no array for 'y'; it has 2 inputs 'x' float32 \[1, 4\], 'y' float32 \[1, 4\]"),
        ({"x": X, "why": Y}, "it has no input 'why'; it has 2 inputs 'x'"),
        ({"x": X, 0: Y, "y": Y}, "two arrays for its input 'x'; one is 0"),
        (X, "1 array for its 2 inputs 'x'"),
        ((X, Y, Y), "3 arrays for its 2 inputs"),
        ({"x": X[:, :3], "y": Y}, r"its input 'x' takes the shape \[1, 4\], got \[1, 3\]"),
        ({"x": X[None, None], "y": Y}, r"takes the shape \[1, 4\], got \[1, 1, 1, 4\]"),
        ({"x": ["a", "b", "c", "d"], "y": Y}, "its input 'x' takes float32, got texts"),
        ({"x": X + 1j, "y": Y}, "its input 'x' takes float32, got complex64 with numbers that are none of those"),
        ({"x": X.astype(np.float64) * 1e300, "y": Y}, "takes float32, got float64 with numbers beyond its range"),
        ({"x": [[1, 2, 3], [4]], "y": Y}, "its input 'x': no array; lists beside each other differ"),
        ({"x": [None, 1, 2, 3], "y": Y}, "its input 'x': no array of numbers"),
        (7, "1 array for its 2 inputs"),
        (b"PK\x03\x04", "1 array for its 2 inputs"),
    ],
)
def test_what_does_not_fit_is_one_line_with_got_and_expected(source: Any, words: str) -> None:
    with pytest.raises(DataError, match=words) as caught:
        answer(added(), source)
    assert str(caught.value).startswith("sum.tflite: ")
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        (
            np.int64([[1, 2, 3, 4]]),
            r"stores int8, got int64: give real numbers \(float32\), .* or stored ones \(int8\)",
        ),
        (np.float32([[1, np.nan, 3, 4]]), "NaN or infinity has no stored number"),
    ],
)
def test_what_no_quantized_input_can_hold(value: Any, words: str) -> None:
    with pytest.raises(DataError, match=words):
        answer(quantized_add("int8"), {"x": value, "y": Y})


def test_whole_numbers_have_to_be_whole_and_in_range() -> None:
    file = added("int32")
    largest = answer(file, {"x": [1, 2, 3, 4], "y": np.int64([1, 1, 1, 2**31 - 5])})["z"]
    assert largest.tolist() == [[2, 3, 4, 2**31 - 1]]
    for wrong in (np.float32([0.5, 1, 2, 3]), np.int64([2**31, 0, 0, 0]), np.float32([np.nan, 0, 0, 0])):
        with pytest.raises(DataError, match=r"takes int32, got .* with numbers that are none of those"):
            answer(file, {"x": wrong, "y": [0, 0, 0, 0]})


def test_a_free_dimension_has_any_size() -> None:
    """The engine gives such an input the shape that comes."""
    free = {**tensor([1, 4]), "shape_signature": [-1, 4]}
    file = ModelFile(raw(one_operator("ADD", [free, free], [free], ADD)), "free.tflite")
    x = np.arange(12, dtype=np.float32).reshape(3, 4)
    with open_task(file, task="tensors") as run:
        np.testing.assert_array_equal(next(iter(run((x, x)).values())), 2 * x)
        np.testing.assert_array_equal(next(iter(run((x[:1], x[:1])).values())), 2 * x[:1])
        with pytest.raises(DataError, match=r"takes the shape \[-1, 4\], got \[3, 3\]"):
            run((x[:, :3], x))
        with pytest.raises(DataError, match=r"got an empty array, of shape \[0, 4\]"):
            run((x[:0], x[:0]))


@pytest.mark.parametrize("suffix", [".npz", ".json"])
def test_files_hold_arrays_by_name(tmp_path: Path, suffix: str) -> None:
    path = tmp_path / f"in{suffix}"
    if suffix == ".npz":
        np.savez(path, x=X, y=Y)
    else:
        path.write_text(json.dumps({"x": X.tolist(), "y": Y.tolist()}))
    np.testing.assert_array_equal(answer(added(), path)["z"], X + Y)
    with open_task(added(), task="tensors") as run:
        assert [list(one) for one in run([path, str(path)])] == [["z"], ["z"]]


def test_one_array_in_a_file_is_the_one_input(tmp_path: Path) -> None:
    options = ("ReshapeOptions", {"new_shape": [2, 2]})
    shape = tensor([2], "int32", np.int32([2, 2]).tobytes())
    file = ModelFile(raw(one_operator("RESHAPE", [tensor([1, 4]), shape], [tensor([2, 2])], options)), "one.tflite")
    np.save(tmp_path / "in.npy", X)
    found = answer(file, tmp_path / "in.npy")
    np.testing.assert_array_equal(next(iter(found.values())), [[1, 2], [3, 4]])


def test_a_model_of_scalars_opens_and_takes_them() -> None:
    tensors = [{**tensor([]), "name": name} for name in "xyz"]
    file = ModelFile(raw(model(subgraph(tensors, [operator("ADD", [0, 1], [2], ADD)], [0, 1], [2]))), "scalars.tflite")
    with load(file, task="tensors") as run:
        found = run({"x": np.float32(1.5), "y": np.array(2.0, np.float32)})["z"]
    assert (found.shape, float(found)) == ((), 3.5)


# ----- the result


def result(**more: Any) -> Tensors:
    return Tensors({"scores": np.float32([[0.25, 0.75]]), "ids": np.arange(5000, dtype=np.int32), **more})


def test_json_holds_small_arrays_whole_and_of_large_ones_what_they_are() -> None:
    told = json.loads(json.dumps(result(odd=np.float32([np.nan, np.inf, 1])).to_dict(1), allow_nan=False))
    assert told["kind"] == "tensors"
    assert told["tensors"]["scores"]["values"] == [[0.25, 0.75]]
    assert told["tensors"]["ids"] == {
        "dtype": "int32", "shape": [5000], "min": 0, "max": 4999, "mean": 2499.5, "values": None,
    }  # fmt: skip
    assert told["tensors"]["odd"]["values"] == [None, None, 1]
    assert told["tensors"]["odd"]["max"] is None


def test_json_holds_complex_numbers_by_their_parts() -> None:
    told = json.loads(json.dumps(Tensors({"waves": np.complex64([[1 + 2j, -1j]])}).to_dict(), allow_nan=False))
    assert told["tensors"]["waves"]["values"] == [[[1, 2], [0, -1]]]


@pytest.mark.filterwarnings("error")
def test_infinities_of_both_signs_have_no_mean_and_nobody_is_warned_of_it() -> None:
    odd = result(odd=np.float32([-np.inf, np.inf]))
    assert odd.to_dict()["tensors"]["odd"]["mean"] is None
    assert odd.table().rows[2][3:6] == (None, None, None)


def test_the_archive_holds_everything_under_safe_names() -> None:
    """A stranger's model names its outputs: nothing may be written beside the folder in which somebody unpacks them."""
    odd = Tensors({"../../up": np.float32([1]), "file": np.int8([[2]]), "words": np.array([b"so", b"what?"], object)})
    content = files_of(odd, None)[".npz"]
    assert zipfile.ZipFile(io.BytesIO(content)).namelist() == ["__.._up.npy", "file.npy", "words.npy"]
    read = np.load(io.BytesIO(content), allow_pickle=False)
    assert (read["__.._up"].tolist(), read["file"].tolist(), read["words"].tolist()) == ([1], [[2]], ["so", "what?"])
    np.testing.assert_array_equal(np.load(io.BytesIO(files_of(result(), None)[".npz"]))["ids"], np.arange(5000))


def test_people_see_a_line_for_each_array() -> None:
    table = result(empty=np.zeros((0, 3), np.float32), texts=np.array([b"a"], object)).table()
    assert table.rows[0] == ("scores", "float32", "1×2", "0.25", "0.75", "0.5", "0.25 0.75")
    assert table.rows[1][-1] == "0 1 2 3 …"
    assert table.rows[2][1:6] == ("float32", "0×3", None, None, None)
    assert table.rows[3] == ("texts", "string", "1", None, None, None, "a")
    assert table.to_sheet().header == ("output", "type", "shape", "min", "max", "mean")
    assert in_one_line(result(), 1).startswith("scores float32 [1, 2]: 0.25 0.75; ids int32 [5000]: 0 1 2 3 …")
    assert list(result().observations()) == []
    assert "<table" in result()._repr_html_()
    with pytest.raises(UsageError, match=r"cannot be drawn; to_npz\(\) keeps them"):
        result().draw(b"")


def test_outputs_are_called_as_people_call_them(shared_file: Any) -> None:
    """By the signature, else by the metadata, else by the tensors; each by a name of its own."""
    detector = ModelFile.read(shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite"))
    with open_task(detector, task="tensors") as run:
        assert list(run(np.zeros((1, 300, 300, 3), np.uint8))) == [one.name for one in detector.metadata.outputs]
    twins = [tensor([4]), tensor([4])]
    sums = [operator("ADD", [0, 1], [2], ADD), operator("ADD", [0, 2], [3], ADD)]
    twin_sums = ModelFile(raw(model(subgraph([*twins, *twins], sums, [0, 1], [2, 3]))), "twins.tflite")
    vector = np.ones(4, np.float32)
    assert list(answer(twin_sums, (vector, vector))) == ["t 0", "t 1"]


# ----- the last resort


def test_a_file_that_nothing_knows_is_run_on_tensors_and_says_so() -> None:
    file = ModelFile(raw(add_model()), "odd.tflite")
    with open_task(file) as run:
        assert run.kind == "tensors"
        assert run.notices == (
            "odd.tflite: the file does not say what it is for, and its output could be anything: it is run on plain "
            "tensors. If it is for something else, say its task with task",
        )
    with open_task(file, task="tensors") as run:
        assert run.notices == ()
    with pytest.raises(UsageError, match="the file does not say what it is for"):
        kind_of(file, or_tensors=False)


def test_a_kind_itself_can_be_given() -> None:
    file = added()
    with open_task(file, task=kind_of(file, "tensors")) as run:
        assert run.kind == "tensors"


@pytest.mark.parametrize("name", ["photo.jpg", "photo.PNG"])
def test_a_picture_for_tensors_is_told_which_tasks_take_pictures(tmp_path: Path, name: str) -> None:
    (tmp_path / name).touch()
    with pytest.raises(
        DataError, match=r"plain tensors are arrays .* takes pictures\. If it does, say its task: task='classification'"
    ):
        answer(added(), tmp_path / name)
    (tmp_path / "notes.md").touch()
    with pytest.raises(DataError, match=r"takes anything else\. If it does, say its task with task"):
        answer(added(), tmp_path / "notes.md")
    with pytest.raises(DataError, match=r"gone\.npz: no such file"):
        answer(added(), tmp_path / "gone.npz")
