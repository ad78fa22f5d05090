"""Things that walk through a picture, as a detector sees them: boxes that tremble, miss and are made up."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from edgewright.agent.events.sighting import Sighting
from edgewright.media import Box
from edgewright.task import Observation

SIZE = (480, 640)


@dataclass(frozen=True)
class Walker:
    """Somebody of (width, height) pixels whose feet go straight from one point to another, `begin_s` to `end_s`."""

    start: tuple[float, float]
    end: tuple[float, float]
    begin_s: float
    end_s: float
    size: tuple[float, float] = (40.0, 100.0)
    label: str = "person"

    def box(self, time_s: float) -> Box | None:
        """Where it is, cut at the border of the picture; nothing where it is outside or its time is not."""
        if not self.begin_s <= time_s <= self.end_s:
            return None
        share = (time_s - self.begin_s) / (self.end_s - self.begin_s)
        x = self.start[0] + share * (self.end[0] - self.start[0])
        y = self.start[1] + share * (self.end[1] - self.start[1])
        return cut(np.array([x - self.size[0] / 2, y - self.size[1], x + self.size[0] / 2, y]))


@dataclass(frozen=True)
class Noise:
    """How bad a detector is: shares of boxes that are missed, that are made up, and by which sides are off."""

    missed: float = 0.0
    false: float = 0.0
    off: float = 0.0


NONE, BAD = Noise(), Noise(0.10, 0.05, 0.03)


def cut(sides: np.ndarray) -> Box | None:
    height, width = SIZE
    x0, y0, x1, y1 = np.clip(sides, 0, [width, height, width, height])
    return Box(float(x0), float(y0), float(x1), float(y1)) if x1 - x0 > 4 and y1 - y0 > 4 else None


def sightings(
    walkers: Sequence[Walker], seconds: float, rate: float, noise: Noise = NONE, seed: int = 0
) -> Iterator[tuple[float, Sighting]]:
    """What a detector says of each picture, with its time in seconds; the best first."""
    random = np.random.default_rng(seed)
    for number in range(round(seconds * rate)):
        time_s = number / rate
        there = [(walker, box) for walker in walkers if (box := walker.box(time_s)) is not None]
        things = [thing for walker, box in there if (thing := _seen(walker, box, noise, random)) is not None]
        made_up = random.binomial(len(there), noise.false)
        things += [thing for _ in range(made_up) if (thing := _false(random)) is not None]
        things.sort(key=lambda thing: -thing.score)
        yield time_s, Sighting(things=tuple(things), size=SIZE)


def _seen(walker: Walker, box: Box, noise: Noise, random: np.random.Generator) -> Observation | None:
    if random.random() < noise.missed:
        return None
    sides = np.array(box.xyxy) + random.normal(0, noise.off, 4) * np.array([box.width, box.height] * 2)
    seen = cut(sides)
    score = float(np.clip(random.normal(0.85, 0.08), 0.1, 0.99)) if noise.off else 0.9
    return None if seen is None else Observation(walker.label, score, 0, box=seen)


def _false(random: np.random.Generator) -> Observation | None:
    height, width = SIZE
    x, y = random.uniform(0, width), random.uniform(0, height)
    box = cut(np.array([x - 20, y - 50, x + 20, y + 50]))
    return (
        None if box is None else Observation("person", float(np.clip(random.normal(0.45, 0.18), 0.1, 0.95)), 0, box=box)
    )
