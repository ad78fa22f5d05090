"""What the numbers of an output are, where the graph itself shows it: one answer for every room that asks."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from edgewright.model.describing.values import Meaning
    from edgewright.model.file import ModelFile
    from edgewright.model.graph import Operator

# Operators that change how numbers are stored or laid out, not what they are.
_PASSING_ON = frozenset(
    {"RESHAPE", "SQUEEZE", "EXPAND_DIMS", "TRANSPOSE", "QUANTIZE", "DEQUANTIZE", "CAST", "STABLEHLO_RESHAPE"}
)
_TO_PROBABILITIES = frozenset({"SOFTMAX", "LOGISTIC", "STABLEHLO_LOGISTIC"})


def implied_meaning(model: ModelFile, position: int = 0) -> Meaning | None:
    """Say "probabilities" where the output at a position comes of a softmax or a sigmoid; `None` of anything else.

    Reshaping, storing and casting behind those change nothing.
    """
    maker = maker_of(model, position)
    return "probabilities" if maker is not None and maker.name in _TO_PROBABILITIES else None


def maker_of(model: ModelFile, position: int = 0) -> Operator | None:
    """The operator that computes the output at a position, behind it only what reshapes, stores or casts.

    `None` where an input of the model, or a constant, comes out as it is.
    """
    makers = {index: operator for operator in model.ops for index in operator.outputs}
    maker = makers.get(model.outputs[position].index)
    while maker is not None and maker.name in _PASSING_ON:
        maker = makers.get(maker.inputs[0])
    return maker
