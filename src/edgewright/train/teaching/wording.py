"""What was taught in words and tables."""

from __future__ import annotations

from collections.abc import Iterator

from edgewright.report import Column, Table, bar, numbers
from edgewright.spelling import either
from edgewright.train.teaching.taught import NEEDED, Taught

# What a terminal shows of long lists; --json holds all.
_CLASSES = 20
_CONFUSED = 5


def verdict(taught: Taught) -> str:
    """How well pictures are told apart that were left out, in a sentence; or that this is too little."""
    if not taught.tells_apart:
        mean = "in the mean of the classes " if taught.uneven else ""
        return (
            f"{taught.backbone} cannot tell these classes apart: of {len(taught.classes):,} pictures, each left out "
            f"once, {mean}{numbers.percent(taught.balanced)} are told right, less than {NEEDED:g} times as many as by "
            f"guessing ({numbers.percent(taught.chance)})"
        )
    low, high = map(numbers.percent, taught.interval)
    mean = f"in the mean of the classes {numbers.percent(taught.balanced)}; " if taught.uneven else ""
    return (
        f"{taught.right:,} of {len(taught.classes):,} pictures are told right when they are left out: "
        f"{numbers.percent(taught.accuracy)} (95%: {low} to {high}; {mean}guessing: {numbers.percent(taught.chance)})"
    )


def taught_tables(taught: Taught) -> Iterator[Table]:
    """The classes, the hardest first, and what was taken for what."""
    yield _classes(taught)
    if taught.confused:
        yield _confused(taught)


def _classes(taught: Taught) -> Table:
    hardest = sorted(taught.by_class, key=lambda one: one.share)
    rows = [
        (of_class.label, of_class.count, of_class.right, numbers.percent(of_class.share), bar(of_class.share))
        for of_class in hardest[:_CLASSES]
    ]
    left = len(hardest) - len(rows)
    columns = (Column("class"), *(Column(name, "right") for name in ("pictures", "told right", "share")), Column(""))
    there = either(python="by_class has them", command="--json holds them")
    note = f"{left:,} more classes: {there}." if left else ""
    return Table("Each picture told by all others", columns, rows, note)


def _confused(taught: Taught) -> Table:
    most = taught.confused[:_CONFUSED]
    rows = [(pair.label, pair.taken_for, pair.count) for pair in most]
    left = sum(one.count for one in taught.confused[_CONFUSED:])
    columns = (Column("class"), Column("taken for"), Column("pictures", "right"))
    return Table("Taken for another", columns, rows, f"{left:,} more in other pairs." if left else "")
