"""How a graph falls into pieces where a delegate or compiler takes some operators and leaves others.

A piece is a set of operators that can run as one: none of its inputs waits for something outside that in turn waits
for the piece. The pieces are those of TensorFlow Lite's runtime (`PartitionGraphIntoIndependentNodeSubsets` in
tensorflow/lite/graph_info.cc): in turns, everything of one kind that is ready.
"""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Set
from typing import NamedTuple

from edgewright.model import Subgraph


class Piece(NamedTuple):
    """Operators, by their index in the subgraph, that run as one; `taken` says on which side."""

    taken: bool
    operators: tuple[int, ...]


def pieces(subgraph: Subgraph, taken: Set[int]) -> list[Piece]:
    """Part the operators into pieces, in an order in which they can run; `taken` are those that could be."""
    graph = _Dependencies(subgraph)
    ready: dict[bool, list[int]] = {True: [], False: []}
    for index in graph.first():
        heapq.heappush(ready[index in taken], index)
    found = []
    while ready[True] or ready[False]:
        side = min((heap[0], kind) for kind, heap in ready.items() if heap)[1]
        found.append(Piece(side, tuple(sorted(_drained(graph, ready, taken, side)))))
    return found


def _drained(graph: _Dependencies, ready: dict[bool, list[int]], taken: Set[int], side: bool) -> Iterator[int]:
    """Everything of one kind that is ready, and becomes so on the way."""
    while ready[side]:
        index = heapq.heappop(ready[side])
        yield index
        for other in graph.done(index):
            heapq.heappush(ready[other in taken], other)


class _Dependencies:
    """Which operators wait for which."""

    def __init__(self, subgraph: Subgraph) -> None:
        maker = makers(subgraph)
        self._waiting: dict[int, int] = {}
        self._readers: dict[int, list[int]] = defaultdict(list)
        for operator in subgraph.operators:
            before = {maker[tensor] for tensor in operator.inputs if tensor in maker}
            self._waiting[operator.index] = len(before)
            for index in before:
                self._readers[index].append(operator.index)

    def first(self) -> list[int]:
        return [index for index, count in self._waiting.items() if not count]

    def done(self, index: int) -> list[int]:
        """The operators that waited only for this one."""
        for reader in self._readers[index]:
            self._waiting[reader] -= 1
        return [reader for reader in self._readers[index] if not self._waiting[reader]]


def makers(subgraph: Subgraph) -> dict[int, int]:
    """From a tensor to the operator that makes it."""
    return {tensor: operator.index for operator in subgraph.operators for tensor in operator.outputs if tensor >= 0}


def neighbors(subgraph: Subgraph, taken: Set[int]) -> set[int]:
    """The operators outside of `taken` that read from it or that it reads from."""
    maker = makers(subgraph)
    edges = [
        (maker[tensor], operator.index)
        for operator in subgraph.operators
        for tensor in operator.inputs
        if tensor in maker
    ]
    return {a if b in taken else b for a, b in edges if (a in taken) != (b in taken)}


def blockers(subgraph: Subgraph, refused: Set[int]) -> dict[int, int]:
    """For each operator that depends on a refused one: the nearest of those in the order of the file."""
    maker = makers(subgraph)
    found: dict[int, int] = {}
    for operator in subgraph.operators:
        before = {maker[tensor] for tensor in operator.inputs if tensor in maker}
        culprits = [index if index in refused else found.get(index, -1) for index in before]
        if culprits and max(culprits) >= 0:
            found[operator.index] = max(culprits)
    return found
