"""A free batch fixed to 1.

With a free first dimension every tensor may change its size between runs: the fast kernels cannot be chosen
beforehand, and chains of SHAPE and PACK compute sizes at run time. Devices run one input at a time.
"""

from __future__ import annotations

from collections.abc import Collection

from edgewright.model import ModelFile, Operator, Subgraph, Table
from edgewright.rewrite.protocol import LeftAlone, Rewritten

_NONE = slice(0)
_ASK_SIZES = frozenset({"SHAPE", "RANK"})
_BY_CONTENT = frozenset({"WHERE", "UNIQUE", "SEGMENT_SUM"})

# Which of their inputs say how large the result is.
_BY_SIZES = {
    **dict.fromkeys("FILL RANDOM_UNIFORM RANDOM_STANDARD_NORMAL TRANSPOSE_CONV".split(), slice(1)),
    **dict.fromkeys(
        "RESHAPE TILE BROADCAST_TO TOPK_V2 ONE_HOT SPARSE_TO_DENSE SPLIT_V PAD PADV2 MIRROR_PAD".split(), slice(1, 2)
    ),
    **dict.fromkeys(
        """NON_MAX_SUPPRESSION_V4 NON_MAX_SUPPRESSION_V5 SCATTER_ND UNSORTED_SEGMENT_MAX UNSORTED_SEGMENT_MIN
        UNSORTED_SEGMENT_PROD UNSORTED_SEGMENT_SUM""".split(),
        slice(2, 3),
    ),
    **dict.fromkeys("SLICE SPACE_TO_BATCH_ND BATCH_TO_SPACE_ND".split(), slice(1, 3)),
    "STRIDED_SLICE": slice(1, 4),
    "RANGE": slice(3),
}


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
        left_alone: list[LeftAlone] = []
        for table, subgraph in zip(tables["subgraphs"], model.graph.subgraphs, strict=True):
            sizes = _Sizes(model, subgraph)
            _fix_shapes(table, subgraph, sizes.free)
            left_alone += sizes.left_alone
        change = f"batch of {', '.join(repr(spec.name) for spec in free)} fixed to 1"
        return Rewritten(ModelFile.build(tables, model.files, model.name), (change,), tuple(left_alone))


def _fix_shapes(table: Table, subgraph: Subgraph, free: Collection[int]) -> None:
    for tensor, spec in zip(table["tensors"], subgraph.tensors, strict=True):
        of_batch = spec.shape_signature[:1] == (-1,) and -1 not in spec.shape_signature[1:]
        if of_batch and spec.index not in free:
            tensor["shape_signature"] = None


class _Sizes:
    """What stays free with a batch of 1: results whose size depends on values, and what is made of these."""

    def __init__(self, model: ModelFile, subgraph: Subgraph) -> None:
        self.free: set[int] = set()
        self.left_alone: list[LeftAlone] = []
        self._tensors = subgraph.tensors
        # Values that are the same in each run, with which sizes are computed.
        self._known = {spec.index for spec in subgraph.tensors if len(model.constant(spec))}
        for operator in subgraph.operators:
            self._judge(operator, [index for index in operator.inputs if index >= 0])

    def _judge(self, operator: Operator, read: list[int]) -> None:
        made = {index for index in operator.outputs if index >= 0 and -1 in self._tensors[index].shape_signature}
        if made and self._depends(operator):
            reason = "how much it gives depends on the values that go in"
            self.left_alone.append(LeftAlone(f"operator {operator.index} ({operator.name})", reason))
            self.free |= made
        elif not self.free.isdisjoint(read):
            self.free |= made
        elif operator.name in _ASK_SIZES or (read and self._known.issuperset(read)):
            self._known.update(operator.outputs)

    def _depends(self, operator: Operator) -> bool:
        if operator.is_custom or operator.name in _BY_CONTENT:
            return True
        sizes = operator.inputs[_BY_SIZES.get(operator.name, _NONE)]
        return any(index >= 0 and index not in self._known for index in sizes)
