"""kill -9 of workers, of their guards and of the whole run: in the end each input has one row, the right one."""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from waiting import wait_for

from ..exploring import count_of
from .killing import Run, assert_each_once, on_one_machine, torment

# 20,000 take some minutes.
INPUTS = count_of("SCALED", 2000)


def pictures(folder: Path, shared_file: Callable[[str], Path], count: int) -> Path:
    """Small pictures that differ."""
    folder.mkdir()
    chance = np.random.default_rng(1)
    with Image.open(shared_file("images/cat_1080p.jpg")) as cat:
        whole = cat.convert("RGB").resize((480, 320))
    for number in range(count):
        left, top = int(chance.integers(0, 330)), int(chance.integers(0, 170))
        whole.crop((left, top, left + 150, top + 150)).resize((96, 96)).save(folder / f"{number:06}.jpg")
    return folder


def survive(tmp_path: Path, shared_file: Callable[[str], Path], inputs: int, workers: int, wholes: int) -> int:
    model = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    folder = pictures(tmp_path / "photos", shared_file, inputs)
    run = Run(model, folder, tmp_path / "out", "--workers", "2")
    kills = torment(run, random.Random(int(os.environ.get("SEED", "1"))), workers, wholes)
    code, said = run.finish()
    assert code == 0, said
    assert_each_once(tmp_path / "out", on_one_machine(model, folder))
    left = [path.name for path in (tmp_path / "out" / "deaths").iterdir()]
    assert [name for name in left if not name.endswith(".tmp")] == []  # who is killed while he writes leaves one
    return kills


def test_a_few_kills(tmp_path: Path, shared_file: Callable[[str], Path]):
    assert survive(tmp_path, shared_file, inputs=1500, workers=2, wholes=1) > 0


def test_shards_that_are_killed_and_started_again_together_leave_no_input(
    tmp_path: Path, shared_file: Callable[[str], Path]
):
    model = shared_file("models/mobilenet_v1_0.25_128_quant.tflite")
    folder = pictures(tmp_path / "photos", shared_file, 1200)
    shards = {f"{number}/2": Run(model, folder, tmp_path / "out", "--workers", "2") for number in range(2)}
    for _ in range(2):  # the third time an input would be left
        for shard, run in shards.items():
            run.start(shard)
        wait_for(lambda: at_work(tmp_path / "out") >= 2)
        for run in shards.values():
            run.kill_whole()
    assert list((tmp_path / "out" / "deaths").glob("mark-*"))
    for shard, run in shards.items():
        run.start(shard)
    for shard, run in shards.items():
        code, said = run.finish(shard)
        assert code == 0, said
    assert_each_once(tmp_path / "out", on_one_machine(model, folder))


def at_work(out: Path) -> int:
    """How many shards have a worker that is at an input."""
    return sum(any(path.read_bytes()) for path in out.glob("deaths/mark-*"))


@pytest.mark.extras
def test_kills_at_many_random_moments(tmp_path: Path, shared_file: Callable[[str], Path]):
    assert survive(tmp_path, shared_file, INPUTS, workers=20, wholes=5) > 5
