"""Small random models in the uint8 of before 2019: one operator each, behind and before a convolution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from edgewright.model import ModelFile

from ..model.builders import model, operator, quantized, subgraph, tensor

Table = dict[str, Any]
VALID, SAME = 1, 0


class Legacy:
    """Collects the tensors and operators of one model; `random` decides scales, zero points and constants."""

    def __init__(self, seed: int, *, spread: int = 127) -> None:
        """`spread`: how far weights are from their zero point at most."""
        self.random = np.random.default_rng(seed)
        self.spread = spread
        self.tensors: list[Table] = []
        self.operators: list[Table] = []

    def add(self, table: Table) -> int:
        self.tensors.append({**table, "name": f"tensor_{len(self.tensors)}"})
        return len(self.tensors) - 1

    def result(self, shape: Sequence[int], like: int | None = None, fixed: tuple[float, int] | None = None) -> int:
        """A tensor without data: with the quantization of another one, a fixed one, or one of its own."""
        if like is not None:
            return self.add(tensor(shape, "uint8", quantization=self.tensors[like]["quantization"]))
        scale, zero_point = fixed or self.quantization()
        return self.add(tensor(shape, "uint8", quantization=quantized([scale], [zero_point])))

    def quantization(self) -> tuple[float, int]:
        return float(np.float32(self.random.uniform(0.01, 0.1))), int(self.random.integers(0, 256))

    def constant(self, values: Any, dtype: str, **more: Any) -> int:
        array = np.asarray(values, dtype)
        return self.add(tensor(array.shape, dtype, array.tobytes(), **more))

    def integers(self, values: Any) -> int:
        return self.constant(values, "int32")

    def run(self, name: str, inputs: Sequence[int], outputs: Sequence[int], table: str = "", **options: Any) -> int:
        union = (table, options) if table else None
        self.operators.append(operator(name, inputs, outputs, union))
        return outputs[0]

    def shape(self, index: int) -> tuple[int, ...]:
        return tuple(self.tensors[index]["shape"])

    def weights(self, shape: Sequence[int]) -> tuple[int, float]:
        """uint8 weights, no further than `spread` from their zero point, and their scale."""
        zero_point = int(self.random.integers(100, 156))
        low, high = max(0, zero_point - self.spread), min(255, zero_point + self.spread)
        scale = float(np.float32(self.random.uniform(0.002, 0.02)))
        values = self.random.integers(low, high + 1, shape)
        return self.constant(values, "uint8", quantization=quantized([scale], [zero_point])), scale

    def layer(self, name: str, source: int, weights: Sequence[int], result: Sequence[int], **options: Any) -> int:
        """An operator with weights and a bias, its result scaled so that it is neither flat nor saturated."""
        kernel, scale = self.weights(weights)
        product = self.tensors[source]["quantization"]["scale"][0] * scale
        channels = weights[-1] if name == "DEPTHWISE_CONV_2D" else weights[0]
        fan_in = int(np.prod(weights)) // channels
        bias = self.constant(
            self.random.integers(-2000, 2000, channels), "int32", quantization=quantized([product], [0])
        )
        out = float(np.float32(product * 60 * np.sqrt(fan_in) * self.random.uniform(0.5, 2)))
        made = self.result(result, fixed=(out, int(self.random.integers(64, 192))))
        table = {"CONV_2D": "Conv2DOptions", "DEPTHWISE_CONV_2D": "DepthwiseConv2DOptions"}.get(name)
        activation = int(self.random.choice([0, 1, 3]))
        if name == "FULLY_CONNECTED":
            return self.run(
                name, [source, kernel, bias], [made], "FullyConnectedOptions", fused_activation_function=activation
            )
        if name == "TRANSPOSE_CONV":
            shape = self.integers(result)
            return self.run(name, [shape, kernel, source, bias], [made], "TransposeConvOptions", **options)
        return self.run(name, [source, kernel, bias], [made], table, fused_activation_function=activation, **options)

    def convolution(self, source: int, channels: int, kernel: int = 1) -> int:
        """A convolution with stride 1 that keeps height and width."""
        batch, height, width, depth = self.shape(source)
        return self.layer(
            "CONV_2D", source, (channels, kernel, kernel, depth), (batch, height, width, channels),
            padding=SAME, stride_w=1, stride_h=1,
        )  # fmt: skip

    def build(self, inputs: Sequence[int], outputs: Sequence[int]) -> ModelFile:
        return ModelFile.build(model(subgraph(self.tensors, self.operators, inputs, outputs)), {})


def with_operator(add: Callable[[Legacy, int], int], seed: int, *, spread: int = 127) -> ModelFile:
    """A picture, a convolution, and what `add` puts behind it; the result is the model's output."""
    graph = Legacy(seed, spread=spread)
    size = int(graph.random.integers(4, 12))
    source = graph.result((1, size, size, 3))
    values = graph.convolution(source, 2 * int(graph.random.integers(1, 6)), kernel=3)
    return graph.build([source], [add(graph, values)])


