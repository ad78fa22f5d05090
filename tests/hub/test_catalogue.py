"""Entries: what is shipped is sound, and what is wrong in one is said in one line."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from edgewright import hub
from edgewright.errors import HubError, UsageError
from edgewright.hub.model_entry import read_entry, read_labels
from edgewright.hub.recipes import find_recipe
from edgewright.task import task_names

GOOD = """
title = "A model"
task = "classification"
license = "Apache-2.0"
size = 10
recipe = "efficientnet_lite0"
[origin]
kind = "package"
package = "a-package"
version = "1.0"
member = "a/file.pth"
size = 20
sha256 = "{digest}"
[accuracy]
measure = "top-1"
value = 0.5
dataset = "ImageNet"
source = "a paper"
""".replace("{digest}", "ab" * 32)


def written(folder: Path, text: str, name: str = "a_model.toml") -> Path:
    path = folder / name
    path.write_text(text)
    return path


def test_names_and_entries_go_together():
    assert hub.names() == tuple(sorted(hub.names()))
    assert [entry.name for entry in hub.entries()] == list(hub.names())
    assert hub.entry("efficientnet_lite0").title == "EfficientNet-Lite0"


def test_looking_a_name_up_imports_nothing_heavy():
    code = "import sys; from edgewright import hub; hub.find('efficientnet_lite0'); print(*sys.modules)"
    loaded = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True).stdout.split()
    assert not {"numpy", "PIL", "tensorflow", "keras"} & set(loaded)


INPUTS = {"audio-classification": "audio", "text-embedding": "feature", "tensors": None}


@pytest.mark.parametrize("name", hub.names())
def test_every_shipped_entry_says_what_a_person_wants_to_know(name: str):
    entry = hub.entry(name)
    assert entry.license == "Apache-2.0"
    assert entry.description.endswith(".")
    assert entry.author
    assert entry.task in task_names(), "every model runs"
    assert entry.preparation.kind == INPUTS.get(entry.task, "image")
    assert entry.needs or entry.task != "tensors"
    assert find_recipe(entry.recipe) is not None
    assert entry.to_dict()["sha256"] == (entry.origin.sha256 or None)


@pytest.mark.parametrize("name", [entry.name for entry in hub.entries() if entry.task == "classification"])
def test_every_classifier_is_ready_to_be_used(name: str):
    entry = hub.entry(name)
    assert entry.accuracy is not None
    assert entry.accuracy.source
    assert entry.preparation.mean
    assert entry.preparation.resize == "crop"
    assert len(entry.outputs[0].labels) == (1000 if name.startswith("efficientnet") else 1001)
    assert (entry.outputs[0].labels[0] == "background") == (not name.startswith("efficientnet"))


def test_every_model_comes_from_another_place():
    places = [(entry.origin.title, getattr(entry.origin, "member", "")) for entry in hub.entries()]
    assert len(set(places)) == len(places)
    assert len({entry.title for entry in hub.entries()}) == len(places)


@pytest.mark.parametrize(
    "name",
    [
        "mobilenet_v1_1_0_224_quant", "mobilenet_v1_0_25_128_quant", "mobilenet_v1_0_5_160_quant",
        "mobilenet_v1_0_75_192_quant", "mobilenet_v2_1_0_224_quant", "mobilenet_v3_large", "mobilenet_v3_small_quant",
        "efficientnet_lite0", "efficientnet_lite1_int8", "efficientnet_lite2_int8", "efficientnet_lite3_int8",
        "efficientnet_lite4_int8", "ssd_mobilenet_v1_coco_quant", "efficientdet_lite0", "efficientdet_lite1",
        "efficientdet_lite2", "movenet_lightning_ptq", "deeplab_v3_pascal_quant", "yamnet", "face_detector",
        "hand_detector", "hand_landmarks", "body_detector", "body_landmarks", "selfie_segmenter", "wake_word_alexa",
        "minilm_l6_v2",
    ],
)  # fmt: skip
def test_the_models_that_everybody_asks_for_are_known(name: str):
    assert hub.entry(name)


def test_what_is_beside_the_project_is_pinned_to_what_it_says_there(shared_file):
    """`fixtures.toml` has SHA-256 and size of each of them, from the same commit."""
    fixtures = tomllib.loads(shared_file("fixtures.toml").read_text())
    by_digest = {one["sha256"]: one for one in fixtures.values()}
    pinned = [entry for entry in hub.entries() if entry.origin.sha256 in by_digest]
    assert len(pinned) >= 8
    for entry in pinned:
        one = by_digest[entry.origin.sha256]
        assert (entry.size, entry.origin.size) == (one["size"], one["size"])
        assert (
            entry.origin.title == f"https://raw.githubusercontent.com/{one['repository']}/{one['commit']}/{one['path']}"
        )


def test_what_pixels_are_called_is_the_published_list(shared_file):
    published = shared_file("models/pascal_voc_segmentation_labels.txt").read_text().splitlines()[:21]
    ours = [label.replace(" ", "").lower() for label in read_labels("pascal_voc_21")]
    assert ours == published


def test_the_labels_of_imagenet_are_in_the_order_of_a_published_list(shared_file):
    ours = read_labels("imagenet_1000")
    published = shared_file("models/imagenet_labels.txt").read_text().splitlines()[1:]
    assert len(ours) == len(set(ours)) == len(published) == 1000
    for index, (label, names) in enumerate(zip(ours, published, strict=True)):
        assert re.sub(r" \(.*\)", "", label) in names.split(", "), f"{index}: {label} is none of {names}"


def test_a_sound_entry_is_read(tmp_path: Path):
    entry = read_entry(written(tmp_path, GOOD))
    assert (entry.name, entry.origin.title, entry.accuracy.value) == ("a_model", "a-package 1.0", 0.5)


@pytest.mark.parametrize(
    ("old", "new", "reason"),
    [
        ('title = "A model"', "", "title is missing"),
        ('title = "A model"', 'title = " "', "title is empty"),
        ('title = "A model"', "title = 3", "title is 3; expected text"),
        ('title = "A model"', 'titel = "A model"', "titel is unknown. Known are: name, title"),
        ("size = 10", 'size = "10"', "size is '10'; expected a number"),
        ("size = 10", "size = -1", "size is -1"),
        ("size = 10", "size = true", "size is True"),
        ('kind = "package"', 'kind = "carrier pigeon"', "no kind of origin 'carrier pigeon'.*package"),
        ('kind = "package"', "", "origin is no table with a kind"),
        ('version = "1.0"', "", "origin.version is missing"),
        ('sha256 = "ab', 'sha256 = "xy', "origin.sha256 is 'xy"),
        ('member = "a/', 'wheel = "--index-url"\nmember = "a/', "origin.wheel is '--index-url'; the name of a wheel"),
        ('task = "classification"', 'task = "classification"\nneeds = 3', "needs is 3; expected text"),
        ("value = 0.5", "value = 75.1", "accuracy.value is 75.1; it is a share"),
        ("value = 0.5", 'value = "high"', "accuracy.value is 'high'; expected a number"),
        ("[accuracy]", "[[outputs]]\nlabels = 'nobody'\n[accuracy]", "no labels 'nobody'.*imagenet_1000"),
        ("[accuracy]", "[[outputs]]\nmeaning = 'nothing'\n[accuracy]", "meaning is 'nothing'"),
        ("[accuracy]", "[outputs]\nmeaning = 'mask'\n[accuracy]", r"outputs is .*; a list of tables is expected"),
        ("[accuracy]", "[preparation]\nresize = 'fold'\n[accuracy]", "resize is 'fold'"),
        ("[accuracy]", "[preparation]\nmean = [1.0]\n[accuracy]", "1 means and 0 standard"),
        ("[accuracy]", "[preparation]\nsize = 3\n[accuracy]", "preparation.size is unknown"),
        ("[accuracy]\n", "[accuracy", "line"),
        ("[origin]", "origin = 3\n[other]", "origin"),
    ],
)
def test_a_wrong_entry_is_one_line_with_its_file(tmp_path: Path, old: str, new: str, reason: str):
    assert old in GOOD
    with pytest.raises(HubError, match=f"a_model.toml: .*{reason}") as caught:
        read_entry(written(tmp_path, GOOD.replace(old, new, 1)))
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize("name", ["A.toml", "a b.toml", ".hidden.toml", "-x.toml", "ä.toml", "v1.0.toml"])
def test_a_name_that_makes_no_folder_is_refused(tmp_path: Path, name: str):
    with pytest.raises(HubError, match="small letters, digits"):
        read_entry(written(tmp_path, GOOD, name))


def test_a_name_is_registered_once():
    with pytest.raises(UsageError, match="known already"):
        hub.register_entry(hub.entry("efficientnet_lite0"))


def test_an_unknown_recipe_is_said():
    with pytest.raises(UsageError, match=r"no recipe 'soup'.*efficientnet_lite0"):
        find_recipe("soup")
