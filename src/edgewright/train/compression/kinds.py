"""What each layer is to an 8-bit file: how LiteRT's kernels compute it, and what that asks of the ranges around it.

Source: the TensorFlow Lite quantization specification, operators and their constraints
(https://ai.google.dev/edge/litert/models/quantization_spec).
"""

from __future__ import annotations

from typing import Any, Literal

from edgewright.train.compression.flattening import KERNELS

# "kernel": weights, a bias and an output of its own range. "carry": only moves numbers, so they keep their scale.
# "round": computes new numbers in the scale of its input. "join": inputs and output share one scale. "own": computes,
# with an output of its own range. "relu": is part of the kernel before it, else "own". "float": has no 8-bit form.
Kind = Literal["kernel", "carry", "round", "join", "own", "relu", "softmax", "sigmoid", "tanh", "float"]

_BY_CLASS: dict[Kind, str] = {
    "carry": """
        Flatten Reshape Permute ZeroPadding1D ZeroPadding2D Cropping1D Cropping2D MaxPooling1D MaxPooling2D MaxPool
        GlobalMaxPooling1D GlobalMaxPooling2D RepeatVector Dropout SpatialDropout1D SpatialDropout2D GaussianNoise
        GaussianDropout AlphaDropout ActivityRegularization Identity Transpose ExpandDims Squeeze Pad GetItem
    """,
    "round": "AveragePooling1D AveragePooling2D AveragePool",
    "join": "Concatenate Maximum Minimum",
    "own": "Add Subtract Multiply GlobalAveragePooling1D GlobalAveragePooling2D Mean LeakyReLU LeakyRelu Gelu",
    "softmax": "Softmax",
    "sigmoid": "Sigmoid",
    "tanh": "Tanh",
    "relu": "Relu Relu6",
}
_KINDS: dict[str, Kind] = {name: kind for kind, names in _BY_CLASS.items() for name in names.split()}

# What an `Activation` applies, by the name of the function. Those that are not here compute in float.
_FUNCTIONS: dict[str, Kind] = {
    "linear": "carry",
    "relu": "relu",
    "relu6": "relu",
    "softmax": "softmax",
    "sigmoid": "sigmoid",
    "tanh": "tanh",
    "gelu": "own",
    "leaky_relu": "own",
    "silu": "own",
    "hard_silu": "own",
}

# The scale and zero point of an output that the specification fixes, as the smallest and the largest number.
FIXED: dict[Kind, tuple[float, float]] = {
    "softmax": (0.0, 255 / 256),
    "sigmoid": (0.0, 255 / 256),
    "tanh": (-1.0, 127 / 128),
}

# Kernels whose output is computed before an activation that they can contain.
FUSING = frozenset({*KERNELS, "Add", "Subtract", "Multiply"})

# Of these only what takes tensors alone: a constant beside them would have to be quantized too.
_OF_TENSORS = frozenset({"Add", "Subtract", "Multiply", "Maximum", "Minimum"})

_LARGEST = (None, 6, 6.0)


def kind_of(node: Any) -> Kind:
    """What a call of a layer is."""
    operation = node.operation
    name = type(operation).__name__
    if name in KERNELS:
        return "kernel" if getattr(operation, "data_format", "channels_last") == "channels_last" else "float"
    if name == "Activation":
        return _FUNCTIONS.get(getattr(operation.activation, "__name__", ""), "float")
    if name == "ReLU":
        plain = operation.max_value in _LARGEST and not operation.negative_slope and not operation.threshold
        return "relu" if plain else "float"
    if name == "UpSampling2D":
        return "carry" if operation.interpolation == "nearest" else "round"
    if name in _OF_TENSORS and len(node.input_tensors) < 2:
        return "float"
    if name == "Softmax" and getattr(operation, "axis", -1) not in (-1, len(node.outputs[0].shape) - 1):
        return "float"
    return _KINDS.get(name, "float")


def function_of(operation: Any) -> str:
    """The name of the function that an activation applies; "" for what is none."""
    return str(getattr(getattr(operation, "activation", None), "__name__", ""))
