"""A SavedModel's graph as values: its operators, its functions, and what is reached from where."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Node:
    """One operation. `inputs` and `calls` name nodes and functions, both without ports and marks.

    `texts` are its string attributes and `flags` its true booleans, those that it hands on to functions included;
    `types` are its attributes that name a type of numbers, by TensorFlow's number for it.
    `strings` are the bytes of all texts, those in constants included; `handles` says that a constant is no plain
    numbers or text, but refers to something in memory.
    """

    name: str
    op: str
    inputs: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()
    types: dict[str, int] = field(default_factory=dict)
    strings: tuple[memoryview, ...] = field(default=(), repr=False)
    handles: bool = False


@dataclass(frozen=True)
class Placed:
    """A node and the function it is in; "" for the outer graph."""

    function: str
    node: Node


@dataclass(frozen=True)
class MetaGraph:
    """One graph of a SavedModel with its library, and where loading and running it start.

    `has_objects` is false for files of TensorFlow 1, which hold a graph and nothing around it. `restore_node` restores
    the variables from the file whose name `file_node` holds. `assets` are names of files.
    """

    tags: tuple[str, ...]
    signatures: tuple[str, ...]
    has_objects: bool
    nodes: dict[str, Node]
    functions: dict[str, tuple[Node, ...]]
    entry_nodes: tuple[str, ...]
    entry_functions: tuple[str, ...]
    restore_node: str
    file_node: str
    assets: tuple[str, ...]

    def all_nodes(self) -> Iterator[Placed]:
        """Every node there is, used or not."""
        yield from (Placed("", node) for node in self.nodes.values())
        for name, nodes in self.functions.items():
            yield from (Placed(name, node) for node in nodes)

    def used(self) -> list[Placed]:
        """What runs when a signature is called, on loading, or through any function of the object graph."""
        return self._reachable(self.entry_nodes, self.entry_functions)

    def called(self) -> list[Placed]:
        """What runs when a signature is called, or on loading."""
        return self._reachable(self.entry_nodes, ())

    def restoring(self) -> list[Placed]:
        """What runs when variables are restored."""
        return self._reachable((self.restore_node,), ())

    def origin(self, placed: Placed) -> str:
        """The node of the outer graph whose value is the first input of this one, "" where there is none."""
        if placed.function or not placed.node.inputs:
            return ""
        name, seen = placed.node.inputs[0], set[str]()
        while name in self.nodes and self.nodes[name].op == "Identity" and self.nodes[name].inputs and name not in seen:
            seen.add(name)
            name = self.nodes[name].inputs[0]
        return name

    def _reachable(self, nodes: Iterable[str], functions: Iterable[str]) -> list[Placed]:
        found: list[Placed] = []
        seen: set[tuple[str, str]] = set()
        waiting = [("node", name) for name in nodes] + [("function", name) for name in functions]
        while waiting:
            item = waiting.pop()
            if item in seen:
                continue
            seen.add(item)
            kind, name = item
            placed = self._at(kind, name)
            found += placed
            waiting += [("function", called) for one in placed for called in (*one.node.calls, one.node.op)]
            if kind == "node":
                waiting += [("node", source) for one in placed for source in one.node.inputs]
        return found

    def _at(self, kind: str, name: str) -> list[Placed]:
        if kind == "function":
            return [Placed(name, node) for node in self.functions.get(name, ())]
        return [Placed("", self.nodes[name])] if name in self.nodes else []
