"""An optimization in words and as a table, the same on the terminal and on the page."""

from __future__ import annotations

import math
from pathlib import Path

from edgewright.evaluate import Estimate, Metric
from edgewright.files import packed_size
from edgewright.optimize.decision import Drop, PairedDrop
from edgewright.optimize.results import ACCURACY, NOT_CONFIRMED, Candidate, Optimization
from edgewright.report import Column, Table, numbers

_LATENCY = "Latency of one input, measured in turns with the float model."


def candidates_table(result: Optimization, title: str = "") -> Table:
    """Every candidate with size, change of accuracy, latency and verdict; the chosen one is marked."""
    columns = (
        Column("candidate"),
        Column("size", "right"),
        Column("of float", "right"),
        Column("gzipped", "right"),
        Column("change", "right", unit(result)),
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
    """The same in as few columns as a terminal of 80 letters has room for; gzipped sizes where they matter."""
    columns = (
        Column("candidate"),
        Column("size", "right"),
        Column("gzipped", "right"),
        Column("change", "right"),
        Column("at worst", "right"),
        Column("time", "right"),
        Column("verdict"),
    )
    shown = [place for place in range(len(columns)) if place != 2 or result.counts_gzip]
    rows = [_row(result, *each) for each in enumerate(result.candidates, 1)]
    short = [(row[0], row[1], row[3], row[4], row[5], row[7], row[9]) for row in rows]
    note = _note(result, "Time of one input as a share of the float model's, measured in turns.")
    return Table("", [columns[place] for place in shown], [tuple(row[place] for place in shown) for row in short], note)


def reasons_table(result: Optimization) -> Table | None:
    """Why candidates were not accepted; None where all were."""
    told = [(f"{number} {one.name}", one.why) for number, one in enumerate(result.candidates, 1) if one.why]
    return Table("", (Column("candidate"), Column("why not")), told) if told else None


def verdict(result: Optimization) -> str:
    """Say in a few sentences what was chosen and what is proven of it, or why nothing was chosen."""
    refused = next((candidate for candidate in result.candidates if candidate.reason == NOT_CONFIRMED), None)
    if result.chosen is None and refused is not None and result.proof is not None:
        return _unconfirmed(result, refused, result.proof)
    if result.chosen is None or result.model is None:
        return f"No candidate kept within the budget of {budget(result)}. {nearest(result)}".strip()
    smaller = numbers.change(result.source.size, result.model.size)
    first = f"{result.chosen.name}: {result.model.size:,} bytes, {smaller} than {source_name(result)}"
    first = first.replace("same size than", "the same size as")
    if result.counts_gzip:
        packed = numbers.change(packed_size(result.source.data), packed_size(result.model.data))
        first += f"; gzipped {packed_size(result.model.data):,}, {packed}"
    if not result.within_budget:
        first += f", and over the budget of {budget(result)}"
    return f"{first}. {proof(result)}".strip()


def _unconfirmed(result: Optimization, refused: Candidate, drop: Drop) -> str:
    """Say why nothing was written although candidates were accepted: one choice has one proof, and that failed."""
    if refused.status == "part lost":
        return (
            f"Nothing was written. {refused.name} was the best of those accepted by the inputs to choose by; on "
            f"{numbers.count(drop.n, 'other input')} a part of its outputs says nothing of what the float model's says."
        )
    said = (
        f"Nothing was written. {refused.name} was the best of those accepted by the inputs to choose by, and is not "
        f"confirmed by {numbers.count(drop.n, 'other input')}: {moved(result, drop)}, at worst "
        f"{_bare(result, drop.upper())}, and the budget is {budget(result)}. The others have no proof of their own: "
        "a second choice by the same inputs would prove nothing."
    )
    needed = drop.samples_needed(result.max_drop)
    return f"{said} {_in_all(result, needed, len(result.data.proof))}" if needed else said


def _in_all(result: Optimization, needed: int, part: int) -> str:
    """How many inputs are needed in all, where `part` of those that were given decide."""
    data = result.data
    count = len(data.calibration) + len(data.selection) + len(data.proof)
    return f"About {numbers.count(math.ceil(needed * count / max(part, 1)), 'input')} in all would tell at these rates."


def proof(result: Optimization) -> str:
    """Say what the proof split showed; nothing where there is no proof."""
    drop = result.proof
    if drop is None:
        return ""
    said = f"On {numbers.count(drop.n, 'input')} that nothing was chosen by, {_shown(result, drop)}"
    worse = "" if isinstance(drop, PairedDrop) else "worse by "
    return f"{said}, with 95% confidence {worse}at most {_bare(result, drop.upper())}.{_caveat(result, drop)}"


def _shown(result: Optimization, drop: Drop) -> str:
    if not isinstance(drop, PairedDrop):
        return f"{_values(result)}{moved(result, drop)}"
    if not result.labeled:
        changed = numbers.count(drop.float_only_right + drop.candidate_only_right)
        return (
            f"it answers {changed} otherwise than the float model, which says nothing of which is right: "
            f"{amount(result, drop.drop)}"
        )
    return (
        f"it loses {numbers.count(drop.float_only_right)} right answers of the float model and wins "
        f"{numbers.count(drop.candidate_only_right)}: {moved(result, drop)}"
    )


def moved(result: Optimization, drop: Drop) -> str:
    """Say what was measured: "a drop of 0.2 points", or "worse by 0.012 mm", since an error does not drop."""
    if isinstance(drop, PairedDrop):
        return f"a drop of {amount(result, drop.drop)}"
    which = "worse" if drop.drop > 0 else "better"
    return f"{which} by {amount(result, abs(drop.drop))}" if drop.drop else "no change"


def _values(result: Optimization) -> str:
    """The two values, where the metric has one of each model."""
    if result.before is None or result.after is None:
        return f"its {measure(result)} is "
    here, there = value(result, result.after), value(result, result.before)
    return f"its {measure(result)} is {here}, and that of the float model {there}: "


def nearest(result: Optimization) -> str:
    """Name the nearest miss, and how many inputs would settle it; nothing where no candidate was measured."""
    missed = result.nearest_miss
    if missed is None or missed.drop is None:
        return ""
    drop = missed.drop
    said = (
        f"The nearest is {missed.name}, {numbers.size(missed.size)}: {moved(result, drop)}, at worst "
        f"{_bare(result, drop.upper())}, on {numbers.count(drop.n, 'input')}."
    )
    needed = drop.samples_needed(result.max_drop) if missed.status == "too few to tell" else None
    return f"{said} {_in_all(result, needed, len(result.data.selection))}" if needed else said


def measure(result: Optimization) -> str:
    """Name what a drop is a drop of: accuracy, agreement where nobody knows the right answers, or another metric."""
    known = {ACCURACY: "accuracy", "agreement": "agreement"}
    return known.get(result.metric.name) or _inside(result.metric.title)


def value(result: Optimization, found: Estimate | None) -> str:
    """A value of the metric: "96.1%", "0.312 mm"."""
    if in_points(result.metric):
        return numbers.percent(found.value if found else None)
    return _with_unit(f"{found.value:.3f}", result.metric) if found else numbers.MISSING


def budget(result: Optimization) -> str:
    """Write the budget: "1 point", "0.01"."""
    one_point = in_points(result.metric) and share(result.max_drop) == "1"
    return "1 point" if one_point else amount(result, result.max_drop)


def amount(result: Optimization, drop: float) -> str:
    """Write a drop or budget with its unit: "1.25 points", "0.012 mm"."""
    return f"{share(drop)} points" if in_points(result.metric) else _with_unit(_number(drop), result.metric)


def change_in(result: Optimization, drop: float) -> str:
    """Write a drop as the change which it is, with its sign: an error rises by what is lost."""
    if in_points(result.metric) and result.metric.higher_is_better:
        return change(drop)
    moved = -drop if result.metric.higher_is_better else drop
    shown = share(moved) if in_points(result.metric) else _number(moved)
    return shown if shown == "0" or shown.startswith("−") else f"+{shown}"


def unit(result: Optimization) -> str:
    """What stands behind such a change: "points", or the metric's unit."""
    return "points" if in_points(result.metric) else result.metric.unit


def in_points(metric: Metric) -> bool:
    """Whether the metric is a fraction that people read in percent."""
    return metric.unit == "%"


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
        numbers.size(candidate.gzip),
        change_in(result, drop.drop) if drop else None,
        change_in(result, drop.upper()) if drop else None,
        numbers.duration(timing.median_s) if timing else None,
        numbers.ratio(candidate.latency_ratio, 1.0),
        numbers.size(candidate.peak_memory),
        f"{candidate.status}, chosen" if chosen else candidate.status,
    )


