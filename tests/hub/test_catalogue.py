"""Entries: what is shipped is sound, and what is wrong in one is said in one line."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from edgewright import hub
from edgewright.errors import HubError, UsageError
from edgewright.hub.model_entry import read_entry, read_labels
from edgewright.hub.recipes import find_recipe

GOOD = """
title = "A model"
task = "classification"
licence = "Apache-2.0"
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


@pytest.mark.parametrize("name", hub.names())
def test_every_shipped_entry_says_what_a_person_wants_to_know(name: str):
    entry = hub.entry(name)
    assert entry.licence
    assert entry.description
    assert entry.accuracy is not None
    assert entry.accuracy.source
    assert entry.preparation.kind == "image"
    assert find_recipe(entry.recipe) is not None
    assert entry.to_dict()["sha256"] == entry.origin.sha256


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
        ("value = 0.5", "value = 75.1", "accuracy.value is 75.1; it is a share"),
        ("value = 0.5", 'value = "high"', "accuracy.value is 'high'; expected a number"),
        ("[accuracy]", "[output]\nlabels = 'nobody'\n[accuracy]", "no labels 'nobody'.*imagenet_1000"),
        ("[accuracy]", "[output]\nmeaning = 'nothing'\n[accuracy]", "meaning is 'nothing'"),
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
