"""What the dashboard shows of an agent as a whole, written as people read it; the page only lays it out."""

from __future__ import annotations

import dataclasses
import time
from collections.abc import Callable, Iterator
from typing import Any

from edgewright.agent.glance import Glance
from edgewright.agent.onlooker import Rates
from edgewright.agent.status import Status, status_tables
from edgewright.machine import Meter, Occupancy, temperature_c
from edgewright.report import Column, KeyFigure, Table, numbers


class Showing:
    """Says how an agent is, each time anew: `status` and `glance` are asked, and the machine."""

    def __init__(self, status: Callable[[], Status], glance: Callable[[], Glance]) -> None:
        self._status = status
        self._glance = glance
        self._rates = Rates()
        self._meter = Meter()

    def __call__(self) -> dict[str, Any]:
        """Plain values for the page; raises `OutputError` where the disk does not say."""
        status, glance = self._status(), self._glance()
        machine = self._meter.read()
        figures = key_figures(status, glance, self._rates.at(time.monotonic(), glance), machine, temperature_c())
        return {
            **status.to_dict(),
            "ran": numbers.duration(status.uptime_s),
            "cpu": machine.cpu,
            "figures": [[figure.label, figure.value, figure.detail] for figure in figures],
            "tables": [_plain(table) for table in _tables(status)],
        }


def key_figures(
    status: Status, glance: Glance, rates: tuple[float, float], machine: Occupancy, warm_c: float | None
) -> Iterator[KeyFigure]:
    """The handful of numbers at the top; what a machine does not measure is left out."""
    captured, looked_at = rates
    yield KeyFigure("frames/s", f"{looked_at:.1f}", f"of {captured:.1f} captured")
    yield KeyFigure("model", numbers.duration(glance.took_s) if glance.looked_at else numbers.MISSING, "for a frame")
    slow = status.latency_p95_s
    detail = f"95%: {numbers.duration(slow)}" if slow is not None else ""
    yield KeyFigure("latency", numbers.duration(status.latency_median_s), detail)
    yield KeyFigure("events", f"{status.events:,}", f"{glance.events:,} this run")
    waiting = max(status.pending.values(), default=0)
    yield KeyFigure("waiting", f"{waiting:,}", f"{status.sent:,} sent")
    if machine.cpu is not None:
        yield KeyFigure("processor", numbers.percent(machine.cpu, 0), "of all cores")
    if machine.own_bytes is not None:
        share = f"machine {numbers.percent(machine.memory, 0)} full" if machine.memory is not None else ""
        yield KeyFigure("memory", numbers.size(machine.own_bytes), share)
    if warm_c is not None:
        yield KeyFigure("temperature", f"{warm_c:.0f} °C", "hottest place")


def _tables(status: Status) -> list[Table]:
    """The ledger, without what the page says elsewhere, and each sink's outbox."""
    ledger, *others = (table for table in status_tables(status.to_dict()) if table.title)
    rows = [(sink, f"{status.pending.get(sink, 0):,}") for sink in status.sinks]
    sinks = Table("Where events go", (Column("sink"), Column("waiting", "right")), rows)
    return [dataclasses.replace(ledger, note=""), *others, sinks]


def _plain(table: Table) -> dict[str, Any]:
    columns = [{"heading": column.full_heading, "is_number": column.align == "right"} for column in table.columns]
    return {"title": table.title, "columns": columns, "rows": table.cells(), "note": table.note}
