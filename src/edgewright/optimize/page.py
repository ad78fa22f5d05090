"""The report of an optimization: what was chosen, by what proof, and what was tried on the way."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Literal

from edgewright.files import packed_size
from edgewright.optimize.changed import changed_blocks
from edgewright.optimize.decision import PairedDrop
from edgewright.optimize.results import NOT_CONFIRMED, Candidate, Optimization
from edgewright.optimize.wording import (
    amount,
    budget,
    candidates_table,
    change_in,
    measure,
    moved,
    nearest,
    source_name,
    unit,
    value,
    verdict,
)
from edgewright.report import (
    Bar,
    Bars,
    Block,
    Facts,
    KeyFigure,
    KeyFigures,
    Page,
    Paragraph,
    Point,
    Scatter,
    Section,
    numbers,
)

_Tick = Callable[[float], str]

_WORST = 16  # operators shown as bars
_LISTED = 6  # operators named in a sentence
_LOUDEST = 10.0  # noise relative to the signal: what is above, or no number, is drawn as that
_NO_NOISE_DB = 150.0  # above it no difference was found in 32-bit floats
_DEPTH = 4.0  # budgets below zero to which the charts reach; points further down become arrows
_LEAST = 0.0025  # a smaller budget, or none, would leave no room to see anything


def report_page(result: Optimization) -> Page:
    """The report as a page."""
    sections = [
        Section("What was chosen", _chosen(result)),
        Section("What can be had", _charts(result)),
        Section("What was tried", (candidates_table(result), *_reasons(result))),
    ]
    sections += [Section(heading, blocks) for heading, blocks in _optional(result) if blocks]
    sections.append(Section("How this was measured", (_facts(result),)))
    return Page(
        title="Smaller, with proof" if result.within_budget else "Nothing within the budget",
        subtitle=f"{source_name(result)}: what it takes to make it {_wish(result)} for at most {budget(result)} of "
        f"{measure(result)}.",
        figures=_key_figures(result),
        sections=sections,
        footer=f"Made by edgewright optimize in {numbers.duration(result.seconds)}.",
    )


def _wish(result: Optimization) -> str:
    return {"size": "smaller", "gzip": "smaller when packed", "latency": "faster"}[result.prefer]


def _optional(result: Optimization) -> tuple[tuple[str, tuple[Block, ...]], ...]:
    return (
        ("Which operators suffer", _sensitivity(result)),
        ("What it answers otherwise", changed_blocks(result)),
    )


def _key_figures(result: Optimization) -> KeyFigures | None:
    if result.chosen is None or result.model is None:
        return None
    size = numbers.change(result.source.size, result.model.size)
    figures = [KeyFigure(result.chosen.name, numbers.size(result.model.size), size), *_proof_figures(result)]
    if result.counts_gzip:
        packed = packed_size(result.model.data)
        change = numbers.change(packed_size(result.source.data), packed)
        figures.insert(1, KeyFigure("Gzipped", numbers.size(packed), change))
    timing, before = result.chosen.timing, result.chosen.float_timing
    if timing and before:
        faster = numbers.change(before.median_s, timing.median_s, "time")
        certain = faster if timing.differs_from(before) else "no difference to float is certain"
        figures.append(KeyFigure("One input", numbers.duration(timing.median_s), certain))
    return KeyFigures(figures)


def _proof_figures(result: Optimization) -> list[KeyFigure]:
    if result.proof is None:
        return []
    worst = f"at worst {change_in(result, result.proof.upper())}, on {numbers.count(result.proof.n, 'input')}"
    figures = [KeyFigure(f"Change of {measure(result)}", _change(result, result.proof.drop), worst)]
    if result.after is not None:
        name = measure(result)
        name = name[:1].upper() + name[1:] if name.islower() else name
        figures.append(KeyFigure(name, value(result, result.after), f"float {value(result, result.before)}"))
    return figures


def _change(result: Optimization, drop: float) -> str:
    return f"{change_in(result, drop)} {unit(result)}".rstrip()


def _chosen(result: Optimization) -> tuple[Block, ...]:
    told = verdict(result)
    blocks = [Paragraph(told, "plain" if result.within_budget else "warning")]
    if result.model is not None and not result.within_budget and (missed := nearest(result)):
        blocks.append(Paragraph(missed))
    if result.chosen is not None and result.chosen.kept_float:
        blocks.append(Paragraph(f"Kept in float: {_listed(result.chosen.kept_float)}."))
    if result.proof is not None and result.model is not None:
        blocks.append(Paragraph(_trust(result)))
    return (*blocks, *(Paragraph(notice, "warning") for notice in result.notices))


def _listed(names: tuple[str, ...]) -> str:
    rest = len(names) - _LISTED
    return "; ".join(names[:_LISTED]) + (f"; and {rest} more, see below" if rest > 0 else "")


def _trust(result: Optimization) -> str:
    """Say why the figure can be believed, and by how much it was off on the inputs that were chosen by."""
    refused = [one for one in result.candidates if one.reason == NOT_CONFIRMED and one is not result.chosen]
    for_whom = f"for {refused[0].name}, which did not stand, and for this one" if refused else "for this candidate only"
    said = f"Both models saw the same inputs. The proof split was looked at once, {for_whom}"
    drop = result.chosen.drop if result.chosen else None
    if drop is None:
        return f"{said}."
    shown = f"the drop was {amount(result, drop.drop)}" if isinstance(drop, PairedDrop) else moved(result, drop)
    return f"{said}; on the inputs that it was chosen by, {shown}."


def _charts(result: Optimization) -> tuple[Block, ...]:
    """Both charts, what was wished for first; that of sizes has all points, so its list of numbers does for both."""
    others = [replace(chart, has_key=False, note="The numbers are those of the sizes.") for chart in _latencies(result)]
    charts = [_sizes(result), *others]
    return tuple(charts[::-1] if result.prefer == "latency" else charts)


def _sizes(result: Optimization) -> Scatter:
    packed = result.prefer == "gzip"
    points = [
        _point(result, number, candidate, size, numbers.size(size))
        for number, candidate in _measured(result)
        if (size := candidate.gzip if packed else candidate.size)
    ]
    whole = packed_size(result.source.data) if packed else result.source.size
    source = Point("float", whole, 0.0, numbers.size(whole), "reference", number=0)
    title = "Size of the gzipped file" if packed else "Size of the file"
    return _chart(result, title, [source, *points], "size →", _size_tick)


def _size_tick(size: float) -> str:
    return numbers.size(round(size))


def _latencies(result: Optimization) -> list[Scatter]:
    """Latency as a share of the float model's in the same rounds, since each candidate was measured beside it."""
    points = [
        _point(result, number, candidate, ratio, f"{numbers.ratio(ratio, 1.0)} the time of float")
        for number, candidate in _measured(result)
        if (ratio := candidate.latency_ratio) is not None
    ]
    source = Point("float", 1.0, 0.0, "1×", "reference", number=0)
    title = "Latency, as a share of the float model's,"
    return [_chart(result, title, [source, *points], "latency →", lambda value: f"{value:.3g}×")] if points else []


