"""Axes that are turned round: LiteRT turns several at once only where they are neighbors."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from edgewright.convert.sources.torch.repairs.rewriting import Node, Repair, Tensor, arguments, value


def _one_by_one(x: Tensor, axes: Sequence[int]) -> Tensor:
    for axis in axes:
        x = x.flip(axis)
    return x


def _apart(node: Node) -> bool:
    rank = len(value(node).shape)
    axes = sorted(axis % rank for axis in arguments(node)["dims"])
    return any(after - before > 1 for before, after in pairwise(axes))


REPAIRS = {"aten.flip.default": Repair(_one_by_one, "one axis after the other", _apart)}
