"""`edgewright train` as it is typed: photographs in folders become one file; mistakes are one line before the work."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import edgewright as ew
from waiting import wait_for

from ..sharing import Shared
from ..train.clothes import KINDS, unpack

Run = Callable[..., "subprocess.CompletedProcess[str]"]

COMMAND = [sys.executable, "-m", "edgewright", "train"]


@pytest.fixture(scope="session")
def photos(shared: Shared, shared_file, built_by) -> Path:
    """A folder with photographs of four kinds, others of the same to test with, and a small backbone."""

    def fill(folder: Path) -> None:
        archive = shared_file("data/clothing_461.zip")
        unpack(archive, folder / "photos", count=12)
        unpack(archive, folder / "others", count=6, part="test")
        for name in ("tiny.keras", "loud.keras"):
            shutil.copy(built_by("train/pictures/build_backbones.py") / name, folder)

    return shared.folder("photos-to-train", fill)


@pytest.fixture(scope="module")
def trained(edgewright: Run, photos: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str, str]:
    """The folder in which the whole command was run, and what it printed on both streams."""
    folder = tmp_path_factory.mktemp("trained")
    done = edgewright(
        "train", photos / "photos", "-o", "mine.tflite", "--test", photos / "others", "--backbone",
        photos / "tiny.keras", "--epochs", 0, "--quantize", "int8", "--max-drop", "20%", "--validation", "30%",
        "--html", "mine.html", "--save-keras", "net.keras", "--work", "work", cwd=folder, COLUMNS=80,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return folder, done.stdout, done.stderr


def test_one_command_makes_the_file_the_page_and_the_network(trained):
    _, out, errors = trained
    assert out.splitlines()[-3:] == ["mine.tflite", "net.keras", "mine.html"]
    assert re.search(r"\d+ of 24 test samples are told right: \d+\.\d% \(95%: .*; guessing: 25\.0%\)\.", out)
    assert "Both files on 24 test samples" in out
    assert "Traceback" not in errors
    assert all(line.startswith(("edgewright: ", "  ")) for line in errors.splitlines())
    tables = out[: out.index(" of 24 test samples")].splitlines()[:-1]
    assert max(map(len, tables)) <= 80


def test_the_file_needs_nothing_else(trained, edgewright: Run, photos: Path):
    folder, _, _ = trained
    picture = next((photos / "others/shoes").iterdir())
    done = edgewright("run", folder / "mine.tflite", picture, "--json")
    assert json.loads(done.stdout)[0]["top"][0]["label"] in KINDS
    told = edgewright("inspect", folder / "mine.tflite", COLUMNS=1000).stdout
    assert re.search(r"^train +augment True, .*trainer pictures", told, re.MULTILINE)
    assert re.search(r"^train +change_from_float \S+, .*part test, samples 24, top1 0\.\d+", told, re.MULTILINE)


def test_the_page_shows_mistakes_and_curves(trained):
    page = (trained[0] / "mine.html").read_text()
    for words in ("How good it is", "What was taken for what", "In 8 bits", "Where it is wrong", "How it was made"):
        assert words in page
    assert "data:image/jpeg" in page
    assert "<script" not in page


def test_the_network_opens_where_it_was_saved(trained, edgewright: Run):
    done = edgewright("convert", "net.keras", "-o", "again.tflite", cwd=trained[0])
    assert done.returncode == 0, done.stderr


def test_the_same_command_finds_all_done_and_says_it_for_programs(trained, edgewright: Run, photos: Path):
    folder, _, _ = trained
    before = {path: path.stat().st_mtime_ns for path in (folder / "work").rglob("*.keras")}
    done = edgewright(
        "train", photos / "photos", "-o", "again.tflite", "--test", photos / "others", "--backbone",
        photos / "tiny.keras", "--epochs", 0, "--quantize", "int8", "--max-drop", "20%", "--validation", "30%",
        "--work", "work", "--json", "--force", cwd=folder,
    )  # fmt: skip
    told = json.loads(done.stdout)
    assert (folder / "again.tflite").read_bytes() == (folder / "mine.tflite").read_bytes()
    assert {path: path.stat().st_mtime_ns for path in (folder / "work").rglob("*.keras")} == before
    assert told["written"] == ["again.tflite"]
    assert (told["quantized"], told["evaluated_on"], told["labels"]) == (True, "test", list(KINDS))
    assert told["evaluation"]["comparison"]["baseline"] == "float"


@pytest.mark.extras
def test_where_8_bits_lose_too_much_the_float_file_is_written_and_the_exit_code_says_so(
    edgewright: Run, photos: Path, tmp_path: Path
):
    done = edgewright(
        "train", photos / "photos", "-o", "mine.tflite", "--test", photos / "others", "--backbone",
        photos / "loud.keras", "--epochs", 0, "--quantize", "int8", "--validation", "30%", cwd=tmp_path,
    )  # fmt: skip
    assert done.returncode == 1, done.stderr
    assert done.stdout.splitlines()[-1] == "mine.tflite"
    assert "edgewright: no 8-bit file was made, the float one was: No candidate kept within the budget" in done.stderr
    assert not {"QUANTIZE", "DEQUANTIZE"} & {
        operator.name for operator in ew.ModelFile.read(tmp_path / "mine.tflite").ops
    }


# Typed after `edgewright train`, in a folder with the data of `mistakes`; the exit code, and what the one line says.
MISTAKES = [
    ("one -o x.tflite", 1, "one: only one class"),
    ("two -o x.tflite", 1, "at least 2 of each"),
    ("empty -o x.tflite", 1, "empty: no pictures in nothing"),
    ("case -o x.tflite", 1, "classes 'Hat' and 'hat' differ by case"),
    ("broken -o x.tflite", 1, "cannot be read"),
    ("loose -o x.tflite", 2, "loose: nothing that can be trained on: its inputs are without labels"),
    ("boxes.json -o x.tflite", 2, "nothing that can be trained on: its inputs are labeled with boxes"),
    ("photoss -o x.tflite", 2, "Did you mean 'photos'?"),
    ("photos -o taken.tflite", 1, "exists already. Choose another name, or allow overwriting (--force)"),
    ("photos -o nofolder/x.tflite", 1, "the folder nofolder does not exist"),
    ("photos -o x.tflite --html taken.tflite", 1, "exists already"),
    ("photos", 2, "Missing option '-o'"),
    ("photos -o x.tflite --test case", 1, "case: class 'hat' is none of the 2 labels of photos"),
    ("photos -o x.tflite --test foxes", 1, "foxes: class 'fox' and 1 more is none of the 2 labels of photos"),
    ("photos -o x.tflite --test loose", 1, "loose: no class for each sample, unlike photos"),
    ("photos -o x.tflite --validation 0%", 2, "--validation is 0; it is a share of the samples between 0 and 1"),
    ("photos -o x.tflite --validation 20", 2, "Did you mean 20%?"),
    ("photos -o x.tflite --max-drop 1", 2, "Did you mean 1%?"),
    ("photos -o x.tflite --quantize int4", 2, "'int4' is not one of 'none', 'int8'"),
    ("photos -o x.tflite --quantize int8", 1, "to choose an 8-bit file by, and at least 10 are needed"),
    ("photos -o x.tflite --resize letterbox", 2, "'letterbox' is not one of 'stretch', 'crop'"),
    ("photos -o x.tflite --backbone tyni.keras", 2, "--backbone tyni.keras: there is no such file"),
    ("photos -o x.tflite --backbone efficientnet_lite0", 1, "edgewright models get efficientnet_lite0"),
    ("photos -o x.tflite --window 5", 2, "--window 5 means nothing for"),
    ("taken.tflite -o x.tflite", 2, "taken.tflite is a model, and train takes data. With a model: `edgewright teach"),
    ("tiny.keras -o x.tflite", 2, "tiny.keras is a model, and train takes data"),
    ("photos -o x.tflite --work taken.tflite", 1, "taken.tflite"),
]


@pytest.fixture(scope="session")
def mistakes(shared: Shared, photos: Path, shared_file) -> Path:
    """Data that are wrong in one way each, and two kinds of photographs that are right."""

    def fill(folder: Path) -> None:
        shutil.copy(photos / "tiny.keras", folder)
        shutil.copy(shared_file("models/mobilenet_v1_0.25_128_quant.tflite"), folder / "taken.tflite")
        for name, classes in {
            "photos": {"hat": "hat", "shoes": "shoes"},
            "one": {"hat": "hat"},
            "case": {"hat": "hat", "Hat": "shoes"},
            "foxes": {"hen": "hat", "fox": "shoes"},
            "empty": {"hat": "hat", "shoes": "shoes"},
            "two": {"hat": "hat", "shoes": "shoes"},
            "broken": {"hat": "hat", "shoes": "shoes"},
        }.items():
            for made, kind in classes.items():
                (folder / name / made).mkdir(parents=True)
                for picture in sorted((photos / "photos" / kind).iterdir())[: 1 if name == "two" else 5]:
                    shutil.copy(picture, folder / name / made)
        (folder / "empty/nothing").mkdir()
        for picture in sorted((folder / "broken/hat").iterdir())[:4]:
            picture.write_bytes(picture.read_bytes()[:200])
        shutil.copytree(folder / "photos/hat", folder / "loose")
        _boxes(folder)

    return shared.folder("mistakes-in-training", fill)


def _boxes(folder: Path) -> None:
    """A detection data set in COCO's form."""
    names = sorted(path.name for path in (folder / "photos/hat").iterdir())
    for name in names:
        shutil.copy(folder / "photos/hat" / name, folder)
    images = [{"id": number, "file_name": name, "width": 100, "height": 100} for number, name in enumerate(names)]
    box = {"category_id": 1, "bbox": [1, 1, 9, 9], "area": 81, "iscrowd": 0}
    found = [{"id": number, "image_id": number, **box} for number in range(len(names))]
    categories = [{"id": 1, "name": "hat"}]
    (folder / "boxes.json").write_text(json.dumps({"images": images, "annotations": found, "categories": categories}))


