"""A training in words and tables: the same on the terminal and on the page."""

from __future__ import annotations

from collections.abc import Iterator

from edgewright.evaluate import Estimate, Evaluation, change, classes_table, figure
from edgewright.report import Column, Table, numbers
from edgewright.train.result import Training
from edgewright.train.trainer import CurvePoint

# What a terminal shows of long lists; the page and --json hold more.
_CLASSES = 20
_CONFUSED = 5


def training_tables(result: Training) -> Iterator[Table]:
    """How it was made, the classes, the lowest first, what was taken for what, and both files where there are two."""
    yield Table("How it was trained", (Column(""), Column("")), list(facts(result)))
    if len(result.evaluation.by_class) > 1:
        yield classes_table(result.evaluation, _CLASSES)
    if rows := confused(result)[:_CONFUSED]:
        yield Table("Taken for another", (Column("class"), Column("taken for"), Column("times", "right")), rows)
    if result.quantized:
        yield files_table(result)


def facts(result: Training) -> Iterator[tuple[str, str]]:
    """What there is to know of the way: names and values."""
    parts, classes = result.parts, len(result.labels)
    of = f" of {numbers.count(classes, 'class', 'classes')}" if classes else ""
    yield "trained on", f"{numbers.count(len(parts.train), 'sample')}{of}"
    apart = f", {result.material.apart}" if result.material.apart else ""
    yield "told when to stop", f"{numbers.count(len(parts.validation), 'other')}{apart}"
    if result.test is not None:
        yield "tested on", f"{numbers.count(result.evaluation.total, 'sample')} that were looked at once"
    for name, value in result.facts.items():
        if isinstance(value, str | int | float):
            yield name.replace("_", " "), _plain(value)
    if result.epochs:
        yield "epochs", _epochs(result)
    if said := expectation(result):
        yield "more samples", said
    yield "file", f"{numbers.size(result.model.size)}{', 8 bits' if result.quantized else ''}"
    yield "took", numbers.duration(result.seconds)


def _plain(value: str | float) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value:.4g}" if isinstance(value, float) else str(value)


def _epochs(result: Training) -> str:
    count = f"{len(result.epochs)}"
    if not result.kept:
        return f"{count}; none was better than the head alone"
    kept = result.epochs[result.kept - 1]
    scored = "" if kept.score is None else f", {numbers.percent(kept.score)} right"
    return f"{count}; number {kept.number} was kept: loss {kept.validation_loss:.3g}{scored}"


def expectation(result: Training) -> str:
    """What more samples are expected to bring, in a sentence; "" where nothing is known of it."""
    now = next((point for point in reversed(result.curve) if not point.predicted), None)
    then = [point for point in result.curve if point.predicted]
    if now is None or not then:
        return ""
    said = ", ".join(f"{_expected(point)} with {point.n:,}" for point in then)
    return f"a head learned from {now.n:,} tells {numbers.percent(now.value)} right; expected are {said}."


def _expected(point: CurvePoint) -> str:
    low, high = min(point.low, point.value), max(point.high, point.value)
    return numbers.percent_interval(point.value, low, high)


def confused(result: Training) -> list[tuple[str, str, int]]:
    """(class, what it was taken for, how often), the most frequent first."""
    counts, found = result.evaluation.confusion or {}, result.evaluation
    wrong = sorted((-count, pair) for pair, count in counts.items() if pair[0] != pair[1] and count)
    return [(found.label(true), found.label(said), -count) for count, (true, said) in wrong]


def files_table(result: Training) -> Table:
    """The 8-bit file beside the float one: sizes, figures, and the difference with its interval."""
    found, metric = result.evaluation, result.evaluation.metric
    columns = (Column("file"), Column("size", "right"), Column(metric.title, "right"), Column("95% interval", "right"))
    compared = found.comparison
    if compared is None:
        return Table("", columns, [("8 bits", numbers.size(result.model.size), figure(metric, found.value), None)])
    low, high = (change(metric, end) for end in compared.change.interval)
    between = f"{low.removesuffix(' points')} to {high}" if result.bounded else None
    smaller = numbers.change(result.float_model.size, result.model.size)
    rows = [
        ("float", numbers.size(result.float_model.size), *_with_interval(result, compared.before)),
        ("8 bits", numbers.size(result.model.size), *_with_interval(result, found.found)),
        ("difference", smaller, change(metric, compared.change.value), between),
    ]
    return Table(f"Both files on {_samples(result)}", columns, rows)


def _with_interval(result: Training, found: Estimate) -> tuple[str, str | None]:
    metric = result.evaluation.metric
    low, high = (figure(metric, end) for end in found.interval)
    return figure(metric, found.value), f"{low} to {high}" if result.bounded else None


def _samples(result: Training) -> str:
    kind = "test sample" if result.tested else "sample"
    return numbers.count(result.evaluation.total, kind)


def training_verdict(result: Training) -> str:
    """How good the file is, in a sentence or two, and what the figure is worth."""
    found, metric = result.evaluation, result.evaluation.metric
    doubt = "; ".join(filter(None, (interval_of(result), _guessing(found))))
    between = f"{figure(metric, found.value)} ({doubt})" if doubt else figure(metric, found.value)
    if result.accuracy is None:
        said = f"{metric.title} on {_samples(result)}: {between}."
    else:
        right = round(found.value * found.total)
        said = f"{right:,} of {_samples(result)} are told right: {between}."
    if result.tested:
        return said
    return f"{said} {CIRCULAR if result.circular else UNTESTED}"


def interval_of(result: Training) -> str:
    """The interval of the figure, "95%: 91.2% to 97.9%"; "" where it means nothing."""
    low, high = (figure(result.evaluation.metric, end) for end in result.evaluation.interval)
    return f"95%: {low} to {high}" if result.bounded else ""


CIRCULAR = (
    "The threshold was set on them, so this figure proves nothing: test data that are kept apart give one that does."
)

UNTESTED = (
    "They are the ones that said when to stop, so that the figure flatters a little: test data that are kept apart "
    "give a clean one."
)


def _guessing(found: Evaluation) -> str:
    """What guessing gets, where the samples are of classes."""
    count = len(found.labels)
    return f"guessing: {numbers.percent(1 / count)}" if found.confusion is not None and count > 1 else ""


def not_quantized(result: Training) -> str:
    """Why there is no 8-bit file, in a sentence; "" where there is one, or none was asked for."""
    if result.optimization is None or result.quantized:
        return ""
    from edgewright.optimize import verdict as why

    said = why(result.optimization).removeprefix("Nothing was written. ")
    return f"no 8-bit file was made, the float one was: {said}"
