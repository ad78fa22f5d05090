"""A free batch fixed to 1.

With a free first dimension every tensor may change its size between runs: the fast kernels cannot be chosen
beforehand, and chains of SHAPE and PACK compute sizes at run time. Devices run one input at a time.
"""

from __future__ import annotations

from edgewright.model import ModelFile, Subgraph, Table
from edgewright.rewrite.protocol import LeftAlone, Rewritten


class StaticBatch:
    """Declare the batch of every input, and of all that follows from it, to be 1."""

    name = "static-batch"
    guarantee = "exact for a batch of 1, the only one that the result takes"

    def __call__(self, model: ModelFile) -> Rewritten:
        """Fix the batch; a model with another free dimension is left alone."""
        free = [spec for spec in model.inputs if -1 in spec.shape_signature]
        if not free:
            return Rewritten(model)
        others = [spec for spec in free if -1 in spec.shape_signature[1:] or spec.shape[0] != 1]
        if others:
            reasons = [LeftAlone(f"input {spec.name!r}", f"free in {list(spec.shape_signature)}") for spec in others]
            return Rewritten(model, left_alone=tuple(reasons))
        tables = model.edit()
        for table, subgraph in zip(tables["subgraphs"], model.graph.subgraphs, strict=True):
            _fix_shapes(table, subgraph)
        change = f"batch of {', '.join(repr(spec.name) for spec in free)} fixed to 1"
        return Rewritten(ModelFile.build(tables, model.files, model.name), (change,))


def _fix_shapes(table: Table, subgraph: Subgraph) -> None:
    for tensor, spec in zip(table["tensors"], subgraph.tensors, strict=True):
        if spec.shape_signature[:1] == (-1,) and -1 not in spec.shape_signature[1:]:
            tensor["shape_signature"] = None
