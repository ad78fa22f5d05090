"""Checks of a whole model: tensors, quantization, order of execution, state, signatures."""

from __future__ import annotations

import struct
from typing import Any

import pytest

from edgewright.errors import FormatError
from edgewright.model import ModelFile
from edgewright.model.storage.flatbuffer import Table

from .builders import add_model, model, one_operator, operator, quantized, raw, subgraph, tensor

ADD = ("AddOptions", {})


def refused(tables: Table, why: str) -> None:
    with pytest.raises(FormatError, match=why):
        ModelFile.read(raw(tables))


def with_tensor(**changes: Any) -> Table:
    """The small model with its first tensor changed."""
    tables = add_model()
    tables["subgraphs"][0]["tensors"][0].update(changes)
    return tables


@pytest.mark.parametrize("version", [0, 1, 2, 4])
def test_other_schema_versions(version: int) -> None:
    refused({**add_model(), "version": version}, f"schema version {version}; only version 3")


def test_a_file_without_a_graph() -> None:
    refused({**add_model(), "subgraphs": []}, "there is no graph in it")


def test_a_buffer_that_is_not_there() -> None:
    refused(with_tensor(buffer=9), "has buffer 9, and the file has 1")


@pytest.mark.parametrize(
    ("shape", "dtype", "size"), [([4], "float32", 15), ([4], "float32", 17), ([3, 3], "int4", 4), ([], "int64", 4)]
)
def test_constants_that_do_not_have_the_size_of_their_shape(shape: list[int], dtype: str, size: int) -> None:
    tables = one_operator("FLOOR", [tensor(shape, dtype, bytes(size))], [tensor(shape, dtype)])
    refused(tables, "bytes, and its buffer has")


@pytest.mark.parametrize("signature", [[-1, 4], [5], [-2], [4, 4]])
def test_shape_signatures_that_do_not_fit_the_shape(signature: list[int]) -> None:
    refused(with_tensor(shape_signature=signature), "and the signature")


@pytest.mark.parametrize(
    ("quantization", "why"),
    [
        (quantized([0.1, 0.2], [0, 0, 0]), "2 scales and 3 zero points"),
        (quantized([0.1, 0.2], [0, 0]), r"2 scales along axis 0 of \[4\]"),
        (quantized([0.1] * 4, [0] * 4, axis=1), "4 scales along axis 1"),
        (quantized([0.1] * 4, [0] * 4, axis=-1), "4 scales along axis -1"),
        (quantized([0.1, -0.1, 0.1, 0.1], [0] * 4), "negative or not finite"),
        (quantized([0.1, float("nan"), 0.1, 0.1], [0] * 4), "negative or not finite"),
    ],
)
def test_quantization_that_does_not_fit(quantization: Table, why: str) -> None:
    refused(with_tensor(quantization=quantization), why)


def test_an_empty_channel_may_have_the_scale_zero() -> None:
    weights = tensor([2, 3], "int8", bytes(6), quantization=quantized([0.5, 0.0], [0, 0]))
    tables = one_operator("FULLY_CONNECTED", [tensor([1, 3]), weights], [tensor([1, 2])], ("FullyConnectedOptions", {}))
    assert ModelFile.read(raw(tables)).main.tensors[1].scale == (0.5, 0.0)


def chain(*operators: tuple[list[int], list[int]], outputs: list[int], tensors: list[Table] | None = None) -> Table:
    made = [operator("ADD", inputs, results, ADD) for inputs, results in operators]
    return model(subgraph(tensors or [tensor([4])] * 4, made, [0], outputs))


def test_the_order_that_the_next_tests_damage_is_sound() -> None:
    assert ModelFile.read(raw(chain(([0, 0], [1]), ([1, 0], [2]), outputs=[2]))).ops[1].inputs == (1, 0)


def test_reading_before_anything_is_made() -> None:
    refused(chain(([1, 0], [2]), ([0, 0], [1]), outputs=[2]), "operator 0 reads tensor 1 before anything makes it")


def test_an_output_that_nothing_makes() -> None:
    refused(chain(([0, 0], [1]), outputs=[3]), "output tensor 3 is made by nothing")


def test_making_a_tensor_twice() -> None:
    refused(chain(([0, 0], [1]), ([0, 0], [1]), outputs=[1]), "operator 1 writes to tensor 1, which exists already")


def test_writing_to_an_input() -> None:
    refused(chain(([0, 0], [0]), outputs=[0]), "writes to tensor 0, which exists already")


def test_writing_to_a_constant() -> None:
    tensors = [tensor([4]), tensor([4], data=bytes(16)), tensor([4])]
    refused(chain(([0, 0], [1]), outputs=[1], tensors=tensors), "writes to tensor 1, which exists already")


def test_an_input_that_is_a_constant() -> None:
    tensors = [tensor([4], data=bytes(16)), tensor([4])]
    refused(chain(([0, 0], [1]), outputs=[1], tensors=tensors), "input tensor 0 holds a constant or a state")


def test_state_that_an_operator_without_memory_reads() -> None:
    tensors = [tensor([4]), tensor([4], is_variable=True), tensor([4])]
    refused(chain(([0, 1], [2]), outputs=[2], tensors=tensors), r"operator 0 \(ADD\) reads the state 1")