def _same(name: str, shape: Callable[[tuple[int, ...]], Sequence[int]], table: str = "", **options: Any) -> Any:
    """One input and a result of its scale."""

    def add(graph: Legacy, source: int) -> int:
        made = graph.result(shape(graph.shape(source)), like=source)
        return graph.run(name, [source], [made], table, **options)

    return add


def _with_integers(
    name: str, values: Any, shape: Callable[[tuple[int, ...]], Sequence[int]], table: str = "", **options: Any
) -> Any:
    """One input, a constant, and a result of the input's scale."""

    def add(graph: Legacy, source: int) -> int:
        given = values(graph.shape(source)) if callable(values) else values
        made = graph.result(shape(graph.shape(source)), like=source)
        return graph.run(name, [source, graph.integers(given)], [made], table, **options)

    return add


def _free(name: str, fixed: tuple[float, int] | None = None, table: str = "", **options: Any) -> Any:
    """One input and a result of another scale."""

    def add(graph: Legacy, source: int) -> int:
        made = graph.result(graph.shape(source), fixed=fixed)
        return graph.run(name, [source], [made], table, **options)

    return add


def _hard_swish(graph: Legacy, source: int) -> int:
    """The kernel refuses a result whose step is under 1/128 of the input's (activations.cc, HardSwishPrepare)."""
    scale, zero_point = graph.quantization()
    (step,) = graph.tensors[source]["quantization"]["scale"]
    made = graph.result(graph.shape(source), fixed=(max(scale, step / 64), zero_point))
    return graph.run("HARD_SWISH", [source], [made])


def _binary(name: str, table: str, *, same: bool = False) -> Any:
    def add(graph: Legacy, source: int) -> int:
        other = graph.convolution(source, graph.shape(source)[-1])
        if same:
            graph.tensors[other]["quantization"] = graph.tensors[source]["quantization"]
        made = graph.result(graph.shape(source), like=source if same else None)
        options = {} if same else {"fused_activation_function": 0}
        return graph.run(name, [source, other], [made], table, **options)

    return add


def _with_constant(name: str, table: str) -> Any:
    def add(graph: Legacy, source: int) -> int:
        scale, zero_point = graph.quantization()
        values = graph.random.integers(0, 256, graph.shape(source)[-1:])
        constant = graph.constant(values, "uint8", quantization=quantized([scale], [zero_point]))
        made = graph.result(graph.shape(source))
        return graph.run(name, [source, constant], [made], table, fused_activation_function=0)

    return add


def _pool(name: str, window: int, padding: int) -> Any:
    def add(graph: Legacy, source: int) -> int:
        batch, height, _, channels = graph.shape(source)
        side = height if padding == SAME else height - window + 1
        made = graph.result((batch, side, side, channels), like=source)
        options = {"padding": padding, "stride_w": 1, "stride_h": 1, "filter_width": window, "filter_height": window}
        return graph.run(name, [source], [made], "Pool2DOptions", **options, fused_activation_function=0)

    return add


def _depthwise(graph: Legacy, source: int) -> int:
    shape = graph.shape(source)
    options = {"padding": SAME, "stride_w": 1, "stride_h": 1, "depth_multiplier": 1}
    return graph.layer("DEPTHWISE_CONV_2D", source, (1, 3, 3, shape[-1]), shape, **options)


def _fully_connected(graph: Legacy, source: int) -> int:
    flat = int(np.prod(graph.shape(source)))
    return graph.layer("FULLY_CONNECTED", source, (7, flat), (1, 7))


def _transposed(graph: Legacy, source: int) -> int:
    batch, height, width, depth = graph.shape(source)
    options = {"padding": SAME, "stride_w": 2, "stride_h": 2}
    return graph.layer("TRANSPOSE_CONV", source, (5, 3, 3, depth), (batch, 2 * height, 2 * width, 5), **options)


