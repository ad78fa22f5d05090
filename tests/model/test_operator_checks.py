"""Operators against the table and the rules: what LiteRT would die of is refused, what it runs is not."""

from __future__ import annotations

import math
import struct
from typing import Any

import pytest

from edgewright.errors import FormatError
from edgewright.model import ModelFile
from edgewright.model.checking.operator_notation import parse
from edgewright.model.storage.flatbuffer import Table

from .builders import model, one_operator, operator, quantized, raw, subgraph, tensor


def floats(*shape: int) -> Table:
    return tensor(shape, data=bytes(4 * math.prod(shape)))


def integers(*values: int) -> Table:
    return tensor([len(values)], "int32", struct.pack(f"<{len(values)}i", *values))


def accepted(*arguments: Any) -> None:
    ModelFile.read(raw(one_operator(*arguments)))


def refused(why: str, *arguments: Any) -> None:
    with pytest.raises(FormatError, match=why) as caught:
        ModelFile.read(raw(one_operator(*arguments)))
    assert f"operator 0 ({arguments[0]}): " in str(caught.value)


ADD = ("AddOptions", {})
ONES = {"stride_w": 1, "stride_h": 1, "dilation_w_factor": 1, "dilation_h_factor": 1}


def test_the_notation_of_the_operator_table() -> None:
    shape = parse("SplitOptions i0 x4 n? v* > x+".split())
    assert shape.options == "SplitOptions"
    assert (shape.inputs.fewest, shape.inputs.most, shape.outputs.fewest, shape.outputs.most) == (2, None, 1, None)
    assert [(one.letter, one.rank, one.nullable) for one in shape.inputs.operands] == [
        ("i", 0, False), ("x", 4, False), ("n", None, True), ("v", None, False),
    ]  # fmt: skip
    assert shape.inputs[9] == shape.inputs[3]
    assert parse("> r".split()).inputs.most == 0
    with pytest.raises(ValueError, match="'x!' is no operand"):
        parse("x! > x".split())


def test_types_that_belong_together() -> None:
    accepted("ADD", [tensor([4]), tensor([4])], [tensor([4])], ADD)
    refused(
        "type int32 where others are of type float32", "ADD", [tensor([4]), tensor([4], "int32")], [tensor([4])], ADD
    )
    refused("type int32 where others", "ADD", [tensor([4]), tensor([4])], [tensor([4], "int32")], ADD)


def test_types_that_an_operator_does_not_work_with() -> None:
    refused("type string, which it does not work with", "FLOOR", [tensor([4], "string")], [tensor([4], "string")])
    refused("type float32, which it does not", "LOGICAL_NOT", [tensor([4])], [tensor([4], "bool")])
    refused("type resource, which", "ADD", [tensor([4]), tensor([4])], [tensor([4], "resource")], ADD)


def test_ranks() -> None:
    pool = ("Pool2DOptions", {"stride_w": 1, "stride_h": 1, "filter_width": 1, "filter_height": 1})
    accepted("MAX_POOL_2D", [tensor([1, 4, 4, 1])], [tensor([1, 4, 4, 1])], pool)
    accepted("MAX_POOL_2D", [tensor([])], [tensor([])], pool)  # Unknown ranks are written as empty.
    refused("4 dimensions belong there", "MAX_POOL_2D", [tensor([4, 4, 1])], [tensor([4, 4, 1])], pool)


def test_a_single_element_of_any_rank() -> None:
    scalar = tensor([], "int32", struct.pack("<i", 1))
    for axis in (scalar, integers(1), tensor([1, 1], "int32", struct.pack("<i", 1))):
        accepted("EXPAND_DIMS", [tensor([4]), axis], [tensor([4, 1])])
    refused("a single element belongs there", "EXPAND_DIMS", [tensor([4]), integers(1, 1)], [tensor([4, 1])])


def test_numbers_of_inputs_and_outputs() -> None:
    refused("1 inputs; it has 2", "ADD", [tensor([4])], [tensor([4])], ADD)
    refused("3 inputs; it has 2", "ADD", [tensor([4])] * 3, [tensor([4])], ADD)
    refused("2 outputs; it has 1", "ADD", [tensor([4])] * 2, [tensor([4])] * 2, ADD)
    refused("0 inputs; it has 1 or more", "CONCATENATION", [], [tensor([4])], ("ConcatenationOptions", {}))
    refused("3 inputs; it has 1 to 2", "RESHAPE", [tensor([4])] * 3, [tensor([4])])


