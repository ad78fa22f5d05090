"""What a worker is told to begin with: its models, and what is wanted of each result. Written here, and read here."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import IO, Any, Self

from edgewright.agent.events.observing import Wanted
from edgewright.model import ModelFile
from edgewright.spelling import Option
from edgewright.spelling import options as spoken

Polygon = tuple[tuple[float, float], ...]

QUALITY = 85
"""Of the JPEGs that a worker gives, where nobody says another one."""

BLUR_THRESHOLD = 0.2
"""Better a coat that is blurred than a face that is not: detectors show what they give 0.5."""

FACE, FACE_DETECTOR = "face", "face_detector"
"""What is blurred by a detector that has a name."""


@dataclass(frozen=True)
class ModelSetup:
    """A model, and how its task is opened: `task` and `options` are those of `open_task`."""

    model: ModelFile
    task: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Second:
    """The second model of a chain, and `on` which of the first one's labels it looks, all of them with none."""

    model: ModelSetup
    on: tuple[str, ...] = ()


@dataclass(frozen=True)
class Hidden:
    """What of a picture nobody may see.

    `labels`: things that are blurred before a picture is shown. `detector` finds those that it knows, the worker's main
    model those that are left; where it is only `offered`, the main model finds all that it knows. From the score
    `threshold` on a thing is taken for one. `masks`: of each source polygons that are gray to the models too, (x, y) in
    shares of the picture; none where no source has any. `alone`: of each source, whether its pictures have nothing
    to do with one another, as those of a folder; none where they are moments of one scene.
    """

    labels: tuple[str, ...] = ()
    detector: ModelSetup | None = None
    offered: bool = False
    threshold: float = BLUR_THRESHOLD
    masks: tuple[tuple[Polygon, ...], ...] = ()
    alone: tuple[bool, ...] = ()


@dataclass(frozen=True)
class WorkerSetup:
    """What a worker runs, the model and the options of its task, and what is wanted of each result.

    `then` is the second model of a chain, if it is one; `hidden` is what it shows to nobody.
    """

    model: ModelFile
    task: str | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    wanted: Wanted = field(default_factory=Wanted)
    then: Second | None = None
    hidden: Hidden = field(default_factory=Hidden)

    @property
    def main(self) -> ModelSetup:
        """The first model, with how it is opened."""
        return ModelSetup(self.model, self.task, self.options)

    def written(self) -> Iterator[bytes]:
        """What goes to the worker: a line that says all but the models, then the bytes of each."""
        models = {"main": self.main} | ({"then": self.then.model} if self.then else {})
        models |= {"blur": self.hidden.detector} if self.hidden.detector else {}
        told = {
            "models": {role: _told(one) for role, one in models.items()},
            "on": self.then.on if self.then else (),
            "wanted": asdict(self.wanted),
            "hidden": asdict(replace(self.hidden, detector=None)),
            "spoken": {name: asdict(option) for name, option in (spoken() or {}).items()},
        }
        yield json.dumps(told).encode() + b"\n"
        yield from (one.model.data for one in models.values())

    @classmethod
    def read(cls, stream: IO[bytes]) -> tuple[Self, Mapping[str, Option] | None]:
        """What `written` wrote, and what the agent's command calls the arguments that messages name, if it is one."""
        told = json.loads(stream.readline())
        models = {role: _read(stream, one) for role, one in told["models"].items()}
        main = models["main"]
        hidden = Hidden(**{**told["hidden"], "detector": models.get("blur")})
        then = Second(models["then"], tuple(told["on"])) if "then" in models else None
        words = {name: Option(**{**option, "words": tuple(option["words"])}) for name, option in told["spoken"].items()}
        return cls(main.model, main.task, main.options, Wanted(**told["wanted"]), then, hidden), words or None


def _told(one: ModelSetup) -> dict[str, Any]:
    return {"bytes": len(one.model.data), "name": one.model.name, "task": one.task, "options": dict(one.options)}


def _read(stream: IO[bytes], told: Mapping[str, Any]) -> ModelSetup:
    return ModelSetup(ModelFile(stream.read(told["bytes"]), told["name"]), told["task"], told["options"])