def _caveat(result: Optimization, drop: Drop) -> str:
    """Say it where the proof split alone does not prove what the selection split did."""
    if drop.upper() <= result.max_drop or not result.within_budget:
        return ""
    if drop.drop > result.max_drop:
        return f" That is over the budget of {budget(result)}: the inputs to choose by were kinder than these."
    return f" By themselves these are too few to prove the budget of {budget(result)}."


def _note(result: Optimization, time: str) -> str:
    seen = max((candidate.drop.n for candidate in result.candidates if candidate.drop), default=0)
    decides = "The measured change decides" if result.point_estimate else "The worst one decides"
    points = " in points" if in_points(result.metric) else ""
    basis = f"Change of {measure(result)}{points} on {numbers.count(seen, 'input')}, both models on the same ones"
    return f"{basis}; at worst: the one-sided 95% bound. {decides}; the budget is {budget(result)}. {time}"


def _bare(result: Optimization, drop: float) -> str:
    """Behind another figure the points are understood."""
    return share(drop) if in_points(result.metric) else amount(result, drop)


def _number(number: float) -> str:
    """Three digits that count, with a real minus sign."""
    shown = f"{number:.3g}"
    return "0" if shown in ("-0", "0") else shown.replace("-", "−", 1) if number < 0 else shown


def _with_unit(shown: str, metric: Metric) -> str:
    return f"{shown} {metric.unit}".rstrip()


def _inside(title: str) -> str:
    """A title inside of a sentence; abbreviations such as mAP and F1 stay what they are."""
    return title[:1].lower() + title[1:] if title[1:2].islower() else title
