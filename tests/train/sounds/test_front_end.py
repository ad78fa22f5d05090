"""The same features in a file: as those in NumPy, of plain operators, on every engine."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.engine import open_engine
from edgewright.model import ModelFile
from edgewright.train.sounds.log_mel import BANDS, frame_count, log_mel

from . import made

# As the reference engine of TensorFlow Lite for Microcontrollers has them too.
PLAIN = {
    "RESHAPE", "STRIDED_SLICE", "CONCATENATION", "MUL", "TRANSPOSE", "FULLY_CONNECTED", "ADD", "SUB", "LOG",
}  # fmt: skip


WINDOW = 8_000


@pytest.fixture(scope="module")
def model(built_by: Callable[[str], Path]) -> ModelFile:
    return ModelFile.read(built_by("train/sounds/front_end_program.py") / "front_end.tflite")


def sounds() -> dict[str, Any]:
    t = np.arange(WINDOW) / made.RATE
    random = np.random.RandomState(3)
    return {
        "silence": np.zeros(WINDOW),
        "whisper": random.normal(0, 1e-4, WINDOW),
        "noise": random.normal(0, 0.2, WINDOW).clip(-1, 1),
        "tone": np.sin(2 * np.pi * 440 * t),
        "sweep": 0.9 * np.sin(2 * np.pi * (100 * t + 6000 * t * t)),
        "square": np.sign(np.sin(2 * np.pi * 123 * t)),
        **{label: made.recording(label, 5, 0.5) for label in made.SOUNDS},
    }


@pytest.mark.parametrize("engine", ["litert", "openvino"])
def test_the_file_has_the_features_of_numpy(model: ModelFile, engine: str) -> None:
    """To a thousandth; where a tone at full scale leaves other bands empty, float32 shows in those, by a hundredth."""
    with open_engine(model, engine=engine) as run:
        for name, samples in sounds().items():
            given = samples.astype(np.float32)
            (found,) = run.run(given[None])
            right = log_mel(given.astype(np.float64))
            assert found.shape == (1, frame_count(WINDOW), BANDS)
            error = found[0] - right
            assert 10 * np.log10(np.square(right).sum() / max(np.square(error).sum(), 1e-30)) >= 80, name
            assert np.abs(error).max() <= (2e-2 if name in ("tone", "sweep", "square") else 1e-3), name


def test_it_is_small_and_of_operators_that_every_engine_has(model: ModelFile) -> None:
    assert {operator.name for operator in model.ops} == PLAIN
    assert model.size < 60_000
    assert all(len(spec.shape) <= 4 for spec in model.main.tensors)
