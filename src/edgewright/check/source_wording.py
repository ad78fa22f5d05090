"""A check of a source, and a comparison by layers, as tables for people and a page."""

from __future__ import annotations

import math

from edgewright.check.layers import LayerAgreement, LayerReport
from edgewright.check.source import SourceReport
from edgewright.report import Bar, Bars, Column, Page, Section, Table, numbers

# What is drawn for "no difference at all": beyond what float32 keeps.
_BEST_DB = 160.0


def source_tables(report: SourceReport) -> list[Table]:
    """The verdict; what stands in the way; what was tried."""
    found = [_verdict(report)]
    if report.problems:
        found.append(_problems(report))
    if report.attempts:
        rows = [(attempt.remedy, attempt.words, attempt.outcome) for attempt in report.attempts]
        found.append(Table("Tried", (Column("remedy"), Column("what was done"), Column("outcome")), rows))
    return found


def _verdict(report: SourceReport) -> Table:
    rows: list[tuple[str, str]] = []
    if report.model is None:
        rows.append(("verdict", "cannot be converted as it is"))
    else:
        helped = next((attempt.words for attempt in report.attempts if attempt.outcome == "helped"), "")
        rows.append(("verdict", f"converts with {helped}" if helped else "converts"))
        rows.append(("file", numbers.size(report.model.size)))
    if report.snr_db is not None:
        rows.append(("agreement", f"{decibels(report.snr_db)} signal to noise against the source"))
    rows += [("repaired", repair) for repair in report.repaired]
    return Table(report.source, (Column(""), Column("")), rows)


def _problems(report: SourceReport) -> Table:
    named = any(problem.operator for problem in report.problems)
    columns = (Column("operator"), Column("layer or line"), Column("why"), Column("what to do"))
    rows = [(problem.operator, problem.place or None, problem.why, problem.instead) for problem in report.problems]
    # The page of the documentation is not where a pip user is; the command that says the same is.
    topics = sorted({problem.page.partition("#")[2] for problem in report.problems if problem.page})
    note = f"More on it: edgewright check --explain {','.join(topics)}" if topics else ""
    if named:
        return Table("What stands in the way", columns, rows, note)
    details = [(problem.why, problem.detail) for problem in report.problems]
    return Table("What stands in the way", (Column("why"), Column("message")), details)


def layer_table(report: LayerReport) -> Table:
    """Each layer with its figures, the first one that differs marked."""
    columns = (
        Column("layer"),
        Column("signal to noise", "right"),
        Column("largest difference", "right"),
        Column("largest value", "right"),
        Column(""),
    )
    rows = [_row(layer, report) for layer in report.layers]
    return Table(f"{report.source} beside {report.model}", columns, rows, _summary(report))


def _row(one: LayerAgreement, report: LayerReport) -> tuple[str, str, str, str, str]:
    figures = one.agreement
    mark = "<- the first that differs" if one is report.first else "differs" if one.differs else ""
    name = f"{one.layer} (output)" if one.output else one.layer
    lost = ", ".join(part.where for part in figures.lost)
    mark = f"{mark}: {lost} constant in the file" if lost else mark
    return (
        name,
        decibels(figures.snr_db),
        f"{figures.largest_difference:.3g}",
        f"{figures.scale:.3g}",
        mark if figures.same_shape else f"{mark}: another shape, or empty",
    )


def _summary(report: LayerReport) -> str:
    compared = f"{numbers.count(report.samples, 'input')}, a {_KINDS[report.kind]} file: at least"
    limit = f"{compared} {report.tolerance_db:.0f} dB expected."
    hidden = len(report.unmatched)
    without = numbers.count(hidden, "layer has no tensor of its own", "layers have no tensor of their own")
    fused = f" {without} (fused)." if hidden else ""
    first = report.first
    verdict = f" They part at {first.layer}." if first else _agreement(report)
    return f"{limit}{fused}{verdict}"


def _agreement(report: LayerReport) -> str:
    if report.range_known:
        return " They agree throughout."
    return " They agree on these inputs, but nothing says how the model takes pixels: its own may lie elsewhere."


_KINDS = {"none": "float32", "float16": "float16", "dynamic": "dynamic-range int8", "int8": "int8"}


def layer_page(report: LayerReport) -> Page:
    """The error per layer as a plot, and the table."""
    return Page(
        title="Where do they part?",
        subtitle=f"{report.source} beside {report.model}",
        sections=(
            Section("Error per layer", (layer_bars(report),)),
            Section("Figures", (layer_table(report),)),
        ),
    )


def layer_bars(report: LayerReport) -> Bars:
    """The error of each layer: decibels that are missing to no difference at all."""
    bars = [
        Bar(one.layer, _error(one.agreement.snr_db), decibels(one.agreement.snr_db), main=one is report.first)
        for one in report.layers
    ]
    return Bars(
        "Error per layer",
        bars,
        lead=f"Longer is worse: what is missing to {_BEST_DB:.0f} dB signal to noise.",
        note=_summary(report),
    )


def _error(snr_db: float) -> float:
    return max(_BEST_DB - snr_db, 0.0) if math.isfinite(snr_db) else (0.0 if snr_db > 0 else 2 * _BEST_DB)


def decibels(snr_db: float) -> str:
    """Write a signal-to-noise ratio: "114 dB"; "exact" where nothing differs."""
    if math.isfinite(snr_db):
        return f"{snr_db:.0f} dB"
    return "exact" if snr_db > 0 else "no signal"
