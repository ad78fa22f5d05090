"""Makes recurrent layers of an exported SavedModel convertible, and free of memory between runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

# Keras 2 marks the functions of its LSTM with this, and the converter makes UNIDIRECTIONAL_SEQUENCE_LSTM of them.
_MARK = "api_implements"
# The operators on lists, and which of their inputs is the shape of its elements.
_LISTS = {"TensorListReserve": 0, "TensorListFromTensor": 1, "TensorListStack": 1, "TensorListGetItem": 2}


def repair_recurrent(folder: Path, batch: int | None) -> tuple[str, ...]:
    """Rewrite the graph where it needs it; returns what was removed, for the record.

    The fused LSTM of Keras 2 keeps its state in variable tensors from one run to the next, so that all runs but the
    first differ from the source (34 dB instead of 143 where it was found). Without its mark it becomes a loop that
    starts afresh. A loop collects its steps in lists, and the converter wants their elements' shape without a free
    batch: in graphs that were traced with one, `batch` takes its place (`None` leaves it free).
    """
    path = folder / "saved_model.pb"
    data = path.read_bytes()
    if not any(word.encode() in data for word in (_MARK, *_LISTS)):
        return ()
    from tensorflow.core.protobuf import saved_model_pb2

    message = saved_model_pb2.SavedModel.FromString(data)
    functions = [function for graph in message.meta_graphs for function in graph.graph_def.library.function]
    marked = [function for function in functions if _MARK in function.attr]
    for function in marked:
        del function.attr[_MARK]
    freed = sum(_fix_batch(function, batch) for function in functions) if batch is not None else 0
    if marked or freed:
        path.write_bytes(message.SerializeToString())
    return (*["fused recurrent layer"] * bool(marked), *["free batch of a recurrent layer"] * bool(freed))


def _fix_batch(function: Any, batch: int) -> int:
    """Put the batch in the place of a free first size of list elements; returns how many there were."""
    constants = {node.name: node.attr["value"].tensor for node in function.node_def if node.op == "Const"}
    found = 0
    for name in set(_element_shapes(function)) & constants.keys():
        shape = _sizes(constants[name])
        if len(shape) > 1 and shape[0] == -1 and min(shape[1:]) >= 0:
            _set_sizes(constants[name], [batch, *shape[1:]])
            found += 1
    return found


def _element_shapes(function: Any) -> Iterator[str]:
    for node in function.node_def:
        if node.op in _LISTS:
            yield node.input[_LISTS[node.op]].split(":")[0]


def _sizes(tensor: Any) -> list[int]:
    import tensorflow as tf

    return [int(size) for size in tf.make_ndarray(tensor).ravel()] if tensor.tensor_shape.dim else []


def _set_sizes(tensor: Any, sizes: list[int]) -> None:
    import tensorflow as tf

    tensor.CopyFrom(tf.make_tensor_proto(sizes, dtype=tensor.dtype, shape=[len(sizes)]))
