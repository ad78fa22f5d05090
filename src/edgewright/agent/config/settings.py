"""What an agent does, as one value that checks itself."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, get_args

from edgewright.agent.config.address import Address
from edgewright.agent.config.places import check_places
from edgewright.agent.config.privacy import Privacy, checked_labels, checked_mask
from edgewright.agent.config.setting_error import SettingError as SettingError
from edgewright.agent.delivery.limits import Limits
from edgewright.agent.delivery.sinks import Sink
from edgewright.agent.delivery.sinks.home_assistant.watching import Introduced
from edgewright.agent.events.places.place import Line, Place, Zone
from edgewright.agent.events.rules.rule import Rule
from edgewright.agent.inference.following import LOST_S, Tracking
from edgewright.agent.inference.setup import Polygon
from edgewright.agent.ledger import Link

if TYPE_CHECKING:
    from edgewright.agent.fleet.settings import FleetSettings, UpdateSettings

Snapshots = Literal["off", "local", "send"]

_PORTS = range(1, 65_536)

DEFAULT_STATE = Path("edgewright-state")


@dataclass(frozen=True)
class SourceSpec:
    """Which pictures: `kind` is one of `source_kinds()`, `target` what that kind takes.

    `every_frame`: none is passed over, however slow the model is. `options` go to the source. `name`: what its events
    call it, where that is not to be the kind with its target. `mask`: polygons of (x, y) in shares of its pictures that
    neither a model nor anybody else sees. `rate`: the model is asked at most so often a second. `motion`: a picture is
    not looked at where no more than this share (0 to 1) of it has changed.

    Raises `SettingError`.
    """

    kind: str
    target: Any
    every_frame: bool = False
    options: Mapping[str, Any] = field(default_factory=dict)
    name: str | None = None
    mask: tuple[Polygon, ...] = ()
    rate: float | None = None
    motion: float | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "mask", checked_mask(self.mask))
        if self.rate is not None and not 0 < self.rate < math.inf:
            raise SettingError("rate", f"{self.rate:g} a second, expected more than 0")
        if self.motion is not None and not 0 < self.motion < 1:
            raise SettingError("motion", f"{self.motion:.4g} of the picture, expected a share between 0 and 1, as 0.5%")


@dataclass(frozen=True, kw_only=True)
class Settings:
    """All that an agent is told.

    `model` is a path, a name or a `ModelFile`; `task` and `options` are those of `load`. The `sources` share it, in
    turn. With `then`, a second model looks at a crop of each thing that the first one finds, or of those with labels in
    `on`; `then_task` and `then_options` are its own. `privacy`: what nobody may see. Without `rules` every result is an
    event. `state` is the folder with the outbox. `snapshots`: whether the picture of an event is kept as JPEG in the
    state folder ("local") or goes along with it ("send"). `top`: how many labels an event carries. `health_port`: of
    /healthz and /metrics, on the loopback interface only. `dashboard`: where a page to look at is served. `link`: the
    network of "server instead". `zones` and `lines` are places that rules speak of; where there are several sources,
    each says whose it is. `tracking`: how things are followed from picture to picture; True is as usual, and so is None
    where a rule or a line needs it. `fleet`: where the agent reports how it is doing; `updates`: where it learns which
    version its device is to have.

    Raises `SettingError`.
    """

    model: Any
    sources: tuple[SourceSpec, ...]
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
    dashboard: Address | None = None
    link: Link = field(default_factory=Link)
    then: Any = None
    on: tuple[str, ...] = ()
    then_task: str | None = None
    then_options: Mapping[str, Any] = field(default_factory=dict)
    privacy: Privacy = field(default_factory=Privacy)
    zones: tuple[Zone, ...] = ()
    lines: tuple[Line, ...] = ()
    tracking: Tracking | bool | None = None
    fleet: FleetSettings | None = None
    updates: UpdateSettings | None = None

    def __post_init__(self) -> None:
        if self.snapshots not in get_args(Snapshots):
            raise SettingError("snapshots", f"{self.snapshots!r}. Choose one of: {', '.join(get_args(Snapshots))}")
        if self.snapshot_limit_bytes < 0:
            raise SettingError("snapshot_limit", f"{self.snapshot_limit_bytes} bytes, expected at least 0")
        if not self.sources:
            raise SettingError("source", "none, so that there is nothing to look at. Name at least one")
        if not self.sinks:
            raise SettingError("sinks", "none, so that events go nowhere. Name at least one, such as stdout")
        if self.top < 1:
            raise SettingError("top", f"{self.top}, expected at least 1")
        if self.health_port is not None and self.health_port not in _PORTS:
            raise SettingError("health", f"{self.health_port}, expected a port from {_PORTS[0]} to {_PORTS[-1]}")
        if not isinstance(self.dashboard, Address | None):
            raise SettingError("dashboard", f"{self.dashboard!r}, expected an Address, like Address.parse('8080')")
        if not isinstance(self.link, Link):
            raise SettingError("link", f"{self.link!r}, expected a Link, as parse_link('10Mbit,40ms') gives it")
        if not all(isinstance(rule, Rule) for rule in self.rules):
            raise SettingError("rules", f"{self.rules!r}, expected edgewright.agent.Rule objects")
        self._check_models()
        _check_unique("sinks", [sink.name for sink in self.sinks])
        told_at = [sink.broker for sink in self.sinks if isinstance(sink, Introduced) and sink.announces]
        _check_unique("sinks", told_at, "is to tell Home Assistant of the agent twice")
        _check_unique("rules", [rule.name for rule in self.rules])
        _check_unique("source", [source.name for source in self.sources if source.name is not None])
        check_places(self.zones, self.lines, self.rules, several_sources=len(self.sources) > 1)
        self._check_tracking()
        if self.updates is not None and self.updates.is_at_broker and self.fleet is None:
            raise SettingError("updates", "the version is read at the broker of [fleet], and there is no such table")

    @property
    def places(self) -> tuple[Place, ...]:
        """All zones and lines."""
        return (*self.zones, *self.lines)

    @property
    def followed(self) -> Tracking | None:
        """How things are tracked; None where they are not."""
        if isinstance(self.tracking, Tracking):
            return self.tracking
        return Tracking() if self.tracking or self._needing_tracks() else None

    @property
    def lost_s(self) -> float:
        """For how many seconds a thing may be out of sight, whether things are tracked or not."""
        followed = self.followed
        return LOST_S if followed is None else followed.lost_s

    @property
    def least_score(self) -> float:
        """The lowest score that a rule wants."""
        return min((rule.usual_score for rule in self.rules), default=0.5)

    def _needing_tracks(self) -> str:
        """What needs tracks, in a few words; empty where nothing does."""
        rule = next((rule.name for rule in self.rules if rule.needs_tracks), None)
        if rule is not None:
            return f"rule {rule!r}"
        return f"line {self.lines[0].name!r}" if self.lines else ""

    def _check_tracking(self) -> None:
        if not (self.tracking is None or isinstance(self.tracking, bool | Tracking)):
            raise SettingError("tracking", f"{self.tracking!r}, expected true, false or edgewright.agent.Tracking")
        if self.tracking is False and (needing := self._needing_tracks()):
            raise SettingError("tracking", f"{needing} needs it, and it is switched off")

    def _check_models(self) -> None:
        """Hold what is said of other models than the main one to what it must be."""
        try:
            object.__setattr__(self, "on", checked_labels("on", self.on))
        except ValueError as error:
            raise SettingError("on", str(error).removeprefix("on: ")) from None
        of_second = {"on": self.on, "then_task": self.then_task, "then_options": self.then_options}
        if self.then is None and (lonely := [key for key, value in of_second.items() if value]):
            raise SettingError(lonely[0], "it is about the second model, which then names")
        if not isinstance(self.privacy, Privacy):
            raise SettingError("privacy", f"{self.privacy!r}, expected an edgewright.agent.Privacy")


def model_name(model: Any) -> str:
    """What a model is called that is a path, a name, a `ModelFile` or the bytes of one, which have none."""
    return "bytes" if isinstance(model, bytes | bytearray) else str(getattr(model, "name", model))


def _check_unique(what: str, names: list[str], problem: str = "is there twice") -> None:
    twice = sorted({name for name in names if names.count(name) > 1})
    if twice:
        raise SettingError(what, f"{', '.join(twice)} {problem}")
