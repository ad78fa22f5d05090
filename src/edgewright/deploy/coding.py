"""Java that prepares pictures and reads outputs as one model wants it, for the desktop and for Android alike."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from edgewright.deploy.description import Boxes, Classes, Description, Pixels, Tensor
from edgewright.deploy.exporting import check_task, plain
from edgewright.deploy.translating import Rule, rule_of
from edgewright.errors import UsageError

TASKS = ("classification", "detection")

_KINDS = {"uint8": ("u", 1), "int8": ("s", 1), "float32": ("f", 4)}
_PLACES = {
    "stretch": """double[] box = {0, 0, width, height};
        int[] to = {0, 0, WIDTH, HEIGHT};""",
    "crop": """double aspect = (double) WIDTH / HEIGHT;
        double across = Math.min(width, height * aspect) * @FRACTION@;
        double down = Math.min(height, width / aspect) * @FRACTION@;
        double left = (width - across) / 2, top = (height - down) / 2;
        double[] box = {left, top, left + across, top + down};
        int[] to = {0, 0, WIDTH, HEIGHT};""",
    "letterbox": """double scale = Math.min((double) HEIGHT / height, (double) WIDTH / width);
        int across = Math.max(1, Math.min(WIDTH, (int) Math.floor(width * scale + 0.5)));
        int down = Math.max(1, Math.min(HEIGHT, (int) Math.floor(height * scale + 0.5)));
        int left = (WIDTH - across) / 2, top = (HEIGHT - down) / 2;
        double[] box = {0, 0, width, height};
        int[] to = {left, top, left + across, top + down};""",
}
_PIXEL = """for (int i = 0; i < HEIGHT * WIDTH; i++) {
            for (int channel = 0; channel < CHANNELS; channel++) {
                put(tensor, planes[channel][i], channel);
            }
        }"""
_PLANE = """for (int channel = 0; channel < CHANNELS; channel++) {
            for (int i = 0; i < HEIGHT * WIDTH; i++) {
                put(tensor, planes[channel][i], channel);
            }
        }"""
_FILTERS = {
    "bilinear": ("1.0", "return x < 1 ? 1 - x : 0;"),
    "bicubic": (
        "2.0",
        """double a = -0.5;
        if (x < 1) {
            return ((a + 2) * x - (a + 3)) * x * x + 1;
        }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;""",
    ),
}
# Pillow has another order of the two passes since this version, which moves some pixels by one step.
_DOWN_FIRST_SINCE = 13
_DOWN_FIRST = "toHeight < height && height - toHeight > 2 * (width - toWidth)"
FILTER_SUPPORT = {way: support for way, (support, _) in _FILTERS.items()}
"""Pixels on either side that a filter reaches, where a pixel becomes one."""


def check_codable(described: Description, target: str) -> Pixels:
    """What is known of the pixels; raises `UsageError` for what the code does not do."""
    check_task(described, *TASKS, target=target)
    tensors = (*described.inputs, *described.outputs)
    odd = [tensor for tensor in tensors if tensor.dtype not in _KINDS]
    if odd:
        raise UsageError(
            f"{described.model.name}: {target} has code for float32, int8 and uint8; {odd[0].name!r} is {odd[0].dtype}"
        )
    if described.pixels is None:
        raise UsageError(f"{described.model.name}: its input is no picture, and {target} has code for those")
    return described.pixels


def resized_as(pixels: Pixels) -> str:
    """How the code resizes: as the file says, or bilinear in place of what it has not."""
    return pixels.interpolation if pixels.interpolation in _FILTERS else "bilinear"


def class_of(described: Description) -> str:
    """The name of the class."""
    return "Detector" if isinstance(described.decoding, Boxes) else "Classifier"


def title_of(described: Description) -> str:
    """What it is, at the beginning of a sentence."""
    return f"A {class_of(described).lower()}"


def unlike_run(pixels: Pixels) -> tuple[str, ...]:
    """What is said where the code resizes otherwise than `run`."""
    way = resized_as(pixels)
    if way == pixels.interpolation:
        return ()
    asked = f"The file asks for the resizing {pixels.interpolation!r}"
    return (f"{asked}: the code's is {way!r}, so that scores differ a little.",)


def filled(name: str, described: Description, words: Mapping[str, object]) -> str:
    """A file of code with what stands between at signs filled in."""
    text = files("edgewright.deploy").joinpath("code", name).read_text(encoding="utf-8")
    known = {"MODEL": plain(Path(described.model.name).name), **words}
    done = re.sub(r"@([A-Z]+)@", lambda match: str(known[match[1]]), text)
    return re.sub(r"^ +\n", "", done, flags=re.MULTILINE)


def shared_java(described: Description, pixels: Pixels) -> dict[str, str]:
    """The files that need nothing but Java: preparation, what is found, and what outputs mean."""
    return {
        "Preparation.java": filled("Preparation.java", described, _preparation(pixels)),
        "Found.java": filled("Found.java", described, {}),
        "Answer.java": filled("Answer.java", described, _answer(described)),
    }


def preparation_words(
    pixels: Pixels, places: Mapping[str, str], loops: tuple[str, str], filters: Mapping[str, str]
) -> dict[str, object]:
    """What any language fills in of a preparation; its own are where a picture goes, pixels or planes, and filters."""
    way, (by_pixel, by_plane) = resized_as(pixels), loops
    return {
        "HEIGHT": pixels.size[0],
        "WIDTH": pixels.size[1],
        "CHANNELS": pixels.channels,
        "PLACE": places[pixels.resize].replace("@FRACTION@", repr(pixels.crop_fraction)),
        "BYTES": pixels.values.itemsize,
        "LOOPS": by_plane if pixels.layout == "NCHW" else by_pixel,
        "PAD": pixels.pad,
        "ORDER": "as Pillow does" if down_first() else "never",
        "VERTICAL": _DOWN_FIRST if down_first() else "false",
        "SUPPORT": FILTER_SUPPORT[way],
        "FILTER": filters[way],
    }


def _preparation(pixels: Pixels) -> dict[str, object]:
    constants, put, meaning = _rule(pixels)
    functions = {way: function for way, (_, function) in _FILTERS.items()}
    return {
        **preparation_words(pixels, _PLACES, (_PIXEL, _PLANE), functions),
        "CONSTANTS": constants,
        "MEANING": meaning,
        "PUT": put,
    }


def down_first() -> bool:
    """Whether this Pillow shrinks the height first where that is shrunk much more than the width."""
    import PIL

    return int(PIL.__version__.partition(".")[0]) >= _DOWN_FIRST_SINCE


def _rule(pixels: Pixels) -> tuple[str, str, str]:
    """Constants, the statement that writes one number, and what it means."""
    rule = rule_of(pixels)
    if rule is Rule.BYTES:
        return "", "tensor.put((byte) value);", "it goes in as it is"
    if rule is Rule.SHIFTED:
        return "", "tensor.put((byte) (value - 128));", "128 less, as the input has signed bytes"
    if rule is Rule.FORMULA:
        mean, std = (", ".join(f"{one!r}f" for one in floats_of(all_, pixels)) for all_ in (pixels.mean, pixels.std))
        numbers = f"private static final float[] MEAN = {{{mean}}}, STD = {{{std}}};"
        return numbers, "tensor.putFloat((value - MEAN[channel]) / STD[channel]);", "(byte - mean) / std"
    table = ", ".join("{" + ", ".join(map(str, column.view(np.int8).tolist())) + "}" for column in table_of(pixels))
    constant = f"private static final byte[][] TABLE = {{{table}}};"
    return re.sub(r"(.{100,110}, )", r"\1\n            ", constant), "tensor.put(TABLE[channel][value]);", "by a table"


def table_of(pixels: Pixels) -> list[npt.NDArray[Any]]:
    """The 256 values of each channel; raises `UsageError` for those that are wider than a byte."""
    if pixels.values.itemsize > 1:
        raise UsageError("the code has no table of numbers that are wider than a byte")
    return [np.ascontiguousarray(column) for column in pixels.values.T]


def floats_of(numbers: tuple[float, ...], pixels: Pixels) -> list[float]:
    """One for each channel, with so many digits that the 32 bits are the same."""
    each = numbers * pixels.channels if len(numbers) == 1 else numbers
    return [float(np.float32(number)) for number in each]


def _answer(described: Description) -> dict[str, object]:
    decoding = described.decoding
    read = [numbers_of(tensor, place) for place, tensor in enumerate(described.outputs)]
    if isinstance(decoding, Classes):
        least = "Float.NEGATIVE_INFINITY" if decoding.threshold is None else f"{decoding.threshold!r}f"
        words = {"OUTPUT": read[0], "SOFTMAX": "scores = softmax(scores);\n        " if decoding.softmax else ""}
        decode, more = filled("decode_classes.java", described, words), ""
        more = filled("more_softmax.java", described, {}) if decoding.softmax else ""
        return {"THRESHOLD": least, "DECODE": decode.rstrip(), "MORE": more}
    if not isinstance(decoding, Boxes):
        raise UsageError("there is code for classes and boxes alone")
    words = {"BOXES": read[decoding.boxes], "CLASSES": read[decoding.classes], "SCORES": read[decoding.scores]}
    words["COUNT"] = "scores.length" if decoding.number is None else f"(int) {read[decoding.number]}[0]"
    unit = "1" if decoding.pixels else "axis == 0 ? Preparation.WIDTH : Preparation.HEIGHT"
    more = filled("more_boxes.java", described, {"ORDER": ", ".join(map(str, decoding.order)), "UNIT": unit})
    decode = filled("decode_boxes.java", described, words).rstrip()
    return {"THRESHOLD": f"{decoding.threshold!r}f", "DECODE": decode, "MORE": more}


def numbers_of(tensor: Tensor, place: int, *, swift: bool = False) -> str:
    """The call that reads an output."""
    scale, kind = float(np.float32(tensor.scale)), _KINDS[tensor.dtype][0]
    if swift:
        return f'numbers(outputs[{place}], "{kind}", {scale!r}, {tensor.zero_point})'
    return f"numbers(outputs[{place}], '{kind}', {scale!r}f, {tensor.zero_point}f)"
