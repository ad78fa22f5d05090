"""What the shapes of inputs and outputs show by themselves: pictures, and rows of numbers."""

from __future__ import annotations

from edgewright.model import ModelFile, TensorSpec

_CHANNELS = (1, 3)

# (1, h, w) is a picture in gray, or a window of several sensors: that is long and narrow.
_LONGEST_GRAY = 2

_OF_PICTURES = frozenset({"float32", "float16", "uint8", "int8", "int16"})


def is_picture(spec: TensorSpec) -> bool:
    """Whether an input may be a picture: (1, h, w, c), (1, c, h, w) with 1 or 3 channels, or (1, h, w)."""
    shape = spec.shape
    if spec.dtype not in _OF_PICTURES or shape[:1] != (1,):
        return False
    if len(shape) == 3:
        return min(shape[1:]) > 1 and max(shape[1:]) <= _LONGEST_GRAY * min(shape[1:])
    return len(shape) == 4 and (shape[3] in _CHANNELS or shape[1] in _CHANNELS)


def is_row(spec: TensorSpec) -> bool:
    """Whether an output is one row of several numbers."""
    return len(spec.shape) >= 1 and spec.shape[-1] > 1 and spec.elements == spec.shape[-1]


def takes_picture(model: ModelFile) -> bool:
    """Whether the model's one input may be a picture, and nobody says otherwise."""
    said = model.metadata.inputs[0] if model.metadata.inputs else None
    other = said is not None and (said.kind == "audio" or bool(said.columns))
    return len(model.inputs) == 1 and not other and is_picture(model.inputs[0])


def makes_row_of_picture(model: ModelFile) -> bool:
    """Whether the model's one input may be a picture, and nobody says otherwise, and its one output is one row."""
    return len(model.outputs) == 1 and is_row(model.outputs[0]) and takes_picture(model)
