"""`edgewright bench` as a user types it: its tables, its JSON, its page, and one line for what cannot be done."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

SMALL = "models/mobilenet_v1_0.25_128_quant.tflite"


@pytest.fixture(scope="module")
def folder(shared_file, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A model, another one as its baseline, and a photograph in a folder."""
    place = tmp_path_factory.mktemp("desk")
    shutil.copy(shared_file(SMALL), place / "small.tflite")
    shutil.copy(shared_file(SMALL), place / "same.tflite")
    shutil.copy(shared_file("models/mobilenet_v1_0.25_224_float.tflite"), place / "float.tflite")
    (place / "photos").mkdir()
    (place / "none").mkdir()
    shutil.copy(shared_file("images/cat.bmp"), place / "photos")
    return place


@pytest.fixture
def bench(edgewright, folder: Path):
    return lambda *words, **options: edgewright("bench", *words, cwd=folder, **options)


def test_tables_for_people_and_a_page(bench, folder: Path):
    words = ("small.tflite", "--baseline", "same.tflite", "--images", "photos", "--rounds", 1, "--html", "page.html")
    done = bench(*words, COLUMNS=80)
    assert done.returncode == 0, done.stderr
    for heading in (
        "One inference, on 1 prepared picture",
        "One picture, from file",
        "pictures per second",
        "Cold start",
    ):
        assert heading in done.stdout
    assert "Time per operator: not available from this runtime." in done.stdout
    assert "With 1 round no difference can be called real" in done.stdout
    tables = done.stdout.partition("Time per operator")[0]
    assert max(map(len, tables.splitlines())) <= 80
    html = (folder / "page.html").read_text()
    assert html.count("<svg") == 5
    again = bench(*words)
    assert again.returncode == 1
    assert again.stderr.startswith("edgewright: page.html: exists already. Choose another name, or allow overwriting")


def test_one_document_for_programs(bench):
    done = bench("small.tflite", "--threads", "1,2", "--rounds", 1, "--json")
    document = json.loads(done.stdout)
    assert [(one["engine"], one["threads"]) for one in document["measured"]] == [("litert", 1), ("litert", 2)]
    assert document["machine"]["usable_cores"] >= 1
    assert document["model"]["size"] == 525_598
    assert {"latency", "throughput", "cold_start", "compared"} <= document["measured"][1].keys()


def test_tuning_chooses_and_remembers(bench, tmp_path: Path):
    words = ("small.tflite", "--tune", "--engines", "litert", "--threads", "1,2")
    done = bench(*words, EDGEWRIGHT_CACHE=tmp_path)
    assert done.returncode == 0, done.stderr
    assert done.stdout.count("  chosen\n") == 1
    assert "Chosen: litert on " in done.stdout
    remembered = choices(tmp_path)
    assert remembered
    document = json.loads(bench(*words, "--json", EDGEWRIGHT_CACHE=tmp_path).stdout)
    assert document["cached"] is False  # it measures again, and replaces what was remembered
    assert [(one["engine"], one["threads"]) for one in document["candidates"]] == [("litert", 1), ("litert", 2)]
    assert choices(tmp_path) == remembered


def test_tuning_writes_a_page_with_every_candidate(bench, tmp_path: Path):
    page = tmp_path / "tuning.html"
    words = ("small.tflite", "--tune", "--engines", "litert,litert-compiled", "--threads", "1", "--html", page)
    done = bench(*words, EDGEWRIGHT_CACHE=tmp_path)
    assert (done.returncode, done.stdout.splitlines()[-1]) == (0, str(page))
    text = page.read_text()
    assert "What runs it fastest" in text
    assert "Chosen: litert" in text
    assert "litert on 1 thread" in text
    assert "litert-compiled on 1 thread" in text
    again = bench(*words, EDGEWRIGHT_CACHE=tmp_path)
    assert (again.returncode, again.stdout) == (1, "")
    assert "exists already" in again.stderr
    told = bench(*words, "--force", "--json", EDGEWRIGHT_CACHE=tmp_path)
    assert json.loads(told.stdout)["written"] == [str(page)]


def choices(cache: Path) -> list[Path]:
    """The files of the cache, less those that say which models were tried out."""
    return [path for path in cache.rglob("*") if path.is_file() and "trials" not in path.parts]


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["small.tflite", "--tune", "--rounds", "5"], "--rounds does not go with --tune, which goes"),
        (["small.tflite", "--threads", "0"], "'0': give whole numbers from 1 to 256, with commas between"),
        (["small.tflite", "--threads", "1,,2"], "'1,,2': give whole numbers"),
        (["small.tflite", "--engines", "tensorrt"], "there is no engine 'tensorrt'. Choose from: "),
        (["small.tflite", "--engines", "litert,"], "'litert,' is no name, nor names with commas between"),
        (["small.tflite", "--rounds", "0"], "0 is not in the range x>=1"),
        (["small.tflite", "--baseline", "float.tflite"], "has to take the same input"),
    ],
)
def test_wrong_usage_is_one_line(bench, words: list[str], line: str):
    done = bench(*words)
    assert done.returncode == 2
    assert line in done.stderr
    assert done.stderr.count("\n") == 1
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["small.tflite", "--images", "none"], "none: no pictures in there"),
        (["small.tflite", "--images", "nowhere"], "nowhere: no pictures in there"),
        (["nowhere.tflite"], "nowhere.tflite: there is no such file"),
        (["small.tflite", "--html", "nowhere/page.html"], "does not exist. Make it first"),
        (["small.tflite", "--delegate", "libnowhere.so"], "libnowhere.so: the delegate's library cannot be loaded"),
    ],
)
def test_what_fails_is_one_line(bench, words: list[str], line: str):
    done = bench(*words)
    assert done.returncode == 1
    assert line in done.stderr
    assert done.stderr.count("\n") == 1
