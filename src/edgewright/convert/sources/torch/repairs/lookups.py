"""Tables that are looked up by whole numbers."""

from __future__ import annotations

import math
from typing import Any

import torch

from edgewright.convert.sources.torch.repairs.rewriting import Node, Repair, Tensor, arguments, value

_SUM, _MEAN, _MAX = 0, 1, 2


def _bags(
    weight: Tensor, indices: Tensor, offsets: Tensor, by_frequency: bool, mode: int, sparse: bool,
    weights: Tensor | None, last: bool, padding: int | None,
) -> tuple[Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
    """The rows of each bag joined; the bags are equally large, as those of a matrix of indices are."""
    rows = weight[indices.reshape(offsets.shape[0], -1)]
    if weights is not None:
        rows = rows * weights.reshape(*rows.shape[:2], 1)
    joined = rows.sum(1) if mode == _SUM else rows.mean(1) if mode == _MEAN else rows.amax(1)
    # Nobody takes the rest.
    none = torch.zeros(0, dtype=torch.int64)
    return joined, none, none, none


def _of_a_matrix(node: Node) -> bool:
    """Whether the offsets are those that PyTorch makes of a matrix: each row is a bag."""
    given = arguments(node)
    offsets = given["offsets"]
    made = "aten.arange" in str(getattr(offsets, "target", ""))
    plain = not given["include_last_offset"] and given["padding_idx"] in (None, -1)
    return made and plain and math.prod(value(given["indices"]).shape) % value(offsets).shape[0] == 0


def _one_hot(x: Tensor, classes: int) -> Tensor:
    return (x[..., None] == torch.arange(classes)).to(torch.int64)


def _known_classes(node: Node) -> bool:
    return bool(arguments(node)["num_classes"] > 0)


_BAGS: dict[str, Any] = {
    name: Repair(_bags, "as rows that are joined", _of_a_matrix)
    for name in (
        "aten.embedding_bag.padding_idx",
        "aten._embedding_bag.default",
        "aten._embedding_bag_forward_only.default",
    )
}
REPAIRS = {**_BAGS, "aten.one_hot.default": Repair(_one_hot, "by comparison with each class", _known_classes)}
