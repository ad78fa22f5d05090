"""Op sets: which operators a target takes, and in which patterns, read from the data files in `op_sets/`.

A file says where its facts are from (`source`), when they were looked up (`date`) and of what they hold (`describes`).
`everywhere` has the rules for all operators, `operators` those for each; the rules are in `rules`.
"""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.resources import files
from typing import Any

from edgewright.check.rules import RULES
from edgewright.errors import EdgewrightError
from edgewright.model import Node


@dataclass(frozen=True)
class OpSet:
    """What one target takes. Raises `EdgewrightError` for a rule that does not exist."""

    title: str
    source: str
    date: str
    describes: str
    notes: tuple[str, ...]
    everywhere: Mapping[str, Any]
    operators: Mapping[str, Mapping[str, Any]]

    def __post_init__(self) -> None:
        """Refuse a misspelt rule, which would let everything pass."""
        used = {rule for rules in (self.everywhere, *self.operators.values()) for rule in rules}
        if unknown := sorted(used - RULES.keys()):
            raise EdgewrightError(f"op set {self.title!r}: unknown rule {unknown[0]!r}. Known: {', '.join(RULES)}")

    def why_not(self, node: Node) -> str:
        """Why the target does not take the operator as it is used here; empty where it does."""
        rules = self.operators.get(node.operator.name)
        if rules is None:
            return "not in the list"
        answers = (RULES[name](node, value) for name, value in {**self.everywhere, **rules}.items())
        return next(filter(None, answers), "")


@functools.cache
def op_set(name: str) -> OpSet:
    """The op set of a target: the file `op_sets/<name>.toml` of this room."""
    text = (files("edgewright.check") / "op_sets" / f"{name}.toml").read_text(encoding="utf-8")
    values = tomllib.loads(text)
    return OpSet(**{**values, "notes": tuple(values["notes"])})
