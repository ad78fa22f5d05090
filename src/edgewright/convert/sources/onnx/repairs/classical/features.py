"""Preparation of features: scaling, choosing, filling in, encoding (onnx/defs/traditionalml)."""

from __future__ import annotations

import numpy as np

from edgewright.convert.sources.onnx.repairs.classical.node import FLOAT, ClassicalNode


def scaled(node: ClassicalNode) -> bool:
    """Scaler: (x - offset) * scale."""
    offset, scale = node.numbers("offset"), node.numbers("scale")
    value = node.given
    if offset.size:
        value = node.writer.add("Sub", [value, node.writer.constant(offset)])
    node.writer.add("Mul", [value, node.writer.constant(scale if scale.size else 1)], node.node.output[0])
    return True


def binarized(node: ClassicalNode) -> bool:
    """Binarizer: 1 above the threshold, else 0."""
    threshold = node.writer.constant(node.attributes.get("threshold", 0.0))
    above = node.writer.add("Greater", [node.given, threshold])
    node.writer.add("Cast", [above], node.node.output[0], to=FLOAT)
    return True


def chosen(node: ClassicalNode) -> bool:
    """ArrayFeatureExtractor: some columns."""
    flat = node.writer.add("Reshape", [node.node.input[1], node.writer.whole(-1)])
    node.writer.add("Gather", [node.node.input[0], flat], node.node.output[0], axis=-1)
    return True


def imputed(node: ClassicalNode) -> bool:
    """Imputer: a number for each column in place of what is missing (a value, or NaN)."""
    values, missing = node.numbers("imputed_value_floats"), node.attributes.get("replaced_value_float", 0.0)
    if not values.size:
        return False
    given = node.given
    absent = (
        node.writer.add("IsNaN", [given])
        if np.isnan(missing)
        else node.writer.add("Equal", [given, node.writer.constant(missing)])
    )
    node.writer.add("Where", [absent, node.writer.constant(values), given], node.node.output[0])
    return True


def normalized(node: ClassicalNode) -> bool:
    """Normalizer: each row divided by its largest value, the sum of its sizes, or its length; rows of 0 stay."""
    kind = str(node.attributes.get("norm", "MAX"))
    operator = {"MAX": "ReduceMax", "L1": "ReduceL1", "L2": "ReduceL2"}[kind]
    given = node.given
    rows = node.writer.reduce(operator, given, 1, keepdims=True)
    none = node.writer.add("Equal", [rows, node.writer.constant(0)])
    divisor = node.writer.add("Where", [none, node.writer.constant(1), rows])
    node.writer.add("Div", [given, divisor], node.node.output[0])
    return True


def encoded(node: ClassicalNode) -> bool:
    """OneHotEncoder of numbers: a column for each category, 1 where the value is that category."""
    categories = node.attributes.get("cats_int64s", ())
    if not categories or not node.attributes.get("zeros", 1):
        return False
    column = node.writer.unsqueeze(node.given, -1)
    same = node.writer.add("Equal", [column, node.writer.constant(categories)])
    node.writer.add("Cast", [same], node.node.output[0], to=FLOAT)
    return True


def joined(node: ClassicalNode) -> bool:
    """FeatureVectorizer: the columns of all inputs side by side."""
    node.writer.add("Concat", [node.real(name) for name in node.node.input], node.node.output[0], axis=1)
    return True
