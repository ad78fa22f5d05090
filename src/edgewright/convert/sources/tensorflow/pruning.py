"""A graph without variables as a signature: what lies between its inputs and outputs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from edgewright.convert.sources.tensorflow.signature import Signature


def pruned(tf: Any, graph: Any, inputs: Mapping[str, str], outputs: Mapping[str, str]) -> Signature:
    """The part of a `GraphDef` that makes these outputs of these inputs: names in the signature to names of tensors.

    Any tensor can be an input; what would compute it is left out.
    """
    wrapped = tf.compat.v1.wrap_function(lambda: tf.import_graph_def(graph, name=""), [])
    feeds = [wrapped.graph.as_graph_element(name) for name in inputs.values()]
    results = {key: wrapped.graph.as_graph_element(name) for key, name in outputs.items()}
    function = wrapped.prune(feeds, results)
    return Signature(
        call=lambda **values: function(*(tf.convert_to_tensor(values[name]) for name in inputs)),
        specs={name: tf.TensorSpec(feed.shape, feed.dtype) for name, feed in zip(inputs, feeds, strict=True)},
        outputs=results,
    )
