"""Multiply-accumulates and activation memory: by hand, and against published figures."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from edgewright.model import ModelFile
from edgewright.model.storage.flatbuffer import Table

from .builders import model, one_operator, operator, raw, subgraph, tensor

SharedFile = Callable[[str], Path]
ONES = {"stride_w": 1, "stride_h": 1, "dilation_w_factor": 1, "dilation_h_factor": 1}


@pytest.mark.parametrize(
    ("name", "millions"),
    [
        # Sandler et al., "MobileNetV2" (2018), table 4: 300 M.
        ("mobilenet_v2_1.0_224_quant", 300),
        # Howard et al., "MobileNets" (2017), and the authors' list of checkpoints: 41 M, 14 M (0.25 at 224 and 128),
        # 233 M (0.75 at 192); they count the convolutions and the last layer as we do.
        ("mobilenet_v1_0.25_224_float", 41),
        ("mobilenet_v1_0.25_128_quant", 14),
        ("mobilenet_v1_0.75_192_quant", 233),
    ],
)
def test_published_figures(name: str, millions: int, shared_file: SharedFile) -> None:
    assert ModelFile.read(shared_file(f"models/{name}.tflite")).macs / 1e6 == pytest.approx(millions, rel=0.035)


def weights(*shape: int) -> Table:
    size = 1
    for one in shape:
        size *= one
    return tensor(shape, data=bytes(4 * size))


def macs(name: str, inputs: list[Table], output: Table, options: tuple[str, dict[str, Any]] | None = None) -> int:
    return ModelFile.read(raw(one_operator(name, inputs, [output], options))).macs


def test_convolution() -> None:
    inputs = [tensor([1, 8, 8, 3]), weights(4, 3, 3, 3), weights(4)]
    assert macs("CONV_2D", inputs, tensor([1, 8, 8, 4]), ("Conv2DOptions", ONES)) == 8 * 8 * 4 * 3 * 3 * 3


def test_depthwise_convolution() -> None:
    inputs = [tensor([1, 8, 8, 4]), weights(1, 3, 3, 4), weights(4)]
    options = ("DepthwiseConv2DOptions", {**ONES, "depth_multiplier": 1})
    assert macs("DEPTHWISE_CONV_2D", inputs, tensor([1, 8, 8, 4]), options) == 8 * 8 * 4 * 3 * 3


def test_transposed_convolution_counts_by_its_input() -> None:
    shape = tensor([4], "int32", struct.pack("<4i", 1, 10, 10, 2))
    inputs = [shape, weights(2, 3, 3, 6), tensor([1, 5, 5, 6])]
    options = ("TransposeConvOptions", {"stride_w": 2, "stride_h": 2})
    assert macs("TRANSPOSE_CONV", inputs, tensor([1, 10, 10, 2]), options) == 5 * 5 * 6 * 3 * 3 * 2


def test_convolution_in_three_dimensions() -> None:
    inputs = [tensor([1, 4, 4, 4, 2]), weights(2, 2, 2, 2, 5)]
    options = ("Conv3DOptions", {**ONES, "stride_d": 1, "dilation_d_factor": 1})
    assert macs("CONV_3D", inputs, tensor([1, 4, 4, 4, 5]), options) == 4 * 4 * 4 * 5 * 2 * 2 * 2 * 2


def test_fully_connected() -> None:
    inputs = [tensor([7, 20]), weights(5, 20)]
    assert macs("FULLY_CONNECTED", inputs, tensor([7, 5]), ("FullyConnectedOptions", {})) == 7 * 5 * 20


@pytest.mark.parametrize("turned", [False, True])
def test_batched_matrix_product(turned: bool) -> None:
    first = [2, 4, 3] if turned else [2, 3, 4]
    options = ("BatchMatMulOptions", {"adj_x": turned})
    assert macs("BATCH_MATMUL", [tensor(first), tensor([2, 4, 5])], tensor([2, 3, 5]), options) == 2 * 3 * 4 * 5


def test_operators_without_a_matrix_product_are_not_counted() -> None:
    assert macs("ADD", [tensor([4]), tensor([4])], tensor([4]), ("AddOptions", {})) == 0


def test_a_shape_of_unknown_rank_is_not_counted() -> None:
    options = ("BatchMatMulOptions", {})
    assert macs("BATCH_MATMUL", [tensor([2, 4, 3]), tensor([2, 3, 5])], tensor([]), options) == 0


def chain(*sizes: int, reads: dict[int, list[int]] | None = None) -> ModelFile:
    """Tensor 0 of `sizes[0]` floats is the input; operator i makes tensor i + 1 from tensor i and from `reads[i]`."""
    operators = [
        operator("step", [index, *(reads or {}).get(index, [])], [index + 1]) for index in range(len(sizes) - 1)
    ]
    tables = model(subgraph([tensor([size]) for size in sizes], operators, [0], [len(sizes) - 1]))
    return ModelFile.read(raw(tables))


def test_peak_of_a_chain_is_its_widest_neighbors_beside_the_input() -> None:
    # While operator 1 runs, 10 (input, lives throughout), 100 and 50 floats are alive.
    assert chain(10, 100, 50, 1).peak_activation_bytes == 4 * (10 + 100 + 50)


def test_a_tensor_that_is_read_later_stays_alive() -> None:
    # Tensor 1 (100 floats) is read again by operator 3, which makes tensor 4 from tensor 3.
    assert chain(10, 100, 1, 60, 50, reads={3: [1]}).peak_activation_bytes == 4 * (10 + 100 + 60 + 50)


def test_constants_are_no_activations() -> None:
    tables = one_operator("ADD", [tensor([4]), weights(4)], [tensor([4])], ("AddOptions", {}))
    assert ModelFile.read(raw(tables)).peak_activation_bytes == 4 * (4 + 4)


def test_peak_of_a_real_model_is_no_more_than_all_activations_and_no_less_than_its_largest(
    shared_file: SharedFile,
) -> None:
    found = ModelFile.read(shared_file("models/mobilenet_v2_1.0_224_quant.tflite"))
    moving = [one.nbytes or 0 for one in found.main.tensors if not len(found.constant(one))]
    # The widest point of MobileNet V2 is its second block: 112 x 112 x 96 in, 56 x 56 x 96 out, the picture beside it.
    assert found.peak_activation_bytes == 112 * 112 * 96 + max(112 * 112 * 16, 56 * 56 * 96) + 224 * 224 * 3
    assert max(moving) < found.peak_activation_bytes < sum(moving)
