"""The inputs and outputs of an ONNX graph."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from edgewright.convert.sources.ports import InputPort, OutputPort
from edgewright.errors import ConversionError, UsageError
from edgewright.spelling import argument


def graph_inputs(graph: Any) -> list[Any]:
    """What is given to a graph; older files list their weights among the inputs."""
    weights = {tensor.name for tensor in graph.initializer}
    return [value for value in graph.input if value.name not in weights]


def input_ports(graph: Any) -> tuple[InputPort, ...]:
    """The inputs. A size that has the name of a batch is free where it stands first, and 1 elsewhere."""
    values = graph_inputs(graph)
    batches = {dims[0].dim_param for value in values if (dims := value.type.tensor_type.shape.dim)} - {""}
    return tuple(
        InputPort(value.name, tuple(_sizes(value, batches)), number_type(value.type.tensor_type.elem_type))
        for value in values
    )


def _sizes(value: Any, batches: set[str]) -> Iterator[int | None]:
    for place, dim in enumerate(value.type.tensor_type.shape.dim):
        fixed = dim.dim_value if dim.HasField("dim_value") and dim.dim_value > 0 else None
        yield 1 if place and fixed is None and dim.dim_param in batches else fixed


def output_ports(graph: Any) -> tuple[OutputPort, ...]:
    """The outputs, with their shapes as far as they are known."""
    return tuple(OutputPort(value.name, _shape(value), _dtype(value)) for value in graph.output)


def _shape(value: Any) -> tuple[int | None, ...] | None:
    kind = value.type.tensor_type
    if not kind.HasField("shape"):
        return None
    return tuple(dim.dim_value if dim.HasField("dim_value") and dim.dim_value > 0 else None for dim in kind.shape.dim)


def _dtype(value: Any) -> str:
    return number_type(value.type.tensor_type.elem_type) if value.type.HasField("tensor_type") else ""


def number_type(element: int) -> str:
    """NumPy's name for a type of ONNX; "string" for text, and ONNX's own name for what NumPy does not have."""
    from onnx import TensorProto, helper

    if element == TensorProto.STRING:
        return "string"
    if element == TensorProto.UNDEFINED or element >= TensorProto.BFLOAT16:
        return str(TensorProto.DataType.Name(element)).lower()
    return str(helper.tensor_dtype_to_np_dtype(element).name)


def choose_outputs(model: Any, wanted: tuple[str, ...], name: str) -> None:
    """Keep the outputs that are asked for, in place. Raises `UsageError` for unknown ones."""
    if not wanted:
        return
    known = {value.name: value for value in model.graph.output}
    unknown = [output for output in wanted if output not in known]
    if unknown:
        raise UsageError(f"{name}: there is no output {unknown[0]!r}. Its outputs are: {', '.join(known)}")
    kept = [type(known[output]).FromString(known[output].SerializeToString()) for output in wanted]
    del model.graph.output[:]
    model.graph.output.extend(kept)


def require_tensors(graph: Any, name: str) -> None:
    """Raise `ConversionError` where something goes in or comes out that is no tensor of numbers."""
    inputs = graph_inputs(graph)
    for what, value in (*(("input", value) for value in inputs), *(("output", value) for value in graph.output)):
        kind = value.type.WhichOneof("value") or "nothing"
        if kind != "tensor_type":
            said = f"{what} {value.name!r} is a {kind.removesuffix('_type')}, and a model file has tensors only"
        elif what == "input" and not value.type.tensor_type.HasField("shape"):
            said = f"input {value.name!r} may have any number of dimensions; a device needs a number"
            raise ConversionError(said, where=name, remedy="Save the model with a shape for it")
        elif what == "input" and _dtype(value) == "float64":
            said = f"input {value.name!r} has numbers of double precision, and LiteRT computes with float32"
        elif what == "output" and _dtype(value) == "string":
            said = f"output {value.name!r} is text (string), and a model file has numbers only"
        else:
            continue
        others = [other.name for other in graph.output if other is not value]
        remedy = f"Leave it out: {argument('outputs', ','.join(others))}" if what == "output" and others else ""
        raise ConversionError(said, where=name, remedy=remedy or "Export the part of the model that takes such numbers")
