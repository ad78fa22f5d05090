"""Source: a graph of TensorFlow 1 whose variables were made constants, alone in a file (`frozen.pb`)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.failures import first_line
from edgewright.convert.sources.safety import Finding, refuse
from edgewright.convert.sources.tensorflow.exporting import distinct, identifier
from edgewright.convert.sources.tensorflow.graphs.ends import Ends, ends_of, is_placeholder
from edgewright.convert.sources.tensorflow.graphs.graph import MetaGraph
from edgewright.convert.sources.tensorflow.graphs.judging import graph_findings
from edgewright.convert.sources.tensorflow.graphs.reading import read_graph
from edgewright.convert.sources.tensorflow.graphs.rebuilding import rebuild_graph, shadowing
from edgewright.convert.sources.tensorflow.graphs.wire import varint
from edgewright.convert.sources.tensorflow.pruning import pruned
from edgewright.convert.sources.tensorflow.runtime import start_tensorflow
from edgewright.convert.sources.tensorflow.signature import LoadedSignature
from edgewright.errors import ConversionError, UsageError
from edgewright.spelling import argument

# How the file begins: a node (field 1 of graph.proto) with its name and operator (fields 1 and 2 of node_def.proto).
_NODE, _NAME, _OPERATOR = 0x0A, 0x0A, 0x12
_LOOKED_AT = 512
# A protocol buffer cannot be larger.
_LARGEST = 2**31 - 1
_VARIABLES = frozenset({"Variable", "VariableV2", "VarHandleOp", "TemporaryVariable"})


class FrozenGraph:
    """A file with one graph, which says nothing of where it begins and ends."""

    name = "frozen_graph"
    title = "a frozen graph of TensorFlow 1 (.pb)"
    in_child = True
    framework = "TensorFlow"
    takes = ("inputs", "outputs")

    def recognizes(self, source: object) -> bool:
        """Whether it is a file that begins with an operator of a graph."""
        if not (isinstance(source, Path) and source.is_file()):
            return False
        with source.open("rb") as stream:
            return _begins_with_node(memoryview(stream.read(_LOOKED_AT)))

    def open(self, source: Path, options: ConversionOptions) -> LoadedSignature:
        """Read the graph, refuse what would leave it, and import what was built anew from it."""
        if source.stat().st_size > _LARGEST:
            raise ConversionError("the file is larger than 2 GB, which no graph can be", where=str(source))
        data = source.read_bytes()
        graph = _read(data, source)
        _require_frozen(graph, source)
        refuse(str(source), graph_findings([graph], saver=False), trust=options.trust)
        ends = ends_of(graph, options, str(source))
        tf = start_tensorflow(keras=False)
        try:
            return _opened(tf, source, _rebuilt(data, source, options), graph, ends, options)
        except (ValueError, RuntimeError, KeyError, TypeError, AttributeError, tf.errors.OpError) as error:
            said = f"TensorFlow {tf.__version__} cannot load it: {first_line(error)}"
            raise ConversionError(said, where=str(source)) from error


def _begins_with_node(start: memoryview) -> bool:
    try:
        if start[0] != _NODE:
            return False
        _, position = varint(start, 1)
        if start[position] != _NAME:
            return False
        size, position = varint(start, position + 1)
        name = bytes(start[position : position + size])
        size, begin = varint(start, position + size + 1)
        operator = bytes(start[begin : begin + size])
        return start[position + len(name)] == _OPERATOR and _is_name(name) and operator.isalnum()
    except (IndexError, ConversionError):
        return False


def _is_name(name: bytes) -> bool:
    """Letters, digits and what else names of nodes have: "conv_1/weights.read"."""
    return bool(name) and name.translate(None, b"_./-\\>").isalnum()


def _read(data: bytes, path: Path) -> MetaGraph:
    try:
        return read_graph(data)
    except ConversionError as error:
        raise ConversionError(f"the graph is damaged: {error}", where=str(path)) from None


def _require_frozen(graph: MetaGraph, path: Path) -> None:
    variables = [placed.node.name for placed in graph.all_nodes() if placed.node.op in _VARIABLES]
    if variables:
        more = ", …" if len(variables) > 3 else ""
        raise ConversionError(
            f"it is not frozen: {len(variables)} variables have no value in it ({', '.join(variables[:3])}{more})",
            where=str(path),
            remedy="Freeze it with its checkpoint (tf.compat.v1.graph_util.convert_variables_to_constants), or save it "
            "as a SavedModel",
        )


def _rebuilt(data: bytes, path: Path, options: ConversionOptions) -> Any:
    """The graph as it is imported, judged once more as that."""
    graph = rebuild_graph(data)
    fresh = _read(graph.SerializeToString(deterministic=True), path)
    shadows = (Finding(f"function {name!r}", "has the name of an operator") for name in shadowing([fresh]))
    refuse(str(path), (*graph_findings([fresh], saver=False), *shadows), trust=options.trust)
    return graph


def _opened(
    tf: Any, path: Path, definition: Any, graph: MetaGraph, ends: Ends, options: ConversionOptions
) -> LoadedSignature:
    inputs, outputs = _called(ends.inputs), _called(ends.outputs)
    shapes = {identifier(name): shape for name, shape in options.input_shape.items() if name}
    if "" in options.input_shape and len(inputs) == 1:
        shapes = dict.fromkeys(inputs, options.input_shape[""])
    for name, tensor in inputs.items():
        if name in shapes and is_placeholder(graph, tensor):
            _give_shape(tf, definition, tensor, shapes[name])
    signature = pruned(tf, definition, inputs, outputs)
    for name, spec in signature.specs.items():
        if spec.shape.rank is None:
            said = f"input {name!r} may have any number of dimensions, and a file needs a number"
            raise UsageError(f"{path}: {said}. Give its shape: {argument('input_shape')}")
    return LoadedSignature(signature, str(path))


def _called(tensors: Mapping[str, str]) -> dict[str, str]:
    """Names that a signature can have, each once ("a/b" and "a.b" are both "a_b"), and the tensors."""
    return dict(zip(distinct([identifier(name) for name in tensors]), tensors.values(), strict=True))


def _give_shape(tf: Any, definition: Any, tensor: str, shape: Sequence[int]) -> None:
    """Write the shape into a placeholder that has none: programs before TensorFlow 1.0 wrote no shapes."""
    node = next(node for node in definition.node if node.name == tensor.partition(":")[0])
    described = node.attr["shape"].shape
    if described.unknown_rank or not described.dim:
        node.attr["shape"].shape.CopyFrom(tf.TensorShape(shape).as_proto())
