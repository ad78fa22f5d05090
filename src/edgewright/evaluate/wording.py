"""An evaluation in words and tables: for the terminal and the page."""

from __future__ import annotations

from collections.abc import Iterator

from edgewright.evaluate.evaluation import Evaluation, change, figure
from edgewright.evaluate.intervals import Estimate
from edgewright.evaluate.metrics import Metric
from edgewright.report import Column, Table, numbers
from edgewright.spelling import either

# What a terminal shows of long lists; the page and --json hold more.
_CLASSES = 20
_WORST = 10


def evaluation_tables(result: Evaluation) -> Iterator[Table]:
    """The figures, those of the classes (the lowest first), and the inputs that went worst."""
    yield figures_table(result)
    if len(result.by_class) > 1:
        yield classes_table(result, _CLASSES)
    if result.worst:
        yield worst_table(result, _WORST)


def figures_table(result: Evaluation) -> Table:
    """The metric with its interval; with a second model, its own and the difference."""
    metric, compared = result.metric, result.comparison
    rows = [(result.short(result.model), figure(metric, result.value), _between(metric, result.found))]
    if compared is not None:
        rows.append(
            (result.short(compared.baseline), figure(metric, compared.before.value), _between(metric, compared.before))
        )
        rows.append(("difference", change(metric, compared.change.value), _changes(metric, compared.change)))
    columns = (Column("model"), Column(metric.title, "right"), Column("95% interval", "right"))
    return Table(f"{_inputs(result)} of {result.data}", columns, rows, verdict(result))


def verdict(result: Evaluation) -> str:
    """What a comparison says, in a sentence; where there was none, what was compared with."""
    if result.comparison is None:
        return f"The reference is {result.short(result.against)}." if result.against else ""
    baseline, moved = result.short(result.comparison.baseline), result.comparison.change.value
    if not result.comparison.shown:
        return "No difference is shown: the interval of the difference covers 0."
    better = (moved > 0) == result.metric.higher_is_better
    than = f"{'better' if better else 'worse'} than {baseline}"
    return f"{result.short(result.model)} is {than}: the interval does not cover 0."


def classes_table(result: Evaluation, most: int | None = None) -> Table:
    """The value of each class, the lowest first (the highest, where less is better)."""
    worst_first = sorted(result.by_class, key=lambda one: one.value * (1 if result.metric.higher_is_better else -1))
    rows = [(result.label(one.index), figure(result.metric, one.value), one.count) for one in worst_first[:most]]
    left = len(result.by_class) - len(rows)
    there = either(python="by_class has them", command="--html shows them, --json holds them")
    note = f"{left} more classes: {there}." if left else ""
    columns = (Column("class"), Column(result.metric.title, "right"), Column("labeled", "right"))
    return Table("By class", columns, rows, note)


def worst_table(result: Evaluation, most: int | None = None) -> Table:
    """The inputs that went worst, with what was said and what was expected."""
    rows = [(one.name, one.said, one.expected) for one in result.worst[:most]]
    expected = "reference" if result.against else "expected"
    return Table("Worst inputs", (Column("input"), Column("said"), Column(expected)), rows)


def _inputs(result: Evaluation) -> str:
    left_out = f" ({numbers.count(len(result.failures))} could not be answered)" if result.failures else ""
    return numbers.count(result.total, "input") + left_out


def _between(metric: Metric, found: Estimate) -> str:
    low, high = found.interval
    return f"{figure(metric, low)} to {figure(metric, high)}"


def _changes(metric: Metric, found: Estimate) -> str:
    low, high = (change(metric, end) for end in found.interval)
    return f"{low.removesuffix(' points')} to {high}"
