"""The maintained table of what stops a conversion: why, and what to do instead; each entry is a section of the docs."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from pathlib import Path
from typing import Literal

from edgewright.spelling import argument

# What stands in the way: no kernel but Select TF's; none at all; a list or size that has to be known beforehand;
# control flow of TensorFlow 1; a state between runs; no way to int8; a file that the runtime itself refuses; others.
# And what looks like one of these and is not: numbers of a type, or tensors of so many dimensions, for which LiteRT has
# no kernel; batch normalization and random numbers as they are in training.
Obstacle = Literal[
    "select", "custom", "size", "control flow", "state", "int8", "runtime", "other",
    "type", "integers", "dimensions", "statistics", "chance",
]  # fmt: skip

_PAGE = "unsupported-ops.md"
# A file for each framework that sources come from, in the order of the page.
_TABLES = ("tensorflow", "torch", "onnx", "jax")
_GENERAL = "replace it by operators that LiteRT has, or leave that step to the program around the model"
_SHAPES = "find which shapes it takes in its documentation, or leave that step to the program around the model"
# Obstacles that are not the operator's own have an entry of theirs, whichever operator meets them.
_ENTRIES: dict[Obstacle, str] = {
    "type": "number_types",
    "integers": "whole_numbers",
    "dimensions": "dimensions",
    "statistics": "batch_statistics",
    "chance": "random",
}


@dataclass(frozen=True)
class Advice:
    """One entry: `operators` are the framework's names (a trailing * stands for anything), `instead` what to do.

    TensorFlow's names are plain ("StridedSlice"); others have the name of their set: "aten.sort", "onnx.Unique",
    "lax.sort".

    `layers` are layers of Keras that are made of such operators. `page` is the place in the documentation. `forms` says
    that LiteRT runs such operators in other forms.
    """

    key: str
    title: str
    operators: tuple[str, ...]
    why: str
    instead: str
    layers: tuple[str, ...] = ()
    forms: bool = False

    @property
    def topic(self) -> str:
        """What `edgewright check --explain` calls it: "real-fourier"."""
        return self.key.replace("_", "-")

    @property
    def page(self) -> str:
        """The section of the documentation."""
        return f"{_PAGE}#{self.topic}"

    def covers(self, operator: str) -> bool:
        """Whether the entry is about this operator."""
        return any(fnmatchcase(operator, pattern) for pattern in self.operators)


@cache
def advice() -> tuple[Advice, ...]:
    """All entries, in the order of the table."""
    tables = (Path(__file__).with_name("tables") / f"{name}.toml" for name in _TABLES)
    entries = [entry for table in tables for entry in tomllib.loads(table.read_text(encoding="utf-8")).items()]
    return tuple(
        Advice(
            key,
            entry["title"],
            tuple(entry["operators"]),
            entry["why"],
            entry["instead"],
            tuple(entry.get("layers", ())),
            entry.get("forms", False),
        )
        for key, entry in entries
    )


def find_advice(operator: str, obstacle: Obstacle = "select") -> Advice | None:
    """The entry for an operator that an obstacle stops; one that names it in full goes before one with a *."""
    if obstacle in _ENTRIES:
        return next(entry for entry in advice() if entry.key == _ENTRIES[obstacle])
    covering = [entry for entry in advice() if entry.covers(operator)]
    return min(covering, key=lambda entry: operator not in entry.operators, default=None)


def instead(operator: str, obstacle: Obstacle) -> str:
    """What to do about an operator: its entry's words, or what helps against this obstacle in general."""
    entry = None if obstacle == "int8" else find_advice(operator, obstacle)
    return entry.instead if entry else _in_general(obstacle)


def _in_general(obstacle: Obstacle) -> str:
    if obstacle == "size":
        free = argument("dynamic_batch")
        return f"give every size ({argument('input_shape')}) and keep the batch at 1 (leave {free} off)"
    if obstacle == "int8":
        return f"use {argument('quantize', 'dynamic')} or {argument('quantize', 'float16')}"
    return _SHAPES if obstacle == "runtime" else _GENERAL
