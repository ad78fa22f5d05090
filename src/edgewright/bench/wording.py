"""The figures of a benchmark as tables, in words that fit a terminal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from edgewright.bench.results import Benchmark, ColdStart, Comparison, Measured
from edgewright.machine import Timing
from edgewright.report import Column, Table, numbers

if TYPE_CHECKING:
    from edgewright.evaluate import EngineChoice

NO_OPERATOR_TIMES = "Time per operator: not available from this runtime."

_TIMES = (Column("median", "right"), Column("95% within", "right"), Column("spread", "right"))


def tables(result: Benchmark) -> list[Table]:
    """All tables, in the order in which they are shown."""
    ends = [_ends(result)] if result.pictures else []
    return [_files(result), _latency(result), *ends, _throughput(result), _cold_starts(result), _memory(result)]


def brief(comparison: Comparison | None) -> str | None:
    """A comparison in words: "2.4× faster, real"; None for what others are compared with."""
    if comparison is None:
        return None
    words = numbers.change(1.0, comparison.ratio, "time")
    return f"{words}, real" if comparison.verdict == "real" else f"{comparison.verdict} ({words})"


def name_of(result: Benchmark, one: Measured) -> str:
    """A candidate in words, with its model's part only where there are two."""
    return f"{role_of(result, one)}: {one.candidate.way}" if result.baseline else one.candidate.way


def role_of(result: Benchmark, one: Measured) -> str:
    """What the candidate's model is here: "model" or "baseline"."""
    return "model" if one.candidate.model == result.model.name else "baseline"


def per_second(rate: float) -> str:
    """A rate with three significant digits: "1,240" or "3.50"."""
    rounded = float(f"{rate:.3g}")
    return f"{rounded:,.0f}" if rounded >= 100 else f"{rounded:#.3g}"


def _files(result: Benchmark) -> Table:
    columns = (Column(""), Column("file"), Column("size", "right"), Column("multiply-accumulates", "right"))
    roles = zip(("model", "baseline"), result.subjects, strict=False)
    rows = [(role, one.name, numbers.size(one.size), numbers.count(one.macs)) for role, one in roles]
    return Table("", columns, rows)


def _latency(result: Benchmark) -> Table:
    timed = f"on {numbers.count(result.pictures, 'prepared picture')}" if result.pictures else "on made-up inputs"
    rows = [_times(one.latency) for one in result.measured]
    return _per_candidate(result, f"One inference, {timed}", _TIMES, rows, lambda one: one.compared)


def _ends(result: Benchmark) -> Table:
    rows = [_times(one.end_to_end) for one in result.measured if one.end_to_end]
    return _per_candidate(result, "One picture, from file to result", _TIMES, rows, lambda one: one.end_to_end_compared)


def _times(timing: Timing) -> tuple[str, ...]:
    spread = numbers.percent(timing.spread)
    return numbers.duration(timing.median_s), numbers.duration(timing.p95_s), spread


def _throughput(result: Benchmark) -> Table:
    columns = (Column("interpreters", "right"), Column("per second", "right"), Column("spread", "right"))
    rates = [one.throughput for one in result.measured]
    rows = [(str(rate.workers), per_second(rate.per_second), numbers.percent(rate.timing.spread)) for rate in rates]
    title = f"All cores at once: {result.unit} per second"
    return _per_candidate(result, title, columns, rows, lambda one: one.throughput_compared)


def cold_start_stages(start: ColdStart) -> dict[str, float]:
    """The stages of a cold start by name, in seconds."""
    return {"imports": start.imports_s, "read": start.read_s, "open": start.open_s, "first run": start.first_s}


def memory_parts(start: ColdStart) -> dict[str, int | None]:
    """What the memory of a cold start is made of, in bytes; None where the system does not tell."""
    return {"imports": start.base_bytes, "model": start.model_bytes}


def _cold_starts(result: Benchmark) -> Table:
    starts = [one.cold_start for one in result.measured]
    columns = [Column(name, "right") for name in ("first result", *cold_start_stages(starts[0]))]
    times = [(start.total_s, *cold_start_stages(start).values()) for start in starts]
    rows = [[numbers.duration(seconds) for seconds in row] for row in times]
    return _per_candidate(result, "Cold start: a fresh process, to its first result", columns, rows)


def _memory(result: Benchmark) -> Table:
    starts = [one.cold_start for one in result.measured]
    columns = [Column(name, "right") for name in ("peak", *memory_parts(starts[0]))]
    rows = [[numbers.size(size) for size in (start.peak_bytes, *memory_parts(start).values())] for start in starts]
    return _per_candidate(result, "Memory of that process", columns, rows)


def _per_candidate(
    result: Benchmark,
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Sequence[str]],
    compared: Callable[[Measured], Comparison | None] | None = None,
) -> Table:
    """One row for each candidate; a column of comparisons where there is something to compare."""
    firsts = [_first_cells(result, one) for one in result.measured]
    first = [*([Column("")] if result.baseline else []), Column("engine"), Column("threads", "right")]
    lasts: list[list[str | None]] = [[] for _ in result.measured]
    last: list[Column] = []
    if compared is not None and len(result.measured) > 1:
        lasts = [[brief(compared(one))] for one in result.measured]
        last = [Column("beside baseline" if result.baseline else "beside the first")]
    return Table(
        title,
        (*first, *columns, *last),
        [(*start, *row, *end) for start, row, end in zip(firsts, rows, lasts, strict=True)],
    )


def _first_cells(result: Benchmark, one: Measured) -> list[str | int]:
    role: list[str | int] = [role_of(result, one)] if result.baseline else []
    return [*role, one.candidate.engine, one.candidate.threads]


def choice_table(choice: EngineChoice) -> Table:
    """The candidates of `evaluate.choose_engine`, what was chosen among them, and why others are out."""
    columns = (Column("engine"), Column("threads", "right"), *_TIMES, Column(""))
    rows = [
        (
            one.engine,
            one.threads,
            *(_times(one.timing) if one.timing else (None, None, None)),
            "chosen" if (one.engine, one.threads) == (choice.engine, choice.threads) else one.reason,
        )
        for one in choice.candidates
    ]
    return Table("One inference, on made-up inputs", columns, rows)
