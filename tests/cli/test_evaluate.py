"""`edgewright evaluate` as a user runs it, and with a task, a metric and a data format of another package."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

GOOD, SMALL = "models/mobilenet_v2_1.0_224_quant.tflite", "models/mobilenet_v1_0.25_128_quant.tflite"


@pytest.fixture
def photos(shared_file, tmp_path: Path) -> Path:
    for name, source in {"macaw/1.jpg": "parrot.jpg", "suit/2.bmp": "grace_hopper.bmp"}.items():
        (tmp_path / "photos" / name).parent.mkdir(parents=True)
        shutil.copyfile(shared_file(f"images/{source}"), tmp_path / "photos" / name)
    (tmp_path / "photos/suit").rename(tmp_path / "photos/military uniform")
    return tmp_path / "photos"


def test_the_figures_go_to_stdout_and_all_else_to_stderr(edgewright, shared_file, photos: Path):
    (photos / "macaw/broken.jpg").write_bytes(b"no picture")
    done = edgewright("evaluate", shared_file(SMALL), photos, "--baseline", shared_file(GOOD))
    assert done.returncode == 0
    lines = done.stdout.splitlines()
    assert lines[0] == "2 inputs (1 could not be answered) of photos"
    assert lines[4].split() == ["mobilenet_v1_0.25_128_quant.tflite", "50.0%", "9.5%", "to", "90.5%"]
    assert "No difference is shown: the interval of the difference covers 0." in lines
    assert "broken.jpg: not a picture" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_json_is_one_document(edgewright, shared_file, photos: Path, tmp_path: Path):
    page = tmp_path / "page.html"
    options = ("--baseline", shared_file(GOOD), "--json", "--html", page, "--limit", 2, "--workers", 1)
    done = edgewright("evaluate", shared_file(SMALL), photos, *options)
    assert (done.returncode, done.stderr) == (0, "")
    found = json.loads(done.stdout)
    assert (found["metric"], found["value"], found["inputs"]) == ("top1", 0.5, 2)
    assert found["comparison"]["change"]["value"] == -0.5
    assert found["comparison"]["difference_shown"] is False
    assert found["worst"][0]["expected"] == "military uniform"
    assert found["written"] == [str(page)]
    assert page.read_text().startswith("<!DOCTYPE html>")


def test_a_page_that_exists_is_kept_and_that_is_said_before_the_work(edgewright, shared_file, tmp_path: Path):
    page = tmp_path / "page.html"
    page.write_text("mine")
    done = edgewright("evaluate", shared_file(GOOD), "no-such-data", "--html", page)
    assert (done.returncode, done.stdout) == (1, "")
    assert "page.html: exists already" in done.stderr
    assert page.read_text() == "mine"


@pytest.mark.parametrize(
    ("options", "code", "says"),
    [
        (("--metric", "top-1"), 2, "there is no metric 'top-1'. Did you mean 'top1'?"),
        (("--metric", "cosine"), 2, "compares with a reference model"),
        (("--task", "detection"), 2, "no metric scores the results of detection against data with ClassTarget"),
        (("--limit", "0"), 2, "--limit"),
        (("--mean", "1"), 2, "--mean and --std go together"),
        (("--baseline", "gone.tflite"), 1, "gone.tflite"),
    ],
)
def test_wrong_usage_is_one_line(edgewright, shared_file, photos: Path, options, code: int, says: str):
    done = edgewright("evaluate", shared_file(GOOD), photos, *options)
    assert (done.returncode, done.stdout) == (code, "")
    assert says in done.stderr
    assert len(done.stderr.splitlines()) == 1


@pytest.mark.parametrize("data", ["nowhere", "./nowhere.json"])
def test_data_that_are_not_there_are_one_line(edgewright, shared_file, data: str):
    done = edgewright("evaluate", shared_file(GOOD), data)
    assert done.returncode in (1, 2)
    assert "nowhere" in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_a_package_outside_brings_a_task_with_its_metric_and_data(edgewright, shared_file, tmp_path: Path):
    """Brightness: how light a picture is, from an image classifier's outputs that nobody else would read so."""
    (tmp_path / "bright-1.dist-info").mkdir()
    (tmp_path / "bright-1.dist-info/METADATA").write_text("Name: bright\nVersion: 1\n")
    (tmp_path / "bright-1.dist-info/entry_points.txt").write_text(ENTRY_POINTS)
    (tmp_path / "bright.py").write_text(PLUG_IN)
    shutil.copyfile(shared_file("images/parrot.jpg"), tmp_path / "parrot.jpg")
    (tmp_path / "a.bright").write_text("parrot.jpg 0.5\n")
    options = ("--task", "brightness", "--json")
    done = edgewright("evaluate", shared_file(GOOD), tmp_path / "a.bright", *options, PYTHONPATH=tmp_path)
    assert (done.returncode, done.stderr.count("\n")) == (0, 1), done.stderr
    assert "The interval says little" in done.stderr
    found = json.loads(done.stdout)
    assert (found["task"], found["metric"], found["value"]) == ("brightness", "off-by", 0.25)
    assert found["worst"][0]["said"] == "light 0.75"
    assert found["worst"][0]["expected"] == "0.5"
    shown = edgewright("evaluate", shared_file(GOOD), tmp_path / "a.bright", *options[:2], PYTHONPATH=tmp_path)
    assert "0.250 lux" in shown.stdout


ENTRY_POINTS = """
[edgewright.tasks]
brightness = bright:KIND
[edgewright.metrics]
off-by = bright:METRIC
[edgewright.data_formats]
bright = bright:FORMAT
"""

PLUG_IN = """
from dataclasses import dataclass

from edgewright.data import Dataset
from edgewright.task import Observation


@dataclass(frozen=True)
class Level:
    value: float
    classes = frozenset()

    def renumbered(self, places):
        return self

    def text(self, labels):
        return str(self.value)


@dataclass(frozen=True)
class Light:
    value: float

    def observations(self):
        return [Observation("light", self.value, 0)]

    def to_dict(self, limit=None):
        return {"kind": "brightness", "value": self.value}


class Decoder:
    labels = ("light",)

    def __call__(self, outputs, prepared):
        return Light(0.75)


class Kind:
    name, input = "brightness", "picture"

    def recognize(self, model):
        return None

    def decoder(self, model, options):
        return Decoder()


class OffBy:
    name, title, kinds, target = "off-by", "Off by", frozenset({"brightness"}), Level
    share, higher_is_better, unit, options = False, False, "lux", {}

    def record(self, result, target):
        return abs(result.value - target.value)

    def combine(self, records):
        return sum(records) / len(records)


class Format:
    name, expects = "bright", "a .bright file"

    def recognizes(self, path, head):
        return path.suffix == ".bright"

    def open(self, path, options):
        rows = [line.split() for line in path.read_text().splitlines()]
        inputs = tuple(path.parent / name for name, _ in rows)
        return Dataset(inputs, tuple(Level(float(value)) for _, value in rows), (), path.name, str(path))


KIND, METRIC, FORMAT = Kind(), OffBy(), Format()
"""