def _concatenation(same: bool) -> Any:
    def add(graph: Legacy, source: int) -> int:
        other = graph.convolution(source, 4)
        if same:
            graph.tensors[other]["quantization"] = graph.tensors[source]["quantization"]
        *rest, depth = graph.shape(source)
        made = graph.result((*rest, depth + 4), like=source)
        return graph.run("CONCATENATION", [source, other], [made], "ConcatenationOptions", axis=3)

    return add


def _padded_with_value(graph: Legacy, source: int) -> int:
    batch, height, width, depth = graph.shape(source)
    value = graph.constant([77], "uint8", quantization=graph.tensors[source]["quantization"])
    made = graph.result((batch, height + 3, width + 1, depth), like=source)
    return graph.run("PADV2", [source, graph.integers([[0, 0], [1, 2], [0, 1], [0, 0]]), value], [made])


def _split(graph: Legacy, source: int) -> int:
    *rest, depth = graph.shape(source)
    parts = [graph.result((*rest, depth // 2), like=source) for _ in range(2)]
    graph.run("SPLIT", [graph.integers(3), source], parts, "SplitOptions", num_splits=2)
    return graph.convolution(parts[1], 2)


def _packed(graph: Legacy, source: int) -> int:
    made = graph.result((2, *graph.shape(source)), like=source)
    return graph.run("PACK", [source, source], [made], "PackOptions", values_count=2, axis=0)


def _unpacked(graph: Legacy, source: int) -> int:
    _, *rest = graph.shape(source)
    return graph.run("UNPACK", [source], [graph.result(rest, like=source)], "UnpackOptions", num=1, axis=0)


def _strided(graph: Legacy, source: int) -> int:
    batch, height, width, depth = graph.shape(source)
    made = graph.result((batch, -(-height // 2), width - 1, depth), like=source)
    places = ([0, 0, 1, 0], [batch, height, width, depth], [1, 2, 1, 1])
    inputs = [source, *(graph.integers(place) for place in places)]
    return graph.run("STRIDED_SLICE", inputs, [made], "StridedSliceOptions")


def _sliced(graph: Legacy, source: int) -> int:
    batch, height, width, depth = graph.shape(source)
    size = (batch, height - 2, width - 1, depth)
    inputs = [source, graph.integers([0, 1, 1, 0]), graph.integers(size)]
    return graph.run("SLICE", inputs, [graph.result(size, like=source)], "SliceOptions")


def _dequantized(graph: Legacy, source: int) -> int:
    return graph.run("DEQUANTIZE", [source], [graph.add(tensor(graph.shape(source)))])


def _largest(name: str) -> Any:
    def add(graph: Legacy, source: int) -> int:
        made = graph.add(tensor(graph.shape(source)[:-1], "int64"))
        table = "ArgMaxOptions" if name == "ARG_MAX" else "ArgMinOptions"
        return graph.run(name, [source, graph.integers([3])], [made], table, output_type=4)

    return add


def _mean(graph: Legacy, source: int) -> int:
    batch, _, _, depth = graph.shape(source)
    made = graph.result((batch, 1, 1, depth))
    return graph.run("MEAN", [source, graph.integers([1, 2])], [made], "ReducerOptions", keep_dims=True)


def _twice(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (shape[0], 2 * shape[1], 2 * shape[2], *shape[3:])


def _square(shape: tuple[int, ...]) -> tuple[int, ...]:
    return (1, shape[1] * shape[2] * shape[3])


CASES: dict[str, Callable[[Legacy, int], int]] = {
    "CONV_2D": lambda graph, source: graph.convolution(source, 5, kernel=3),
    "DEPTHWISE_CONV_2D": _depthwise,
    "FULLY_CONNECTED": _fully_connected,
    "TRANSPOSE_CONV": _transposed,
    "CONCATENATION": _concatenation(same=True),
    "SOFTMAX": _free("SOFTMAX", (1 / 256, 0), "SoftmaxOptions", beta=1.0),
    "LOGISTIC": _free("LOGISTIC", (1 / 256, 0)),
    "TANH": _free("TANH", (1 / 128, 128)),
    "L2_NORMALIZATION": _free("L2_NORMALIZATION", (1 / 128, 128), "L2NormOptions", fused_activation_function=0),
    "QUANTIZE": _free("QUANTIZE"),
    "HARD_SWISH": _hard_swish,
    "LEAKY_RELU": _free("LEAKY_RELU", None, "LeakyReluOptions", alpha=0.2),
    "RELU": _free("RELU"),
    "RELU6": _free("RELU6"),
    "ADD": _binary("ADD", "AddOptions"),
    "SUB": _binary("SUB", "SubOptions"),
    "MUL": _binary("MUL", "MulOptions"),
    "ADD a constant": _with_constant("ADD", "AddOptions"),
    "MUL by a constant": _with_constant("MUL", "MulOptions"),
    "MAXIMUM": _binary("MAXIMUM", "MaximumMinimumOptions", same=True),
    "MINIMUM": _binary("MINIMUM", "MaximumMinimumOptions", same=True),
    "MEAN": _mean,
    "DEQUANTIZE": _dequantized,
    "ARG_MAX": _largest("ARG_MAX"),
    "ARG_MIN": _largest("ARG_MIN"),
    "RESHAPE": _with_integers("RESHAPE", _square, _square, "ReshapeOptions"),
    "SQUEEZE": _same("SQUEEZE", lambda shape: shape[1:], "SqueezeOptions", squeeze_dims=[0]),
    "EXPAND_DIMS": _with_integers("EXPAND_DIMS", 0, lambda shape: (1, *shape)),
    "AVERAGE_POOL_2D": _pool("AVERAGE_POOL_2D", 3, VALID),
    "AVERAGE_POOL_2D, padded": _pool("AVERAGE_POOL_2D", 3, SAME),
    "AVERAGE_POOL_2D, even": _pool("AVERAGE_POOL_2D", 2, VALID),
    "MAX_POOL_2D": _pool("MAX_POOL_2D", 2, SAME),
    "PAD": _with_integers(
        "PAD", [[0, 0], [1, 2], [0, 1], [0, 0]], lambda shape: (shape[0], shape[1] + 3, shape[2] + 1, shape[3])
    ),
    "PADV2": _padded_with_value,
    "MIRROR_PAD": _with_integers(
        "MIRROR_PAD", [[0, 0], [1, 1], [1, 1], [0, 0]],
        lambda shape: (shape[0], shape[1] + 2, shape[2] + 2, shape[3]), "MirrorPadOptions", mode=0,
    ),
    "TRANSPOSE": _with_integers("TRANSPOSE", [0, 2, 3, 1], lambda shape: (shape[0], shape[2], shape[3], shape[1])),
    "DEPTH_TO_SPACE": lambda graph, source: _same(
        "DEPTH_TO_SPACE", lambda shape: (*_twice(shape)[:3], 2), "DepthToSpaceOptions", block_size=2
    )(graph, graph.convolution(source, 8)),
    "SPACE_TO_DEPTH": lambda graph, source: _same(
        "SPACE_TO_DEPTH", lambda shape: (shape[0], shape[1] // 2, shape[2] // 2, 4 * shape[3]),
        "SpaceToDepthOptions", block_size=2,
    )(graph, _with_integers("RESIZE_NEAREST_NEIGHBOR", (4, 6), lambda shape: (shape[0], 4, 6, shape[3]),
                            "ResizeNearestNeighborOptions")(graph, source)),
    "SPLIT": _split,
    "PACK": _packed,
    "UNPACK": _unpacked,
    "STRIDED_SLICE": _strided,
    "SLICE": _sliced,
    "GATHER": _with_integers("GATHER", [1, 0, 1], lambda shape: (*shape[:3], 3), "GatherOptions", axis=3),
    "TILE": _with_integers("TILE", [1, 1, 1, 2], lambda shape: (*shape[:3], 2 * shape[3])),
    "REVERSE_V2": _with_integers("REVERSE_V2", [1], lambda shape: shape),
    "RESIZE_BILINEAR": _with_integers(
        "RESIZE_BILINEAR", lambda shape: _twice(shape)[1:3], _twice, "ResizeBilinearOptions"
    ),
    "RESIZE_NEAREST_NEIGHBOR": _with_integers(
        "RESIZE_NEAREST_NEIGHBOR", lambda shape: _twice(shape)[1:3], _twice, "ResizeNearestNeighborOptions"
    ),
    "REDUCE_MAX": _with_integers(
        "REDUCE_MAX", [1, 2], lambda shape: (shape[0], shape[3]), "ReducerOptions", keep_dims=False
    ),
    "CONCATENATION, other scales": _concatenation(same=False),
}  # fmt: skip
