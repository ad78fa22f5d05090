"""A training as one self-contained page: how good, where wrong, how it got there, what more samples would bring."""

from __future__ import annotations

from collections.abc import Iterator

from edgewright.evaluate import Estimate, change, class_blocks, figure, with_interval, worst_blocks
from edgewright.optimize import reasons_table
from edgewright.report import (
    Block,
    Column,
    Facts,
    Interval,
    Intervals,
    KeyFigure,
    KeyFigures,
    Line,
    Lines,
    Page,
    Paragraph,
    Section,
    SideBySide,
    Spot,
    Table,
    numbers,
)
from edgewright.train.result import Training
from edgewright.train.wording import expectation, facts, files_table, interval_of, not_quantized, training_verdict


def report_page(result: Training) -> Page:
    """The training as a page."""
    sections = [Section("How good it is", tuple(_result(result)))]
    optional = (
        ("Class by class", class_blocks(result.evaluation) if len(result.evaluation.by_class) > 1 else ()),
        ("In 8 bits", _smaller(result)),
        ("How it was learned", _learning(result)),
        ("What more samples would bring", _more(result)),
        ("Where it is wrong", worst_blocks(result.evaluation) if result.mistakes else ()),
    )
    sections += [Section(heading, blocks) for heading, found in optional if (blocks := tuple(found))]
    sections.append(Section("How it was made", tuple(_making(result))))
    return Page(
        title=result.model.metadata.name or "A trained model",
        subtitle=_subtitle(result),
        figures=KeyFigures(list(_key_figures(result))),
        sections=sections,
        footer=f"Made by edgewright train in {numbers.duration(result.seconds)}.",
    )


def _subtitle(result: Training) -> str:
    classes = f"A model that tells {len(result.labels):,} classes apart" if result.labels else "A model"
    return f"{classes}, from {numbers.count(len(result.parts.train), 'sample')}."


def _key_figures(result: Training) -> Iterator[KeyFigure]:
    found, metric = result.evaluation, result.evaluation.metric
    doubt = interval_of(result).replace("95%:", "95% interval")
    yield KeyFigure(metric.title, figure(metric, found.value), doubt)
    on = "test data, looked at once" if result.tested else "the part that said when to stop"
    on = "what the threshold was set on" if result.circular else on
    yield KeyFigure("Measured on", numbers.count(found.total, "sample"), on)
    smaller = numbers.change(result.float_model.size, result.model.size) if result.quantized else "32-bit floats"
    yield KeyFigure("File", numbers.size(result.model.size), smaller)
    if result.quantized and found.comparison is not None:
        moved = found.comparison.change
        ends = " to ".join(change(metric, end).removesuffix(" points") for end in moved.interval)
        interval = f"95% interval {ends}" if result.bounded else ""
        yield KeyFigure("8 bits against float", change(metric, moved.value), interval)


def _result(result: Training) -> Iterator[Block]:
    found = result.evaluation
    rows: list[tuple[str, Estimate]] = [(found.model if found.comparison else "the model", found.found)]
    if found.comparison is not None:
        rows.append((found.comparison.baseline, found.comparison.before))
    points = [Interval(name, one.value, *one.interval, with_interval(found.metric, one)) for name, one in rows]
    yield Paragraph(training_verdict(result))
    if result.bounded:
        yield Intervals(found.metric.title, points, lambda value: figure(found.metric, value))
    if why := not_quantized(result):
        yield Paragraph(f"{why[:1].upper()}{why[1:]}", "warning")
    for notice in result.notices:
        yield Paragraph(notice, "warning")


def _smaller(result: Training) -> Iterator[Block]:
    found = result.optimization
    if found is None:
        return
    if result.quantized:
        yield files_table(result)
        yield Paragraph(f"The recipe: {found.chosen.name}." if found.chosen else "")
    reasons = reasons_table(found)
    if reasons is not None:
        yield reasons


def _learning(result: Training) -> Iterator[Block]:
    """The epochs: loss on both parts, and the share of right answers."""
    if not result.epochs:
        return
    scored = any(epoch.score is not None for epoch in result.epochs)
    yield SideBySide([_losses(result), _scores(result)]) if scored else _losses(result)


def _losses(result: Training) -> Lines:
    epochs = result.epochs
    return Lines(
        "Loss, epoch by epoch",
        [
            Line("on what is trained on", [Spot(epoch.number, epoch.loss) for epoch in epochs]),
            Line("on what says when to stop", [Spot(epoch.number, epoch.validation_loss) for epoch in epochs]),
        ],
        x_title="epoch →",
        y_title="loss",
        x_tick=lambda value: f"{value:.0f}",
        y_tick=lambda value: f"{value:.3g}",
        from_zero=True,
        mark=result.kept or None,
        mark_label="kept",
        note="Where the second line rises while the first falls, samples are learned by heart: more of them help.",
    )


def _scores(result: Training) -> Lines:
    scored = [Spot(epoch.number, epoch.score) for epoch in result.epochs if epoch.score is not None]
    return Lines(
        "Told right, epoch by epoch",
        [Line("on what says when to stop", scored)],
        x_title="epoch →",
        y_title="share told right",
        x_tick=lambda value: f"{value:.0f}",
        y_tick=numbers.percent,
        mark=result.kept or None,
        mark_label="kept",
    )


def _more(result: Training) -> Iterator[Block]:
    """What learning on parts of the samples brought, and what more of them are expected to bring."""
    measured, expected = (
        [Spot(point.n, point.value, point.low, point.high) for point in result.curve if point.predicted is predicted]
        for predicted in (False, True)
    )
    if len(measured) < 2:
        return
    lines = [Line("measured on parts", measured)]
    if expected:
        lines.append(Line("expected of more", [measured[-1], *expected], dashed=True))
    yield Lines(
        "Told right, by how many samples a head was learned from",
        lines,
        x_title="samples →",
        y_title="share told right",
        x_tick=lambda value: f"{value:,.0f}",
        y_tick=numbers.percent,
        lead=expectation(result)[:1].upper() + expectation(result)[1:],
        log=True,
        note="Upright lines are 95% intervals. What is expected follows the power law by which errors fall.",
    )


def _making(result: Training) -> Iterator[Block]:
    made = [(name[:1].upper() + name[1:], value) for name, value in facts(result)]
    made += [("Data", result.parts.train.origin), ("Machine", result.machine.summary())]
    yield Facts(made)
    if unread := result.material.unread:
        yield Table("What cannot be read", (Column("sample"), Column("why")), unread)
