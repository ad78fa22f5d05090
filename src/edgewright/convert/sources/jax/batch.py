"""A free batch for a file that was made for one row.

What the converter makes of free sizes computes every shape anew, and it has no slices of them. A file of one row needs
only that its reshapes say so; whether it then is the same function for more rows is for the proof to find.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from edgewright.model import ModelFile

_FREE = -1
# Operators that say sizes in a constant: their codes in the schema, and the place of that among their inputs.
_RESHAPE, _SLICE, _STRIDED_SLICE = 22, 65, 45
_SIZES = {_RESHAPE: 1, _SLICE: 2}
_FIRST_END = 1


def with_free_batch(model: ModelFile) -> ModelFile:
    """The same file with the first size of its inputs, and of what is reshaped or cut to one row, free."""
    tables = model.edit()
    graph = tables["subgraphs"][0]
    made = [index for operator in graph["operators"] for index in operator["outputs"]]
    for tensor in (graph["tensors"][index] for index in (*graph["inputs"], *made)):
        if tuple(tensor["shape"] or ())[:1] == (1,):
            tensor["shape_signature"] = [_FREE, *tensor["shape"][1:]]
    for operator in graph["operators"]:
        code = tables["operator_codes"][operator["opcode_index"]]["builtin_code"]
        if code in _SIZES:
            _free(tables, graph, operator, _SIZES[code])
        elif code == _STRIDED_SLICE:
            operator["builtin_options"][1]["end_mask"] |= _FIRST_END
    return ModelFile.build(tables, model.files, model.name)


def _free(tables: Any, graph: Any, operator: Any, place: int) -> None:
    """Free the first size that an operator is given where that is 1, in a constant of its own: others may share it."""
    wanted = operator["inputs"][place]
    data = tables["buffers"][graph["tensors"][wanted]["buffer"]]["data"]
    sizes = np.frombuffer(bytes(data or b""), np.int32).tolist()
    if sizes[:1] != [1] or _FREE in sizes:
        return
    sizes[0] = _FREE
    tables["buffers"].append({"data": np.array(sizes, np.int32).tobytes()})
    graph["tensors"].append({**graph["tensors"][wanted], "buffer": len(tables["buffers"]) - 1})
    inputs = list(operator["inputs"])
    inputs[place] = len(graph["tensors"]) - 1
    operator["inputs"] = inputs
    if place == _SIZES[_RESHAPE]:
        operator["builtin_options"] = ("ReshapeOptions", {"new_shape": sizes})
