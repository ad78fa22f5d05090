"""What a model computes, as values: real files, and small ones for each detail."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

import pytest

from edgewright.errors import FormatError
from edgewright.model import ModelFile

from .builders import add_model, model, one_operator, operator, quantized, raw, subgraph, tensor

SharedFile = Callable[[str], Path]


def test_inputs_and_outputs_of_a_quantized_classifier(shared_file: SharedFile) -> None:
    found = ModelFile.read(shared_file("models/mobilenet_v2_1.0_224_quant.tflite"))
    (image,), (scores,) = found.inputs, found.outputs
    assert (image.shape, image.dtype, image.quantized) == ((1, 224, 224, 3), "uint8", True)
    assert (image.scale, image.zero_point, image.axis) == ((0.0078125,), (128,), 0)
    assert (scores.shape, scores.dtype, len(scores.scale)) == ((1, 1001), "uint8", 1)
    assert image.nbytes == 224 * 224 * 3


def test_outputs_of_a_detector_and_its_custom_operator(shared_file: SharedFile) -> None:
    found = ModelFile.read(shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite"))
    assert [output.name for output in found.outputs] == [
        "TFLite_Detection_PostProcess",
        "TFLite_Detection_PostProcess:1",
        "TFLite_Detection_PostProcess:2",
        "TFLite_Detection_PostProcess:3",
    ]
    last = found.ops[-1]
    assert (last.name, last.is_custom) == ("TFLite_Detection_PostProcess", True)
    assert sum(op.is_custom for op in found.ops) == 1


def test_options_have_the_names_of_the_schema(shared_file: SharedFile) -> None:
    first = ModelFile.read(shared_file("models/mobilenet_v1_0.25_128_quant.tflite")).ops[0]
    assert (first.name, first.option_table) == ("CONV_2D", "Conv2DOptions")
    assert (first.options["stride_w"], first.options["stride_h"], first.options["dilation_w_factor"]) == (2, 2, 1)


def test_per_channel_weights_have_one_scale_per_slice(shared_file: SharedFile) -> None:
    found = ModelFile.read(shared_file("models/movenet_single_pose_lightning_ptq.tflite"))
    weights = [one for one in found.main.tensors if len(one.scale) > 1]
    assert weights
    assert all(len(one.scale) == one.shape[one.axis] for one in weights)


def test_operator_codes_of_files_from_before_2020_are_read_from_the_older_field() -> None:
    tables = add_model()
    (code,) = tables["operator_codes"]
    tables["operator_codes"] = [{"deprecated_builtin_code": code["builtin_code"], "version": 1}]
    assert [op.name for op in ModelFile.read(raw(tables)).ops] == ["ADD"]


def test_operator_codes_above_127_are_read_from_the_newer_field() -> None:
    vector = tensor([4])
    tables = one_operator("ATAN2", [vector, vector], [vector])
    assert tables["operator_codes"][0]["deprecated_builtin_code"] == 127
    assert [op.name for op in ModelFile.read(raw(tables)).ops] == ["ATAN2"]


def test_a_free_dimension_is_1_in_the_shape_and_minus_1_in_the_signature() -> None:
    free = tensor([1, 3], shape_signature=[-1, 3])
    options = ("AddOptions", {})
    found = ModelFile.read(raw(one_operator("ADD", [free, free], [free], options)))
    assert (found.inputs[0].shape, found.inputs[0].shape_signature) == ((1, 3), (-1, 3))
    fixed = ModelFile.read(raw(add_model())).inputs[0]
    assert fixed.shape_signature == fixed.shape == (4,)


def test_signatures_name_inputs_and_outputs() -> None:
    signature = {
        "signature_key": "serving_default",
        "inputs": [{"name": "a", "tensor_index": 0}, {"name": "b", "tensor_index": 1}],
        "outputs": [{"name": "sum", "tensor_index": 2}],
        "subgraph_index": 0,
    }
    (found,) = ModelFile.read(raw({**add_model(), "signature_defs": [signature]})).signatures
    assert (found.key, found.inputs, found.outputs, found.subgraph) == (
        "serving_default", {"a": 0, "b": 1}, {"sum": 2}, 0,
    )  # fmt: skip


def test_bytes_per_tensor_of_packed_and_unsized_types() -> None:
    assert tensor_bytes([3, 3], "int4") == 5
    assert tensor_bytes([5], "int2") == 2
    assert tensor_bytes([2, 2], "float16") == 8
    assert tensor_bytes([3], "complex64") == 24
    assert tensor_bytes([3], "string") is None
    assert tensor_bytes([], "float64") == 8


def tensor_bytes(shape: list[int], dtype: str) -> int | None:
    operators = [operator("pass_through", [0], [1])]
    tables = model(subgraph([tensor(shape, dtype), tensor(shape, dtype)], operators, [0], [1]))
    return ModelFile.read(raw(tables)).inputs[0].nbytes


def test_a_constant_is_a_view_of_its_bytes() -> None:
    numbers = struct.pack("<4f", 1, 2, 3, 4)
    tables = one_operator("ADD", [tensor([4]), tensor([4], data=numbers)], [tensor([4])], ("AddOptions", {}))
    found = ModelFile.read(raw(tables))
    assert bytes(found.constant(found.main.tensors[1])) == numbers
    assert len(found.constant(found.main.tensors[0])) == 0
    assert found.weight_bytes == 16


def test_shared_buffers_count_once() -> None:
    numbers = struct.pack("<4f", 1, 2, 3, 4)
    tables = one_operator(
        "ADD", [tensor([4], data=numbers), tensor([4], data=numbers)], [tensor([4])], ("AddOptions", {})
    )
    for one in tables["subgraphs"][0]["tensors"][:2]:
        one["buffer"] = 1
    assert ModelFile.read(raw(tables)).weight_bytes == 16


def test_quantization_along_an_axis() -> None:
    weights = tensor([2, 3], "int8", bytes(6), quantization=quantized([0.5, 0.25], [0, 0]))
    image, result = (tensor(shape, "int8", quantization=quantized([1.0], [0])) for shape in ([1, 3], [1, 2]))
    options = ("FullyConnectedOptions", {})
    found = ModelFile.read(raw(one_operator("FULLY_CONNECTED", [image, weights], [result], options)))
    spec = found.main.tensors[1]
    assert (spec.scale, spec.zero_point, spec.axis) == ((0.5, 0.25), (0, 0), 0)


def test_an_operator_of_a_later_version_is_refused_by_its_number() -> None:
    tables = add_model()
    tables["operator_codes"][0]["builtin_code"] = 5000
    with pytest.raises(FormatError, match="operator code 5000 is unknown to this version"):
        ModelFile.read(raw(tables))


def test_a_tensor_type_of_a_later_version_is_refused_by_its_number() -> None:
    tables = add_model()
    tables["subgraphs"][0]["tensors"][0]["type"] = 99
    with pytest.raises(FormatError, match="tensor 0 has type 99, unknown to this version"):
        ModelFile.read(raw(tables))
