"""`edgewright optimize` as a user runs it, on pictures of clothes and a network for them."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest

from edgewright.model import InputMetadata, Metadata, ModelFile, OutputMetadata

from ..optimize.networks import dense, fitted

SHARED = Path(os.environ.get("EDGEWRIGHT_SHARED", Path(__file__).parents[3] / "shared"))
LABELS = ("T-shirt", "Trouser", "Pullover", "Dress", "Coat", "Sandal", "Shirt", "Sneaker", "Bag", "Boot")


@dataclass(frozen=True)
class Desk:
    """A float model, its data, and the folder for what a search measured, which all tests go on from."""

    model: Path
    data: Path
    work: Path

    def command(self, out: Path, *others: object) -> tuple[object, ...]:
        return ("optimize", self.model, "--data", self.data, "--work", self.work, "-o", out, *others)


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Desk:
    source = SHARED / "data/fashion_mnist_900.npz"
    if not source.exists():
        pytest.skip(f"{source} is missing; get it with: make fixtures")
    folder = tmp_path_factory.mktemp("desk")
    with np.load(source) as arrays:
        x, y = arrays["x"].reshape(len(arrays["x"]), -1), arrays["y"].astype(np.int64)
    np.savez(folder / "clothes.npz", x=x, y=y)
    described = Metadata(
        name="clothes",
        task="classification",
        inputs=(InputMetadata(kind="feature", mean=(0.0,), std=(255.0,)),),
        outputs=(OutputMetadata(labels=LABELS),),
    )
    model = dense(fitted(x.astype(np.float32) / 255, y, depth=4, width=96)).with_metadata(described)
    model.save(folder / "clothes.tflite")
    return Desk(folder / "clothes.tflite", folder / "clothes.npz", folder / "work")


def test_it_writes_a_smaller_file_and_says_what_is_proven(edgewright, desk: Desk, tmp_path: Path) -> None:
    out, report = tmp_path / "small.tflite", tmp_path / "report.html"
    done = edgewright(*desk.command(out, "--max-drop", "3%", "--html", report))
    assert done.returncode == 0, done.stderr
    small, source = ModelFile.read(out), ModelFile.read(desk.model)
    assert small.size < source.size / 2
    assert small.metadata.outputs[0].labels == LABELS
    assert small.metadata.provenance.source_sha256 == source.sha256
    assert "accepted, chosen" in done.stdout
    assert "that nothing was chosen by" in " ".join(done.stdout.split())
    assert done.stdout.splitlines()[-2:] == [str(out), str(report)]
    page = report.read_text(encoding="utf-8")
    assert "Smaller, with proof" in page
    assert "<script" not in page


def test_json_is_one_document_with_every_candidate(edgewright, desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "small.tflite"
    done = edgewright(*desk.command(out, "--max-drop", "0.03", "--json"))
    document = json.loads(done.stdout)
    assert document["written"] == [str(out)]
    assert document["within_budget"] is True
    assert document["model"]["size"] == out.stat().st_size
    chosen = next(one for one in document["candidates"] if one["name"] == document["chosen"])
    assert chosen["status"] == "accepted"
    assert chosen["drop"]["upper95"] <= 0.03
    assert all(one["reason"] for one in document["candidates"] if one["status"] != "accepted")
    smaller = [one for one in document["candidates"] if one["status"] == "accepted" and one["size"] < chosen["size"]]
    assert smaller == []


def test_nothing_within_the_budget_writes_nothing_and_names_the_nearest(edgewright, desk: Desk, tmp_path: Path) -> None:
    out = tmp_path / "small.tflite"
    done = edgewright(*desk.command(out, "--max-drop", "0%"))
    assert done.returncode == 1
    assert not out.exists()
    assert "The nearest is " in done.stderr.splitlines()[-1]
    assert done.stdout  # the table of what was tried
    told = edgewright(*desk.command(out, "--max-drop", "0%", "--allow-over-budget"))
    assert told.returncode == 0
    assert "over the budget" in told.stderr
    assert ModelFile.read(out).size < ModelFile.read(desk.model).size


def test_a_file_that_exists_is_refused_before_the_work(edgewright, desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "small.tflite").write_bytes(b"mine")
    done = edgewright(*desk.command(tmp_path / "small.tflite"))
    assert (done.returncode, done.stdout) == (1, "")
    assert "exists already" in done.stderr
    assert (tmp_path / "small.tflite").read_bytes() == b"mine"


def test_a_folder_that_does_not_exist_is_refused_before_the_work(edgewright, desk: Desk, tmp_path: Path) -> None:
    done = edgewright(*desk.command(tmp_path / "nowhere" / "small.tflite"))
    assert done.returncode == 1
    assert "does not exist. Make it first" in done.stderr


@pytest.mark.parametrize(
    ("share", "words"),
    [
        ("1", "Did you mean 1%?"),
        ("100%", "below 100%"),
        ("-1%", "not at least 0"),
        ("some", "no share"),
        ("nan", "not at least 0"),
    ],
)
def test_budgets_that_are_none(edgewright, desk: Desk, tmp_path: Path, share: str, words: str) -> None:
    done = edgewright(*desk.command(tmp_path / "small.tflite", f"--max-drop={share}"))
    assert done.returncode == 2
    assert done.stderr.count("\n") == 1
    assert words in done.stderr


def _not_finite(desk: Desk, folder: Path) -> tuple[Path, Path]:
    with np.load(desk.data) as arrays:
        np.savez(
            folder / "nan.npz", x=np.where(arrays["x"] > 250, np.nan, arrays["x"].astype(np.float32)), y=arrays["y"]
        )
    return desk.model, folder / "nan.npz"


def _three(desk: Desk, folder: Path) -> tuple[Path, Path]:
    with np.load(desk.data) as arrays:
        first = [int(np.flatnonzero(arrays["y"] == number)[0]) for number in range(3)]
        np.savez(folder / "three.npz", x=arrays["x"][first], y=arrays["y"][first])
    return desk.model, folder / "three.npz"


def _one_class(desk: Desk, folder: Path) -> tuple[Path, Path]:
    with np.load(desk.data) as arrays:
        np.savez(folder / "one.npz", x=arrays["x"], y=np.zeros(len(arrays["y"]), np.int64))
    return desk.model, folder / "one.npz"


def _more_classes(desk: Desk, folder: Path) -> tuple[Path, Path]:
    with np.load(desk.data) as arrays:
        np.savez(folder / "many.npz", x=arrays["x"], y=arrays["y"] + 5)
    return desk.model, folder / "many.npz"


def _quantized(desk: Desk, folder: Path) -> tuple[Path, Path]:
    return SHARED / "models/mobilenet_v1_0.25_128_quant.tflite", desk.data


def _nowhere(desk: Desk, folder: Path) -> tuple[Path, Path]:
    return desk.model, folder / "nowhere"


@pytest.mark.parametrize(
    ("case", "word"),
    [
        (_not_finite, "nan"),
        (_three, "3 "),
        (_one_class, "class"),
        (_more_classes, "label 14"),
        (_quantized, "quantized already"),
        (_nowhere, "nowhere"),
    ],
)
def test_what_cannot_be_optimized_gets_one_line(edgewright, desk: Desk, tmp_path: Path, case, word: str) -> None:
    model, data = case(desk, tmp_path)
    done = edgewright("optimize", model, "--data", data, "-o", tmp_path / "small.tflite")
    assert done.returncode in (1, 2)
    assert done.stderr.count("\n") == 1
    assert word in done.stderr.lower()
    assert "unforeseen" not in done.stderr
    assert not (tmp_path / "small.tflite").exists()
