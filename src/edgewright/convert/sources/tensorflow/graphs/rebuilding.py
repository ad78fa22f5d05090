"""Builds anew what TensorFlow loads: of a SavedModel that was looked at, only what a conversion has use for.

What is loaded are never the bytes of the file. They are parsed, reduced and written again, and it is the written bytes
that are judged once more and then loaded, so that no second reader can see in them what the first did not.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from edgewright.convert.sources.tensorflow.graphs.graph import MetaGraph
from edgewright.convert.sources.tensorflow.graphs.judging import operators
from edgewright.errors import ConversionError

# What TensorFlow itself makes of objects that a program had. Others come back as plain objects with attributes, also
# those of packages that are not there.
_PLAIN = "_generic_user_object"
_KNOWN_OBJECTS = frozenset(
    {_PLAIN, "signature_map", "trackable_list_wrapper", "trackable_dict_wrapper", "trackable_tuple_wrapper"}
)
_KNOWN_CLASSES = frozenset({"tf.StaticHashTable"})

# Collections that a file of TensorFlow 1 is loaded with: its variables, and what has to run once.
_KNOWN_COLLECTIONS = frozenset(
    "variables trainable_variables local_variables model_variables moving_average_variables global_step "
    "table_initializer saved_model_main_op legacy_init_op".split()
)
_CONSTANT = "Const"
# How the machine that saved the model ran its functions.
_CONFIGURATION = "config_proto"


@dataclass(frozen=True)
class Rebuilt:
    """A SavedModel that was written anew; `optimizer` says that it had one."""

    data: bytes
    optimizer: bool


def rebuild(data: bytes, index: int) -> Rebuilt:
    """The SavedModel with its graph `index` alone, in the one form that protocol buffers are written in.

    Left out is all that TensorFlow does not know, and all but the graph that a conversion has no use for: the saver,
    the optimizer, classes of other packages, collections, settings. TensorFlow is loaded. Raises `ConversionError`
    where the bytes are no SavedModel.
    """
    from tensorflow.core.protobuf import saved_model_pb2

    message = _parsed(data)
    message.DiscardUnknownFields()
    graph = message.meta_graphs[index]
    slotted = [_without_slots(node) for node in graph.object_graph_def.nodes]
    if graph.HasField("object_graph_def"):
        _reduce_version_2(graph)
    else:
        _reduce_version_1(graph)
    _without_settings(graph.graph_def)
    fresh = saved_model_pb2.SavedModel(saved_model_schema_version=message.saved_model_schema_version)
    fresh.meta_graphs.append(graph)
    return Rebuilt(fresh.SerializeToString(deterministic=True), any(slotted))


def rebuild_graph(data: bytes) -> Any:
    """The `GraphDef` of a graph that stands alone, without settings and what TensorFlow does not know.

    TensorFlow is loaded. Raises `ConversionError` where the bytes are no graph.
    """
    from google.protobuf.message import DecodeError
    from tensorflow.core.framework import graph_pb2

    try:
        graph = graph_pb2.GraphDef.FromString(data)
    except DecodeError as error:
        raise ConversionError(f"the graph is damaged: {error}") from None
    graph.DiscardUnknownFields()
    _without_settings(graph)
    return graph


def without_optimizer(data: bytes) -> bytes:
    """The whole SavedModel without its optimizer and the optimizer's slot variables, b"" where it has none."""
    message = _parsed(data)
    changed = [_without_slots(node) for graph in message.meta_graphs for node in graph.object_graph_def.nodes]
    fresh: bytes = message.SerializeToString() if any(changed) else b""
    return fresh


def shadowing(graphs: Sequence[MetaGraph]) -> tuple[str, ...]:
    """Functions that have the name of an operator of this TensorFlow, which may have more than the list knows."""
    from tensorflow.python.framework import op_def_registry

    names = {name for graph in graphs for name in graph.functions}
    return tuple(sorted(name for name in names if op_def_registry.get(name) is not None))


def _parsed(data: bytes) -> Any:
    from google.protobuf.message import DecodeError
    from tensorflow.core.protobuf import saved_model_pb2

    try:
        return saved_model_pb2.SavedModel.FromString(data)
    except DecodeError as error:
        raise ConversionError(f"the graph is damaged: {error}") from None


def _reduce_version_2(graph: Any) -> None:
    """Keep functions and objects; of the outer graph only its constants, which objects refer to."""
    constants = [node for node in graph.graph_def.node if node.op == _CONSTANT]
    _keep(graph.graph_def.node, constants)
    for field in ("saver_def", "collection_def", "signature_def"):
        graph.ClearField(field)
    graph.meta_info_def.ClearField("any_info")
    _without_saver(graph.graph_def.library)
    for node in graph.object_graph_def.nodes:
        _plain(node)


def _reduce_version_1(graph: Any) -> None:
    for name in [name for name in graph.collection_def if name not in _KNOWN_COLLECTIONS]:
        del graph.collection_def[name]
    graph.meta_info_def.ClearField("any_info")
    graph.ClearField("asset_file_def")


def _without_saver(library: Any) -> None:
    """Leave out the functions with checkpoint operators, and those that call them: no function of a model does."""
    unwanted = {function.signature.name for function in library.function if _of_saver(function)}
    while True:
        callers = {function.signature.name for function in library.function if _calls(function) & unwanted} - unwanted
        if not callers:
            break
        unwanted |= callers
    _keep(library.function, [function for function in library.function if function.signature.name not in unwanted])
    _keep(
        library.gradient,
        [gradient for gradient in library.gradient if not {gradient.function_name, gradient.gradient_func} & unwanted],
    )
    registered = [gradient for gradient in library.registered_gradients if gradient.gradient_func not in unwanted]
    _keep(library.registered_gradients, registered)


def _of_saver(function: Any) -> bool:
    table = operators()
    return any(node.op in table.readers or node.op in table.writers for node in function.node_def)


def _calls(function: Any) -> set[str]:
    called = {node.op for node in function.node_def}
    for node in function.node_def:
        for value in node.attr.values():
            called |= {value.func.name, *(inner.name for inner in value.list.func)}
    return called


def _keep(field: Any, kept: list[Any]) -> None:
    """Make a repeated field hold these of its messages."""
    if len(kept) < len(field):
        copies = [type(message).FromString(message.SerializeToString()) for message in kept]
        del field[:]
        field.extend(copies)


def _without_slots(node: Any) -> bool:
    """Take an optimizer out of an object graph: whether there was one.

    Files of TensorFlow 2.3 list slots for an optimizer that today's TensorFlow revives without `add_slot`; and for any
    optimizer it imports Keras. Neither is of use to a conversion.
    """
    optimizer = node.user_object.identifier == "optimizer"
    slots = len(node.slot_variables) > 0
    del node.slot_variables[:]
    if optimizer:
        node.user_object.identifier = _PLAIN
    return optimizer or slots


def _plain(node: Any) -> None:
    """Make an object of another package a plain one."""
    if node.registered_name not in _KNOWN_CLASSES:
        node.ClearField("registered_name")
        node.ClearField("serialized_user_proto")
    node.ClearField("registered_saver")
    if node.HasField("user_object"):
        if node.user_object.identifier not in _KNOWN_OBJECTS:
            node.user_object.identifier = _PLAIN
        node.user_object.ClearField("metadata")


def _without_settings(graph: Any) -> None:
    for nodes in (graph.node, *(function.node_def for function in graph.library.function)):
        for node in nodes:
            if _CONFIGURATION in node.attr:
                node.attr[_CONFIGURATION].Clear()
                node.attr[_CONFIGURATION].s = b""
