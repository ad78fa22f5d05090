"""Source: a SavedModel folder of TensorFlow 1 or 2, with or without Keras."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from edgewright.convert.options import ConversionOptions
from edgewright.convert.sources.failures import first_line
from edgewright.convert.sources.safety import Finding, refuse
from edgewright.convert.sources.tensorflow.graphs.files import GRAPH, file_findings, own_folder, with_graph
from edgewright.convert.sources.tensorflow.graphs.graph import MetaGraph
from edgewright.convert.sources.tensorflow.graphs.judging import graph_findings
from edgewright.convert.sources.tensorflow.graphs.reading import read_graphs
from edgewright.convert.sources.tensorflow.graphs.rebuilding import rebuild, shadowing, without_optimizer
from edgewright.convert.sources.tensorflow.pruning import pruned
from edgewright.convert.sources.tensorflow.runtime import start_tensorflow
from edgewright.convert.sources.tensorflow.signature import LoadedSignature, Signature
from edgewright.errors import ConversionError, UsageError
from edgewright.spelling import argument

_SERVING = "serving_default"
_INITIALIZATION = "__saved_model_init_op"


class SavedModel:
    """A folder with `saved_model.pb` and `variables/`."""

    name = "saved_model"
    title = "a SavedModel folder"
    in_child = True
    takes = ("signature",)
    framework = "TensorFlow"

    def recognizes(self, source: object) -> bool:
        """Whether it is a folder with a `saved_model.pb`, or that file itself."""
        return isinstance(source, Path) and (_folder(source) / GRAPH).is_file()

    def open(self, source: Path, options: ConversionOptions) -> LoadedSignature:
        """Read the graph, refuse what would leave it, and load what was built anew from it."""
        folder = _folder(source)
        if not options.trust:
            refuse(str(source), file_findings(folder), trust=False)
        data = (folder / GRAPH).read_bytes()
        graphs = _read(data, source)
        refuse(str(source), graph_findings(graphs), trust=options.trust)
        graph = _for_serving(graphs, source)
        return _opened(source, data, graphs.index(graph), graph, options)


def _opened(path: Path, data: bytes, index: int, graph: MetaGraph, options: ConversionOptions) -> LoadedSignature:
    key = _signature(graph, options.signature, path)
    tf = start_tensorflow(keras=False)
    try:
        own, optimizer = _trusted(_folder(path), data) if options.trust else _rebuilt(path, data, index)
        return _load(tf, path, own, graph, key, ("optimizer",) if optimizer else ())
    except (ValueError, RuntimeError, KeyError, TypeError, AttributeError, OSError, tf.errors.OpError) as error:
        said = f"TensorFlow {tf.__version__} cannot load it: {first_line(error)}"
        raise ConversionError(said, where=str(path)) from error


def _trusted(folder: Path, data: bytes) -> tuple[Path, bool]:
    """The folder as it is, but for the optimizer, and whether there was one."""
    fresh = without_optimizer(data)
    return (with_graph(folder, fresh), True) if fresh else (folder, False)


def _rebuilt(path: Path, data: bytes, index: int) -> tuple[Path, bool]:
    """A folder of ours with what was built anew from the graph, after it was judged again."""
    fresh = rebuild(data, index)
    graphs = _read(fresh.data, path)
    saver = not graphs[0].has_objects
    shadows = (Finding(f"function {name!r}", "has the name of an operator") for name in shadowing(graphs))
    refuse(str(path), (*graph_findings(graphs, saver=saver), *shadows), trust=False)
    return own_folder(_folder(path), fresh.data, graphs[0].assets), fresh.optimizer


def _load(tf: Any, path: Path, folder: Path, graph: MetaGraph, key: str, remedies: tuple[str, ...]) -> LoadedSignature:
    if not graph.has_objects:
        return LoadedSignature(_version_1(tf, folder, graph, key), str(path), remedies)
    loaded = tf.saved_model.load(str(folder), tags=list(graph.tags))
    function = loaded.signatures[key]
    signature = Signature(
        call=function,
        specs=function.structured_input_signature[1],
        outputs=dict(sorted(function.structured_outputs.items())),
        variables=list(function.variables),
        whole=loaded,
    )
    return LoadedSignature(signature, str(path), remedies)


def _version_1(tf: Any, folder: Path, graph: MetaGraph, key: str) -> Signature:
    """A signature of TensorFlow 1 with its variables turned into constants, for today's saver loses them."""
    v1 = tf.compat.v1
    with tf.Graph().as_default() as whole, v1.Session() as session:
        described = v1.saved_model.load(session, list(graph.tags), str(folder)).signature_def[key]
        inputs = {name: info.name for name, info in described.inputs.items()}
        outputs = {name: info.name for name, info in sorted(described.outputs.items())}
        ends = [name.split(":")[0] for name in outputs.values()]
        frozen = v1.graph_util.convert_variables_to_constants(session, whole.as_graph_def(), ends)
    return pruned(tf, frozen, inputs, outputs)


def _folder(path: Path) -> Path:
    return path.parent if path.name == GRAPH and path.is_file() else path


def _read(data: bytes, path: Path) -> list[MetaGraph]:
    try:
        graphs = read_graphs(data)
    except ConversionError as error:
        raise ConversionError(f"{GRAPH} is damaged: {error}", where=str(path)) from None
    if not graphs:
        raise ConversionError(f"{GRAPH} is damaged or empty: there is no graph in it", where=str(path))
    return graphs


def _for_serving(graphs: Sequence[MetaGraph], path: Path) -> MetaGraph:
    """The graph to load: the one for serving, or the only one."""
    found = [graph for graph in graphs if "serve" in graph.tags]
    if not found and len(graphs) > 1:
        said = f"none of its {len(graphs)} graphs has the tag 'serve'"
        raise ConversionError(said, where=str(path), remedy="Export it for serving")
    return found[0] if found else graphs[0]


def _signature(graph: MetaGraph, wanted: str | None, path: Path) -> str:
    keys = [key for key in graph.signatures if key != _INITIALIZATION]
    if not keys:
        raise ConversionError(
            "it has no signatures, so nothing says what goes in and comes out",
            where=str(path),
            remedy="Save it with tf.saved_model.save(model, folder, signatures=...)",
        )
    if wanted is not None and wanted not in keys:
        raise UsageError(f"{path}: there is no signature {wanted!r}. Choose one of: {', '.join(sorted(keys))}")
    if wanted is None and _SERVING not in keys and len(keys) > 1:
        raise UsageError(
            f"{path}: it has several signatures. Choose one with {argument('signature')}: {', '.join(sorted(keys))}"
        )
    return wanted or (_SERVING if _SERVING in keys else keys[0])
