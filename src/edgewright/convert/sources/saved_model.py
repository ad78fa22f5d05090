"""Source: a SavedModel folder of TensorFlow 1 or 2, with or without Keras."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgewright.convert.graph import MetaGraph, read_graphs
from edgewright.convert.loaded_signature import LoadedSignature, Signature
from edgewright.convert.options import ConversionOptions
from edgewright.convert.paths import convert_in_child
from edgewright.convert.product import Opened, Product, first_line
from edgewright.convert.runtime import start_tensorflow
from edgewright.convert.safety import graph_findings, refuse
from edgewright.convert.sources import register_source
from edgewright.errors import ConversionError, UsageError
from edgewright.machine import Progress

_GRAPH = "saved_model.pb"
_SERVING = "serving_default"
_INITIALIZATION = "__saved_model_init_op"


class SavedModel:
    """A folder with `saved_model.pb` and `variables/`."""

    name = "saved_model"
    title = "a SavedModel folder"

    def recognises(self, source: object) -> bool:
        """Whether it is a folder with a `saved_model.pb`, or that file itself."""
        return isinstance(source, Path) and (_folder(source) / _GRAPH).is_file()

    def convert(self, source: object, options: ConversionOptions, workshop: Path, progress: Progress) -> Product:
        """Convert it in a child process."""
        return convert_in_child(open_folder, source, options, workshop, progress)

    def open(self, source: Path, options: ConversionOptions) -> Opened:
        """Load it, in a child process."""
        return open_folder(source, options)


def open_folder(path: Path, options: ConversionOptions) -> Opened:
    """Read the graph, refuse what would leave it, and load it."""
    folder = _folder(path)
    data = (folder / _GRAPH).read_bytes()
    graphs = _read(data, path)
    refuse(str(path), graph_findings(graphs), trust=options.trust)
    graph = _for_serving(graphs, path)
    tf = start_tensorflow(keras=False)
    try:
        if graph.has_objects:
            return _open_version_2(tf, path, data, graph, options)
        return LoadedSignature(_version_1(tf, folder, graph, _signature(graph, options.signature, path)), str(path))
    except (ValueError, RuntimeError, KeyError, TypeError, AttributeError, OSError, tf.errors.OpError) as error:
        raise ConversionError(f"{path}: TensorFlow {tf.__version__} cannot load it: {first_line(error)}") from error


def _open_version_2(tf: Any, path: Path, data: bytes, graph: MetaGraph, options: ConversionOptions) -> LoadedSignature:
    key = _signature(graph, options.signature, path)
    fresh = _without_optimizer(data)
    folder = _with_graph(_folder(path), fresh) if fresh else _folder(path)
    loaded = tf.saved_model.load(str(folder), tags=list(graph.tags))
    function = loaded.signatures[key]
    signature = Signature(
        call=function,
        specs=function.structured_input_signature[1],
        outputs=tuple(sorted(function.structured_outputs)),
        variables=list(function.variables),
        whole=loaded,
    )
    return LoadedSignature(signature, str(path), ("optimizer",) if fresh else ())


def _version_1(tf: Any, folder: Path, graph: MetaGraph, key: str) -> Signature:
    """A signature of TensorFlow 1 with its variables turned into constants, for today's saver loses them."""
    v1 = tf.compat.v1
    with tf.Graph().as_default() as whole, v1.Session() as session:
        described = v1.saved_model.load(session, list(graph.tags), str(folder)).signature_def[key]
        inputs = {name: info.name for name, info in described.inputs.items()}
        outputs = {name: info.name for name, info in sorted(described.outputs.items())}
        ends = [name.split(":")[0] for name in outputs.values()]
        frozen = v1.graph_util.convert_variables_to_constants(session, whole.as_graph_def(), ends)
    wrapped = v1.wrap_function(lambda: tf.import_graph_def(frozen, name=""), [])
    feeds = [wrapped.graph.as_graph_element(name) for name in inputs.values()]
    pruned = wrapped.prune(feeds, {key: wrapped.graph.as_graph_element(name) for key, name in outputs.items()})
    return Signature(
        call=lambda **values: pruned(*(tf.convert_to_tensor(values[name]) for name in inputs)),
        specs={name: tf.TensorSpec(feed.shape, feed.dtype) for name, feed in zip(inputs, feeds, strict=True)},
        outputs=tuple(outputs),
    )


def _folder(path: Path) -> Path:
    return path.parent if path.name == _GRAPH and path.is_file() else path


def _read(data: bytes, path: Path) -> list[MetaGraph]:
    try:
        graphs = read_graphs(data)
    except ConversionError as error:
        raise ConversionError(f"{path}: {_GRAPH} is damaged: {error}") from None
    if not graphs:
        raise ConversionError(f"{path}: {_GRAPH} is damaged or empty: there is no graph in it")
    return graphs


def _for_serving(graphs: Sequence[MetaGraph], path: Path) -> MetaGraph:
    """The graph to load: the one for serving, or the only one."""
    found = [graph for graph in graphs if "serve" in graph.tags]
    if not found and len(graphs) > 1:
        raise ConversionError(f"{path}: none of its {len(graphs)} graphs has the tag 'serve'. Export it for serving")
    return found[0] if found else graphs[0]


def _signature(graph: MetaGraph, wanted: str | None, path: Path) -> str:
    keys = [key for key in graph.signatures if key != _INITIALIZATION]
    if not keys:
        raise ConversionError(
            f"{path}: it has no signatures, so nothing says what goes in and comes out. "
            "Save it with tf.saved_model.save(model, folder, signatures=...)"
        )
    if wanted is not None and wanted not in keys:
        raise UsageError(f"{path}: there is no signature {wanted!r}. Choose one of: {', '.join(sorted(keys))}")
    if wanted is None and _SERVING not in keys and len(keys) > 1:
        raise UsageError(f"{path}: it has several signatures. Choose one with signature=: {', '.join(sorted(keys))}")
    return wanted or (_SERVING if _SERVING in keys else keys[0])


def _without_optimizer(data: bytes) -> bytes:
    """The graph without its optimizer and the optimizer's slot variables, b"" where it has none.

    Files of TensorFlow 2.3 list slots for an optimizer that today's TensorFlow revives without `add_slot`; and for any
    optimizer it imports Keras. Neither is of use to a conversion.
    """
    from tensorflow.core.protobuf import saved_model_pb2

    message = saved_model_pb2.SavedModel.FromString(data)
    objects = [node for graph in message.meta_graphs for node in graph.object_graph_def.nodes]
    slotted = [node for node in objects if node.slot_variables]
    optimizers = [node for node in objects if node.user_object.identifier == "optimizer"]
    for node in slotted:
        del node.slot_variables[:]
    for node in optimizers:
        node.user_object.identifier = "_generic_user_object"
    fresh: bytes = message.SerializeToString() if slotted or optimizers else b""
    return fresh


def _with_graph(folder: Path, data: bytes) -> Path:
    """A folder with this graph and, by links, all else of the given one."""
    copy = Path(tempfile.mkdtemp())
    (copy / _GRAPH).write_bytes(data)
    for item in folder.iterdir():
        if item.name not in (_GRAPH, "fingerprint.pb"):
            (copy / item.name).symlink_to(item.resolve(), target_is_directory=item.is_dir())
    return copy


register_source(SavedModel())
