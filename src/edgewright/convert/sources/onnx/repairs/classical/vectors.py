"""Support vector machines: a kernel with each vector, and a weighted sum of it (onnx/defs/traditionalml)."""

from __future__ import annotations

from typing import Any

from edgewright.convert.sources.onnx.repairs.classical.node import ClassicalNode

_KERNELS = ("LINEAR", "POLY", "RBF", "SIGMOID")


def regressed(node: ClassicalNode) -> bool:
    """SVMRegressor: of support vectors, or linear."""
    if not node.transforms("NONE") or node.attributes.get("one_class") or not _known(node):
        return False
    coefficients = node.numbers("coefficients")
    vectors = node.numbers("support_vectors")
    if int(node.attributes.get("n_supports", 0)):
        sums = _weighted(node, vectors.reshape(coefficients.size, -1), coefficients[:, None])
    else:
        sums = node.writer.add("MatMul", [node.given, node.writer.constant(coefficients[:, None])])
    node.writer.add("Add", [sums, node.writer.constant(node.numbers("rho")[:1])], node.node.output[0])
    return True


def classified(node: ClassicalNode) -> bool:
    """SVMClassifier of two classes: the score of the one pair.

    More classes vote in pairs, and probabilities are sought in steps that stop early: left as they are.
    """
    coefficients, counts = node.numbers("coefficients"), node.attributes.get("vectors_per_class", ())
    if (
        len(counts) != 2
        or node.classes != 2
        or node.numbers("prob_a").size
        or not node.transforms("NONE")
        or not _known(node)
    ):
        return False
    vectors = node.numbers("support_vectors").reshape(sum(counts), -1)
    sums = _weighted(node, vectors, coefficients.reshape(sum(counts), 1))
    score = node.writer.add("Add", [sums, node.writer.constant(node.numbers("rho")[:1])])
    opposite = node.writer.add("Neg", [score])
    # A score above 0 speaks for the first class, and its column is the second: so onnxruntime has it.
    node.labeled(node.writer.add("Concat", [score, opposite], axis=1))
    node.writer.add("Concat", [opposite, score], node.node.output[1], axis=1)
    return True


def _known(node: ClassicalNode) -> bool:
    return str(node.attributes.get("kernel_type", "LINEAR")) in _KERNELS


def _weighted(node: ClassicalNode, vectors: Any, weights: Any) -> str:
    return node.writer.add("MatMul", [_kernel(node, vectors), node.writer.constant(weights)])


def _kernel(node: ClassicalNode, vectors: Any) -> str:
    """The kernel of each row with each vector: (rows, vectors)."""
    writer, kind = node.writer, str(node.attributes.get("kernel_type", "LINEAR"))
    gamma, shift, degree = (*node.numbers("kernel_params"), 0, 0, 3)[:3]
    if kind == "RBF":
        rows = writer.unsqueeze(node.given, 1)
        apart = writer.add("Sub", [rows, writer.constant(vectors[None])])
        distances = writer.reduce("ReduceSum", writer.add("Mul", [apart, apart]), 2, keepdims=False)
        return writer.add("Exp", [writer.add("Mul", [distances, writer.constant(-gamma)])])
    products = writer.add("MatMul", [node.given, writer.constant(vectors.T)])
    if kind == "LINEAR":
        return products
    scaled = writer.add("Mul", [products, writer.constant(gamma)])
    moved = writer.add("Add", [scaled, writer.constant(shift)])
    return writer.add("Tanh", [moved]) if kind == "SIGMOID" else writer.add("Pow", [moved, writer.constant(degree)])
