"""The report of a benchmark as one self-contained page with charts."""

from __future__ import annotations

from collections.abc import Mapping

from edgewright.bench.results import Benchmark, Measured
from edgewright.bench.wording import (
    NO_OPERATOR_TIMES,
    brief,
    cold_start_stages,
    memory_parts,
    name_of,
    per_second,
    tables,
)
from edgewright.machine import Timing
from edgewright.report import (
    Bar,
    Bars,
    Block,
    Facts,
    Interval,
    Intervals,
    KeyFigure,
    KeyFigures,
    Page,
    Paragraph,
    Section,
    numbers,
)

_HOW = (
    "A bar from the fastest round to the slowest, a dot at the median. Two candidates differ where their bars do not "
    "overlap."
)


def report_page(result: Benchmark) -> Page:
    """The report as a page."""
    files, latency, *rest = tables(result)
    ends = [rest.pop(0)] if result.pictures else []
    throughput, cold, memory = rest
    sections = [
        Section("Latency", (*_notices(result), _latencies(result), latency, *_ends(result), *ends)),
        Section("Throughput", (_rates(result), throughput)),
        Section("Cold start", (_starts(result), cold)),
        Section("Memory and size", (*_memories(result), memory, files)),
        Section("How this was measured", (_facts(result), Paragraph(NO_OPERATOR_TIMES))),
    ]
    return Page(
        title="How fast it is",
        subtitle=_subtitle(result),
        figures=_key_figures(result),
        sections=sections,
        footer=f"Made by edgewright bench in {numbers.duration(result.seconds)}.",
    )


def _subtitle(result: Benchmark) -> str:
    beside = f" beside {result.baseline.name}" if result.baseline else ""
    return f"{result.model.name}{beside}, on {result.machine.device or result.machine.cpu or 'this machine'}."


def _key_figures(result: Benchmark) -> KeyFigures:
    """Those of the first candidate."""
    first = result.measured[0]
    rate, start = first.throughput, first.cold_start
    cores = numbers.count(rate.workers, "interpreter")
    told = brief(first.compared) if result.baseline else f"95% within {numbers.duration(first.latency.p95_s)}"
    figures = [
        KeyFigure("One inference", numbers.duration(first.latency.median_s), told or ""),
        KeyFigure(f"{result.unit.capitalize()} per second", per_second(rate.per_second), f"with {cores}"),
        KeyFigure("Cold start", numbers.duration(start.total_s), "to the first result"),
        KeyFigure("Size", numbers.size(result.model.size), _smaller(result)),
    ]
    if start.peak_bytes is not None:
        figures.insert(3, KeyFigure("Peak memory", numbers.size(start.peak_bytes), _of_model(start.model_bytes)))
    return KeyFigures(figures)


def _smaller(result: Benchmark) -> str:
    return numbers.change(result.baseline.size, result.model.size) if result.baseline else ""


def _of_model(size: int | None) -> str:
    return f"{numbers.size(size)} of it for the model"


def _notices(result: Benchmark) -> list[Block]:
    return [Paragraph(notice, "warning") for notice in result.notices]


def _latencies(result: Benchmark) -> Intervals:
    points = [_interval(result, one, one.latency) for one in result.measured]
    return Intervals("Time of one inference", points, numbers.duration, lead=_HOW, from_zero=True)


def _ends(result: Benchmark) -> list[Block]:
    points = [_interval(result, one, one.end_to_end) for one in result.measured if one.end_to_end]
    title = "Time of one picture, from file to result"
    return [Intervals(title, points, numbers.duration, from_zero=True)] if points else []


def _interval(result: Benchmark, one: Measured, timing: Timing) -> Interval:
    low, high = min(timing.round_medians), max(timing.round_medians)
    return Interval(name_of(result, one), timing.median_s, low, high, numbers.duration(timing.median_s))


def _rates(result: Benchmark) -> Intervals:
    points = [
        Interval(name_of(result, one), rate.per_second, *rate.range, f"{per_second(rate.per_second)} per second")
        for one in result.measured
        for rate in [one.throughput]
    ]
    title = f"{result.unit.capitalize()} per second, all cores at once"
    return Intervals(title, points, per_second, from_zero=True)


def _starts(result: Benchmark) -> Bars:
    """Bars beside each other; of one candidate its stages, since a single bar says nothing."""
    lead = "From the start of a fresh Python process to the first result; the file is in the system's cache already."
    times = _parts(cold_start_stages(result.measured[0].cold_start)) if _stands_alone(result) else _totals(result)
    return Bars("Cold start", [Bar(name, time, numbers.duration(time), main=main) for name, time, main in times], lead)


def _memories(result: Benchmark) -> list[Block]:
    peaks = [(one, peak) for one in result.measured if (peak := one.cold_start.peak_bytes) is not None]
    if not peaks:
        return [Paragraph("This system does not tell how much memory a process held.")]
    held = [(name_of(result, measured), float(peak), not place) for place, (measured, peak) in enumerate(peaks)]
    if _stands_alone(result):
        held = _parts(memory_parts(result.measured[0].cold_start))
    bars = [Bar(name, size, numbers.size(round(size)), main=main) for name, size, main in held]
    return [Bars("Peak memory of that process", bars, lead="The most that it held, Python and its libraries included.")]


def _stands_alone(result: Benchmark) -> bool:
    return len(result.measured) == 1


def _totals(result: Benchmark) -> list[tuple[str, float, bool]]:
    measured = enumerate(result.measured)
    return [(name_of(result, one), one.cold_start.total_s, not place) for place, one in measured]


def _parts(parts: Mapping[str, float | None]) -> list[tuple[str, float, bool]]:
    """Parts of one candidate, the longest of which stands out."""
    known = {name: max(value, 0.0) for name, value in parts.items() if value is not None}
    return [(name, value, value == max(known.values())) for name, value in known.items()]


def _facts(result: Benchmark) -> Facts:
    first = result.measured[0]
    inputs = numbers.count(result.pictures, "picture") if result.pictures else "random values within the model's types"
    facts = [
        ("Inputs", inputs),
        *([("Delegates", ", ".join(result.delegates))] if result.delegates else []),
        ("Rounds", f"{first.latency.rounds}, all candidates in turns; the quietest are kept"),
        ("Cold starts", f"the median of {numbers.count(len(first.cold_starts), 'fresh process', 'fresh processes')}"),
        *((one.name, f"{numbers.size(one.size)}, SHA-256 {one.sha256}") for one in result.subjects),
        ("Machine", result.machine.summary()),
    ]
    libraries = ", ".join(f"{name} {version}" for name, version in result.machine.libraries.items())
    return Facts([*facts, ("Libraries", libraries)] if libraries else facts)
