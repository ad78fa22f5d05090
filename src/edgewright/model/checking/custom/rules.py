"""What LiteRT's own custom operators rely on without looking.

Source: tflite/kernels/detection_postprocess.cc, mfcc.cc, audio_spectrogram.cc and internal/spectrogram.cc.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import NamedTuple

from edgewright.errors import FormatError
from edgewright.model.checking.custom.flexbuffers import Number, read_numbers
from edgewright.model.node import Node

_MOST = 2**15
_MOST_BOXES = 2**20


class _Option(NamedTuple):
    """The numbers that an option may be; `real` ones include no lower bound of 0."""

    lowest: float
    highest: float
    real: bool = False
    needed: bool = True
    above: bool = False


_COUNT = _Option(1, _MOST)
_SCALE = _Option(0, 1e6, real=True, above=True)
_FLAG = _Option(0, 1, needed=False)

_DETECTION = {
    "max_detections": _COUNT,
    "max_classes_per_detection": _COUNT,
    "detections_per_class": _Option(1, _MOST, needed=False),
    "use_regular_nms": _FLAG,
    "nms_score_threshold": _Option(-1e6, 1e6, real=True),
    "nms_iou_threshold": _Option(0, 1, real=True, above=True),
    "num_classes": _COUNT,
    "y_scale": _SCALE,
    "x_scale": _SCALE,
    "h_scale": _SCALE,
    "w_scale": _SCALE,
}

_MFCC = {
    "upper_frequency_limit": _Option(1, 2**20, real=True),
    "lower_frequency_limit": _Option(0, 2**20, real=True),
    "filterbank_channel_count": _COUNT,
    "dct_coefficient_count": _COUNT,
}

_SPECTROGRAM = {"window_size": _Option(2, 2**20), "stride": _Option(1, 2**20), "magnitude_squared": _FLAG}


def check_custom(node: Node) -> None:
    """Raise `FormatError` for options or operands that LiteRT would crash over; other operators are not known."""
    known = _OPERATORS.get(node.operator.name)
    if known is None:
        return
    options, inputs, outputs, rule = known
    if (len(node.operator.inputs), len(node.operator.outputs)) != (inputs, outputs):
        raise node.broken(f"it has {inputs} inputs and {outputs} outputs")
    if -1 in node.operator.inputs:
        raise node.broken("an input is left out, and it is needed")
    try:
        given = read_numbers(node.operator.custom_options)
    except FormatError as error:
        raise node.broken(str(error)) from None
    for name, option in options.items():
        _check_option(node, name, option, given)
    rule(node, given)


def _check_option(node: Node, name: str, option: _Option, given: Mapping[str, Number]) -> None:
    value = given.get(name)
    if value is None:
        if option.needed:
            raise node.broken(f"its options have no {name}")
        return
    if not option.real and not float(value).is_integer():
        raise node.broken(f"{name} is {value}; a whole number is needed")
    if not option.lowest <= value <= option.highest or (option.above and value == option.lowest):
        raise node.broken(f"{name} is {value}; it is {option.lowest:g} to {option.highest:g}")


def _detection(node: Node, given: Mapping[str, Number]) -> None:
    """Boxes (1, n, 4 or more), scores of classes (1, n, classes and maybe background), anchors (n, 4)."""
    boxes, scores, anchors = (node.input(place) for place in range(3))
    if boxes is None or scores is None or anchors is None:
        return
    for tensor in (boxes, scores, anchors):
        if tensor.dtype not in ("float32", "uint8") or (tensor.dtype == "uint8" and not tensor.scale):
            raise node.broken(f"tensor {tensor.index} is of type {tensor.dtype} or not quantized")
    if boxes.dtype != anchors.dtype:
        raise node.broken(f"boxes of type {boxes.dtype} and anchors of type {anchors.dtype}")
    shapes = f"{list(boxes.shape)}, {list(scores.shape)} and {list(anchors.shape)}"
    fit = len(boxes.shape) == len(scores.shape) == 3 and len(anchors.shape) == 2
    if not fit or boxes.shape[0] != 1 or scores.shape[0] != 1 or boxes.shape[2] < 4 or anchors.shape[1] < 4:
        raise node.broken(f"inputs of the shapes {shapes}")
    if not 0 < boxes.shape[1] == scores.shape[1] == anchors.shape[0] <= _MOST_BOXES:
        raise node.broken(f"boxes, scores and anchors of different numbers: {shapes}")
    if not given["max_classes_per_detection"] <= given["num_classes"] <= scores.shape[2]:
        raise node.broken(
            f"{given['max_classes_per_detection']} of {given['num_classes']} classes for {scores.shape[2]} scores"
        )
    if given["max_detections"] * given["max_classes_per_detection"] > _MOST_BOXES:
        raise node.broken("it would give more than a million boxes")


def _mfcc(node: Node, given: Mapping[str, Number]) -> None:
    """A spectrogram (channels, frames, bins) and its rate."""
    spectrogram, rate = node.input(0), node.input(1)
    if spectrogram is None or rate is None:
        return
    if spectrogram.dtype != "float32" or len(spectrogram.shape) != 3 or 0 in spectrogram.shape:
        raise node.broken(f"a spectrogram of type {spectrogram.dtype} and shape {list(spectrogram.shape)}")
    if rate.dtype != "int32" or rate.elements != 1:
        raise node.broken(f"a rate of type {rate.dtype} and shape {list(rate.shape)}")
    values = node.integers(1)
    if values is not None and not 0 < values[0] <= 2**20:
        raise node.broken(f"a rate of {values[0]} samples a second")
    if given["lower_frequency_limit"] >= given["upper_frequency_limit"]:
        raise node.broken("the upper frequency limit is not above the lower one")
    if given["dct_coefficient_count"] > given["filterbank_channel_count"]:
        raise node.broken("it has more coefficients than channels")


def _spectrogram(node: Node, given: Mapping[str, Number]) -> None:
    """Sound (samples, channels)."""
    sound = node.input(0)
    if sound is not None and (sound.dtype != "float32" or len(sound.shape) != 2 or 0 in sound.shape):
        raise node.broken(f"sound of type {sound.dtype} and shape {list(sound.shape)}")


_Rule = Callable[[Node, Mapping[str, Number]], None]
_OPERATORS: Mapping[str, tuple[Mapping[str, _Option], int, int, _Rule]] = {
    "TFLite_Detection_PostProcess": (_DETECTION, 3, 4, _detection),
    "Mfcc": (_MFCC, 2, 1, _mfcc),
    "AudioSpectrogram": (_SPECTROGRAM, 1, 1, _spectrogram),
}
