"""What an optimization does in child processes: measuring ranges and making candidates, with results in files."""

from __future__ import annotations

from pathlib import Path

from edgewright.machine import Progress, silent
from edgewright.model import ModelFile
from edgewright.optimize.inputs.prepared import PreparedData
from edgewright.quantization import Calibration, Recipe, calibrate, quantize


def calibrate_prepared(model: Path, prepared: PreparedData, target: Path, progress: Progress = silent) -> Path:
    """Calibrate on the calibration split and save the result; for a child process."""
    return calibrate(ModelFile.read(model), prepared.to_calibrate(), progress).save(target)


def make_candidate(model: Path, recipe: Recipe, calibration: Path | None, target: Path) -> int:
    """Make one candidate and save it; returns its size in bytes. For a child process: the quantizer prints.

    Raises what `quantize` raises.
    """
    ranges = None if calibration is None else Calibration.load(calibration)
    made = quantize(ModelFile.read(model), recipe, ranges)
    made.save(target, overwrite=True)
    return made.size
