"""The remainder of real numbers with the sign of what is divided: x - y * trunc(x / y)."""

from __future__ import annotations

from typing import Any

from edgewright.convert.sources.onnx.graphs.editing import Writer, attributes_of
from edgewright.convert.sources.onnx.repairs.rewriting import rewrite


def repair(model: Any) -> tuple[str, ...]:
    """Write Mod with fmod=1 in products and differences; LiteRT's has the sign of the divisor."""
    return ("Mod of real numbers in products and differences",) if rewrite(model, {"Mod": _remainder}) else ()


def _remainder(node: Any, writer: Writer) -> bool:
    if not attributes_of(node).get("fmod"):
        return False
    dividend, divisor = node.input
    quotient = writer.add("Div", [dividend, divisor])
    whole = writer.add("Floor", [writer.add("Abs", [quotient])])
    truncated = writer.add("Mul", [whole, writer.add("Sign", [quotient])])
    writer.add("Sub", [dividend, writer.add("Mul", [truncated, divisor])], node.output[0])
    return True
