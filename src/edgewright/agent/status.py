"""How an agent is doing, in numbers: what it saw, kept and sent, beside what a server would have cost instead."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from edgewright.agent.config.settings import Settings, model_name
from edgewright.agent.ledger import Link, by_source
from edgewright.brief import line_of
from edgewright.report import Column, Table, numbers

# What a line says of it.
_COUNTS = ("captured", "looked_at", "events", "sent", "dropped")

SOURCE_COUNTS = ("captured", "still", "looked_at")
"""What is counted of each source."""


@dataclass(frozen=True)
class Status:
    """The ledger of an agent, since its state was made; latencies are of this run.

    `captured` frames, of which `damaged` came broken, `looked_at` went through the model, and `refused` gave no answer;
    `still` ones were not looked at, as nothing had moved. `sources`: those of `SOURCE_COUNTS` for each. `worked_s` is
    the mean of the model's own time for one. `dropped` events were given up for want of room, `passed_over` because a
    sink never takes them. Sizes are bytes: `bytes_captured` as they came from the source,
    `bytes_kept` of snapshots, `bytes_sent` to all sinks. `jpeg_bytes` is what all captured frames would have been as
    JPEG, extrapolated from `jpeg_samples` frames that were encoded. `latency_median_s` and `latency_p95_s`: from
    capture to stored event, exact to 5%. `pending`: events that wait, by sink; `troubles`: what does not work now, by
    part. `server_s`: a frame's way to a server and back over `link`, without the server's own work.
    """

    model: str
    source: str
    sinks: tuple[str, ...]
    written_s: float
    uptime_s: float
    captured: int
    damaged: int
    looked_at: int
    refused: int
    still: int
    events: int
    dropped: int
    sent: int
    passed_over: int
    pending: Mapping[str, int]
    bytes_captured: int
    bytes_kept: int
    bytes_sent: int
    jpeg_bytes: int | None
    jpeg_samples: int
    worked_s: float | None
    latency_median_s: float | None
    latency_p95_s: float | None
    server_s: float | None
    link: Link
    troubles: Mapping[str, str]
    sources: Mapping[str, Mapping[str, int]]

    def to_dict(self) -> dict[str, Any]:
        """All figures, ready for JSON."""
        return asdict(self)

    def __repr__(self) -> str:
        return line_of(
            self,
            *(f"{count.replace('_', ' ')} {getattr(self, count):,}" for count in _COUNTS),
            f"waiting {sum(self.pending.values()):,}",
        )


def status_of(
    *,
    settings: Settings,
    sources: Sequence[str],
    uptime_s: float,
    counters: Mapping[str, float],
    pending: Mapping[str, int],
    latency: Callable[[float], float | None],
    troubles: Mapping[str, str],
) -> Status:
    """Put the figures together."""
    count = {name: int(value) for name, value in counters.items()}
    jpeg = _mean(counters, "jpeg_sample_bytes", "jpeg_samples")
    return Status(
        model=model_name(settings.model),
        source=", ".join(sources),
        sinks=tuple(sink.name for sink in settings.sinks),
        written_s=time.time(),
        uptime_s=uptime_s,
        captured=count.get("captured", 0),
        damaged=count.get("damaged", 0),
        looked_at=count.get("looked_at", 0),
        refused=count.get("refused", 0),
        still=count.get("still", 0),
        events=count.get("events", 0),
        dropped=count.get("dropped", 0),
        sent=count.get("sent", 0),
        passed_over=count.get("passed_over", 0),
        pending=dict(pending),
        bytes_captured=count.get("bytes_captured", 0),
        bytes_kept=count.get("bytes_kept", 0),
        bytes_sent=count.get("bytes_sent", 0),
        jpeg_bytes=None if jpeg is None else round(jpeg * count.get("captured", 0)),
        jpeg_samples=count.get("jpeg_samples", 0),
        worked_s=_mean(counters, "worked_s", "looked_at"),
        latency_median_s=latency(0.5),
        latency_p95_s=latency(0.95),
        server_s=None if jpeg is None else settings.link.seconds(jpeg),
        link=settings.link,
        troubles=dict(troubles),
        sources={name: {what: count.get(by_source(name, what), 0) for what in SOURCE_COUNTS} for name in sources},
    )


def status_before_start(settings: Settings) -> Status:
    """The status of an agent that was stopped before there was room to start."""
    return status_of(
        settings=settings,
        sources=[source.name or source.kind for source in settings.sources],
        uptime_s=0.0,
        counters={},
        pending={},
        latency=lambda _: None,
        troubles={"disk": "there was no room to start"},
    )


def status_tables(status: Mapping[str, Any], now_s: float | None = None) -> list[Table]:
    """A status, as `Status.to_dict` or `read_status` gives it, as tables for people; `now_s` replaces the clock."""
    troubles = status["troubles"].items()
    columns = (Column("what does not work now"), Column("why"))
    in_trouble = [Table("", columns, [(part, reason) for part, reason in troubles])] if troubles else []
    figures = _figures(status, time.time() if now_s is None else now_s)
    each = [_each_source(status["sources"])] if len(status.get("sources", ())) > 1 else []
    return [figures, *each, *in_trouble, *([_comparison(status)] if _has_measured(status) else [])]


def _figures(status: Mapping[str, Any], now_s: float) -> Table:
    rows = [
        ("frames captured", f"{status['captured']:,}", numbers.size(status["bytes_captured"])),
        *_counted("damaged, and not looked at", status.get("damaged", 0)),
        *_still(status.get("still", 0), status["looked_at"]),
        ("looked at by the model", f"{status['looked_at']:,}", ""),
        *_counted("pictures without an answer", status.get("refused", 0)),
        ("events stored", f"{status['events']:,}", ""),
        ("events sent", f"{status['sent']:,}", numbers.size(status["bytes_sent"])),
        ("events dropped", f"{status['dropped']:,}", ""),
        *_counted("events passed over", status.get("passed_over", 0)),  # programs of before did not write it
        *_waiting(status["pending"]),
    ]
    if status["bytes_kept"]:
        rows.append(("snapshots written here", "", numbers.size(status["bytes_kept"])))
    columns = (Column("since the state was made"), Column("count", "right"), Column("size", "right"))
    return Table(f"{status['model']} on {status['source']}", columns, rows, note=_when(status, now_s))


def _counted(what: str, count: int) -> list[tuple[str, str, str]]:
    """A line only where there are any."""
    return [(what, f"{count:,}", "")] if count else []


def _still(still: int, looked_at: int) -> list[tuple[str, str, str]]:
    return _counted(f"still, and not looked at ({still / (still + looked_at):.0%})", still) if still else []


def _each_source(sources: Mapping[str, Mapping[str, int]]) -> Table:
    columns = (Column("source"), *(Column(what.replace("_", " "), "right") for what in SOURCE_COUNTS))
    rows = [(name, *(f"{counts[what]:,}" for what in SOURCE_COUNTS)) for name, counts in sources.items()]
    return Table("", columns, rows)


def _waiting(pending: Mapping[str, int]) -> list[tuple[str, str, str]]:
    waited_for = [(f"waiting for {sink}", f"{count:,}", "") for sink, count in pending.items() if count]
    return waited_for or [("events waiting", "0", "")]


def _when(status: Mapping[str, Any], now_s: float) -> str:
    """Whether the agent is running, and how old the figures are; nothing is known of the former at the end of a run."""
    ran, age = (numbers.duration(max(0.0, one)) for one in (status["uptime_s"], now_s - status["written_s"]))
    if "running" not in status:
        return f"Ran for {ran}."
    if status["running"]:
        return f"The agent is running; it wrote this {age} ago, {ran} after its start."
    return f"The agent is not running; it wrote this {age} ago, {ran} after its start."


def _has_measured(status: Mapping[str, Any]) -> bool:
    """Whether the comparison says something: frames were looked at, and one was encoded to learn its size."""
    return bool(status["looked_at"]) and status["jpeg_bytes"] is not None


def _comparison(status: Mapping[str, Any]) -> Table:
    link = status["link"]
    server = f"server instead ({link['bits_per_s'] / 1e6:g} Mbit/s, {link['round_trip_s'] * 1e3:g} ms)"
    rows = [("bytes sent", numbers.size(status["bytes_sent"]), numbers.size(status["jpeg_bytes"]))]
    if (median_s := status["latency_median_s"]) is not None:  # of this run, in which there may have been nothing
        at_least = f"at least {numbers.duration(status['server_s'])}"
        rows.append(("capture to event, median", numbers.duration(median_s), at_least))
    rows.append(("works without a network", "yes", "no"))
    columns = (Column(""), Column("here", "right"), Column(server, "right"))
    return Table(_title(status), columns, rows, note=_assumptions(status))


def _title(status: Mapping[str, Any]) -> str:
    """Pictures that are sent along, or many events of small pictures, save nothing."""
    saves = status["bytes_sent"] < status["jpeg_bytes"]
    return "What running the model here saves" if saves else "Running the model here, and on a server instead"


def _assumptions(status: Mapping[str, Any]) -> str:
    """What the comparison leaves out, and what it would be with the model's own time."""
    text = "Server: every frame as JPEG, one after the other on an idle link; its own work is not counted."
    if status["worked_s"] is None:
        return text
    both = numbers.duration(status["server_s"] + status["worked_s"])
    return f"{text} If the model took as long there as here ({numbers.duration(status['worked_s'])}): {both}."


def _mean(counters: Mapping[str, float], total: str, count: str) -> float | None:
    return counters.get(total, 0.0) / counters[count] if counters.get(count) else None
