"""The frame of a repair: goes through a graph and writes some of its nodes in other words."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from edgewright.convert.sources.onnx.graphs.editing import Writer

# Writes what stands for a node, with the node's own outputs, and returns whether it did.
Rewrite = Callable[[Any, Writer], bool]


def rewrite(model: Any, rewrites: dict[str, Rewrite], domain: str = "") -> tuple[str, ...]:
    """Write the nodes of these operators anew, in place; returns the operators of which some were."""
    wanted = [node for node in model.graph.node if node.op_type in rewrites and _is_in(node, domain)]
    if not wanted:
        return ()
    writer, done = Writer(model), set()
    for node in model.graph.node:
        known = node.op_type in rewrites and _is_in(node, domain)
        if known and rewrites[node.op_type](node, writer):
            done.add(str(node.op_type))
        else:
            writer.keep(node)
    if done:
        writer.taken_over()
    return tuple(sorted(done))


def _is_in(node: Any, domain: str) -> bool:
    return str(node.domain) in (domain, domain or "ai.onnx")
