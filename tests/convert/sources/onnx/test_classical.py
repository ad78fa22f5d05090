"""The kinds of scikit-learn as plain arithmetic: random models of each, both run by onnxruntime."""

from __future__ import annotations

import itertools
from typing import Any

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from edgewright.convert.sources.onnx.graphs.sizes import fix
from edgewright.convert.sources.onnx.repairs import repaired

from .graphs import run

ML = "ai.onnx.ml"
COLUMNS = 4


def model(operator: str, outputs: dict[str, tuple[int, tuple[Any, ...]]], **attributes: Any) -> onnx.ModelProto:
    node = helper.make_node(operator, ["x"], list(outputs), domain=ML, **attributes)
    made = helper.make_graph(
        [node],
        "g",
        [helper.make_tensor_value_info("x", TensorProto.FLOAT, [3, COLUMNS])],
        [helper.make_tensor_value_info(name, kind, shape) for name, (kind, shape) in outputs.items()],
    )
    sets = [helper.make_opsetid("", 17), helper.make_opsetid(ML, 3)]
    return helper.make_model(made, opset_imports=sets, ir_version=8)


def agree(source: onnx.ModelProto, generator: np.random.Generator, spread: float = 1.0) -> None:
    """The arithmetic agrees to 1e-5 on many rows, and nothing of scikit-learn is left in it."""
    plain = onnx.ModelProto.FromString(source.SerializeToString())
    fix(plain, {}, "model")
    assert repaired(plain, "model")
    assert {node.domain for node in plain.graph.node} == {""}
    for _ in range(40):
        rows = (spread * generator.normal(0, 1, (3, COLUMNS))).astype(np.float32)
        for mine, other in zip(run(source, {"x": rows}), run(plain, {"x": rows}), strict=True):
            assert mine.shape == other.shape
            assert np.allclose(mine, other, rtol=1e-5, atol=1e-5)


SCORES = {"l": (TensorProto.INT64, (3,)), "p": (TensorProto.FLOAT, (3, None))}
VALUES = {"y": (TensorProto.FLOAT, (3, None))}


def forest(generator: np.random.Generator, trees: int, depth: int, mode: str) -> tuple[dict[str, Any], list[Any]]:
    """Random trees, not all of them full; the attributes of their nodes, and (tree, node) of each leaf."""
    nodes: dict[str, list[Any]] = {
        name: [] for name in ("treeids", "nodeids", "featureids", "values", "modes", "truenodeids", "falsenodeids")
    }
    leaves: list[Any] = []
    for tree in range(trees):
        numbers = itertools.count()

        def grow(left: int, tree: int = tree, numbers: Any = numbers) -> int:
            own = next(numbers)
            leaf = left == 0 or (left < depth and generator.random() < 0.3)
            place = len(nodes["treeids"])
            for name, value in (
                ("treeids", tree), ("nodeids", own), ("featureids", int(generator.integers(COLUMNS))),
                ("values", float(np.float32(generator.normal()))), ("modes", "LEAF" if leaf else mode),
                ("truenodeids", 0), ("falsenodeids", 0),
            ):  # fmt: skip
                nodes[name].append(value)
            if leaf:
                leaves.append((tree, own))
            else:
                nodes["truenodeids"][place] = grow(left - 1)
                nodes["falsenodeids"][place] = grow(left - 1)
            return own

        grow(depth)
    return {f"nodes_{name}": values for name, values in nodes.items()}, leaves


@pytest.mark.parametrize("mode", ["BRANCH_LEQ", "BRANCH_LT", "BRANCH_GTE", "BRANCH_GT"])
@pytest.mark.parametrize("aggregate", ["SUM", "AVERAGE"])
@pytest.mark.parametrize(("trees", "depth", "targets"), [(1, 0, 1), (1, 3, 1), (7, 4, 2)])
def test_forests_of_regression(mode, aggregate, trees, depth, targets):
    generator = np.random.default_rng(trees + depth)
    nodes, leaves = forest(generator, trees, depth, mode)
    votes = [(tree, leaf, target) for tree, leaf in leaves for target in range(targets)]
    given = {
        "target_treeids": [tree for tree, _, _ in votes],
        "target_nodeids": [leaf for _, leaf, _ in votes],
        "target_ids": [target for _, _, target in votes],
        "target_weights": generator.normal(0, 1, len(votes)).tolist(),
        "base_values": generator.normal(0, 1, targets).tolist(),
    }
    source = model("TreeEnsembleRegressor", VALUES, **nodes, **given, n_targets=targets, aggregate_function=aggregate)
    agree(source, generator)


