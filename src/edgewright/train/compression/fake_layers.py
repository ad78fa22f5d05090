"""Layers of Keras that compute as the kernels of LiteRT will: rounded weights, rounded results; for a child process."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
import tensorflow as tf

from edgewright.train.compression.kinds import function_of
from edgewright.train.compression.steps import best_steps

Array = npt.NDArray[Any]

_LEAST = 1e-4  # of a range, so that it never closes
_STORED_BITS = (4, 8)


@dataclass(frozen=True)
class Rules:
    """How weights are rounded: `zeros`: those that are 0 stay so. `packed`: of 4 bits and less, two go into a byte."""

    zeros: bool = False
    packed: bool = True


class Range(keras.layers.Layer):  # type: ignore[misc]
    """Rounds to one of 256 numbers between a smallest and a largest one, which are learned as shares of first ones.

    Gradients of what lies outside go to the ends (Choi et al., "PACT", arXiv 1805.06085). `fixed` are ends that stay,
    and that do not round while training: scores near 0 would have no gradient.
    """

    def __init__(self, fixed: tuple[float, float] | None = None, name: str | None = None) -> None:
        super().__init__(name=name)
        self._fixed = fixed
        self._first = [
            self.add_weight(shape=(), initializer="zeros", trainable=False, name=end) for end in ("low", "high")
        ]
        self._shares = []
        if fixed is None:
            self._shares = [
                self.add_weight(shape=(), initializer="zeros", name=f"{end}_share") for end in ("low", "high")
            ]
        self._constant: tuple[float, float] | None = None
        self.built = True

    @property
    def ends(self) -> tuple[Any, Any]:
        """The smallest and the largest number; 0 lies between them."""
        if self._constant or self._fixed:
            return self._constant or self._fixed or (0.0, 0.0)
        low, high = (first * tf.exp(share) for first, share in zip(self._first, self._shares, strict=True))
        return low, high

    def begin(self, low: float, high: float) -> None:
        """Start from what was measured."""
        low, high = min(low, 0.0), max(high, 0.0)
        for variable, value in zip(self._first, (low, max(high, low + _LEAST)), strict=True):
            variable.assign(value)

    def freeze(self) -> None:
        """From now on its ends are plain numbers, as a converter wants them."""
        low, high = self.ends
        self._constant = float(low), float(high)

    def call(self, inputs: Any, training: bool = False) -> Any:
        """Round, with the gradient of no rounding inside of the range."""
        if training and self._fixed is not None:
            return inputs
        low, high = self.ends
        return tf.quantization.fake_quant_with_min_max_vars(inputs, low, high, num_bits=8)

    def compute_output_spec(self, inputs: Any, training: bool = False) -> Any:
        """The same as goes in."""
        return keras.KerasTensor(inputs.shape, inputs.dtype)


class Steps(keras.layers.Layer):  # type: ignore[misc]
    """Rounds weights to steps, symmetric around 0 and narrow: -7 to 7 for 4 bits; how large a step is, is learned.

    A step for each output, or one for all. As the rules say, weights that are 0 now stay so. Learned step sizes: Esser
    et al., ICLR 2020 (arXiv 1902.08153), in the logarithmic form of Jain et al., "TQT" (arXiv 1903.08066).
    """

    def __init__(self, weights: Array, bits: int, axis: int | None, name: str, rules: Rules) -> None:
        super().__init__(name=name)
        self._most = 2 ** (bits - 1) - 1
        self._stored = next(stored for stored in _STORED_BITS if bits <= stored and (rules.packed or stored == 8))
        first = best_steps(weights, self._most, axis)
        self._first = self.add_weight(shape=first.shape, trainable=False, name="first", initializer="ones")
        self._first.assign(first)
        self._share = self.add_weight(shape=first.shape, initializer="zeros", name="share")
        self._kept = (weights != 0).astype(np.float32) if rules.zeros else None
        self._frozen: Array | None = None
        self.built = True

    def call(self, weights: Any) -> Any:
        """Round; the gradient passes where it is not cut off, and reaches the steps."""
        if self._frozen is not None:
            return self._as_stored(weights)
        if self._kept is not None:
            weights = weights * self._kept
        steps = self._first * tf.exp(self._share)
        most = float(self._most)
        inside = tf.clip_by_value(weights / steps, -most, most)
        return (inside + tf.stop_gradient(tf.round(inside) - inside)) * steps

    def freeze(self) -> None:
        """From now on the steps are plain numbers."""
        self._frozen = np.asarray(self._first * tf.exp(self._share), np.float32)

    def _as_stored(self, weights: Any) -> Any:
        """The operator that the converter knows. Of 3 and 2 bits it stores the middle of what 4 bits hold."""
        steps = np.asarray(self._frozen)
        reach = steps.reshape(-1) * (2 ** (self._stored - 1) - 1)
        settings = {"num_bits": self._stored, "narrow_range": True}
        if steps.size == 1:
            return tf.quantization.fake_quant_with_min_max_vars(weights, -reach[0], reach[0], **settings)
        return tf.quantization.fake_quant_with_min_max_vars_per_channel(weights, -reach, reach, **settings)


class Quantized(keras.layers.Layer):  # type: ignore[misc]
    """A layer as the file computes it: `steps` for its kernel, `grid` for its result, each where there is one."""

    def __init__(self, operation: Any, steps: Any, grid: Any, name: str | None = None) -> None:
        super().__init__(name=name or operation.name)
        self.operation, self.steps, self.grid = operation, steps, grid
        self.built = True

    def call(self, *args: Any, training: bool = False, **kwargs: Any) -> Any:
        """Compute with rounded weights, and round the result."""
        result = self._computed(*args, **kwargs)
        return result if self.grid is None else self.grid(result, training=training)

    def _computed(self, *args: Any, **kwargs: Any) -> Any:
        kind = type(self.operation).__name__
        if self.steps is not None:
            convolve: Callable[..., Any] = _KERNELS.get(kind, _with_kernel)
            return convolve(self.operation, args[0], self.rounded())
        return _AS_IN_FILE.get(function_of(self.operation), self.operation)(*args, **kwargs)

    def rounded(self) -> Any:
        """The kernel as it is in the file, in the shape that the file computes with."""
        shape, kind = tuple(self.kernel.shape), type(self.operation).__name__
        rounded = self.steps(tf.reshape(self.kernel.value, _channels_last(kind, shape)))
        return tf.reshape(rounded, _computed_shape(kind, shape))

    @property
    def kernel(self) -> Any:
        """The variable of the kernel."""
        return self.operation.trainable_variables[0]

    def settle(self) -> None:
        """Give the layer the weights of the file, and let nothing be learned any more."""
        if self.steps is not None:
            self.kernel.assign(tf.reshape(self.rounded(), self.kernel.shape))
            self.steps.freeze()


def quantized(operation: Any, bits: int | None, grid: Range | None, rules: Rules) -> Quantized:
    """The layer with weights of so many bits, None for one without weights."""
    if bits is None:
        return Quantized(operation, None, grid)
    kernel = operation.trainable_variables[0]
    kind = type(operation).__name__
    weights = np.asarray(kernel).reshape(_channels_last(kind, tuple(kernel.shape)))
    # The converter stops at others with "mismatched quantized axes": it turns these kernels over.
    whole = kind in ("Dense", "Conv2DTranspose")
    rules = Rules(rules.zeros, rules.packed and kind != "Conv2DTranspose")  # LiteRT takes no 4 bits there
    steps = Steps(weights, bits, None if whole else -1, f"{operation.name}_steps", rules)
    return Quantized(operation, steps, grid)


def _computed_shape(kind: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """What goes over one dimension goes over two, the first of them 1: the converter cannot turn a rounded kernel."""
    return (1, *shape) if kind.endswith("Conv1D") else shape


def _channels_last(kind: str, shape: tuple[int, ...]) -> tuple[int, ...]:
    """The same with outputs along the last axis: of a depthwise kernel that is the last two together."""
    computed = _computed_shape(kind, shape)
    return (*computed[:-2], 1, shape[-2] * shape[-1]) if kind.startswith("Depthwise") else computed


def _with_kernel(layer: Any, inputs: Any, kernel: Any) -> Any:
    """What the layer gives with another kernel."""
    with keras.StatelessScope(state_mapping=[(layer.trainable_variables[0], kernel)]):
        return layer.call(inputs)


def _in_two_dimensions(convolve: Callable[..., Any]) -> Callable[..., Any]:
    """A convolution over one dimension as one over two, the first of them 1; its kernel is so already."""

    def convolved(layer: Any, inputs: Any, kernel: Any) -> Any:
        padding = layer.padding
        if padding == "causal":
            inputs = tf.pad(inputs, [[0, 0], [layer.dilation_rate[0] * (layer.kernel_size[0] - 1), 0], [0, 0]])
            padding = "valid"
        result = convolve(
            tf.expand_dims(inputs, 1),
            kernel,
            strides=(1, layer.strides[0]) if convolve is keras.ops.conv else layer.strides[0],
            padding=padding,
            dilation_rate=(1, layer.dilation_rate[0]),
            data_format="channels_last",
        )
        result = tf.squeeze(result, 1)
        return result if layer.bias is None else result + layer.bias.value

    return convolved


_KERNELS: dict[str, Callable[..., Any]] = {
    "Conv1D": _in_two_dimensions(keras.ops.conv),
    "DepthwiseConv1D": _in_two_dimensions(keras.ops.depthwise_conv),
}


def _silu(inputs: Any) -> Any:
    """X * sigmoid(x), which is two operators of the file."""
    low, high = 0.0, 255 / 256
    return inputs * tf.quantization.fake_quant_with_min_max_args(tf.sigmoid(inputs), low, high)


def _hard_silu(inputs: Any) -> Any:
    """X * relu6(x + 3) / 6, as the converter recognizes it."""
    return inputs * tf.nn.relu6(inputs + 3.0) * (1 / 6)


_AS_IN_FILE: dict[str, Callable[..., Any]] = {"silu": _silu, "hard_silu": _hard_silu}
