"""The golden records: what every published model said of every published picture, and still says."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from golden import recording

RECORDS = json.loads(recording.RECORDS.read_text(encoding="utf-8"))
SAME_PROCESSOR = RECORDS["processor"] == recording.processor()

# On another processor kernels add in another order: a stored byte may differ by some steps.
NEAR = 0.03


@pytest.fixture(scope="module")
def shared(shared_file: Any) -> Path:
    return shared_file("models").parent.resolve()


@pytest.mark.parametrize("name", sorted(RECORDS["models"]))
def test_model_says_what_it_said(name: str, shared: Path) -> None:
    told, then = recording.of_model(shared / "models" / f"{name}.tflite", shared), RECORDS["models"][name]
    assert told.keys() == then.keys()
    if "scores" not in then:
        assert told == then
        return
    assert told["notices"] == then["notices"]
    assert told["scores"].keys() == then["scores"].keys()
    if SAME_PROCESSOR:
        assert told["scores"] == then["scores"]
        assert told["printed"] == then["printed"]
    else:
        assert_near(told, then)


def assert_near(told: dict[str, Any], then: dict[str, Any]) -> None:
    for picture, scores in then["scores"].items():
        assert [score for _, score, _ in told["scores"][picture]["top"]] == pytest.approx(
            [score for _, score, _ in scores["top"]], abs=NEAR, rel=NEAR
        )
    assert told["printed"]["table"].splitlines()[:4] == then["printed"]["table"].splitlines()[:4]
    if then["printed"]["json"].startswith(recording.DIGEST):
        return
    assert head(told["printed"]["csv"]) == head(then["printed"]["csv"])
    assert [set(one) for one in json.loads(told["printed"]["json"])] == [
        set(one) for one in json.loads(then["printed"]["json"])
    ]


def head(text: str) -> list[str]:
    return next(csv.reader(io.StringIO(text)))


@pytest.mark.parametrize("kind", ["result", "rule"])
def test_agent_reports_what_it_reported(kind: str, shared: Path) -> None:
    told, then = recording.of_agent(shared)[kind], RECORDS["events"][kind]
    assert len(told) == len(then)
    if SAME_PROCESSOR:
        assert told == then


def test_records_hold_what_they_are_for() -> None:
    """Seven classifiers, two detectors and a pose run on every picture, and the others say why not."""
    running = [one for one in RECORDS["models"].values() if "scores" in one]
    assert len(running) >= 10
    assert len({len(one["scores"]) for one in running}) == 1
    assert RECORDS["events"]["rule"]
