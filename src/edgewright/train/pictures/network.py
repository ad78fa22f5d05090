"""A network of Keras up to what it sees in a picture, and where it is cut for training. For a child process."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from math import prod
from pathlib import Path
from typing import Any

from edgewright.convert import open_keras
from edgewright.errors import UsageError
from edgewright.train.pictures.backbone import Shape

HEAD = "classes"
"""The layer behind the features."""

# What may stand between the last layer and the scores.
_BEHIND_LAYER = ("Activation", "Softmax", "ReLU", "Reshape", "Flatten")

# Layers that bring pixels to a network's own scale, which stand among its first so many.
_SCALING, _FIRST = ("Rescaling", "Normalization"), 4

# Where a network is cut, as shares of its multiply-adds: in front of its last third, or else further in front.
_PLACES = ((1 / 2, 2 / 3), (1 / 4, 1 / 2))


@dataclass(frozen=True, eq=False)
class Network:
    """A Keras model `whole`, pixels (n, height, width, channels) to features (n, width).

    `cut` is the layer behind which training starts, whose output is `between`; "" where no such place was found.
    """

    whole: Any
    cut: str
    between: Any

    @property
    def shape(self) -> tuple[int, int, int]:
        """Height, width and channels of a picture."""
        height, width, channels = self.whole.inputs[0].shape[1:]
        return int(height), int(width), int(channels)

    @property
    def width(self) -> int:
        """The number of features."""
        return int(self.whole.outputs[0].shape[-1])

    @property
    def normalizes(self) -> bool:
        """Whether it brings pixels to its own scale by itself."""
        return any(type(layer).__name__ in _SCALING for layer in self.whole.layers[:_FIRST])

    def classifier(self, count: int, weights: Sequence[Any] = ()) -> tuple[Any, Any]:
        """The whole network with a head for `count` classes and a softmax, and its logits; the layers are shared.

        `weights` are the head's, (width, count) and (count,); by chance where there are none.
        """
        import keras

        head = keras.layers.Dense(count, name=HEAD)
        logits = head(self.whole.outputs[0])
        if weights:
            head.set_weights(list(weights))
        probabilities = keras.layers.Softmax(name="probabilities")(logits)
        return keras.Model(self.whole.inputs[0], probabilities, name="classifier"), logits

    def behind_cut(self, logits: Any) -> Any:
        """From what the cut gives to the logits."""
        import keras

        return keras.Model(self.between, logits, name="behind_cut")

    def features_behind_cut(self) -> Any:
        """From what the cut gives to the features."""
        import keras

        return keras.Model(self.between, self.whole.outputs[0], name="features_behind_cut")

    def from_pixels(self, logits: Any) -> Any:
        """From pixels to the logits."""
        import keras

        return keras.Model(self.whole.inputs[0], logits, name="from_pixels")


def open_network(source: Path | Shape) -> Network:
    """Read a Keras file, or build a network, and find its features and where to cut it.

    Raises `UsageError` for a network that takes no pictures of a fixed size, and what `open_keras` raises.
    """
    model = _built(source) if isinstance(source, Shape) else open_keras(source)
    _check(model, model.name if isinstance(source, Shape) else source.name)
    features = _features(model)
    import keras

    whole = keras.Model(model.inputs[0], features, name="backbone")
    return Network(whole, *_cut(whole))


def _built(shape: Shape) -> Any:
    """A MobileNet with random weights: Howard et al. 2017 (1704.04861), Sandler et al. 2018 (1801.04381)."""
    import keras

    build = keras.applications.MobileNet if shape.version == 1 else keras.applications.MobileNetV2
    side = (shape.side, shape.side, 3)
    return build(input_shape=side, alpha=shape.width, include_top=False, weights=None, pooling="avg")


def _check(model: Any, name: str) -> None:
    inputs, outputs = (list(getattr(model, name, None) or []) for name in ("inputs", "outputs"))
    if len(inputs) != 1 or len(outputs) != 1:
        raise UsageError(f"{name}: a backbone has one input and one output, this one {len(inputs)} and {len(outputs)}")
    shape: list[int | None] = list(inputs[0].shape)
    if len(shape) != 4 or None in shape[1:] or shape[3] not in (1, 3):
        raise UsageError(f"{name}: its input {shape} is no picture of a fixed size with 1 or 3 channels")


def _features(model: Any) -> Any:
    """The tensor (n, width) before the last layer; a map of features is pooled."""
    import keras

    tensor = model.outputs[0]
    while type(_maker(tensor)).__name__ in _BEHIND_LAYER and len(tensor.shape) == 2:
        tensor = _maker(tensor).input
    if type(_maker(tensor)).__name__ == "Dense" and tensor is not model.inputs[0]:
        tensor = _maker(tensor).input
    if len(tensor.shape) == 4:
        return keras.layers.GlobalAveragePooling2D(name="pool_of_features")(tensor)
    if len(tensor.shape) != 2 or tensor is model.inputs[0]:
        raise UsageError(f"{model.name}: nothing before its last layer is a row of features")
    return tensor


def _maker(tensor: Any) -> Any:
    return tensor._keras_history.operation


def _cut(whole: Any) -> tuple[str, Any]:
    """The layer whose output alone leads on, and that: of those places the fewest numbers, and the last of these."""
    depths = sorted(whole._nodes_by_depth, reverse=True)
    calls = [call for depth in depths for call in whole._nodes_by_depth[depth]]
    done = list(accumulate(map(_multiply_adds, calls)))
    alone = [(call, done[place] / max(done[-1], 1)) for place, call in enumerate(calls) if _leads_on(calls, place)]
    for least, most in _PLACES:
        places = [call for call, share in alone if least <= share <= most]
        if places:
            call = min(reversed(places), key=_size)
            return str(call.operation.name), call.output_tensors[0]
    return "", None


def _leads_on(calls: list[Any], place: int) -> bool:
    """Whether all that is computed behind a call follows from its output; calls are in the order of execution."""
    known = {id(tensor) for call in calls[:place] for tensor in call.output_tensors}
    later = {id(tensor) for call in calls[place + 1 :] for tensor in call.input_tensors}
    return len(calls[place].output_tensors) == 1 and not known & later


def _size(call: Any) -> int:
    return prod(int(length) for length in call.output_tensors[0].shape[1:] if length is not None)


def _multiply_adds(call: Any) -> int:
    """Of convolutions and fully connected layers, nested networks included: the rest is small beside them."""
    nested = getattr(call.operation, "_nodes_by_depth", None)
    if nested:
        return sum(_multiply_adds(inner) for calls in nested.values() for inner in calls)
    weights = getattr(call.operation, "weights", ())
    kernels = [weight for weight in weights if weight.path.rpartition("/")[2].endswith("kernel")]
    positions = prod(int(length) for length in call.output_tensors[0].shape[1:-1] if length is not None)
    return sum(positions * prod(int(length) for length in kernel.shape) for kernel in kernels)
