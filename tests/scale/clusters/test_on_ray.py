"""A run on a real Ray: rows as on one machine, over kills of workers and of the whole; and what is asked for wrongly.

How many pictures there are says EDGEWRIGHT_RAY_INPUTS, how many kills EDGEWRIGHT_RAY_KILLS (workers,whole).
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from edgewright import scale
from edgewright.errors import MissingExtraError, UsageError
from edgewright.scale import status
from edgewright.scale.clusters.sample import Compared
from edgewright.scale.rows.row import Row
from scale.killing import EDGEWRIGHT, assert_each_once, descendants, on_one_machine

# One Ray at a time: each starts half a dozen programs.
pytestmark = pytest.mark.xdist_group("ray")

SMALL = "models/mobilenet_v1_0.25_128_quant.tflite"
INPUTS = int(os.environ.get("EDGEWRIGHT_RAY_INPUTS", "300"))
WORKERS, WHOLE = map(int, os.environ.get("EDGEWRIGHT_RAY_KILLS", "3,1").split(","))


@pytest.fixture
def many(tmp_path: Path, shared_file: Callable[[str], Path]) -> Path:
    """Small crops of a photograph, and one that is none."""
    folder = tmp_path / "many"
    folder.mkdir()
    picture = Image.open(shared_file("images/parrot.jpg")).convert("RGB").resize((640, 480))
    for number in range(INPUTS - 1):
        at = number % 400
        picture.crop((at, at // 2, at + 160, at // 2 + 160)).save(folder / f"{number:05}.jpg", quality=80)
    (folder / "99999.jpg").write_bytes(b"no picture")
    return folder


def on_ray(model: Path, pictures: Path, out: Path, *more: str) -> subprocess.Popen[str]:
    words = ["run", str(model), str(pictures), "--on", "ray", "--workers", "2", "-o", str(out), *more]
    return subprocess.Popen([*EDGEWRIGHT, *words], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def at_work(pid: int) -> list[int]:
    """Actors with a keeper, and the processes below them."""
    found = []
    for process in descendants(pid):
        with contextlib.suppress(OSError):
            if Path(f"/proc/{process}/cmdline").read_bytes().startswith(b"ray::RayKeeper"):
                found += [process, *descendants(process)]
    return found


@pytest.mark.extras
def test_each_input_has_one_row_whatever_is_killed(many, tmp_path, shared_file):
    pytest.importorskip("ray")
    out, chance = tmp_path / "out", random.Random(5)
    kills = ["worker"] * WORKERS + ["whole"] * WHOLE
    chance.shuffle(kills)
    running = on_ray(shared_file(SMALL), many, out)
    while kills and running.poll() is None:
        found = at_work(running.pid)
        if found and list(out.glob("manifest.json")):
            if kills.pop() == "whole":
                running.kill()
                running.communicate()
                running = on_ray(shared_file(SMALL), many, out)
            else:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(chance.choice(found), signal.SIGKILL)
        time.sleep(chance.uniform(0.1, 1.0))
    _, said = running.communicate(timeout=1800)
    assert running.returncode == 1, said  # one is no picture
    assert f"ray: {INPUTS:,} of {INPUTS:,} inputs done, 1 of them without an answer" in said
    assert_each_once(out, on_one_machine(shared_file(SMALL), many))
    assert status(out).left == 0
    sample = json.loads((out / "sample.json").read_text())["sample"]
    assert [(one["count"], one["same"]) for one in sample] == [(32, 32)]


def test_what_is_asked_of_ray_wrongly_is_refused_before_the_work(tmp_path, shared_file, monkeypatch):
    model = shared_file(SMALL)
    with pytest.raises(UsageError, match=r"on='slurm': give ray"):
        scale.run(model, tmp_path, tmp_path / "out", on="slurm")
    with pytest.raises(UsageError, match="gives out all inputs"):
        scale.run(model, tmp_path, tmp_path / "out", on="ray", shard="0/2")
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingExtraError, match=r"pip install 'edgewright\[ray\]'"):
        scale.run(model, tmp_path, tmp_path / "out", on="ray")
    assert not (tmp_path / "out").exists()


def test_how_far_two_machines_are_apart_is_said():
    here = [Row('{"a":1}', label="cat", score=0.75), Row('{"b":1}', label="dog", score=0.5), Row('{"c":1}')]
    near = [Row('{"a":2}', label="cat", score=0.753), Row('{"b":2}', label="cow", score=0.5), here[2]]
    assert Compared.of("one", here, here).said("one") == (
        "3 of 3 inputs answer the same to the byte on this machine and on the workers"
    )
    found = Compared.of("another", here, near)
    assert (found.same, found.others) == (1, 1)
    assert found.said("one") == (
        "1 of 3 inputs answer the same to the byte on this machine and on the workers; the largest difference of a "
        "score is 0.003, and 1 have another best answer (the workers have another kind of processor, another, and this "
        "machine one)"
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["--on", "ray"], "--on ray writes rows into a folder, add -o FOLDER"),
        (["--on", "ray", "--shard", "0/2", "-o", "out"], "--shard does not go with --on ray"),
        (["--on", "ray", "--on", "bird", "-o", "out"], "--on ray stands alone: all inputs go there"),
        (["--on", "ray=auto", "--then", "other.tflite", "-o", "out"], "--then does not go with --on ray=auto"),
        (["--on", "bird", "-o", "out"], "--on goes with --then"),
    ],
)
def test_on_is_ray_or_a_label(tmp_path, shared_file, words, said):
    from click.testing import CliRunner

    from edgewright.cli.run import command

    ran = CliRunner().invoke(command, [str(shared_file(SMALL)), str(tmp_path), *words])
    assert ran.exit_code == 2
    assert said in " ".join(ran.output.split())


@pytest.mark.extras
def test_evaluate_says_on_ray_what_it_says_here(many, tmp_path, shared_file):
    pytest.importorskip("ray")
    folder = tmp_path / "classes" / "macaw"
    folder.mkdir(parents=True)
    for path in sorted(many.iterdir())[-20:]:
        path.rename(folder / path.name)
    words = [*EDGEWRIGHT, "evaluate", str(shared_file(SMALL)), str(folder.parent), "--json"]
    here, there = (
        subprocess.run([*words, *more], capture_output=True, text=True, timeout=300)
        for more in ([], ["--on", "ray", "--workers", "1"])
    )
    assert there.returncode == 0, there.stderr
    assert (there.stdout, there.stderr) == (here.stdout, here.stderr)
