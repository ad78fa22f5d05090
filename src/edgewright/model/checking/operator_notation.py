"""How `operator_table` writes down what an operator takes and gives, one line for each.

A line has the operator's name, its option table (none where it has no field), inputs, `>`, outputs. An operand is a
letter for its type, a digit, and a mark. The digit is the rank of an input where only one makes sense; 0 is a single
element of any rank; outputs have none, as what files say of their ranks is not reliable. The marks: `?` may be left out
(index -1, or the end of the list), `~` may be left out at the end of the list only, `*` any number, `+` one or more.
The types:

    x    a number or bool; all x of one operator have the same type
    a    the same, or string
    n    any number or bool, whatever the others are
    f i b s r    float32; int32 or int64; bool; string; resource
    v    anything
"""

from __future__ import annotations

from functools import cached_property
from typing import Final, NamedTuple

from edgewright.values import dataclass

# Each letter: which types it admits.
NUMBERS: Final = frozenset(
    """float32 float16 float64 bfloat16 float8_e4m3fn float8_e5m2 complex64 complex128 bool
    int2 int4 int8 int16 int32 int64 uint4 uint8 uint16 uint32 uint64""".split()
)
TYPES: Final = {
    "x": NUMBERS,
    "n": NUMBERS,
    "a": NUMBERS | {"string"},
    "f": frozenset({"float32"}),
    "i": frozenset({"int32", "int64"}),
    "b": frozenset({"bool"}),
    "s": frozenset({"string"}),
    "r": frozenset({"resource"}),
    "v": NUMBERS | {"string", "resource", "variant"},
}
SHARED: Final = frozenset("xa")

_MARKS: Final = frozenset(optional + repeated for optional in ("", "?", "~") for repeated in ("", "*", "+"))


class Operand(NamedTuple):
    """One place in an operator's list of inputs or outputs, or (`repeated`) all places from there on.

    `nullable`: its index may be -1.
    """

    letter: str
    rank: int | None
    nullable: bool
    repeated: bool


@dataclass(frozen=True)
class Operands:
    """What a list of inputs or outputs looks like; `fewest` of them are needed."""

    operands: tuple[Operand, ...]
    fewest: int

    @cached_property
    def most(self) -> int | None:
        """How many there may be; `None` where there is no limit."""
        return None if self.operands and self.operands[-1].repeated else len(self.operands)

    def __getitem__(self, place: int) -> Operand:
        """The operand in a place; the repeated one stands for all places behind it."""
        return self.operands[min(place, len(self.operands) - 1)]


class OperatorShape(NamedTuple):
    """The line of one operator; `options` is the name of its option table, `None` where it has no field."""

    options: str | None
    inputs: Operands
    outputs: Operands


def parse(words: list[str]) -> OperatorShape:
    """The words of a line behind the operator's name."""
    options = words[0] if words[0][0].isupper() else None
    operands = words[1:] if options else words
    middle = operands.index(">")
    return OperatorShape(options, _operands(operands[:middle]), _operands(operands[middle + 1 :]))


def _operands(words: list[str]) -> Operands:
    operands, fewest = [], 0
    for place, word in enumerate(words, 1):
        letter, rank = word[0], word[1:2] if word[1:2].isdecimal() else ""
        marks = word[1 + len(rank) :]
        if letter not in TYPES or marks not in _MARKS:
            raise ValueError(f"operator table: {word!r} is no operand")
        operands.append(Operand(letter, int(rank) if rank else None, "?" in marks, marks.endswith(("*", "+"))))
        if not marks or marks == "+":
            fewest = place
    return Operands(tuple(operands), fewest)
