"""How far a run is, by what is in its folder: nothing is asked of those who are at work."""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from edgewright.scale.deaths import are_enough, died_of
from edgewright.scale.manifest import Manifest
from edgewright.scale.parts import parts_in
from edgewright.scale.sharding import DEATHS, parts_of

# The rate is that of the parts which came in the last so many seconds before the newest; a run is at work if one did.
_RECENT_S = 600.0
_PARTS = 3
_NAMED = 20


@dataclass(frozen=True)
class Status:
    """How far a run is.

    `count` inputs in `pieces`; `done` inputs have a row, in `pieces_done` parts; `failures` of those have an error.
    `given_up` are the names of inputs that workers died of twice, the first 20. `rate` is how many inputs all machines
    do in a second, None where too few parts came lately; `seconds_left` what is left at that rate.
    """

    model: str
    model_sha256: str
    form: str
    count: int
    done: int
    pieces: int
    pieces_done: int
    failures: int
    given_up: tuple[str, ...]
    rate: float | None
    seconds_left: float | None

    @property
    def left(self) -> int:
        """How many inputs have no row yet."""
        return self.count - self.done

    def to_dict(self) -> dict[str, Any]:
        """Plain values."""
        return {**asdict(self), "left": self.left}


def status(folder: str | Path) -> Status:
    """How far the run in a folder is. Raises `DataError` where it is none, or it is damaged."""
    manifest = Manifest.open(Path(folder))
    parts = parts_of(manifest)
    done = parts.done()
    count = sum(map(manifest.length, done))
    rate = _rate(manifest)
    left = (manifest.count - count) / rate if rate else None
    failures = parts.failures(done)
    return Status(
        manifest.model, manifest.model_sha256, manifest.form, manifest.count, count, manifest.pieces, len(done),
        failures, _given_up(manifest), rate, left,
    )  # fmt: skip


def _rate(manifest: Manifest) -> float | None:
    """Inputs a second, of the parts that came after the oldest of the recent ones."""
    ends = sorted((path.stat().st_mtime, manifest.length(number)) for number, path in parts_in(manifest.folder))
    now = time.time()
    recent = [(end, length) for end, length in ends if now - end < _RECENT_S]
    if len(recent) < _PARTS or recent[-1][0] <= recent[0][0]:
        return None
    return sum(length for _, length in recent[1:]) / (recent[-1][0] - recent[0][0])


def _given_up(manifest: Manifest) -> tuple[str, ...]:
    indices = [index for index, deaths in died_of(manifest.folder / DEATHS) if are_enough(deaths)]
    return tuple(manifest.entry(index).name for index in indices[:_NAMED])