def test_state_of_a_recurrent_operator() -> None:
    def data(*shape: int) -> Table:
        return tensor(shape, data=bytes(4 * shape[0] * (shape[1] if len(shape) > 1 else 1)))

    tensors = [tensor([1, 3]), data(2, 3), data(2, 2), data(2), tensor([1, 2], is_variable=True), tensor([1, 2])]
    operators = [operator("RNN", [0, 1, 2, 3, 4], [5], ("RNNOptions", {}))]
    assert ModelFile.read(raw(model(subgraph(tensors, operators, [0], [5])))).main.tensors[4].is_variable


@pytest.mark.parametrize("kind", ["resource", "variant"])
def test_an_input_that_only_the_runtime_can_make(kind: str) -> None:
    tables = model(subgraph([tensor([], kind), tensor([4])], [operator("step", [0], [1])], [0], [1]))
    refused(tables, f"input tensor 0 is of type {kind}")


@pytest.mark.parametrize("where", ["inputs", "outputs"])
@pytest.mark.parametrize("index", [-1, 3, 2**31 - 1])
def test_model_inputs_and_outputs_that_are_not_there(where: str, index: int) -> None:
    tables = add_model()
    tables["subgraphs"][0][where] = [index]
    refused(tables, f"subgraph 0 {where}: index {index} is outside of 0 to 2")


def signature(key: str = "main", index: int = 0, graph: int = 0) -> Table:
    inputs = [{"name": "a", "tensor_index": index}]
    return {"signature_key": key, "inputs": inputs, "outputs": [], "subgraph_index": graph}


def test_signatures_that_lead_nowhere() -> None:
    refused({**add_model(), "signature_defs": [signature(index=3)]}, "signature 'main': index 3")
    refused({**add_model(), "signature_defs": [signature(graph=1)]}, "is for subgraph 1, which is not there")
    refused({**add_model(), "signature_defs": [signature(), signature()]}, "two signatures have one name")


def sparse(**changes: Any) -> Table:
    """A 2 x 4 matrix, rows dense, columns sparse: entries (0, 1), (0, 3), (1, 2)."""
    columns = {
        "format": 1,
        "array_segments": ("Int32Vector", {"values": [0, 2, 3]}),
        "array_indices": ("Uint8Vector", {"values": bytes([1, 3, 2])}),
        **changes,
    }
    sparsity = {"traversal_order": [0, 1], "dim_metadata": [{"dense_size": 2}, columns]}
    weights = tensor([2, 4], data=struct.pack("<3f", 1, 2, 3), sparsity=sparsity)
    return one_operator("DENSIFY", [weights], [tensor([2, 4])])


def test_sparse_weights() -> None:
    assert ModelFile.read(raw(sparse())).main.tensors[0].is_sparse


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"array_indices": ("Uint8Vector", {"values": bytes([1, 4, 2])})}, "an entry is outside of 0 to 3"),
        ({"array_segments": ("Int32Vector", {"values": [0, 2, 4]})}, "segments over 3 entries"),
        ({"array_segments": ("Int32Vector", {"values": [0, 3]})}, "2 segments over 3 entries, for 2 positions"),
        ({"array_segments": ("Int32Vector", {"values": [0, 4, 3]})}, "3 segments over"),
        ({"array_segments": None}, "0 segments over"),
        ({"format": 0, "dense_size": 9}, "a dense dimension of 9 where 4 belong"),
        ({"format": 0, "dense_size": 4}, "8 values of type float32, and the buffer has 12 bytes"),
    ],
)
def test_sparse_weights_that_lead_outside(changes: dict[str, Any], why: str) -> None:
    refused(sparse(**changes), why)


def block_quantized(**changes: Any) -> Table:
    details = {"scales": 2, "zero_points": 0, "block_size": 4, **changes}
    weights = tensor(
        [2, 8], "int4", bytes(8), quantization={**quantized([1.0], [0]), "details": ("BlockwiseQuantization", details)}
    )
    scales = tensor([2, 2], "float16", bytes(8))
    operators = [operator("FULLY_CONNECTED", [0, 1], [3], ("FullyConnectedOptions", {}))]
    return model(subgraph([tensor([1, 8]), weights, scales, tensor([1, 2])], operators, [0], [3]))


def test_scales_per_block() -> None:
    assert ModelFile.read(raw(block_quantized())).main.tensors[1].dtype == "int4"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"scales": 9}, "tensor 9 is outside of 0 to 3"),
        ({"scales": -1}, "tensor -1 is outside"),
        ({"scales": 3}, r"2 scales \(float32\) for 16 values"),
        ({"block_size": 0}, "blocks of 0"),
        ({"block_size": 3}, "blocks of 3"),
        ({"zero_points": 9}, "tensor 9 is outside"),
    ],
)
def test_scales_per_block_that_lead_outside(changes: dict[str, Any], why: str) -> None:
    refused(block_quantized(**changes), why)


def texts(*parts: int, shape: tuple[int, ...] = (2,), tail: bytes = b"abc") -> Table:
    data = struct.pack(f"<{len(parts)}i", *parts) + tail
    return one_operator("RESHAPE", [tensor(shape, "string", data)], [tensor(shape, "string")], ("ReshapeOptions", {}))


def test_constant_texts() -> None:
    assert ModelFile.read(raw(texts(2, 16, 17, 19))).main.tensors[0].dtype == "string"


@pytest.mark.parametrize(
    "tables",
    [
        texts(3, 16, 17, 19),
        texts(-1, 16),
        texts(2, 12, 17, 19),
        texts(2, 16, 20, 19),
        texts(2, 16, 17, 20),
        texts(2**30),
    ],
)
def test_constant_texts_that_lead_outside(tables: Table) -> None:
    refused(tables, "texts")
