"""The graph of a network of Keras 3, walked call by call, and built anew with other calls in their place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

from edgewright.errors import UsageError

# Gets a node of the graph with the tensors that it is called on now, and returns what it gives.
Call = Callable[[Any, Sequence[Any], dict[str, Any]], Any]


def graph_of(model: Any) -> Any:
    """The functional graph of a network. Raises `UsageError` for one with code of its own, or of no size yet."""
    import keras

    if isinstance(model, keras.Sequential):
        if not model.built or getattr(model, "_functional", None) is None:
            raise UsageError(f"{model.name}: does not know the size of its input. Begin it with keras.Input(shape)")
        return model._functional
    if not is_network(model):
        raise UsageError(
            f"{model.name}: a {type(model).__name__} has code of its own. Give a functional or sequential model"
        )
    return model


def is_network(operation: Any) -> bool:
    """Whether it is a network itself, whose graph is known."""
    import keras

    return isinstance(operation, keras.Sequential) or (
        isinstance(operation, keras.Model) and type(operation).__name__ == "Functional"
    )


def nodes_of(graph: Any) -> Iterator[Any]:
    """The calls of a graph in the order in which they can be made; inputs are none."""
    for _, nodes in sorted(graph._nodes_by_depth.items(), reverse=True):
        yield from (node for node in nodes if not node.is_input)


def run_through(graph: Any, inputs: Sequence[Any], call: Call) -> list[Any]:
    """The outputs of a graph for these inputs, with `call` in the place of each of its calls."""
    import keras

    values = {id(tensor): value for tensor, value in zip(graph.inputs, inputs, strict=True)}
    for node in nodes_of(graph):
        args, kwargs = node.arguments.fill_in(values)
        outputs = keras.tree.flatten(call(node, args, kwargs))
        values.update((id(tensor), value) for tensor, value in zip(node.outputs, outputs, strict=True))
    return [values[id(tensor)] for tensor in graph.outputs]


def rebuilt(graph: Any, call: Call, change_input: Callable[[Any, Any], Any] = lambda _, tensor: tensor) -> Any:
    """A functional network of the same inputs and outputs with `call` in the place of each of its calls.

    `change_input` gets an input of the graph and the new one, and returns what takes its place.
    """
    import keras

    fresh = [
        keras.Input(batch_shape=tensor.shape, dtype=tensor.dtype, name=tensor._keras_history.operation.name)
        for tensor in graph.inputs
    ]
    changed = [change_input(tensor, new) for tensor, new in zip(graph.inputs, fresh, strict=True)]
    outputs = run_through(graph, changed, call)
    return keras.Model(_alone(fresh), _alone(outputs), name=graph.name)


def _alone(tensors: list[Any]) -> Any:
    return tensors[0] if len(tensors) == 1 else tensors