@pytest.mark.parametrize(("typed", "code", "says"), MISTAKES)
def test_a_mistake_is_one_line_before_the_work(
    typed: str, code: int, says: str, edgewright: Run, mistakes: Path, tmp_path: Path
):
    more = [] if "--backbone" in typed else ["--backbone", "tiny.keras"]
    work = [] if "--work" in typed else ["--work", tmp_path / "work"]
    before = sorted(mistakes.rglob("*"))
    done = edgewright("train", *typed.split(), *more, *work, cwd=mistakes, EDGEWRIGHT_CACHE=tmp_path / "cache")
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    (line,) = done.stderr.splitlines()
    assert says in line
    assert sorted(mistakes.rglob("*")) == before
    assert not any(tmp_path.rglob("*.keras"))


def test_broken_pictures_are_named_and_left_out(edgewright: Run, photos: Path, tmp_path: Path):
    shutil.copytree(photos / "photos", tmp_path / "photos")
    broken = sorted((tmp_path / "photos/hat").iterdir())[3]
    broken.write_bytes(broken.read_bytes()[:300])
    done = edgewright(
        "train", "photos", "-o", "x.tflite", "--backbone", photos / "tiny.keras", "--epochs", 0, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert broken.name in done.stderr


def test_a_missing_extra_is_said_before_the_work(edgewright: Run, mistakes: Path, tmp_path: Path):
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['tensorflow'] = None\n")
    done = edgewright("train", "photos", "-o", tmp_path / "x.tflite", cwd=mistakes, PYTHONPATH=tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.splitlines() == [
        "edgewright: Training a model needs an extra that is not installed. Run: pip install 'edgewright[train]'"
    ]


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 64 kB of its own; only root can make one."""
    if os.geteuid() != 0:
        pytest.skip("a full disk can only be made as root")
    folder = tmp_path / "disk"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", folder]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this system does not let root mount a tmpfs")
    yield folder
    subprocess.run(["umount", folder], check=True)


@pytest.mark.parametrize("where", ["out", "work"])
def test_a_full_disk_is_said_before_the_work(where: str, edgewright: Run, mistakes: Path, small_disk: Path):
    out, work = (small_disk if where == name else small_disk.parent for name in ("out", "work"))
    done = edgewright(
        "train", "photos", "-o", out / "x.tflite", "--work", work, "--backbone", "tiny.keras", cwd=mistakes
    )
    assert (done.returncode, done.stdout) == (1, "")
    (line,) = done.stderr.splitlines()
    assert "the disk is full" in line
    assert list(small_disk.iterdir()) == []


def training(photos: Path, folder: Path, out: str) -> list[str]:
    """The words of a training of a few epochs."""
    words = [photos / "photos", "-o", folder / out, "--backbone", photos / "tiny.keras", "--epochs", 4, "--work"]
    return [*COMMAND, *map(str, words), str(folder / f"work-{Path(out).stem}")]


def test_killed_and_given_again_it_makes_the_same_file(photos: Path, tmp_path: Path):
    subprocess.run(training(photos, tmp_path, "whole.tflite"), check=True, capture_output=True)
    words = training(photos, tmp_path, "stopped.tflite")
    for mark in ("*.npz", "network.keras", "converted.tflite"):
        with subprocess.Popen(
            words, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True
        ) as process:
            wait_for(lambda mark=mark: any((tmp_path / "work-stopped").rglob(mark)), process=process)
            os.killpg(process.pid, signal.SIGKILL)
    done = subprocess.run(words, check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "stopped.tflite").read_bytes() == (tmp_path / "whole.tflite").read_bytes()


def test_ctrl_c_says_that_the_same_command_goes_on(photos: Path, tmp_path: Path):
    with subprocess.Popen(
        training(photos, tmp_path, "x.tflite"), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
        start_new_session=True,
    ) as process:  # fmt: skip
        wait_for(lambda: (tmp_path / "work-x").exists(), process=process)
        time.sleep(1)
        os.killpg(process.pid, signal.SIGINT)
        out, errors = process.communicate(timeout=60)
    assert (process.returncode, out) == (130, "")
    assert errors.strip() == "edgewright: stopped; the same command goes on where it was"
    assert not (tmp_path / "x.tflite").exists()


def test_arrays_train_too(edgewright: Run, photos: Path, shared_file, tmp_path: Path):
    import numpy as np

    with np.load(shared_file("data/fashion_mnist_900.npz")) as data:
        np.savez(tmp_path / "few.npz", x=data["x"][::15], y=data["y"][::15])
    done = edgewright(
        "train", "few.npz", "-o", "x.tflite", "--backbone", photos / "tiny.keras", "--epochs", 0, cwd=tmp_path
    )
    assert done.returncode == 0, done.stderr
    assert ew.ModelFile.read(tmp_path / "x.tflite").metadata.task == "classification"
