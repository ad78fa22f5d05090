"""LiteRT in a browser: what its edges take, and what it was seen to get wrong or do slowly. A prediction: none runs.

Measured with @litertjs/core 2.5.3 in Chromium: 129 small models of an operator or two, 20 published ones and one in
every kind of quantization gave what they give here, but for what is said below. The tests measure the most of it again.
"""

from __future__ import annotations

from collections.abc import Iterator

from edgewright.check.results import OperatorVerdict, TargetReport, Verdict, judged
from edgewright.check.targets.predicting import is_foreign
from edgewright.model import ModelFile, Node, TensorSpec, multiply_accumulates

_TITLE = "LiteRT.js"
_BASIS = "predicted for @litertjs/core 2.5.3 on the processor (WebAssembly), by what was measured with it in Chromium"

# The types of which its JavaScript has arrays.
_TYPES = ("float32", "int32", "uint8")
_FOUR_BITS = ("int4", "uint4")
# Operators without a fast kernel where float32 meets weights of these types. MobileNet 0.25 took 5 ms with float32 or
# int8 throughout, 107 ms with such weights of 8 bits, 374 ms of 4 bits, and 77 ms where 4 bits become float32 first.
_SLOW = {"CONV_2D": _FOUR_BITS, "DEPTHWISE_CONV_2D": (*_FOUR_BITS, "int8")}
_MIXED = ("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED")
_SLOW_NOTE = "Its weights have 4 bits, with which it was 15 to 70 times as slow as with 8 bits throughout, or float32."
_MIXED_NOTE = (
    "Where float32 meets weights of 8 or 4 bits, inputs of layers are rounded as it runs, and come to other numbers "
    "than here: scores were off by up to 0.003. Those of int8 throughout are equal."
)


def judge(model: ModelFile, *, timeout: float) -> TargetReport:
    """Predict whether LiteRT for browsers runs a model, and right. Nothing is run."""
    operators = tuple(_verdict(node) for node in model.nodes)
    return TargetReport(
        target="browser",
        title=_TITLE,
        basis=_BASIS,
        operators=operators,
        problem="; ".join([*_edges(model), *_refused(operators)]),
        notices=tuple(_notices(model)),
    )


def _verdict(node: Node) -> OperatorVerdict:
    macs = multiply_accumulates(node.operator, node.graph.subgraphs[node.number])
    if is_foreign(node):
        why = "a custom operator that it does not have, and passes over: the outputs would hold anything"
        return judged(node, macs, Verdict.UNSUPPORTED, why)
    types = _types(node)
    if types[1:] and types[1] in _SLOW.get(node.operator.name, ()) and types[0] == "float32":
        return judged(node, macs, Verdict.CPU, f"runs, but has no fast kernel for {' × '.join(types)}")
    return judged(node, macs, Verdict.RUNS)


def _types(node: Node) -> tuple[str, ...]:
    """The types of the first two inputs: what is computed, and its weights."""
    specs = (node.input(place) for place in range(min(2, len(node.operator.inputs))))
    return tuple(spec.dtype for spec in specs if spec is not None)


def _edges(model: ModelFile) -> Iterator[str]:
    """What stands in the way at the inputs and outputs: the first of each kind, and how many more there are."""
    found: dict[str, list[str]] = {}
    for end, specs in (("input", model.inputs), ("output", model.outputs)):
        for spec in specs:
            if why := _why_not(model, spec, end):
                found.setdefault(why, []).append(f"{end} {spec.name!r}")
    for why, ends in found.items():
        more = f" and {len(ends) - 1} more" if len(ends) > 1 else ""
        yield f"{ends[0]}{more} {why}"


def _why_not(model: ModelFile, spec: TensorSpec, end: str) -> str:
    if spec.dtype not in _TYPES:
        return f"in {spec.dtype}, and a page has arrays for {', '.join(_TYPES)} alone"
    if _is_free(spec):
        return f"of a free size {list(spec.shape_signature or spec.shape)}, and it makes room for the declared one only"
    if end == "output" and not spec.shape and _is_made_by_custom(model, spec):
        return "declared without a size, and what comes out would be written behind its end"
    return ""


def _is_free(spec: TensorSpec) -> bool:
    return -1 in (*spec.shape_signature, *spec.shape)


def _is_made_by_custom(model: ModelFile, spec: TensorSpec) -> bool:
    return any(operator.is_custom for operator in model.ops if spec.index in operator.outputs)


def _refused(operators: tuple[OperatorVerdict, ...]) -> Iterator[str]:
    first = next((one for one in operators if one.verdict is Verdict.UNSUPPORTED), None)
    if first is not None:
        yield f"operator {first.index} ({first.name}): {first.reason}"


def _notices(model: ModelFile) -> Iterator[str]:
    if any(tensor.dtype in _FOUR_BITS for tensor in model.main.tensors):
        yield _SLOW_NOTE
    mixed = (_types(node) for node in model.nodes if node.operator.name in _MIXED)
    if any(types[0] == "float32" and types[1:] and types[1] in (*_FOUR_BITS, "int8") for types in mixed):
        yield _MIXED_NOTE
