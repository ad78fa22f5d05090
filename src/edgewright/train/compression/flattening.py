"""A network with every layer by itself: none inside of another, activations apart, BatchNorm folded into weights.

Folding: Jacob et al., "Quantization and Training of Neural Networks for Efficient Integer-Arithmetic-Only Inference",
CVPR 2018, section 3.2.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.train.compression.graphs import graph_of, is_network, nodes_of, rebuilt, run_through

Array = npt.NDArray[Any]

# Layers with a kernel, and where the axis of its outputs is; of a depthwise kernel the last two count together.
KERNELS = {
    "Dense": -1,
    "Conv1D": -1,
    "Conv2D": -1,
    "Conv2DTranspose": -2,
    "DepthwiseConv1D": None,
    "DepthwiseConv2D": None,
}
_SEPARABLE = {"SeparableConv1D": ("DepthwiseConv1D", "Conv1D"), "SeparableConv2D": ("DepthwiseConv2D", "Conv2D")}
_SHARED = ("strides", "padding", "data_format")


def flattened(model: Any) -> Any:
    """The network as one graph of layers that each do one thing, BatchNorm folded; it computes the same.

    Layers are new ones with the same names and weights. BatchNorm that stands behind no kernel is a depthwise
    convolution of one weight for each channel.
    """
    return _folded(_apart(graph_of(model)))


class _Names:
    """Names that are each there once."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def free(self, name: str) -> str:
        found, number = name, 1
        while found in self._taken:
            found, number = f"{name}_{number}", number + 1
        self._taken.add(found)
        return found


class _Copies:
    """A copy of each layer, the same one for each of its calls."""

    def __init__(self) -> None:
        self.names = _Names()
        self._made: dict[int, list[Any]] = {}

    def of(self, operation: Any, make: Callable[[Any], list[Any]]) -> list[Any]:
        if id(operation) not in self._made:
            self._made[id(operation)] = make(operation)
        return self._made[id(operation)]