def with_inputs(name: str, inputs: list[int], options: tuple[str, Table] | None, tensors: list[Table]) -> bytes:
    operators = [operator(name, inputs, [len(tensors)], options)]
    given = [index for index, one in enumerate(tensors) if not one["data"]]
    return raw(model(subgraph([*tensors, tensor([1, 2])], operators, given, [len(tensors)])))


def test_inputs_that_may_be_left_out() -> None:
    tensors = [tensor([1, 3]), floats(2, 3)]
    options = ("FullyConnectedOptions", {})
    assert ModelFile.read(with_inputs("FULLY_CONNECTED", [0, 1, -1], options, tensors)).ops[0].inputs == (0, 1, -1)
    ModelFile.read(with_inputs("FULLY_CONNECTED", [0, 1], options, tensors))
    with pytest.raises(FormatError, match="input 1 is left out, and it is needed"):
        ModelFile.read(with_inputs("FULLY_CONNECTED", [0, -1], options, tensors))
    with pytest.raises(FormatError, match="input 1 is left out"):
        ModelFile.read(with_inputs("RESHAPE", [0, -1], None, tensors))


def test_a_custom_operator_may_take_and_give_anything() -> None:
    for inputs in ([], [0], [0, 1, -1, 0]):
        ModelFile.read(with_inputs("own_operator", inputs, None, [tensor([3], "string"), floats(2, 3)]))
    with pytest.raises(FormatError, match="input indices"):
        ModelFile.read(with_inputs("own_operator", [-2], None, [tensor([3]), floats(2)]))


@pytest.mark.parametrize("name", ["DELEGATE", "PLACEHOLDER_FOR_GREATER_OP_CODES"])
def test_operators_of_the_runtime_itself(name: str) -> None:
    refused("it belongs to the runtime itself", name, [tensor([4])], [tensor([4])])


def test_options_that_an_operator_without_any_brings_along_do_not_matter() -> None:
    accepted("FLOOR", [tensor([4])], [tensor([4])], ("AddOptions", {}))


@pytest.mark.parametrize(
    ("option", "value"), [("padding", 2), ("padding", -1), ("fused_activation_function", 6), ("stride_h", 40_000)]
)
def test_options_out_of_their_range(option: str, value: int) -> None:
    inputs = [tensor([1, 8, 8, 3]), floats(4, 3, 3, 3), floats(4)]
    options = ("Conv2DOptions", {**ONES, option: value})
    refused(f"{option} is {value}; it is", "CONV_2D", inputs, [tensor([1, 8, 8, 4])], options)


def test_a_convolution_needs_its_bias() -> None:
    inputs = [tensor([1, 8, 8, 4]), floats(1, 3, 3, 4)]
    options = ("DepthwiseConv2DOptions", {**ONES, "depth_multiplier": 1})
    refused("2 inputs; it has 3", "DEPTHWISE_CONV_2D", inputs, [tensor([1, 8, 8, 4])], options)


FULLY = ("FullyConnectedOptions", {})


def test_weights() -> None:
    accepted("FULLY_CONNECTED", [tensor([1, 3]), floats(2, 3), floats(2)], [tensor([1, 2])], FULLY)
    accepted("FULLY_CONNECTED", [tensor([2, 6]), floats(2, 3)], [tensor([4, 2])], FULLY)
    refused("the weights have the shape", "FULLY_CONNECTED", [tensor([1, 3]), tensor([0, 3])], [tensor([1, 2])], FULLY)
    refused(
        "3 biases for weights", "FULLY_CONNECTED", [tensor([1, 3]), floats(2, 3), floats(3)], [tensor([1, 2])], FULLY
    )
    refused(
        "a bias of type int32",
        "FULLY_CONNECTED",
        [tensor([1, 3]), floats(2, 3), integers(1, 2)],
        [tensor([1, 2])],
        FULLY,
    )
    refused("for weights of the shape", "FULLY_CONNECTED", [tensor([1, 4]), floats(2, 3)], [tensor([1, 2])], FULLY)
    refused(
        "result is of type int32", "FULLY_CONNECTED", [tensor([1, 3]), floats(2, 3)], [tensor([1, 2], "int32")], FULLY
    )


