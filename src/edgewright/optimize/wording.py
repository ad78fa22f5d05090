"""An optimisation in words and as a table, the same on the terminal and on the page."""

from __future__ import annotations

from pathlib import Path

from edgewright.optimize.decision import PairedDrop
from edgewright.optimize.results import Candidate, Optimization
from edgewright.report import Column, Table, numbers

_LATENCY = "Latency of one input, measured in turns with the float model."


def candidates_table(result: Optimization, title: str = "") -> Table:
    """Every candidate with size, change of accuracy, latency and verdict; the chosen one is marked."""
    columns = (
        Column("candidate"),
        Column("size", "right"),
        Column("of float", "right"),
        Column("change", "right", "points"),
        Column("at worst", "right"),
        Column("latency", "right"),
        Column("of float", "right"),
        Column("peak memory", "right"),
        Column("verdict"),
    )
    return Table(
        title, columns, [_row(result, *each) for each in enumerate(result.candidates, 1)], _note(result, _LATENCY)
    )


def brief_table(result: Optimization) -> Table:
    """The same in as few columns as a terminal of 80 letters has room for."""
    columns = (
        Column("candidate"),
        Column("size", "right"),
        Column("change", "right"),
        Column("at worst", "right"),
        Column("time", "right"),
        Column("verdict"),
    )
    rows = [_row(result, *each) for each in enumerate(result.candidates, 1)]
    note = _note(result, "Time of one input as a share of the float model's, measured in turns.")
    return Table("", columns, [(row[0], row[1], row[3], row[4], row[6], row[8]) for row in rows], note)


def reasons_table(result: Optimization) -> Table | None:
    """Why candidates were not accepted; None where all were."""
    told = [(f"{number} {one.name}", one.reason) for number, one in enumerate(result.candidates, 1) if one.reason]
    return Table("", (Column("candidate"), Column("why not")), told) if told else None


def verdict(result: Optimization) -> str:
    """Say in a few sentences what was chosen and what is proven of it, or why nothing was chosen."""
    if result.chosen is None or result.model is None:
        return f"No candidate kept within the budget of {budget(result)}. {nearest(result)}".strip()
    smaller = numbers.change(result.source.size, result.model.size)
    first = f"{result.chosen.name}: {result.model.size:,} bytes, {smaller} than {source_name(result)}"
    first = first.replace("same size than", "the same size as")
    if not result.within_budget:
        first += f", and over the budget of {budget(result)}"
    return f"{first}. {proof(result)}".strip()


def proof(result: Optimization) -> str:
    """Say what the proof split showed; nothing where there is no proof."""
    drop = result.proof
    if drop is None:
        return ""
    inputs = numbers.count(drop.n, "input")
    changed = drop.float_only_right + drop.candidate_only_right
    if not result.labelled:
        return (
            f"On {inputs} that nothing was chosen by, it answers {numbers.count(changed)} otherwise than the float "
            f"model, which says nothing of which is right: {share(drop.drop)} points, with 95% confidence at most "
            f"{share(drop.upper())}.{_caveat(result, drop)}"
        )
    return (
        f"On {inputs} that nothing was chosen by, it loses {numbers.count(drop.float_only_right)} right answers of the "
        f"float model and wins {numbers.count(drop.candidate_only_right)}: a drop of {share(drop.drop)} points, with "
        f"95% confidence at most {share(drop.upper())}.{_caveat(result, drop)}"
    )


def nearest(result: Optimization) -> str:
    """Name the nearest miss, and how many inputs would settle it; nothing where no candidate was measured."""
    missed = result.nearest_miss
    if missed is None or missed.drop is None:
        return ""
    drop = missed.drop
    said = (
        f"The nearest is {missed.name}, {numbers.size(missed.size)}: a drop of {share(drop.drop)} points, at worst "
        f"{share(drop.upper())}, on {numbers.count(drop.n, 'input')}."
    )
    needed = drop.samples_needed(result.max_drop) if missed.status == "too few to tell" else None
    return f"{said} {_more(needed)}" if needed else said


def measure(result: Optimization) -> str:
    """Name what a drop is a drop of: accuracy, or agreement where nobody knows the right answers."""
    return "accuracy" if result.labelled else "agreement"


def budget(result: Optimization) -> str:
    """Write the budget: "1 point"."""
    shown = share(result.max_drop)
    return f"{shown} point" if shown == "1" else f"{shown} points"


def share(fraction: float) -> str:
    """Write a share in points without the word, with two digits where needed: 0.0125 is "1.25"."""
    shown = f"{fraction * 100:.2f}".rstrip("0").rstrip(".")
    return "0" if shown in ("-0", "0") else shown.replace("-", "−")


def change(fraction: float) -> str:
    """Write a drop as the change which it is, with its sign: 0.0125 is "−1.25", -0.01 is "+1"."""
    shown = share(-fraction)
    return shown if shown == "0" or shown.startswith("−") else f"+{shown}"


def source_name(result: Optimization) -> str:
    """Name the source as people call it, without its folder."""
    return Path(result.source.name).name


def _row(result: Optimization, number: int, candidate: Candidate) -> tuple[str | None, ...]:
    drop, timing = candidate.drop, candidate.timing
    chosen = candidate is result.chosen
    return (
        f"{number} {candidate.name}",
        numbers.size(candidate.size),
        numbers.ratio(candidate.size, result.source.size),
        change(drop.drop) if drop else None,
        _bound(drop),
        numbers.duration(timing.median_s) if timing else None,
        numbers.ratio(candidate.latency_ratio, 1.0),
        numbers.size(candidate.peak_memory),
        f"{candidate.status}, chosen" if chosen else candidate.status,
    )


def _caveat(result: Optimization, drop: PairedDrop) -> str:
    """Say it where the proof split alone does not prove what the selection split did."""
    if drop.upper() <= result.max_drop or not result.within_budget:
        return ""
    if drop.drop > result.max_drop:
        return f" That is over the budget of {budget(result)}: the inputs to choose by were kinder than these."
    return f" By themselves these are too few to prove the budget of {budget(result)}."


def _bound(drop: PairedDrop | None) -> str | None:
    return change(drop.upper()) if drop else None


def _note(result: Optimization, time: str) -> str:
    seen = max((candidate.drop.n for candidate in result.candidates if candidate.drop), default=0)
    decides = "The measured change decides" if result.point_estimate else "The worst one decides"
    basis = f"Change of {measure(result)} in points on {numbers.count(seen, 'input')}, both models on the same ones"
    return f"{basis}; at worst: the one-sided 95% bound. {decides}; the budget is {budget(result)}. {time}"


def _more(needed: int) -> str:
    return f"About {numbers.count(needed, 'input')} to choose by would prove it at these rates."
