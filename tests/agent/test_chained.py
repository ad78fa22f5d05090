"""An agent with two models in a row: what rules see of it, and what is said of a second model that is wrong."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import edgewright as ew
from edgewright.agent import Rule, read_settings
from edgewright.errors import EdgewrightError, UsageError


@pytest.fixture(scope="module")
def detector(shared_file: Callable[[str], Path]) -> Path:
    return shared_file("models/ssd_mobilenet_v1_coco_quant_metadata.tflite")


def watched(detector: Path, then: object, pictures: list[object], state: Path, **options: object) -> list[dict]:
    events: list[dict] = []
    ew.Agent(detector, pictures, sinks=[events.append], then=then, state=state / "state", **options).run()
    return events


class TestRules:
    def test_they_speak_of_the_labels_of_both(self, detector, small_model, parrot, tmp_path):
        rules = [Rule("which", ("macaw",)), Rule("any", ("bird",)), Rule("other", ("hare", "dog"))]
        events = {event["rule"]: event for event in watched(
            detector, small_model, [parrot], tmp_path, on="bird", rules=rules
        )}  # fmt: skip
        assert events.keys() == {"which", "any"}
        with ew.chain(detector, small_model, on=["bird"]) as chain:
            result = chain(parrot)
        best = max((link for link in result if link.label == "macaw"), key=lambda link: link.score)
        assert events["which"]["observation"]["box"] == list(best.box.xyxy), "zones, lines and tracks need it"
        assert events["any"]["observation"]["label"] == "bird"
        boxes = {tuple(link.box.xyxy) for link in result if link.found.label == "bird"}
        assert tuple(events["any"]["observation"]["box"]) in boxes
        assert events["which"]["result"] == json.loads(json.dumps(result.to_dict(5)))

    def test_what_both_say_is_there_in_the_same_place(self, detector, small_model, parrot):
        with ew.chain(detector, small_model, on=["bird"]) as chain:
            result = chain(parrot)
        birds = [link for link in result if link.found.label == "bird"]
        assert len(result.observations_of({"bird"})) == len(birds)
        assert len(result.observations_of({"bird", "macaw"})) > len(birds)
        cars = [link for link in result if link.then is None]
        assert cars
        assert len(result.observations_of({link.label for link in cars})) == len(cars), "once, where one says it"
        assert result.observations_of({"hare"}) == []

    def test_without_rules_the_event_is_of_the_surest(self, detector, small_model, parrot, tmp_path):
        (event,) = watched(detector, small_model, [parrot], tmp_path)
        assert (event["label"], event["result"]["kind"]) == ("macaw", "chain")

    def test_a_label_that_neither_knows_is_refused(self, detector, small_model, parrot, tmp_path):
        with pytest.raises(UsageError, match=r"no label 'macow'.*'macaw'"):
            watched(detector, small_model, [parrot], tmp_path, rules=[Rule("x", ("macow",))])


class TestWrong:
    """One line each, with the name of the file that is wrong, before anything is watched."""

    @pytest.mark.parametrize(
        ("content", "words"),
        [
            (b"", r"second\.tflite.*0 bytes are too few"),
            (b"\x00" * 4096, r"second\.tflite"),
            (b"\x1c\x00\x00\x00TFL3" + b"\xff" * 4096, r"second\.tflite"),
            (b"\x89HDF\r\n\x1a\n" + bytes(512), r"second\.tflite"),
        ],
    )
    def test_what_is_no_sound_model(self, detector, parrot, tmp_path, content, words):
        (tmp_path / "second.tflite").write_bytes(content)
        self.refused(detector, tmp_path / "second.tflite", parrot, tmp_path, words)

    def test_one_that_was_cut_off(self, detector, small_model, parrot, tmp_path):
        (tmp_path / "second.tflite").write_bytes(small_model.read_bytes()[:200_000])
        self.refused(detector, tmp_path / "second.tflite", parrot, tmp_path, r"second\.tflite")

    def test_one_that_is_not_there(self, detector, parrot, tmp_path):
        self.refused(detector, tmp_path / "nowhere.tflite", parrot, tmp_path, r"nowhere\.tflite")

    @pytest.mark.parametrize(
        ("name", "options", "words"),
        [
            ("yamnet", {}, "yamnet.tflite: a chain is of models of pictures; this one takes sounds"),
            ("mobilenet_v1_0.25_128_quant", {"then_options": {"color": 1}}, "128_quant.tflite: .*'?color"),
            ("mobilenet_v1_0.25_128_quant", {"then_task": "detection"}, "128_quant.tflite"),
            ("mobilenet_v1_0.25_128_quant", {"then_options": {"labels": "nowhere.txt"}}, "nowhere.txt"),
            ("mobilenet_v1_0.25_128_quant", {"on": "brid"}, "coco_quant_metadata.tflite: .*'brid'.*'bird'"),
            ("mobilenet_v1_0.25_224_float", {}, "0.25_224_float.tflite: nothing in the file says how pixels"),
        ],
    )
    def test_one_that_does_not_go_with_it(self, detector, shared_file, parrot, tmp_path, name, options, words):
        self.refused(detector, shared_file(f"models/{name}.tflite"), parrot, tmp_path, words, **options)

    def refused(self, detector, then, picture, state, words, **options):
        with pytest.raises(EdgewrightError, match=words) as caught:
            watched(detector, then, [picture], state, **options)
        assert "\n" not in str(caught.value)

    @pytest.mark.parametrize(
        ("lonely", "words"),
        [
            ({"on": "bird"}, "on: "),
            ({"then_task": "faces"}, "then_task: "),
            ({"then_options": {"x": 1}}, "then_options: "),
        ],
    )
    def test_what_is_said_of_none(self, small_model, parrot, lonely, words):
        with pytest.raises(UsageError, match=f"^{words}it is about the second model"):
            ew.Agent(small_model, [parrot], **lonely)

    def test_on_the_command_line(self, edgewright, small_model, tmp_path):
        said = edgewright("watch", small_model, "--folder", tmp_path, "--on", "bird", cwd=tmp_path)
        assert (said.returncode, "--on goes with --then" in said.stderr) == (2, True)


def test_the_options_of_the_second_are_its_own(detector, shared_file, parrot, tmp_path):
    """A float file that does not say how its pixels are prepared, and labels of one's own."""
    (tmp_path / "labels.txt").write_text("\n".join(f"class {number}" for number in range(1001)))
    second = shared_file("models/mobilenet_v1_0.25_224_float.tflite")
    said = {"normalization": "minus_one_to_one", "labels": str(tmp_path / "labels.txt")}
    (event,) = watched(detector, second, [parrot], tmp_path, on=["bird"], then_options=said)
    assert event["label"].startswith("class ")


