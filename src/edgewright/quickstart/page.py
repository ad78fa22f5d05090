"""The quickstart's report: the same figures as the table on the terminal, and the pictures behind them."""

from __future__ import annotations

import numpy as np

from edgewright.evaluate import Accuracy
from edgewright.machine import Timing
from edgewright.quickstart.artefacts import Artefact, Quickstart
from edgewright.quickstart.photo_page import photo_sections
from edgewright.report import (
    Bar,
    Bars,
    Code,
    Column,
    ConfusionMatrix,
    Facts,
    Interval,
    Intervals,
    KeyFigure,
    KeyFigures,
    Page,
    Paragraph,
    Picture,
    Pictures,
    Section,
    Table,
    encode_png,
    numbers,
)

_SHOWN = 20
_SHOWN_WRONG = 6


def results_table(result: Quickstart) -> Table:
    """Every artefact with size, ratio to its source, accuracy and latency."""
    columns = (
        Column("version"),
        Column("size", "right"),
        Column("of source", "right"),
        Column("accuracy (95%)", "right"),
        Column("latency", "right"),
    )
    note = (
        f"Accuracy on {len(result.test):,} held-out pictures, with its 95% interval. "
        "Latency of one picture on one thread, measured in turns: median and spread of the rounds."
    )
    return Table("", columns, [_row(artefact) for artefact in result.artefacts], note)


def _row(artefact: Artefact) -> tuple[str | None, ...]:
    timing = artefact.timing
    return (
        artefact.name,
        numbers.size(artefact.size),
        numbers.ratio(artefact.size, artefact.source_size) if artefact.is_model else None,
        _accuracy_text(artefact.accuracy) if artefact.accuracy else None,
        _latency_text(timing) if timing else None,
    )


def page(result: Quickstart) -> Page:
    """The report as a page."""
    return Page(
        title="From a trained network to a small computer",
        subtitle=(
            f"A dense network of {result.trained.parameters:,} weights, trained on {len(result.train):,} pictures of "
            f"{result.train.name}, converted, proven against its source, made smaller and measured."
        ),
        figures=_key_figures(result),
        sections=(
            Section("What it became", (*_notices(result), results_table(result), _sizes(result))),
            Section("What it costs in accuracy", (_accuracies(result), _verdict(result))),
            Section("How fast it answers", (_latencies(result),)),
            Section("Where the full-integer version errs", (_confusion(result),)),
            Section("What it sees", (_pictures(result),)),
            *photo_sections(result),
            Section("How this was made", (_facts(result), _next_steps(result))),
        ),
        footer=f"Made by edgewright quickstart in {numbers.duration(result.seconds)}.",
    )


def _notices(result: Quickstart) -> tuple[Paragraph, ...]:
    """What is to be said of the data; why there are no photographs stands where they would."""
    return tuple(Paragraph(notice, "warning") for notice in result.notices if notice != result.no_photos)


def _integer(result: Quickstart) -> Artefact:
    return result.models[-1]


def _accuracy_text(figure: Accuracy) -> str:
    return numbers.percent_interval(figure.value, *figure.interval)


def _latency_text(timing: Timing) -> str:
    return f"{numbers.duration(timing.median_s)} {numbers.spread(timing.spread)}"


def _accuracy_of(artefact: Artefact) -> Accuracy:
    if artefact.accuracy is None:
        raise ValueError(f"{artefact.name} was not evaluated")
    return artefact.accuracy


def _key_figures(result: Quickstart) -> KeyFigures:
    integer, source = _integer(result), result.artefacts[0]
    drop = _accuracy_of(integer).value - _accuracy_of(source).value
    timing = integer.timing
    return KeyFigures(
        (
            KeyFigure("Full integer", numbers.size(integer.size), numbers.change(source.size, integer.size)),
            KeyFigure("Its accuracy", numbers.percent(_accuracy_of(integer).value), f"{numbers.points(drop)} to Keras"),
            KeyFigure("One picture", numbers.duration(timing.median_s if timing else None), "one thread, this machine"),
        )
    )


