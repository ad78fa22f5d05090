"""Where a network's numbers are rounded to 8 bits, and which of them share a range, as the file will have it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from edgewright.train.compression.graphs import nodes_of
from edgewright.train.compression.kinds import FIXED, FUSING, Kind, kind_of

# A range that is learned, by its number, or one that is fixed: the smallest and the largest number.
Grid = int | tuple[float, float]

_COMPUTING = frozenset({"kernel", "join", "own", "relu", "softmax", "sigmoid", "tanh", "round"})


@dataclass(frozen=True, eq=False)
class Placement:
    """The grid of each tensor that is rounded, by `id`; `kinds`: of each call, by the `id` of its first output.

    Tensors that share a number have one range. `floats`: names of the layers that compute in float.
    """

    grids: dict[int, Grid] = field(default_factory=dict)
    kinds: dict[int, Kind] = field(default_factory=dict)
    floats: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[int, ...]:
        """The learned ranges that are in use."""
        return tuple(sorted({grid for grid in self.grids.values() if isinstance(grid, int)}))


def place(graph: Any) -> Placement:
    """Place the ranges of a graph in which every layer does one thing."""
    return _Placing(graph).placed()


class _Placing:
    """A graph in the midst of being looked at."""

    def __init__(self, graph: Any) -> None:
        self._graph = graph
        self._nodes = list(nodes_of(graph))
        self._kinds = {id(node.outputs[0]): kind_of(node) for node in self._nodes}
        self._users = Counter(id(tensor) for node in self._nodes for tensor in node.input_tensors)
        self._users.update(id(tensor) for tensor in graph.outputs)
        self._makers = {id(tensor): node for node in self._nodes for tensor in node.outputs}
        self._parents: list[int] = []
        self._held: dict[int, Grid] = {}  # the grid that the numbers of a tensor lie on, rounded there or before
        self._rounded: dict[int, Grid] = {}

    def placed(self) -> Placement:
        """Where each tensor is rounded."""
        wanted = self._wanted()
        for tensor in self._graph.inputs:
            if id(tensor) in wanted:
                self._round(tensor, self._new())
        for node in self._nodes:
            self._visit(node, wanted)
        grids = {key: self._root(grid) if isinstance(grid, int) else grid for key, grid in self._rounded.items()}
        names = [node.operation.name for node in self._nodes if self._kind(node) == "float"]
        return Placement(grids, self._kinds, tuple(dict.fromkeys(names)))

    def _kind(self, node: Any) -> Kind:
        return self._kinds[id(node.outputs[0])]

    def _wanted(self) -> set[int]:
        """Tensors that something takes which computes in 8 bits, be it behind layers that only move numbers."""
        wanted: set[int] = set()
        for node in reversed(self._nodes):
            kind = self._kind(node)
            if kind in _COMPUTING or (kind == "carry" and any(id(tensor) in wanted for tensor in node.outputs)):
                wanted.update(id(tensor) for tensor in node.input_tensors)
        return wanted

    def _visit(self, node: Any, wanted: set[int]) -> None:
        kind, result = self._kind(node), node.outputs[0]
        if kind in ("carry", "round"):
            held = self._held.get(id(node.input_tensors[0]))
            if held is not None:
                for tensor in node.outputs:
                    self._held[id(tensor)] = held
                if kind == "round":
                    self._rounded[id(result)] = held
        elif kind == "float":
            for tensor in node.outputs:
                if id(tensor) in wanted and "float" in str(tensor.dtype):
                    self._round(tensor, self._new())
        elif kind in FIXED:
            self._round(result, FIXED[kind])
        elif kind == "join":
            self._join(node)
        elif not self._contained(node):
            self._round(result, self._new())

    def _contained(self, node: Any) -> bool:
        """Whether all that takes its result is an activation which its kernel contains."""
        result = node.outputs[0]
        if self._users[id(result)] != 1 or type(node.operation).__name__ not in FUSING:
            return False
        return any(
            self._kind(user) == "relu" and user.input_tensors[0] is result for user in self._nodes if user is not node
        )

    def _join(self, node: Any) -> None:
        """One range for all that is joined, but for what has a fixed one: that is brought to it."""
        joined = self._new()
        for tensor in node.input_tensors:
            held = self._held.get(id(tensor))
            if isinstance(held, int):
                self._parents[self._root(held)] = self._root(joined)
        self._round(node.outputs[0], joined)

    def _round(self, tensor: Any, grid: Grid) -> None:
        self._held[id(tensor)] = self._rounded[id(tensor)] = grid

    def _new(self) -> int:
        self._parents.append(len(self._parents))
        return len(self._parents) - 1

    def _root(self, number: int) -> int:
        while self._parents[number] != number:
            number = self._parents[number]
        return number
