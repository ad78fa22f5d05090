"""Names of the nodes of a graph, and the layers that they are of."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"_\d+$")
_WRAPPERS = re.compile(r"^(StatefulPartitionedCall|PartitionedCall|serving_default|.*signature_wrapper)")


def layer_of(path: str, layers: frozenset[str]) -> str:
    """The layer an operator comes from: "model/dense_1/MatMul" is of the layer "dense".

    A name gets a number when its layer is traced again, so a part counts as a layer's name without it as well. Where
    no layer is known, the scope around the operator is what there is.
    """
    scopes = bare(path).split("/")[:-1]
    for scope in reversed(scopes):
        found = next((name for name in (scope, _NUMBER.sub("", scope)) if name in layers), None)
        if found:
            return found
    return scopes[-1] if scopes and not layers else ""


def bare(path: str) -> str:
    """A node's name without the calls around it: "PartitionedCall/model/dense/MatMul" is "model/dense/MatMul"."""
    return "/".join(scope for scope in path.split("/") if not is_wrapper(scope))


def is_wrapper(scope: str) -> bool:
    """Whether a name is of a call around the program rather than of a part of it."""
    return _WRAPPERS.match(scope) is not None
