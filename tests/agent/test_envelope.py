"""The envelope: whatever a model says, no part of an event's identity changes."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from edgewright.agent import Agent, Event, Frame, Rule
from edgewright.agent.events.event import ENVELOPE, about_agent
from edgewright.agent.events.making import EventMaker
from edgewright.agent.events.sighting import Sighting
from edgewright.task import Observation

FACTS = ("picture", "snapshot", "snapshot_jpeg", "what", "count", "reason", "error")
KEYS = [*sorted(ENVELOPE), *FACTS]
FRAME = Frame(b"", captured_s=1_700_000_000.0, name="door.jpg")
RULES = (Rule("bird", ("macaw",)),)
MACAW = Observation("macaw", 0.9, 7)

TASK = """
class Result:
    def to_dict(self, limit):
        return {key: "forged" for key in KEYS}

    def observations(self):
        from edgewright.task import Observation
        return [Observation(key, 0.9, 1) for key in KEYS]

class Decoder:
    labels = tuple(KEYS)

    def __call__(self, outputs, prepared):
        return Result()

class Kind:
    name, input = "forger", "picture"

    def recognize(self, model):
        return None

    def decoder(self, model, options):
        return Decoder()

KIND = Kind()
"""


def head(event: Event) -> dict:
    """All but what the model says, and but the id, which is another one each time."""
    said = ("id", "result", "observation", "label", "score")
    return {key: value for key, value in event.to_dict().items() if key not in said}


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("rules", [(), RULES], ids=["result", "rule"])
class TestNothingThatAModelSaysReplacesAnything:
    def test_a_result_with_a_key_of_the_envelope(self, key, rules):
        (honest,) = EventMaker("door", rules).events(FRAME, Sighting({}, (MACAW,)))
        (forged,) = EventMaker("door", rules).events(FRAME, Sighting({key: "forged"}, (MACAW,)))
        told = json.loads(forged.to_json())
        assert head(forged) == head(honest)
        assert told["id"] == forged.id != "forged"
        assert told["result"] == {key: "forged"}
        assert list(told).count(key) <= 1

    def test_an_observation_or_a_rule_of_that_name(self, key, rules):
        observation = Observation(key, 0.9, 7)
        rule = (Rule(key, (key,)),) if rules else ()
        (event,) = EventMaker("door", rule).events(FRAME, Sighting({}, (observation,)))
        told = json.loads(event.to_json())
        honest = EventMaker("door", RULES).events(FRAME, Sighting({}, (MACAW,)))[0] if rules else event
        given = {"rule": key} if rules else {}
        assert head(event) == {**head(honest), **given}
        assert told["id"] == event.id

    def test_what_is_wrong_with_a_picture(self, key, rules):
        (event,) = EventMaker("door", rules).events(FRAME, Sighting({key: "forged"}, error=f'"{key}":"forged"'))
        assert "forged" not in {value for name, value in event.to_dict().items() if name != "error"}


@pytest.mark.parametrize("key", sorted(ENVELOPE))
def test_no_fact_has_a_name_of_the_envelope(key):
    with pytest.raises(ValueError, match="parts of the envelope"):
        Event("door", "result", 0.0, {}, facts={key: 1})
    with pytest.raises((ValueError, TypeError)):
        about_agent("dropped", 0.0, **{key: 1})


def test_every_key_that_an_event_can_have_is_of_the_envelope_or_a_fact(small_model, parrot, tmp_path):
    """So that the keys above are all there are."""
    events: list[dict] = []
    for number, options in enumerate(({}, {"rules": RULES, "snapshots": "local"}, {"snapshots": "send"})):
        state = tmp_path / f"state {number}"
        Agent(small_model, [Frame(parrot.read_bytes(), name="a")], sinks=events.append, state=state, **options).run()
    facts = {key for event in events for key in event} - ENVELOPE
    assert facts == {"picture", "snapshot", "snapshot_jpeg"}


def test_a_task_that_says_all_of_it_through_a_whole_agent(small_model, tmp_path: Path, monkeypatch):
    package = tmp_path / "package"
    (package / "forger-1.0.dist-info").mkdir(parents=True)
    (package / "forger.py").write_text(f"KEYS = {KEYS!r}\n{TASK}")
    (package / "forger-1.0.dist-info" / "METADATA").write_text("Metadata-Version: 2.1\nName: forger\nVersion: 1.0\n")
    (package / "forger-1.0.dist-info" / "entry_points.txt").write_text("[edgewright.tasks]\nforger = forger:KIND\n")
    monkeypatch.syspath_prepend(package)
    gray = np.full((8, 8, 3), 128, np.uint8)
    pictures = [Frame(gray, captured_s=1_700_000_000.0 + number, name=f"{number}") for number in range(2)]
    events: list[dict] = []
    rules = [Rule(f"rule {key}", (key,)) for key in KEYS]
    Agent(small_model, pictures, sinks=events.append, state=tmp_path / "state", task="forger", rules=rules).run()
    assert len({event["id"] for event in events}) == len(events) == 2 * len(KEYS)
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    for event, (picture, key) in zip(events, [(picture, key) for picture in pictures for key in KEYS], strict=True):
        assert (event["schema"], event["source"], event["kind"]) == (4, "iterator", "rule")
        assert (event["rule"], event["observation"]["label"], event["label"]) == (f"rule {key}", key, key)
        assert (event["picture"], event["score"]) == (picture.name, 0.9)
        assert event["time"] == f"2023-11-14T22:13:2{picture.name}.000Z"
        assert event["result"] == dict.fromkeys(KEYS, "forged")


# A model of each task that looks at pictures, a picture, and a label that it sees there; None where it has no labels.
TASKS = {
    "a classifier": ("mobilenet_v1_0.25_128_quant", "parrot.jpg", "macaw"),
    "a float classifier": ("mobilenet_v1_0.25_224_float_metadata", "parrot.jpg", "macaw"),
    "a detector": ("ssd_mobilenet_v1_coco_quant_metadata", "cats_and_dogs.jpg", "cat"),
    "a detector that finds nothing": ("ssd_mobilenet_v1_coco_quant_metadata", "cat.bmp", None),
    "a finder of faces": ("face_detection_short_range", "grace_hopper.bmp", "face"),
    "a segmenter": ("deeplabv3_mnv2_dm05_pascal_quant", "cat.bmp", "8"),
    "a pose": ("movenet_single_pose_lightning_ptq", "grace_hopper.bmp", "person"),
    "an embedder": ("mobilenet_v1_1.0_224_quant_embedding_extractor", "parrot.jpg", None),
}
OPTIONS = {
    "a detector that finds nothing": {"options": {"threshold": 0.99}},
    "a segmenter": {"options": {"labels": ["background", *(f"{number}" for number in range(1, 21))]}},
}


class TestOneSchemaForEveryKind:
    """What reads the events of an agent without rules reads those of one with rules, of every task."""

    @pytest.mark.parametrize("task", TASKS)
    def test_the_keys_are_the_same_and_the_observation_is_one(self, task, shared_file, tmp_path):
        name, picture, label = TASKS[task]
        model, path = shared_file(f"models/{name}.tflite"), shared_file(f"images/{picture}")
        ruled = {"rules": [Rule("there", (label,), score=0.01)]} if label else {}
        events: list[dict] = []
        for number, options in enumerate(({}, ruled)):
            options = OPTIONS.get(task, {}) | options
            Agent(model, [path], sinks=events.append, state=tmp_path / f"state {number}", **options).run()
        plain, rule = events
        assert plain.keys() == rule.keys() == ENVELOPE | {"picture"}
        assert (plain["kind"], plain["rule"]) == ("result", None)
        assert (rule["kind"], rule["rule"]) == (("rule", "there") if label else ("result", None))
        for event in events:
            seen = event["observation"] or {"label": None, "score": None}
            assert (event["label"], event["score"]) == (seen["label"], seen["score"])
            assert event["observation"] is None or Observation.of(seen).to_dict() == seen
        assert {event["label"] for event in events} == {label}
        assert plain["result"] == rule["result"]

    @pytest.mark.parametrize(
        "event",
        [
            about_agent("dropped", 0.0, count=3, reason="size"),
            about_agent("worker restarts", 0.0, restarts=5),
            *EventMaker("door", ()).events(FRAME, Sighting(error="broken")),
            *EventMaker("door", RULES).events(FRAME, Sighting(error="broken")),
        ],
        ids=lambda event: event.facts["what"],
    )
    def test_events_about_the_agent_have_the_envelope_too(self, event):
        told = event.to_dict()
        assert told.keys() == ENVELOPE - {"sequence"} | event.facts.keys()
        assert {told[key] for key in ("label", "score", "rule", "visit", "place", "observation", "result")} == {None}
