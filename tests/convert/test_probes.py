"""What random inputs cannot show is asked on purpose; the sources are written in NumPy, the files run in LiteRT."""

from __future__ import annotations

import numpy as np
import pytest

from edgewright.errors import ToleranceError
from edgewright.model import ModelFile

from ..model.builders import model, operator, raw, subgraph, tensor
from .float_source import FloatModel, proven

FLOAT, INT32 = 0, 2
POOLING = {"padding": 1, "stride_w": 2, "stride_h": 2, "filter_width": 2, "filter_height": 2}


def file_of(name: str, options: object, *tensors: dict, inputs: int = 1) -> ModelFile:
    """One operator; what it takes comes first, and of that `inputs` are the model's."""
    taken, made = list(range(len(tensors) - 1)), len(tensors) - 1
    tables = model(subgraph(list(tensors), [operator(name, taken, [made], options)], taken[:inputs], [made]))
    return ModelFile.build(ModelFile.read(raw(tables)).edit(), {}, "file.tflite")


def whole(shape: list[int], name: str) -> dict:
    return tensor(shape, "int32", name=name)


def axis_of(shape: list[int]) -> dict:
    """The axis 1, as the operators take it."""
    return tensor(shape, "int32", name="axis", data=np.int32(1).tobytes())


def squares() -> ModelFile:
    return file_of("MUL", ("MulOptions", {}), whole([1, 4], "x"), whole([1, 4], "two"), whole([1, 4], "y"), inputs=2)


def in_64_bits(x: np.ndarray, two: np.ndarray) -> list[np.ndarray]:
    return [x.astype(np.int64) * two]


def test_products_that_leave_32_bits_are_no_conversion(tmp_path):
    """Random whole numbers are 0 and 1, whose products say nothing."""
    words = "output 'y' differs from its source for whole numbers up to 70,000, .* 64 bits and the file with 32"
    with pytest.raises(ToleranceError, match=words) as refused:
        proven(FloatModel(squares(), computes=in_64_bits), tmp_path)
    assert "give real inputs as representative_data" in refused.value.remedy


def test_real_inputs_show_which_whole_numbers_occur(tmp_path):
    small = [tuple(np.random.default_rng(seed).integers(0, 100, (2, 1, 4)).astype(np.int32)) for seed in range(4)]
    product = proven(FloatModel(squares(), computes=in_64_bits), tmp_path, representative_data=small)
    assert product.probed["whole numbers"] == "y"
    assert any("whole numbers up to 70,000 come out otherwise in output 'y'" in notice for notice in product.notices)


def test_an_example_shows_it_too(tmp_path):
    """It bounds the random ones as well: products of 0 and 1 say nothing."""
    example = (np.full((1, 4), 99, np.int32), np.full((1, 4), 30, np.int32))
    product = proven(FloatModel(squares(), computes=in_64_bits), tmp_path, example_inputs=example)
    assert 1000 < product.agreement.outputs[0].scale < 99 * 30
    assert product.probed == {"large whole numbers": "y"}
    large = (np.full((1, 4), 2**20, np.int32), np.full((1, 4), 2**20, np.int32))
    with pytest.raises(ToleranceError, match="differs from its source by up to"):
        proven(FloatModel(squares(), computes=in_64_bits), tmp_path, example_inputs=large)


def test_sums_beyond_32_bits_are_said(tmp_path):
    file = file_of("ADD", ("AddOptions", {}), whole([1, 4], "x"), whole([1, 4], "two"), whole([1, 4], "y"), inputs=2)
    product = proven(FloatModel(file, computes=lambda x, two: [x.astype(np.int64) + two]), tmp_path)
    assert product.probed == {"whole numbers": "same", "large whole numbers": "y"}
    (notice,) = product.notices
    assert notice.startswith("whole numbers near 2,147,483,647 and beyond come out otherwise in output 'y'")


