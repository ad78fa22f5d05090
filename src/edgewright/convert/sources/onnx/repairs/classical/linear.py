"""Linear models: a matrix product, what happens to the scores, the label of the highest (onnx/defs/traditionalml)."""

from __future__ import annotations

from edgewright.convert.sources.onnx.repairs.classical.node import ClassicalNode

_TRANSFORMS = ("NONE", "LOGISTIC", "SOFTMAX")


def regressed(node: ClassicalNode) -> bool:
    """LinearRegressor: one column for each target."""
    if not node.transforms(*_TRANSFORMS):
        return False
    node.transformed(_products(node, int(node.attributes.get("targets", 1))), node.node.output[0])
    return True


def classified(node: ClassicalNode) -> bool:
    """LinearClassifier with a row of coefficients for each class."""
    classes = node.classes
    if not node.transforms(*_TRANSFORMS) or node.numbers("intercepts").size not in (0, classes):
        return False
    scores = _products(node, classes)
    node.labeled(scores)
    node.transformed(scores, node.node.output[1])
    return True


def _products(node: ClassicalNode, rows: int) -> str:
    coefficients, biases = node.numbers("coefficients"), node.numbers("intercepts")
    # onnxruntime takes as many as there are columns, and leaves what is behind them.
    columns = node.columns or coefficients.size // rows
    weights = coefficients[: rows * columns].reshape(rows, columns)
    products = node.writer.add("MatMul", [node.given, node.writer.constant(weights.T)])
    return node.writer.add("Add", [products, node.writer.constant(biases)]) if biases.size else products
