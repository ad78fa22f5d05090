"""How well people are followed, against a known truth, and against ByteTrack of `trackers` on the same boxes.

`oracle.json` is what `oracle.py` printed in an environment that has `trackers`; the extras run it anew.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
from functools import cache
from pathlib import Path
from types import SimpleNamespace

import pytest

from edgewright.task import Tracker, tracker_of

from .metrics import Quality, quality
from .peers import ORACLE, python_with_trackers
from .runs import HIGH, LOST_S, scenes, spoiled

HERE = Path(__file__).parent

NAMES = ("25 a second", "5 a second", "stuttering")


@cache
def pictures_of(name):
    return scenes()[name][1]


def ours(name, hits) -> Quality:
    return quality([list(_followed(pictures, hits)) for pictures in pictures_of(name)])


def _followed(pictures, hits):
    tracker = Tracker(hits=hits, lost=LOST_S, high=HIGH)
    for picture in pictures:
        ids = tracker.update(picture.boxes, picture.scores, picture.seconds)
        yield picture.who, picture.truth, ids[ids >= 0], picture.boxes[ids >= 0]


def no_worse(found: Quality, other: dict[str, float]) -> None:
    """Shares are compared in the six digits that are recorded."""
    assert round(found.hota, 6) >= other["hota"]
    assert round(found.mota, 6) >= other["mota"]
    assert round(found.idf1, 6) >= other["idf1"]
    assert found.switches <= other["switches"]


@pytest.mark.parametrize(
    "name",
    [NAMES[1], *(pytest.param(name, marks=pytest.mark.extras) for name in (NAMES[0], NAMES[2]))],
)
def test_it_follows_at_least_as_well_as_byte_track(name):
    no_worse(ours(name, 3), ORACLE["byte_track"][name]["3 hits"])


@pytest.mark.parametrize(("share", "hota", "others"), [(1.0, 0.778, 12), (0.6, 0.681, 24)])
def test_what_was_asked_for_begins_tracks_that_are_better(share, hota, others):
    """The figures are those of `high=0.5`; the scores are a `share` of what they are in these scenes."""
    found = quality([list(_asked_for(pictures, 0.3, share)) for pictures in pictures_of(NAMES[1])])
    assert found.hota >= hota
    assert found.switches < others


def _asked_for(pictures, threshold, share):
    tracker = tracker_of(SimpleNamespace(threshold=threshold))
    for picture in pictures:
        scores = picture.scores * share
        boxes, scores = picture.boxes[scores >= threshold], scores[scores >= threshold]
        ids = tracker.update(boxes, scores, picture.seconds)
        yield picture.who, picture.truth, ids[ids >= 0], boxes[ids >= 0]


@pytest.mark.extras
@pytest.mark.parametrize("name", NAMES)
def test_it_does_so_with_two_hits_and_against_its_own_settings_too(name):
    found = ours(name, 2)
    no_worse(found, ORACLE["byte_track"][name]["2 hits"])
    no_worse(found, ORACLE["byte_track"][name]["its own settings"])


@pytest.mark.parametrize("name", [NAMES[1]])
def test_the_metrics_are_those_of_a_published_implementation(name):
    sequences = [
        [
            (picture.who, picture.truth, ids, boxes)
            for picture, (ids, boxes) in zip(pictures, spoiled(pictures), strict=True)
        ]
        for pictures in pictures_of(name)
    ]
    found = dataclasses.asdict(quality(sequences))
    assert found == pytest.approx(ORACLE["spoiled"][name], abs=1e-6)


@pytest.mark.extras
@pytest.mark.xdist_group("trackers")
def test_the_figures_to_beat_are_what_that_package_does_today():
    command = [python_with_trackers(), HERE / "oracle.py", NAMES[1]]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    kept = {part: ORACLE[part][NAMES[1]] for part in ("byte_track", "spoiled")}
    assert {part: found[part][NAMES[1]] for part in kept} == kept