def test_places_in_a_table_are_left_at_that(tmp_path):
    """What a source refuses to look up says nothing of the file."""
    table = np.arange(12, dtype=np.float32)

    def looked_up(places: np.ndarray) -> list[np.ndarray]:
        return [table[places]]

    rows = tensor([12], name="table", data=table.astype("<f4").tobytes())
    tables = model(
        subgraph(
            [whole([1, 3], "x"), rows, tensor([1, 3], name="y")],
            [operator("GATHER", [1, 0], [2], ("GatherOptions", {}))],
            [0],
            [2],
        )
    )
    file = ModelFile.build(ModelFile.read(raw(tables)).edit(), {}, "file.tflite")
    product = proven(FloatModel(file, computes=looked_up), tmp_path)
    assert product.probed == {}


def last_of_the_largest(x: np.ndarray, *_: np.ndarray) -> list[np.ndarray]:
    return [(x.shape[-1] - 1 - x[..., ::-1].argmax(-1)).astype(np.int64)]


def test_another_choice_among_equals_is_said(tmp_path):
    axis = axis_of([])
    file = file_of(
        "ARG_MAX", ("ArgMaxOptions", {"output_type": INT32}), tensor([1, 9], name="x"), axis, whole([1], "y")
    )
    product = proven(FloatModel(file, computes=last_of_the_largest), tmp_path)
    assert product.probed["ties"] == "y"
    assert any(
        "where several inputs are equal, output 'y' of the file chooses another" in one for one in product.notices
    )
    first = proven(FloatModel(file, computes=lambda x: [x.argmax(-1)]), tmp_path)
    assert first.probed["ties"] == "same"
    assert first.notices == ()


def pooled(x: np.ndarray) -> list[np.ndarray]:
    windows = x.reshape(x.shape[0], x.shape[1] // 2, 2, x.shape[2] // 2, 2, x.shape[3])
    return [windows.max((2, 4))]


def test_nan_that_a_maximum_leaves_out_is_written_down(tmp_path):
    """NumPy's maximum keeps it, as PyTorch's does. Of pictures nothing is said: they have none."""
    file = file_of(
        "MAX_POOL_2D", ("Pool2DOptions", POOLING), tensor([1, 4, 4, 2], name="x"), tensor([1, 2, 2, 2], name="y")
    )
    product = proven(FloatModel(file, computes=pooled), tmp_path)
    assert product.probed["NaN"] == "y"
    assert product.notices == ()


def test_nan_of_a_sensor_that_gets_lost_is_said(tmp_path):
    axis = axis_of([1])
    file = file_of("REDUCE_MAX", ("ReducerOptions", {}), tensor([1, 6], name="x"), axis, tensor([1], name="y"))
    product = proven(FloatModel(file, computes=lambda x: [x.max(1)]), tmp_path)
    assert product.probed["NaN"] == "y"
    assert product.notices == (
        "NaN in an input is lost in output 'y' of the file: LiteRT's maximum leaves it out. Look for NaN beforehand.",
    )


def test_numbers_too_large_for_whole_ones_are_said(tmp_path):
    """LiteRT stops at the largest of 32 bits; a source of 64 goes on."""

    def held(x: np.ndarray) -> list[np.ndarray]:
        return [np.nan_to_num(x).astype(np.int64)]

    types = {"in_data_type": FLOAT, "out_data_type": INT32}
    file = file_of("CAST", ("CastOptions", types), tensor([1, 8], name="x"), whole([1, 8], "y"))
    product = proven(FloatModel(file, computes=held), tmp_path)
    assert product.probed["beyond integers"] == "y"
    assert any("real numbers too large for a whole one come out otherwise" in one for one in product.notices)


def test_made_up_inputs_that_the_source_has_no_numbers_for_are_left_out(tmp_path):
    """As a mask does that happens to hide a whole row; where all are such, that is an error."""
    file = file_of("ABS", None, tensor([1, 4], name="x"), tensor([1, 4], name="y"))

    def root(x: np.ndarray) -> list[np.ndarray]:
        return [np.abs(x) if x[0, 0] > 0 else np.full_like(x, np.nan)]

    product = proven(FloatModel(file, computes=root), tmp_path)
    assert 2 <= product.agreement.samples < 8
    with pytest.raises(ToleranceError, match="the source itself returns NaN or infinity in 'y'"):
        proven(FloatModel(file, computes=lambda x: [x * np.nan]), tmp_path)