def _apart(graph: Any) -> Any:
    """Networks inside of it laid open, activations and separable convolutions as layers of their own."""
    import keras

    copies = _Copies()
    last = {id(tensor._keras_history.operation) for tensor in graph.outputs}

    def call(node: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        operation = node.operation
        if is_network(operation):
            inner = graph_of(operation)
            return run_through(inner, keras.tree.flatten(args[0]), call)
        if not isinstance(operation, keras.layers.Layer):
            return operation(*args, **kwargs)
        chain = copies.of(operation, lambda layer: _split(layer, copies.names, last=id(layer) in last))
        result = _chained(chain, args, kwargs)
        _take_over(chain, operation)
        return result

    return rebuilt(graph, call)


def _chained(chain: Sequence[Any], args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
    result = chain[0](*args, **kwargs)
    for layer in chain[1:]:
        result = layer(result)
    return result


def _split(layer: Any, names: _Names, *, last: bool) -> list[Any]:
    """Layers that together do what one does; where it is the `last` one, whose name is the output's, so is theirs."""
    import keras

    kind, config = type(layer).__name__, layer.get_config()
    if kind not in KERNELS and kind not in _SEPARABLE:
        return [type(layer).from_config({**config, "name": names.free(layer.name), "trainable": True})]
    activation = getattr(layer.activation, "__name__", "activation")
    if activation == "linear":
        return _kernels(kind, {**config, "trainable": True}, names)
    kernel, function = (f"{layer.name}_kernel", layer.name) if last else (layer.name, f"{layer.name}_{activation}")
    made = _kernels(kind, {**config, "trainable": True, "name": kernel}, names)
    return [*made, keras.layers.Activation(layer.activation, name=names.free(function))]


def _kernels(kind: str, config: dict[str, Any], names: _Names) -> list[Any]:
    """The kernel of a layer without its activation; a separable convolution is two of them."""
    import keras

    name = names.free(config["name"])
    if kind in KERNELS:
        return [getattr(keras.layers, kind).from_config({**config, "activation": "linear", "name": name})]
    first, second = _SEPARABLE[kind]
    depthwise = {key: config[key] for key in (*_SHARED, "kernel_size", "dilation_rate", "depth_multiplier")}
    pointwise = {key: config[key] for key in ("filters", "use_bias", "data_format")}
    return [
        getattr(keras.layers, first)(**depthwise, use_bias=False, name=names.free(f"{name}_depthwise")),
        getattr(keras.layers, second)(**pointwise, kernel_size=1, name=name),
    ]


def _take_over(chain: Sequence[Any], layer: Any) -> None:
    """Give the copies the weights of what they are copies of."""
    weights = layer.get_weights()
    for copy in chain:
        count = len(copy.get_weights())
        copy.set_weights(weights[:count])
        weights = weights[count:]


def _folded(graph: Any) -> Any:
    """BatchNorm in the weights of the layer before it, else in a depthwise convolution of its own."""
    calls = Counter(id(node.operation) for node in nodes_of(graph))
    taken = Counter(id(tensor) for node in nodes_of(graph) for tensor in node.input_tensors)
    taken.update(id(tensor) for tensor in graph.outputs)
    makers = {id(tensor): node for node in nodes_of(graph) for tensor in node.outputs}
    into: dict[int, Any] = {}
    for node in nodes_of(graph):
        maker = makers.get(id(node.input_tensors[0]))
        if maker is None or not _is_norm(node.operation) or calls[id(node.operation)] > 1:
            continue
        alone = taken[id(node.input_tensors[0])] == 1 and calls[id(maker.operation)] == 1
        if alone and type(maker.operation).__name__ in KERNELS and id(maker.operation) not in into:
            into[id(maker.operation)] = node.operation
    folded = {id(norm) for norm in into.values()}

    def call(node: Any, args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        operation = node.operation
        if id(operation) in into:
            return _with_norm(operation, into[id(operation)], args[0])
        if id(operation) in folded:
            return args[0]
        if _is_norm(operation) and calls[id(operation)] == 1 and _rank(node) in (2, 3, 4):
            return _as_depthwise(operation, args[0])
        return operation(*args, **kwargs)

    return rebuilt(graph, call)


def _is_norm(operation: Any) -> bool:
    """Whether it is BatchNorm over the channels, which are last."""
    if type(operation).__name__ != "BatchNormalization":
        return False
    axis, rank = operation.axis, len(operation._inbound_nodes[0].input_tensors[0].shape)
    return axis in (-1, rank - 1) or axis == [rank - 1]


def _rank(node: Any) -> int:
    return len(node.input_tensors[0].shape)


def _factors(norm: Any) -> tuple[Array, Array]:
    """What BatchNorm multiplies each channel by, and what it adds, (channels,) float64."""
    mean, variance = np.asarray(norm.moving_mean, np.float64), np.asarray(norm.moving_variance, np.float64)
    factor = 1 / np.sqrt(variance + norm.epsilon)
    if norm.gamma is not None:
        factor = factor * np.asarray(norm.gamma, np.float64)
    beta = np.asarray(norm.beta, np.float64) if norm.beta is not None else np.zeros_like(mean)
    return factor, beta - mean * factor


def _with_norm(layer: Any, norm: Any, tensor: Any) -> Any:
    """The layer with the BatchNorm behind it in its weights, under the name of the layer."""
    made = type(layer).from_config({**layer.get_config(), "use_bias": True})
    result = made(tensor)
    kernel, *bias = (np.asarray(weight, np.float64) for weight in layer.get_weights())
    factor, offset = _factors(norm)
    made.set_weights([kernel * _spread(factor, kernel, type(layer).__name__), (sum(bias) * factor) + offset])
    return result


def _spread(factor: Array, kernel: Array, kind: str) -> Array:
    """Factors of outputs in the shape that multiplies a kernel."""
    axis = KERNELS[kind]
    if axis is None:
        return factor.reshape(kernel.shape[-2:])
    return factor[:, None] if axis == -2 else factor


def _as_depthwise(norm: Any, tensor: Any) -> Any:
    """BatchNorm as a convolution of one weight for each channel; what has no height and width gets some of 1."""
    import keras

    shape = tuple(tensor.shape)
    factor, offset = _factors(norm)
    four = (1,) * (4 - len(shape)) + shape[1:]
    made = keras.layers.DepthwiseConv2D(1, name=norm.name)
    if len(shape) == 4:
        result = made(tensor)
    else:
        spread = keras.layers.Reshape(four, name=f"{norm.name}_spread")(tensor)
        result = keras.layers.Reshape(shape[1:], name=f"{norm.name}_joined")(made(spread))
    made.set_weights([factor.reshape(1, 1, -1, 1), offset])
    return result
