"""The whole of it with a real detector: a camera pans over a photograph of cats and dogs."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from edgewright.agent import Agent, Line, Rule, Zone

from .panning import pan


@pytest.fixture
def video(shared_file, tmp_path) -> Path:
    pan(shared_file("images/cats_and_dogs.jpg"), tmp_path / "pets.mp4")
    return tmp_path / "pets.mp4"


def test_what_the_camera_passes_goes_over_the_line_and_into_the_zone(video, shared_file, tmp_path):
    model = shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite")
    pets = {"labels": ("cat", "dog"), "score": 0.4, "point": "center"}
    rules = [Rule("passed", crosses="middle", **pets), Rule("came", enters="left", **pets)]
    line, zone = Line("middle", [(0.5, 0.05), (0.5, 1)]), Zone("left", [(0, 0), (0.35, 0), (0.35, 1), (0, 1)])
    events: list[dict] = []
    places = {"lines": [line], "zones": [zone]}
    status = Agent(model, video, sinks=events.append, state=tmp_path / "state", rules=rules, **places).run()
    assert status.looked_at == 40
    passed = [event for event in events if event["rule"] == "passed"]
    # All of them go to the left; the line is drawn from above to below, and so they go in.
    assert {event["place"]["direction"] for event in passed} == {"in"}
    assert passed[-1]["place"]["counts"] == {"in": len(passed), "out": 0}
    assert Counter(event["rule"] for event in events).keys() == {"passed", "came"}
    for event in events:
        x0, _, x1, _ = event["observation"]["box"]
        assert (x0 + x1) / 2 < 640 * (0.5 if event["rule"] == "passed" else 0.35)
        assert event["observation"]["track"] > 0
