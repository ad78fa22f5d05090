"""How the devices of a fleet are doing, by what they have reported."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from edgewright.report import Column, Table, numbers

# One that says nothing for so many of its own intervals, and a little, is silent.
_INTERVALS, _GRACE_S, _USUAL_S = 3.0, 30.0, 60.0
_LONGEST_S = 1e9
_LATE = frozenset({"waiting", "failed", "refused", "unreadable"})
_UNDER_WAY = frozenset({"fetching", "installing", "installed"})


@dataclass(frozen=True)
class DeviceReport:
    """What is known of one device.

    `state`: "healthy", "unhealthy", "offline", "silent" (it says nothing any more), "unknown" (it never said anything)
    or "unreadable". `seen_s`: how long ago its last report is, in seconds; `why`: what does not work; `update`: the
    version that is wanted of it, and how far it is.
    """

    name: str
    state: str
    version: int | None = None
    label: str = ""
    groups: tuple[str, ...] = ()
    seen_s: float | None = None
    why: str = ""
    counters: Mapping[str, int] | None = None
    waiting: int | None = None
    update: Mapping[str, Any] | None = None

    @property
    def is_well(self) -> bool:
        """Whether it is at work, and nothing is wrong."""
        return self.state == "healthy"

    def to_dict(self) -> dict[str, Any]:
        """Plain JSON values."""
        return asdict(self)

    @classmethod
    def of(cls, name: str, said: Mapping[str, Any], now_s: float) -> DeviceReport:
        """Out of a report as the broker has it, which anybody may have written; `now_s` is in seconds since 1970."""
        troubles, update = _dict(said.get("troubles")), _dict(said.get("update"))
        written_s = _seconds(said.get("time"))
        seen_s = None if written_s is None else max(0.0, now_s - written_s)
        return cls(
            name,
            _state(said, seen_s),
            version=_whole(said.get("version")),
            label=str(said.get("label", ""))[:40],
            groups=tuple(map(str, _list(said.get("groups")))),
            seen_s=seen_s,
            why="; ".join(f"{part}: {reason}" for part, reason in troubles.items())[:500],
            counters={
                str(key): count for key, count in _dict(said.get("counters")).items() if _whole(count) is not None
            },
            waiting=_whole(said.get("waiting")),
            update=update or None,
        )


def reports_of(
    said: Mapping[str, Mapping[str, Any]], now_s: float, expected: Collection[str] = ()
) -> list[DeviceReport]:
    """What is known of each device that reported, and of those that are `expected`, by name."""
    unknown = [DeviceReport(name, "unknown", why="it never reported") for name in expected if name not in said]
    found = [DeviceReport.of(name, report, now_s) for name, report in said.items()]
    return sorted([*found, *unknown], key=lambda report: report.name)


def fleet_table(reports: Sequence[DeviceReport]) -> Table:
    """Who has what, and how it is; for people."""
    columns = (
        Column("device"), Column("version"), Column("state"), Column("seen", "right"),
        Column("events", "right"), Column("sent", "right"), Column("waiting", "right"), Column("what else"),
    )  # fmt: skip
    well = sum(report.is_well for report in reports)
    versions = ", ".join(map(str, sorted({report.version for report in reports if report.version is not None})))
    note = f"{well} of {len(reports)} are healthy." + (f" Versions: {versions}." if versions else "")
    return Table("", columns, [_row(report) for report in reports], note=note)


def _row(report: DeviceReport) -> tuple[str, ...]:
    counters = report.counters or {}
    seen = numbers.MISSING if report.seen_s is None else _age(report.seen_s)
    counts = (counters.get("events"), counters.get("sent"), report.waiting)
    version = numbers.MISSING if report.version is None else str(report.version)
    return (
        report.name, version, report.state, seen,
        *(numbers.MISSING if count is None else f"{count:,}" for count in counts), _else(report),
    )  # fmt: skip


def _age(seconds: float) -> str:
    """Clocks of two machines differ by more than a part of a second."""
    return f"{round(seconds)} s" if seconds < 59.5 else numbers.duration(seconds)


def _else(report: DeviceReport) -> str:
    update = report.update or {}
    state, wanted = update.get("state"), update.get("wanted")
    said = [report.why] if report.why else []
    if isinstance(state, str) and state in _LATE | _UNDER_WAY:
        said.append(f"update{'' if wanted is None else f' to {wanted}'} {state}: {update.get('why', '')}".rstrip(": "))
    return "; ".join(said)


def _state(said: Mapping[str, Any], seen_s: float | None) -> str:
    if said.get("state") == "offline":
        return "offline"
    if said.get("state") != "online" or seen_s is None:
        return "unreadable"
    if seen_s > _INTERVALS * _interval(said.get("every_s")) + _GRACE_S:
        return "silent"
    return "healthy" if said.get("healthy") is True else "unhealthy"


def _interval(every_s: Any) -> float:
    """Seconds between reports, as a report has it; the usual where that makes no sense."""
    fits = isinstance(every_s, int | float) and not isinstance(every_s, bool) and 0 <= every_s < _LONGEST_S
    return float(every_s) if fits else _USUAL_S


def _seconds(text: Any) -> float | None:
    """Of a time as reports have it, since 1970."""
    try:
        return datetime.datetime.fromisoformat(text).timestamp() if isinstance(text, str) else None
    except (ValueError, OverflowError):
        return None


def _dict(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) else None
