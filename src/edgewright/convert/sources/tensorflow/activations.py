"""What the parts of a source compute on the way: by layer for Keras, by scope for a graph."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Any

import numpy as np

from edgewright.convert.representative import Array
from edgewright.convert.sources.ports import Sample
from edgewright.convert.sources.tensorflow.names import bare

# Operators whose results say nothing of how far the computation has come.
_ASIDE = frozenset({"Const", "Identity", "Placeholder", "NoOp", "ReadVariableOp", "VarHandleOp", "Shape", "Pack"})


# How many layers show what a model does to its pixels before all else: augmentations stand there too.
FIRST = 16


class _Enough(BaseException):
    """Ends a run of a model; Keras adds words to each exception of a layer that is an `Exception`."""


def record(layers: Sequence[Any], call: Callable[[], object], most: int | None = None) -> dict[str, Array]:
    """The first result of each layer while `call` runs the model, in the order in which the layers finish.

    Layers that run more than once are left out: a file has no names to tell their runs apart. `most`: the run ends
    after so many layers.
    """
    found: dict[str, Array] = {}
    runs: dict[str, int] = {}
    with _watched(layers, partial(_note, found, runs, most)), contextlib.suppress(_Enough):
        call()
    return {name: array for name, array in found.items() if runs[name] == 1}


def _note(found: dict[str, Array], runs: dict[str, int], most: int | None, name: str, result: Any) -> None:
    import tensorflow as tf

    first: Any = next((tensor for tensor in tf.nest.flatten(result) if tensor is not None), None)
    runs[name] = runs.get(name, 0) + 1
    if tf.is_tensor(first) and hasattr(first, "numpy") and first.dtype.is_floating:
        found[name] = np.asarray(first)
    if len(found) == most:
        raise _Enough


@contextlib.contextmanager
def _watched(layers: Sequence[Any], note: Callable[[str, Any], None]) -> Iterator[None]:
    def watch(layer: Any, method: Callable[..., Any], *args: Any, **kwargs: Any) -> Any:
        result = method(*args, **kwargs)
        note(layer.name, result)
        return result

    for layer in layers:
        object.__setattr__(layer, "call", partial(watch, layer, layer.call))
    try:
        yield
    finally:
        for layer in layers:
            object.__delattr__(layer, "call")


def scope_activations(function: Any, samples: Sequence[Sample], most: int | None = None) -> list[dict[str, Array]]:
    """The last result in each scope of a concrete function, for each sample; an operator outside of scopes is its own.

    The function's calls are inlined first, so that everything has one name. `most`: of so many scopes, the first ones.
    """
    import tensorflow as tf
    from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

    frozen = convert_variables_to_constants_v2(function)
    last: dict[str, Any] = {}
    for operation in frozen.graph.get_operations():
        if operation.type not in _ASIDE and operation.outputs and operation.outputs[0].dtype.is_floating:
            path = bare(operation.name)
            scope = path.rpartition("/")[0] or path
            last.pop(scope, None)
            last[scope] = operation.outputs[0]
    shown = dict(list(last.items())[:most])
    run = frozen.prune(list(frozen.inputs), shown)
    names = [tensor.name.split(":")[0] for tensor in frozen.inputs]
    fed = [[tf.constant(sample[name]) for name in names] for sample in samples]
    return [{scope: np.asarray(value) for scope, value in run(*inputs).items()} for inputs in fed]
