"""What a SavedModel's graph would do when loaded or run: its operators, and which of them the saver alone uses."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from edgewright.convert.wire import as_text, children, fields, text

# Field numbers of saved_model.proto, meta_graph.proto, graph.proto, node_def.proto, function.proto, attr_value.proto,
# op_def.proto, saver.proto and saved_object_graph.proto in tensorflow/core/{framework,protobuf}.
_META_GRAPHS = 2
_META_INFO, _GRAPH, _SAVER, _COLLECTIONS, _SIGNATURES, _OBJECTS = 1, 2, 3, 4, 5, 7
_TAGS = 4
_NODES, _LIBRARY = 1, 2
_FUNCTIONS = 1
_NAME, _OP, _INPUTS, _ATTRIBUTES = 1, 2, 3, 5
_FUNCTION_SIGNATURE, _FUNCTION_NODES = 1, 3
_KEY, _VALUE = 1, 2
_LIST, _STRING, _BOOL, _FUNCTION = 1, 2, 5, 10
_LIST_STRING, _LIST_FUNCTION = 2, 9
_SAVE_TENSOR, _RESTORE_OP = 2, 3
_SIGNATURE_OUTPUTS = 2
_CONCRETE_FUNCTIONS = 2

# Operators that only ever read or write checkpoints. Every SavedModel has some, in functions which the saver calls.
WRITERS = frozenset({"Save", "SaveV2", "SaveSlices", "MergeV2Checkpoints", "DistributedSave"})
READERS = frozenset({"Restore", "RestoreV2", "RestoreSlice", "DTensorRestoreV2"})


@dataclass(frozen=True)
class Node:
    """One operation: `texts` are its string attributes, `flags` its true booleans, `calls` the functions it names."""

    name: str
    op: str
    inputs: tuple[str, ...] = ()
    calls: tuple[str, ...] = ()
    texts: dict[str, str] = field(default_factory=dict)
    flags: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Placed:
    """A node and the function it is in; "" for the outer graph."""

    function: str
    node: Node


@dataclass(frozen=True)
class MetaGraph:
    """One graph of a SavedModel with its library, and where loading and running it start.

    `has_objects` is false for files of TensorFlow 1, which hold a graph and nothing around it.
    """

    tags: tuple[str, ...]
    signatures: tuple[str, ...]
    has_objects: bool
    nodes: dict[str, Node]
    functions: dict[str, tuple[Node, ...]]
    entry_nodes: tuple[str, ...]
    entry_functions: tuple[str, ...]
    restore_node: str

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


def read_graphs(data: bytes) -> list[MetaGraph]:
    """Read `saved_model.pb`; raises `ConversionError` where it is no SavedModel. Nothing in it is executed."""
    return [_meta_graph(message) for message in children(memoryview(data), _META_GRAPHS)]


def _meta_graph(message: memoryview) -> MetaGraph:
    nodes: dict[str, Node] = {}
    functions: dict[str, tuple[Node, ...]] = {}
    for graph in children(message, _GRAPH):
        nodes |= {node.name: node for node in map(_node, children(graph, _NODES))}
        for library in children(graph, _LIBRARY):
            functions |= dict(map(_function, children(library, _FUNCTIONS)))
    return MetaGraph(
        tags=tuple(as_text(tag) for info in children(message, _META_INFO) for tag in children(info, _TAGS)),
        signatures=tuple(text(entry, _KEY) for entry in children(message, _SIGNATURES)),
        has_objects=any(True for _ in children(message, _OBJECTS)),
        nodes=nodes,
        functions=functions,
        entry_nodes=(*_signature_outputs(message), *_collected(message, nodes)),
        entry_functions=tuple(
            text(entry, _KEY) for graph in children(message, _OBJECTS) for entry in children(graph, _CONCRETE_FUNCTIONS)
        ),
        restore_node=next((_bare(text(saver, _RESTORE_OP)) for saver in children(message, _SAVER)), ""),
    )


def _signature_outputs(message: memoryview) -> Iterator[str]:
    """Names of the nodes that the signatures return; the initialization is a signature as well."""
    for entry in children(message, _SIGNATURES):
        for signature in children(entry, _VALUE):
            for output in children(signature, _SIGNATURE_OUTPUTS):
                yield from (_bare(text(info, _NAME)) for info in children(output, _VALUE))


def _collected(message: memoryview, nodes: dict[str, Node]) -> Iterator[str]:
    """Nodes that a collection names: TensorFlow 1 keeps there what runs on loading."""
    for entry in children(message, _COLLECTIONS):
        for collection in children(entry, _VALUE):
            for _, kind in fields(collection):
                if isinstance(kind, memoryview):
                    names = (_bare(as_text(value)) for _, value in fields(kind) if isinstance(value, memoryview))
                    yield from (name for name in names if name in nodes)


def _function(message: memoryview) -> tuple[str, tuple[Node, ...]]:
    name = next((text(signature, _NAME) for signature in children(message, _FUNCTION_SIGNATURE)), "")
    return name, tuple(map(_node, children(message, _FUNCTION_NODES)))


def _node(message: memoryview) -> Node:
    name = op = ""
    inputs: list[str] = []
    calls: list[str] = []
    texts: dict[str, str] = {}
    flags: set[str] = set()
    for number, value in fields(message):
        if not isinstance(value, memoryview):
            continue
        if number == _NAME:
            name = as_text(value)
        elif number == _OP:
            op = as_text(value)
        elif number == _INPUTS:
            inputs.append(_bare(as_text(value)))
        elif number == _ATTRIBUTES:
            _attribute(value, calls, texts, flags)
    return Node(name, op, tuple(inputs), tuple(calls), texts, frozenset(flags))


def _attribute(entry: memoryview, calls: list[str], texts: dict[str, str], flags: set[str]) -> None:
    key = text(entry, _KEY)
    for attribute in children(entry, _VALUE):
        for number, value in fields(attribute):
            if number == _BOOL and value:
                flags.add(key)
            elif not isinstance(value, memoryview):
                continue
            elif number == _STRING:
                texts[key] = as_text(value)
            elif number == _FUNCTION:
                calls.append(text(value, _NAME))
            elif number == _LIST:
                calls += [text(function, _NAME) for function in children(value, _LIST_FUNCTION)]
                texts[key] = " ".join(map(as_text, children(value, _LIST_STRING)))


def _bare(name: str) -> str:
    """The node behind a tensor's name ("node:0") or a control input ("^node")."""
    return name.lstrip("^").split(":")[0]