@pytest.mark.parametrize("transform", ["NONE", "SOFTMAX"])
@pytest.mark.parametrize("labels", [[0, 1, 2], [7, 3, 12, 5]])
def test_forests_of_several_classes(transform, labels):
    generator = np.random.default_rng(len(labels))
    nodes, leaves = forest(generator, 6, 3, "BRANCH_LEQ")
    agree(votes_for(nodes, leaves, range(len(labels)), labels, transform, generator), generator)


@pytest.mark.parametrize("classes", [[0, 1], [0], [1]])
@pytest.mark.parametrize(("transform", "lowest"), [("NONE", 0.0), ("LOGISTIC", -1.0)])
def test_forests_of_two_classes(classes, transform, lowest):
    generator = np.random.default_rng(3)
    nodes, leaves = forest(generator, 5, 3, "BRANCH_LEQ")
    agree(votes_for(nodes, leaves, classes, [0, 1], transform, generator, lowest), generator)


def votes_for(
    nodes: Any, leaves: Any, classes: Any, labels: list[int], transform: str, generator: Any, lowest: float = 0.0
) -> onnx.ModelProto:
    votes = [(tree, leaf, number) for tree, leaf in leaves for number in classes]
    return model(
        "TreeEnsembleClassifier", SCORES, **nodes,
        class_treeids=[tree for tree, _, _ in votes],
        class_nodeids=[leaf for _, leaf, _ in votes],
        class_ids=[number for _, _, number in votes],
        class_weights=generator.uniform(lowest, 0.2, len(votes)).tolist(),
        classlabels_int64s=labels, post_transform=transform,
    )  # fmt: skip


@pytest.mark.parametrize("transform", ["NONE", "LOGISTIC", "SOFTMAX"])
@pytest.mark.parametrize("labels", [[0, 1], [0, 1, 2], [4, 2, 9]])
def test_linear_classifiers(transform, labels):
    generator = np.random.default_rng(1)
    source = model(
        "LinearClassifier", SCORES, coefficients=generator.normal(0, 1, COLUMNS * len(labels)).tolist(),
        intercepts=generator.normal(0, 1, len(labels)).tolist(), classlabels_ints=labels, post_transform=transform,
    )  # fmt: skip
    agree(source, generator)


@pytest.mark.parametrize("targets", [1, 3])
def test_linear_regressors(targets):
    generator = np.random.default_rng(2)
    source = model(
        "LinearRegressor", VALUES, coefficients=generator.normal(0, 1, COLUMNS * targets).tolist(),
        intercepts=generator.normal(0, 1, targets).tolist(), targets=targets,
    )  # fmt: skip
    agree(source, generator)


@pytest.mark.parametrize("kernel", ["LINEAR", "POLY", "RBF", "SIGMOID"])
def test_support_vectors(kernel):
    generator = np.random.default_rng(4)
    shared = {
        "support_vectors": generator.normal(0, 1, 5 * COLUMNS).tolist(), "kernel_type": kernel,
        "kernel_params": [0.4, 0.3, 3.0], "coefficients": generator.normal(0, 1, 5).tolist(), "rho": [-0.1],
    }  # fmt: skip
    agree(model("SVMRegressor", VALUES, **shared, n_supports=5), generator)
    two = {"vectors_per_class": [2, 3], "classlabels_ints": [0, 1]}
    agree(model("SVMClassifier", SCORES, **shared, **two), generator)


@pytest.mark.parametrize(
    ("operator", "attributes"),
    [
        ("Scaler", {"offset": [0.1, 0.2, -0.3, 0.4], "scale": [1.0, 2.0, 0.5, 3.0]}),
        ("Scaler", {"offset": [0.5], "scale": [2.0]}),
        ("Normalizer", {"norm": "L2"}),
        ("Normalizer", {"norm": "L1"}),
        ("Normalizer", {"norm": "MAX"}),
        ("Binarizer", {"threshold": 0.3}),
        ("Imputer", {"imputed_value_floats": [1.0, 2.0, 3.0, 4.0], "replaced_value_float": 0.0}),
        ("Imputer", {"imputed_value_floats": [1.0], "replaced_value_float": float("nan")}),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_preparation_of_features(operator, attributes):
    agree(model(operator, {"y": (TensorProto.FLOAT, (3, COLUMNS))}, **attributes), np.random.default_rng(6))


def test_more_classes_of_support_vectors_stay_and_are_refused_by_name():
    generator = np.random.default_rng(4)
    source = model(
        "SVMClassifier", SCORES, support_vectors=generator.normal(0, 1, 6 * COLUMNS).tolist(), kernel_type="RBF",
        kernel_params=[0.4, 0.0, 3.0], coefficients=generator.normal(0, 1, 12).tolist(), rho=[0.1, 0.2, 0.3],
        vectors_per_class=[2, 2, 2], classlabels_ints=[0, 1, 2],
    )  # fmt: skip
    fix(source, {}, "model")
    assert repaired(source, "model") == ()