def test_integer_weights_need_their_scales() -> None:
    plain = tensor([2, 3], "int8", bytes(6))
    refused("has no quantization", "FULLY_CONNECTED", [tensor([1, 3]), plain], [tensor([1, 2])], FULLY)
    hybrid = tensor([2, 3], "int8", bytes(6), quantization=quantized([0.1], [0]))
    accepted("FULLY_CONNECTED", [tensor([1, 3]), hybrid], [tensor([1, 2])], FULLY)
    refused("weights of type float32 for values of type int8", "FULLY_CONNECTED",
            [tensor([1, 3], "int8", quantization=quantized([0.1], [0])), floats(2, 3)],
            [tensor([1, 2], "int8", quantization=quantized([0.1], [0]))], FULLY)  # fmt: skip


@pytest.mark.parametrize(
    ("name", "options", "inputs", "outputs", "good"),
    [
        ("SPLIT", ("SplitOptions", "num_splits"), [integers(0), tensor([4])], 2, 2),
        ("SPLIT_V", ("SplitVOptions", "num_splits"), [tensor([4]), integers(2, 2), integers(0)], 2, 2),
        ("UNPACK", ("UnpackOptions", "num"), [tensor([4])], 3, 3),
        ("PACK", ("PackOptions", "values_count"), [tensor([4])] * 3, 1, 3),
    ],
)
def test_options_that_count_inputs_or_outputs(
    name: str, options: tuple[str, str], inputs: list[Table], outputs: int, good: int
) -> None:
    made = [tensor([4])] * outputs
    accepted(name, inputs, made, (options[0], {options[1]: good}))
    refused(
        f"{options[1]} is {good + 1}, and there are {good}", name, inputs, made, (options[0], {options[1]: good + 1})
    )


def test_paddings() -> None:
    def pads(*values: int) -> Table:
        return tensor([2, 2], "int32", struct.pack("<4i", *values))

    accepted("PAD", [tensor([2, 3]), pads(0, 1, 2, 0)], [tensor([3, 5])])
    refused("paddings", "PAD", [tensor([2, 3]), pads(0, -1, 0, 0)], [tensor([1, 3])])
    refused("paddings", "PAD", [tensor([2, 3, 1]), pads(0, 0, 0, 0)], [tensor([2, 3, 1])])
    refused("its result would have", "PAD", [tensor([2, 3]), pads(2**30, 0, 0, 1)], [tensor([2, 3])])


def test_new_sizes_of_pictures() -> None:
    options = ("ResizeBilinearOptions", {})
    accepted("RESIZE_BILINEAR", [tensor([1, 4, 4, 3]), integers(9, 7)], [tensor([1, 9, 7, 3])], options)
    for size in ((0, 7), (-1, 7), (9, 7, 3)):
        refused("new size", "RESIZE_BILINEAR", [tensor([1, 4, 4, 3]), integers(*size)], [tensor([1, 9, 7, 3])], options)
    refused(
        "its result would", "RESIZE_BILINEAR", [tensor([1, 4, 4, 3]), integers(2**20, 2**20)], [tensor([1])], options
    )


def test_broadcasting() -> None:
    accepted("ADD", [tensor([4, 1, 3]), tensor([5, 1])], [tensor([4, 5, 3])], ADD)
    refused("do not go together", "ADD", [tensor([4, 2, 3]), tensor([5, 1])], [tensor([4, 5, 3])], ADD)
    refused("its result would", "ADD", [tensor([2**16, 1]), tensor([1, 2**16])], [tensor([1, 1])], ADD)
    free = tensor([1, 3], shape_signature=[-1, 3])
    accepted("ADD", [free, tensor([7, 3])], [free], ADD)


SLICE = [tensor([4, 6]), integers(1, 2), integers(2, 3), integers(1, 1)]


def test_slices_whose_ends_count_from_their_begins() -> None:
    def options(**more: int) -> tuple[str, Table]:
        return "StridedSliceOptions", {"offset": True, **more}

    accepted("STRIDED_SLICE", SLICE, [tensor([2, 3])], options())
    accepted("STRIDED_SLICE", SLICE, [tensor([2, 3])], ("StridedSliceOptions", {"begin_mask": 3}))
    refused("offset needs", "STRIDED_SLICE", SLICE, [tensor([2, 3])], options(shrink_axis_mask=1))
    refused("offset needs", "STRIDED_SLICE", [SLICE[0], tensor([2], "int32"), *SLICE[2:]], [tensor([2])], options())
    refused("begin", "STRIDED_SLICE", [*SLICE[:2], integers(2, 5), SLICE[3]], [tensor([2, 3])], options())


