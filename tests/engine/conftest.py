"""Small models made for one purpose each, with the schema that the runtime ships."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import flatbuffers
import numpy as np
import pytest
from ai_edge_litert import schema_py_generated as schema

from edgewright.engine import runtime

Shape = tuple[int, ...]


@dataclass(frozen=True)
class Port:
    """An input or output of a model: a shape with -1 where it is free."""

    name: str
    shape: Shape
    dtype: str = "FLOAT32"


def build(operator: str, inputs: list[Port], outputs: list[Port], signature: str | None = None, **options: object):
    """A model of one operator, as bytes."""
    subgraph = schema.SubGraphT()
    subgraph.tensors = [_tensor(port) for port in (*inputs, *outputs)]
    subgraph.inputs = list(range(len(inputs)))
    subgraph.outputs = list(range(len(inputs), len(inputs) + len(outputs)))
    step = schema.OperatorT()
    step.opcodeIndex, step.inputs, step.outputs = 0, subgraph.inputs, subgraph.outputs
    if options:
        name = operator.title() + "Options"
        step.builtinOptionsType = getattr(schema.BuiltinOptions, name)
        step.builtinOptions = getattr(schema, name + "T")()
        vars(step.builtinOptions).update(options)
    subgraph.operators = [step]
    model = schema.ModelT()
    model.version, model.subgraphs, model.buffers = 3, [subgraph], [schema.BufferT()]
    model.operatorCodes = [_operator_code(operator)]
    if signature:
        model.signatureDefs = [_signature(signature, subgraph, inputs, outputs)]
    builder = flatbuffers.Builder(1024)
    builder.Finish(model.Pack(builder), b"TFL3")
    return bytes(builder.Output())


def _operator_code(operator: str) -> schema.OperatorCodeT:
    code = schema.OperatorCodeT()
    code.version = 1
    code.builtinCode = getattr(schema.BuiltinOperator, operator, schema.BuiltinOperator.CUSTOM)
    code.deprecatedBuiltinCode = min(code.builtinCode, 127)
    if code.builtinCode == schema.BuiltinOperator.CUSTOM:
        code.customCode = operator
    return code


def _tensor(port: Port) -> schema.TensorT:
    tensor = schema.TensorT()
    tensor.name, tensor.buffer, tensor.type = port.name, 0, getattr(schema.TensorType, port.dtype)
    tensor.shape = [max(size, 1) for size in port.shape]
    if -1 in port.shape:
        tensor.shapeSignature = list(port.shape)
    return tensor


def _signature(key: str, subgraph: schema.SubGraphT, inputs: list[Port], outputs: list[Port]) -> schema.SignatureDefT:
    signature = schema.SignatureDefT()
    signature.signatureKey, signature.subgraphIndex = key, 0
    signature.inputs = [_entry(port.name, i) for port, i in zip(inputs, subgraph.inputs, strict=True)]
    signature.outputs = [_entry(port.name, i) for port, i in zip(outputs, subgraph.outputs, strict=True)]
    return signature


def _entry(name: str, index: int) -> schema.TensorMapT:
    entry = schema.TensorMapT()
    entry.name, entry.tensorIndex = name, index
    return entry


@pytest.fixture
def adder() -> bytes:
    """total = a + b, both float32 (-1, 3), with the signature "add"."""
    return build(
        "ADD", [Port("a", (-1, 3)), Port("b", (-1, 3))], [Port("total", (-1, 3))], "add", fusedActivationFunction=0
    )


@pytest.fixture
def subtractor() -> bytes:
    """left = z - a, all float32 (1, 3): the order of the file is not that of the alphabet."""
    return build("SUB", [Port("z", (1, 3)), Port("a", (1, 3))], [Port("left", (1, 3))], fusedActivationFunction=0)


@pytest.fixture
def rectifier() -> bytes:
    """y = |x| with a fixed batch of 1 and no signature; float32 (1, 3)."""
    return build("ABS", [Port("x", (1, 3))], [Port("y", (1, 3))])


@pytest.fixture
def text_model() -> bytes:
    """Gives three strings back in another shape: (3,) in, (3, 1) out."""
    return build("RESHAPE", [Port("text", (3,), "STRING")], [Port("column", (3, 1), "STRING")], newShape=[3, 1])


@pytest.fixture
def custom_model() -> Callable[[str], bytes]:
    """A model of one custom operator of the given name."""
    return lambda name: build(name, [Port("x", (1, 3))], [Port("y", (1, 3))])


@pytest.fixture
def row() -> np.ndarray:
    """One input of the small models: float32 (1, 3)."""
    return np.array([[-1.5, 2.0, 3.25]], np.float32)


@pytest.fixture(autouse=True)
def _runtime_of_choice(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(runtime.VARIABLE, raising=False)
