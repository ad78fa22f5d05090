"""`preparation.h` and `.c`: real numbers, or the pixels of a picture, into what the model's inputs store."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.deploy.description import Description, Pixels, Tensor
from edgewright.deploy.targets.micro_code.files import header, source
from edgewright.deploy.targets.micro_code.literals import array, c_type, real
from edgewright.deploy.targets.micro_code.tensors import declared, has_reals, limits, scaled

_WHAT = "What goes into the model."

_RESIZED = {
    "stretch": "the whole picture, stretched to this size",
    "crop": "the middle of the picture, cut out and scaled to this size",
    "letterbox": "the whole picture, scaled until it fits into this size, with borders",
}


def preparation_files(described: Description) -> dict[str, bytes]:
    """Both files."""
    places = list(enumerate(described.inputs))
    declarations = [declared(tensor, "input", place) + _declaration(tensor, place) for place, tensor in places]
    definitions = [_definition(tensor, place) for place, tensor in places]
    if described.pixels is not None:
        declarations.append(_pixels_declaration(described.pixels))
        definitions.append(_pixels_definition(described.pixels, described.inputs[0]))
    body = "\n".join([f"#define MODEL_INPUTS {len(places)}\n", *declarations])
    return {
        "preparation.h": header(described, "preparation", _WHAT, body),
        "preparation.c": source(described, "preparation", _WHAT, "\n".join(definitions), ["<math.h>", "<string.h>"]),
    }


def _signature(place: int) -> str:
    return f"void model_store_input_{place}(const float *real, model_input_{place} *stored, size_t count)"


def _declaration(tensor: Tensor, place: int) -> str:
    if not has_reals(tensor):
        return "/* It takes whole numbers as they are. */\n"
    how = "rounded to the nearest, half to even, and cut off at the type's ends" if scaled(tensor) else "copied"
    return f"\n/* Store `count` real numbers, {how}. */\n{_signature(place)};\n"


def _definition(tensor: Tensor, place: int) -> str:
    if not has_reals(tensor):
        return ""
    if not scaled(tensor):
        return f"{_signature(place)} {{\n  memcpy(stored, real, count * sizeof *stored);\n}}\n"
    least, most = limits(tensor)
    return (
        f"{_signature(place)} {{\n"
        "  for (size_t index = 0; index < count; ++index) {\n"
        f"    const float value = rintf(real[index] / {real(tensor.scale)}) + {real(tensor.zero_point)};\n"
        "    stored[index] = isnan(value) ? 0\n"
        f"                    : value < {real(least)} ? {least}\n"
        f"                    : value > {real(most)} ? {most}\n"
        f"                    : (model_input_{place})value;\n"
        "  }\n}\n"
    )


# ----- pictures

_PIXELS_SIGNATURE = "void model_store_pixels(const uint8_t *pixels, model_input_0 *stored)"


def _pixels_declaration(pixels: Pixels) -> str:
    height, width = pixels.size
    colors = "one byte each, gray" if pixels.channels == 1 else "three bytes each: red, green, blue"
    return (
        f"#define MODEL_PICTURE_HEIGHT {height}\n#define MODEL_PICTURE_WIDTH {width}\n"
        f"#define MODEL_PICTURE_CHANNELS {pixels.channels}\n"
        f"#define MODEL_PICTURE_BYTES {height * width * pixels.channels}\n\n"
        f"/* Store a picture of {height} rows of {width} pixels, {colors}; rows from the top, pixels from the left.\n"
        f"   The model was made for {_RESIZED[pixels.resize]}{_extent(pixels)}. */\n{_PIXELS_SIGNATURE};\n"
    )


def _extent(pixels: Pixels) -> str:
    if pixels.resize == "letterbox":
        return f" of {pixels.pad} (0 is black, 255 white)"
    return f" ({pixels.crop_fraction:g} of its shorter side)" if pixels.resize == "crop" else ""


def _pixels_definition(pixels: Pixels, tensor: Tensor) -> str:
    columns = _columns(pixels.values)
    target = _target(pixels)
    table = ""
    if _is_shift(columns, tensor.dtype, 0):
        value = "pixels[index]"
    elif _is_shift(columns, tensor.dtype, 128):
        value = "(model_input_0)(pixels[index] - 128)"
    else:
        size = "[256]" if len(columns) == 1 else f"[{len(columns)}][256]"
        place = "" if len(columns) == 1 else f"[index % {len(columns)}]"
        table = _table(columns, c_type(tensor.dtype), size)
        value = f"values{place}[pixels[index]]"
    return (
        f"{table}{_PIXELS_SIGNATURE} {{\n  for (size_t index = 0; index < MODEL_PICTURE_BYTES; ++index) {{\n"
        f"    stored[{target}] = {value};\n  }}\n}}\n"
    )


def _columns(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """What bytes become (channels, 256); one row where it is the same for all channels."""
    columns = np.ascontiguousarray(values.T)
    return columns[:1] if (columns == columns[:1]).all() else columns


def _is_shift(columns: npt.NDArray[Any], dtype: str, down: int) -> bool:
    """Whether every byte is stored as itself less so much."""
    fitting = dtype in ("int8", "uint8") and len(columns) == 1
    return fitting and bool((columns[0].astype(int) == np.arange(256) - down).all())


def _table(columns: npt.NDArray[Any], kind: str, size: str) -> str:
    """What each byte becomes, for all channels or for each."""
    declaration = f"static const {kind} values{size}"
    if len(columns) == 1:
        return array(declaration, columns[0]) + "\n"
    rows = [array("", column).strip().removeprefix("= ").removesuffix(";") for column in columns]
    return f"{declaration} = {{\n{','.join(rows)}\n}};\n\n"


def _target(pixels: Pixels) -> str:
    if pixels.layout != "NCHW" or pixels.channels == 1:
        return "index"
    area = pixels.size[0] * pixels.size[1]
    return f"index % {pixels.channels} * {area} + index / {pixels.channels}"
