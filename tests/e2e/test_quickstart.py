"""`edgewright quickstart` as a newcomer runs it, from the command line, with everything real."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

import edgewright as ew

FLOAT_LIMIT = 420_000
INTEGER_LIMIT = 112_000
LARGEST_DROP = 0.005


@pytest.fixture(scope="module")
def first(edgewright, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of one whole run."""
    folder = tmp_path_factory.mktemp("quickstart") / "out"
    done = edgewright("quickstart", "--out", folder, "--seed", "3", "--no-photos")
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="module")
def results(first: Path) -> dict:
    return json.loads((first / "results.json").read_text())


@dataclass(frozen=True)
class Run:
    """A run of the command: its folder, and what it printed."""

    folder: Path
    done: subprocess.CompletedProcess[str]


@pytest.fixture(scope="module")
def second(edgewright, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The same once more, where photographs are wanted and no package index can be reached."""
    home = tmp_path_factory.mktemp("again")
    settings = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "EDGEWRIGHT_CACHE": home / "cache"}
    return Run(home / "out", edgewright("quickstart", "--out", home / "out", "--seed", "3", **settings))


def accuracies(results: dict) -> dict[str, float]:
    return {artefact["path"]: artefact["accuracy"]["top1"] for artefact in results["artefacts"]}


def test_all_artefacts_are_there(first: Path):
    assert {path.name for path in first.iterdir()} == {
        "model.keras", "model.h5", "saved_model", "model.tflite", "model_from_h5.tflite",
        "model_from_saved_model.tflite", "model_dynamic.tflite", "model_int8.tflite", "report.html", "results.json",
    }  # fmt: skip


def test_sizes_and_accuracies_are_those_of_the_tutorial(first: Path, results: dict):
    assert (first / "model.tflite").stat().st_size <= FLOAT_LIMIT
    assert (first / "model_int8.tflite").stat().st_size <= INTEGER_LIMIT
    found = accuracies(results)
    assert found["model.keras"] > 0.9
    assert found["model.tflite"] == found["model.keras"]
    assert found["model.keras"] - found["model_int8.tflite"] <= LARGEST_DROP


def test_the_three_formats_convert_to_the_same_network(first: Path):
    models = [
        ew.ModelFile.read(first / name)
        for name in ("model.tflite", "model_from_h5.tflite", "model_from_saved_model.tflite")
    ]
    random = np.random.default_rng(0)
    samples = [random.random((1, 28, 28), dtype=np.float32) for _ in range(4)]
    for other in models[1:]:
        assert ew.agreement(models[0], other, samples).outputs[0].largest_difference < 1e-5


def test_files_describe_themselves(first: Path):
    model = ew.ModelFile.read(first / "model_int8.tflite")
    assert model.sealed
    assert model.metadata.task == "classification"
    assert model.metadata.inputs[0].std == (255.0,)
    assert model.metadata.outputs[0].labels == tuple("0123456789")
    assert model.metadata.outputs[0].meaning == "logits"
    assert model.metadata.provenance.source == "model.keras"


def test_full_integer_means_integers_throughout(first: Path):
    model = ew.ModelFile.read(first / "model_int8.tflite")
    (dense, *_) = [operator for operator in model.ops if operator.name == "FULLY_CONNECTED"]
    assert {model.main.tensors[index].dtype for index in dense.inputs[:2]} == {"int8"}
    assert {model.inputs[0].dtype, model.outputs[0].dtype} == {"float32"}


class References(HTMLParser):
    """What a browser would fetch for a page."""

    def __init__(self):
        super().__init__()
        self.found = []

    def handle_starttag(self, tag, attributes):
        self.found += [value for name, value in attributes if name in ("src", "href", "srcset", "data", "action")]


def test_the_report_is_self_contained(first: Path):
    page = (first / "report.html").read_text()
    references = References()
    references.feed(page)
    assert all(reference.startswith(("data:", "#")) for reference in references.found)
    assert "url(" not in page
    assert "full integer" in page


def test_one_seed_gives_one_result(second: Run, results: dict):
    assert second.done.returncode == 0, second.done.stderr
    assert accuracies(json.loads((second.folder / "results.json").read_text())) == accuracies(results)


def test_without_a_package_index_the_second_act_is_left_out(second: Run):
    assert second.done.returncode == 0, second.done.stderr
    assert second.done.stderr.startswith("edgewright: no photographs were classified: ")
    assert "no photographs were classified" in (second.folder / "report.html").read_text()


def test_a_folder_with_content_is_not_touched(edgewright, first: Path):
    before = {path: path.stat().st_mtime_ns for path in first.rglob("*")}
    done = edgewright("quickstart", "--out", first)
    assert done.returncode == 1
    assert (
        done.stderr
        == f"edgewright: {first}: the folder has content already. Name another one with --out, or add --force\n"
    )
    assert {path: path.stat().st_mtime_ns for path in first.rglob("*")} == before


def test_own_data_and_force(edgewright, shared_file, tmp_path: Path):
    keep = tmp_path / "out" / "notes.txt"
    keep.parent.mkdir()
    keep.write_text("mine")
    with np.load(shared_file("data/fashion_mnist_900.npz")) as stored:
        divided = {name: stored[name] / np.float32(256) if name.startswith("x") else stored[name] for name in stored}
    data = tmp_path / "divided.npz"
    np.savez(data, **divided)
    done = edgewright(
        "quickstart", "--data", data, "--out", keep.parent, "--epochs", "1", "--force", "--json", "--no-photos"
    )
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["dataset"] == {"name": "divided.npz", "train": 720, "test": 180}
    assert told["notices"] == ["divided.npz: pixels with fractions were rounded."]
    assert told["notices"][0] in (keep.parent / "report.html").read_text()
    assert keep.read_text() == "mine"


@pytest.mark.extras
@pytest.mark.thorough
def test_the_second_act(edgewright, shared_file, tmp_path: Path):
    photo = shared_file("images/parrot.jpg")
    done = edgewright(
        "quickstart", "--out", tmp_path / "out", "--epochs", "1", "--photos", photo, "--json", timeout=600
    )
    assert done.returncode == 0, done.stderr
    second = json.loads(done.stdout)["photos"]
    assert second["bytes"]["int8"] < second["bytes"]["float"] / 3
    parrot = second["photos"][-1]
    assert parrot["float"]["top"][0]["label"] == parrot["int8"]["top"][0]["label"] == "macaw"
    assert parrot["float"]["top"][0]["score"] == pytest.approx(0.90, abs=0.02)
    assert (tmp_path / "out" / "photo-2.jpg").stat().st_size > 10_000
    assert "macaw" in (tmp_path / "out" / "report.html").read_text()
    answer = edgewright("run", tmp_path / "out" / "efficientnet_lite0_int8.tflite", photo, "--top", "1", "--json")
    assert json.loads(answer.stdout)[0]["top"][0]["label"] == "macaw"


@pytest.mark.parametrize(
    ("arguments", "line", "code"),
    [
        (["--dataset", "mnist5"], "no file, folder or data set 'mnist5'. Did you mean 'mnist5k'?", 2),
        (["--data", "nowhere.npz"], "nowhere.npz: no such file or folder", 1),
        (["--dataset", "mnist5k", "--data", "x"], "--dataset and --data exclude each other", 2),
        (["--photos", "nowhere.jpg"], "nowhere.jpg", 1),
        (["--photos", "x.jpg", "--no-photos"], "--photos and --no-photos exclude each other", 2),
        (["--epochs", "0"], "Invalid value for '--epochs'", 2),
    ],
)
def test_what_cannot_be_done_is_one_line(edgewright, tmp_path: Path, arguments: list[str], line: str, code: int):
    done = edgewright("quickstart", *arguments, cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (code, "", 1)
    assert line in done.stderr
    assert list(tmp_path.iterdir()) == []
