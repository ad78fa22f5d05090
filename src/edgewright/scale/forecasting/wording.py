"""A forecast in tables that fit a terminal, with what has to be said below them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path

from edgewright.report import Column, Table, numbers
from edgewright.scale.forecasting.figures import DECODING, MODEL, PREPARING, READING, WRITING, Forecast

LINE_BYTES_PER_S = 1.25e9
"""What 10 Gbit/s carry, by which many a shared storage is reached."""

_DAY_S = 86_400
_MANY = 1_000_000  # inputs


def forecast_tables(forecast: Forecast) -> list[Table]:
    """The stages of one input, then what many of them take, then what follows where there is something."""
    said = [*forecast.wins, *(f"! {warning}" for warning in forecast.warnings)]
    last = [Table("What follows", [Column("")], [[line] for line in said])] if said else []
    return [_stages(forecast), _loads(forecast), *last]


def _stages(forecast: Forecast) -> Table:
    said = {
        READING: f"reading{_of(forecast.sampled.size.mean) if forecast.sampled.size else ''}",
        PREPARING: "decoding and preparing",
        MODEL: "model",
        DECODING: "results of its outputs",
        WRITING: f"writing, {numbers.size(round(forecast.row_bytes))} a row",
    }
    columns = (Column("stage"), Column("median", "right"), Column("5–95%", "right"), Column("mean", "right"))
    rows = [
        (
            said[name],
            numbers.duration(spread.median),
            _range(spread.low, spread.high),
            numbers.duration(spread.mean),
            numbers.percent(forecast.share(name), 0),
            "bottleneck" if name == forecast.bottleneck else "",
        )
        for name, spread in forecast.stages.items()
    ]
    sampled = forecast.sampled
    listed = f"all {sampled.listed:,}" if sampled.complete else f"the first {sampled.listed:,}"
    title = f"{Path(forecast.model).name}, one thread: {sampled.taken:,} of {listed} {forecast.plural}"
    return Table(title, (*columns, Column("share", "right"), Column("")), rows, "\n".join(_of_one_machine(forecast)))


def _of(size: float) -> str:
    return f", {numbers.size(round(size))}"


def _range(low: float, high: float) -> str | None:
    """Of what was measured as a whole there is none."""
    return f"{numbers.duration(low)} – {numbers.duration(high)}" if low != high else None


def _of_one_machine(forecast: Forecast) -> Iterator[str]:
    workers = forecast.workers
    if forecast.sampled.size is not None:
        yield _places(forecast)
    memory = "" if workers.memory_bytes is None else f", and holds {numbers.size(workers.memory_bytes)}"
    yield (
        f"A worker answers {rate(workers.one)} a second{memory}. {_all(forecast)}Workers give their first answers "
        f"after {numbers.duration(workers.start_s)}."
    )


def _places(forecast: Forecast) -> str:
    cold, warm = forecast.sampled.cold, forecast.warm_s
    again = f"; once more, from memory, in {numbers.duration(warm)}" if warm is not None else ""
    if cold is None:
        return f"Whether inputs were read from memory is not known{again}."
    return f"{cold:,} of {forecast.sampled.taken:,} inputs were read from where they lie{again}."


def _all(forecast: Forecast) -> str:
    """What the workers of a machine do together."""
    workers = forecast.workers
    if workers.count == 1:
        return ""
    held = f" and hold {numbers.size(forecast.memory_bytes)}" if forecast.memory_bytes is not None else ""
    more = workers.all / workers.one
    return f"The {workers.count} of this machine answer {rate(workers.all)}, {more:.2f} times as many,{held}. "


def _loads(forecast: Forecast) -> Table:
    columns = [Column(name, "right") for name in ("inputs", "machines", "time", "listing", "read", "written")]
    rows = [
        _load(forecast, count, machines, first=machines == forecast.machines[0])
        for count in forecast.counts
        for machines in forecast.machines
    ]
    return Table("Machines like this one", (*columns, Column("storage", "right")), rows, "\n".join(_shared(forecast)))


def _load(forecast: Forecast, count: int, machines: int, *, first: bool) -> tuple[str | None, ...]:
    """A row; what is the same for any number of machines is said once."""
    load = forecast.at(count, machines)
    once = (
        None if load.listing_s is None else long_duration(load.listing_s),
        numbers.size(load.read_bytes),
        numbers.size(load.written_bytes + load.listing_bytes),
    )
    return (
        f"{count:,}" if first else "",
        f"{machines:,}",
        long_duration(load.seconds),
        *(once if first else ("", "", "")),
        f"{numbers.size(round(load.storage_bytes_per_s))}/s" if load.read_bytes else None,
    )


def _shared(forecast: Forecast) -> Iterator[str]:
    one = forecast.at(_MANY, 1).storage_bytes_per_s
    if one:
        yield (
            "Storage: what it has to deliver if all machines are as fast as this one. One behind 10 Gbit/s is at its "
            f"limit with {math.floor(LINE_BYTES_PER_S / one):,} of them."
        )
    if forecast.sampled.names_per_s is not None:
        yield f"Listing is done once, by one machine: {forecast.sampled.names_per_s:,.0f} names a second."
    else:
        yield "Listing is left out: these inputs are too few to tell how long it takes."
    yield f"This machine: {forecast.machine.summary()}."


def long_duration(seconds: float) -> str:
    """A time as `numbers.duration` writes it, from two days on in days: "5.8 days"."""
    return f"{seconds / _DAY_S:.1f} days" if seconds >= 2 * _DAY_S else numbers.duration(seconds)


def rate(per_second: float) -> str:
    """A rate with three significant digits: "1,240" or "3.50"."""
    return f"{per_second:,.0f}" if per_second >= 100 else f"{per_second:#.3g}"