def _chart(result: Optimization, title: str, points: list[Point], x_title: str, tick: _Tick) -> Scatter:
    return Scatter(
        f"{title} and change of {measure(result)}",
        points,
        x_title=x_title,
        y_title=f"↑ change of {measure(result)}, {unit(result)}".rstrip(", "),
        x_tick=tick,
        y_tick=lambda height: change_in(result, -height),
        lead="Left is better, and so is up. The thin line under a point reaches to where it may be at worst.",
        note="The thick line is the Pareto front: nothing else is better in both. Hollow points were not accepted; an "
        "arrow is below the chart. What was stopped early is not shown.",
        limit=-result.max_drop,
        limit_label=f"budget: {change_in(result, result.max_drop)}",
        lowest=-_DEPTH * max(result.max_drop, _LEAST),
    )


def _measured(result: Optimization) -> list[tuple[int, Candidate]]:
    """Candidates that were measured to the end, with their numbers in the table."""
    numbered = enumerate(result.candidates, 1)
    return [(number, one) for number, one in numbered if one.drop is not None and one.status != "stopped early"]


def _point(result: Optimization, number: int, candidate: Candidate, x: float, shown: str) -> Point:
    drop = candidate.drop
    if drop is None:
        raise ValueError(f"{candidate.name} was not measured")
    worst = drop.upper()
    told = f"{shown}, {_change(result, drop.drop)}, at worst {change_in(result, worst)}"
    return Point(candidate.name, x, -drop.drop, told, _kind(result, candidate), -worst, number)


