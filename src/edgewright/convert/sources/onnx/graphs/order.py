"""The order that the nodes of a graph run in, and what waits for itself."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from edgewright.convert.sources.onnx.graphs.walking import called, needed_by


def in_order(graph: Any) -> list[Any] | None:
    """The nodes, each behind those that it takes values from; `None` where they go in a circle."""
    ready, waiting = _sorted(graph)
    return None if waiting else ready


def circle(graph: Any) -> list[str]:
    """What the nodes are called that wait for each other."""
    return [called(node) for node in _sorted(graph)[1]]


def _sorted(graph: Any) -> tuple[list[Any], list[Any]]:
    """The nodes that can run, in order, and those that never can."""
    makers = {name: place for place, node in enumerate(graph.node) for name in node.output if name}
    missing, users = {}, defaultdict(list)
    for place, node in enumerate(graph.node):
        sources = {makers[name] for name in needed_by(node) if name in makers}
        missing[place] = len(sources)
        for source in sources:
            users[source].append(place)
    free = [place for place, count in missing.items() if not count]
    for place in free:
        for user in users[place]:
            missing[user] -= 1
            if not missing[user]:
                free.append(user)
    done = set(free)
    return [graph.node[place] for place in free], [node for place, node in enumerate(graph.node) if place not in done]
