"""A task of another package whose detector sees what a test has staged."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from edgewright.agent import Agent, Frame
from edgewright.agent.capture.frame import Position
from edgewright.agent.events.sighting import Sighting

TASK = """
import json
import numpy as np
from edgewright.errors import UsageError
from edgewright.task import Detections, only

LABELS = ("person", "dog")

class Decoder:
    labels = LABELS

    def __init__(self, path, threshold):
        self._pictures = iter(json.load(open(path)))
        self._threshold = threshold

    def __call__(self, outputs, prepared):
        seen = [thing for thing in next(self._pictures) if thing["score"] >= self._threshold]
        boxes = np.array([thing["box"] for thing in seen], np.float32).reshape(-1, 4)
        scores = np.array([thing["score"] for thing in seen], np.float32)
        classes = np.array([LABELS.index(thing["label"]) for thing in seen], np.int64)
        return Detections(boxes, scores, classes, LABELS, prepared.original)

class Kind:
    name, input = "staged", "picture"

    def recognize(self, model):
        return None

    def decoder(self, model, options):
        given = only(options, "scene", "threshold", "most", task="staged")
        if "scene" not in given:  # other tests of the same process come upon this kind, too
            raise UsageError("staged: name a scene")
        return Decoder(given["scene"], given.get("threshold", 0.3))

KIND = Kind()
"""

Scene = Sequence[tuple[float, Sighting]]


@pytest.fixture
def staged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of the package, which is found from now on."""
    folder = tmp_path / "packages"
    metadata = folder / "staged-1.0.dist-info"
    metadata.mkdir(parents=True)
    (folder / "staged.py").write_text(TASK)
    (metadata / "METADATA").write_text("Metadata-Version: 2.1\nName: staged\nVersion: 1.0\n")
    (metadata / "entry_points.txt").write_text("[edgewright.tasks]\nstaged = staged:KIND\n")
    monkeypatch.syspath_prepend(folder)
    return folder


@pytest.fixture
def watch(small_model: Path, staged: Path, tmp_path: Path) -> Callable[..., list[dict[str, Any]]]:
    """Run an agent over staged pictures, and give its events."""

    def watch(scene: Scene, state: str = "state", **settings: Any) -> list[dict[str, Any]]:
        path = tmp_path / "scene.json"
        path.write_text(json.dumps([[thing.to_dict() for thing in seen.things] for _, seen in scene]))
        events: list[dict[str, Any]] = []
        options = {"scene": str(path)}
        agent = Agent(
            small_model, frames(scene), sinks=events.append, state=tmp_path / state, task="staged", options=options,
            **settings,
        )  # fmt: skip
        agent.run()
        return events

    return watch


def frames(scene: Iterable[tuple[float, Sighting]]) -> Iterable[Frame]:
    """A gray picture for each moment of a scene, in the time of a video that begins at noon."""
    for number, (time_s, seen) in enumerate(scene):
        height, width = seen.size or (480, 640)
        gray = np.full((height, width, 3), 128, np.uint8)
        yield Frame(gray, captured_s=1_780_000_000.0 + time_s, position=Position(number, time_s))
