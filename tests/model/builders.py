"""Small models from tables, for tests that need a certain operator, shape or damage."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from edgewright.model.storage.flatbuffer import Table
from edgewright.model.storage.flatbuffer_writer import encode
from edgewright.model.storage.schema import BUILTIN_OPERATORS, FILE_IDENTIFIER, TENSOR_TYPES, TFLITE

_ONE_BYTE = 127  # The older, one-byte field for operator codes ends here.


def tensor(shape: Sequence[int], dtype: str = "float32", data: bytes = b"", **more: Any) -> Table:
    """A tensor with its constant bytes under "data"; `model` gives it a buffer."""
    return {"shape": list(shape), "type": TENSOR_TYPES.index(dtype), "name": "t", "data": data, **more}


def quantized(scale: Sequence[float], zero_point: Sequence[int], axis: int = 0) -> Table:
    return {"scale": list(scale), "zero_point": list(zero_point), "quantized_dimension": axis}


def operator(
    name: str, inputs: Sequence[int], outputs: Sequence[int], options: tuple[str, Table] | None = None
) -> Table:
    """An operator; `model` replaces its "name" by an index. A name in lower case is a custom operator's."""
    union = "builtin_options" if not options or options[0] in TFLITE.unions["BuiltinOptions"] else "builtin_options2"
    return {"name": name, "inputs": list(inputs), "outputs": list(outputs), union: options}


def subgraph(
    tensors: Sequence[Table], operators: Sequence[Table], inputs: Sequence[int], outputs: Sequence[int]
) -> Table:
    return {"tensors": list(tensors), "operators": list(operators), "inputs": list(inputs), "outputs": list(outputs)}


def model(*subgraphs: Table, **more: Any) -> Table:
    """The root table of a model, with a buffer for each constant and a code for each operator name."""
    codes: list[Table] = []
    buffers: list[Table] = [{}]
    graphs = []
    for graph in subgraphs:
        tensors = [_placed(one, buffers) for one in graph["tensors"]]
        graphs.append({**graph, "tensors": tensors, "operators": [_coded(one, codes) for one in graph["operators"]]})
    return {"version": 3, "subgraphs": graphs, "operator_codes": codes, "buffers": buffers, "metadata": None, **more}


def raw(tables: Table) -> bytes:
    """The bytes of a file without a seal, whatever is in it."""
    return encode(tables, TFLITE, "Model", identifier=FILE_IDENTIFIER)


def one_operator(
    name: str, inputs: Sequence[Table], outputs: Sequence[Table], options: tuple[str, Table] | None = None
) -> Table:
    """A model of one operator: inputs without data are the model's inputs."""
    tensors = [*inputs, *outputs]
    indices = range(len(inputs))
    given = [index for index in indices if not inputs[index]["data"]]
    made = list(range(len(inputs), len(tensors)))
    return model(subgraph(tensors, [operator(name, indices, made, options)], given, made))


def add_model() -> Table:
    """Two vectors of four numbers, added."""
    vector = tensor([4])
    options = ("AddOptions", {"fused_activation_function": 0})
    return one_operator("ADD", [vector, vector], [vector], options)


def summing_model() -> Table:
    """One number, added to all that came before it: the model remembers their sum."""
    handle = operator("VAR_HANDLE", [], [0], ("VarHandleOptions", {"container": "", "shared_name": "sum"}))
    keep = ("AssignVariableOptions", {})
    begin = [handle, operator("ASSIGN_VARIABLE", [0, 1], [], keep)]
    add = [
        operator("CALL_ONCE", [], [], ("CallOnceOptions", {"init_subgraph_index": 1})),
        handle,
        operator("READ_VARIABLE", [0], [1], ("ReadVariableOptions", {})),
        operator("ADD", [1, 2], [3], ("AddOptions", {"fused_activation_function": 0})),
        operator("ASSIGN_VARIABLE", [0, 3], [], keep),
    ]
    state, number, zero = tensor([], "resource"), tensor([1]), tensor([1], data=bytes(4))
    return model(subgraph([state, number, number, number], add, [2], [3]), subgraph([state, zero], begin, [], []))


def _placed(one: Table, buffers: list[Table]) -> Table:
    fields = {key: value for key, value in one.items() if key != "data"}
    if one["data"]:
        buffers.append({"data": one["data"]})
        return {"buffer": len(buffers) - 1, **fields}
    return {"buffer": 0, **fields}


def _coded(one: Table, codes: list[Table]) -> Table:
    fields = {key: value for key, value in one.items() if key != "name"}
    name = one["name"]
    number = BUILTIN_OPERATORS.index("CUSTOM" if name.islower() else name)
    code = {
        "deprecated_builtin_code": min(number, _ONE_BYTE),
        "builtin_code": number,
        "version": 1,
        "custom_code": name if name.islower() else None,
    }
    if code not in codes:
        codes.append(code)
    return {"opcode_index": codes.index(code), **fields}
