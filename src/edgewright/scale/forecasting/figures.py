"""The figures of a forecast, and what follows from them for any number of inputs and machines."""

from __future__ import annotations

import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from edgewright.machine import Machine
from edgewright.scale.manifest import piece_for

READING, PREPARING, MODEL, DECODING, WRITING = "reading", "preparing", "model", "decoding", "writing"
STAGES = (READING, PREPARING, MODEL, DECODING, WRITING)

COUNTS = (1_000_000, 100_000_000)
MACHINES = (1, 4, 16, 64)


@dataclass(frozen=True)
class Spread:
    """What was measured of each of several inputs: median, 5th and 95th percentile, and the mean, which sums follow."""

    median: float
    low: float
    high: float
    mean: float

    @classmethod
    def of(cls, values: Sequence[float]) -> Spread:
        """Of at least one value."""
        ordered = sorted(values)
        low, high = (ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))] for share in (0.05, 0.95))
        return cls(statistics.median(ordered), low, high, statistics.fmean(ordered))


@dataclass(frozen=True)
class Sampled:
    """The inputs that were worked on: `taken` evenly of the first `listed`, `broken` of them without an answer.

    `complete`: there are no more than these. `names_per_s`: how fast they were listed, None where they are too few to
    tell; `name_bytes`: what the listing keeps of one. `cold`: how many were read from where they lie and not from the
    page cache, None where the system does not tell. `size`: their bytes, None for texts, which are read by nobody.
    """

    listed: int
    complete: bool
    names_per_s: float | None
    name_bytes: float
    taken: int
    broken: int
    cold: int | None
    size: Spread | None


@dataclass(frozen=True)
class Workers:
    """The workers of this machine: how many inputs a second one of them does alone (`one`), and all of them (`all`).

    `start_s`: from nothing to the first answer, of all at once. `memory_bytes`: the most that one held.
    """

    count: int
    one: float
    all: float
    start_s: float
    memory_bytes: int | None


@dataclass(frozen=True)
class Load:
    """What `inputs` are for `machines`: seconds, bytes read and written, and what the storage has to deliver.

    `listing_s` is part of `seconds`: one machine lists, the others wait. It is None where its rate is not known.
    `storage_bytes_per_s` is of all machines.
    """

    inputs: int
    machines: int
    seconds: float
    listing_s: float | None
    read_bytes: int
    written_bytes: int
    listing_bytes: int
    storage_bytes_per_s: float


@dataclass(frozen=True)
class Forecast:
    """What many inputs would take on machines like this one, as far as a sample of them shows.

    `stages` is the time of one input on one thread, in seconds, by the names in `STAGES`; `warm_s` is what reading
    takes from the page cache. `row_bytes` is what one result takes in the form `form`. `piece`: inputs in a piece; None
    where they are cut as `run` cuts them for so many machines. `wins` says where time is cheap to gain, `warnings` what
    may go wrong, one sentence each.
    """

    model: str
    sha256: str
    inputs: tuple[str, ...]
    plural: str
    form: str
    piece: int | None
    sampled: Sampled
    stages: Mapping[str, Spread]
    warm_s: float | None
    row_bytes: float
    workers: Workers
    machine: Machine
    machines: tuple[int, ...] = MACHINES
    wins: tuple[str, ...] = ()
    warnings: tuple[str, ...] = ()

    @property
    def bottleneck(self) -> str:
        """The stage that takes the most of an input's time."""
        return max(self.stages, key=lambda name: self.stages[name].mean)

    def share(self, stage: str) -> float:
        """How much of an input's time on one thread a stage takes, 0 to 1."""
        return self.stages[stage].mean / sum(spread.mean for spread in self.stages.values())

    @property
    def rate(self) -> float:
        """Inputs a second of one machine once its workers have started.

        That of its workers, who found in the page cache what they read, with the time added that reading from where
        the inputs lie takes longer, and that of writing.
        """
        reading = self.stages.get(READING)
        colder = max(0.0, reading.mean - self.warm_s) if reading is not None and self.warm_s is not None else 0.0
        return self.workers.count / (self.workers.count / self.workers.all + colder + self.stages[WRITING].mean)

    @property
    def counts(self) -> tuple[int, ...]:
        """The numbers of inputs that are told of: those that there are, where all were listed, and large ones."""
        return (self.sampled.listed, *COUNTS) if self.sampled.complete else COUNTS

    def at(self, inputs: int, machines: int) -> Load:
        """What so many inputs are for so many machines, each of which does whole pieces."""
        piece = self.piece or piece_for(inputs, machines)
        most = math.ceil(math.ceil(inputs / piece) / machines) * piece
        busy = min(inputs, most) / self.rate
        listing = inputs / self.sampled.names_per_s if self.sampled.names_per_s else None
        size = self.sampled.size.mean if self.sampled.size is not None else 0.0
        return Load(
            inputs=inputs,
            machines=machines,
            seconds=(listing or 0.0) + self.workers.start_s + busy,
            listing_s=listing,
            read_bytes=round(inputs * size),
            written_bytes=round(inputs * self.row_bytes),
            listing_bytes=round(inputs * self.sampled.name_bytes),
            storage_bytes_per_s=inputs * size / busy,
        )

    @property
    def memory_bytes(self) -> int | None:
        """What the workers of one machine hold together."""
        return None if self.workers.memory_bytes is None else self.workers.count * self.workers.memory_bytes

    def to_dict(self) -> dict[str, Any]:
        """All of it as plain values, with the loads for all counts and machines."""
        facts = {name: value for name, value in asdict(self).items() if name != "machine"}
        loads = [asdict(self.at(count, machines)) for count in self.counts for machines in self.machines]
        said = {"bottleneck": self.bottleneck, "rate": self.rate, "memory_bytes": self.memory_bytes}
        return {**facts, **said, "loads": loads, "machine": self.machine.to_dict()}
