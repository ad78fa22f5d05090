"""What converters of scikit-learn write (the operators of ai.onnx.ml), as arithmetic that computes the same."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from edgewright.convert.sources.onnx.graphs.editing import Writer, shapes_of
from edgewright.convert.sources.onnx.repairs.classical import features, linear, trees, vectors
from edgewright.convert.sources.onnx.repairs.classical.node import ClassicalNode, types_of
from edgewright.convert.sources.onnx.repairs.rewriting import rewrite

_DOMAIN = "ai.onnx.ml"
_REWRITES: dict[str, Callable[[ClassicalNode], bool]] = {
    "ArrayFeatureExtractor": features.chosen,
    "Binarizer": features.binarized,
    "FeatureVectorizer": features.joined,
    "Imputer": features.imputed,
    "Normalizer": features.normalized,
    "OneHotEncoder": features.encoded,
    "Scaler": features.scaled,
    "LinearClassifier": linear.classified,
    "LinearRegressor": linear.regressed,
    "SVMClassifier": vectors.classified,
    "SVMRegressor": vectors.regressed,
    "TreeEnsembleClassifier": trees.classified,
    "TreeEnsembleRegressor": trees.regressed,
}


def repair(model: Any) -> tuple[str, ...]:
    """Write them in ONNX's own operators. What has no equal form stays, and is refused by its name."""
    types, shapes = types_of(model), shapes_of(model)

    def rewritten(make: Callable[[ClassicalNode], bool], node: Any, writer: Writer) -> bool:
        return make(ClassicalNode(node, writer, types, shapes))

    done = rewrite(model, {name: partial(rewritten, make) for name, make in _REWRITES.items()}, _DOMAIN)
    return tuple(f"{name} as plain arithmetic" for name in done)