def _sizes(result: Quickstart) -> Bars:
    bars = [
        Bar(artefact.name, artefact.size, numbers.size(artefact.size), main=artefact.is_model)
        for artefact in result.artefacts
    ]
    return Bars(
        "Size of each version", bars, note="Keras's files hold the optimizer's state too, the SavedModel does not."
    )


def _accuracies(result: Quickstart) -> Intervals:
    rows = [("Keras", _accuracy_of(result.artefacts[0]))]
    rows += [(artefact.name, _accuracy_of(artefact)) for artefact in result.models]
    points = [Interval(name, one.value, *one.interval, _accuracy_text(one)) for name, one in rows]
    return Intervals(
        f"Accuracy on {len(result.test):,} held-out pictures, with its 95% interval",
        points,
        tick=numbers.percent,
        reference=rows[0][1].value,
        note="The line marks the network before conversion.",
    )


def _verdict(result: Quickstart) -> Paragraph:
    """What changed between the network in Keras and its full-integer version, picture by picture."""
    before, after = _accuracy_of(result.artefacts[0]), _accuracy_of(_integer(result))
    changed = int((before.predictions != after.predictions).sum())
    drop = numbers.points(after.value - before.value)
    return Paragraph(
        f"Of {len(result.test):,} pictures, the full-integer version answers {numbers.count(changed)} otherwise than "
        f"the network in Keras. Both saw the same pictures, so the difference of {drop} is theirs and not the luck of "
        "the draw; the intervals say how far both may be off on other pictures."
    )


def _latencies(result: Quickstart) -> Intervals:
    rows = [(artefact.name, artefact.timing) for artefact in result.models if artefact.timing]
    points = [
        Interval(
            name,
            timing.median_s,
            min(timing.round_medians),
            max(timing.round_medians),
            _latency_text(timing),
        )
        for name, timing in rows
    ]
    disturbed = max(timing.disturbed for _, timing in rows)
    note = f"Median and range over {rows[0][1].rounds} interleaved rounds, one thread."
    if disturbed:
        note += f" {numbers.count(disturbed, 'round')} disturbed by another load and measured again."
    return Intervals("Time for one picture", points, tick=numbers.duration, from_zero=True, note=note)


def _confusion(result: Quickstart) -> ConfusionMatrix:
    counts = _accuracy_of(_integer(result)).confusion.tolist()
    return ConfusionMatrix("True classes down, answers across", result.test.classes, counts)


def _pictures(result: Quickstart) -> Pictures:
    figure = _accuracy_of(_integer(result))
    wrong = np.flatnonzero(figure.predictions != figure.labels)[:_SHOWN_WRONG]
    right = np.flatnonzero(figure.predictions == figure.labels)[: _SHOWN - len(wrong)]
    tiles = [_picture(result, figure, int(index)) for index in (*right, *wrong)]
    return Pictures(
        "Held-out pictures and the answers of the full-integer version",
        tiles,
        note=f"{len(wrong)} of its {figure.total - figure.correct} mistakes are among them.",
    )


def _picture(result: Quickstart, figure: Accuracy, index: int) -> Picture:
    classes = result.test.classes
    answer, truth = classes[figure.predictions[index]], classes[figure.labels[index]]
    is_right = answer == truth
    return Picture(
        encode_png(result.test.x[index].astype(np.uint8)),
        answer,
        "" if is_right else f"is {truth}",
        "right" if is_right else "wrong",
        f"a picture of {truth}, taken for {answer}",
    )


def _facts(result: Quickstart) -> Facts:
    return Facts(
        (
            ("Data", f"{result.train.name}: {len(result.train):,} to train, {len(result.test):,} held out"),
            ("Training", f"{result.settings['epochs']} epochs, Adam, seed {result.settings['seed']}"),
            ("Training accuracy", numbers.percent(result.trained.accuracy[-1])),
            ("Machine", result.machine.summary()),
        )
    )


def _next_steps(result: Quickstart) -> Code:
    path = result.folder / _integer(result).path
    return Code(f"edgewright inspect {path}\nedgewright convert my_model.keras -o my_model.tflite --labels labels.txt")
