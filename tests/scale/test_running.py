"""A run over many inputs: what is there is not done again, whoever did it, and rows are those of one machine."""

from __future__ import annotations

import json
import resource
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from PIL import Image

import edgewright as ew
from edgewright.errors import DataError, OutputError, UsageError
from edgewright.scale.running import shard_of

from .killing import EDGEWRIGHT, assert_each_once, on_one_machine


@pytest.fixture(scope="session")
def small_model(shared_file: Callable[[str], Path]) -> Path:
    return shared_file("models/mobilenet_v1_0.25_128_quant.tflite")


@pytest.fixture
def photos(tmp_path: Path, shared_file: Callable[[str], Path]) -> Path:
    """22 small pictures that differ, and one that is broken."""
    folder = tmp_path / "photos"
    folder.mkdir()
    with Image.open(shared_file("images/parrot.jpg")) as parrot:
        for number in range(22):
            left = number * 5
            parrot.resize((96, 96), box=(left, 0, left + 150, 150)).save(folder / f"{number:02}.jpg")
    (folder / "07.jpg").write_bytes(b"no picture")
    return folder


def times(out: Path) -> dict[str, int]:
    return {path.name: path.stat().st_mtime_ns for path in out.glob("part-*")}


def test_shards_make_all_rows_once_whatever_their_number(small_model: Path, photos: Path, tmp_path: Path):
    out = tmp_path / "out"
    first = ew.scale.run(small_model, photos, out, shard="1/3", piece=5, workers=2)
    assert (first.count, first.done, first.failures, first.fresh, first.left) == (7, 7, 1, 7, 0)
    before = times(out)
    half = ew.scale.status(out)
    assert (half.done, half.count, half.pieces_done, half.pieces, half.failures) == (7, 22, 2, 5, 1)
    rest = ew.scale.run(small_model, [str(photos)], str(out), shard=(0, 1), workers=1)  # another number of machines
    assert (rest.count, rest.done, rest.failures, rest.fresh) == (22, 22, 1, 15)
    assert before.items() <= times(out).items()
    assert ew.scale.run(small_model, photos, out).fresh == 0
    assert_each_once(out, on_one_machine(small_model, photos))
    assert [json.loads(line)["index"] for line in (out / "errors/part-00000001.jsonl").open()] == [7]


def test_two_that_do_the_same_shard_at_once_do_no_harm(small_model: Path, photos: Path, tmp_path: Path):
    out = tmp_path / "out"
    with ThreadPoolExecutor(2) as pool:
        runs = [pool.submit(ew.scale.run, small_model, photos, out, piece=6, workers=1) for _ in range(2)]
    assert [run.result().done for run in runs] == [22, 22]
    assert_each_once(out, on_one_machine(small_model, photos))


def test_a_line_of_a_list_that_nobody_can_read_is_one_row(small_model: Path, photos: Path, tmp_path: Path):
    pytest.importorskip("fsspec")
    (tmp_path / "names.txt").write_text("photos/01.jpg\nnonsense://x/y.jpg\nphotos/02.jpg\n")
    run = ew.scale.run(small_model, f"@{tmp_path}/names.txt", tmp_path / "out", workers=1)
    assert (run.done, run.failures) == (3, 1)
    errors = [row.get("error") for row in ew.scale.read_rows(tmp_path / "out")]
    assert errors == [None, "nonsense://x/y.jpg: nothing here knows addresses of nonsense://", None]


def test_options_of_the_task_and_parquet(small_model: Path, photos: Path, tmp_path: Path):
    out = tmp_path / "out"
    said: list[str] = []
    run = ew.scale.run(small_model, photos, out, form="parquet", top=3, resize="crop", workers=1, notice=said.append)
    assert run.done == 22
    assert_each_once(out, on_one_machine(small_model, photos, "--top", "3", "--resize", "crop"))


def test_what_is_wrong_is_known_before_anything_is_listed(small_model: Path, photos: Path, tmp_path: Path):
    wrong = [
        {"labels": ["one"]},
        {"engine": "auto"},
        {"engine": "none-such"},
        {"task": "pose"},
        {"shard": "4/4"},
        {"form": "csv"},
        {"workers": 0},
        {"timeout": 0},
        {"piece": 0},
        {"piece": 10**9},
        {"sharpness": 3},
    ]
    for options in wrong:
        with pytest.raises(UsageError):
            ew.scale.run(small_model, photos, tmp_path / "out", **options)
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    "shard", ["", "3", "3/", "3/3", "-1/3", "a/b", "1/3/5", "1.5/3", (3, 3), (-1, 2), (0, 0), (1,)]
)
def test_a_shard_that_is_none(shard: str | tuple[int, ...]):
    with pytest.raises(UsageError, match="counted from 0"):
        shard_of(shard)  # type: ignore[arg-type]


def test_the_folder_of_other_work(small_model: Path, photos: Path, tmp_path: Path, shared_file: Callable[[str], Path]):
    out = tmp_path / "out"
    ew.scale.run(small_model, photos, out)
    before = times(out)
    other = shared_file("models/mobilenet_v1_0.25_224_float_metadata.tflite")
    for model, options in ((other, {}), (small_model, {"top": 2}), (small_model, {"form": "parquet"})):
        with pytest.raises(UsageError, match="made for other work"):
            ew.scale.run(model, photos, out, **options)
    assert times(out) == before


def test_no_inputs_and_no_folder(small_model: Path, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    with pytest.raises(DataError, match="no pictures in there"):
        ew.scale.run(small_model, tmp_path / "empty", tmp_path / "out")
    with pytest.raises(OutputError, match="Choose another folder"):
        ew.scale.run(small_model, tmp_path, small_model)
    with pytest.raises(DataError, match="no folder of a run"):
        ew.scale.status(tmp_path / "empty")


def limit_files() -> None:
    """As a full disk has it: no file may have more than 5,000 bytes."""
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (5000, 5000))


def test_a_disk_that_is_full_ends_it_in_one_line_and_it_goes_on_later(small_model: Path, photos: Path, tmp_path: Path):
    out = tmp_path / "out"
    ew.scale.run(small_model, photos, out, shard="1/2", piece=21)  # lists, and does the last one
    before = times(out)
    command = [*EDGEWRIGHT, "run", str(small_model), str(photos), "-o", str(out), "--shard", "0/1", "--workers", "1"]
    full = subprocess.run(command, capture_output=True, text=True, preexec_fn=limit_files, timeout=120, check=False)
    assert full.returncode == 1
    assert full.stderr.count("\n") == 1
    assert "part-00000000.jsonl: " in full.stderr
    assert "nothing was written" in full.stderr
    assert times(out) == before
    assert subprocess.run(command, capture_output=True, timeout=120, check=False).returncode == 1  # one is broken
    assert_each_once(out, on_one_machine(small_model, photos))
