"""What the dashboard shows of an agent as a whole, written as people read it; the page only lays it out."""

from __future__ import annotations

import dataclasses
import logging
import os
import time
from collections.abc import Callable, Iterable, Iterator
from functools import partial
from pathlib import Path
from typing import Any, Self

from edgewright.agent.capture.frame import Frame
from edgewright.agent.config.address import Address
from edgewright.agent.config.settings import Settings, model_name
from edgewright.agent.dashboard.access import VARIABLE, link, token_of
from edgewright.agent.dashboard.process import Dashboard, Shown
from edgewright.agent.dashboard.view import Shape, View
from edgewright.agent.events.event import Event
from edgewright.agent.events.places.place import Place, Zone
from edgewright.agent.events.sighting import Sighting
from edgewright.agent.glance import Glance
from edgewright.agent.inference.supervisor import Supervisor
from edgewright.agent.onlooker import Rates
from edgewright.agent.state_names import DASHBOARD
from edgewright.agent.status import Status, status_tables
from edgewright.machine import Meter, Occupancy, temperature_c
from edgewright.report import Column, KeyFigure, Table, numbers

log = logging.getLogger(__name__)

# A live picture in pixels, as wide as the page shows it, and its quality as JPEG.
_WIDTH, _QUALITY = 800, 70


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


class Window:
    """The dashboard of one run, in a `with` block; `showing` says how the agent is.

    Raises what `Dashboard` and `token_of` raise.
    """

    def __init__(
        self, settings: Settings, address: Address, sources: tuple[str, ...], folder: Path, showing: Showing
    ) -> None:
        self._path = path = folder / DASHBOARD
        token = token_of(address, path)
        model = Path(model_name(settings.model)).name
        shown = Shown(model, sources, tuple(map(_shape, settings.places)))
        self._dashboard = Dashboard(address, shown, showing, token)
        self._feed = self._dashboard.feed
        self._note = f"; its token is in {path}" if token and not token.is_fresh and VARIABLE not in os.environ else ""
        self._is_fresh = token is not None and token.is_fresh
        self._count = 0

    def __enter__(self) -> Self:
        try:
            self._dashboard.__enter__()
        except BaseException:
            if self._is_fresh:  # nobody has seen it
                self._path.unlink(missing_ok=True)
            raise
        # A token is told once, to whoever starts the agent for the first time: a log is read by many.
        address = self._dashboard.link if self._is_fresh else link(self._dashboard.address, None)
        log.info("the dashboard is at %s%s", address, self._note)
        return self

    def __exit__(self, *_: object) -> None:
        self._dashboard.__exit__()

    def show(self, source: str, frame: Frame, sighting: Sighting, supervisor: Supervisor) -> None:
        """Show a frame with what was seen in it, if somebody waits for one.

        Of the picture the worker gives what others may see, and nothing else of it is sent.
        """
        self._count += 1
        if not self._feed.wants(source):
            return
        # Where things are tracked there are unsure ones among them, which only those of other pictures speak for.
        seen = sighting.tracks if sighting.is_tracked else sighting.things or sighting.observations or sighting.best
        view = View(source, self._count, frame.captured_s, sighting.size, seen, sighting.took_s, sighting.said)
        self._feed.show(view, partial(supervisor.snapshot, _WIDTH, _QUALITY))

    def tell(self, events: Iterable[Event]) -> None:
        """Show events that are stored."""
        self._feed.tell(events)


def _shape(place: Place) -> Shape:
    return Shape("zone" if isinstance(place, Zone) else "line", place.name, tuple(place.points), place.source or "")


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
    return [dataclasses.replace(ledger, title="Ledger", note=""), *others, sinks]


def _plain(table: Table) -> dict[str, Any]:
    columns = [{"heading": column.full_heading, "is_number": column.align == "right"} for column in table.columns]
    return {"title": table.title, "columns": columns, "rows": table.cells(), "note": table.note}
