"""Reads `saved_model.pb` into values, without TensorFlow; nothing in it is executed."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import TypeVar

from edgewright.convert.sources.tensorflow.graphs.graph import MetaGraph, Node
from edgewright.convert.sources.tensorflow.graphs.wire import Message, as_text, varint
from edgewright.errors import ConversionError

# Field numbers of saved_model.proto, meta_graph.proto, graph.proto, node_def.proto, function.proto, attr_value.proto,
# tensor.proto, op_def.proto, saver.proto and saved_object_graph.proto in tensorflow/core/{framework,protobuf}.
_META_GRAPHS = 2
_META_INFO, _GRAPH, _SAVER, _COLLECTIONS, _SIGNATURES, _ASSETS, _OBJECTS = 1, 2, 3, 4, 5, 6, 7
_TAGS = 4
_NODES, _LIBRARY = 1, 2
_FUNCTIONS = 1
_NAME, _OP, _INPUTS, _ATTRIBUTES = 1, 2, 3, 5
_FUNCTION_SIGNATURE, _FUNCTION_NODES = 1, 3
_LIST, _STRING, _BOOL, _TYPE, _TENSOR, _PLACEHOLDER, _CALL = 1, 2, 5, 6, 8, 9, 10
_VALUE_KINDS = tuple(range(1, 11))
_LIST_STRINGS, _LIST_TENSORS, _LIST_CALLS = 2, 8, 9
_CALL_ATTRIBUTES = 2
_DTYPE, _CONTENT, _STRINGS = 1, 4, 8
_TEXT, _RESOURCE, _VARIANT = 7, 20, 21
_FILE_NAME, _RESTORE_OP = 1, 3
_SIGNATURE_OUTPUTS = 2
_COLLECTION_KINDS = (1, 2, 3, 4, 5)
# A session takes what it shall run as a node, as a text and as bytes.
_NAMING_KINDS = (1, 2, 5)
_ASSET_FILE = 2
_CONCRETE_FUNCTIONS = 2

# Attributes of attributes: what a call hands to a function may itself be a call.
_DEEPEST = 20

_T = TypeVar("_T")


def read_graphs(data: bytes) -> list[MetaGraph]:
    """Read `saved_model.pb`; raises `ConversionError` where it is no SavedModel, or says a thing twice."""
    return [_meta_graph(message) for message in Message(memoryview(data)).messages(_META_GRAPHS)]


def read_graph(data: bytes) -> MetaGraph:
    """Read a graph that stands alone (`GraphDef`), which does not say where running it starts.

    Raises `ConversionError` where it is no graph, or says a thing twice.
    """
    nodes, functions = _graph(Message(memoryview(data)))
    return MetaGraph(
        tags=(), signatures=(), has_objects=False, nodes=nodes, functions=functions, entry_nodes=(), entry_functions=(),
        restore_node="", file_node="", assets=(),
    )  # fmt: skip


def graph_in(text: memoryview) -> list[Node]:
    """The nodes of the graph that a text is, those of its functions included; none where it is an ordinary text."""
    try:
        graph = Message(text)
        nodes = [*graph.messages(_NODES)]
        for library in graph.messages(_LIBRARY):
            nodes += [node for function in library.messages(_FUNCTIONS) for node in function.messages(_FUNCTION_NODES)]
        read = [_node(node) for node in nodes]
    except ConversionError:
        return []
    return [node for node in read if node.op]


def _meta_graph(message: Message) -> MetaGraph:
    nodes, functions = _graph(message.message(_GRAPH))
    signatures = message.entries(_SIGNATURES)
    saver = message.message(_SAVER)
    return MetaGraph(
        tags=tuple(map(as_text, message.message(_META_INFO).many(_TAGS))),
        signatures=tuple(signatures),
        has_objects=_OBJECTS in message,
        nodes=nodes,
        functions=functions,
        entry_nodes=(*_signature_outputs(signatures.values()), *_collected(message, nodes)),
        entry_functions=tuple(message.message(_OBJECTS).entries(_CONCRETE_FUNCTIONS)),
        restore_node=_bare(saver.text(_RESTORE_OP)),
        file_node=_bare(saver.text(_FILE_NAME)),
        assets=tuple(asset.text(_ASSET_FILE) for asset in message.messages(_ASSETS)),
    )


def _graph(message: Message) -> tuple[dict[str, Node], dict[str, tuple[Node, ...]]]:
    """The nodes and the functions of a graph, by their names."""
    nodes = _unique("node", ((node.name, node) for node in map(_node, message.messages(_NODES))))
    return nodes, _unique("function", map(_function, message.message(_LIBRARY).messages(_FUNCTIONS)))


def _unique(kind: str, named: Iterable[tuple[str, _T]]) -> dict[str, _T]:
    found: dict[str, _T] = {}
    for name, value in named:
        if name in found:
            raise ConversionError(f"the graph has two {kind}s named {name!r}")
        found[name] = value
    return found


def _signature_outputs(signatures: Iterable[Message]) -> Iterator[str]:
    """Names of the nodes that the signatures return; the initialization is a signature as well."""
    for signature in signatures:
        yield from (_bare(info.text(_NAME)) for info in signature.entries(_SIGNATURE_OUTPUTS).values())


def _collected(message: Message, nodes: dict[str, Node]) -> Iterator[str]:
    """Nodes that a collection names: TensorFlow 1 keeps there what runs on loading."""
    for collection in message.entries(_COLLECTIONS).values():
        collection.require_one_of(*_COLLECTION_KINDS)
        for kind in _NAMING_KINDS:
            names = (_bare(as_text(value)) for value in collection.message(kind).many(1))
            yield from (name for name in names if name in nodes)


def _function(message: Message) -> tuple[str, tuple[Node, ...]]:
    nodes = tuple(map(_node, message.messages(_FUNCTION_NODES)))
    _unique("node", ((node.name, node) for node in nodes))
    return message.message(_FUNCTION_SIGNATURE).text(_NAME), nodes


def _node(message: Message) -> Node:
    said = _Said()
    _attributes(message.entries(_ATTRIBUTES), said, 0)
    return Node(
        name=message.text(_NAME),
        op=message.text(_OP),
        inputs=tuple(_bare(as_text(value)) for value in message.many(_INPUTS)),
        calls=tuple(said.calls),
        texts=said.texts,
        flags=frozenset(said.flags),
        types=said.types,
        strings=tuple(said.strings),
        handles=said.handles,
    )


@dataclass
class _Said:
    """What the attributes of a node say, collected while they are read."""

    calls: list[str] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    flags: set[str] = field(default_factory=set)
    types: dict[str, int] = field(default_factory=dict)
    strings: list[memoryview] = field(default_factory=list)
    handles: bool = False

    def say(self, key: str, texts: list[memoryview]) -> None:
        """Keep the texts of an attribute, and add to what a call hands on under the same name."""
        self.strings += texts
        self.texts[key] = " ".join(filter(None, (self.texts.get(key, ""), *map(as_text, texts))))


def _attributes(attributes: dict[str, Message], said: _Said, depth: int) -> None:
    if depth > _DEEPEST:
        raise ConversionError("the attributes of a node are nested without end")
    for key, value in attributes.items():
        _attribute(key, value, said, depth)


def _attribute(key: str, value: Message, said: _Said, depth: int) -> None:
    value.require_one_of(*_VALUE_KINDS)
    if value.number(_BOOL):
        said.flags.add(key)
    if dtype := value.number(_TYPE):
        said.types[key] = dtype
    texts = [text for kind in (_STRING, _PLACEHOLDER) if (text := value.one(kind)) is not None]
    tensors, calls = _single(value, _TENSOR), _single(value, _CALL)
    for several in _single(value, _LIST):
        texts += several.many(_LIST_STRINGS)
        tensors += several.messages(_LIST_TENSORS)
        calls += several.messages(_LIST_CALLS)
    if texts:
        said.say(key, texts)
    for tensor in tensors:
        _constant(tensor, said)
    for call in calls:
        said.calls.append(call.text(_NAME))
        _attributes(call.entries(_CALL_ATTRIBUTES), said, depth + 1)


def _single(value: Message, number: int) -> list[Message]:
    return [value.message(number)] if number in value else []


def _constant(tensor: Message, said: _Said) -> None:
    dtype = tensor.number(_DTYPE)
    said.handles = said.handles or dtype in (_RESOURCE, _VARIANT)
    if dtype == _TEXT:
        said.strings += [*tensor.many(_STRINGS), *_packed(tensor.one(_CONTENT) or memoryview(b""))]


def _packed(content: memoryview) -> Iterator[memoryview]:
    """The texts of a constant that is kept in one piece: first the sizes of all, then all of them."""
    sizes: list[int] = []
    position = whole = 0
    while whole < len(content) - position:
        size, position = varint(content, position)
        sizes.append(size)
        whole += size
    for size in sizes:
        yield content[position : position + size]
        position += size


def _bare(name: str) -> str:
    """The node behind a tensor's name ("node:0") or a control input ("^node")."""
    return name.lstrip("^").split(":")[0]
