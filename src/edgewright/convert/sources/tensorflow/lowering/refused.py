"""Which operator of the source is behind a node of the converted file that the runtime refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from edgewright.convert.obstacles.advice import find_advice
from edgewright.convert.obstacles.unsupported import UnsupportedOperator
from edgewright.convert.sources.tensorflow.names import bare, layer_of
from edgewright.errors import EngineError
from edgewright.model import ModelFile, Operator

_NODE = re.compile(r"Node number (\d+) \((\w+)\) failed to (?:prepare|invoke)")
_WHERE = re.compile(r"^.*\.(?:cc|h)(?::\d+)? ", re.DOTALL)


def refused_by_runtime(
    model: ModelFile, error: EngineError, layers: Sequence[str], source: Mapping[str, str]
) -> UnsupportedOperator:
    """The operator behind the node that the message speaks of; `source` has the source's operators by node name.

    The converter spreads some operators over several nodes (FFT over RFFT2D, RESHAPE and others), and the first one
    that cannot run need not be at fault. So the nodes that go into it are looked at as well, for an operator that the
    table of advice knows.
    """
    text = str(error)
    found = _NODE.search(text)
    if found is None or int(found.group(1)) >= len(model.ops):
        return UnsupportedOperator(
            "an operator", "", f"converted, but LiteRT refuses the file: {text[-200:]}", "runtime"
        )
    node = model.ops[int(found.group(1))]
    paths = [path for operator in _around(model, node) for path in _paths(model, operator)]
    path = next((path for path in paths if find_advice(source.get(bare(path), ""))), paths[0] if paths else "")
    words = _WHERE.sub("", text[: found.start()]).strip(" ;.")
    reason = f"converted, but LiteRT refuses the file in {found.group(2)} ({words[-160:]})"
    name = source.get(bare(path), found.group(2))
    return UnsupportedOperator(name, layer_of(path, frozenset(layers)), reason, "runtime")


def _around(model: ModelFile, node: Operator) -> Iterator[Operator]:
    """The node, and the few before it, nearest first."""
    makers = {index: operator for operator in model.ops for index in operator.outputs}
    waiting, seen = [node], 0
    while waiting and seen < 6:
        operator, seen = waiting.pop(0), seen + 1
        yield operator
        waiting += [makers[index] for index in operator.inputs if index in makers]


def _paths(model: ModelFile, operator: Operator) -> list[str]:
    """Names of the source's nodes that ended up in this one."""
    names = [model.main.tensors[index].name for index in operator.outputs]
    return [path.split(":")[0] for name in names for path in name.split(";") if path]
