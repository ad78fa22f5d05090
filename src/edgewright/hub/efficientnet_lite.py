"""The network EfficientNet-Lite0 in Keras, and the way of its trained tensors into it. Runs in a child process.

Architecture: Tan and Le 2019 (arXiv 1905.11946), table 1, with what makes it "lite": no squeeze-and-excitation, ReLU6
for swish, and a stem and head that do not grow (tensorflow/tpu, models/official/efficientnet/lite).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.errors import HubError, OutputError
from edgewright.hub.torch_file import Tensor, read_tensors

SIDE, CLASSES = 224, 1000
_STEM_FILTERS, _HEAD_FILTERS = 32, 1280
_BATCH_NORM_EPSILON = 1e-3


@dataclass(frozen=True)
class Stage:
    """Blocks of one kind in a row; the first of them has the stride, all expand their input `expansion` times."""

    repeats: int
    kernel: int
    stride: int
    expansion: int
    filters: int


# Table 1 of the paper; depth and width multipliers are 1 for variant 0.
STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)

# Our layers and what the published tensors call them.
_LAYERS = {"stem_conv": "_conv_stem", "stem_bn": "_bn0", "head_conv": "_conv_head", "head_bn": "_bn1", "logits": "_fc"}
_BLOCK_LAYERS = {
    "expand_conv": "_expand_conv",
    "expand_bn": "_bn0",
    "depthwise_conv": "_depthwise_conv",
    "depthwise_bn": "_bn1",
    "project_conv": "_project_conv",
    "project_bn": "_bn2",
}
# A counter of training steps that PyTorch keeps beside the statistics; nothing is computed from it.
_UNUSED = ".num_batches_tracked"

# What the network says to `known_picture`: the class and its probability, computed once from the same tensors with
# PyTorch's own operators. A platform that computes something else is noticed here.
KNOWN_CLASS, KNOWN_PROBABILITY, _KNOWN_WITHIN = 506, 0.7027, 1e-3


def write_keras(weights: bytes, name: str, target: Path) -> None:
    """Build the network with the tensors of `weights` (a PyTorch file that `name` stands for) and save it.

    Raises HubError where the tensors are not those of this network or it does not say what it is known to say, and
    OutputError where `target` cannot be written.
    """
    model = build_network()
    fill(model, read_tensors(weights, name), name)
    _check_known_answer(model, name)
    try:
        model.save(target)
    except OSError as problem:
        raise OutputError(f"{target}: cannot be written: {problem}. Free some space, or set EDGEWRIGHT_CACHE") from None


def build_network() -> Any:
    """Return the Keras model without trained weights: (n, 224, 224, 3) normalized RGB to (n, 1000) probabilities.

    Padding is TensorFlow's "same". The tensors were trained with it, and PyTorch's port computes it from the size of
    the picture, which comes to the same at 224 pixels.
    """
    import keras

    image = keras.Input((SIDE, SIDE, 3), name="image")
    x = _conv(keras, image, "stem", _STEM_FILTERS, kernel=3, stride=2)
    for index, (stage, stride) in enumerate(_blocks()):
        x = _block(keras, x, f"block{index}", stage, stride)
    x = _conv(keras, x, "head", _HEAD_FILTERS)
    x = keras.layers.GlobalAveragePooling2D(name="pool")(x)
    x = keras.layers.Dense(CLASSES, name="logits")(x)
    return keras.Model(image, keras.layers.Softmax(name="probabilities")(x), name="efficientnet_lite0")


def fill(model: Any, tensors: Mapping[str, Tensor], name: str) -> None:
    """Set every weight of the network from the published tensors; raises HubError unless all of them are used up."""
    left = {key for key in tensors if not key.endswith(_UNUSED)}
    for layer in model.layers:
        if layer.weights:
            prefix = published_name(layer.name)
            parts = _parts(layer, prefix)
            missing = [part for part in parts if part not in left]
            if missing:
                raise HubError(f"{name}: the tensor {missing[0]!r} of EfficientNet-Lite0 is missing")
            _set(layer, [_as_keras(tensors[part], layer) for part in parts], name)
            left -= set(parts)
    if left:
        raise HubError(f"{name}: EfficientNet-Lite0 has no use for the tensor {sorted(left)[0]!r}")


def published_name(layer: str) -> str:
    """What the published tensors call a layer of ours: "block3_expand_bn" is "_blocks.3._bn0"."""
    if layer in _LAYERS:
        return _LAYERS[layer]
    block, _, part = layer.partition("_")
    return f"_blocks.{block.removeprefix('block')}.{_BLOCK_LAYERS[part]}"


def known_picture() -> npt.NDArray[np.float32]:
    """Return a made picture as the network takes it, (1, 224, 224, 3) float32: colors that run across, and rings."""
    rows, columns = np.mgrid[0:SIDE, 0:SIDE]
    rings = ((rows - 112) ** 2 + (columns - 112) ** 2) // 16 % 256
    pixels = np.stack([rows * 255 // 223, columns * 255 // 223, rings], axis=-1)
    picture: npt.NDArray[np.float32] = ((pixels[np.newaxis] - 127.0) / 128.0).astype(np.float32)
    return picture


def _blocks() -> Iterator[tuple[Stage, int]]:
    for stage in STAGES:
        for repeat in range(stage.repeats):
            yield stage, stage.stride if repeat == 0 else 1


def _block(keras: Any, x: Any, name: str, stage: Stage, stride: int) -> Any:
    """Inverted bottleneck: expand, filter each channel by itself, project; add the input where the shapes allow it."""
    before = x
    if stage.expansion != 1:
        x = _conv(keras, x, f"{name}_expand", x.shape[-1] * stage.expansion)
    layer = keras.layers.DepthwiseConv2D(
        stage.kernel, stride, padding="same", use_bias=False, name=f"{name}_depthwise_conv"
    )
    x = _normalized(keras, layer(x), f"{name}_depthwise")
    x = _conv(keras, x, f"{name}_project", stage.filters, activated=False)
    if stride == 1 and before.shape[-1] == stage.filters:
        x = keras.layers.Add(name=f"{name}_add")([x, before])
    return x


def _conv(
    keras: Any, x: Any, name: str, filters: int, *, kernel: int = 1, stride: int = 1, activated: bool = True
) -> Any:
    layer = keras.layers.Conv2D(filters, kernel, stride, padding="same", use_bias=False, name=f"{name}_conv")
    return _normalized(keras, layer(x), name, activated=activated)


def _normalized(keras: Any, x: Any, name: str, *, activated: bool = True) -> Any:
    x = keras.layers.BatchNormalization(epsilon=_BATCH_NORM_EPSILON, name=f"{name}_bn")(x)
    return keras.layers.ReLU(6.0, name=f"{name}_relu6")(x) if activated else x


def _parts(layer: Any, prefix: str) -> list[str]:
    """Names of the published tensors of a layer, in the order of Keras's own weights."""
    kind = type(layer).__name__
    if kind == "BatchNormalization":
        return [f"{prefix}.{part}" for part in ("weight", "bias", "running_mean", "running_var")]
    return [f"{prefix}.weight", *([f"{prefix}.bias"] if kind == "Dense" else [])]