@pytest.mark.parametrize("name", ["MATRIX_DIAG", "LOG_SOFTMAX", "L2_NORMALIZATION"])
def test_empty_inputs_that_a_kernel_would_divide_by(name: str) -> None:
    options = ("L2NormOptions", {}) if name == "L2_NORMALIZATION" else None
    refused(r"it has an input of shape \[2, 0\]", name, [tensor([2, 0])], [tensor([2, 0])], options)


def test_types_over_which_a_kernel_ends_the_process() -> None:
    refused("and gets bool", "MATRIX_DIAG", [tensor([2, 3], "bool")], [tensor([2, 3, 3], "bool")])


@pytest.mark.parametrize("radius", [-1, 2**31 - 1])
def test_a_normalization_radius_that_overflows(radius: int) -> None:
    options = ("LocalResponseNormalizationOptions", {"radius": radius})
    picture = tensor([1, 2, 2, 3])
    refused(f"radius is {radius}", "LOCAL_RESPONSE_NORMALIZATION", [picture], [picture], options)


def test_quantizing_needs_what_it_quantizes_to() -> None:
    good = tensor([4], "int8", quantization=quantized([0.1], [0]))
    accepted("QUANTIZE", [tensor([4])], [good])
    accepted("DEQUANTIZE", [good], [tensor([4])])
    accepted("DEQUANTIZE", [tensor([4], "float16")], [tensor([4])])
    refused("is not quantized", "QUANTIZE", [tensor([4])], [tensor([4], "int8")])
    refused("is not quantized", "DEQUANTIZE", [tensor([4], "int8")], [tensor([4])])
    refused("neither real nor quantized", "DEQUANTIZE", [good], [tensor([4], "int32")])


def test_softmax_of_another_type() -> None:
    options = ("SoftmaxOptions", {"beta": 1.0})
    stored = tensor([1, 4], "int8", quantization=quantized([0.1], [0]))
    wide = tensor([1, 4], "int16", quantization=quantized([2**-15], [0]))
    accepted("SOFTMAX", [stored], [wide], options)
    refused("the result is of type int16", "SOFTMAX", [tensor([1, 4])], [wide], options)


def test_operations_of_stablehlo_do_not_broadcast() -> None:
    numbers = [tensor([4], "int32"), tensor([4], "int32")]
    accepted("STABLEHLO_SHIFT_LEFT", numbers, [tensor([4], "int32")])
    refused("one shape is needed", "STABLEHLO_SHIFT_LEFT", [numbers[0], tensor([1], "int32")], [numbers[0]])


def test_a_shape_for_random_numbers_that_is_negative() -> None:
    refused("its result would", "RANDOM_UNIFORM", [integers(-1, 4)], [tensor([1, 4])], ("RandomOptions", {}))


GATHER = {
    "offset_dims": [1], "collapsed_slice_dims": [0], "start_index_map": [0], "index_vector_dim": 1,
    "slice_sizes": [1, 3],
}  # fmt: skip


@pytest.mark.parametrize(
    "changes",
    [
        {"offset_dims": [2]}, {"collapsed_slice_dims": [-1]}, {"start_index_map": [0, 0]}, {"start_index_map": [5]},
        {"index_vector_dim": 3}, {"slice_sizes": [1]}, {"slice_sizes": [1, 4]}, {"slice_sizes": [1, -1]},
        {"offset_dims": []}, {"start_index_map": []}, {"index_vector_dim": 0},
    ],
)  # fmt: skip
def test_dimension_numbers_of_a_gather(changes: dict[str, Any]) -> None:
    inputs, result = [tensor([5, 3]), integers(0, 4)], [tensor([2, 3])]
    accepted("STABLEHLO_GATHER", inputs, result, ("StablehloGatherOptions", GATHER))
    refused("is|are|slices of", "STABLEHLO_GATHER", inputs, result, ("StablehloGatherOptions", {**GATHER, **changes}))


def test_gaps_between_elements() -> None:
    gap = tensor([], data=bytes(4))
    accepted("DILATE", [tensor([2, 3]), integers(2, 1), gap], [tensor([3, 3])])
    for factors in ((2,), (0, 1), (2, -1)):
        refused("dilations", "DILATE", [tensor([2, 3]), integers(*factors), gap], [tensor([3, 3])])
