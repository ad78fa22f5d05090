"""What an agent does, as one value that checks itself."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from edgewright.agent.ledger import Link
from edgewright.agent.limits import Limits
from edgewright.agent.rules import Rule
from edgewright.agent.sinks import Sink
from edgewright.errors import UsageError

Snapshots = Literal["off", "local", "send"]

DEFAULT_STATE = Path("edgewright-state")


@dataclass(frozen=True)
class SourceSpec:
    """Which pictures: `kind` is one of `source_kinds()`, `target` what that kind takes.

    `every_frame`: none is passed over, however slow the model is. `options` go to the source.
    """

    kind: str
    target: Any
    every_frame: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that an agent is told.

    `model` is a path, a name or a `ModelFile`; `task` and `options` are those of `load`. Without `rules` every result
    is an event. `state` is the folder with the outbox. `snapshots`: whether the picture of an event is kept as JPEG in
    the state folder ("local") or goes along with it ("send"). `top`: how many labels an event carries. `health_port`:
    of /healthz and /metrics, on the loopback interface only. `link`: the network of "server instead".
    """

    model: Any
    source: SourceSpec
    sinks: tuple[Sink, ...]
    rules: tuple[Rule, ...] = ()
    state: Path = DEFAULT_STATE
    snapshots: Snapshots = "off"
    snapshot_limit_bytes: int = 1_000_000_000
    top: int = 5
    task: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    limits: Limits = field(default_factory=Limits)
    health_port: int | None = None
    link: Link = field(default_factory=Link)

    def __post_init__(self) -> None:
        if self.snapshots not in get_args(Snapshots):
            raise UsageError(f"snapshots: {self.snapshots!r}. Choose one of: {', '.join(get_args(Snapshots))}")
        if not self.sinks:
            raise UsageError("nothing says where events go. Name at least one sink (--send), such as stdout")
        if self.top < 1:
            raise UsageError(f"top: {self.top}, expected at least 1")
        _check_unique("sinks", [sink.name for sink in self.sinks])
        _check_unique("rules", [rule.name for rule in self.rules])

    @property
    def labels(self) -> tuple[str, ...]:
        """All labels that rules ask for."""
        return tuple(dict.fromkeys(label for rule in self.rules for label in rule.labels))


def _check_unique(what: str, names: list[str]) -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise UsageError(f"{what}: {', '.join(twice)} is there twice")