def _as_keras(tensor: Tensor, layer: Any) -> Tensor:
    """Turn PyTorch's order of axes into Keras's.

    Convolution: (out, in, height, width) to (height, width, in, out). Depthwise: (channel, 1, height, width) to
    (height, width, channel, 1). Dense: (out, in) to (in, out).
    """
    if tensor.ndim == 4:
        return tensor.transpose((2, 3, 0, 1) if type(layer).__name__ == "DepthwiseConv2D" else (2, 3, 1, 0))
    return tensor.T


def _set(layer: Any, weights: list[Tensor], name: str) -> None:
    for weight, own in zip(weights, layer.weights, strict=True):
        if weight.shape != tuple(own.shape) or not np.isfinite(weight).all():
            raise HubError(f"{name}: {layer.name} wants {tuple(own.shape)} finite numbers, got {weight.shape}")
    layer.set_weights(weights)


def _check_known_answer(model: Any, name: str) -> None:
    said = np.asarray(model(known_picture(), training=False))[0]
    best = int(said.argmax())
    if best != KNOWN_CLASS or abs(float(said[best]) - KNOWN_PROBABILITY) > _KNOWN_WITHIN:
        raise HubError(
            f"{name}: the network says class {best} with {said[best]:.4f} to a picture where it is known to say class "
            f"{KNOWN_CLASS} with {KNOWN_PROBABILITY:.4f}. Please report it with: edgewright --version"
        )
