"""Operators of a source that stop a conversion, and the refusal of them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from edgewright.convert.obstacles.advice import Obstacle, instead
from edgewright.convert.options import ConversionOptions
from edgewright.errors import UnsupportedOperatorError
from edgewright.spelling import argument

# What is the same for whatever operator it meets.
_SHARED: tuple[Obstacle, ...] = ("type", "integers", "dimensions")


@dataclass(frozen=True)
class UnsupportedOperator:
    """An operator that stopped the converter: its TensorFlow name, the layer ("" where unknown), and why.

    `line` is the line of the program that called it ("model.py:17"), known for objects that are alive and
    programs of PyTorch.
    """

    name: str
    layer: str
    reason: str
    obstacle: Obstacle = "other"
    line: str = ""

    @property
    def instead(self) -> str:
        """What to do about it."""
        return instead(self.name, self.obstacle)


def refusal(name: str, found: tuple[UnsupportedOperator, ...], options: ConversionOptions) -> UnsupportedOperatorError:
    """The error for these operators, each with its layers, and what to do instead."""
    remedy = ". ".join(_sentences(found, options))
    return UnsupportedOperatorError(_listed(found), found, where=name, remedy=remedy)


def _listed(found: tuple[UnsupportedOperator, ...]) -> str:
    """Each operator once, with all its layers and the first reason given; those of one reason of form together."""
    together: dict[str, list[UnsupportedOperator]] = {}
    for operator in found:
        together.setdefault(operator.name, []).append(operator)
    reasons: dict[str, list[UnsupportedOperator]] = {}
    for name, several in together.items():
        shared = several[0].obstacle in _SHARED
        reasons.setdefault(several[0].reason if shared else name, []).extend(several)
    return "; ".join(f"{_names(several)}{_places(several)}: {several[0].reason}" for several in reasons.values())


def _names(operators: list[UnsupportedOperator]) -> str:
    names = list(dict.fromkeys(operator.name for operator in operators))
    return f"operator{'s' if len(names) > 1 else ''} {', '.join(names[:6])}{', …' if len(names) > 6 else ''}"


def _places(operators: list[UnsupportedOperator]) -> str:
    layers = list(dict.fromkeys(operator.layer for operator in operators if operator.layer))
    lines = list(dict.fromkeys(operator.line for operator in operators if operator.line))
    named = f" of layer{'s' if len(layers) > 1 else ''} {', '.join(map(repr, layers[:4]))}" if layers else ""
    return f"{named} ({', '.join(lines[:4])})" if lines else named


def _sentences(found: tuple[UnsupportedOperator, ...], options: ConversionOptions) -> Iterator[str]:
    if any(operator.obstacle == "size" for operator in found):
        yield _list_advice(options)
    others = dict.fromkeys(operator.instead for operator in found if operator.obstacle not in ("size", "int8"))
    if others:
        yield f"Instead: {'; '.join(others)}"
    if options.quantize == "int8":
        plain, dynamic, float16 = (argument("quantize", kind) for kind in ("none", "dynamic", "float16"))
        yield f"If it converts with {plain}, it has no integer kernel: use {dynamic} or {float16}"


def _list_advice(options: ConversionOptions) -> str:
    # Only Keras can build its layers anew; the loops of a SavedModel stay.
    unroll = f"convert it from a Keras model with {argument('unroll', True)}"
    if options.dynamic_batch:
        return f"A recurrent layer needs a fixed batch: leave {argument('dynamic_batch')} off, or {unroll}"
    return f"Give every size ({argument('input_shape')}), or {unroll}"
