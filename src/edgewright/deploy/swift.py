"""Swift that prepares pictures and reads outputs as one model wants it."""

from __future__ import annotations

import re

import numpy as np

from edgewright.deploy.coding import filled, floats_of, numbers_of, preparation_words, table_of
from edgewright.deploy.description import Boxes, Classes, Description, Pixels
from edgewright.deploy.translating import Rule, rule_of
from edgewright.errors import UsageError

_PLACES = {
    "stretch": """let box = [0, 0, Double(width), Double(height)]
        let to = [0, 0, Preparation.width, Preparation.height]""",
    "crop": """let aspect = Double(Preparation.width) / Double(Preparation.height)
        let across = min(Double(width), Double(height) * aspect) * @FRACTION@
        let down = min(Double(height), Double(width) / aspect) * @FRACTION@
        let left = (Double(width) - across) / 2, top = (Double(height) - down) / 2
        let box = [left, top, left + across, top + down]
        let to = [0, 0, Preparation.width, Preparation.height]""",
    "letterbox": """let high = Double(Preparation.height) / Double(height)
        let wide = Double(Preparation.width) / Double(width)
        let scale = min(high, wide)
        let across = max(1, min(Preparation.width, Int((Double(width) * scale + 0.5).rounded(.down))))
        let down = max(1, min(Preparation.height, Int((Double(height) * scale + 0.5).rounded(.down))))
        let left = (Preparation.width - across) / 2, top = (Preparation.height - down) / 2
        let box = [0, 0, Double(width), Double(height)]
        let to = [left, top, left + across, top + down]""",
}
_PIXEL = """for i in 0..<height * width {
            for channel in 0..<channels {
                put(&tensor, planes[channel][i], channel)
            }
        }"""
_PLANE = """for channel in 0..<channels {
            for i in 0..<height * width {
                put(&tensor, planes[channel][i], channel)
            }
        }"""
_FILTERS = {
    "bilinear": "return x < 1 ? 1 - x : 0",
    "bicubic": """let a = -0.5
        if x < 1 { return ((a + 2) * x - (a + 3)) * x * x + 1 }
        return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0""",
}


def shared_swift(described: Description, pixels: Pixels) -> dict[str, str]:
    """Preparation, what is found, and what outputs mean."""
    return {
        "Preparation.swift": filled("Preparation.swift", described, _preparation(pixels)),
        "Answer.swift": filled("Answer.swift", described, _answer(described)),
    }


def _preparation(pixels: Pixels) -> dict[str, object]:
    constants, put, meaning = _rule(pixels)
    words = preparation_words(pixels, _PLACES, (_PIXEL, _PLANE), _FILTERS)
    return {**words, "CONSTANTS": constants, "MEANING": meaning, "PUT": put}


def _rule(pixels: Pixels) -> tuple[str, str, str]:
    """Constants, the statement that writes one number, and what it means."""
    rule = rule_of(pixels)
    if rule is Rule.BYTES:
        return "", "tensor.append(UInt8(value))", "it goes in as it is"
    if rule is Rule.SHIFTED:
        return "", "tensor.append(UInt8(value ^ 128))", "128 less, as the input has signed bytes"
    if rule is Rule.FORMULA:
        mean, std = (", ".join(map(repr, floats_of(numbers, pixels))) for numbers in (pixels.mean, pixels.std))
        put = "withUnsafeBytes(of: (Float(value) - mean[channel]) / std[channel]) { tensor.append(contentsOf: $0) }"
        return f"private static let mean: [Float] = [{mean}], std: [Float] = [{std}]", put, "(byte - mean) / std"
    columns = ("[" + ", ".join(map(str, column.view(np.uint8).tolist())) + "]" for column in table_of(pixels))
    table = re.sub(r"(.{100,110}, )", r"\1\n        ", ", ".join(columns))
    return f"private static let table: [[UInt8]] = [{table}]", "tensor.append(table[channel][value])", "by a table"


def _answer(described: Description) -> dict[str, object]:
    decoding = described.decoding
    read = [numbers_of(tensor, place, swift=True) for place, tensor in enumerate(described.outputs)]
    if isinstance(decoding, Classes):
        words = {"OUTPUT": read[0], "SOFTMAX": "scores = softmax(scores)\n        " if decoding.softmax else ""}
        least = "-Float.infinity" if decoding.threshold is None else repr(decoding.threshold)
        more = filled("more_softmax.swift", described, {}) if decoding.softmax else ""
        text = filled("decode_classes.swift", described, words).rstrip()
        return {"THRESHOLD": least, "DECODE": text if decoding.softmax else text.replace("var ", "let "), "MORE": more}
    if not isinstance(decoding, Boxes):
        raise UsageError("there is code for classes and boxes alone")
    words = {"BOXES": read[decoding.boxes], "CLASSES": read[decoding.classes], "SCORES": read[decoding.scores]}
    words["COUNT"] = "" if decoding.number is None else f".prefix(Int({read[decoding.number]}[0]))"
    unit = "1" if decoding.pixels else "axis == 0 ? Preparation.width : Preparation.height"
    more = filled("more_boxes.swift", described, {"ORDER": ", ".join(map(str, decoding.order)), "UNIT": unit})
    text = filled("decode_boxes.swift", described, words).rstrip()
    return {"THRESHOLD": repr(decoding.threshold), "DECODE": text, "MORE": more}
