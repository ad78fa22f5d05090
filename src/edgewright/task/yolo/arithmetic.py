"""The operators of a file that compute where boxes are: a handful of numbers for each, which eight bits make coarse.

In eight bits the side of a box in an input of 640 pixels is off by up to 1.3 of them for each step that computes with
it. What a network sees lies before, in convolutions; what follows is cheap, and stays in float.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from edgewright.model import ModelFile, Operator

_SEES = frozenset(("CONV_2D", "DEPTHWISE_CONV_2D", "FULLY_CONNECTED", "TRANSPOSE_CONV", "BATCH_MATMUL"))
_MOVES = frozenset(("RESHAPE", "TRANSPOSE"))
_EXPECTS = "SOFTMAX"


class Behind(NamedTuple):
    """The `last` convolutions in front of some outputs, and what lies `between`, by the operators' indices."""

    between: frozenset[int]
    last: frozenset[int]


def computing(model: ModelFile, where: Collection[int], scores: Collection[int]) -> frozenset[int]:
    """The operators, by index, that lie between the last convolutions and the outputs at the places `where`.

    So does a last convolution that says the `scores` as well: one scale for all that it says is too wide for sides.
    """
    boxes = _behind(model, where)
    return boxes.between | (boxes.last & _behind(model, scores).last)


def _behind(model: ModelFile, outputs: Collection[int]) -> Behind:
    """The mean of a distribution, which a convolution computes behind a softmax, is none that sees."""
    makers = {output: operator for operator in model.ops for output in operator.outputs}
    between: set[int] = set()
    last: set[int] = set()
    left = [model.outputs[place].index for place in outputs]
    while left:
        maker = makers.get(left.pop())
        if maker is None or maker.index in between:
            continue
        if maker.name in _SEES and not _is_mean(maker, makers):
            last.add(maker.index)
        else:
            between.add(maker.index)
            left += maker.inputs
    return Behind(frozenset(between), frozenset(last))


def _is_mean(operator: Operator, makers: dict[int, Operator]) -> bool:
    maker = makers.get(operator.inputs[0])
    while maker is not None and maker.name in _MOVES:
        maker = makers.get(maker.inputs[0])
    return maker is not None and maker.name == _EXPECTS
