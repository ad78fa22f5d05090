"""Speed and memory of candidates where they are to run: asked for from the desk, measured on that machine."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np

from edgewright.machine import Machine, Place, Progress, describe, run_in_child
from edgewright.optimize.measuring import Array, memory_to_run, time_candidates

_MEASURE, _DESCRIBE = (
    "edgewright.optimize.elsewhere.placed:measure",
    "edgewright.optimize.elsewhere.placed:this_machine",
)


@dataclass(frozen=True)
class Elsewhere:
    """A place, and what is asked of it."""

    place: Place

    @cached_property
    def machine(self) -> Machine:
        """What it is."""
        return Machine.of(self.place.call(_DESCRIBE, {}, {}))

    @property
    def key(self) -> dict[str, Any]:
        """What a measurement depends on: the place, the machine, and the libraries on it."""
        machine = self.machine
        return {"place": self.place.name, "machine": machine.summary(), "libraries": dict(machine.libraries)}

    def measure(
        self, float_model: Path, candidate: Path, sample: Sequence[Array], progress: Progress
    ) -> dict[str, Any]:
        """Timings of both side by side, and the memory that the candidate needs, as `assess` has them."""
        stream = BytesIO()
        np.savez(stream, *sample)
        files: dict[str, Path | bytes] = {"float": float_model, "candidate": candidate, "sample": stream.getvalue()}
        return dict(self.place.call(_MEASURE, {}, files, progress))


def measure(arguments: Mapping[str, Any], files: Mapping[str, Path], progress: Progress) -> dict[str, Any]:
    """Measure here; the process that runs a candidate may die of it. Raises as `run_in_child` does."""
    progress("timing", 0, 0)
    models = {name: files[name] for name in ("float", "candidate")}
    memory = run_in_child(memory_to_run, files["candidate"])
    timings = run_in_child(time_sample, models, files["sample"])
    return {"timings": {name: timing.to_dict() for name, timing in timings.items()}, "peak_memory": memory}


def time_sample(models: Mapping[str, Path], sample: Path) -> Any:
    """`time_candidates` on the arrays of a file; for a child process."""
    with np.load(sample) as arrays:
        return time_candidates(models, [arrays[name] for name in arrays.files])


def this_machine(arguments: Mapping[str, Any], files: Mapping[str, Path], progress: Progress) -> dict[str, Any]:
    """What this machine is."""
    return describe().to_dict()