def test_in_a_toml_file(detector, small_model, tmp_path):
    (tmp_path / "in").mkdir()
    text = f'model = "{detector}"\nthen = "second.tflite"\non = "bird"\nthen_task = "classification"\n'
    (tmp_path / "second.tflite").write_bytes(small_model.read_bytes())
    (tmp_path / "agent.toml").write_text(f'{text}[then_options]\nlabels = "x.txt"\n[source]\nfolder = "in"\n')
    settings = read_settings(tmp_path / "agent.toml")
    assert (settings.then, settings.on) == (str(tmp_path / "second.tflite"), ("bird",))
    assert (settings.then_task, settings.then_options) == ("classification", {"labels": "x.txt"})


class TestTracks:
    def test_a_thing_keeps_its_number_whatever_the_second_says_of_it(self, detector, small_model, parrot, tmp_path):
        """Its place moves from picture to picture; the box is the first model's, and so is what it is followed by."""
        with Image.open(parrot) as image:
            whole = image.convert("RGB")
        pictures = [np.asarray(whole.crop((step * 3, step * 2, step * 3 + 480, step * 2 + 880))) for step in range(8)]
        rules = [Rule("which", ("macaw",), score=0.2), Rule("any", ("bird",), score=0.2)]
        events = watched(detector, small_model, pictures, tmp_path, on="bird", rules=rules, tracking=True)
        tracks = {
            event["rule"]: {one["observation"]["track"] for one in events if one["rule"] == event["rule"]}
            for event in events
        }
        assert tracks.keys() == {"which", "any"}
        assert tracks["which"] & tracks["any"], "it is the same thing"
        assert all(event["observation"]["box"] for event in events)
