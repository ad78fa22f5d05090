"""`sample.h` and `.c`: one input, and what TensorFlow Lite Micro made of it here."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.check import TIMEOUT, made_up_sample, run_micro
from edgewright.deploy.description import Description, Pixels, Tensor
from edgewright.deploy.targets.micro_code.files import header, source
from edgewright.deploy.targets.micro_code.literals import array, real
from edgewright.deploy.targets.micro_code.tensors import scaled
from edgewright.errors import ModelError

Array = npt.NDArray[Any]

# Kernels made for a processor may round otherwise: in steps of 8 or 16 bits, and for real numbers as a share of the
# largest. Another computation is off by far more.
_STEPS = 2.0
_SHARE = 1e-3


@dataclass(frozen=True)
class Sample:
    """Stored numbers of each input and output; `picture` (height, width, channels) are the bytes of the first input."""

    picture: npt.NDArray[np.uint8] | None
    inputs: tuple[Array, ...]
    outputs: tuple[Array, ...]


def take_sample(described: Description, arena: int) -> Sample:
    """Make an input up and run the model on it, in an arena of so many bytes.

    Raises `ModelError` where that does not come to its end.
    """
    picture = made_up_picture(described.pixels) if described.pixels else None
    if described.pixels is not None and picture is not None:
        inputs = [stored_pixels(picture, described.pixels).reshape(described.inputs[0].shape)]
    else:
        inputs = made_up_sample(described.model)
    run = run_micro(described.model, [inputs], arena=arena, timeout=TIMEOUT)
    if run.said:
        raise ModelError(f"a sample did not run in {arena} bytes: {run.said}", where=described.model.name)
    return Sample(picture, tuple(inputs), tuple(run.outputs[0]))


def made_up_picture(pixels: Pixels) -> npt.NDArray[np.uint8]:
    """Colors that run into each other, and a disc of the opposite ones in the middle."""
    height, width = pixels.size
    down, right = np.mgrid[:height, :width]
    red, green = 255 * right // width, 255 * down // height
    colors = np.stack([red, green, 255 - (red + green) // 2], axis=-1)[..., : pixels.channels]
    inside = (2 * right - width) ** 2 * height**2 + (2 * down - height) ** 2 * width**2 < (height * width) ** 2 // 4
    return np.where(inside[..., None], 255 - colors, colors).astype(np.uint8)


def stored_pixels(picture: npt.NDArray[np.uint8], pixels: Pixels) -> Array:
    """What the input stores of a picture (height, width, channels) of the right size."""
    stored: Array = pixels.values[picture, np.arange(pixels.channels)]
    return stored.transpose(2, 0, 1) if pixels.layout == "NCHW" else stored


def sample_files(described: Description, sample: Sample) -> dict[str, bytes]:
    """Both files."""
    arrays: list[tuple[str, Array]] = []
    if sample.picture is not None:
        arrays.append(("const uint8_t model_sample_pixels[MODEL_PICTURE_BYTES]", sample.picture))
    else:
        arrays += _arrays("input", sample.inputs)
    arrays += _arrays("output", sample.outputs)
    what = "One made-up input, and what the model made of it."
    allowed = [_allowed(tensor, place, sample.outputs[place]) for place, tensor in enumerate(described.outputs)]
    body = "".join(f"extern {declaration};\n" for declaration, _ in arrays) + "\n" + "".join(allowed)
    defined = "\n".join(array(declaration, values) for declaration, values in arrays)
    return {
        "sample.h": header(described, "sample", what, body, ['"decoding.h"', '"preparation.h"']),
        "sample.c": source(described, "sample", what, defined, ["<math.h>"]),
    }


def _arrays(side: str, tensors: Sequence[Array]) -> list[tuple[str, Array]]:
    return [
        (f"const model_{side}_{place} model_sample_{side}_{place}[MODEL_{side.upper()}_{place}_ELEMENTS]", values)
        for place, values in enumerate(tensors)
    ]


def _allowed(tensor: Tensor, place: int, values: Array) -> str:
    """How far another processor's kernels may be from it."""
    size = float(np.abs(values[np.isfinite(values)]).max(initial=0.0)) if values.dtype.kind == "f" else 0.0
    allowed = max(_SHARE * size, 1e-6) if values.dtype.kind == "f" else _STEPS if scaled(tensor) else 0.0
    return f"#define MODEL_SAMPLE_OUTPUT_{place}_MAY_DIFFER {real(allowed)}\n"
