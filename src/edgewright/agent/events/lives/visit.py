"""One visit: something for which a rule holds, from when it begins to do so until it does no more."""

from __future__ import annotations

import json
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from edgewright.agent.capture.clock import Clock
from edgewright.agent.events.event import Event, time_text
from edgewright.agent.events.lives.path import Path
from edgewright.agent.events.places.place import Anchor, Size, point_of
from edgewright.agent.events.sighting import shortened
from edgewright.task import Observation

Phase = Literal["new", "update", "end"]
Reason = Literal["left", "lost", "stopped", "restart"]

# What is one visit: a track, all that has one label, or all that a rule counts.
Key = int | str | None


@dataclass(frozen=True, slots=True)
class Now:
    """A picture, or a part of a sound: `captured_s` after 1970, `time_s` by the clock that tracks go by.

    `has_clock`: that this is the source's own, as of a video. `size`: (height, width) of the picture, None where there
    is none. `facts`: what else its events say of it. `seen` and `ended` are numbers of tracks. `lasts_s`: from its
    beginning to its end, 0 of a picture.
    """

    captured_s: float
    time_s: float
    has_clock: bool = False
    size: Size | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    seen: frozenset[int] = frozenset()
    ended: frozenset[int] = frozenset()
    lasts_s: float = 0.0

    @property
    def rests_by_s(self) -> float:
        """Seconds by which cool-downs go: a file's own, which is read as fast as the model goes, else since 1970."""
        return self.time_s if self.has_clock else self.captured_s


@dataclass(frozen=True, slots=True)
class Stamp:
    """A moment by each clock there is; `source_s` is None where the source has none of its own."""

    wall_s: float
    steady_s: float
    boot: str | None
    source_s: float | None

    @classmethod
    def of(cls, clock: Clock, now: Now) -> Self:
        """The moment of a picture."""
        return cls(now.captured_s, clock.steady(), clock.boot, now.time_s if now.has_clock else None)

    def passed_s(self, clock: Clock) -> float:
        """Seconds that have passed since; of another boot only the system's clock can say it, which may be wrong."""
        if self.boot is not None and self.boot == clock.boot:
            return max(0.0, clock.steady() - self.steady_s)
        return max(0.0, clock.now() - self.wall_s)

    def known_s(self, clock: Clock, now: Now) -> float:
        """Seconds that are known to have passed until a picture: never more than it were."""
        if self.source_s is not None and now.has_clock:
            return max(0.0, now.time_s - self.source_s)
        is_same = self.boot is not None and self.boot == clock.boot
        return max(0.0, clock.steady() - self.steady_s) if is_same else 0.0


@dataclass(slots=True)
class Visit:
    """An open visit. `stamp`: when the rule held last; `observation`, `facts` and `seconds` are of then.

    Of a sound or series that is the beginning of a part which lasts for `lasts_s`; `seconds` go to its end.
    `told_s`: how many seconds it had lasted at its last event. `origin_s`: when it began, by the clock of this run;
    None from a restart until the rule holds again.
    """

    source: str
    rule: str
    key: Key
    began_s: float
    stamp: Stamp
    observation: Observation
    best: tuple[str, float, float]
    facts: Mapping[str, Any] = field(default_factory=dict)
    path: Path = field(default_factory=Path)
    seconds: float = 0.0
    told_s: float = 0.0
    lasts_s: float = 0.0
    origin_s: float | None = None
    id: str = field(default_factory=lambda: uuid.uuid4().hex)

    @classmethod
    def begin(
        cls, source: str, rule: str, key: Key, observation: Observation, now: Now, clock: Clock, anchor: Anchor
    ) -> Self:
        """The rule holds for something for the first time."""
        best = (observation.label, observation.score, now.captured_s)
        stamp = Stamp.of(clock, now)
        visit = cls(source, rule, key, now.captured_s, stamp, observation, best, origin_s=now.time_s)
        visit.hold(observation, now, clock, anchor)
        return visit

    def hold(self, observation: Observation, now: Now, clock: Clock, anchor: Anchor) -> None:
        """The rule holds for it now."""
        if self.origin_s is None:
            self.origin_s = now.time_s - (self.seconds - self.lasts_s) - self.stamp.known_s(clock, now)
        self.seconds = max(self.seconds, now.time_s + now.lasts_s - self.origin_s)
        self.lasts_s = now.lasts_s
        self.stamp = Stamp.of(clock, now)
        self.observation, self.facts = observation, now.facts
        if observation.score > self.best[1]:
            self.best = (observation.label, observation.score, now.captured_s)
        if observation.box is not None and now.size is not None:
            (x, y), (height, width) = point_of(observation.box, anchor, now.size), now.size
            self.path.add(x / width, y / height, self.seconds)

    def event(self, phase: Phase, reason: Reason | None = None, **others: Any) -> Event:
        """What is reported of it; the end is of when the rule held last, at the end of that part of a sound."""
        self.told_s = self.seconds
        label, score, at_s = self.best
        visit = {
            "id": self.id,
            "phase": phase,
            "track": self.key if isinstance(self.key, int) else None,
            "began": time_text(self.began_s),
            "seconds": round(self.seconds, 3),
            "path": self.path.points(),
            "best": {"label": shortened(label), "score": score, "time": time_text(at_s)},
            "reason": reason,
        }
        observation = shortened(self.observation.to_dict())
        return Event(
            self.source,
            "rule",
            self.stamp.wall_s + (self.lasts_s if phase == "end" else 0.0),
            facts=self.facts,
            rule=self.rule,
            observation=observation,
            visit=visit,
            **others,
        )

    def to_json(self) -> str:
        """What the next run is to know of it, for `of`."""
        plain = {
            "id": self.id,
            "source": self.source,
            "rule": self.rule,
            "key": self.key,
            "began_s": self.began_s,
            "stamp": [self.stamp.wall_s, self.stamp.steady_s, self.stamp.boot, self.stamp.source_s],
            "observation": self.observation.to_dict(),
            "best": self.best,
            "facts": self.facts,
            "path": self.path.to_dict(),
            "seconds": self.seconds,
            "told_s": self.told_s,
            "lasts_s": self.lasts_s,
        }
        return json.dumps(plain, separators=(",", ":"))

    @classmethod
    def of(cls, text: str) -> Self:
        """Read what `to_json` wrote; raises one of `sighting.NONSENSE`."""
        plain = json.loads(text)
        wall_s, steady_s, boot, source_s = plain["stamp"]
        label, score, at_s = plain["best"]
        return cls(
            source=plain["source"],
            rule=plain["rule"],
            key=plain["key"],
            began_s=float(plain["began_s"]),
            stamp=Stamp(float(wall_s), float(steady_s), boot, source_s),
            observation=Observation.of(plain["observation"]),
            best=(label, float(score), float(at_s)),
            facts=dict(plain["facts"]),
            path=Path.of(plain["path"]),
            seconds=float(plain["seconds"]),
            told_s=float(plain["told_s"]),
            lasts_s=float(plain.get("lasts_s", 0.0)),
            id=plain["id"],
        )
