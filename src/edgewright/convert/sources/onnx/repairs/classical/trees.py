"""Ensembles of trees as matrix products: all comparisons of a tree at once, then the leaf whose path agrees.

For each tree, `paths` has +1 where a leaf lies on the true side of a comparison and -1 where on the false side: a row
of comparisons (0 or 1) times that is the number of a leaf's true sides exactly for the leaf that is reached (Nakandala
and others, "A Tensor Compiler for Unified Machine Learning Prediction Serving", OSDI 2020, 4.1).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from edgewright.convert.sources.onnx.repairs.classical.node import FLOAT, WHOLE, ClassicalNode

_COMPARISONS = {
    "BRANCH_LEQ": "LessOrEqual",
    "BRANCH_LT": "Less",
    "BRANCH_GTE": "GreaterOrEqual",
    "BRANCH_GT": "Greater",
}
_SUMMED = ("SUM", "AVERAGE")
_LEAF = "LEAF"
# Numbers in the paths of all trees: beyond that the file would be larger than the forest is worth.
_MOST_NUMBERS = 30_000_000
_NEVER = -1.0


@dataclass
class _Tree:
    """The comparisons and leaves of one tree, by the numbers of their nodes."""

    comparisons: list[int] = field(default_factory=list)
    leaves: list[int] = field(default_factory=list)
    sides: dict[int, dict[int, bool]] = field(default_factory=dict)


def regressed(node: ClassicalNode) -> bool:
    """TreeEnsembleRegressor: the sum or the mean of what the leaves say."""
    sums = _sums(node, "target", int(node.attributes.get("n_targets", 1)))
    if sums is None or not node.transforms("NONE"):
        return False
    node.writer.add("Identity", [sums], node.node.output[0])
    return True


def classified(node: ClassicalNode) -> bool:
    """TreeEnsembleClassifier: votes for each class; of two classes as onnxruntime counts them."""
    if not node.transforms("NONE", "LOGISTIC", "SOFTMAX"):
        return False
    named = set(node.attributes.get("class_ids", ()))
    if node.classes == 2:
        return _of_two(node, named)
    scores = _sums(node, "class", node.classes)
    if scores is None:
        return False
    node.labeled(scores)
    node.transformed(scores, node.node.output[1])
    return True


def _of_two(node: ClassicalNode, named: set[int]) -> bool:
    """Two classes, of which one may have all votes.

    Where that is the first, its votes are those for the second, and the first's are their opposite: what is left to 1
    where no vote is below 0. The second is the label where its votes are above 0; above one half where no vote is below
    0 and one class has them all.
    """
    shares = len(named) == 1 and node.numbers("class_weights").min() >= 0
    opposed = named == {0}
    if opposed and shares and not node.transforms("NONE"):
        return False
    scores = _sums(node, "class", 1 if opposed else 2)
    if scores is None:
        return False
    writer = node.writer
    second = scores if opposed else writer.add("Gather", [scores, writer.constant([1], np.int64)], axis=1)
    _label_by(node, second, 0.5 if shares else 0.0)
    if opposed:
        first = writer.add("Sub", [writer.constant(1), scores]) if shares else writer.add("Neg", [scores])
        scores = writer.add("Concat", [first, scores], axis=1)
    node.transformed(scores, node.node.output[1])
    return True


def _label_by(node: ClassicalNode, second: str, bound: float) -> None:
    if node.has_label:
        above = node.writer.add("Greater", [second, node.writer.constant(bound)])
        flat = node.writer.add("Reshape", [node.writer.add("Cast", [above], to=WHOLE), node.writer.whole(-1)])
        node.write_label(flat)


def _sums(node: ClassicalNode, kind: str, columns: int) -> str | None:
    """What the reached leaves say, summed over all trees: (rows, columns); `None` for what has no such form."""
    given = node.attributes
    modes = set(map(_text, given["nodes_modes"])) - {_LEAF}
    aggregate = str(given.get("aggregate_function", "SUM"))
    if len(modes) > 1 or not modes <= _COMPARISONS.keys() or aggregate not in _SUMMED:
        return None
    trees = _trees(given)
    shape = (len(trees), max(1, *(len(tree.comparisons) for tree in trees)), max(len(tree.leaves) for tree in trees))
    if np.prod(shape, dtype=float) > _MOST_NUMBERS:
        return None
    reached = _reached(node, trees, shape, _COMPARISONS[next(iter(modes), "BRANCH_LEQ")])
    said = node.writer.constant(_said(given, trees, kind, shape, columns))
    sums = node.writer.reduce("ReduceSum", node.writer.add("MatMul", [reached, said]), 0, keepdims=False)
    if aggregate == "AVERAGE":
        sums = node.writer.add("Div", [sums, node.writer.constant(len(trees))])
    base = node.numbers("base_values")
    return node.writer.add("Add", [sums, node.writer.constant(base[-columns:])]) if base.size else sums


def _text(value: Any) -> str:
    return value.decode() if isinstance(value, bytes) else str(value)


def _trees(given: Mapping[str, Any]) -> list[_Tree]:
    """The trees in order, each walked from its root."""
    numbers: dict[int, dict[int, int]] = {}
    for place, (tree, node) in enumerate(zip(given["nodes_treeids"], given["nodes_nodeids"], strict=True)):
        numbers.setdefault(tree, {})[node] = place
    return [_walked(given, places) for _, places in sorted(numbers.items())]


def _walked(given: Mapping[str, Any], places: Mapping[int, int]) -> _Tree:
    tree = _Tree()
    waiting: list[tuple[int, dict[int, bool]]] = [(next(iter(places.values())), {})]
    while waiting:
        place, sides = waiting.pop()
        if _text(given["nodes_modes"][place]) == _LEAF:
            tree.leaves.append(place)
            tree.sides[place] = sides
            continue
        tree.comparisons.append(place)
        for side, children in ((True, "nodes_truenodeids"), (False, "nodes_falsenodeids")):
            waiting.append((places[given[children][place]], {**sides, place: side}))
    return tree


def _reached(node: ClassicalNode, trees: list[_Tree], shape: tuple[int, int, int], comparison: str) -> str:
    """1 for the leaf that each row reaches in each tree: (trees, rows, leaves)."""
    writer, given = node.writer, node.attributes
    features, bounds = np.zeros(shape[:2], np.int64), np.zeros(shape[:2], np.float32)
    paths, wanted = np.zeros(shape, np.float32), np.full((shape[0], 1, shape[2]), _NEVER, np.float32)
    for number, tree in enumerate(trees):
        columns = {place: column for column, place in enumerate(tree.comparisons)}
        for place, column in columns.items():
            features[number, column] = given["nodes_featureids"][place]
            bounds[number, column] = given["nodes_values"][place]
        for leaf, place in enumerate(tree.leaves):
            wanted[number, 0, leaf] = sum(tree.sides[place].values())
            for comparison_place, side in tree.sides[place].items():
                paths[number, columns[comparison_place], leaf] = 1 if side else -1
    taken = writer.add("Gather", [node.given, writer.constant(features.ravel(), np.int64)], axis=1)
    held = writer.add(comparison, [taken, writer.constant(bounds.ravel())])
    for missing in _missing(node, trees, shape):
        absent = writer.add("And", [writer.add("IsNaN", [taken]), missing])
        held = writer.add("Or", [held, absent])
    rows = writer.add("Reshape", [writer.add("Cast", [held], to=FLOAT), writer.whole(-1, *shape[:2])])
    by_tree = writer.add("Transpose", [rows], perm=[1, 0, 2])
    agreeing = writer.add("MatMul", [by_tree, writer.constant(paths)])
    return writer.add("Cast", [writer.add("Equal", [agreeing, writer.constant(wanted)])], to=FLOAT)


def _missing(node: ClassicalNode, trees: list[_Tree], shape: tuple[int, int, int]) -> Iterator[str]:
    """Where what is missing (NaN) goes to the true side, if it does anywhere."""
    tracks = node.attributes.get("nodes_missing_value_tracks_true", ())
    if any(tracks):
        goes = np.zeros(shape[:2], bool)
        for number, tree in enumerate(trees):
            goes[number, : len(tree.comparisons)] = [tracks[place] for place in tree.comparisons]
        yield node.writer.constant(goes.ravel(), bool)


def _said(given: Mapping[str, Any], trees: list[_Tree], kind: str, shape: tuple[int, int, int], columns: int) -> Any:
    """What each leaf says for each column: (trees, leaves, columns)."""
    said = np.zeros((shape[0], shape[2], columns), np.float32)
    numbers = {tree: number for number, tree in enumerate(sorted(set(given["nodes_treeids"])))}
    identities = list(zip(given["nodes_treeids"], given["nodes_nodeids"], strict=True))
    places = {
        (number, *identities[place]): leaf
        for number, tree in enumerate(trees)
        for leaf, place in enumerate(tree.leaves)
    }
    votes = zip(*(given[f"{kind}_{part}"] for part in ("treeids", "nodeids", "ids", "weights")), strict=True)
    for tree, leaf, column, weight in votes:
        number = numbers[tree]
        said[number, places[number, tree, leaf], column if columns > 1 else 0] += weight
    return said