def _kind(result: Optimization, candidate: Candidate) -> Literal["chosen", "good", "refused"]:
    if candidate is result.chosen:
        return "chosen"
    return "good" if candidate.accepted else "refused"


def _reasons(result: Optimization) -> tuple[Block, ...]:
    told = [(one.name, one.why or one.status) for one in result.candidates if not one.accepted]
    return (Facts(told),) if told else ()


def _sensitivity(result: Optimization) -> tuple[Block, ...]:
    if not result.sensitivity:
        return ()
    kept = set(result.chosen.kept_float) if result.chosen else set()
    ranked = sorted(result.sensitivity, key=lambda one: -_noise(one[1]))[:_WORST]
    bars = [Bar(name, _noise(snr), _noise_text(snr), main=name in kept) for name, snr in ranked]
    total = len(result.sensitivity)
    shown = f"The {len(ranked)} worst of {total}" if len(ranked) < total else "All"
    note = f"{shown} operators that can be quantized, on calibration data."
    return (
        Bars(
            "Noise at the outputs when only this operator is quantized",
            bars,
            lead="The length is noise over signal, as amplitudes; the figure is the signal-to-noise ratio.",
            note=f"{note} Strong bars were kept in float." if kept else note,
        ),
    )


def _noise(snr_db: float) -> float:
    """Noise over signal as amplitudes: 10^(-SNR / 20)."""
    if math.isnan(snr_db):
        return _LOUDEST
    return min(math.pow(10.0, -max(snr_db, -20.0) / 20), _LOUDEST)


def _noise_text(snr_db: float) -> str:
    if snr_db > _NO_NOISE_DB:
        return "none"
    return f"{snr_db:.1f} dB" if math.isfinite(snr_db) else numbers.MISSING


def _facts(result: Optimization) -> Facts:
    data = result.data
    facts = [
        ("Calibration", f"{numbers.count(len(data.calibration), 'input')}: ranges of activations, sensitivity"),
        ("Selection", f"{numbers.count(len(data.selection), 'input')}: every candidate, to choose by"),
        ("Proof", f"{numbers.count(len(data.proof), 'input')}: the chosen one, looked at once"),
        ("Data", f"SHA-256 {data.digest}"),
        ("Source", f"{numbers.size(result.source.size)}, SHA-256 {result.source.sha256}"),
        ("Accepted when", _rule(result)),
        ("Right answers", "labels" if result.labeled else "not known: what the float model answers counts as right"),
        ("Machine", result.machine.summary()),
    ]
    if result.machine.libraries:
        facts.append(
            ("Libraries", ", ".join(f"{name} {version}" for name, version in result.machine.libraries.items()))
        )
    return Facts(facts)


def _rule(result: Optimization) -> str:
    if result.point_estimate:
        return f"the measured drop is at most {budget(result)}, which proves nothing of other inputs"
    how = "Tango 1998" if result.metric.share else "bootstrap of the pairs"
    return f"the one-sided 95% upper bound of the paired drop ({how}) is at most {budget(result)}"
